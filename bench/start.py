"""How long ``banana-bot explain`` takes as a process, beside a Python that does nothing.

Both are run in turn, :data:`RUNS` times, in an empty folder. The processor time is the system's own
account of a process that has ended.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

RUNS = 21
MOST_SECONDS = 0.35
"""Within which it has to have answered, in the median."""

TEXT = "a fox, 4K"
EXPLAIN = ("-m", "bot", "explain", TEXT)
NOTHING = ("-c", "pass")


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds from the start of a process to its end, and of processor time."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Result:
    """The runs of both, in their order."""

    nothing: Sequence[Run]
    explain: Sequence[Run]


async def measure() -> Result:
    """Run both in turn; one run of each that comes first is not counted."""
    return await asyncio.to_thread(_measure)


def _measure() -> Result:
    nothing, explain = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(RUNS + 1):
            nothing.append(_run(NOTHING, folder))
            explain.append(_run(EXPLAIN, folder))
    return Result(nothing[1:], explain[1:])


def _run(arguments: Sequence[str], folder: str) -> Run:
    root = str(Path(__file__).parents[1])
    command = ["env", "-C", folder, f"PYTHONPATH={root}", sys.executable, *arguments]
    start = time.perf_counter()
    out = os.open(os.devnull, os.O_WRONLY)
    quiet = [(os.POSIX_SPAWN_DUP2, out, 1)]
    process = os.posix_spawnp("env", command, os.environ, file_actions=quiet)
    _, status, used = os.wait4(process, 0)
    wall = time.perf_counter() - start
    os.close(out)
    assert status == 0, arguments
    return Run(wall, used.ru_utime + used.ru_stime)


def table(result: Result) -> str:
    """The medians as a Markdown table."""
    lines = ["| a process | start to end | CPU |", "|---|--:|--:|"]
    for name, runs in (
        ("`python -c pass` (baseline)", result.nothing),
        (f'`banana-bot explain "{TEXT}"`', result.explain),
    ):
        wall, cpu = median(run.wall for run in runs), median(run.cpu for run in runs)
        lines.append(f"| {name} | {wall * 1e3:.0f} ms | {cpu * 1e3:.0f} ms |")
    most = median(run.wall for run in result.explain) <= MOST_SECONDS
    return "\n".join([*lines, f"| within {MOST_SECONDS} s | {'yes' if most else 'no'} | |"])
