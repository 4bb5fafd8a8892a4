"""``banana-bot draw``: the same conversation as everywhere, in a process that ends with it."""

import asyncio
import getpass
import locale as system_locale
import os
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from bot.app import App
from bot.cli.progress import Screen
from bot.domain.actions import Action
from bot.domain.failures import Failure, Reason
from bot.domain.jobs import Job, job_id
from bot.domain.requests import Accepted, Address, Attachment, Incoming, Options
from bot.images.validation import MAX_BYTES
from bot.runtime import logs
from bot.runtime.terminal import as_json, clean
from bot.settings import Settings
from bot.storage.data_folder import private
from messages import Notice, Status, advice, negotiate, reason, render_note, render_notice

PLATFORM = "shell"


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked on the command line.

    ``inputs`` are paths and URLs; ``output`` is a file, or a folder if it exists or ends in ``/``.
    """

    prompt: str
    options: Options
    inputs: tuple[str, ...] = ()
    output: str = ""
    as_json: bool = False
    provider: str = ""


def carry_out(settings: Settings, order: Order) -> int:
    """Draw, print, and return the exit status: 0 for a picture, 1 for none."""
    logs.configure(settings, "error")
    with private(settings) as umask:
        return asyncio.run(_draw(settings, order, umask))


async def _draw(settings: Settings, order: Order, umask: int) -> int:
    language = negotiate(_locale())
    app = App(settings, provider=order.provider, shell=True)
    event_id = uuid.uuid4().hex
    own = job_id(PLATFORM, event_id)
    screen = Screen(own, quiet=order.as_json)
    app.adapters = [screen]
    try:
        await app.start()
        with screen:
            outcome = await _ask(app, order, event_id, language)
            if isinstance(outcome, Accepted):
                await screen.finished.wait()
                job = await app.history.job(outcome.job_id)
                assert job is not None
                return await _report(app, job, order, umask)
    except asyncio.CancelledError:
        if screen.shown:
            await app.engine.cancel(own)
        raise
    finally:
        await app.close()
    return _refuse(outcome, order, language)


def _locale() -> str | None:
    try:
        return system_locale.getlocale()[0]
    except ValueError:  # LC_CTYPE=UTF-8, which macOS sets, is none to Python
        return None


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run us under a number that has no name
        return f"user-{os.getuid()}"


async def _ask(app: App, order: Order, event_id: str, language: str) -> Accepted | Notice | Failure:
    who = _user()
    attachments = []
    for source in order.inputs:
        attachment = await _attachment(app, source, who)
        if isinstance(attachment, Failure):
            return attachment
        attachments.append(attachment)
    return await app.engine.receive(
        Incoming(
            platform=PLATFORM,
            event_id=event_id,
            requester=who,
            conversation=who,
            address=Address(PLATFORM),
            text=order.prompt,
            action=Action.DRAW,
            options=order.options,
            attachments=tuple(attachments),
            locale=language,
            private=True,
        )
    )


async def _attachment(app: App, source: str, who: str) -> Attachment | Failure:
    if "://" in source:
        return Attachment(url=source)
    try:
        data = await asyncio.to_thread(_read, source)
    except OSError as error:
        return Failure(Reason.REFERENCE_UNUSABLE, explanation=f"{source}: {error.strerror}")
    kept = await app.engine.keep_upload(PLATFORM, who, data)
    return kept if isinstance(kept, Failure) else Attachment(image_id=kept.image_id)


def _read(source: str) -> bytes:
    """A file, or as much of it as tells that it is too large."""
    with Path(source).open("rb") as file:
        return file.read(MAX_BYTES + 1)


async def _report(app: App, job: Job, order: Order, umask: int) -> int:
    """Print what came of it."""
    if job.status is not Status.SUCCEEDED:
        if order.as_json and job.problem:
            _print(_error(job.problem.reason, reason(job.problem, job.locale)))
        return 1
    pictures = await _pictures(app, job, order, umask)
    if order.as_json:
        _print({**pictures[0], "pictures": pictures} if len(pictures) > 1 else pictures[0])
    else:
        for picture in pictures:
            typer.echo(picture["file_path"])
    return 0


async def _pictures(app: App, job: Job, order: Order, umask: int) -> list[dict[str, Any]]:
    made = (await app.history.pictures_of([job.id]))[job.id]
    rows = []
    for number, picture in enumerate(made):
        kept = await app.history.picture(picture.image_id)
        assert kept is not None
        path = app.media.location(kept.path)
        if order.output:
            target = await asyncio.to_thread(_target, kept.path, order.output, number, len(made))
            await _copy(app, kept.path, target, umask)
            path = str(target.absolute())
        rows.append(
            {
                "image_id": picture.image_id,
                "file_path": path,
                "mime": picture.mime,
                "bytes": picture.size,
                "width": picture.width,
                "height": picture.height,
                "model": job.model,
                "provider": job.provider,
                "seconds": round((job.finished_at or 0) - (job.started_at or 0), 2),
                "notes": [render_note(note, job.locale) for note in job.notes],
                "cost": {"amount": job.cost.amount, "unit": job.cost.unit} if job.cost else None,
                "image_url": f"{app.settings.public_url}/media/{picture.image_id}",
                "download_url": f"{app.settings.public_url}/download/{picture.image_id}",
            }
        )
    return rows


async def _copy(app: App, path: str, target: Path, umask: int) -> None:
    """Copy a picture out of the store."""
    data = await app.media.read(path)
    assert data is not None
    await asyncio.to_thread(_write, target, data, umask)


def _target(path: str, output: str, number: int, total: int) -> Path:
    target = Path(output)
    if output.endswith("/") or target.is_dir():
        return target / Path(path).name
    numbered = f"{target.stem}-{number + 1}" if total > 1 else target.stem
    return target.with_name(numbered + (target.suffix or Path(path).suffix))


def _write(target: Path, data: bytes, umask: int) -> None:
    """Write a file that is not the bot's but the person's, and has the modes they are used to."""
    made = [path for path in (target, *target.parents) if not path.exists()]
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    for path in made:
        path.chmod((0o777 if path.is_dir() else 0o666) & ~umask)


def _refuse(outcome: Notice | Failure | Accepted, order: Order, language: str) -> int:
    """Print why nothing was drawn, or the answer that was no picture."""
    if isinstance(outcome, Notice):
        typer.echo(clean(render_notice(outcome, language)))
        return 0
    assert isinstance(outcome, Failure)
    text = reason(outcome.problem, language)
    if order.as_json:
        _print(_error(outcome.reason, text))
    else:
        typer.echo(clean(f"{text}\n{advice(outcome.problem, language)}"), err=True)
    return 1


def _error(code: str, text: str) -> dict[str, Any]:
    return {"error": {"code": str(code), "message": text}}


def _print(value: dict[str, Any]) -> None:
    typer.echo(as_json(value))
