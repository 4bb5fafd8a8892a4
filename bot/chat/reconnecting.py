"""How long to wait before a lost connection is made again."""

import random


def pause(failures: int, *, longest: float, first: float = 1.0) -> float:
    """Seconds to wait after so many failures in a row (from 0), between half and all of the step.

    The step begins with ``first``, doubles with each failure, and is never above ``longest``. It
    is somewhat at random, so that many bots do not come back in the same moment:
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """
    step = min(longest, first * 2.0 ** min(failures, 30))
    return random.uniform(step / 2, step)
