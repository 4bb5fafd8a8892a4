"""``python -m tests.manners FILE...``: what becomes of sayings on Discord and Feishu, as a table.

The sayings go to the platforms in turn, line by line; ``--platform`` has all of them said on one.
``--misses`` adds those that are not dealt with as expected.
"""

import argparse
import asyncio
import logging
import sys
import tempfile
from pathlib import Path

import structlog

from bot.settings import Settings
from tests.manners.sayings import Result, load, misses, table
from tests.manners.serving import PLATFORMS, dealt_with, past_proxies
from tests.support import scripted


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.manners", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--platform", choices=PLATFORMS)
    parser.add_argument("--misses", action="store_true")
    asked = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    past_proxies()
    sayings = [saying for file in asked.files for saying in load(file)]
    results: list[Result] = []
    platforms = [asked.platform] if asked.platform else list(PLATFORMS)
    for turn, platform in enumerate(platforms):
        said = sayings[turn :: len(platforms)]
        with tempfile.TemporaryDirectory() as folder:
            settings = Settings(data_dir=Path(folder), provider=scripted.NAME)
            found, violations = asyncio.run(dealt_with(platform, said, settings))
        results += found
        for violation in violations:
            sys.stdout.write(f"against the rules of {platform}: {violation}\n")
    sys.stdout.write(f"{table(results)}\n")
    if asked.misses:
        sys.stdout.write(f"\n{misses(results)}\n")


if __name__ == "__main__":
    main()
