"""A library that another one imports and we may never need: loaded when it is first used."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


@contextmanager
def postponed(name: str, *inner: str) -> Iterator[None]:
    """What is imported here gets a stand-in for the package ``name``, and for modules in it.

    The first use of a stand-in loads the package. Everybody else imports the package itself.
    """
    names = [name, *(f"{name}.{module}" for module in inner)]
    if name in sys.modules:
        yield
        return
    for each in names:
        sys.modules[each] = _StandIn(each)
    try:
        yield
    finally:
        for each in names:
            if isinstance(sys.modules.get(each), _StandIn):
                del sys.modules[each]


class _StandIn(ModuleType):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__: list[str] = []

    def __getattr__(self, attribute: str) -> Any:
        whole = f"{self.__name__}.{attribute}"
        if isinstance(sys.modules.get(whole), _StandIn):  # ``from package import module``
            return sys.modules[whole]
        return getattr(importlib.import_module(self.__name__), attribute)
