"""What a control refuses because no person could do it."""


class Impossible(Exception):
    """Answered with 400 and ``{"error": ...}``."""


def demand(condition: object, words: str) -> None:
    """Check that a person could do this.

    Raises:
        Impossible: with ``words``.
    """
    if not condition:
        raise Impossible(words)
