"""Events and answers that are kept, and who takes them up."""

import asyncio
import json
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from bot.ports import Event
from bot.runtime.executor_lock import ExecutorLock, abandoned
from bot.storage import inbox_folder
from bot.storage.database import Database
from bot.storage.inbox import KEPT_SECONDS, InboxStore
from bot.storage.jobs import JobStore
from bot.storage.outbox import OUTBOX_SECONDS, OutboxStore
from bot.storage.ownership import Ownership

Gone = Callable[[], Collection[str]]
SOON = 1001.0


def nobody() -> Collection[str]:
    return ()


def inbox_of(database: Database, executor: str, gone: Gone = nobody) -> InboxStore:
    return InboxStore(database, Ownership(database, executor, gone))


def event(id: str, at: float = 1000.0, by: str = "ada") -> Event:
    return Event(id, "MESSAGE_CREATE", by, '{"content": "猫\\u0000"}', at)


async def ids(inbox: InboxStore, now: float = 1001.0, held: Collection[str] = ()) -> list[str]:
    return [event.id for event in await inbox.take("test", now, held)]


async def test_what_was_not_dealt_with_is_left_to_the_next_program(database: Database) -> None:
    before = inbox_of(database, "a")
    for id, at in (("2", 1002.0), ("1", 1001.0), ("3", 1003.0)):
        await before.put("test", event(id, at))
    await before.put("test", event("1", 2000.0))
    await before.put("other", event("1"))
    await before.drop("test", "2")
    after = inbox_of(database, "a")
    assert await after.take("test", 1004.0, ["3"]) == [event("1", 1001.0)]
    assert await ids(after, held=["1"]) == ["3"]
    assert await ids(after, held=["1", "3"]) == []


async def test_what_nobody_waits_for_any_more_goes(database: Database) -> None:
    inbox = inbox_of(database, "a")
    for id, at in (("old", 1000.0), ("new", 1001.0)):
        await inbox.put("test", event(id, at))
    assert await ids(inbox, 1000.0 + KEPT_SECONDS) == ["new"]
    await inbox.forget(1001.0 + KEPT_SECONDS)
    assert await ids(inbox, 0.0) == []


async def test_a_person_can_be_forgotten(database: Database) -> None:
    inbox = inbox_of(database, "a")
    for id in ("ada", "bob"):
        await inbox.put("test", event(id, by=id))
    await inbox.erase("other", "bob")
    await inbox.erase("test", "ada")
    assert await ids(inbox) == ["bob"]


async def test_another_takes_up_what_one_has_left_that_is_gone(database: Database) -> None:
    await inbox_of(database, "dead").put("test", event("1"))
    await inbox_of(database, "alive").put("test", event("2"))
    peer = inbox_of(database, "peer", lambda: {"dead"})
    assert await ids(peer, SOON) == ["1"]
    assert await ids(peer, SOON, held=["1"]) == []
    assert await ids(inbox_of(database, "dead"), SOON) == []  # it is the peer's now
    assert await ids(inbox_of(database, "alive"), SOON) == ["2"]


async def test_one_that_lives_leaves_what_it_does_not_deal_with(database: Database) -> None:
    alive, peer = inbox_of(database, "alive"), inbox_of(database, "peer")
    for name in ("1", "2"):
        await alive.put("test", event(name))
    await peer.put("test", event("3"))
    await alive.release("test", held=["2"])
    assert await ids(inbox_of(database, "another"), SOON) == ["1"]
    await alive.release("elsewhere", held=[])
    assert await ids(inbox_of(database, "another"), SOON, held=["1"]) == []


async def test_of_many_who_take_it_up_one_has_it(url: str, database: Database) -> None:
    """Each with connections of its own."""
    names = [str(number) for number in range(40)]
    for name in names:
        await inbox_of(database, "dead").put("test", event(name))
    databases = [Database(url) for _ in range(4)]
    takers = [inbox_of(each, f"peer {n}", lambda: {"dead"}) for n, each in enumerate(databases)]
    found = await asyncio.gather(*(ids(taker, SOON) for taker in takers))
    assert sorted(id for each in found for id in each) == sorted(names)
    for each in databases:
        await each.close()


async def test_only_a_name_that_no_process_holds_is_taken_from(
    url: str, database: Database
) -> None:
    """With the locks that processes really hold."""
    other = Database(url)
    lock = ExecutorLock(other, "first")
    lock.take()
    await inbox_of(other, "first").put("test", event("1"))
    outbox = OutboxStore(other, JobStore(other), Ownership(other, "first", nobody))
    await outbox.put("test", "hello", "ada", {"text": "hi"}, 1000.0)
    ownership = Ownership(database, "second", lambda: abandoned(database, ["first"]))
    inbox, replies = (
        InboxStore(database, ownership),
        OutboxStore(database, JobStore(database), ownership),
    )
    assert await ids(inbox, SOON) == []
    assert await replies.take("test", SOON, (), OUTBOX_SECONDS) == {}
    lock.release()
    assert await ids(inbox, SOON) == ["1"]
    assert await replies.take("test", SOON, (), OUTBOX_SECONDS) == {"hello": {"text": "hi"}}
    assert await ids(inbox, SOON, held=["1"]) == []
    await other.close()


async def test_looking_does_not_keep_a_name(database: Database, url: str) -> None:
    for _ in range(3):
        assert abandoned(database, ["a", ""]) == {"a", ""}
    lock = ExecutorLock(Database(url), "a")
    lock.take()
    assert abandoned(database, ["a", "b"]) == {"b"}
    lock.release()


# What the version before has left in files

OLD = {
    "interaction": {
        "name": "INTERACTION_CREATE",
        "at": 1000.5,
        "data": {"id": "11", "type": 2, "token": "t", "member": {"user": {"id": "7"}}},
    },
    "in private": {
        "name": "INTERACTION_CREATE",
        "at": 1001.5,
        "data": {"id": "12", "type": 2, "token": "t", "user": {"id": "8"}},
    },
    "message": {
        "name": "MESSAGE_CREATE",
        "at": 1002.5,
        "data": {"id": "13", "content": "猫", "author": {"id": "9"}},
    },
}


def _write(folder: Path, executor: str, *kinds: str) -> None:
    (folder / executor).mkdir(parents=True)
    for kind in kinds:
        old = OLD[kind]
        text = json.dumps(old)
        (folder / executor / f"{old['data']['id']}.json").write_text(text, "utf-8")  # type: ignore[index]


async def test_files_of_the_version_before_are_moved(database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "inbox"
    _write(folder, "local", "interaction", "message")
    _write(folder, "gone%2F1", "in private")
    _write(folder, "running", "message")
    for name, text in (("2", "{"), ("3", "{}"), ("4", '{"at": 1, "name": "", "data": 1}')):
        (folder / "local" / f"{name}.json").write_text(text)

    def gone(names: Iterable[str]) -> set[str]:
        return set(names) - {"running"}

    inbox = inbox_of(database, "local")
    await inbox_folder.move(folder, inbox, gone)
    assert [path.name for path in folder.iterdir()] == ["running"]
    await inbox_folder.move(folder, inbox, set)
    assert not folder.exists()
    await inbox_folder.move(folder, inbox, set)

    async def taken(executor: str, *gone: str) -> list[tuple[str, str, str, float]]:
        taker = inbox_of(database, executor, lambda: gone)
        found = await taker.take("discord", 1003.0, ())
        assert all(json.loads(each.data) in [o["data"] for o in OLD.values()] for each in found)
        return [(each.id, each.name, each.requester, each.at) for each in found]

    assert await taken("local") == [
        ("11", "INTERACTION_CREATE", "7", 1000.5),
        ("13", "MESSAGE_CREATE", "9", 1002.5),
    ]
    assert await taken("peer", "gone/1") == [("12", "INTERACTION_CREATE", "8", 1001.5)]
