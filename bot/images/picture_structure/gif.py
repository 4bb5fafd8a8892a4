"""The blocks of a GIF: https://www.w3.org/Graphics/GIF/spec-gif89a.txt."""

import struct

from bot.images.picture_structure.parts import MAX_SUB_BLOCKS, Damaged, Parts, Piece, TooCostly

_IMAGE, _EXTENSION, _TRAILER = 0x2C, 0x21, 0x3B
_CONTROL = 0xF9


class _Blocks:
    """Walks over sub-blocks, and counts them."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._count = 0

    def end(self, position: int) -> int | None:
        """Where the chain of sub-blocks that begins there ends.

        ``None`` if the file ends within one; -1 if only the empty one at the end is missing.
        """
        data, count = self._data, self._count
        while position < len(data):
            count += 1
            if count > MAX_SUB_BLOCKS:
                raise TooCostly("sub-blocks")
            size = data[position]
            position += 1 + size
            if size == 0:
                self._count = count
                return position
        return None if position > len(data) else -1


def read(data: bytes) -> Parts:
    """Read a GIF up to the end of its first frame.

    Raises:
        Damaged: it ends before that.
        TooCostly: it has too many sub-blocks.
    """
    if len(data) < 13:
        raise Damaged("header")
    view = memoryview(data)
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    position = 13 + _table(flags)
    clean: list[Piece] = [view[:position]]
    control: Piece = b""
    blocks = _Blocks(data)
    while position < len(data):
        begin, kind = position, data[position]
        if kind == _EXTENSION and begin + 2 < len(data):
            end = blocks.end(begin + 2)
            if end is None or end < 0:
                raise Damaged("cut off")
            if data[begin + 1] == _CONTROL:
                control = view[begin:end]
            position = end
        elif kind == _IMAGE and begin + 11 < len(data):
            x, y, across, down, local = struct.unpack_from("<HHHHB", data, begin + 1)
            end = blocks.end(begin + 11 + _table(local))
            if end is None or not across or not down:
                raise Damaged("cut off")
            width, height = max(width, x + across), max(height, y + down)
            whole = end >= 0
            clean += [control, view[begin : end if whole else None], b"" if whole else b"\0", b";"]
            trailed = whole and data[-1:] == b";"
            ending: tuple[Piece, ...] = (view, b";" if whole else b"\0;")
            mended = None if trailed or (whole and end < len(data)) else ending
            # A byte per pixel, but sometimes Pillow makes four of it.
            pixels = width * height * 4
            return Parts("GIF", width, height, pixels, pixels // 4, clean, mended=mended)
        else:
            break
    raise Damaged("no picture in it")


def _table(flags: int) -> int:
    """Bytes of a colour table."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0
