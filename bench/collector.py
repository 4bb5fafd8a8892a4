"""How long the garbage collector of this process keeps everything else waiting."""

import gc
import time


class Collector:
    """Watches the collections of the oldest generation, from ``with`` to its end.

    ``longest`` is in seconds of the processor, so that other programs of the machine do not count;
    ``number`` is how many there were. What :func:`gc.collect` is called for counts too.
    """

    def __init__(self) -> None:
        self.longest = 0.0
        self.number = 0
        self._began = 0.0

    def __enter__(self) -> "Collector":
        gc.callbacks.append(self._hear)
        return self

    def __exit__(self, *_: object) -> None:
        gc.callbacks.remove(self._hear)

    def _hear(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._began = time.thread_time()
        elif info["generation"] == 2:
            self.longest = max(self.longest, time.thread_time() - self._began)
            self.number += 1
