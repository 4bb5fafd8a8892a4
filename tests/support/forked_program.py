"""The real program, forked from a process that has loaded it: its starts take a tenth of the time.

For tests that kill the program and start it again many times; what only a fresh interpreter can
show needs :class:`tests.support.program.Program` itself.
"""

import multiprocessing
import multiprocessing.connection
import os
import runpy
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from subprocess import TimeoutExpired
from typing import Any

from tests.support.program import Program

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["tests.support.loaded_program", "tests.chaos.killing"])

_ONE_AT_A_TIME = threading.Lock()
"""How a process has ended can be read once. Whoever asks in two threads at the same time is told
255 in one of them, and starting a process asks about all others (``multiprocessing``'s
``popen_forkserver.Popen.poll``)."""


class ForkedProcess:
    """``target`` called in a fork of the server, with what is used of a ``Popen``."""

    def __init__(self, target: Callable[..., object], *arguments: object) -> None:
        # A daemon is ended with the tests, whatever became of them.
        self._process = _processes.Process(target=target, args=arguments, daemon=True)
        with _ONE_AT_A_TIME:
            self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    def poll(self) -> int | None:
        with _ONE_AT_A_TIME:
            return self._process.exitcode

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def wait(self, timeout: float | None = None) -> int:
        multiprocessing.connection.wait([self._process.sentinel], timeout)
        ended = self.poll()
        if ended is None:
            raise TimeoutExpired("the program", timeout or 0.0)
        return ended


class ForkedProgram(Program):
    """The same program with quicker starts."""

    def _launched(self) -> Any:
        return ForkedProcess(_run, self._command[2:], self.folder, self._environment, self._log)


def _run(command: list[str], folder: Path, environment: dict[str, str], log: Path) -> None:
    """Be ``python -m COMMAND``, in a process of its own."""
    multiprocessing.current_process()._config["daemon"] = False  # it may have processes of its own
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    with log.open("ab") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    sys.argv = command
    runpy.run_module(command[0], run_name="__main__", alter_sys=True)
