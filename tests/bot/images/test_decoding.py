"""The process that decodes: what it may take, what it may not, and what becomes of it."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from bot.images import decoding
from bot.images.decoding import (
    MADE,
    MIB,
    PEOPLE,
    DecodingLimits,
    DecodingTooCostly,
    Lane,
    Undecodable,
)
from tests.support import odd_pictures as odd

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the limits are Linux's")
GENEROUS = DecodingLimits(memory=512 * MIB, processor=20, clock=60)


def lane(**changes: float) -> Lane:
    limits = {"memory": GENEROUS.memory, "processor": 20, "clock": 60, **changes}
    return Lane("test", 1, DecodingLimits(**limits))  # type: ignore[arg-type]


def large(kind: str = "WEBP", side: int = 4000) -> bytes:
    return odd.encoded(Image.new("L", (side, side)), kind)


async def test_a_picture_is_checked_and_read() -> None:
    data = odd.encoded(odd.scene(), "PNG")
    assert await PEOPLE.run("check", [data[:9], data[9:]], incomplete=False) == ({}, b"")
    answer, pixels = await PEOPLE.run("pixels", [memoryview(data)], incomplete=False, largest=10**6)
    assert (answer, pixels) == ({"mode": "RGB", "size": [640, 400]}, odd.scene().tobytes())


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
async def test_a_broken_picture(kind: str) -> None:
    data = odd.encoded(odd.scene(), kind)
    with pytest.raises(Undecodable):
        await PEOPLE.run("check", [data[: len(data) // 2]], incomplete=False)


async def test_too_much_memory() -> None:
    data = odd.encoded(Image.new("RGB", (4000, 4000)), "PNG")  # 64 MB when decoded
    await lane(nice=0, memory=160 * MIB).run("check", [data], incomplete=False)
    with pytest.raises(DecodingTooCostly):
        await lane(nice=0, memory=80 * MIB).run("check", [data], incomplete=False)
    with pytest.raises(Undecodable):  # of WebP the decoder does not say why
        await lane(nice=0, memory=80 * MIB).run("check", [large()], incomplete=False)


async def test_too_much_processor_time() -> None:
    scans = odd.repeated_scans(5000, (3000, 3000))
    with pytest.raises(DecodingTooCostly, match="processor"):
        await lane(processor=1).run("check", [scans], incomplete=False)


async def test_too_long() -> None:
    with pytest.raises(DecodingTooCostly, match="too long"):
        await lane(clock=0.001).run("check", [large()], incomplete=False)


async def test_the_process_is_told_no_secret_and_cannot_write(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-secret")
    found = tmp_path / "found"
    found.touch()
    # What a decoder that was taken over could do.
    program = (
        "import json, os, resource, sys\n"
        "from bot.images.decoding_process import _limit\n"
        "order = json.loads(sys.stdin.buffer.readline())\n"
        "_limit(order['memory'], order['processor'])\n"
        "try:\n"
        f"    with open({str(found)!r}, 'w') as file: file.write('x')\n"
        "    wrote = True\n"
        "except OSError:\n"
        "    wrote = False\n"
        "limit = resource.getrlimit(resource.RLIMIT_AS)[1]\n"
        "found = {'env': list(os.environ), 'wrote': wrote, 'memory': limit}\n"
        "found['nice'] = os.nice(0)\n"
        "print(json.dumps(found), flush=True)\n"
        "os._exit(0)\n"
    )
    monkeypatch.setattr(decoding, "_MAIN", decoding._BEHIND + program)
    answer, _ = await PEOPLE.run("check", [b""])
    assert set(answer["env"]) <= {*decoding._KEPT, "PYTHONPATH", "LC_CTYPE"}
    assert not answer["wrote"]
    assert (answer["memory"], answer["nice"]) == (512 * MIB, os.nice(0) + 5)
    assert found.read_bytes() == b""


async def test_a_process_that_reads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "_MAIN", "import os; os.close(0); print('{}', flush=True)")
    for size in (1, 5000, 9000, MIB):
        assert await lane().run("check", [bytes(size)] * 2) == ({}, b"")


@pytest.mark.parametrize(
    ("program", "error"),
    [
        ("import os; os._exit(3)", Undecodable),
        ("import os; os.abort()", Undecodable),
        ("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)", DecodingTooCostly),
        ("print('{\"half', end='', flush=True)", Undecodable),
        ('print(\'{"error": "MemoryError"}\', flush=True)', DecodingTooCostly),
    ],
)
async def test_a_process_that_dies(
    monkeypatch: pytest.MonkeyPatch, program: str, error: type[Exception]
) -> None:
    monkeypatch.setattr(decoding, "_MAIN", decoding._BEHIND + program)
    with pytest.raises(Undecodable) as raised:
        await lane().run("check", [bytes(MIB)])
    assert type(raised.value) is error


async def test_a_process_that_was_killed_is_replaced_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    killed = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    program = f"open({str(log)!r}, 'a').write('.'); import os; n = os.path.getsize({str(log)!r})\n"
    once = "if n == 1:\n    import signal; os.kill(os.getpid(), signal.SIGKILL)\nprint('{}')\n"
    monkeypatch.setattr(decoding, "_MAIN", program + once)
    assert await lane().run("check", [b""]) == ({}, b"")
    monkeypatch.setattr(decoding, "_MAIN", program + killed)
    with pytest.raises(Undecodable):
        await lane().run("check", [b""])
    assert log.read_text() == "...."


async def test_no_process_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(DecodingTooCostly, match="started"):
        await lane().run("check", [b""])


async def test_an_answer_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "MAX_ANSWER", 1000)
    monkeypatch.setattr(decoding, "_MAIN", "print('{}')\nwhile True: print('x' * 1000)")
    _, body = await lane().run("check", [b""])
    assert len(body) == 1000


def ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


async def until(condition: object) -> None:
    async with asyncio.timeout(60):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.01)


async def test_whoever_stops_waiting_ends_the_process(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = tmp_path / "pid"
    program = f"import os, time; open({str(told)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    monkeypatch.setattr(decoding, "_MAIN", decoding._BEHIND + program)
    here = lane()
    waiting = asyncio.create_task(here.run("check", [b""]))
    queued = asyncio.create_task(here.run("check", [b""]))
    await until(lambda: told.exists() and told.read_text())
    queued.cancel()
    waiting.cancel()
    await asyncio.gather(waiting, queued, return_exceptions=True)
    await until(lambda: ended(int(told.read_text())))
    monkeypatch.undo()
    data = odd.encoded(odd.scene(), "PNG")
    assert await here.run("check", [data], incomplete=False) == ({}, b"")


async def test_a_slow_picture_does_not_keep_other_people_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Three uploads of one person that never end; somebody else's is decoded all the same."""
    here = Lane("test", 2, GENEROUS)
    main = decoding._MAIN
    monkeypatch.setattr(decoding, "_MAIN", "import time; time.sleep(600)")
    stuck = [
        asyncio.create_task(here.run("check", [b""], owner="web:mallory", heavy=number == 0))
        for number in range(3)
    ]
    await asyncio.sleep(0.1)
    monkeypatch.setattr(decoding, "_MAIN", main)
    data = odd.encoded(odd.scene(), "PNG")
    for owner in ("web:ann", "web:bob", "web:ann"):
        assert await here.run("check", [data], owner=owner, incomplete=False) == ({}, b"")
    assert not any(task.done() for task in stuck)
    for task in stuck:
        task.cancel()
    await asyncio.gather(*stuck, return_exceptions=True)


_LEFT = """
import asyncio, os, signal, sys, threading
from bot.images import decoding
def die():
    while True:
        child = next((int(p) for p in os.listdir("/proc") if p.isdigit() and parent(p)), None)
        if child:
            print(child, flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
def parent(pid):
    try:
        return open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[1] == str(os.getpid())
    except OSError:
        return False
threading.Thread(target=die, daemon=True).start()
asyncio.run(decoding.PEOPLE.run("check", [sys.stdin.buffer.read()], incomplete=False))
"""


async def test_the_process_does_not_outlive_the_bot() -> None:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    run = [sys.executable, "-c", _LEFT]
    pipe = subprocess.PIPE
    done = await asyncio.to_thread(subprocess.run, run, input=large(), stdout=pipe, env=env)
    assert done.returncode == -signal.SIGKILL
    await until(lambda: ended(int(done.stdout)))


def test_the_orders_name_only_work_that_there_is() -> None:
    from bot.images.decoding_process import _answer

    assert _answer({"work": "os.system"}) == ({"error": "KeyError"}, b"")
    assert json.loads(json.dumps(_answer({})[0])) == {"error": "KeyError"}


async def test_the_picture_upright_has_no_metadata() -> None:
    data = odd.encoded(odd.scene(), "JPEG")
    arguments = {"orientation": 6, "incomplete": False, "halved": True}
    answer, made = await PEOPLE.run("upright", [data], lossless=False, redraw=False, **arguments)
    assert answer == {"kind": "JPEG", "size": [200, 320]}
    assert Image.open(BytesIO(made)).size == (200, 320)


async def test_of_heavy_pictures_there_is_one_whoever_asks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data, running, highest = odd.encoded(odd.scene(), "PNG"), 0, 0
    lock, run = threading.Lock(), decoding._Child._run

    def noted(child: decoding._Child) -> tuple[tuple[bytes, bytes] | None, int]:
        nonlocal running, highest
        with lock:
            running += 1
            highest = max(highest, running)
        try:
            return run(child)
        finally:
            with lock:
                running -= 1

    monkeypatch.setattr(decoding._Child, "_run", noted)
    people = [
        PEOPLE.run("check", [data], owner=str(number), heavy=True, incomplete=False)
        for number in range(3)
    ]
    made = [
        asyncio.to_thread(MADE.run_now, "pixels", [data], incomplete=False, largest=10**6)
        for _ in range(3)
    ]
    await asyncio.gather(*people, *made)
    assert highest == 1
