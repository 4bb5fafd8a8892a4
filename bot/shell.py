"""``banana-bot draw``: the same conversation as everywhere, in a process that ends with it."""

import asyncio
import getpass
import json
import locale as system_locale
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from bot import logs
from bot.app import App
from bot.failures import Failure, Reason
from bot.job import Job
from bot.ports import Accepted, Address, Attachment, Incoming, Options
from bot.screen import Screen
from bot.settings import Settings
from bot.wording import Action
from messages import Notice, Status, advice, negotiate, reason, render_notice

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
    return asyncio.run(_draw(settings, order))


async def _draw(settings: Settings, order: Order) -> int:
    language = negotiate(system_locale.getlocale()[0])
    app = App(settings, provider=order.provider, shell=True)
    screen = Screen(quiet=order.as_json)
    app.adapters = [screen]
    await app.start()
    try:
        with screen:
            outcome = await _ask(app, order, language)
            if isinstance(outcome, Accepted):
                await screen.finished.wait()
                job = await app.history.job(outcome.job_id)
                assert job is not None
                return await _report(app, job, order)
    except asyncio.CancelledError:
        if screen.job_id:
            await app.engine.cancel(screen.job_id)
        raise
    finally:
        await app.close()
    return _refuse(outcome, order, language)


async def _ask(app: App, order: Order, language: str) -> Accepted | Notice | Failure:
    who = getpass.getuser()
    attachments = []
    for source in order.inputs:
        attachment = await _attachment(app, source, who)
        if isinstance(attachment, Failure):
            return attachment
        attachments.append(attachment)
    return await app.engine.receive(
        Incoming(
            platform=PLATFORM,
            event_id=uuid.uuid4().hex,
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
        data = await asyncio.to_thread(Path(source).read_bytes)
    except OSError as error:
        return Failure(Reason.REFERENCE_UNUSABLE, explanation=f"{source}: {error.strerror}")
    kept = await app.engine.keep_upload(PLATFORM, who, data)
    return kept if isinstance(kept, Failure) else Attachment(image_id=kept.image_id)


async def _report(app: App, job: Job, order: Order) -> int:
    """Print what came of it."""
    if job.status is not Status.SUCCEEDED:
        if order.as_json and job.problem:
            _print(_error(job.problem.reason, reason(job.problem, job.locale)))
        return 1
    pictures = await _pictures(app, job, order)
    if order.as_json:
        _print({**pictures[0], "pictures": pictures} if len(pictures) > 1 else pictures[0])
    else:
        for picture in pictures:
            typer.echo(picture["file_path"])
    return 0


async def _pictures(app: App, job: Job, order: Order) -> list[dict[str, Any]]:
    made = (await app.history.pictures_of([job.id]))[job.id]
    rows = []
    for number, picture in enumerate(made):
        kept = await app.history.picture(picture.image_id)
        assert kept is not None
        path = app.media.location(kept.path)
        if order.output:
            path = str(await _copy(app, kept.path, order.output, number, len(made)))
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
                "cost": {"amount": job.cost.amount, "unit": job.cost.unit} if job.cost else None,
                "image_url": f"{app.settings.public_url}/media/{picture.image_id}",
                "download_url": f"{app.settings.public_url}/download/{picture.image_id}",
            }
        )
    return rows


async def _copy(app: App, path: str, output: str, number: int, total: int) -> Path:
    """Copy a picture out of the store; several are numbered."""
    target = await asyncio.to_thread(_target, path, output, number, total)
    data = await app.media.read(path)
    assert data is not None
    await asyncio.to_thread(_write, target, data)
    return target.absolute()


def _target(path: str, output: str, number: int, total: int) -> Path:
    target = Path(output)
    if output.endswith("/") or target.is_dir():
        return target / Path(path).name
    numbered = f"{target.stem}-{number + 1}" if total > 1 else target.stem
    return target.with_name(numbered + (target.suffix or Path(path).suffix))


def _write(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)


def _refuse(outcome: Notice | Failure | Accepted, order: Order, language: str) -> int:
    """Print why nothing was drawn, or the answer that was no picture."""
    if isinstance(outcome, Notice):
        typer.echo(render_notice(outcome, language))
        return 0
    assert isinstance(outcome, Failure)
    text = reason(outcome.problem, language)
    if order.as_json:
        _print(_error(outcome.reason, text))
    else:
        typer.echo(f"{text}\n{advice(outcome.problem, language)}", err=True)
    return 1


def _error(code: str, text: str) -> dict[str, Any]:
    return {"error": {"code": str(code), "message": text}}


def _print(value: dict[str, Any]) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False))
