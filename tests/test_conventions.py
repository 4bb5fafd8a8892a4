"""The rules of the house that no other tool checks."""

import ast
import json
import re
from pathlib import Path

import pytest

from bot.domain.failures import Reason

ROOT = Path(__file__).parents[1]
SOURCE = sorted(
    path
    for room in ("bot", "adapters", "messages")
    for path in (ROOT / room).rglob("*.py")
    if "versions" not in path.parts
)


@pytest.mark.parametrize("path", SOURCE, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_public_says_what_it_is(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    assert ast.get_docstring(tree), "the module"
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            assert node.name.startswith("_") or node.name == "N_" or ast.get_docstring(node), (
                node.name
            )


def test_nothing_is_left_to_do() -> None:
    for path in SOURCE:
        assert not re.search(r"\b(TODO|FIXME|XXX)\b", path.read_text("utf-8")), path


def test_the_lock_files_name_no_index() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        assert "://" not in text
        assert "--index" not in text
        assert "--find-links" not in text
        pins = [line for line in text.splitlines() if "==" in line]
        assert pins
        assert text.count("--hash=sha256:") >= len(pins)


def test_the_lock_file_of_the_clients_names_no_address_and_pins_everything() -> None:
    text = (ROOT / "tests" / "clients" / "package-lock.json").read_text("utf-8")
    assert "://" not in text
    own, *packages = json.loads(text)["packages"].values()
    assert packages
    assert all(package["integrity"].startswith("sha512-") for package in packages)
    wanted = json.loads((ROOT / "tests" / "clients" / "package.json").read_text("utf-8"))
    for kind in ("dependencies", "optionalDependencies"):
        assert own[kind] == wanted[kind]
        assert all(re.fullmatch(r"[\d.]+", version) for version in own[kind].values())
    assert "registry" not in (ROOT / "tests" / "clients" / ".npmrc").read_text("utf-8").replace(
        "omit-lockfile-registry-resolved", ""
    )


def test_both_readmes_tell_the_same() -> None:
    english, chinese = (
        (ROOT / name).read_text("utf-8") for name in ("README.md", "README.zh-CN.md")
    )
    for pattern in (r"^##? ", r"^    \S", r"^\| `", r"\]\(([^)]+\.md(?:#\w+)?|docs/[^)]+)\)"):
        found = [len(re.findall(pattern, text, re.MULTILINE)) for text in (english, chinese)]
        assert found[0] == found[1], pattern


def test_the_api_document_lists_every_reason() -> None:
    listed = (ROOT / "docs" / "api.md").read_text("utf-8").partition("### Reasons")[2]
    assert set(re.findall(r"`(\w+)`", listed)) - {"failure"} == {reason.value for reason in Reason}


def test_links_between_documents_lead_somewhere() -> None:
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for link in re.findall(r"\]\(([^)#]+)(?:#[\w-]+)?\)", path.read_text("utf-8")):
            if "://" not in link:
                assert (path.parent / link).exists(), f"{path.name}: {link}"
