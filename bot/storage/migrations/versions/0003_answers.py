"""Answers that are not pictures, until they have been sent; further messages about a job."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outbox",
        sa.Column("platform", sa.String(32), primary_key=True),
        sa.Column("key", sa.String(256), primary_key=True),
        sa.Column("requester", sa.String(128), nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_index("outbox_by_age", "outbox", ["at"])
    op.create_table(
        "copies",
        sa.Column("platform", sa.String(32), primary_key=True),
        sa.Column("message", sa.String(256), primary_key=True),
        sa.Column("job_id", sa.String(64), nullable=False),
    )
    op.create_index("copies_by_job", "copies", ["job_id"])
