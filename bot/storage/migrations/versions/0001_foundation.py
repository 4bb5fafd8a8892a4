"""Jobs, pictures, events, preferences, secrets."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "secrets",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("value", sa.String(128), nullable=False),
    )
    op.create_table(
        "preferences",
        sa.Column("platform", sa.String(32), primary_key=True),
        sa.Column("requester", sa.String(128), primary_key=True),
        sa.Column("model", sa.String(128)),
        sa.Column("size", sa.String(16)),
        sa.Column("aspect_ratio", sa.String(16)),
        sa.Column("language", sa.String(32)),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("platform", sa.String(32), nullable=False),
        sa.Column("requester", sa.String(128), nullable=False),
        sa.Column("conversation", sa.String(128), nullable=False),
        sa.Column("locale", sa.String(32), nullable=False),
        sa.Column("address", sa.JSON, nullable=False),
        sa.Column("message_ref", sa.String(256)),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("prompt", sa.Text, nullable=False),
        sa.Column("provider", sa.String(64), nullable=False),
        sa.Column("model", sa.String(128), nullable=False),
        sa.Column("model_name", sa.String(128), nullable=False),
        sa.Column("size", sa.String(16)),
        sa.Column("aspect_ratio", sa.String(16)),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("attachments", sa.JSON, nullable=False),
        sa.Column("references", sa.JSON, nullable=False),
        sa.Column("extra", sa.JSON, nullable=False),
        sa.Column("notes", sa.JSON, nullable=False),
        sa.Column("seconds_min", sa.Integer, nullable=False),
        sa.Column("seconds_max", sa.Integer, nullable=False),
        sa.Column("progress_every", sa.Integer, nullable=False),
        sa.Column("cost", sa.JSON),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("started_at", sa.Float),
        sa.Column("finished_at", sa.Float),
        sa.Column("problem", sa.JSON),
        sa.Column("shown", sa.String(64)),
        sa.Column("deleted", sa.Boolean, nullable=False),
    )
    op.create_index("jobs_by_message", "jobs", ["platform", "message_ref"])
    op.create_index("jobs_by_requester", "jobs", ["platform", "requester", "created_at"])
    op.create_index("jobs_by_conversation", "jobs", ["platform", "conversation", "created_at"])
    op.create_index("jobs_by_status", "jobs", ["status"])
    op.create_table(
        "pictures",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("platform", sa.String(32), nullable=False),
        sa.Column("requester", sa.String(128), nullable=False),
        sa.Column("job_id", sa.String(64), sa.ForeignKey("jobs.id")),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("path", sa.String(256), nullable=False),
        sa.Column("mime", sa.String(32), nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
    )
    op.create_table(
        "events",
        sa.Column("platform", sa.String(32), primary_key=True),
        sa.Column("event_id", sa.String(256), primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_index("events_by_age", "events", ["at"])
    op.create_index("pictures_by_job", "pictures", ["job_id", "number"])
    op.create_index("pictures_by_age", "pictures", ["created_at"])
