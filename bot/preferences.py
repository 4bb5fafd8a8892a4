"""What each person likes, per platform: the pictures' defaults, and how to be answered."""

from dataclasses import dataclass

import sqlalchemy as sa

from bot.database import Database, insert_once, metadata

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


@dataclass(frozen=True, slots=True)
class Preference:
    """One person's choices; ``None`` is "no choice".

    ``notify``: to be called when a picture is done; ``spoiler``: to have pictures covered.
    """

    model: str | None = None
    size: str | None = None
    aspect_ratio: str | None = None
    language: str | None = None
    notify: bool = False
    spoiler: bool = False


class Preferences:
    """The table ``preferences``."""

    def __init__(self, database: Database) -> None:
        self._engine = database.async_engine

    async def of(self, platform: str, requester: str) -> Preference:
        query = sa.select(_preferences).where(*_is(platform, requester))
        async with self._engine.connect() as connection:
            row = (await connection.execute(query)).mappings().first()
        return Preference(**{k: v for k, v in row.items() if k in _NAMES}) if row else Preference()

    async def change(
        self, platform: str, requester: str, **choices: str | bool | None
    ) -> Preference:
        """Set the given choices and keep the others; returns them all."""
        if unknown := choices.keys() - _NAMES:
            raise TypeError(f"not a preference: {', '.join(sorted(unknown))}")
        async with self._engine.begin() as connection:
            row = insert_once(self._engine, _preferences)
            await connection.execute(row.values(platform=platform, requester=requester))
            query = sa.update(_preferences).where(*_is(platform, requester))
            if choices:
                await connection.execute(query.values(choices))
        return await self.of(platform, requester)

    async def forget(self, platform: str, requester: str) -> None:
        """Clear what concerns pictures; how the person is answered stays as it is."""
        async with self._engine.begin() as connection:
            query = sa.update(_preferences).where(*_is(platform, requester))
            await connection.execute(query.values(model=None, size=None, aspect_ratio=None))

    async def erase(self, platform: str, requester: str) -> None:
        """Forget everything about one person."""
        async with self._engine.begin() as connection:
            await connection.execute(sa.delete(_preferences).where(*_is(platform, requester)))


_NAMES = frozenset({"model", "size", "aspect_ratio", "language", "notify", "spoiler"})


def _is(platform: str, requester: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (_preferences.c.platform == platform, _preferences.c.requester == requester)
