"""``banana-bot doctor``: what is right, what is wrong, and what to do about it."""

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from bot import listing, registry
from bot.database import Database
from bot.media import Media
from bot.settings import Settings
from messages import advice, reason


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; ``hint`` says what to do about it."""

    subject: str
    good: bool
    text: str
    hint: str = ""


async def examine(settings: Settings) -> int:
    """Print a report; the exit status is 0 when nothing is wrong, else 1."""
    good = True
    for check in (_configuration, _database, _media, _providers, _platforms):
        async for finding in check(settings):
            _say(f"{'✓' if finding.good else '✗'} {finding.subject}: {finding.text}")
            if finding.hint:
                _say(f"  → {finding.hint}")
            good = good and finding.good
    return 0 if good else 1


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


async def _configuration(settings: Settings) -> AsyncIterator[Finding]:
    found = await asyncio.to_thread(Path(".env").is_file)
    source = ".env and the environment" if found else "the environment (there is no .env)"
    yield Finding("Configuration", True, f"read from {source}")
    if not settings.web_is_local:
        text = f"the web page is reachable at {settings.web_host}:{settings.web_port}"
        secure = settings.web_public_url.startswith("https://")
        hint = "" if secure else "set WEB_PUBLIC_URL to the https:// address people use"
        yield Finding("Web page", True, text, hint)


async def _database(settings: Settings) -> AsyncIterator[Finding]:
    shown = sa.make_url(settings.database).render_as_string(hide_password=True)
    try:
        database = Database(settings.database)
        await asyncio.to_thread(database.migrate)
        await database.close()
    except (sa.exc.SQLAlchemyError, OSError) as error:
        reason = str(error).partition("\n")[0]
        hint = "check DATABASE_URL, and that DATA_DIR can be written to"
        yield Finding("Database", False, f"{shown}: {reason}", hint)
        return
    several = "" if not database.is_sqlite else "; several processes need PostgreSQL (DATABASE_URL)"
    yield Finding("Database", True, f"{shown}{several}")


async def _media(settings: Settings) -> AsyncIterator[Finding]:
    try:
        await Media(settings.media).check()
    except OSError as error:
        hint = "check MEDIA_URL, and that DATA_DIR can be written to"
        yield Finding("Pictures", False, f"{settings.media}: {error}", hint)
        return
    yield Finding("Pictures", True, settings.media)


async def _providers(settings: Settings) -> AsyncIterator[Finding]:
    for name in listing.configured(settings):
        try:
            yield await _provider(settings, name)
        except (registry.Misconfigured, registry.UnknownPlugin) as error:
            hint = f"correct PROVIDER, FALLBACK_PROVIDERS or the {name.upper()}_ keys"
            yield Finding("Provider", False, f"{name}: {error}".partition("\n")[0], hint)


async def _provider(settings: Settings, name: str) -> Finding:
    """Whether a provider is there and takes our key, by the cheapest call it has."""
    providers = registry.Providers(settings.model_copy(update={"fallback_providers": ()}), name)
    try:
        failure = await providers.first.check()
        models = await providers.first.models()
    finally:
        await providers.close()
    if failure is not None:
        problem = failure.problem
        return Finding("Provider", False, f"{name}: {reason(problem, 'en')}", advice(problem, "en"))
    # What a provider may tell besides: by which proxy it is reached, and what is left to spend.
    told = (str(getattr(providers.first, name, "")) for name in ("way", "left"))
    hint = "set a provider's API key for real pictures; see .env.example"
    offered = "; ".join(filter(None, (f"{name}, {len(models)} models", *told)))
    return Finding("Provider", True, offered, hint if name == registry.DEMO else "")


async def _platforms(settings: Settings) -> AsyncIterator[Finding]:
    known = registry.names("adapters")
    for name in settings.platforms:
        if name not in known and "." not in name:
            hint = f"correct BOT_ADAPTERS: choose from {', '.join(known)}"
            yield Finding("Platform", False, name, hint)
            continue
        yield Finding("Platform", True, name)
        if check := getattr(registry.load("adapters", name), "check", None):
            async for finding in check(settings):
                yield finding
