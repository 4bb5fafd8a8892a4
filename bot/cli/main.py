"""The command line: ``run``, ``draw``, ``models``, ``explain``, ``doctor``, ``backup``.

Commands import what they need when they run, so that ``explain`` answers in a blink.
"""

import json
import sys
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.run import explained_errors, read_settings, serve
from bot.runtime.terminal import argument, as_json, clean

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.language.wording import Reading
    from bot.settings import Settings

app = typer.Typer(
    help="Nano Banana pictures in Discord, Feishu, a web page and a shell.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class Size(StrEnum):
    """The sizes there are; which of them a model makes is in ``banana-bot models``."""

    TINY = "512"
    ONE = "1K"
    TWO = "2K"
    FOUR = "4K"


@app.command()
def run() -> None:
    """Start the bot: every platform that is configured, and the web page."""
    serve()


@app.command()
def draw(
    prompt: Annotated[str, typer.Argument(help="What to draw, or how to change the inputs.")],
    model: Annotated[str | None, typer.Option(help="A model's id, name or alias.")] = None,
    size: Annotated[Size | None, typer.Option(help="The longer side, roughly.")] = None,
    ratio: Annotated[str | None, typer.Option(help="Aspect ratio, such as 16:9.")] = None,
    count: Annotated[int | None, typer.Option(help="How many pictures.")] = None,
    inputs: Annotated[
        list[str] | None, typer.Option("--input", help="A picture to work from: a file or URL.")
    ] = None,
    output: Annotated[
        str, typer.Option(help="Where to copy the picture: a file, or a folder.")
    ] = "",
    json_wanted: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    provider: Annotated[str, typer.Option(help="Which provider makes it.")] = "",
    extra: Annotated[
        str, typer.Option("--extra-params", help="A JSON object for the provider's request.")
    ] = "{}",
) -> None:
    """Draw a picture, or change one."""
    from bot.cli.draw import Order, carry_out
    from bot.domain.requests import Options

    order = Order(
        prompt=argument(prompt),
        options=Options(
            argument(model) if model else None,
            size.value if size else None,
            argument(ratio) if ratio else None,
            count,
            _object(extra),
        ),
        inputs=tuple(inputs or ()),
        output=output,
        as_json=json_wanted,
        provider=argument(provider),
    )
    with explained_errors():
        status = carry_out(read_settings(), order)
    raise typer.Exit(status)


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(argument(text))
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        typer.echo('--extra-params takes a JSON object, such as \'{"quality": "low"}\'.', err=True)
        raise typer.Exit(2)
    return value


@app.command()
def models(
    json_wanted: Annotated[bool, typer.Option("--json", help="Print a JSON array.")] = False,
    provider: Annotated[str, typer.Option(help="Ask only this provider.")] = "",
) -> None:
    """List what each configured provider offers."""
    import asyncio

    from bot.cli.models import as_json as in_json
    from bot.cli.models import offers, plain, table

    with explained_errors():
        found = asyncio.run(offers(read_settings(), argument(provider)))
    if json_wanted:
        typer.echo(as_json(in_json(found), indent=2))
    elif sys.stdout.isatty():
        from rich.console import Console

        Console().print(table(found))
    else:
        sys.stdout.write("".join(f"{line}\n" for line in plain(found)))


@app.command()
def explain(
    text: Annotated[str | None, typer.Argument(help="What a person might write.")] = None,
    image: Annotated[bool, typer.Option(help="As if a picture were attached.")] = False,
    locale: Annotated[str, typer.Option(help="Language of the explanation.")] = "en",
    json_wanted: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    jsonl: Annotated[
        bool,
        typer.Option(help="Read JSON objects with text, image, recent, a line each, from stdin."),
    ] = False,
    recent: Annotated[bool, typer.Option(help="As if a picture had just been made.")] = False,
) -> None:
    """Show how a text is understood."""
    read = _reader(read_settings())
    if jsonl:
        for number, line in enumerate(sys.stdin.buffer, 1):
            if line.strip():
                typer.echo(as_json(_answer(line, number, read)))
        return
    if text is None:
        typer.echo("Give a text, or --jsonl to read many.", err=True)
        raise typer.Exit(2)
    text = argument(text)
    reading = read(text, image=image)
    if json_wanted:
        typer.echo(as_json(_as_dict(text, reading, image=image, recent=recent)))
    else:
        asked = _is_asked(text, reading, image=image, recent=recent)
        typer.echo("\n".join(_explained(reading, locale, asked=asked)))


def _reader(settings: "Settings") -> "Callable[..., Reading]":
    """What reads a text with the models that are known; no provider is asked."""
    from bot.domain import catalog
    from bot.domain.image_models import BadModelsFile, image_models
    from bot.language.wording import read

    try:
        known = image_models(settings.models_file)
    except BadModelsFile as error:
        typer.echo(f"banana-bot: MODELS_FILE: {error}", err=True)
        raise typer.Exit(1) from None
    models = known.arrange(known.current())
    default = catalog.find(settings.default_model, models) or models[0]
    return partial(
        read,
        max_images=settings.max_images_per_request,
        models=models,
        default_model=default.id,
    )


def _answer(line: bytes, number: int, read: "Callable[..., Reading]") -> dict[str, object]:
    """The reading of a line of JSON, or what is wrong with the line."""
    try:
        asked = json.loads(line)
        text = asked["text"]
        text.encode()
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
        example = '{"text": "a cat"}'
        return {"error": f"Line {number} is no JSON object with a text in it, such as {example}."}
    if not text.strip():
        return {"error": f"Line {number} has an empty text."}
    pictured, recent = bool(asked.get("image")), bool(asked.get("recent"))
    return _as_dict(text, read(text, image=pictured), image=pictured, recent=recent)


def _as_dict(text: str, reading: "Reading", *, image: bool, recent: bool) -> dict[str, object]:
    from bot.language.wording import as_dict, is_change

    change = recent and not image and is_change(text)
    asked = _is_asked(text, reading, image=image, recent=recent)
    return as_dict(reading) | {"change": change, "asked": asked}


def _is_asked(text: str, reading: "Reading", *, image: bool, recent: bool) -> bool:
    """Whether it would be asked first if a picture is wanted."""
    from bot.domain.situation import Situation
    from bot.language.situations import is_asked

    situation = Situation.AT_HAND if recent else Situation.NOTHING
    return is_asked(text, reading, Situation.ABOUT if image else situation)


def _explained(reading: "Reading", locale: str, *, asked: bool) -> list[str]:
    from bot.language.wording import as_dict
    from messages import Note, negotiate, render_note

    language = negotiate(locale)
    lines = [
        clean(f"{key}: {value}")
        for key, value in (as_dict(reading) | {"asked": asked}).items()
        if value and key != "notes"
    ]
    facts = {"size": reading.size, "ratio": reading.aspect_ratio, "limit": reading.count}
    return lines + [render_note(Note(key, facts), language) for key in reading.notes]


@app.command()
def doctor() -> None:
    """Check the configuration, the database, the media folder, providers and platforms."""
    import asyncio

    from bot.cli.doctor import examine
    from bot.runtime import logs

    settings = read_settings()
    logs.configure(settings, level="error")  # the report says what there is to say
    with explained_errors():
        status = asyncio.run(examine(settings))
    raise typer.Exit(status)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The new file; one that is there is not replaced.")],
) -> None:
    """Copy the database, while the bot goes on, and say what else is to be kept."""
    from bot.cli.backup import carry_out

    with explained_errors():
        lines = carry_out(read_settings(), file)
    typer.echo("\n".join(clean(line) for line in lines))
