"""The form of a whole request, filled in as it was asked for: its words and every choice."""

from collections.abc import Mapping, Sequence

from bot.domain import catalog
from bot.domain.catalog import Model
from bot.domain.jobs import Job
from bot.domain.preferences import AUTOMATIC
from bot.domain.requests import Options


def changed(job: Job, models: Sequence[Model], form: Mapping[str, str]) -> Options:
    """What was chosen otherwise than it was, and how many pictures: no words say that as well.

    ``form`` has what stood in the menus ``model``, ``ratio``, ``size`` and ``count``. What was left
    as it is stays what it was: usual, and not asked for.
    """
    chosen = {name: value for name, value in form.items() if value and value != AUTOMATIC}
    made = catalog.find(job.model, models)
    before = {"model": made.id if made else None, "ratio": job.aspect_ratio, "size": job.size}
    new = {name: value for name, value in chosen.items() if value != before.get(name)}
    count = chosen.get("count", "")
    return Options(
        model=new.get("model"),
        size=new.get("size"),
        aspect_ratio=new.get("ratio"),
        count=int(count) if count.isdecimal() else None,
    )
