"""What only Discord's forms and panels say; everything else comes from :mod:`messages` as well."""

from messages import text


def word(key: str, locale: str, **facts: object) -> str:
    """A text of :mod:`messages.texts.discord` in one of :data:`messages.LOCALES`."""
    return text("discord", key, locale, **facts)
