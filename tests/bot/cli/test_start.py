"""What is wrong at the start is a sentence that says what to do, for every command."""

import json
import string
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from bot.chat.settings import PlatformSettings
from bot.cli.main import app
from bot.providers._http.client import ProviderSettings
from bot.runtime import plugins
from bot.settings import Settings
from bot.storage.database import Database
from tests.support.ports import free_port

SECRET = "hunter2secret"
EVERY = ("run", "draw", "doctor", "models", "explain")
ASKING = ("run", "draw", "doctor", "models")
KEEPING = ("run", "draw", "doctor")
ARGUMENTS = {"draw": ["draw", "a cat"], "explain": ["explain", "a cat"]}


def said(command: str) -> str:
    """What the command says, which must not have worked."""
    result = CliRunner().invoke(app, ARGUMENTS.get(command, [command]))
    assert result.exit_code in (1, 2), (result.output, result.exception)
    assert isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    assert SECRET not in result.output
    if command != "doctor":
        assert len(result.output.splitlines()) == 1, result.output
    return result.output


def env_file(content: bytes) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda _: (Path(".env").write_bytes(content), None)[1]


def variables(**values: str) -> Callable[[pytest.MonkeyPatch], None]:
    def put(monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return put


def folder(_: pytest.MonkeyPatch) -> None:
    Path(".env").mkdir()


def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("notes.txt").write_text(f"Dear diary, {SECRET}. " * 100)
    monkeypatch.setenv("DATABASE_URL", "sqlite:///notes.txt")


def read_only(monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database("sqlite:///old.sqlite3")
    database.migrate()
    database.engine.dispose()
    monkeypatch.setenv("DATABASE_URL", "sqlite:///file:old.sqlite3?mode=ro&uri=true")


def unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://u:{SECRET}@127.0.0.1:{free_port()}/d")


def provider(**values: str) -> Callable[[pytest.MonkeyPatch], None]:
    return variables(OPENROUTER_API_KEY=SECRET, **values)


def models_file(text: bytes) -> Callable[[pytest.MonkeyPatch], None]:
    def write(monkeypatch: pytest.MonkeyPatch) -> None:
        Path("models.toml").write_bytes(text)
        monkeypatch.setenv("MODELS_FILE", "models.toml")

    return write


FAULTS: list[tuple[Callable[[pytest.MonkeyPatch], None], tuple[str, ...], str]] = [
    (env_file(f"WEB_PASSWORD={SECRET}".encode("utf-16")), EVERY, "UTF-16"),
    (env_file(f"WEB_PASSWORD={SECRET}é".encode("cp1252")), EVERY, "save it as UTF-8"),
    (folder, EVERY, ".env is a folder"),
    (variables(WEB_PASSWORD=" \t"), ("doctor",), "WEB_PASSWORD is blank"),
    (variables(WEB_PORT=SECRET), EVERY, "WEB_PORT"),
    (variables(MEDIA_URL=f"ftp://u:{SECRET}@h/x"), EVERY, "s3://bucket/prefix"),
    (variables(MEDIA_URL=f"s3://key:{SECRET}@bucket"), EVERY, "AWS_ACCESS_KEY_ID"),
    (variables(WEB_PUBLIC_URL=f"https://u:{SECRET}@h"), EVERY, "without a user"),
    (variables(WEB_PUBLIC_URL="pictures.example.org"), EVERY, "https://pictures.example.org"),
    (variables(DATABASE_URL="sqlite://"), EVERY, "names no file"),
    (variables(DATABASE_URL=SECRET), KEEPING, "not the address of a database"),
    (variables(DATABASE_URL=f"mysql://u:{SECRET}@h/d"), KEEPING, "“mysql”"),
    (no_database, KEEPING, "file is not a database"),
    (read_only, KEEPING, "readonly"),
    (unreachable, KEEPING, "nothing answers there"),
    (variables(DATA_DIR="/proc/none"), KEEPING, "Set DATA_DIR"),
    (variables(MEDIA_URL="file:///proc/none"), KEEPING, "MEDIA_URL"),
    (provider(OPENROUTER_EXTRA_BODY=f'["{SECRET}"]'), ASKING, "EXTRA_BODY must be a JSON object"),
    (provider(OPENROUTER_EXTRA_BODY=f"{{{SECRET}"), ASKING, "OPENROUTER_EXTRA_BODY must be JSON"),
    (provider(OPENROUTER_EXTRA_HEADERS=f'{{"a": ["{SECRET}"]}}'), ASKING, "EXTRA_HEADERS has a"),
    (provider(OPENROUTER_EXTRA_BODY="[" * 100_000), ASKING, "deeper than can be read"),
    (variables(PROVIDER=f"http://u:{SECRET}@h"), ASKING, "choose one of"),
    (variables(PROVIDER="../../etc/passwd"), ASKING, "choose one of"),
    (variables(PROVIDER="..os"), ASKING, "choose one of"),
    (variables(PROVIDER="os.path"), ASKING, "is no provider"),
    (env_file(b"A=1\n" * 2**17), EVERY, "larger than 256 kB"),
    (models_file(b"a=" + b"[" * 100_000), ASKING, "deeper than can be read"),
    (models_file(b"a=" + b"9" * 10_000), ASKING, "a number that is too large"),
    (models_file(b"#" * 2**19), ASKING, "larger than 256 kB"),
    (variables(MODELS_FILE="/dev/zero"), ASKING, "is no file"),
]


@pytest.mark.parametrize(
    ("fault", "command", "words"),
    [(fault, command, words) for fault, commands, words in FAULTS for command in commands],
)
def test_a_fault_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
    fault: Callable[[pytest.MonkeyPatch], None],
    command: str,
    words: str,
) -> None:
    fault(monkeypatch)
    assert words in said(command)


def _keys() -> list[str]:
    for name in plugins.names("bot.providers"):
        plugins.load("bot.providers", name)
    for name in plugins.names("adapters"):
        plugins.load("adapters", name)
    every = [Settings, *ProviderSettings.__subclasses__(), *PlatformSettings.__subclasses__()]
    return sorted(
        f"{one.model_config.get('env_prefix', '')}{field}".upper()
        for one in every
        for field in one.model_fields
    )


odd = st.one_of(
    st.text(string.printable.replace("\0", ""), max_size=20),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20),
    st.sampled_from(
        [
            *(
                "[1]",
                "{",
                '{"a": {"b": 1}}',
                " ",
                "-1",
                "9" * 40,
                "nan",
                "\udcff",
                "\x1b[31m\u202e",
            ),
            *("http://[", "http://h:99999999", "s3://", "file://h/x", "sqlite:", "x://u:p@h:y/d"),
        ]
    ),
)


@settings(max_examples=50)
@given(st.sampled_from(_keys()), odd, st.sampled_from(("models", "explain", "doctor")))
def test_no_value_of_any_key_is_a_traceback(key: str, value: str, command: str) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("DISCORD_API_BASE", "http://127.0.0.1:9")
        monkeypatch.setenv(key, value)
        if key == "DATA_DIR":
            monkeypatch.setenv("DATA_DIR", f"folder/{value}")
        if command == "doctor" and key.partition("_")[0] in ("DISCORD", "FEISHU", "BOT"):
            command = "models"  # doctor would ask the platform
        result = CliRunner().invoke(app, ARGUMENTS.get(command, [command]))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    assert "\x1b" not in result.output
    assert "\u202e" not in result.output


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "Line 2"),
        ("[]", "Line 2"),
        ('{"image": true}', "Line 2"),
        ('{"text": 5}', "Line 2"),
        ('{"text": ""}', "Line 2"),
        ('{"text": "\\ud800"}', "Line 2"),
        ("\udcff", "Line 2"),
        ("[" * 100_000, "Line 2"),
    ],
)
def test_a_line_that_is_not_understood_is_named(line: str, words: str) -> None:
    lines = f'{{"text": "a cat"}}\n{line}\n{{"text": "a dog"}}\n'
    written = lines.encode(errors="surrogateescape")
    result = CliRunner().invoke(app, ["explain", "--jsonl"], input=written)
    assert result.exit_code == 0
    first, error, last = map(json.loads, result.stdout.splitlines())
    assert (first["prompt"], last["prompt"]) == ("a cat", "a dog")
    assert words in error["error"]
