"""What each person likes, per platform: the pictures' defaults, and how to be answered."""

import time
from collections.abc import Callable
from dataclasses import fields

import sqlalchemy as sa

from bot.domain.preferences import Preference
from bot.storage.database import Database, metadata
from bot.storage.rows import notify_columns, notify_of

REMEMBERED_SECONDS = 1.0
"""In a rush it is read so often, and not for each request."""

_preferences = sa.Table(
    "preferences",
    metadata,
    sa.Column("platform", sa.String(32), primary_key=True),
    sa.Column("requester", sa.String(128), primary_key=True),
    sa.Column("model", sa.String(128)),
    sa.Column("size", sa.String(16)),
    sa.Column("aspect_ratio", sa.String(16)),
    sa.Column("language", sa.String(32)),
    sa.Column("notify", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("silent", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("spoiler", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("private", sa.Boolean, nullable=False, server_default=sa.false()),
)

_OF = sa.select(_preferences).where(
    _preferences.c.platform == sa.bindparam("platform"),
    _preferences.c.requester == sa.bindparam("requester"),
)

_ALONE = sa.select(_preferences.c.platform, _preferences.c.requester).where(_preferences.c.private)


class Preferences:
    """The table ``preferences``."""

    def __init__(self, database: Database, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._monotonic = monotonic
        self._alone: set[tuple[str, str]] | None = None
        self._read_at = 0.0
        self._changes = 0

    async def is_private(self, platform: str, requester: str) -> bool:
        """Whether a person wants to be answered alone.

        An acknowledgement waits for that, so what SQLite has is remembered: what another process
        changes there is known after :data:`REMEMBERED_SECONDS`.
        """
        if not self._database.is_sqlite:
            return (await self.of(platform, requester)).private
        return (platform, requester) in await self._remembered()

    async def _remembered(self) -> set[tuple[str, str]]:
        """Everybody who wants to be answered alone: few do."""
        if self._monotonic() - self._read_at >= REMEMBERED_SECONDS:
            self._alone = None
        while self._alone is None:
            self._read_at = self._monotonic()
            changes = self._changes
            found = await self._database.read(_ALONE)
            if changes == self._changes:
                self._alone = {(row["platform"], row["requester"]) for row in found}
        return self._alone

    async def _write(self, *changes: sa.Executable) -> None:
        """Change what is remembered, too; also where it is not known whether it was changed."""
        try:
            await self._database.write(*changes)
        finally:
            self._alone = None
            self._changes += 1

    async def of(self, platform: str, requester: str) -> Preference:
        found = await self._database.read(_OF, platform=platform, requester=requester)
        chosen = {k: v for row in found for k, v in row.items() if k in _NAMES}
        for row in found:
            chosen["notify"] = notify_of(row["notify"], row["silent"])
        return Preference(**chosen)

    async def change(
        self, platform: str, requester: str, **choices: str | bool | None
    ) -> Preference:
        """Set the given choices and keep the others; returns them all."""
        if unknown := choices.keys() - _NAMES:
            raise TypeError(f"not a preference: {', '.join(sorted(unknown))}")
        row = self._database.insert_once(_preferences)
        changes: list[sa.Executable] = [row.values(platform=platform, requester=requester)]
        if choices:
            values: dict[str, str | bool | None] = dict(choices)
            if "notify" in choices:
                values |= notify_columns(
                    None if choices["notify"] is None else choices["notify"] is True
                )
            query = sa.update(_preferences).where(*_is(platform, requester))
            changes.append(query.values(values))
        await (self._write if "private" in choices else self._database.write)(*changes)
        return await self.of(platform, requester)

    async def meet(self, platform: str, requester: str) -> bool:
        """Remember that there is such a person; says whether that is new."""
        row = self._database.insert_once(_preferences)
        added = await self._database.write(row.values(platform=platform, requester=requester))
        return added == 1

    async def models(self) -> dict[str, int]:
        """How many people prefer each model, by what is stored: an id or a name."""
        column = _preferences.c.model
        query = sa.select(column, sa.func.count().label("people")).where(column.is_not(None))
        found = await self._database.read(query.group_by(column))
        return {row["model"]: row["people"] for row in found}

    async def forget(self, platform: str, requester: str) -> None:
        """Clear what concerns pictures; how the person is answered stays as it is."""
        query = sa.update(_preferences).where(*_is(platform, requester))
        await self._database.write(query.values(model=None, size=None, aspect_ratio=None))

    async def erase(self, platform: str, requester: str) -> None:
        """Forget everything about one person."""
        await self._write(sa.delete(_preferences).where(*_is(platform, requester)))


_NAMES = frozenset(field.name for field in fields(Preference))


def _is(platform: str, requester: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (_preferences.c.platform == platform, _preferences.c.requester == requester)
