"""Logging: one line an event, for people or as JSON. Never keys, prompts or picture bytes."""

import logging
import sys

import structlog

from bot.settings import Settings


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
                renderer,
            ],
        )
    )
    logging.basicConfig(level=(level or settings.log_level).upper(), handlers=[handler], force=True)
    # At the level of debugging, these write down what people say, addresses and tokens.
    for chatty in ("aiohttp.access", "alembic", "sqlalchemy.engine", "websockets"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    logging.getLogger("discord").setLevel(max(logging.INFO, logging.root.level))
