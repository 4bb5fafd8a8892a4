"""What only cards say, and the languages of the people who read them."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from adapters.feishu.cards import elements
from messages import LOCALES, negotiate, text

_CLIENTS = (
    *("zh_cn", "en_us", "ja_jp", "zh_hk", "zh_tw", "id_id", "vi_vn", "th_th", "pt_br", "es_es"),
    *("ko_kr", "de_de", "fr_fr", "it_it", "ru_ru", "ms_my"),
)
"""https://open.feishu.cn/document/feishu-cards/card-json-v2-structure: what ``i18n`` can name."""


@cache
def client_locales() -> Mapping[str, str]:
    """Ours for the languages of clients. A client in another one shows what is said in none.

    Made when it is first needed: what negotiates languages takes 5 MB.
    """
    found = {client: negotiate(client) for client in _CLIENTS}
    return {
        client: locale
        for client, locale in found.items()
        if locale != LOCALES[0] or client == "en_us"
    }


def say(key: str, locale: str, **facts: object) -> str:
    """A text of :mod:`messages.texts.feishu` in one of :data:`messages.LOCALES`."""
    return text("feishu", key, locale, **facts)


@cache
def examples() -> frozenset[str]:
    """What the bot draws where somebody only wants to see it draw, in every language."""
    return frozenset(say("example", locale) for locale in LOCALES)


def for_each_reader(make: Callable[[str], dict[str, Any]], locale: str) -> dict[str, Any]:
    """A card that each person reads in the language of their own client: what ``make`` says
    otherwise in another language stands there, too. A client in any other shows ``locale``.

    https://open.feishu.cn/document/uAjLw4CM/ukzMukzMukzM/feishu-cards/configure-multi-language-content
    """
    made = {each: make(each) for each in LOCALES}
    versions = {client: made[ours] for client, ours in client_locales().items()}
    return dict(_told(made[locale], versions))


def for_readers(
    make: Callable[[str], dict[str, Any]], locale: str, *, alone: bool
) -> dict[str, Any]:
    """A card for those who see it: somebody ``alone`` reads it in ``locale``, several people each
    in their own language, unless Feishu does not take a card as large as that."""
    if alone:
        return make(locale)
    told = for_each_reader(make, negotiate(locale))
    return told if elements.size(told) <= elements.LARGEST else make(locale)


def _told(made: Any, versions: Mapping[str, Any]) -> Any:
    if isinstance(made, list):
        alike = all(
            isinstance(other, list) and len(other) == len(made) for other in versions.values()
        )
        return [
            _told(each, {client: other[n] for client, other in versions.items()} if alike else {})
            for n, each in enumerate(made)
        ]
    if not isinstance(made, dict):
        return made
    others = {client: other for client, other in versions.items() if isinstance(other, dict)}
    told = {
        key: _told(each, {client: other.get(key) for client, other in others.items()})
        for key, each in made.items()
    }
    said = {client: other["content"] for client, other in others.items() if "content" in other}
    if isinstance(made.get("content"), str) and {*said.values()} - {made["content"]}:
        told["i18n_content"] = said
    return told
