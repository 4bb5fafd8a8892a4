"""``python -m bench`` prints every figure as a Markdown table."""

import asyncio
import sys

from bench import loop


def main() -> None:
    sys.stdout.write(loop.table(asyncio.run(loop.measure())) + "\n")


main()
