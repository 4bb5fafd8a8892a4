"""The rules of the house that no other tool checks."""

import ast
import builtins
import inspect
import json
import re
from pathlib import Path
from typing import Any

import pytest
from aiohttp.web import UrlDispatcher
from typer.main import get_command

from adapters.web import body, server, webhooks
from adapters.web.payload import LONGEST_LINE
from bot.cli.main import app
from bot.domain.failures import Reason
from bot.ports import Adapter, Provider

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


def test_errors_that_are_documented_exist() -> None:
    """Whatever stands under ``Raises:`` is a class of ours, of Python's, or of a library."""
    trees = {path: ast.parse(path.read_text("utf-8")) for path in SOURCE}
    known = set(dir(builtins))
    for tree in trees.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                known.add(node.name)
            elif isinstance(node, ast.ImportFrom):
                known.update(alias.asname or alias.name for alias in node.names)
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                _, _, raises = (ast.get_docstring(node) or "").partition("Raises:\n")
                for names in re.findall(r"^    (\w[\w., ]*):", raises, re.MULTILINE):
                    for name in names.split(", "):
                        assert "." in name or name in known, (path, name)


def test_no_two_classes_have_one_name() -> None:
    named: dict[str, Path] = {}
    for path in SOURCE:
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                assert named.setdefault(node.name, path) == path, node.name


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


def test_every_command_is_listed() -> None:
    commands = list(get_command(app).commands)  # type: ignore[attr-defined]
    assert len(commands) > 5
    for name in ("README.md", "README.zh-CN.md"):
        listed = re.findall(
            r"^\| `banana-bot (\w+)", (ROOT / name).read_text("utf-8"), re.MULTILINE
        )
        assert sorted(listed) == sorted(commands), name
    row = re.search(r"^\| `bot/cli` \| (.*) \|$", MAP.read_text("utf-8"), re.MULTILINE)
    assert row
    assert sorted(re.findall(r"`(\w+)`", row[1])) == sorted(commands)


def test_what_the_ci_looks_for_is_explained_and_presumes_no_machine() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    explained = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    offered = re.findall(r"^offer (\w+) (\S+)$", script, re.MULTILINE)
    assert offered
    for variable, file in offered:
        assert f"`{variable}`" in explained
        assert f"`{file}`" in explained
    assert set(re.findall(r"\.\./[\w*]+", script)) == {"../specs", "../*"}


API = [ROOT / "docs" / name for name in ("api.md", "api.zh-CN.md")]
FOR_BROWSERS = {"/", "/favicon.ico", "/login", "/static/{name}"}


def test_the_api_document_lists_every_reason() -> None:
    listed = API[0].read_text("utf-8").partition("### Reasons")[2]
    assert set(re.findall(r"`(\w+)`", listed)) - {"failure"} == {reason.value for reason in Reason}


@pytest.mark.parametrize("page", API, ids=lambda page: str(page.name))
def test_the_api_document_lists_every_call(page: Path) -> None:
    router = UrlDispatcher()
    server._routes(router)
    calls = {
        f"{route.method} {route.resource.canonical}"
        for route in router.routes()
        if route.resource and route.method != "HEAD"
        if route.resource.canonical not in FOR_BROWSERS | {webhooks.ROUTE}
    }
    assert len(calls) > 20
    listed = re.findall(r"`((?:GET|POST|PUT|DELETE) [^`?]+)", page.read_text("utf-8"))
    assert sorted(calls - set(listed)) == []


@pytest.mark.parametrize("page", API, ids=lambda page: str(page.name))
def test_the_api_document_says_how_large_a_form_is(page: Path) -> None:
    references, fields, headers = body.MOST_REFERENCES, len(body._FIELDS), body._MOST_HEADERS
    (row,) = re.findall(r"^\| (?:a form|表单) \| (.*) \|$", page.read_text("utf-8"), re.MULTILINE)
    kilobytes = LONGEST_LINE // 1024
    said = [int(number) for number in re.findall(r"\d+", row)]
    assert said == [references + fields, references, fields, headers, kilobytes]


@pytest.mark.parametrize("name", ["languages.md", "languages.zh-CN.md"])
def test_every_table_of_a_grammar_is_explained(name: str) -> None:
    text = (ROOT / "docs" / name).read_text("utf-8")
    tables = set()
    for path in (ROOT / "bot" / "language" / "grammar").glob("??.toml"):
        tables |= set(re.findall(r"^\[+(\w+)\]", path.read_text("utf-8"), re.MULTILINE))
    assert len(tables) > 20
    assert sorted(each for each in tables if f"[{each}]" not in text) == []


DOCUMENTS = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / ".github").rglob("*.md"),
        *(ROOT / "bench").glob("*.md"),
        *(ROOT / "deploy").glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
    ]
)
MAP = ROOT / "docs" / "architecture.md"


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    for link, anchor in re.findall(r"\]\(([^)#]*)(?:#([^)]+))?\)", path.read_text("utf-8")):
        if "://" not in link:
            target = path.parent / link if link else path
            assert target.exists(), link
            assert not anchor or anchor in anchors(target), f"{link}#{anchor}"


def anchors(path: Path) -> set[str]:
    """The names by which GitHub links to the headings of a document."""
    headings = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(
    "path", [path for path in DOCUMENTS if path.name != "CHANGELOG.md"], ids=named
)
def test_files_that_a_document_names_are_there(path: Path) -> None:
    text = path.read_text("utf-8").replace("/<br/>", "/")  # in diagrams
    places = r"(?<![\w/.~-])(?:adapters|bench|bot|docs|messages|tests)/[\w/.-]*\w"
    found = [name for name in re.findall(places, text) if "NAME" not in name]
    assert [name for name in found if not (ROOT / name).exists()] == []


def test_files_that_a_request_passes_are_in_the_rooms_of_the_map() -> None:
    passed = MAP.read_text("utf-8").partition("## One request")[2].partition("## Where do I")[0]
    rows = re.findall(r"^\| `([\w/]+)` \| (.*\.py.*) \|$", passed, re.MULTILINE)
    assert len(rows) > 5
    for room, row in rows:
        folder = ROOT / room
        for part in re.findall(r"`([\w.]+)`", row):
            inner = (ROOT / room / part).is_dir()
            folder = ROOT / room / part if inner else folder
            assert inner or (folder / part).exists(), f"{room}: {part}"


def test_the_map_shows_every_room() -> None:
    rooms = [
        folder
        for parent in (ROOT / "bot", ROOT / "adapters", *(ROOT / "adapters").iterdir())
        for folder in parent.glob("*/")
        if (folder / "__init__.py").exists()
    ]
    assert len(rooms) > 10
    shown = set(re.findall(r"`([\w/]+)`", MAP.read_text("utf-8")))
    assert [room for room in map(named, rooms) if room not in shown] == []


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", (folder / "README.md").read_text("utf-8"))
    assert listed == sorted(path.name for path in folder.iterdir() if path.name != "README.md")
    for name in listed:
        text = (folder / name).read_text("utf-8")
        assert re.match(r"# \d+\. ", text)
        parts = re.findall(r"^## (\w+)$", text, re.MULTILINE)
        assert parts == ["Context", "Decision", "Consequences"], name


@pytest.mark.parametrize(
    ("number", "port"), [(0, Provider), (1, Adapter)], ids=["provider", "platform"]
)
def test_the_examples_of_plug_ins_are_some(number: int, port: type) -> None:
    text = (ROOT / "docs" / "plugins.md").read_text("utf-8")
    example: dict[str, Any] = {}
    exec(re.findall(r"```python\n(.*?)```", text, re.DOTALL)[number], example)
    made = example["create"](None)
    assert isinstance(made, port)
    for name, stated in vars(port).items():
        if inspect.isfunction(stated) and not name.startswith("_"):
            wanted, given = (
                inspect.signature(each) for each in (stated, getattr(type(made), name))
            )
            assert list(given.parameters) == list(wanted.parameters), name
