"""Which pictures a person has marked as favourites."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    mark = sa.Column("favourite", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("pictures", mark)
