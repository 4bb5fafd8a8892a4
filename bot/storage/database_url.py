"""The address of the database: which kinds there are, and how it is shown without its secrets."""

import re

import sqlalchemy as sa

_KINDS = {
    "sqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
}
"""The driver for each kind; ``postgres`` is what some hosts still call it."""

_FORMS = "sqlite:////folder/file.sqlite3 or postgresql://user:password@host/name"


class DatabaseUnusable(Exception):
    """The database is none of ours to use; the message says why and what to do, in one line."""


def parse(url: str) -> sa.URL:
    """The address with the driver that we use.

    Raises:
        DatabaseUnusable: it is no such address, or one of another kind of database. Nothing that
            could be part of a password is quoted.
    """
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise DatabaseUnusable(
            f"DATABASE_URL is not the address of a database: write {_FORMS}. Characters such as "
            "@ : / % in a password are written %40 %3A %2F %25"
        ) from None
    kind = parsed.get_backend_name()
    driver = _KINDS.get(kind)
    if driver is None:
        raise DatabaseUnusable(
            f"DATABASE_URL is of the kind “{kind}”, which banana-bot cannot use: write {_FORMS}"
        )
    if kind != "sqlite" and "@" in f"{parsed.host}{parsed.database}":
        raise DatabaseUnusable("DATABASE_URL: an @ in the user's name or password is written %40")
    return parsed.set(drivername=driver)


def shown(url: str) -> str:
    """The address for people: without user, password and parameters."""
    try:
        parsed = parse(url)
    except DatabaseUnusable:  # anything in it may be a piece of the password
        return "DATABASE_URL"
    if parsed.get_backend_name() == "sqlite":
        return f"sqlite:///{parsed.database or ''}".partition("?")[0]
    host = (parsed.host or "").rpartition("@")[2]
    host = f"[{host}]" if ":" in host else host
    port = f":{parsed.port}" if parsed.port else ""
    return f"{parsed.get_backend_name()}://{host}{port}/{parsed.database or ''}"


def file(url: str) -> str:
    """The file that an SQLite address names; nothing for other addresses."""
    try:
        parsed = parse(url)
    except DatabaseUnusable:
        return ""
    name = parsed.database or ""
    is_file = parsed.get_backend_name() == "sqlite" and name != ":memory:"
    return name.removeprefix("file:") if is_file else ""


_VALUES = re.compile(r"[:：].*", re.DOTALL)


def explained(error: BaseException) -> str:
    """What a driver says, without the rows and values that it quotes.

    PostgreSQL puts the failing row into the lines after the first, and for a value that is not of
    its column's type (class 22 of
    https://www.postgresql.org/docs/current/errcodes-appendix.html) into the first one.
    """
    first = str(error).strip().partition("\n")[0]
    if str(getattr(error, "sqlstate", None) or "").startswith("22"):
        first = _VALUES.sub("", first)
    return first
