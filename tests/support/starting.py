"""``python -m tests.support.starting``: the program starts, draws, starts again, on this Python.

It needs the bot's own packages and nothing else, so that any Python it is to run on can be tried.
"""

import json
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

from tests.support.program import ROOT, Program

DRAWING_SECONDS = 60


class Person:
    """A browser that keeps its cookie."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def ask(self, path: str, body: Any = None) -> bytes:
        """The answer to a GET, or to a POST of ``body`` as JSON."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self._url + path, data, headers)
        with self._opener.open(request, timeout=30) as answer:
            return bytes(answer.read())

    def draw(self, text: str) -> bytes:
        """Ask for a picture, wait for it, and take it."""
        job_id = json.loads(self.ask("/api/requests", {"text": text}))["job_id"]
        deadline = time.monotonic() + DRAWING_SECONDS
        while (job := json.loads(self.ask(f"/api/jobs/{job_id}")))["status"] != "succeeded":
            if time.monotonic() > deadline or job["status"] in ("failed", "cancelled"):
                raise RuntimeError(f"no picture: {job}")
            time.sleep(0.1)
        return self.ask(f"/media/{job['pictures'][0]['image_id']}")


def main() -> None:
    """Try it, and say what was tried."""
    with tempfile.TemporaryDirectory() as folder:
        program = Program(Path(folder), DEMO_SECONDS="0", DEFAULT_SIZE="512")
        try:
            for _ in range(2):
                program.start()
                assert Person(program.url).draw("a lighthouse").startswith(b"\x89PNG")
                assert program.stop(signal.SIGTERM) == 0, program.log
            assert "Traceback" not in program.log, program.log
        finally:
            program.stop()
        command = [sys.executable, "-m", "bot", "draw", "a lighthouse", "--json"]
        environment = {
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(ROOT),
            "DATA_DIR": f"{folder}/data",
            "DEMO_SECONDS": "0",
        }
        drawn = subprocess.run(
            command, cwd=folder, env=environment, check=True, stdout=subprocess.PIPE
        )
        assert Path(json.loads(drawn.stdout)["file_path"]).is_file()
    python = ".".join(map(str, sys.version_info[:3]))
    sys.stdout.write(f"started and drew with Python {python}, SQLite {sqlite3.sqlite_version}\n")


if __name__ == "__main__":
    main()
