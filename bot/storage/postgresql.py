"""Whether a PostgreSQL server can be used; where it cannot, what is wrong, and what to do."""

import re
import select
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

OLDEST_VERSION = 140_000
"""PostgreSQL 14, the first that ends a session which is silent: ``idle_session_timeout`` of
https://www.postgresql.org/docs/current/runtime-config-client.html."""

SILENT_SECONDS = 10.0
"""A transaction in which nothing is asked for so long is ended by the server, and the locks on rows
with it: those of a process that is stopped, or cut off from the database, in the middle of one.
``idle_in_transaction_session_timeout`` of the same page."""

_LOOKS = 3
"""So often two connections are asked which session of the server they have."""

_RIGHTS = sa.text(
    "SELECT current_schema() AS own, "
    "to_regclass('banana_bot_version') IS NOT NULL OR current_schema() IS NOT NULL "
    "AND has_schema_privilege(current_schema(), 'CREATE') AS tables, "
    "to_regnamespace('dbos') IS NOT NULL "
    "OR has_database_privilege(current_database(), 'CREATE') AS schemas"
)
"""https://www.postgresql.org/docs/current/functions-info.html"""

_NEEDS = "The user in DATABASE_URL needs both rights, and has them when the database is its own"

_POOLED = (
    "between the bot and PostgreSQL is a pooler in transaction mode, with which locks and "
    "notifications do not work: set its pool_mode to session, or name the server itself in "
    "DATABASE_URL"
)

_FAILURES = (
    (r"pooling mode", _POOLED),
    (
        r"resolve host|translate host name|Name or service not known|nodename nor servname",
        "no computer has the name that stands in DATABASE_URL: correct the host",
    ),
    (
        r"database .* does not exist|does not exist: database",
        "the server has no database of that name: make it with createdb, or correct the last part "
        "of DATABASE_URL",
    ),
    (
        r"authentication failed|no password supplied|role .* does not exist|pg_hba\.conf"
        r"|no such user|not permitted to log in",
        "the server does not take that user with that password, from this computer: correct "
        "DATABASE_URL, or let them in (pg_hba.conf)",
    ),
    (
        r"SSL|certificate",
        "no secure connection can be made: add sslmode=require to DATABASE_URL, or what the host "
        "of the database says about certificates",
    ),
    (
        r"refused|timeout|timed out|No such file|unreachable|No route",
        "nothing answers there: start PostgreSQL, or correct host and port in DATABASE_URL",
    ),
    (
        r"too many (clients|connections)|remaining connection slots",
        "the server has no connection left: raise max_connections, or run fewer processes",
    ),
    (
        r"permission denied",
        f"its tables may not be used. {_NEEDS}",
    ),
    (
        r"read-only",
        "it takes no changes: name the primary server in DATABASE_URL, and no copy of it",
    ),
)
"""What the server or its driver says, and what that means for whoever has configured it."""


def set_up(engine: sa.Engine) -> None:
    """Have no connection of ``engine`` keep others from rows that it does nothing with, and ask the
    server only then whether one is still good when that is in doubt."""
    ask = engine.dialect.do_ping

    def ping(dbapi_connection: Any) -> bool:
        return _is_silent(dbapi_connection) or ask(dbapi_connection)

    engine.dialect.do_ping = ping  # type: ignore[method-assign]

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        usual, connection.autocommit = connection.autocommit, True
        milliseconds = int(SILENT_SECONDS * 1000)
        connection.execute(f"SET idle_in_transaction_session_timeout = {milliseconds}")
        connection.autocommit = usual


def _is_silent(connection: Any) -> bool:
    """Whether a connection that nobody uses is open, and nothing has come on it.

    A server that ends one says so or closes it, and both are there to be read. A transaction, which
    is a round trip and a count of its own, would not tell more of a server that is out of reach.
    """
    if connection.closed or not hasattr(select, "poll"):
        return False
    looking = select.poll()
    looking.register(connection.fileno(), select.POLLIN)
    return not looking.poll(0)


def said(words: str) -> str | None:
    """What a refusal of the server means, without names and values that it may quote."""
    for pattern, sentence in _FAILURES:
        if re.search(pattern, words, re.IGNORECASE):
            return sentence
    return None


def unfit(engine: sa.Engine) -> str | None:
    """Why a server that answers cannot be used, if it cannot.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: it does not answer.
    """
    alone = engine.execution_options(isolation_level="AUTOCOMMIT")
    with alone.connect() as one, alone.connect() as two:
        version = int(one.execute(sa.text("SHOW server_version_num")).scalar_one())
        if version < OLDEST_VERSION:
            return (
                f"it is PostgreSQL {version // 10_000}: at least {OLDEST_VERSION // 10_000} is "
                "needed"
            )
        if _share_sessions(one, two):
            return _POOLED
        rights = one.execute(_RIGHTS).one()
        if not rights.tables:
            where = f"in the schema {rights.own}" if rights.own else "in any schema of search_path"
            return f"no tables may be made {where} (GRANT CREATE ON SCHEMA). {_NEEDS}"
        if not rights.schemas:
            return f"no schema may be made in it (GRANT CREATE ON DATABASE). {_NEEDS}"
    return None


def _share_sessions(one: sa.Connection, two: sa.Connection) -> bool:
    """Whether two connections that are both open have, or had, one session of the server."""
    query = sa.text("SELECT pg_backend_pid()")
    looks = [(one.execute(query).scalar(), two.execute(query).scalar()) for _ in range(_LOOKS)]
    return len(set(looks)) > 1 or looks[0][0] == looks[0][1]
