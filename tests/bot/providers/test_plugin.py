"""A provider is one file anywhere on the path; nothing else is touched."""

import json
import os
import subprocess
import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[3]

TINY = """
import io
from PIL import Image
from bot.domain.catalog import Model
from bot.domain.failures import Failure, Reason
from bot.ports import Pictures, Progress, Ticket
from messages import Cost

class Tiny:
    name = "tiny"
    title = "Tiny"

    async def models(self):
        return (Model("tiny-1", "Tiny One", ("1K",), ("1:1",), 1, (1, 2), 1),)

    async def submit(self, request):
        if "cat" in request.prompt:
            return Failure(Reason.REFUSED, explanation="No cats.")
        return Ticket("t-1", Cost(2, "points"))

    async def collect(self, ticket, request):
        yield Progress()
        file = io.BytesIO()
        Image.new("RGB", (40, 30), "purple").save(file, "PNG")
        yield Pictures((file.getvalue(),), Cost(2, "points"))

    async def check(self):
        return None

    async def close(self):
        pass

def create(settings):
    return Tiny()
"""


def banana(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT}:{folder}",
        "DATA_DIR": str(folder / "data"),
        "PROVIDER": "plugins.tiny",
        "PYTHONIOENCODING": "utf-8",
    }
    command = [sys.executable, "-m", "bot", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_a_file_in_a_folder_is_a_provider(tmp_path: Path) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "tiny.py").write_text(TINY)
    drawn = banana(tmp_path, "draw", "a dog", "--json")
    picture = json.loads(drawn.stdout)
    assert (picture["provider"], picture["model"]) == ("tiny", "tiny-1")
    assert picture["cost"] == {"amount": 2, "unit": "points"}
    with Image.open(picture["file_path"]) as image:
        assert image.size == (40, 30)
    refused = banana(tmp_path, "draw", "a cat", "--json")
    assert refused.returncode == 1
    assert "No cats." in json.loads(refused.stdout)["error"]["message"]
    assert "Tiny One" in banana(tmp_path, "models").stdout
    assert "✓ Provider: plugins.tiny, 1 models" in banana(tmp_path, "doctor").stdout
