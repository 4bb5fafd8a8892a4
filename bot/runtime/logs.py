"""Logging: one line an event, for people or as JSON. Never keys, prompts or picture bytes."""

import logging
import sys
from typing import Any

import structlog

from bot.runtime.redaction import Redactor, configured
from bot.runtime.terminal import clean
from bot.settings import Settings

OURS = ("adapters", "bot", "messages")
"""Whose messages for debugging are written. Those of libraries hold what people say, what is in
their pictures, addresses and tokens."""

CHATTY = ("aiohttp.access", "alembic", "httpx", "sqlalchemy.engine", "stamina", "websockets")
"""Libraries that tell such things, or every call, at the level of information too."""


def configure(settings: Settings, level: str = "") -> None:
    """Send everything, also what libraries log, to standard error in one format.

    ``level`` takes the place of ``LOG_LEVEL``.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _Harmless(Redactor(configured())),
                renderer,
            ],
        )
    )
    wanted = getattr(logging, (level or settings.log_level).upper())
    logging.basicConfig(level=max(wanted, logging.INFO), handlers=[handler], force=True)
    for name in OURS:
        logging.getLogger(name).setLevel(wanted)
    for name in CHATTY:
        logging.getLogger(name).setLevel(max(wanted, logging.WARNING))


class _Harmless:
    """Makes values fit to be written: no secrets, nothing that a terminal obeys, one event a line.

    Further lines, as a traceback has them, are indented: none looks like an event of its own.
    """

    def __init__(self, redact: Redactor) -> None:
        self._redact = redact

    def __call__(
        self, _logger: Any, _method: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        return {name: self._value(value) for name, value in event.items()}

    def _value(self, value: Any) -> Any:
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, dict):
            return {self._text(str(name)): self._value(each) for name, each in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._value(each) for each in value]
        return self._text(value if isinstance(value, str) else repr(value))

    def _text(self, text: str) -> str:
        return clean(self._redact(text)).replace("\n", "\n    ")
