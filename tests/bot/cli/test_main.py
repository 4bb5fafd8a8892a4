"""The command line, as a person types it."""

import getpass
import io
import json
import locale
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from rich.console import Console
from typer.testing import CliRunner

from bot.cli.main import app
from bot.cli.models import table
from bot.cli.progress import Screen
from bot.domain import protocol
from bot.domain.failures import Failure, Reason
from bot.domain.image_models import IMAGE_MODELS
from bot.domain.requests import Address
from messages import Cost, Status
from tests.bot.domain.test_protocol import JOB
from tests.emulators.process import Remote
from tests.support import current_models, scripted
from tests.support.model_ids import FLASH, LITE, OLD_FLASH, PRO, pro
from tests.support.scripted import Scripted

ROOT = Path(__file__).parents[3]
CORPUS = Path(__file__).parents[1] / "language" / "data" / "intent.jsonl"
KEYS = {"image_id", "file_path", "mime", "bytes", "model", "provider", "seconds", "cost"}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO_SECONDS", "0")
    monkeypatch.setenv("LANG", "C.UTF-8")


def call(*arguments: str, expect: int = 0, stdin: str | None = None) -> tuple[str, str]:
    result = CliRunner().invoke(app, arguments, input=stdin)
    assert result.exit_code == expect, (result.output, result.exception)
    return result.stdout, result.stderr


def test_draw_prints_one_json_object() -> None:
    out, err = call("draw", "a lighthouse", "--json")
    picture = json.loads(out)
    assert picture.keys() >= KEYS | {"image_url", "download_url"}
    assert err == ""
    assert (picture["mime"], picture["model"]) == ("image/png", FLASH)
    file = Path(picture["file_path"])
    assert file.stat().st_size == picture["bytes"]
    assert file.name == f"{picture['image_id']}.png"
    assert picture["image_url"] == f"http://127.0.0.1:8080/media/{picture['image_id']}"


async def test_a_command_shows_nothing_of_another_that_it_closes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    screen, failed = Screen(JOB.id), Failure(Reason.INTERRUPTED).problem
    own = protocol.message(replace(JOB, status=Status.FAILED, problem=failed), now=1000.0)
    await screen.show(Address("shell"), replace(own, job_id="job_killed"), "en")
    assert not screen.shown
    assert not screen.finished.is_set()
    assert capsys.readouterr().err == ""
    await screen.show(Address("shell"), own, "en")
    assert screen.shown
    assert screen.finished.is_set()
    assert "interrupted" in capsys.readouterr().err


def test_draw_tells_the_steps_and_copies_the_pictures(tmp_path: Path) -> None:
    target = tmp_path / "out" / "tower.png"
    out, err = call("draw", "a tower", "--ratio", "16:9", "--count", "2", "--output", str(target))
    assert out.splitlines() == [str(tmp_path / "out" / f"tower-{n}.png") for n in (1, 2)]
    assert [line for line in err.splitlines() if line[0] in "O🎨✅"] == [
        "OK, generating now.",
        "🎨 Generating your picture, one moment…",
        "✅ Your picture is ready!",
    ]
    with Image.open(tmp_path / "out" / "tower-1.png") as picture:
        assert picture.width > picture.height


def test_draw_says_each_note_once(tmp_path: Path) -> None:
    _, told = call("draw", "a lighthouse, 8K", "--output", str(tmp_path / "a.png"))
    notes = [line for line in told.splitlines() if line.startswith("ℹ️")]
    assert notes
    assert len(notes) == len(set(notes))


def test_draw_changes_a_file(tmp_path: Path) -> None:
    source = tmp_path / "grey.png"
    Image.new("RGB", (640, 480), (128, 128, 128)).save(source)
    out, _ = call(
        "draw", "make it warmer", "--input", str(source), "--output", f"{tmp_path}/new/", "--json"
    )
    with Image.open(json.loads(out)["file_path"]) as picture:
        assert picture.size == (640, 480)
        red, _, blue = picture.convert("RGB").resize((1, 1)).getpixel((0, 0))  # type: ignore[misc]
    assert red > blue
    assert Path(json.loads(out)["file_path"]).parent == tmp_path / "new"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("",), "empty_prompt", "nothing to draw"),
        (("x", "--model", "dall-e"), "unknown_model", "dall-e"),
        (("x", "--count", "99"), "bad_count", "1 to 4 pictures"),
        (("x", "--ratio", "7:5"), "unsupported_ratio", "7:5"),
        (("x", "--input", "no-such.png"), "reference_unusable", "No such file"),
        (("x", "--input", "/dev/zero"), "reference_too_large", "20 MB"),
        (("x", "--input", "http://example.org/a.png"), "reference_not_https", "https"),
        (("x", "--input", "https://127.0.0.1/a.png"), "reference_private", "private network"),
        (("demo:fail refused",), "refused", "safety"),
    ],
)
def test_draw_says_what_is_wrong(arguments: tuple[str, ...], code: str, said: str) -> None:
    out, _ = call("draw", *arguments, "--json", expect=1)
    assert json.loads(out)["error"]["code"] == code
    out, err = call("draw", *arguments, expect=1)
    assert said in err
    assert out == ""


def test_models_as_a_table_and_as_json() -> None:
    plain, _ = call("models")  # not a terminal: a line each, fields between tabs
    assert [line.split("\t")[:5] for line in plain.splitlines()] == [
        ["demo", FLASH, "Nano Banana 2.1", "flash", "current"],
        ["demo", LITE, "Nano Banana 2 Lite", "lite", "current"],
        ["demo", PRO, "Nano Banana Pro", "pro", "current"],
    ]
    rows = json.loads(call("models", "--json")[0])
    assert [row["name"] for row in rows] == [
        "Nano Banana 2.1",
        "Nano Banana 2 Lite",
        "Nano Banana Pro",
    ]
    assert [row["provider"] for row in rows] == ["demo"] * 3
    assert rows[0]["prices"] == {}
    _, err = call("models", "--provider", "nope", expect=1)
    assert "“nope”" in err


def test_models_of_a_service_with_their_prices(gemini: Remote) -> None:
    plain, _ = call("models")
    assert [line.split("\t")[1:7] for line in plain.splitlines()] == [
        [FLASH, "Nano Banana 2.1", "flash", "current", "1K,2K,4K", "1K 0.0336 USD, 4K 0.113 USD"],
        [LITE, "Nano Banana 2 Lite", "lite", "current", "1K", "1K 0.0336 USD"],
        [
            *(PRO, "Nano Banana Pro", "pro", "current", "1K,2K,4K"),
            "1K 0.134 USD, 2K 0.134 USD, 4K 0.24 USD",
        ],
    ]
    rows = json.loads(call("models", "--json")[0])
    assert rows[0]["prices"]["1K"] == {"amount": 0.0336, "unit": "USD"}
    assert rows[0]["predecessors"][0]["name"] == "Nano Banana 2"
    page = Console(width=80, file=io.StringIO())
    page.print(table({"gemini": (replace(pro, costs=(("4K", Cost(0.24, "USD")),)),)}))
    shown = page.file.getvalue()
    for cell in ("Nano Banana Pro", PRO, "pro", "current", "1K 2K 4K", "4K 0.24 USD", "60–120"):
        assert cell in shown


@pytest.mark.parametrize("name", ["nano banana", "flash", "Nano Banana 2", OLD_FLASH, "pro"])
def test_draw_with_a_model_by_any_name(gemini: Remote, name: str) -> None:
    got = current_models.CHOSEN[name]
    made = json.loads(call("draw", "a lighthouse", "--model", name, "--json")[0])
    assert made["model"] == got.model
    assert got.paid(made["cost"]["amount"])
    said = "Nano Banana 2 is no longer offered: made with Nano Banana 2.1."
    assert made["notes"] == [said] * got.replaced
    _, err = call("draw", "a lighthouse", "--model", name)
    assert (said in err) == got.replaced
    assert f"Model: {got.name}" in err


@pytest.mark.parametrize(
    "words", ["a lighthouse", "use Nano Banana 2: a lighthouse", "cheapest: a lighthouse"]
)
def test_draw_with_a_model_by_words(gemini: Remote, words: str) -> None:
    got = current_models.SAID["en"][words]
    made = json.loads(call("draw", words, "--json")[0])
    assert (made["model"], made["width"]) == (got.model, 1024)
    assert got.paid(made["cost"]["amount"])
    assert len(made["notes"]) == got.replaced


def test_draw_in_the_smallest_size_of_before(gemini: Remote) -> None:
    chosen = ("draw", "a lighthouse", "--size", "512")
    made = json.loads(call(*chosen, "--json")[0])
    assert made["notes"] == ["Nano Banana 2.1 does not make 512, so it becomes 1K."]
    made = json.loads(call(*chosen, "--model", "NB2", "--json")[0])
    assert (made["model"], len(made["notes"])) == (FLASH, 2)
    _, err = call(*chosen, "--model", FLASH, expect=1)
    assert "Choose one of these sizes: 1K, 2K, 4K." in err


def test_draw_takes_parameters_only_the_provider_knows() -> None:
    call("draw", "a tower", "--extra-params", '{"quality": "low"}', "--json")
    _, err = call("draw", "a tower", "--extra-params", "quality=low", expect=2)
    assert "JSON object" in err
    call("draw", "a tower", "--extra-params", "[1]", expect=2)
    _, err = call("draw", "a tower", "--provider", "nope", expect=1)
    assert "“nope”" in err


def test_explain_reads_one_text() -> None:
    out, _ = call("explain", "a lake, 8K, 16:9")
    assert "aspect_ratio: 16:9" in out
    assert "Sizes above 4K are not possible" in out
    assert "清晰度最高 4K" in call("explain", "a lake, 8K", "--locale", "zh")[0]
    reading = json.loads(call("explain", "make it warmer", "--image", "--json")[0])
    assert reading["task"] == "image_to_image"
    call("explain", expect=2)


def test_explain_loads_only_what_it_needs() -> None:
    program = (
        "import sys\nfrom bot.__main__ import main\nsys.argv = ['bot', 'explain', 'a cat']\n"
        "try:\n    main()\nfinally:\n    print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    loaded = done.stdout.decode().splitlines()[-1].split()
    assert "bot.language.situations" in loaded
    unneeded = {"aiohttp", "asyncio", "bot.app", "dbos", "discord", "rich", "sqlalchemy", "ssl"}
    assert unneeded.isdisjoint(loaded)


def test_explain_reads_many_texts() -> None:
    lines = CORPUS.read_text("utf-8").splitlines()[:50]
    out, _ = call("explain", "--jsonl", stdin="\n".join(lines) + "\n\n")
    readings = [json.loads(line) for line in out.splitlines()]
    assert len(readings) == len(lines)
    for reading, line in zip(readings, lines, strict=True):
        assert reading.keys() == json.loads(line)["expect"].keys() | {"prompt", "change", "asked"}


def test_explain_says_whether_a_recent_picture_is_changed() -> None:
    lines = [
        {"text": "make it warmer", "recent": True},
        {"text": "a lighthouse", "recent": True},
        {"text": "make it warmer"},
    ]
    out, _ = call("explain", "--jsonl", stdin="\n".join(map(json.dumps, lines)))
    assert [json.loads(line)["change"] for line in out.splitlines()] == [True, False, False]
    assert json.loads(call("explain", "make it warmer", "--recent", "--json")[0])["change"] is True


def test_explain_says_whether_a_picture_would_be_asked_about() -> None:
    lines = [
        {"text": "a lighthouse at dusk"},
        {"text": "quibblewort"},
        {"text": "quibblewort", "recent": True},
        {"text": "I just got back from my sister's place"},
        {"text": "help"},
        {"text": "my dog yesterday", "image": True},
    ]
    out, _ = call("explain", "--jsonl", stdin="\n".join(map(json.dumps, lines)))
    asked = [json.loads(line)["asked"] for line in out.splitlines()]
    assert asked == [False, False, True, True, False, True]
    assert "asked: True" in call("explain", "quibblewort", "--recent")[0]
    assert "asked" not in call("explain", "quibblewort")[0]


def test_explain_knows_the_models_of_the_operator(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = "use Nano Banana 3: a boat"
    assert json.loads(call("explain", text, "--json")[0])["model"] == FLASH
    file = tmp_path / "models.toml"
    file.write_text('[[models]]\nid = "nb-3"\nname = "Nano Banana 3"\nline = "flash"\n', "utf-8")
    monkeypatch.setenv("MODELS_FILE", str(file))
    reading = json.loads(call("explain", text, "--json")[0])
    assert (reading["model"], reading["prompt"]) == ("nb-3", "a boat")
    monkeypatch.setenv("DEFAULT_MODEL", "pro")
    assert f"model: {PRO}" in call("explain", "a boat")[0]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (None, "No such file or directory"),
        ("[[models]", "is no TOML"),
        ('[[models]]\nid = "x"\nline = "flashy"', "there is no line “flashy”"),
        ('[[models]]\nid = "x"\nsizes = ["3K"]', "model “x”: sizes.0"),
        (
            "\n".join(
                f'[[models]]\nid = "{generation.id}"\nstate = "retired"'
                for generation in IMAGE_MODELS.generations
            ),
            "every model is deprecated or retired",
        ),
    ],
)
def test_what_is_wrong_with_the_models_file_is_said_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, written: str | None, said: str
) -> None:
    file = tmp_path / "models.toml"
    if written is not None:
        file.write_text(written, "utf-8")
    monkeypatch.setenv("MODELS_FILE", str(file))
    for command in (("run",), ("draw", "a cat"), ("models",), ("explain", "a cat")):
        out, err = call(*command, expect=1)
        assert out == ""
        assert err.startswith("banana-bot: MODELS_FILE: ")
        assert said in err
        assert len(err.splitlines()) == 1
    report = call("doctor", expect=1)[0].splitlines()
    [wrong] = [number for number, line in enumerate(report) if "✗" in line]
    assert report[wrong].startswith("✗ Models: MODELS_FILE: ")
    assert said in report[wrong]
    assert "docs/models.md" in report[wrong + 1]


def test_doctor_says_that_the_default_model_is_not_offered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DEFAULT_MODEL", "dall-e")
    out, _ = call("doctor", expect=1)
    assert "✗ Models: DEFAULT_MODEL=dall-e is none of demo's models" in out
    assert "choose one of these: Nano Banana 2.1, Nano Banana 2 Lite, Nano Banana Pro" in out
    monkeypatch.setenv("DEFAULT_MODEL", "Nano Banana 2")
    out, _ = call("doctor")
    assert "✓ Models: DEFAULT_MODEL=Nano Banana 2 is deprecated" in out
    assert f"use {FLASH}" in out


def test_doctor_finds_what_is_wrong(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    out, _ = call("doctor")
    assert "✗" not in out
    assert "✓ Database: sqlite:///" in out
    monkeypatch.setenv("PROVIDER", "nope")
    monkeypatch.setenv("BOT_ADAPTERS", "web,nope")
    (tmp_path / "file").touch()
    monkeypatch.setenv("MEDIA_URL", (tmp_path / "file" / "media").as_uri())
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/file/db")
    out, _ = call("doctor", expect=1)
    assert [line.split(":")[0] for line in out.splitlines() if "✗" in line] == [
        "✗ Database",
        "✗ Pictures",
        "✗ Provider",
        "✗ Platform",
    ]


def test_a_wrong_configuration_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_HOST", "0.0.0.0")
    monkeypatch.setenv("LOG_LEVEL", "loud")
    _, err = call("doctor", expect=2)
    assert "LOG_LEVEL" in err
    monkeypatch.delenv("LOG_LEVEL")
    _, err = call("doctor", expect=2)
    assert "set WEB_PASSWORD" in err


def test_an_unknown_platform_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOT_ADAPTERS", "nope")
    _, err = call("run", expect=1)
    assert "“nope”" in err


def test_the_module_is_the_command() -> None:
    command = [sys.executable, "-m", "bot", "explain", "a cat", "--json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert json.loads(done.stdout)["prompt"] == "a cat"


EVIL = "\x1b]0;pwned\x07\x1b[2J\x9b31m\u202e[red]bold[/] 一只猫"


def test_what_a_provider_says_is_no_order_to_the_terminal(
    monkeypatch: pytest.MonkeyPatch, provider: Scripted
) -> None:
    monkeypatch.setenv("PROVIDER", scripted.NAME)
    provider.offered = tuple(
        replace(model, id=f"{model.id}{EVIL}", name=f"{model.name}{EVIL}")
        for model in provider.offered
    )
    provider.tickets.append(Failure(Reason.REFUSED, explanation=EVIL))
    provider.tickets.append(Failure(Reason.REFUSED, explanation=EVIL))
    provider.check = _refused  # type: ignore[method-assign]
    printed = "".join(
        "".join(call(*arguments, expect=status))
        for arguments, status in (
            (("models",), 0),
            (("models", "--json"), 0),
            (("draw", "a cat"), 1),
            (("draw", "a cat", "--json"), 1),
            (("draw", "a cat"), 0),
            (("draw", "a cat", "--json"), 0),
            (("draw", "which models are there?"), 0),
            (("draw", "x", "--model", f"{EVIL}!"), 1),
            (("doctor",), 1),
            (("explain", f"a cat {EVIL}"), 0),
            (("explain", f"a cat {EVIL}", "--json"), 0),
        )
    )
    assert "[red]" in printed  # it was shown, and not as the colour
    for order in "\x1b\x07\x9b\u202e":
        assert order not in printed


async def _refused() -> Failure:
    return Failure(Reason.PROVIDER_DOWN, explanation=EVIL, detail=EVIL)


def test_a_readable_configuration_is_warned_of(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DEMO_SECONDS=0")
    (tmp_path / ".env").chmod(0o644)
    assert "chmod 600 .env" in call("doctor")[0]
    (tmp_path / ".env").chmod(0o600)
    assert "chmod" not in call("doctor")[0]


def test_a_data_folder_with_other_things_in_it_is_warned_of(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o755)
    (tmp_path / "data" / "letters").touch()
    assert f"chmod 700 {tmp_path / 'data'}" in call("doctor")[0]


def test_somebody_without_a_name_can_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr(getpass, "getuser", nobody)
    monkeypatch.setattr(locale, "getlocale", lambda: (_ for _ in ()).throw(ValueError("UTF-8")))
    call("draw", "a cat", "--json")
