"""``python -m bench`` prints every figure as Markdown tables; ``python -m bench NAME …`` some."""

import asyncio
import sys

from bench import (
    answers,
    attack,
    discord,
    feishu,
    growth,
    idle,
    loop,
    machines,
    memory,
    polling,
    recovery,
    soak,
    start,
    throughput,
    waiting,
)

BENCHES = {
    "start": start,
    "loop": loop,
    "answers": answers,
    "polling": polling,
    "memory": memory,
    "idle": idle,
    "throughput": throughput,
    "waiting": waiting,
    "recovery": recovery,
    "soak": soak,
    "growth": growth,
    "discord": discord,
    "feishu": feishu,
    "attack": attack,
    "machines": machines,
}


def main() -> None:
    """Run the benches that are named, or all."""
    for name in sys.argv[1:] or BENCHES:
        bench = BENCHES[name]
        sys.stdout.write(bench.table(asyncio.run(bench.measure())) + "\n\n")  # type: ignore[attr-defined]
        sys.stdout.flush()


main()
