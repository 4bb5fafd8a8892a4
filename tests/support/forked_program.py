"""The real program, forked from a process that has loaded it: its starts take a fifth of the time.

For tests that kill the program and start it again many times; what only a fresh interpreter can
show needs :class:`tests.support.program.Program` itself.
"""

import multiprocessing
import os
import runpy
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import TimeoutExpired

from tests.support.program import Program

processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["tests.support.loaded_program", "tests.chaos.killing"])


class ForkedProcess:
    """``python -m COMMAND`` in a fork of the server, with what is used of a ``Popen``."""

    def __init__(
        self, command: Sequence[str], folder: Path, environment: Mapping[str, str], log: Path
    ) -> None:
        # A daemon is ended with the tests, whatever became of them.
        self._process = processes.Process(
            target=_run, args=(list(command), folder, dict(environment), log), daemon=True
        )
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def wait(self, timeout: float) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise TimeoutExpired("the program", timeout)
        return self._process.exitcode


class ForkedProgram(Program):
    """The same program with quicker starts."""

    def _launched(self) -> ForkedProcess:
        return ForkedProcess(self._command[2:], self.folder, self._environment, self._log)


def _run(command: list[str], folder: Path, environment: dict[str, str], log: Path) -> None:
    """Be that program, in a process of its own."""
    multiprocessing.current_process()._config["daemon"] = False  # it may have processes of its own
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    with log.open("ab") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    sys.argv = command
    runpy.run_module(command[0], run_name="__main__", alter_sys=True)
