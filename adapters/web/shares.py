"""Places that are refused rather than waited for, and of which nobody has all."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from adapters.web.context import ADDRESS, KNOWN, PERSON
from adapters.web.errors import Refused


class Shares:
    """``total`` places: a person has at most ``each``, and one address half of them.

    Whoever has no cookie yet shares the places of a person with all who have none at the same
    address, as each of their requests would otherwise be somebody new.
    """

    def __init__(self, total: int, each: int) -> None:
        self.total = total
        self.each = each
        self.of_address = max(each, total // 2)
        self._open: Counter[str] = Counter()

    @contextmanager
    def hold(self, request: web.Request, refusal: Refused) -> Iterator[None]:
        """One place for this request.

        Raises:
            Refused: ``refusal``, when all are taken that this person may have.
        """
        keys = {
            "": self.total,
            f"address {request[ADDRESS]}": self.of_address,
            f"person {whose(request)}": self.each,
        }
        if any(self._open[key] >= most for key, most in keys.items()):
            raise refusal
        self._open.update(keys.keys())
        try:
            yield
        finally:
            self._open.subtract(keys.keys())
            for key in keys:
                if not self._open[key]:
                    del self._open[key]

    @property
    def open(self) -> int:
        """How many are taken."""
        return self._open[""]


def whose(request: web.Request) -> str:
    """The person by whom limits count: by the cookie that came, else by the address."""
    return request[PERSON] if request.get(KNOWN) else request[ADDRESS]
