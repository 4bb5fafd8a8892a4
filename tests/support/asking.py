"""What tests of the providers share: asking one directly or through the bot, and what is read."""

import logging
from collections.abc import Iterable
from pathlib import Path

import pytest

from bot.app import App
from bot.domain.actions import Action
from bot.domain.failures import Failure
from bot.domain.generation import Pictures, Progress, Request, Ticket
from bot.domain.requests import Accepted, Address, Attachment, Incoming, Options
from bot.ports import Provider
from messages import rendering
from tests.support.scripted import Recorder


async def outcome(provider: Provider, request: Request) -> Pictures | Failure:
    """What submitting and collecting a request ends in."""
    ticket = await provider.submit(request)
    if isinstance(ticket, Failure):
        return ticket
    return await collected(provider, ticket, request)


async def collected(provider: Provider, ticket: Ticket, request: Request) -> Pictures | Failure:
    """What collecting ends in; signs of life come before, and nothing after."""
    seen = [sign async for sign in provider.collect(ticket, request)]
    assert all(isinstance(sign, Progress) for sign in seen[:-1])
    assert not isinstance(seen[-1], Progress)
    return seen[-1]


async def made(provider: Provider, request: Request) -> Pictures:
    """The pictures, where there must be some."""
    result = await outcome(provider, request)
    assert isinstance(result, Pictures), result
    return result


async def failed(provider: Provider, request: Request) -> Failure:
    """The failure, where there must be one."""
    result = await outcome(provider, request)
    assert isinstance(result, Failure), result
    return result


def reads(failure: Failure) -> tuple[str, str]:
    """What a person reads of a failure in English and in Chinese: the reason and the advice."""
    english, chinese = (
        f"{rendering.reason(failure.problem, locale)} {rendering.advice(failure.problem, locale)}"
        for locale in ("en", "zh_Hans")
    )
    return english, chinese


def check_what_is_read(failure: Failure) -> None:
    """Both languages say something whole, each its own, with the service's words in it."""
    texts = reads(failure)
    assert texts[0] != texts[1]
    for text in texts:
        assert "–" not in text.replace(failure.explanation or "", ""), text  # a missing fact
        assert (failure.explanation or "") in text


class Person:
    """Someone who asks the running bot, with every choice made in a form."""

    def __init__(self, app: App, recorder: Recorder, name: str = "ada") -> None:
        self._app = app
        self._recorder = recorder
        self._name = name
        self._asked = 0

    async def ask(self, prompt: str, pictures: Iterable[bytes] = (), **choices: object) -> str:
        """Ask; gives the job's id."""
        self._asked += 1
        attachments = []
        for number, data in enumerate(pictures):
            key = f"{self._name}-{self._asked}-{number}"
            self._recorder.attachments[key] = data
            attachments.append(Attachment(data={"key": key}))
        answer = await self._app.engine.receive(
            Incoming(
                platform="test",
                event_id=f"{self._name}-{self._asked}",
                requester=self._name,
                conversation=self._name,
                address=Address("test", {}),
                text=prompt,
                action=Action.DRAW,
                options=Options(**choices),  # type: ignore[arg-type]
                attachments=tuple(attachments),
            )
        )
        assert isinstance(answer, Accepted), answer
        return answer.job_id


def everything_written(
    folder: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> bytes:
    """All that was logged or printed, and every file below ``folder``: database, log, sidecars."""
    logged = "\n".join(
        logging.Formatter("%(message)s").format(record) + repr(record.__dict__)
        for record in caplog.records
    )
    files = [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()]
    assert any(b"SQLite format 3" in data for data in files)
    return (logged + "".join(capsys.readouterr())).encode() + b"\n".join(files)
