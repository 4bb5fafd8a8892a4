"""IMA's product list: which models there are, what they accept, and what each choice costs.

The list is a tree of groups (``type`` "2") and leaves ("3"). A leaf is a version of a model for one
task; its ``form_config`` says which values may be chosen, its ``credit_rules`` what they cost. Ids
and prices change often, so the list is asked for before every order.
https://www.imastudio.com
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import structlog

from bot.domain import catalog
from bot.domain.catalog import Model
from bot.domain.failures import Failure, Reason
from bot.domain.image_models import ImageModels, as_model
from bot.domain.requests import JSON
from messages import Cost

log = structlog.get_logger(__name__)

DRAW = "text_to_image"
EDIT = "image_to_image"

_RANGE = re.compile(r"(\d+)\s*[~\-–]\s*(\d+)\s*(s|min)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rule:
    """What one combination of choices costs: ``points`` for each picture."""

    attribute_id: int
    points: int | float
    attributes: Mapping[str, JSON]


@dataclass(frozen=True, slots=True)
class Virtual:
    """A field whose value follows from others that people choose: ``size`` is 2560x1440 where
    ``aspect_ratio`` is 16:9. ``rules`` are pairs of chosen values and what follows from them."""

    field: str
    otherwise: JSON
    rules: tuple[tuple[Mapping[str, JSON], JSON], ...]

    def resolve(self, parameters: Mapping[str, JSON]) -> JSON:
        """The value that follows from ``parameters``."""
        for chosen, value in self.rules:
            if all(_same(name, parameters.get(name), wanted) for name, wanted in chosen.items()):
                return value
        return self.otherwise

    @property
    def sources(self) -> frozenset[str]:
        return frozenset(name for chosen, _ in self.rules for name in chosen) - {self.field}


@dataclass(frozen=True, slots=True)
class Product:
    """A leaf: one version of a model, for drawing or for editing.

    ``options`` are the values that may be chosen, ``defaults`` those that apply otherwise.
    ``accepts`` are file types such as ``jpeg`` (none: any), ``references`` the least and the most
    pictures to work from, where the list says so.
    """

    id: str
    model_id: str
    name: str
    seconds: tuple[int, int] | None
    defaults: Mapping[str, JSON]
    options: Mapping[str, tuple[JSON, ...]]
    rules: tuple[Rule, ...]
    accepts: frozenset[str] = frozenset()
    references: tuple[int, int] | None = None
    virtual: tuple[Virtual, ...] = ()

    def settle(self, asked: Mapping[str, JSON]) -> "PricedChoice | Failure":
        """Find the values to send and the one rule that fits them; ``None`` is not asked.

        A value that the form does not offer, or that no rule has a price for, is refused: nothing
        else is put in its place.
        """
        found = self._find(asked)
        return found if isinstance(found, PricedChoice) else self._refusal(*found)

    def _find(self, asked: Mapping[str, JSON]) -> "PricedChoice | tuple[str, JSON]":
        """The choice, or the field and the value that are not to be had."""
        parameters = dict(self.defaults)
        for field, value in asked.items():
            if value is None:
                continue
            canonical = self._offered(field, value)
            if canonical is None:
                return field, value
            parameters[field] = canonical
        parameters = self._resolved(parameters)
        rule = self._rule(parameters)
        if rule is None:
            return "size", parameters.get("size")
        return PricedChoice(self, rule, {**parameters, **rule.attributes})

    def _resolved(self, parameters: dict[str, JSON]) -> dict[str, JSON]:
        """The parameters as they are sent: what only others follow from is not."""
        following = {each.field: each.resolve(parameters) for each in self.virtual}
        sources = {name for each in self.virtual for name in each.sources}
        sent = {name: value for name, value in parameters.items() if name not in sources}
        return sent | {name: value for name, value in following.items() if value is not None}

    def sizes(self) -> tuple[str, ...]:
        """The sizes that have a price, as :data:`bot.domain.catalog.SIZES` spells them."""
        return tuple(size for size in catalog.SIZES if self._price(size))

    def costs(self) -> tuple[tuple[str, Cost], ...]:
        """The price of one picture by size; of any size ("") where there is no choice."""
        priced = [(size, self._price(size)) for size in self.sizes() or ("",)]
        return tuple((size, Cost(rule.points, "points")) for size, rule in priced if rule)

    def _price(self, size: str) -> Rule | None:
        found = self._find({"size": size or None})
        return found.rule if isinstance(found, PricedChoice) else None

    def _offered(self, field: str, value: JSON) -> JSON:
        """The form's own spelling of a value; ``None`` if the form does not offer it."""
        if options := self.options.get(field):
            return next((option for option in options if _same(field, option, value)), None)
        known = field in self.defaults or self._priced(field)
        return value if known or field not in ("size", "aspect_ratio") else None

    def _rule(self, parameters: Mapping[str, JSON]) -> Rule | None:
        """The rule all of whose attributes fit.

        An attribute that the form does not have is taken from the rule, the cheapest first, which
        is how IMA's own client recovers from 6009; one that was chosen is never changed, and has to
        be in the rule if it is in any.
        """
        priced = {field for field in parameters if self._priced(field)}
        fitting = [
            rule
            for rule in self.rules
            if all(_same(f, parameters.get(f, v), v) for f, v in rule.attributes.items())
            and priced <= set(rule.attributes)
        ]
        return min(fitting, key=lambda rule: rule.points, default=None)

    def _priced(self, field: str) -> bool:
        return any(field in rule.attributes for rule in self.rules)

    def _refusal(self, field: str, value: JSON) -> Failure:
        facts: dict[str, object] = {"model": self.name}
        if field == "size":
            facts |= {"size": value, "sizes": self.sizes()}
            return Failure(Reason.UNSUPPORTED_SIZE, facts)
        options = self.options.get(field, ())
        if field == "aspect_ratio":
            return Failure(Reason.UNSUPPORTED_RATIO, facts | {"ratio": value, "ratios": options})
        known = ", ".join(map(str, options))
        return Failure(Reason.BAD_PARAMETERS, explanation=f"{field} can be: {known}.")


@dataclass(frozen=True, slots=True)
class PricedChoice:
    """A product, the rule that prices what was chosen, and the parameters as they are sent."""

    product: Product
    rule: Rule
    parameters: Mapping[str, JSON]

    @property
    def size(self) -> str | None:
        """The size chosen, as :data:`bot.domain.catalog.SIZES` spells it."""
        return catalog.size_of(str(self.parameters.get("size", "")))

    def smaller(self) -> str | None:
        """The next smaller size, if there is one."""
        sizes = self.product.sizes()
        place = sizes.index(self.size) if self.size in sizes else 0
        return sizes[place - 1] if place else None


def products(tree: object, known: ImageModels) -> list[Product]:
    """The leaves that are image models we can be for; of several for one the last one is in use.

    The list has other families, whose forms are of another kind.
    """
    found: dict[str, Product] = {}
    for leaf in _leaves(tree):
        product = _product(leaf)
        if product and any(map(known.is_image_model, (product.model_id, product.name))):
            found.pop(product.model_id, None)
            found[product.model_id] = product
    return list(found.values())


def models(
    drawing: Iterable[Product], editing: Iterable[Product], known: ImageModels
) -> dict[str, Model]:
    """What can be offered, by IMA's own name of the model."""
    editors = {product.model_id: product for product in editing}
    return {p.model_id: _model(p, editors.get(p.model_id), known) for p in drawing}


def _model(product: Product, editor: Product | None, known: ImageModels) -> Model:
    generation = known.known(product.model_id) or known.called(product.name)
    seconds = product.seconds or (generation.seconds if generation else (20, 60))
    most = editor.references[1] if editor and editor.references else 14
    model = (
        as_model(generation)
        if generation
        else Model(
            id=product.model_id,
            name=product.name,
            sizes=(),
            aspect_ratios=(),
            max_references=0,
            seconds=seconds,
            progress_every=15 if seconds[1] <= 60 else 30,
        )
    )
    ratios = tuple(str(ratio) for ratio in product.options.get("aspect_ratio", ()))
    return replace(
        model,
        sizes=product.sizes(),
        aspect_ratios=ratios,
        max_references=most if editor else 0,
        seconds=seconds,
        aliases=tuple(dict.fromkeys((*model.aliases, product.id))),
        costs=product.costs(),
    )


def _leaves(node: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(node, list):
        for child in node:
            yield from _leaves(child)
    elif isinstance(node, dict):
        if str(node.get("type")) == "3":
            yield node
        yield from _leaves(node.get("children"))


def _product(leaf: Mapping[str, Any]) -> Product | None:
    """A leaf that can be ordered, else ``None``."""
    rules = tuple(rule for entry in _objects(leaf.get("credit_rules")) if (rule := _rule(entry)))
    names = [leaf.get(key) for key in ("id", "model_id", "name")]
    fields = [field for field in _objects(leaf.get("form_config")) if field.get("field")]
    if not rules or not all(isinstance(name, str) and name for name in names):
        return None
    virtual = tuple(_virtual(field) for field in fields if field.get("is_ui_virtual"))
    # What people choose instead of a virtual field stands inside it.
    fields = [
        shown
        for field in fields
        for shown in (_objects(field.get("ui_params")) if field.get("is_ui_virtual") else [field])
        if shown.get("field")
    ]
    files = leaf.get("files")
    files = files if isinstance(files, dict) else {}
    identity, model_id, name = map(str, names)
    return Product(
        id=identity,
        model_id=model_id,
        name=name,
        seconds=_seconds(leaf.get("tags")),
        defaults={f["field"]: f["value"] for f in fields if f.get("value") is not None},
        options={f["field"]: tuple(o["value"] for o in _options(f)) for f in fields if _options(f)},
        rules=rules,
        accepts=_accepts(files.get("acceptType")),
        references=_limits(files),
        virtual=virtual,
    )


def _virtual(field: Mapping[str, Any]) -> Virtual:
    mapping = field.get("value_mapping")
    rules = _objects(mapping.get("mapping_rules")) if isinstance(mapping, dict) else []
    if not rules:
        log.warning("a field of a product has no rules", field=field.get("field"))
    pairs = ((rule.get("source_values"), rule.get("target_value")) for rule in rules)
    known = tuple((chosen, value) for chosen, value in pairs if isinstance(chosen, dict))
    return Virtual(str(field["field"]), field.get("value"), known)


def _rule(entry: Mapping[str, Any]) -> Rule | None:
    """A rule with an attribute id; 0 is what the list has where there is none."""
    identity, points = entry.get("attribute_id"), entry.get("points")
    attributes = entry.get("attributes")
    if not isinstance(identity, int) or not identity or not isinstance(points, int | float):
        return None
    attributes = attributes if isinstance(attributes, dict) else {}
    marker = ("default", "enabled")
    priced = {key: value for key, value in attributes.items() if (key, value) != marker}
    return Rule(identity, points, priced)


def _options(field: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [entry for entry in _objects(field.get("options")) if entry.get("value") is not None]


def _seconds(tags: object) -> tuple[int, int] | None:
    """The expected time: a tag such as ``{"tag_type": "EET", "tag_value": "20~35s"}``."""
    for tag in _objects(tags):
        if str(tag.get("tag_type")).upper() == "EET":
            if match := _RANGE.search(str(tag.get("tag_value"))):
                unit = 60 if match[3].lower() == "min" else 1
                return int(match[1]) * unit, max(1, int(match[2]) * unit)
    return None


def _accepts(types: object) -> frozenset[str]:
    """File types such as ``["image/jpg,png"]``."""
    names = ",".join(map(str, types)) if isinstance(types, list) else str(types or "")
    kinds = {name.strip().lower().rpartition("/")[2] for name in names.split(",")} - {"", "*"}
    return frozenset("jpeg" if kind == "jpg" else kind for kind in kinds)


def _limits(files: Mapping[str, Any]) -> tuple[int, int] | None:
    least, most = files.get("minLimit", 1), files.get("maxLimit")
    return (least, most) if isinstance(least, int) and isinstance(most, int) else None


def _objects(value: object) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _same(field: str, one: JSON, other: JSON) -> bool:
    """Whether two spellings are the same value: 1k is 1K, and of sizes 512 is 512px."""
    if field == "size":
        size = catalog.size_of(str(one))
        if size is not None:
            return size == catalog.size_of(str(other))
    return _plain(one) == _plain(other)


def _plain(value: JSON) -> str:
    return str(value).strip().upper()
