"""Pictures to work from, made fit for a service: its types, and the bytes that it takes at once.

They go into one request, in base64, which makes four bytes of three. A request has a limit as a
whole; the largest pictures are encoded again until the sum fits, the small ones stay as they are.
"""

from collections.abc import Awaitable, Callable, Container, Iterable, Sequence
from dataclasses import replace

from bot.domain.failures import Failure, Reason
from bot.domain.generation import Pictures, Reference, Request
from bot.images import resizing
from bot.images.validation import converted
from bot.providers._google.errors import too_large

GOOGLE = 70 * 2**20
"""Bytes: 100 MB of request, in base64, with room for the words
(https://ai.google.dev/gemini-api/docs/image-understanding#inline-image)."""

GATEWAY = 13 * 2**20
"""Bytes: 20 MB of request, the least that gateways in front of services take."""

_ENCODED = frozenset({"image/jpeg", "image/webp"})
"""What a picture becomes that is encoded again."""


async def readable(
    references: Iterable[Reference], accepted: Container[str], most: int
) -> tuple[Reference, ...] | Failure:
    """The references as ``accepted`` types, of ``most`` bytes altogether.

    One of another type becomes a PNG: an animation's first frame. The reasons of a failure are
    ``REFERENCE_UNUSABLE`` and ``REFERENCE_TOO_LARGE``.
    """
    found = []
    for reference in references:
        if reference.mime not in accepted:
            try:
                data = await converted(reference.data, "PNG", reference.image_id)
            except OSError as error:
                return Failure(Reason.REFERENCE_UNUSABLE, detail=type(error).__name__)
            reference = Reference(reference.image_id, "image/png", data)
        found.append(reference)
    limits = shares([len(reference.data) for reference in found], most)
    fitted = [
        await _fitted(reference, limit) for reference, limit in zip(found, limits, strict=True)
    ]
    failure = next((one for one in fitted if isinstance(one, Failure)), None)
    return failure or tuple(one for one in fitted if isinstance(one, Reference))


async def made_smaller(
    make: Callable[[int], Awaitable[Pictures | Failure]], request: Request, most: int
) -> Pictures | Failure:
    """What ``make`` brings with ``most`` bytes of references; where the service, or a gateway in
    front of it, finds that too large (nothing was begun then), once more with a quarter."""
    made = await make(most)
    total = sum(len(reference.data) for reference in request.references)
    if not total or not _is_too_large(made):
        return made
    again = await make(min(total, most) // 4)
    return made if _is_too_large(again) else again


def _is_too_large(made: Pictures | Failure) -> bool:
    return isinstance(made, Failure) and made.reason is Reason.REFERENCE_TOO_LARGE


def shares(sizes: Sequence[int], most: int) -> list[int]:
    """How many bytes each may have so that all have ``most``: what is small stays as it is, and
    the others get the same."""
    left, result = most, [0] * len(sizes)
    order = sorted(range(len(sizes)), key=lambda number: sizes[number])
    for place, number in enumerate(order):
        result[number] = min(sizes[number], left // (len(sizes) - place))
        left -= result[number]
    return result


async def _fitted(reference: Reference, limit: int) -> Reference | Failure:
    if len(reference.data) <= limit:
        return reference
    try:
        made = await resizing.fit(reference.data, resizing.SizeLimits(limit, mimes=_ENCODED))
    except ValueError as error:
        facts = too_large(limit) if limit >= 2**20 else {}
        return Failure(Reason.REFERENCE_TOO_LARGE, facts, detail=str(error)[:200])
    return replace(reference, mime=made.mime, data=made.data)
