"""What is wrong with a ``.env`` file is said before anything else reads it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.web.settings import WebSettings
from bot.runtime.env_file import BadEnvFile, check
from bot.settings import Settings

TEXT = "WEB_PASSWORD=hunter2é\nPROVIDER=café\n"


def refusal(data: bytes, tmp_path: Path) -> str:
    path = tmp_path / ".env"
    path.write_bytes(data)
    with pytest.raises(BadEnvFile) as caught:
        check(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("utf-32", "UTF-16"),
        ("cp1252", "line 1"),
        ("gb18030", "line 1"),
        ("latin-1", "line 1"),
    ],
)
def test_another_encoding_is_refused_with_what_to_do(
    tmp_path: Path, encoding: str, said: str
) -> None:
    sentence = refusal(TEXT.encode(encoding), tmp_path)
    assert said in sentence
    assert "save it as UTF-8" in sentence
    assert "hunter2" not in sentence


def test_the_line_is_named(tmp_path: Path) -> None:
    assert "line 3" in refusal("# UTF-8: é\n\nA=".encode() + b"\xe9\n", tmp_path)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    with pytest.raises(BadEnvFile, match=r"\.env is a folder"):
        check(tmp_path / ".env")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_utf_8_is_read_with_and_without_a_mark(encoding: str) -> None:
    path = Path(".env")
    check(path)
    path.write_bytes(TEXT.encode(encoding))
    check(path)
    assert WebSettings().web_password.get_secret_value() == "hunter2é"
    assert Settings().provider == "café"


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.mktemp("env") / ".env"
    path.write_bytes(data)
    try:
        check(path)
    except BadEnvFile:
        return
    Settings(_env_file=path)  # type: ignore[call-arg]
