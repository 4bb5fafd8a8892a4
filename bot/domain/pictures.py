"""Pictures that are kept: what they are called, and whose they are."""

import re
from dataclasses import dataclass

from messages import Picture


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A picture in the media store, and whose it is; ``job_id`` is ``None`` for an upload."""

    picture: Picture
    path: str
    platform: str
    requester: str
    job_id: str | None
    created_at: float
    number: int = 0


IMAGE_ID = re.compile(r"img_[0-9a-f]{12}")
"""The id of a kept picture, as a whole."""
