"""Multipart forms, taken apart by hand: the body was read before."""

import re

from tests.emulators._feishu.gateway import Call
from tests.emulators._feishu.refusals import wrong


def parts(call: Call) -> dict[str, bytes]:
    """The parts of a form by name; each may be there once.

    A file needs no name and no type of its own: the official SDKs send neither with some inputs,
    and so does the example in https://open.feishu.cn/document/server-docs/im-v1/image/create.
    """
    header = call.request.headers.get("Content-Type", "")
    boundary = re.search(r'boundary="?([^";]+)"?', header)
    if call.request.content_type != "multipart/form-data" or not boundary:
        raise wrong(234001, f"Content-Type is {header}")
    found: dict[str, bytes] = {}
    pieces = (b"\r\n" + call.body).split(b"\r\n--" + boundary[1].encode())
    if pieces[0].strip() or not pieces[-1].startswith(b"--"):
        raise wrong(234001, "the form does not end")
    for piece in pieces[1:-1]:
        head, _, data = piece.partition(b"\r\n\r\n")
        text = head.decode("utf-8", "replace")
        name = re.search(r'[; ]name="?([^";\r\n]+)"?', text)
        if not name or name[1] in found:
            raise wrong(234001, "a part of the form has no name of its own")
        found[name[1]] = data
    return found
