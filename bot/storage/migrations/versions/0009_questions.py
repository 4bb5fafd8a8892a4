"""Questions that wait for their answer."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "questions",
        sa.Column("platform", sa.String(32), primary_key=True),
        sa.Column("requester", sa.String(128), primary_key=True),
        sa.Column("conversation", sa.String(128), primary_key=True),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("action", sa.String(32)),
        sa.Column("options", sa.JSON, nullable=False),
        sa.Column("pictures", sa.JSON, nullable=False),
        sa.Column("private", sa.Boolean, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_index("questions_by_id", "questions", ["id"])
    op.create_index("questions_by_age", "questions", ["at"])
