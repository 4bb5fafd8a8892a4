"""Requests that only the person who asked may see the answer to; events without names."""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("private", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("jobs", column)
    jobs = sa.table(
        "jobs",
        *(sa.column(name, sa.String) for name in ("id", "platform")),
        sa.column("address", sa.JSON),
        sa.column("private", sa.Boolean),
    )
    connection = op.get_bind()
    rows = connection.execute(sa.select(jobs.c.id, jobs.c.platform, jobs.c.address))
    private = [{"key": id} for id, platform, address in rows if _private(platform, address or {})]
    if private:
        change = sa.update(jobs).where(jobs.c.id == sa.bindparam("key")).values(private=sa.true())
        connection.execute(change, private)
    events = sa.table("events", sa.column("platform"), sa.column("event_id"))
    known = [
        {"of": row.platform, "key": row.event_id} for row in connection.execute(sa.select(events))
    ]
    for each in known:
        each["digest"] = hashlib.sha256(each["key"].encode()).hexdigest()
    if known:
        change = (
            sa.update(events)
            .where(
                events.c.platform == sa.bindparam("of"), events.c.event_id == sa.bindparam("key")
            )
            .values(event_id=sa.bindparam("digest"))
        )
        connection.execute(change, known)


def _private(platform: str, address: dict[str, object]) -> bool:
    """Whether nobody but the requester read the answers at an address, as far as it tells."""
    match platform:
        case "discord":
            direct = not address.get("guild") and address.get("reachable", True) is True
            return address.get("private") is True or direct
        case "feishu":
            return address.get("p2p") is True
        case _:
            return True
