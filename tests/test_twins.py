"""A guide and its Chinese twin say the same, as far as that shows without reading them."""

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CHINESE = sorted([*ROOT.glob("*.zh-CN.md"), *(ROOT / "docs").glob("*.zh-CN.md")])
HAN = re.compile("[\u3400-\u9fff]")


def english(path: Path) -> Path:
    return path.with_name(path.name.replace(".zh-CN", ""))


class Page:
    """What a page consists of."""

    def __init__(self, path: Path) -> None:
        text = path.read_text("utf-8")
        self.top = "\n".join(text.splitlines()[:10])
        self.blocks = re.findall(r"^( *)```(\w*)\n(.*?)^ *```$", text, re.M | re.S)
        self.prose = re.sub(r"^ *```.*?^ *```$", "", text, flags=re.M | re.S)
        self.lines = self.prose.splitlines()

    @property
    def headings(self) -> list[int]:
        return [len(marks) for marks in re.findall(r"^(#+) ", self.prose, re.M)]

    @property
    def tables(self) -> list[list[int]]:
        """The cells of each row of each table."""
        found = re.findall(r"(?:^ *\|.*\n)+", f"{self.prose}\n", re.M)
        sign = re.compile(r"(?<!\\)\|")
        return [[len(sign.findall(row)) for row in table.splitlines()] for table in found]

    @property
    def lists(self) -> Counter[str]:
        return Counter(re.findall(r"^(\d+\.|[-*]) ", self.prose, re.M))

    @property
    def commands(self) -> int:
        """Lines that are to be typed."""
        return len(re.findall(r"^    \S", self.prose, re.M))

    @property
    def links(self) -> Counter[str]:
        """Where to, whatever the language, and whether to a part of it."""
        found = re.findall(r"\]\(([^)#]*)(#?)[^)]*\)|<(https?://[^>]+)>", self.prose)
        names = [re.sub(r"\.zh-CN|-(?:en|zh)(?=\.webp)", "", "".join(each)) for each in found]
        return Counter(names)

    @property
    def keys(self) -> list[list[str]]:
        """Those of JSON and TOML in each block of code."""
        key = re.compile(r'(?:^|[{,]) *"?([a-z_.]+)"?(?:: | ?= )', re.M)
        return [key.findall(body) for *_, body in self.blocks]

    @property
    def code(self) -> Counter[str]:
        spans = re.findall(r"`([^`]+)`", self.prose)
        return Counter(re.sub(r"\s+", " ", span) for span in spans)


@pytest.fixture(params=CHINESE, ids=lambda path: str(path.relative_to(ROOT)))
def path(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


def test_each_leads_to_the_other(path: Path) -> None:
    assert f"]({path.name})" in Page(english(path)).top
    assert f"]({english(path).name})" in Page(path).top


def test_both_are_built_alike(path: Path) -> None:
    ours, theirs = Page(english(path)), Page(path)
    for part in ("headings", "tables", "lists", "commands", "links", "keys"):
        assert getattr(theirs, part) == getattr(ours, part), part


def test_what_is_code_is_the_same_code(path: Path) -> None:
    """All of it, but for what people type in their own language: as much of that in both."""
    ours, theirs = Page(english(path)).code, Page(path).code
    same = Counter({span: many for span, many in theirs.items() if not HAN.search(span)})
    assert same - ours == Counter(), "not in the English page"
    left = ours - theirs
    assert left.total() == theirs.total() - same.total(), f"in the English page alone: {left}"
