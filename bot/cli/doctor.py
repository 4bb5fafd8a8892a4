"""``banana-bot doctor``: what is right, what is wrong, and what to do about it."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from sqlalchemy.exc import SQLAlchemyError

from bot.cli import models as listing
from bot.domain import catalog
from bot.domain.image_models import BadModelsFile, Generation, ImageModels, image_models
from bot.images.store import ImageStore
from bot.ports import Finding, Misconfigured
from bot.runtime import env_file, plugins
from bot.runtime.redaction import Redactor
from bot.runtime.terminal import clean
from bot.settings import Settings
from bot.storage import database_url
from bot.storage.data_folder import private, readable
from bot.storage.database import Database
from bot.storage.database_url import DatabaseUnusable
from bot.storage.preferences import Preferences
from messages import advice, reason


async def examine(settings: Settings) -> int:
    """Print a report; the exit status is 0 when nothing is wrong, else 1."""
    good = True
    checks = (_configuration, _folder, _database, _media, _providers, _models, _platforms)
    with private(settings):
        for check in checks:
            async for finding in check(settings):
                _say(f"{'✓' if finding.good else '✗'} {finding.subject}: {finding.text}")
                if finding.hint:
                    _say(f"  → {finding.hint}")
                good = good and finding.good
    return 0 if good else 1


def _say(line: str) -> None:
    sys.stdout.write(clean(_redact(line)) + "\n")


_redact = Redactor()


async def _configuration(settings: Settings) -> AsyncIterator[Finding]:
    path = Path(env_file.NAME)
    found = await asyncio.to_thread(path.is_file)
    source = ".env and the environment" if found else "the environment (there is no .env)"
    hint = ""
    if found and await asyncio.to_thread(readable, path):
        hint = "other users of this machine can read .env, which holds your keys: chmod 600 .env"
    yield Finding("Configuration", True, f"read from {source}", hint)
    if not settings.web_is_local:
        text = f"the web page is reachable at {settings.web_host}:{settings.web_port}"
        secure = settings.web_public_url.startswith("https://")
        hint = "" if secure else "set WEB_PUBLIC_URL to the https:// address people use"
        yield Finding("Web page", True, text, hint)


async def _folder(settings: Settings) -> AsyncIterator[Finding]:
    folder = settings.data_dir.absolute()
    hint = ""
    if await asyncio.to_thread(readable, folder):
        hint = f"other users of this machine can look into it: chmod 700 {folder}"
    yield Finding("Data folder", True, str(folder), hint)


async def _database(settings: Settings) -> AsyncIterator[Finding]:
    shown = database_url.shown(settings.database)
    try:
        database = Database(settings.database)
        try:
            await asyncio.to_thread(database.migrate)
        finally:
            await database.close()
    except DatabaseUnusable as error:
        said = str(error)
        yield Finding("Database", False, said if said.startswith(shown) else f"{shown}: {said}")
        return
    several = "" if not database.is_sqlite else "; several processes need PostgreSQL (DATABASE_URL)"
    yield Finding("Database", True, f"{shown}{several}")


async def _media(settings: Settings) -> AsyncIterator[Finding]:
    try:
        await ImageStore(settings.media).check()
    except OSError as error:
        hint = "check MEDIA_URL, and that DATA_DIR can be written to"
        yield Finding("Pictures", False, f"{settings.media}: {error}", hint)
        return
    parts, hint = urlsplit(settings.media), ""
    if parts.scheme == "file":
        folder = Path(url2pathname(parts.path))
        if settings.data_dir.absolute() not in folder.parents and readable(folder):
            hint = f"other users of this machine can look into it: chmod 700 {folder}"
    yield Finding("Pictures", True, settings.media, hint)


async def _providers(settings: Settings) -> AsyncIterator[Finding]:
    try:
        image_models(settings.models_file)
    except BadModelsFile:  # said under “Models”
        return
    for name in listing.configured(settings):
        try:
            for finding in await _provider(settings, name):
                yield finding
        except (Misconfigured, plugins.UnknownPlugin) as error:
            hint = f"correct PROVIDER, FALLBACK_PROVIDERS or the {name.upper()}_ keys"
            yield Finding("Provider", False, str(error), hint)


async def _provider(settings: Settings, name: str) -> list[Finding]:
    """Whether a provider is there and takes our key, by the cheapest call it has.

    And whether it has the configured default, if it is the one in use.
    """
    providers = plugins.Providers(settings.model_copy(update={"fallback_providers": ()}), name)
    try:
        failure = await providers.first.check()
        models = await providers.models()
    finally:
        await providers.close()
    if failure is not None:
        problem = failure.problem
        said = f"{name}: {reason(problem, 'en')}"
        return [Finding("Provider", False, said, advice(problem, "en"))]
    # What a provider may tell besides: by which proxy it is reached, and what is left to spend.
    told = (str(getattr(providers.first, name, "")) for name in ("way", "left"))
    hint = "set a provider's API key for real pictures; see .env.example"
    offered = "; ".join(filter(None, (f"{name}, {len(models)} models", *told)))
    found = [Finding("Provider", True, offered, hint if name == plugins.DEMO else "")]
    wanted = settings.default_model
    if wanted and name == plugins.configured(settings) and not catalog.find(wanted, models):
        text = f"DEFAULT_MODEL={wanted} is none of {name}'s models: {models[0].name} is used"
        names = ", ".join(model.name for model in models)
        found.append(Finding("Models", False, text, f"choose one of these: {names}"))
    return found


async def _models(settings: Settings) -> AsyncIterator[Finding]:
    """Models that are on their way out, where the configuration or people still name them."""
    try:
        known = image_models(settings.models_file)
    except BadModelsFile as error:
        yield Finding("Models", False, f"MODELS_FILE: {error}", "correct the file: docs/models.md")
        return
    if (named := settings.default_model) and (old := known.ended(named)):
        yield Finding("Models", True, f"DEFAULT_MODEL={named} is {old.state}", _instead_of(old))
    if settings.models_file is not None:
        built_in = image_models()
        for generation in known.generations:
            if generation.state != "current" and generation != built_in.known(generation.id):
                text = f"{generation.id} of MODELS_FILE is {generation.state}"
                yield Finding("Models", True, text, _instead_of(generation))
    if count := await _outdated_preferences(settings, known):
        text = f"{count} people prefer a model that is deprecated or retired"
        hint = "nothing to do: they get its successor, and are told once"
        yield Finding("Models", True, text, hint)


def _instead_of(old: Generation) -> str:
    return f"use {old.successor}" if old.successor else "use the name of its line, such as “flash”"


async def _outdated_preferences(settings: Settings, known: ImageModels) -> int:
    database: Database | None = None
    try:
        database = Database(settings.database)
        names = await Preferences(database).models()
    except (DatabaseUnusable, SQLAlchemyError, OSError):  # said under “Database”
        return 0
    finally:
        if database is not None:
            await database.close()
    return sum(count for name, count in names.items() if known.ended(name))


async def _platforms(settings: Settings) -> AsyncIterator[Finding]:
    known = plugins.names("adapters")
    for name in plugins.platforms(settings):
        if name not in known and "." not in name:
            hint = f"correct BOT_ADAPTERS: choose from {', '.join(known)}"
            yield Finding("Platform", False, name, hint)
            continue
        yield Finding("Platform", True, name)
        if check := getattr(plugins.load("adapters", name), "check", None):
            async for finding in check(settings.max_images_per_request):
                yield finding
