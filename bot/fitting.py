"""Pictures made to fit what a chat takes: fewer bytes, shorter sides, another media type.

As much of a picture is kept as the limit allows: first its quality is lowered, and only when that
does not help, its size. The limits themselves are the adapters' own, for example
https://discord.com/developers/docs/reference#uploading-files and
https://open.feishu.cn/document/server-docs/im-v1/image/create.
"""

import asyncio
import math
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from io import BytesIO
from multiprocessing import get_context, parent_process
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

AT_ONCE = 2
"""Pictures that are being made to fit; further ones wait."""

ATTEMPTS = 6
"""How often one picture is encoded, at most."""

MAX_PIXELS = 100_000_000
"""The largest picture that is decoded; it takes up to 400 MB, and twice that for a moment."""

IDLE_SECONDS = 60.0
"""How long the process waits for another picture before it ends."""

BEST = 95
"""The highest quality: above it a JPEG grows by half, and nobody sees why."""

WORST = 70
"""The lowest quality. Below it, fewer and better pixels look better."""

_SLOPE = 0.1
"""How often a step of the search halves the bytes, about; below ``WORST``, the pixels."""

_AIM, _ENOUGH = math.log2(0.96), math.log2(0.9)
"""The share of the limit that is aimed at, and that with which the search is content."""

_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")

# MPO is what Pillow calls a JPEG with a second one behind it, as many telephones write them.
_MIMES = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "WEBP": "image/webp",
    "GIF": "image/gif",
}
_LANCZOS = 1  # Pillow's Image.Resampling.LANCZOS
_LONGEST_SIDE = {"JPEG": 65_500, "WEBP": 16_383}
_COLOURS = {"L": b"GRAY", "RGB": b"RGB ", "RGBA": b"RGB "}
"""The colour space that an ICC profile names, by the mode of the picture it is for."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A picture made to fit: encoded bytes, media type, pixels.

    ``changed`` is false when it did fit: then ``data`` is what was given.
    """

    data: bytes = field(repr=False)
    mime: str
    width: int
    height: int
    changed: bool


@dataclass(frozen=True, slots=True)
class Limits:
    """What a chat takes: most bytes, most pixels per side (None: any), types it shows inline.

    ``gif_side`` is the limit for the sides of a GIF where that is another one.
    """

    bytes: int
    side: int | None = None
    mimes: frozenset[str] = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})
    gif_side: int | None = None


async def fit(data: bytes, limits: Limits) -> Fitted:
    """The picture as it is if the chat takes it, else encoded again with the best quality.

    What is encoded again is upright, has kept its transparency (as WebP, or on white where the
    chat takes none), its colour profile, and of an animation the first frame. The same picture
    and limits always give the same bytes.

    Raises:
        ValueError: it is no picture, or a broken one, has too many pixels to be decoded, or there
            is no way to make it fit.
    """
    # Looking at the header is quick, but a hostile file can make it last.
    found = await asyncio.to_thread(_look, data)
    if _fits(found, limits):
        return found
    if found.width * found.height > MAX_PIXELS:
        raise ValueError(
            f"The picture has {found.width}x{found.height} pixels; "
            f"at most {MAX_PIXELS // 10**6} megapixels can be made to fit"
        )
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_hands, _process.run, data, limits)


async def close() -> None:
    """Wait for the pictures being made to fit, and end the process; ``fit`` starts another."""
    await asyncio.to_thread(_process.close)


def _look(data: bytes) -> Fitted:
    """What a picture is by its header."""
    from PIL import Image  # 3 MB that a bot needs from its first picture on

    try:
        with Image.open(BytesIO(data), formats=_FORMATS) as image:
            return Fitted(data, _MIMES[image.format or ""], *image.size, changed=False)
    except Exception as error:
        # A hostile file makes decoders raise nearly anything, and the message may quote it.
        raise ValueError(f"This is no picture: {type(error).__name__}") from None


def _fits(picture: Fitted, limits: Limits) -> bool:
    side = limits.side
    if picture.mime == "image/gif" and limits.gif_side is not None:
        side = limits.gif_side
    return (
        len(picture.data) <= limits.bytes
        and picture.mime in limits.mimes
        and (side is None or max(picture.width, picture.height) <= side)
    )


class _Process:
    """A process that encodes pictures, one after the other; it is there while it is needed.

    Pillow holds the interpreter's lock for as long as it decodes a WebP or takes memory for a
    large picture, which the event loop would have to wait for.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._waiting = 0
        self._timer: threading.Timer | None = None

    def run(self, data: bytes, limits: Limits) -> Fitted:
        """Make a picture fit; to be called in a thread, which waits for it."""
        for _ in range(2):
            try:
                pool = self._enter()
            except (ImportError, NotImplementedError, OSError):
                return _encode(data, limits)  # no semaphores here, for want of a /dev/shm
            try:
                return pool.submit(_encode, data, limits).result()
            except RuntimeError:
                # It was killed, perhaps for the sake of another picture, or it is just being
                # closed; another one is worth a try.
                self._drop(pool)
            finally:
                self._leave()
        raise ValueError("The picture cannot be made to fit: the process was killed")

    def _enter(self) -> ProcessPoolExecutor:
        with self._lock:
            if self._pool is None:
                context = get_context("spawn")
                self._pool = ProcessPoolExecutor(1, mp_context=context, initializer=_begin)
            self._waiting += 1
            if self._timer:
                self._timer.cancel()
            return self._pool

    def _leave(self) -> None:
        with self._lock:
            self._waiting -= 1
            if self._waiting == 0 and self._pool:
                self._timer = threading.Timer(IDLE_SECONDS, self._rest)
                self._timer.daemon = True
                self._timer.start()

    def _rest(self) -> None:
        with self._lock:
            if self._waiting == 0 and self._pool:
                self._pool.shutdown(wait=False)
                self._pool = None

    def _drop(self, pool: ProcessPoolExecutor) -> None:
        with self._lock:
            if self._pool is pool:
                self._pool = None

    def close(self) -> None:
        """End it when it has finished."""
        with self._lock:
            pool, self._pool = self._pool, None
            if self._timer:
                self._timer.cancel()
        if pool:
            pool.shutdown()


_hands = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="fitting")
_process = _Process()


def _begin() -> None:
    """Wait behind the bot's own process, leave Ctrl-C to it, and do not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(5)
    threading.Thread(target=_follow, daemon=True).start()


def _follow() -> None:
    if parent := parent_process():
        parent.join()
        os._exit(1)


def _encode(data: bytes, limits: Limits) -> Fitted:
    """Decode a picture and find the best encoding that fits.

    Raises:
        ValueError: there is none; nothing else is raised.
    """
    try:
        image, profile = _open(data)
    except Exception as error:
        raise ValueError(f"The picture is broken: {type(error).__name__}") from None
    kind = _kind(image, limits.mimes)
    if kind == "JPEG":
        image = _on_white(image)
    if profile[16:20] != _COLOURS[image.mode]:
        profile = b""
    draft = _Draft(image, kind, profile, min(limits.side or math.inf, _LONGEST_SIDE[kind]))
    try:
        return _search(draft.encode, limits.bytes)
    except (OSError, MemoryError, RuntimeError) as error:
        raise ValueError(f"The picture cannot be encoded: {type(error).__name__}") from None


def _kind(image: "Image.Image", mimes: frozenset[str]) -> str:
    kinds = ("WEBP", "JPEG") if image.mode == "RGBA" else ("JPEG", "WEBP")
    for kind in kinds:
        if _MIMES[kind] in mimes:
            return kind
    raise ValueError("The chat takes neither JPEG nor WebP")


def _open(data: bytes) -> "tuple[Image.Image, bytes]":
    """The first frame, upright, as L, RGB or (where something shows through) RGBA; its profile."""
    from PIL import Image, ImageOps

    image: Image.Image = Image.open(BytesIO(data), formats=_FORMATS)
    if image.width * image.height > MAX_PIXELS:
        raise ValueError("too many pixels")
    image.load()
    profile = bytes(image.info.get("icc_profile") or b"")
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):
        # 16 bits a pixel: converted as they are, nearly all would become white.
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    elif image.has_transparency_data:
        image = image.convert("RGBA")
        if image.getchannel("A").getextrema() == (255, 255):
            image = image.convert("RGB")
    elif image.mode not in ("L", "RGB"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    # What is left here, such as a comment, Pillow would write into the new file.
    image.info.clear()
    return image, profile


def _on_white(image: "Image.Image") -> "Image.Image":
    from PIL import Image

    if image.mode != "RGBA":
        return image
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    return ground


@dataclass(frozen=True, slots=True)
class _Draft:
    """A decoded picture and how it is to be encoded; ``side`` is in pixels, or infinite."""

    image: "Image.Image"
    kind: str
    profile: bytes
    side: float

    def encode(self, step: int) -> Fitted | None:
        """The picture at a step of the search, or ``None`` if it is too large for its type.

        A step is a quality. Below the lowest one, every tenth step halves the pixels.
        """
        image = self.image
        scale = min(1.0, self.side / max(image.size))
        if step < WORST:
            scale *= 2 ** ((step - WORST) * _SLOPE / 2)
        if scale < 1:
            width, height = (max(1, round(side * scale)) for side in image.size)
            image = image.resize((width, height), _LANCZOS, reducing_gap=3)
        buffer = BytesIO()
        quality = max(step, WORST)
        if self.kind == "JPEG":
            # Not "optimize": Pillow then needs room for all at once, and noise does not fit in it.
            sampling = 0 if quality >= 85 else 1 if quality >= 78 else 2
            image.save(
                buffer, "JPEG", quality=quality, subsampling=sampling, icc_profile=self.profile
            )
        else:
            try:
                image.save(buffer, "WEBP", quality=quality, method=2, icc_profile=self.profile)
            except ValueError:
                # One part of a WebP must stay below 512 KiB; large noisy pictures exceed it.
                return None
        mime = _MIMES[self.kind]
        return Fitted(buffer.getvalue(), mime, image.width, image.height, changed=True)


@dataclass(frozen=True, slots=True)
class _Tried:
    """A step and by how much it missed the limit: how often its bytes had to be halved."""

    step: int
    excess: float

    def slope(self, lower: "_Tried") -> float:
        """The excess per step, within what is believable."""
        slope = (self.excess - lower.excess) / (self.step - lower.step)
        return min(max(slope, _SLOPE / 3), _SLOPE * 3)


def _search(encode: Callable[[int], Fitted | None], limit: int) -> Fitted:
    """The picture at about the highest step that fits, in at most ``ATTEMPTS``.

    The logarithm of the bytes is nearly a straight line over the steps, so the next one to try
    lies where the line through the last two meets the limit.

    Raises:
        ValueError: none did fit.
    """
    best: Fitted | None = None
    low: _Tried | None = None  # the highest step that fits
    high: _Tried | None = None  # the lowest that does not
    step = BEST
    for attempt in range(ATTEMPTS):
        made = encode(step)
        # A picture that is too large for its type is taken as four times too large.
        tried = _Tried(step, math.log2(len(made.data) / max(limit, 1)) if made else 2.0)
        if made and tried.excess <= 0:
            best, low = made, tried
            if high is None or tried.excess >= _ENOUGH:
                break
        else:
            slope = high.slope(tried) if high else _SLOPE
            high = tried
        step = _between(low, high) if low else _below(high, slope, attempt)
        if low and step == low.step:
            break
    if best is None:
        raise ValueError(f"The picture does not fit into {limit} bytes")
    return best


def _between(low: _Tried, high: _Tried) -> int:
    """The step to try next, or that of ``low`` when there is none left."""
    share = (_AIM - low.excess) / (high.excess - low.excess)
    step = low.step + math.floor(share * (high.step - low.step))
    return min(max(step, low.step + 1), high.step - 1)


def _below(high: _Tried, slope: float, attempt: int) -> int:
    """The step to try next while nothing fits; bolder with every attempt."""
    step = high.step - math.ceil((high.excess - _AIM) / slope) - attempt**2
    # A smaller picture is tried only when the lowest quality has been.
    return WORST if step < WORST < high.step else step
