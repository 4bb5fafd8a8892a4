"""What is known of image models: lines, generations, names, limits, prices, and what replaced what.

The data is ``image_models.toml``; ``MODELS_FILE`` names a file of the same form that adds to it or
overrides it. :meth:`ImageModels.arrange` joins what a provider offers with it: it puts the default
first, and gives each model the names by which people mean it, also those of the generations that it
replaced.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from bot.domain.catalog import RATIOS, SIZES, Model, Predecessor, Role, State, key
from messages import Cost

BUILT_IN = Path(__file__).with_suffix(".toml")

LARGEST_FILE = 2**18
"""Bytes of ``MODELS_FILE``."""

UNKNOWN_SECONDS = (10, 60)
"""How long a picture of a model takes of which nothing is known."""

UNKNOWN_REFERENCES = 3
"""How many pictures such a model works from: what the most modest of them do."""

UNKNOWN_PROGRESS_EVERY = 15

Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Names = tuple[Name, ...]


class BadModelsFile(ValueError):
    """A file of models cannot be read; the message says where and why."""


class TokenPrice(BaseModel):
    """USD for a million tokens that are read, written as text, and drawn."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    read: Price
    text: Price
    image: Price


class Line(BaseModel):
    """A family of models, by whose aliases its newest generation is meant."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    role: Role = ""
    aliases: Names = ()
    ordinary: Names = ()


class Generation(BaseModel):
    """One model. ``price`` is in USD for a picture by its size, ``picture_tokens`` likewise.

    ``spellings`` are other ids of the same model, ``aliases`` other names.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Name
    line: str = ""
    name: Name = ""
    spellings: Names = ()
    aliases: Names = ()
    sizes: tuple[Literal["512", "1K", "2K", "4K"], ...] = ("1K",)
    aspect_ratios: Names = RATIOS[:10]
    max_references: int = Field(default=UNKNOWN_REFERENCES, ge=0, le=64)
    seconds: tuple[int, int] = UNKNOWN_SECONDS
    progress_every: int = Field(default=UNKNOWN_PROGRESS_EVERY, ge=1, le=600)
    price: Mapping[Literal["512", "1K", "2K", "4K"], Price] = {}
    token_price: TokenPrice | None = None
    picture_tokens: Mapping[Literal["512", "1K", "2K", "4K"], int] = {}
    state: State = "current"
    since: date | None = None
    deprecated: date | None = None
    retired: date | None = None
    successor: str = ""

    @field_validator("aspect_ratios")
    @classmethod
    def _ratios(cls, ratios: Names) -> Names:
        for ratio in ratios:
            if not re.fullmatch(r"[1-9]\d?:[1-9]\d?", ratio):
                raise ValueError(f"“{ratio}” is no ratio such as 16:9")
        return ratios

    @field_validator("sizes")
    @classmethod
    def _in_order(cls, sizes: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(size for size in SIZES if size in sizes)

    @field_validator("seconds")
    @classmethod
    def _range(cls, seconds: tuple[int, int]) -> tuple[int, int]:
        if not 0 < seconds[0] <= seconds[1] <= 3600:
            raise ValueError("two numbers of seconds, the smaller one first, at most 3600")
        return seconds

    @property
    def names(self) -> tuple[str, ...]:
        """Everything by which this very generation is called."""
        return (self.id, *self.spellings, self.name, *self.aliases)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    recognize: str = ""
    lines: dict[str, dict[str, Any]] = {}
    models: list[dict[str, Any]] = []


@dataclass(frozen=True)
class ImageModels:
    """The lines and their generations, the newest of each line first."""

    recognize: re.Pattern[str]
    lines: Mapping[str, Line]
    generations: tuple[Generation, ...]

    def known(self, spelling: str) -> Generation | None:
        """The generation with that id, in any spelling of any service."""
        return self._by_spelling.get(_id(spelling))

    def called(self, name: str) -> Generation | None:
        """The generation that a service sells under that very name."""
        wanted = key(name)
        return next((g for g in self.generations if key(g.name) == wanted), None)

    def ended(self, name: str) -> Generation | None:
        """The generation of that id or name, if it is deprecated or retired."""
        wanted = _id(name)
        for generation in self.generations:
            if generation.state != "current" and wanted in map(_id, generation.names):
                return generation
        return None

    def is_image_model(self, spelling: str) -> bool:
        """Whether an id is that of a model that makes pictures, as far as can be told from it."""
        return self.known(spelling) is not None or bool(self.recognize.search(spelling))

    def model(self, spelling: str, name: str = "") -> Model:
        """The model with that id: as the data has it, else with careful limits.

        ``name`` is what the service calls it; a name that means another model is not taken. A
        preview is the model itself.
        """
        if generation := self.known(spelling):
            return as_model(generation)
        own = spelling.removesuffix("-preview")
        return Model(
            id=own,
            name=own.rpartition("/")[2] if not name or self.is_taken(name) else name,
            sizes=(),
            aspect_ratios=RATIOS[:10],
            max_references=UNKNOWN_REFERENCES,
            seconds=UNKNOWN_SECONDS,
            progress_every=UNKNOWN_PROGRESS_EVERY,
            aliases=() if own == spelling else (spelling,),
        )

    def is_taken(self, name: str) -> bool:
        """Whether a model is known by that name."""
        return key(name) in self._names

    def current(self) -> tuple[Model, ...]:
        """The newest generation of each line that is not on its way out, and what is in no line."""
        found: dict[str, Generation] = {}
        for generation in self.generations:
            if generation.state == "current":
                found.setdefault(generation.line or generation.id, generation)
        return tuple(as_model(generation) for generation in self._in_lines(found.values()))

    def available(self) -> tuple[Model, ...]:
        """All that is not retired: what a service is taken to offer before it says so."""
        left = [generation for generation in self.generations if generation.state != "retired"]
        return tuple(as_model(generation) for generation in self._in_lines(left))

    def arrange(self, offered: Iterable[Model]) -> tuple[Model, ...]:
        """What is offered, the default first, with every name by which people mean it.

        The lines come in the order of the data, the newest generation first, then what nobody
        knows, as it came.
        """
        models = {model.id: self._plain(model) for model in offered}
        newest = {
            line: next((g.id for g in self.generations if g.line == line and g.id in models), "")
            for line in self.lines
        }
        inherited: dict[str, list[Predecessor]] = {}
        for generation in self.generations:
            heir = self._heir(generation, models, newest)
            if heir and generation.id not in models:
                inherited.setdefault(heir, []).append(_predecessor(generation))
        for line, heir in newest.items():
            if heir:
                about = self.lines[line]
                models[heir] = replace(
                    models[heir],
                    role=about.role,
                    aliases=_merged(models[heir].aliases, about.aliases),
                    ordinary=about.ordinary,
                )
        for heir, old in inherited.items():
            models[heir] = replace(models[heir], predecessors=tuple(old))
        order = [generation.id for generation in self._in_lines(self.generations)]
        return tuple(
            sorted(
                models.values(),
                key=lambda model: order.index(model.id) if model.id in order else len(order),
            )
        )

    def _plain(self, model: Model) -> Model:
        """A model that was offered, with the names and the line it has by itself."""
        generation = self.known(model.id)
        if generation is None:
            return replace(model, role="", predecessors=())
        return replace(
            model,
            aliases=_merged(model.aliases, generation.spellings, generation.aliases),
            line=generation.line,
            role="",
            state=generation.state,
            ordinary=(),
            predecessors=(),
        )

    def _heir(
        self, generation: Generation, offered: Mapping[str, Model], newest: Mapping[str, str]
    ) -> str:
        """The id of what is offered in a generation's place: its successors, else its line."""
        seen = {generation.id}
        following = self.known(generation.successor)
        while following is not None and following.id not in seen:
            if following.id in offered:
                return following.id
            seen.add(following.id)
            following = self.known(following.successor)
        return newest.get(generation.line, "")

    def _in_lines(self, generations: Iterable[Generation]) -> list[Generation]:
        lines = [*self.lines]
        return sorted(
            generations,
            key=lambda g: lines.index(g.line) if g.line in lines else len(lines),
        )

    @cached_property
    def _by_spelling(self) -> Mapping[str, Generation]:
        found: dict[str, Generation] = {}
        for generation in self.generations:
            for spelling in (generation.id, *generation.spellings):
                found.setdefault(_id(spelling), generation)
        return found

    @cached_property
    def _names(self) -> frozenset[str]:
        named = (name for generation in self.generations for name in generation.names)
        aliases = (alias for line in self.lines.values() for alias in line.aliases)
        return frozenset(map(key, (*named, *aliases)))


def _id(spelling: str) -> str:
    return key(spelling).rpartition("/")[2]


def _merged(*names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for some in names for name in some))


def as_model(generation: Generation) -> Model:
    """A generation as a model, with the limits of the data and without prices."""
    return Model(
        id=generation.id,
        name=generation.name or generation.id,
        sizes=generation.sizes,
        aspect_ratios=generation.aspect_ratios,
        max_references=generation.max_references,
        seconds=generation.seconds,
        progress_every=generation.progress_every,
        aliases=(*generation.spellings, *generation.aliases),
        line=generation.line,
        state=generation.state,
    )


def _predecessor(generation: Generation) -> Predecessor:
    return Predecessor(
        id=generation.id,
        name=generation.name or generation.id,
        aliases=(*generation.spellings, *generation.aliases),
        ended=generation.state != "current",
    )


def list_prices(generation: Generation | None) -> tuple[tuple[str, Cost], ...]:
    """The prices of the data, as a model has them."""
    prices = generation.price if generation else {}
    return tuple((size, Cost(price, "USD")) for size, price in prices.items())


def load(override: Path | None = None) -> ImageModels:
    """The built-in data, with an operator's file over it.

    Raises:
        BadModelsFile: a file is not there, is no TOML, or says something that makes no sense.
    """
    files = [_read(BUILT_IN)]
    if override is not None:
        files.append(_read(override))
    lines: dict[str, dict[str, Any]] = {}
    entries: dict[str, dict[str, Any]] = {}
    recognize = ""
    for place, file in files:
        recognize = file.recognize or recognize
        for name, line in file.lines.items():
            lines[name] = lines.get(name, {}) | line
        for number, entry in enumerate(file.models, 1):
            identity = entry.get("id")
            if not isinstance(identity, str) or not identity:
                raise BadModelsFile(f"{place}: model {number} has no id")
            same = next((known for known in entries if _id(known) == _id(identity)), identity)
            entries[same] = entries.get(same, {}) | entry | {"id": same}
    where = files[-1][0]
    return _checked(where, recognize, lines, entries)


def _read(path: Path) -> tuple[Path, _File]:
    if path.exists() and not path.is_file():
        raise BadModelsFile(f"{path} cannot be read: it is no file")
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
        if len(data) > LARGEST_FILE:
            raise BadModelsFile(f"{path} is larger than {LARGEST_FILE >> 10} kB")
        return path, _File.model_validate(tomllib.loads(data.decode()))
    except OSError as error:
        raise BadModelsFile(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadModelsFile(f"{path} is not in UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise BadModelsFile(f"{path} is no TOML: {error}") from None
    except ValidationError as error:
        raise BadModelsFile(f"{path}: {_said(error)}") from None
    except BadModelsFile:
        raise
    except RecursionError:
        raise BadModelsFile(f"{path} is deeper than can be read") from None
    except ValueError:  # a number of thousands of digits
        raise BadModelsFile(f"{path} has a number that is too large") from None


def _checked(
    place: Path,
    recognize: str,
    lines: Mapping[str, Mapping[str, Any]],
    entries: Mapping[str, Mapping[str, Any]],
) -> ImageModels:
    try:
        pattern = re.compile(recognize, re.IGNORECASE)
    except re.error as error:
        raise BadModelsFile(f"{place}: recognize is no regular expression: {error}") from None
    families: dict[str, Line] = {}
    for name, line in lines.items():
        try:
            families[name] = Line.model_validate(line)
        except ValidationError as error:
            raise BadModelsFile(f"{place}: line “{name}”: {_said(error)}") from None
    generations: list[Generation] = []
    for identity, entry in entries.items():
        try:
            generation = Generation.model_validate({"name": identity} | dict(entry))
        except ValidationError as error:
            raise BadModelsFile(f"{place}: model “{identity}”: {_said(error)}") from None
        if generation.line and generation.line not in families:
            known = ", ".join(families)
            raise BadModelsFile(
                f"{place}: model “{identity}”: there is no line “{generation.line}”; there are "
                f"{known}"
            )
        generations.append(generation)
    # Newest first; what has no date is what an operator has just written down.
    generations.sort(key=lambda g: g.since or date.max, reverse=True)
    found = ImageModels(pattern, families, tuple(generations))
    if not found.current():
        raise BadModelsFile(f"{place}: every model is deprecated or retired")
    for generation in generations:
        if generation.successor and found.known(generation.successor) is None:
            raise BadModelsFile(
                f"{place}: model “{generation.id}”: its successor “{generation.successor}” is not "
                "known"
            )
    return found


def _said(error: ValidationError) -> str:
    """The first thing that is wrong, in one line."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}".removeprefix(": ")


@lru_cache(8)
def image_models(override: Path | None = None) -> ImageModels:
    """What :func:`load` gives, read once."""
    return load(override) if override else IMAGE_MODELS


IMAGE_MODELS = load()
"""The built-in data."""

NEWEST = IMAGE_MODELS.arrange(IMAGE_MODELS.current())
"""What is offered by it where nobody was asked."""
