"""How what fails is tried again: every policy of the program (https://stamina.hynek.me).

A policy is called with what may pass (exceptions, or a function that says so of one, or how many
seconds to wait), with what to do, and its arguments; the last error is raised. All times are
seconds. In tests :func:`stamina.set_testing` takes the pauses away.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar

from stamina import AsyncRetryingCaller

T = TypeVar("T")


class _QuickCaller(AsyncRetryingCaller):
    """The same, without what stamina sets up for a call until one has failed: a request makes some
    twenty, and nearly all succeed. The time of the first try does not count."""

    async def __call__(
        self,
        on: Any,
        callable_: Callable[..., Awaitable[T]],
        /,
        *args: Any,
        **kwargs: Any,
    ) -> T:
        try:
            return await callable_(*args, **kwargs)
        except Exception as error:
            failures = [error]

        async def again(*args: Any, **kwargs: Any) -> T:
            if failures:
                raise failures.pop()
            return await callable_(*args, **kwargs)

        return await super().__call__(on, again, *args, **kwargs)


_policy = partial(_QuickCaller, timeout=None, wait_jitter=0.0)
_limited = partial(AsyncRetryingCaller, wait_jitter=0.0)

OUTAGE = _policy(attempts=None, wait_initial=0.2, wait_max=10.0, wait_jitter=0.2)
"""A database or a store that is away; :func:`bot.runtime.outage.passing` says for how long."""

LISTENING = _policy(attempts=None, wait_initial=0.2, wait_max=60.0, wait_jitter=0.2)
"""The connection on which a process hears of others; without it the queue is looked at anyway."""

LOST_LOCK = _policy(attempts=None, wait_initial=0.2, wait_max=2.0)
"""What must be shown by a process that is about to have its lock back."""

REPLY = _policy(attempts=3, wait_initial=2.0)
"""A reply in words, each try of which is itself several calls to the platform."""

COLLECTING = _policy(attempts=3, wait_initial=1.0)
"""A provider that breaks while it is asked for what it has given a ticket for."""

UPLOAD = _policy(attempts=3, wait_initial=0.5, wait_exp_base=4)
"""The bytes of a picture, sent to a provider; sending them twice does no harm."""

RESULT_DOWNLOAD = _policy(attempts=7, wait_initial=0.5, wait_max=16.0)
"""A picture that is paid for, where the provider says that it is."""

DISCORD_CALL = _policy(attempts=4, wait_initial=0.25, wait_max=2.0, wait_exp_base=4)
"""A call of Discord's API."""

DISCORD_DOWNLOAD = _policy(attempts=3, wait_initial=0.25, wait_exp_base=4)
"""An attachment of a message."""

DISCORD_COMMANDS = _policy(attempts=None, wait_initial=2.0, wait_max=300.0, wait_exp_base=5)
"""Registering the slash commands; until then the old ones work."""

DISCORD_ANSWER = _policy(attempts=4, wait_initial=0.2)
"""A later answer to an interaction."""

FEISHU_IDENTITY = _policy(attempts=None, wait_initial=1.0, wait_max=60.0)
"""Learning the bot's own id."""


def executor_name(seconds: float) -> AsyncRetryingCaller:
    """An executor's name that is held: by a process that only looks, or that has just died."""
    return _limited(attempts=None, timeout=seconds, wait_initial=0.05, wait_max=0.5)


MESSAGE_ATTEMPTS = 6


def message(first_pause: float) -> AsyncRetryingCaller:
    """A final message; with pauses from a second on it is tried for half a minute."""
    return _policy(attempts=MESSAGE_ATTEMPTS, wait_initial=first_pause, wait_max=60.0)


def provider_call(attempts: int, first_pause: float, total: float) -> AsyncRetryingCaller:
    """A call of a provider's API that costs nothing, or of which nothing was begun."""
    return _limited(
        attempts=attempts, timeout=total, wait_initial=first_pause, wait_jitter=first_pause
    )


def discord_response(pause: float, total: float) -> AsyncRetryingCaller:
    """The first response to an interaction, at even pauses while Discord waits for it."""
    return _limited(attempts=None, timeout=total, wait_initial=pause, wait_exp_base=1)


def feishu_call(first_pause: float) -> AsyncRetryingCaller:
    """A call of Feishu's API."""
    return _limited(
        attempts=5,
        timeout=FEISHU_CALL_SECONDS,
        wait_initial=first_pause,
        wait_max=8.0,
        wait_jitter=first_pause,
    )


FEISHU_CALL_SECONDS = 60.0
"""After so long no call of Feishu's is made again."""
