"""The processes that share the database, and which of them looks after a job."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "executors",
        sa.Column("id", sa.String(256), primary_key=True),
        sa.Column("key", sa.BigInteger, nullable=False),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    executor = sa.Column("executor", sa.String(256), nullable=False, server_default="")
    op.add_column("jobs", executor)
