"""Places that are refused rather than waited for, and of which nobody has all."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from adapters.web.context import ADDRESS, KNOWN, PERSON
from adapters.web.errors import RefusedRequest


class Shares:
    """``total`` places: a person has at most ``each``, and one address ``of_address``.

    Whoever has no cookie yet shares the places of a person with all who have none at the same
    address, as each of their requests would otherwise be somebody new.
    """

    def __init__(self, total: int, each: int, of_address: int) -> None:
        self.total = total
        self.each = each
        self.of_address = max(each, of_address)
        self._open: Counter[str] = Counter()

    @contextmanager
    def hold(
        self, request: web.Request, theirs: RefusedRequest, others: RefusedRequest
    ) -> Iterator[None]:
        """One place for this request.

        Raises:
            RefusedRequest: ``theirs``, when all are taken that this person may have; ``others``,
                when other people have them.
        """
        person = f"person {whose(request)}"
        keys = {person: self.each, f"address {request[ADDRESS]}": self.of_address, "": self.total}
        if full := [key for key, most in keys.items() if self._open[key] >= most]:
            raise theirs if person in full else others
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
