"""What keeps the promise: a job's providers, the time waited, a paid call begun, the last word."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("chain", sa.JSON, nullable=False, server_default="[]"))
    op.add_column("jobs", sa.Column("waited", sa.Float, nullable=False, server_default="0"))
    op.add_column("jobs", sa.Column("called", sa.String(32)))
    untold = sa.Column("untold", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("jobs", untold)
    op.create_index("jobs_by_untold", "jobs", ["untold", "platform"])
