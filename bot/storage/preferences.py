"""What each person likes, per platform: the pictures' defaults, and how to be answered."""

import sqlalchemy as sa

from bot.domain.preferences import Preference
from bot.storage.database import Database, metadata

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
    sa.Column("spoiler", sa.Boolean, nullable=False, server_default=sa.false()),
)

_OF = sa.select(_preferences).where(
    _preferences.c.platform == sa.bindparam("platform"),
    _preferences.c.requester == sa.bindparam("requester"),
)


class Preferences:
    """The table ``preferences``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, platform: str, requester: str) -> Preference:
        found = await self._database.read(_OF, platform=platform, requester=requester)
        return Preference(**{k: v for row in found for k, v in row.items() if k in _NAMES})

    async def change(
        self, platform: str, requester: str, **choices: str | bool | None
    ) -> Preference:
        """Set the given choices and keep the others; returns them all."""
        if unknown := choices.keys() - _NAMES:
            raise TypeError(f"not a preference: {', '.join(sorted(unknown))}")
        row = self._database.insert_once(_preferences)
        changes: list[sa.Executable] = [row.values(platform=platform, requester=requester)]
        if choices:
            query = sa.update(_preferences).where(*_is(platform, requester))
            changes.append(query.values(choices))
        await self._database.write(*changes)
        return await self.of(platform, requester)

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
        await self._database.write(sa.delete(_preferences).where(*_is(platform, requester)))


_NAMES = frozenset({"model", "size", "aspect_ratio", "language", "notify", "spoiler"})


def _is(platform: str, requester: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (_preferences.c.platform == platform, _preferences.c.requester == requester)
