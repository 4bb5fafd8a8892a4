"""The five steps as arithmetic: percent, cadence, deadlines, and the message of a job.

Pure: a job's row and ``now`` go in (seconds since the epoch), a :class:`messages.Message` comes
out. The same row gives the same message in every process, which is what lets any of them show it.

    queued ──> running ──> succeeded
      │           ├──────> failed
      └───────────┴──────> cancelled
"""

from collections.abc import Sequence

from bot.domain import catalog
from bot.domain.actions import Action
from bot.domain.catalog import Model
from bot.domain.jobs import Job
from bot.domain.repeats import larger, smaller
from messages import Button, Choice, Message, Picture, Status, Step

CEILING = 95
"""The percentage that a picture which is not there yet never exceeds."""

PATIENCE = 5
"""A job is given up after this many times its longest expected duration."""

SHORTEST_DEADLINE = 600.0
"""No job is given up before this many seconds."""

RUNNING_PER_PERSON = 3
WAITING_PER_PERSON = 10
OPEN_PER_PERSON = RUNNING_PER_PERSON + WAITING_PER_PERSON

LATE_SECONDS = 3.0
"""So long after a start, what the program before it has sent may still be on its way."""

TOLD_SECONDS = 24 * 3600.0
"""For so long a restart makes sure that a person has been told of a job that ended early."""

OPEN = (Status.QUEUED, Status.RUNNING)
"""Where a job stands until it is over."""


def percent(elapsed: float, longest: float) -> int:
    """How far a running job is: min(95, floor(elapsed / longest x 100))."""
    if longest <= 0:
        return CEILING
    return max(0, min(CEILING, int(elapsed / longest * 100)))


def deadline(longest: float) -> float:
    """After how many seconds of collecting a job is given up."""
    return max(SHORTEST_DEADLINE, PATIENCE * longest)


def until_progress(elapsed: float, every: float) -> float:
    """Seconds until the next progress message of a job that shows one ``every`` seconds."""
    return every - elapsed % every


def position(job_id: str, unfinished: Sequence[str]) -> int | None:
    """The place from 1 of a job among those of its person that have to wait.

    ``unfinished`` are the ids of the person's jobs, oldest first; ``None`` when it need not wait.
    """
    waiting = list(unfinished)[RUNNING_PER_PERSON:]
    return waiting.index(job_id) + 1 if job_id in waiting else None


def step(job: Job, *, now: float) -> Step:
    """Which of the five steps a job's message shows."""
    match job.status:
        case Status.QUEUED:
            return Step.ACKNOWLEDGE
        case Status.RUNNING:
            if job.started_at is None:
                return Step.ACKNOWLEDGE
            started = now - job.started_at < job.progress_every
            return Step.START if started else Step.PROGRESS
        case Status.SUCCEEDED:
            return Step.SUCCESS
        case _:
            return Step.FAILURE


TWIN_SECONDS = 3.0
"""Two presses of one button by one person within so many seconds are one request."""

SEEN_SECONDS = 1.0
"""So long after a job has ended, nobody can have seen that and asked for it again."""


def buttons(job: Job, models: Sequence[Model] = ()) -> tuple[Button, ...]:
    """What can be asked of a job now, given the models there are."""
    shown = {action.spec.button(job.status) for action in Action if _helps(action, job, models)}
    return tuple(button for button in Button if button in shown)


def _helps(action: Action, job: Job, models: Sequence[Model]) -> bool:
    """Whether an action would change anything about a job."""
    match action:
        case Action.PRO:
            best = catalog.premium(models)
            return best is not None and best is not catalog.find(job.model, models)
        case Action.LARGER:
            return larger(job, models) is not None
        case Action.SMALLER:
            return smaller(job, models) is not None
        case Action.NOTIFY:
            return not job.notify
        case _:
            return True


def message(
    job: Job,
    *,
    now: float,
    pictures: tuple[Picture, ...] = (),
    position: int | None = None,
    link: str | None = None,
    models: Sequence[Model] = (),
) -> Message:
    """The one message of a job, as it should look at ``now``, given the models there are."""
    end = job.finished_at if job.finished_at is not None else now
    elapsed = max(0.0, end - job.started_at) if job.started_at is not None else 0.0
    succeeded = job.status is Status.SUCCEEDED
    choices = models if job.status.final else ()
    model = catalog.find(job.model, choices)
    return Message(
        job_id=job.id,
        step=step(job, now=now),
        status=job.status,
        prompt=job.text or job.prompt,
        model=job.model_name,
        size=job.size,
        aspect_ratio=job.aspect_ratio,
        expected=job.seconds,
        cost=job.cost,
        position=position,
        percent=100 if succeeded else percent(elapsed, job.seconds[1]),
        elapsed=elapsed,
        seconds=elapsed if job.status.final and job.started_at is not None else None,
        pictures=pictures,
        link=link,
        notes=job.notes,
        problem=job.problem,
        buttons=buttons(job, models),
        models=tuple(Choice(choice.id, choice.name) for choice in choices),
        aspect_ratios=model.aspect_ratios if model else (),
        notify=job.notify,
        spoiler=job.spoiler,
    )
