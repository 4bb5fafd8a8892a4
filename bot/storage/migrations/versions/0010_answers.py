"""What the answers of a question are, and which job it is about."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("questions", sa.Column("job", sa.String(64)))
    op.add_column("questions", sa.Column("answers", sa.JSON, nullable=False, server_default="[]"))
