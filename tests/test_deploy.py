"""What is in deploy/ holds together: containers, Compose files, units of systemd."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
UNITS = DEPLOY / "systemd"


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def page() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield str(server.server_port)
        server.shutdown()
        thread.join()


def healthy(**environment: str) -> bool:
    command = re.search(
        r'^HEALTHCHECK .*\\\n    CMD \["python", (.*)\]$', (DEPLOY / "Dockerfile").read_text(), re.M
    )
    assert command
    arguments = json.loads(f"[{command[1]}]")
    given = {**os.environ, **environment}
    done = subprocess.run([sys.executable, *arguments], env=given, capture_output=True, check=False)
    return done.returncode == 0


def test_the_health_check_asks_the_page_past_any_proxy(page: str) -> None:
    nobody = "http://127.0.0.1:1"
    assert healthy(WEB_PORT=page)
    assert healthy(WEB_PORT=page, HTTP_PROXY=nobody, http_proxy=nobody, NO_PROXY="", no_proxy="")
    assert not healthy(WEB_PORT="1")


def test_compose_is_told_where_the_values_are_that_it_fills_in() -> None:
    told = []
    for path in [*DEPLOY.glob("*.*"), *ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for line in re.findall(r"docker compose .*--file \S+.*", path.read_text("utf-8")):
            file = re.search(r"--file (\S+)", line)
            assert file
            if "${" in (ROOT / file[1]).read_text("utf-8"):
                assert "--env-file .env " in line, f"{path}: {line}"
                told.append(path.name)
    assert sorted(told) == ["README.md", "compose.cluster.yaml"]


def settings(path: Path) -> list[tuple[str, str]]:
    return re.findall(r"^(\w+)=(.*)$", path.read_text("utf-8"), re.M)


@pytest.mark.parametrize("path", sorted(UNITS.iterdir()), ids=lambda path: str(path.name))
def test_what_a_process_is_stands_where_no_shared_file_wins(path: Path) -> None:
    """``EnvironmentFile=``, which all share, wins over ``Environment=`` (systemd.exec(5))."""
    for key, value in settings(path):
        assert key != "Environment" or not re.search(r"BOT_ROLE|EXECUTOR_ID", value)


def test_workers_and_their_gateway_are_what_they_are_called() -> None:
    commands = {
        path.name: [value for key, value in settings(path) if key == "ExecStart"]
        for path in UNITS.iterdir()
    }
    (alone,) = commands["banana-bot.service"]
    assert commands == {
        "banana-bot.service": [alone],
        "banana-bot-worker@.service": [
            f"/usr/bin/env BOT_ROLE=worker EXECUTOR_ID=%H-worker-%i {alone}"
        ],
        "gateway.conf": ["", f"/usr/bin/env BOT_ROLE=gateway {alone}"],
    }


def test_a_stop_has_the_time_that_it_takes() -> None:
    for path in UNITS.glob("*.service"):
        seconds = dict(settings(path))["TimeoutStopSec"]
        assert int(seconds) >= 90 + 30, path
