"""What chats need: pictures put aside, buttons pressed twice, calls when done, spoilers."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("origin", sa.String(512)))
    for table in ("jobs", "preferences"):
        for name in ("notify", "spoiler"):
            column = sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false())
            op.add_column(table, column)
    op.create_table(
        "pending",
        sa.Column("platform", sa.String(32), primary_key=True),
        sa.Column("requester", sa.String(128), primary_key=True),
        sa.Column("conversation", sa.String(128), primary_key=True),
        sa.Column("attachments", sa.JSON, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_index("pending_by_age", "pending", ["at"])
