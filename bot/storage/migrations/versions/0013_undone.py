"""Which jobs a person has gone back from, to the picture before."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    undone = sa.Column("undone", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("jobs", undone)
