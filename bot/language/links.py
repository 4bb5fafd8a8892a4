"""Addresses of pictures that somebody has typed among their words. Pure."""

import re

# What may stand in an address, and where one ends in running text, also in Chinese.
_INSIDE = r"[^\s<>\"“”，。！？、]"
_ADDRESSES = re.compile(rf"https?://{_INSIDE}+", re.IGNORECASE)
_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_IMAGE = re.compile(rf"\.(?:png|jpe?g|webp|gif)(?:\?{_INSIDE}*)?", re.IGNORECASE)


def picture_links(text: str) -> tuple[list[str], str]:
    """The addresses of pictures in a text, in their order, and the text without them.

    An address is found first, then where in it a picture's name ends: looking for both at once
    takes a time that grows with the square of what never ends.
    """
    links: list[str] = []
    rest: list[str] = []
    read_to = 0
    for found in _ADDRESSES.finditer(text):
        position, end = found.span()
        while scheme := _SCHEME.search(text, position, end):
            image = _IMAGE.search(text, scheme.end() + 1, end)
            if image is None:
                break
            rest.append(text[read_to : scheme.start()])
            links.append(text[scheme.start() : image.end()])
            position = read_to = image.end()
    return links, "".join([*rest, text[read_to:]])
