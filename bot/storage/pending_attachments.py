"""Pictures that a person put aside for the next request: sent without words, or chosen for it."""

from collections.abc import Sequence
from dataclasses import asdict

import sqlalchemy as sa

from bot.domain.requests import Attachment
from bot.storage.database import Database, metadata

PENDING_SECONDS = 600.0
"""How long a picture waits for the words that go with it."""

MOST_PENDING = 14
"""How many pictures wait at most; no known model takes more."""

_pending = sa.Table(
    "pending",
    metadata,
    sa.Column("platform", sa.String(32), primary_key=True),
    sa.Column("requester", sa.String(128), primary_key=True),
    sa.Column("conversation", sa.String(128), primary_key=True),
    sa.Column("attachments", sa.JSON, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Index("pending_by_age", "at"),
)

_OF = sa.select(_pending.c.attachments).where(
    _pending.c.platform == sa.bindparam("platform"),
    _pending.c.requester == sa.bindparam("requester"),
    _pending.c.conversation == sa.bindparam("conversation"),
    _pending.c.at > sa.bindparam("since"),
)


class PendingAttachments:
    """The table ``pending``; one row per person and conversation."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self,
        platform: str,
        requester: str,
        conversation: str,
        attachments: Sequence[Attachment],
        now: float,
    ) -> None:
        """Put pictures aside, behind those that wait already; the same one waits once."""
        who = (platform, requester, conversation)
        names = dict(zip(("platform", "requester", "conversation"), who, strict=True))
        row = self._database.insert(_pending).values(**names, attachments=[], at=now)
        # Whether it is new or not, from here on the row is ours until we are done.
        begun = row.on_conflict_do_update(index_elements=list(names), set_={"at": _pending.c.at})
        waiting = sa.select(_pending.c.attachments, _pending.c.at).where(*_is(*who))

        def put(connection: sa.Connection) -> None:
            connection.execute(begun)
            found, at = connection.execute(waiting).one()
            items = found if at > now - PENDING_SECONDS else []
            items += [asdict(attachment) for attachment in attachments]
            kept = [item for number, item in enumerate(items) if item not in items[:number]]
            values = {"attachments": kept[-MOST_PENDING:], "at": now}
            connection.execute(sa.update(_pending).where(*_is(*who)).values(values))

        await self._database.transact(put)

    async def of(
        self, platform: str, requester: str, conversation: str, now: float
    ) -> tuple[Attachment, ...]:
        """The pictures that still wait, in the order in which they came."""
        who = {"platform": platform, "requester": requester, "conversation": conversation}
        found = await self._database.read(_OF, **who, since=now - PENDING_SECONDS)
        return tuple(Attachment(**item) for row in found for item in row["attachments"])

    async def image_ids(self) -> set[str]:
        """The pictures of the media store that wait, for whomever."""
        rows = await self._database.read(sa.select(_pending.c.attachments))
        ids = {item["image_id"] for row in rows for item in row["attachments"]}
        return ids - {None}

    async def clear(self, platform: str, requester: str, conversation: str) -> None:
        """Forget what waits; a request has taken it."""
        await self._database.write(
            sa.delete(_pending).where(*_is(platform, requester, conversation))
        )

    async def erase(self, platform: str, requester: str) -> None:
        """Forget what waits for one person, everywhere."""
        await self._database.write(
            sa.delete(_pending).where(
                _pending.c.platform == platform, _pending.c.requester == requester
            )
        )

    async def forget(self, before: float) -> None:
        """Forget what was put aside before that time."""
        await self._database.write(sa.delete(_pending).where(_pending.c.at < before))


def _is(platform: str, requester: str, conversation: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        _pending.c.platform == platform,
        _pending.c.requester == requester,
        _pending.c.conversation == conversation,
    )
