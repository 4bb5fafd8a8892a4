"""Which proxy leads to a service: ``HTTPS_PROXY``, ``HTTP_PROXY`` and ``NO_PROXY``.

As curl reads them (https://everything.curl.dev/usingcurl/proxies/env.html): the names in small
letters count first; ``wss`` and ``ws`` go the way of ``https`` and ``http``; ``NO_PROXY`` is a list
of hosts, ``.suffixes``, addresses, networks such as ``10.0.0.0/8``, each perhaps with a port, or
``*``. They may stand in ``.env`` as well. This machine is never reached by a proxy.

Only clients of services ask here, each time they connect. The downloader of links that people post
(:mod:`bot.images.downloads`) never does: its guard has to see the address that it connects to.
"""

import os
from collections.abc import Mapping, Sequence
from functools import cache
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from dotenv import dotenv_values

VARIABLES = ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")

_NAMES = {"https": "https_proxy", "wss": "https_proxy", "http": "http_proxy", "ws": "http_proxy"}
_PORTS = {"https": 443, "wss": 443, "http": 80, "ws": 80}
_SCHEMES = ("http", "https")


class BadProxy(ValueError):
    """A proxy of the environment that cannot be used; the text names the variable only."""


def proxy_for(url: str, environment: Mapping[str, str] | None = None) -> str | None:
    """The URL of the proxy by which ``url`` is reached, with its user and password if it has any.

    ``None`` is the direct way. Without ``environment`` it is the program's, and its ``.env``.

    Raises:
        BadProxy: the variable holds something else than the address of an HTTP proxy.
    """
    parts = urlsplit(url)
    name = _NAMES.get(parts.scheme.lower())
    host = (parts.hostname or "").rstrip(".")
    if name is None or not host or _is_here(host):
        return None
    sources = _sources() if environment is None else (environment,)
    value = _value(name, sources)
    if not value or _excepted(host, parts.port or _PORTS[parts.scheme.lower()], sources):
        return None
    return _checked(name, value)


def way_to(url: str, environment: Mapping[str, str] | None = None) -> str:
    """How ``url`` is reached, in words for whoever runs the bot: without any password, and "" for
    the direct way.

    Raises:
        BadProxy: as :func:`proxy_for`.
    """
    proxy = proxy_for(url, environment)
    if proxy is None:
        return ""
    parts = urlsplit(proxy)
    port = f":{parts.port}" if parts.port else ""
    return f"by the proxy {parts.scheme}://{parts.hostname}{port}"


def _sources() -> tuple[Mapping[str, str | None], ...]:
    """The environment, and then the ``.env`` file as it was when it was first asked for."""
    return os.environ, _file(os.getcwd())


@cache
def _file(folder: str) -> Mapping[str, str | None]:
    return dotenv_values(os.path.join(folder, ".env"))


def _value(name: str, sources: Sequence[Mapping[str, str | None]]) -> str:
    found = (source.get(name) or source.get(name.upper()) for source in sources)
    return next((value.strip() for value in found if value), "")


def _checked(name: str, value: str) -> str:
    """``127.0.0.1:7890`` is ``http://127.0.0.1:7890``."""
    shown = name.upper()
    url = value if "://" in value else f"http://{value}"
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise BadProxy(f"{shown} is not the address of a proxy, such as http://127.0.0.1:3128")
    if parts.scheme.lower() not in _SCHEMES:
        raise BadProxy(f"{shown} has to be an http:// address; {parts.scheme} is not possible")
    return url


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost" or host.lower().endswith(".localhost")


def _excepted(host: str, port: int, sources: Sequence[Mapping[str, str | None]]) -> bool:
    entries = _value("no_proxy", sources).replace(" ", ",").split(",")
    return any(_covers(entry.strip().lower(), host.lower(), port) for entry in entries if entry)


def _covers(entry: str, host: str, port: int) -> bool:
    """Whether an entry of ``NO_PROXY`` means a host, an address, or a network around it."""
    if entry == "*":
        return True
    name, found, given = entry.rpartition(":")
    if found and given.isdigit() and (":" not in name or name.startswith("[")):
        if int(given) != port:
            return False
        entry = name
    entry = entry.strip("[]").removeprefix("*").rstrip(".")
    try:
        return ip_address(host) in ip_network(entry, strict=False)
    except ValueError:
        suffix = entry.removeprefix(".")
        return bool(suffix) and (host == suffix or host.endswith(f".{suffix}"))
