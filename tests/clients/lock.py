"""Pin the packages of package.json: ``python -m tests.clients.lock`` (needs npm).

The lock file names no address: not where a package comes from, nor whom to give money to.
"""

import json
import subprocess
from pathlib import Path

FOLDER = Path(__file__).parent
LOCK = FOLDER / "package-lock.json"


def main() -> None:
    """Write package-lock.json anew, with the newest packages that package.json allows."""
    LOCK.unlink(missing_ok=True)
    subprocess.run(("npm", "install", "--package-lock-only"), cwd=FOLDER, check=True)
    lock = json.loads(LOCK.read_text("utf-8"))
    for package in lock["packages"].values():
        package.pop("funding", None)
        package.pop("resolved", None)
    LOCK.write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
