"""Our own rooms, the database and the store, may be away: that is waited for, and no answer.

What a provider or a request is to blame for comes back as a :class:`bot.domain.failures.Failure`.
What is raised here is ours, and is tried again with growing pauses.
"""

import time
from collections.abc import Callable

import sqlalchemy as sa

OUTAGE_SECONDS = 24 * 3600.0
"""For so long a room that is away is waited for."""

# The database's own answers to what it was asked: the same again has the same answer.
_ANSWERS = (
    sa.exc.DataError,
    sa.exc.IntegrityError,
    sa.exc.NotSupportedError,
    sa.exc.ProgrammingError,
)


def is_outage(error: BaseException) -> bool:
    """Whether an error says that a room is away: a database or a store that cannot be reached,
    is locked, full, or read-only."""
    if isinstance(error, sa.exc.DBAPIError):
        # SQLite's name for what it cannot read, such as an unknown column; any other is trouble.
        if getattr(error.orig, "sqlite_errorname", None) == "SQLITE_ERROR":
            return False
        return error.connection_invalidated or not isinstance(error, _ANSWERS)
    return isinstance(error, OSError | sa.exc.TimeoutError)


def is_database_away(error: BaseException) -> bool:
    """Whether an error says that the database is away, and no other room."""
    return isinstance(error, sa.exc.SQLAlchemyError) and is_outage(error)


def passing(
    patience: float,
    *,
    outage: float = OUTAGE_SECONDS,
    final: tuple[type[Exception], ...] = (),
    monotonic: Callable[[], float] = time.monotonic,
) -> Callable[[Exception], bool]:
    """Whether an error may pass, for :data:`bot.runtime.retries.OUTAGE`, from now on.

    An outage is waited for ``outage`` seconds, anything else is tried again for ``patience``;
    what is ``final`` is not.
    """
    began = monotonic()

    def again(error: Exception) -> bool:
        if isinstance(error, final) or not isinstance(error, Exception):  # a cancellation comes too
            return False
        return monotonic() - began < (outage if is_outage(error) else patience)

    return again
