"""The frames of the long connection: the ``pbbp2`` messages, encoded and decoded by hand.

A proto2 ``Frame`` is ``SeqID`` (1, uint64), ``LogID`` (2, uint64), ``service`` (3, int32),
``method`` (4, int32: 0 control, 1 data), ``headers`` (5, repeated ``{1 key, 2 value}``),
``payload_encoding`` (6), ``payload_type`` (7), ``payload`` (8, bytes) and ``LogIDNew`` (9). The
first four are required. Everything else in a frame is an error.
"""

from dataclasses import dataclass, field

CONTROL, DATA = 0, 1
_NUMBERS = {1: "seq_id", 2: "log_id", 3: "service", 4: "method"}
_TEXTS = {6: "payload_encoding", 7: "payload_type", 9: "log_id_new"}


@dataclass(slots=True)
class Frame:
    """One frame; ``headers`` keeps their order and repetitions."""

    seq_id: int = 0
    log_id: int = 0
    service: int = 0
    method: int = CONTROL
    headers: list[tuple[str, str]] = field(default_factory=list)
    payload_encoding: str = ""
    payload_type: str = ""
    payload: bytes = b""
    log_id_new: str = ""

    def header(self, key: str) -> str | None:
        """The value of the first header of that name."""
        return next((value for name, value in self.headers if name == key), None)


def encode(frame: Frame) -> bytes:
    """The bytes of a frame."""
    out = b"".join(
        _varint(number << 3) + _varint(getattr(frame, name)) for number, name in _NUMBERS.items()
    )
    for key, value in frame.headers:
        out += _bytes(5, _bytes(1, key.encode()) + _bytes(2, value.encode()))
    for number, name in _TEXTS.items():
        if text := getattr(frame, name):
            out += _bytes(number, text.encode())
    return out + (_bytes(8, frame.payload) if frame.payload else b"")


def decode(data: bytes) -> Frame:
    """The frame in ``data``; ``ValueError`` says what is wrong with it."""
    frame = Frame()
    seen = set()
    for number, value in _fields(data):
        seen.add(number)
        if number in _NUMBERS and isinstance(value, int):
            setattr(frame, _NUMBERS[number], value)
        elif number in _TEXTS and isinstance(value, bytes):
            setattr(frame, _TEXTS[number], value.decode())
        elif number == 5 and isinstance(value, bytes):
            header = dict(_fields(value))
            if set(header) != {1, 2}:
                raise ValueError("a header needs a key and a value")
            frame.headers.append((_text(header[1]), _text(header[2])))
        elif number == 8 and isinstance(value, bytes):
            frame.payload = value
        else:
            raise ValueError(f"field {number} of a frame")
    if missing := set(_NUMBERS) - seen:
        raise ValueError(f"a frame lacks {sorted(_NUMBERS[number] for number in missing)}")
    return frame


def _text(value: int | bytes) -> str:
    if isinstance(value, int):
        raise ValueError("a header is not text")
    return value.decode()


def _varint(value: int) -> bytes:
    value &= 2**64 - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _bytes(number: int, data: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _fields(data: bytes) -> list[tuple[int, int | bytes]]:
    found: list[tuple[int, int | bytes]] = []
    position = 0
    while position < len(data):
        tag, position = _read(data, position)
        value, position = _read(data, position)
        if tag & 7 == 0:
            found.append((tag >> 3, value))
        elif tag & 7 == 2 and position + value <= len(data):
            found.append((tag >> 3, data[position : position + value]))
            position += value
        else:
            raise ValueError("a frame of another wire type, or cut short")
    return found


def _read(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while position < len(data):
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
        if shift > 63:
            break
    raise ValueError("a number that does not end")
