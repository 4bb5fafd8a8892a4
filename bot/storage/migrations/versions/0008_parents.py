"""Which picture a job was made from; who wants never to be called."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("parent", sa.JSON))
    for table in ("jobs", "preferences"):
        silent = sa.Column("silent", sa.Boolean, nullable=False, server_default=sa.false())
        op.add_column(table, silent)
