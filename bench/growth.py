"""How many rows and bytes the database keeps of requests, before and after housekeeping.

The bot runs as ``bot.app`` builds it, with :mod:`bench.instant` and :mod:`bench.wall`, on SQLite
and on PostgreSQL. :data:`JOBS` pictures are made; then the house is kept as it is a week later, and
as it is when the pictures are past their retention too: the bot's clock is given the time. What is
counted is scaled to :data:`SHOWN` jobs. PostgreSQL's autovacuum is called by name.
"""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from bench import load
from bench.wall import Wall
from bot.app import App
from bot.runtime.logs import configure
from bot.storage.database import Database
from tests.support import postgres

JOBS = 2000
SHOWN = 10_000
PEOPLE = 50
AT_ONCE = 100
DAY = 24 * 3600.0
RETENTION_DAYS = 30

AGES = (0.0, 8 * DAY, (RETENTION_DAYS + 1) * DAY)
TITLES = ("before", "a week later", "pictures past their retention")


@dataclass(frozen=True, slots=True)
class Size:
    """Rows of each table, and bytes: those that are used, and all that the database takes."""

    rows: dict[str, int]
    used: int
    total: int


@dataclass(frozen=True, slots=True)
class Growth:
    """An empty database, and what :data:`JOBS` jobs have left in it at each of :data:`AGES`."""

    empty: Size
    sizes: list[Size]


async def measure() -> dict[str, Growth]:
    """On the one database, and on the other."""
    found = {"SQLite": await _grow("")}
    if postgres.binaries() is not None:
        with load.cluster(durable=False) as cluster:
            found["PostgreSQL"] = await _grow(cluster.url)
    return found


async def _grow(url: str) -> Growth:
    with tempfile.TemporaryDirectory(prefix="banana-bench-") as folder:
        age = 0.0
        settings = load.settings(
            folder,
            database_url=url,
            provider="bench.instant",
            media_retention_days=RETENTION_DAYS,
        )
        configure(settings)
        app, wall = App(settings, clock=lambda: time.time() + age), Wall()
        app.adapters = [wall]
        await app.start()
        await _vacuumed(app.database)
        empty = await asyncio.to_thread(_size, app.database)
        for first in range(0, JOBS, AT_ONCE):
            await _draw(app, wall, first)
        sizes = []
        for age in AGES:
            if age:
                await app.keep_house()
            await _vacuumed(app.database)
            sizes.append(await asyncio.to_thread(_size, app.database))
        await app.close()
    return Growth(empty, sizes)


async def _draw(app: App, wall: Wall, first: int) -> None:
    for number in range(first, first + AT_ONCE):
        await load.ask(app.engine.receive, number, f"p{number % PEOPLE}")
    ended: set[str] = set()
    while len(ended) < AT_ONCE:
        ended.add(await wall.told.get())


async def _vacuumed(database: Database) -> None:
    """What PostgreSQL does by itself, sooner or later."""
    if not database.is_sqlite:
        await asyncio.to_thread(_vacuum, database)


def _vacuum(database: Database) -> None:
    with database.session() as connection:
        connection.execute(sa.text("CREATE EXTENSION IF NOT EXISTS pg_freespacemap"))
        connection.execute(sa.text("VACUUM ANALYZE"))


def _size(database: Database) -> Size:
    """Rows and bytes. Of SQLite's file the free pages are not used
    (https://www.sqlite.org/pragma.html#pragma_freelist_count), of PostgreSQL's what its tables have
    free for new rows (https://www.postgresql.org/docs/current/pgfreespacemap.html)."""
    with database.engine.connect() as connection:

        def number(query: str) -> int:
            return int(connection.execute(sa.text(query)).scalar_one())

        schemas: Sequence[str | None] = (None,) if database.is_sqlite else ("public", "dbos")
        rows = {}
        for schema in schemas:
            for table in sa.inspect(connection).get_table_names(schema=schema):
                name = f'"{schema}"."{table}"' if schema else f'"{table}"'
                rows[table] = number(f"SELECT count(*) FROM {name}")
        if database.is_sqlite:
            page = number("PRAGMA page_size")
            pages, free = number("PRAGMA page_count"), number("PRAGMA freelist_count")
            file = Path(str(database.url.database))
            total = sum(path.stat().st_size for path in file.parent.glob(f"{file.name}*"))
            return Size(rows, (pages - free) * page, total)
        free = "SELECT coalesce(sum(avail), 0) FROM pg_class, pg_freespace(oid) WHERE relkind = 'r'"
        total = number("SELECT pg_database_size(current_database())")
        return Size(rows, total - number(free), total)


def table(found: dict[str, Growth]) -> str:
    """The figures as Markdown."""
    blocks = [_table(name, growth) for name, growth in found.items()]
    if "PostgreSQL" not in found:
        blocks.append(load.no_postgresql())
    return "\n\n".join(blocks)


def _table(name: str, growth: Growth) -> str:
    scale = SHOWN / JOBS
    before, *_ = growth.sizes
    rows = [
        f"{name}: rows of {SHOWN} jobs, scaled from {JOBS}.",
        "",
        f"| | {' | '.join(TITLES)} |",
        "|---|--:|--:|--:|",
    ]
    for table, many in before.rows.items():
        if many - growth.empty.rows.get(table, 0) > JOBS / 100:
            counts = (f"{size.rows[table] * scale:.0f}" for size in growth.sizes)
            rows.append(f"| {table} | {' | '.join(counts)} |")
    used = [size.used - growth.empty.used for size in growth.sizes]
    files = [size.total - growth.empty.total for size in growth.sizes]
    for what, grown in (("bytes used", used), ("bytes of its files", files)):
        listed = (f"{max(0, each) * scale / 1e6:.1f} MB" for each in grown)
        rows.append(f"| {what} | {' | '.join(listed)} |")
    return "\n".join(rows)
