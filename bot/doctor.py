"""``banana-bot doctor``: what is right, what is wrong, and what to do about it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
import typer

from bot import registry
from bot.database import Database
from bot.media import Media
from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; ``advice`` says what to do when it is not ``good``."""

    subject: str
    good: bool
    text: str
    advice: str = ""


async def examine(settings: Settings) -> int:
    """Print a report; the exit status is 0 when nothing is wrong, else 1."""
    good = True
    for check in (_configuration, _database, _media, _providers, _platforms):
        async for finding in check(settings):
            typer.echo(f"{'✓' if finding.good else '✗'} {finding.subject}: {finding.text}")
            if finding.advice:
                typer.echo(f"  → {finding.advice}")
            good = good and finding.good
    return 0 if good else 1


async def _configuration(settings: Settings) -> AsyncIterator[Finding]:
    found = await asyncio.to_thread(Path(".env").is_file)
    source = ".env and the environment" if found else "the environment (there is no .env)"
    yield Finding("Configuration", True, f"read from {source}")
    if not settings.web_is_local:
        text = f"the web page is reachable at {settings.web_host}:{settings.web_port}"
        secure = settings.web_public_url.startswith("https://")
        advice = "" if secure else "set WEB_PUBLIC_URL to the https:// address people use"
        yield Finding("Web page", True, text, advice)


async def _database(settings: Settings) -> AsyncIterator[Finding]:
    shown = sa.make_url(settings.database).render_as_string(hide_password=True)
    try:
        database = Database(settings.database)
        await asyncio.to_thread(database.migrate)
        await database.close()
    except (sa.exc.SQLAlchemyError, OSError) as error:
        reason = str(error).partition("\n")[0]
        advice = "check DATABASE_URL, and that DATA_DIR can be written to"
        yield Finding("Database", False, f"{shown}: {reason}", advice)
        return
    several = "" if not database.is_sqlite else "; several processes need PostgreSQL (DATABASE_URL)"
    yield Finding("Database", True, f"{shown}{several}")


async def _media(settings: Settings) -> AsyncIterator[Finding]:
    try:
        await Media(settings.media).check()
    except OSError as error:
        advice = "check MEDIA_URL, and that DATA_DIR can be written to"
        yield Finding("Pictures", False, f"{settings.media}: {error}", advice)
        return
    yield Finding("Pictures", True, settings.media)


async def _providers(settings: Settings) -> AsyncIterator[Finding]:
    name = registry.configured(settings)
    try:
        providers = registry.Providers(settings, name)
        models = await providers.first.models()
        await providers.close()
    except registry.UnknownPlugin as error:
        yield Finding("Provider", False, str(error), "correct PROVIDER")
        return
    advice = ""
    if name == registry.DEMO:
        advice = "set a provider's API key for real pictures; see .env.example"
    yield Finding("Provider", True, f"{name}, {len(models)} models", advice)


async def _platforms(settings: Settings) -> AsyncIterator[Finding]:
    known = registry.names("adapters")
    for name in settings.bot_adapters or ("web",):
        good = name in known or "." in name
        advice = "" if good else f"correct BOT_ADAPTERS: choose from {', '.join(known)}"
        yield Finding("Platform", good, name, advice)
