"""Events of the platforms until they were dealt with; whose an event or an answer is."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "inbox",
        sa.Column("platform", sa.String(32), primary_key=True),
        sa.Column("event_id", sa.String(256), primary_key=True),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("requester", sa.String(128), nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        *_owned(),
    )
    op.create_index("inbox_by_age", "inbox", ["at"])
    for column in _owned():
        op.add_column("outbox", column)


def _owned() -> tuple[sa.Column[str], sa.Column[int]]:
    return (
        sa.Column("executor", sa.String(256), nullable=False, server_default=""),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    )
