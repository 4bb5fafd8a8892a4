"""What only cards say, and the languages of the people who read them."""

from collections.abc import Mapping
from functools import cache

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
