"""What a file is, by its bytes, whatever it is called."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.images.file_types import HEAD, FileKind, kind_of


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "AVIF"])
def test_pictures_are_known_by_their_bytes(kind: str) -> None:
    file = io.BytesIO()
    Image.new("RGB", (32, 24), "orange").save(file, kind)
    assert kind_of(file.getvalue()[:HEAD]) is FileKind.PICTURE


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0", FileKind.PICTURE),
        (b"\0\0\0\x20ftypisom\0\0\2\0", FileKind.VIDEO),
        (b"\0\0\0\x14ftypqt  ", FileKind.VIDEO),
        (b"\0\0\0\x20ftypM4A \0\0\0\0", FileKind.AUDIO),
        (b"\x1a\x45\xdf\xa3\x9fB\x86", FileKind.VIDEO),
        (b"RIFF\x24\0\0\0AVI LIST", FileKind.VIDEO),
        (b"RIFF\x24\0\0\0WAVEfmt ", FileKind.AUDIO),
        (b"RIFF\x24\0\0\0ACON", FileKind.OTHER),
        (b"OggS\0\2", FileKind.AUDIO),
        (b"ID3\4\0", FileKind.AUDIO),
        (b"%PDF-1.7\n", FileKind.OTHER),
        (b"PK\3\4\x14\0", FileKind.OTHER),
        (b"", FileKind.OTHER),
        (b"BMW in the rain", FileKind.TEXT),
        ("画一只猫".encode()[:-1], FileKind.TEXT),
        ("画一只猫".encode("gb18030"), FileKind.OTHER),
    ],
)
def test_other_files_are_told_apart(head: bytes, kind: FileKind) -> None:
    assert kind_of(head) is kind


@given(st.binary(max_size=64))
def test_any_bytes_are_something(head: bytes) -> None:
    assert kind_of(head) in FileKind


@given(st.text(st.characters(min_codepoint=32, codec="utf-8"), min_size=4))
def test_a_text_is_a_text_wherever_it_is_cut(text: str) -> None:
    data = f"A {text}".encode()
    assert kind_of(data[:HEAD]) is FileKind.TEXT
