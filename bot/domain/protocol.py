"""The five steps as arithmetic: percent, cadence, deadlines, and the message of a job.

Pure: a job's row and ``now`` go in (seconds since the epoch), a :class:`messages.Message` comes
out. The same row gives the same message in every process, which is what lets any of them show it.

    queued ──> running ──> succeeded
      │           ├──────> failed
      └───────────┴──────> cancelled
"""

from collections.abc import Sequence
from dataclasses import replace

from bot.domain import catalog
from bot.domain.actions import PRESSED, Action
from bot.domain.catalog import Model
from bot.domain.failures import DESCRIBED_OTHERWISE, Reason
from bot.domain.jobs import Job
from bot.domain.repeats import VARIATIONS, larger, smaller
from messages import Button, Choice, Cost, MadeFrom, Message, Offer, Picture, Problem, Status, Step

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

LATE_AFTER = 20.0
"""Who has waited for so many seconds may look elsewhere, and is called."""

QUEUED_AFTER = 5.0
"""A job that has not begun so many seconds after it was asked for had to wait for its turn."""

READ_AS_CHANGE, READ_AS_NEW = "read_as_change", "read_as_new"
"""Notes on a job whose words may have meant the other; its fact ``job`` is then the last one."""

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

    ``unfinished`` are the ids of the person's jobs that are :func:`in_line`, oldest first; ``None``
    when it need not wait.
    """
    waiting = list(unfinished)[RUNNING_PER_PERSON:]
    return waiting.index(job_id) + 1 if job_id in waiting else None


def follows(job: Job, unfinished: Sequence[Job]) -> bool:
    """Whether a job waits for the picture that it is made from; ``unfinished`` are the person's
    jobs."""
    if job.status is not Status.QUEUED or job.parent is None:
        return False
    return job.parent.job_id in {each.id for each in unfinished}


def in_line(unfinished: Sequence[Job]) -> list[Job]:
    """Those of a person's unfinished jobs that run, or wait for nothing but their turn."""
    return [job for job in unfinished if not follows(job, unfinished)]


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


DEMO = "demo"
"""The provider that draws without any model."""

TWIN_SECONDS = 3.0
"""Two presses of one button by one person within so many seconds are one request."""

SEEN_SECONDS = 1.0
"""So long after a job has ended, nobody can have seen that and asked for it again."""


_ASKED_WITH = {
    status: {action: button for action in Action if (button := action.spec.button(status))}
    for status in Status
}
"""The button of each action under a job that stands so, where it has one."""


def buttons(job: Job, models: Sequence[Model] = ()) -> tuple[Button, ...]:
    """What can be asked of a job now, given the models there are; what helps most is first."""
    asked = _ASKED_WITH[job.status].items()
    shown = {button for action, button in asked if _helps(action, job, models)}
    first = Button.WORDS if job.problem and job.problem.reason in DESCRIBED_OTHERWISE else None
    listed = (button for button in Button if button in shown)
    return tuple(sorted(listed, key=lambda button: button is not first))


def _helps(action: Action, job: Job, models: Sequence[Model]) -> bool:
    """Whether an action would change anything about a job."""
    if job.problem and _ASKED_WITH[job.status][action] in (Button.RETRY, Button.SMALLER):
        called_off = job.problem.reason == Reason.CANCELLED and action is Action.AGAIN
        if not (job.problem.retryable or called_off):
            return False
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
        case Action.CHANGE_INSTEAD:
            return any(note.key == READ_AS_NEW for note in job.notes)
        case Action.NEW_INSTEAD:
            return any(note.key == READ_AS_CHANGE for note in job.notes)
        case Action.BEFORE:
            return job.parent is not None
        case Action.RESEND:  # only who delivers it knows that it was refused
            return False
        case _:
            return True


def offers(job: Job, models: Sequence[Model], most: int) -> dict[Button, Offer]:
    """What the buttons under a picture would make, with at most ``most`` pictures at once."""
    if job.problem and (asked := price_asked(job.problem)):
        return {Button.RETRY: Offer(cost=asked)}
    model = catalog.find(job.model, models)
    if job.status is not Status.SUCCEEDED or model is None:
        return {}
    count = min(VARIATIONS, most)
    found = {Button.VARY: Offer(count=count, cost=catalog.price(model, job.size, count))}
    if size := larger(job, models):
        found[Button.LARGER] = Offer(size=size, cost=catalog.price(model, size, 1))
    if (best := catalog.premium(models)) and best is not model:
        size = catalog.fit_size(best, job.size)
        found[Button.PRO] = Offer(cost=catalog.price(best, size, job.count))
    spent = job.cost or catalog.price(model, job.size, job.count)
    return {
        button: replace(offer, cost=_dearer(offer.cost, spent, job.count))
        for button, offer in found.items()
    }


def is_late(job: Job) -> bool:
    """Whether a job has ended so late that who asked for it may look elsewhere; where nobody else
    reads, they are looking."""
    if job.private or job.finished_at is None:
        return False
    begun = job.finished_at if job.started_at is None else job.started_at
    waited = job.finished_at - job.created_at
    return waited > LATE_AFTER or begun - job.created_at > QUEUED_AFTER


def price_asked(problem: Problem) -> Cost | None:
    """The price that a job waits to be confirmed for, if it does."""
    if problem.reason != Reason.CONFIRM_COST:
        return None
    amount, unit = problem.facts.get("amount"), problem.facts.get("unit")
    assert isinstance(amount, int | float)  # it is made with both
    return Cost(amount, str(unit))


def _of_all(count: int) -> dict[Button, Offer]:
    """What is about all of several pictures."""
    return {Button.DELETE: Offer(count=count)} if count > 1 else {}


def _dearer(cost: Cost | None, spent: Cost | None, count: int) -> Cost | None:
    """A price, where it is more than one of ``count`` pictures has cost; else nothing."""
    if cost is None or spent is None or cost.unit != spent.unit:
        return cost if cost and cost.amount else None
    return cost if cost.amount * count > spent.amount * (1 + 1e-9) else None


def starts_in(job: Job, unfinished: Sequence[Job], *, now: float) -> float | None:
    """In how many seconds the turn of a waiting job comes, if all take as long as is expected.

    ``unfinished`` are the person's jobs that are :func:`in_line`, oldest first.
    """
    free: list[float] = []
    for each in unfinished:
        took = sum(each.seconds) / 2
        begins = free.pop(free.index(min(free))) if len(free) == RUNNING_PER_PERSON else 0.0
        if each.id == job.id:
            return begins
        begun = 0.0 if each.started_at is None else now - each.started_at
        free.append(begins + max(0.0, took - begun))
    return None


def _choice(model: Model, job: Job) -> Choice:
    """A model with which a job could be repeated."""
    price = catalog.price(model, catalog.fit_size(model, job.size), job.count)
    return Choice(model.id, model.name, model.seconds, price, model.role)


def message(
    job: Job,
    *,
    now: float,
    pictures: tuple[Picture, ...] = (),
    position: int | None = None,
    starts_in: float | None = None,
    follows: bool = False,
    link: str | None = None,
    models: Sequence[Model] = (),
    most: int = VARIATIONS,
    made_from: MadeFrom | None = None,
) -> Message:
    """The one message of a job, as it should look at ``now``, given the models there are.

    ``most`` is how many pictures one request may ask for, ``made_from`` what is told of its parent.
    """
    end = job.finished_at if job.finished_at is not None else now
    elapsed = max(0.0, end - job.started_at) if job.started_at is not None else 0.0
    succeeded = job.status is Status.SUCCEEDED
    choices = models if job.status.final else ()
    model = catalog.find(job.model, choices)
    shown = buttons(job, models)
    behind = tuple(one for one in shown if succeeded and PRESSED[one].spec.more)
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
        buttons=tuple(one for one in shown if one not in behind),
        more=behind,
        offers=offers(job, models, most) | _of_all(len(pictures)),
        models=tuple(_choice(each, job) for each in choices),
        aspect_ratios=catalog.common_first(model.aspect_ratios) if model else (),
        notify=job.notify,
        late=is_late(job),
        spoiler=job.spoiler,
        demo=job.provider == DEMO,
        made_from=made_from,
        starts_in=starts_in,
        follows=follows,
    )
