"""Downloads what people point at, without reaching a private network.

A link is a way to make our machine send a request, so everything about it is checked: the scheme,
the port, every address its name stands for, and each of these again for every redirect.

* The addresses that were checked are the ones that are connected to: a name is resolved once per
  connection, so a second answer of its DNS server has no effect. Names and literal addresses
  pass the same last check, made on the socket's own address just before it connects.
* A connection is used again only for the same host and port, and was checked when it was made.
* Nothing is unpacked: a compressed answer is refused, so that the size counted is the size kept.
"""

import asyncio
import re
import socket
import ssl as tls
from collections.abc import Callable, Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from bot.domain.failures import Failure, Reason
from bot.images.validation import MAX_BYTES, MAX_PIXELS
from bot.ports import Transfer
from bot.runtime.slots import Slots
from bot.runtime.transfers import Budget, arrived

Address: TypeAlias = IPv4Address | IPv6Address

SECONDS = 20.0
SILENCE = 10.0
"""How long a server may take to connect, and to send the next piece."""

MAX_REDIRECTS = 5
AT_ONCE = 128
"""How many downloads run at the same time. What they hold in memory, the budget bounds."""

PER_OWNER = 4
"""How many of them may be one owner's: whose servers drip waits for its own links only."""

MAX_URL = 8192
"""Characters. Signed links are long, but not longer than what servers commonly accept."""

_HEADERS = {"Accept": "image/*", "Accept-Encoding": "identity", "User-Agent": "banana-bot"}

# A URL of these characters (RFC 3986, appendix A) is sent as it is: yarl would write %2F in a
# query as a slash, which means the same but breaks signatures made over the text.
_ENCODED = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*")

# The special-purpose registries of RFC 6890 (https://www.iana.org/assignments/
# iana-ipv4-special-registry and iana-ipv6-special-registry), without the few that are globally
# reachable, with multicast (RFC 5771). Python's own ``is_global`` differs between versions.
_SPECIAL_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)

# Of IPv6 only 2000::/3 is given out for global unicast (https://www.iana.org/assignments/
# ipv6-address-space); within it, these are not: protocol assignments and documentation.
_GLOBAL_V6 = IPv6Network("2000::/3")
_SPECIAL_V6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "3fff::/20")))

_NAT64 = IPv6Network("64:ff9b::/96")


def embedded(address: IPv6Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses that an IPv6 address stands for; none for an ordinary one.

    IPv4-mapped (RFC 4291, 2.5.5.2), NAT64's well-known prefix (RFC 6052), 6to4 (RFC 3056), and
    the server and the client of Teredo (RFC 4380).
    """
    if address.ipv4_mapped:
        return (address.ipv4_mapped,)
    if address in _NAT64:
        return (IPv4Address(int(address) & 0xFFFFFFFF),)
    if address.sixtofour:
        return (address.sixtofour,)
    return address.teredo or ()


def is_public(address: Address) -> bool:
    """Whether anyone on the internet could reach the address, and it belongs to no special use."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _SPECIAL_V4)
    if address.scope_id:
        return False
    if inner := embedded(address):
        return all(map(is_public, inner))
    return address in _GLOBAL_V6 and not any(address in network for network in _SPECIAL_V6)


class _Forbidden(OSError):
    """An address that must not be connected to. An OSError, so that aiohttp passes it on."""


def _check(address: str, allow: Callable[[Address], bool]) -> None:
    try:
        allowed = allow(ip_address(address))
    except ValueError:
        allowed = False
    if not allowed:
        raise _Forbidden("is not an allowed address")


class _Refused(Exception):
    """Carries a failure out of the depths of a download; does not leave this module."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


class _Room:
    """Where the bytes of one download are counted, if anywhere."""

    def __init__(self, transfer: Transfer | None, limit: asyncio.Timeout) -> None:
        self._transfer = transfer
        self._limit = limit

    async def take(self, count: int) -> None:
        if self._transfer is not None:
            await self._transfer.take(count, self._limit)
        else:
            await arrived(count, self._limit)


class _GuardedResolver(AbstractResolver):
    """Resolves names, and refuses those that stand for any address that is not allowed.

    One bad address among good ones is enough: which one is connected to would be chance.
    """

    def __init__(self, inner: AbstractResolver, allow: Callable[[Address], bool]) -> None:
        self._inner = inner
        self._allow = allow

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        if not found:
            raise OSError("has no address")
        for result in found:
            _check(result["host"], self._allow)
        return found

    async def close(self) -> None:
        await self._inner.close()


class Downloader:
    """Downloads files over https, each in one try.

    ``allow`` says which addresses may be connected to. ``schemes`` and ``ports`` (``None``: any)
    are for a provider on this very machine; with them ``allow`` should admit its address only.
    ``budget`` is what the downloads of strangers' links count against, with all else they send.
    By default only port 443 is used: pictures on the web are there, and on other ports are
    services that a stranger might want to have knocked at. ``seconds`` is for a whole download
    with its redirects. To be used from one event loop; :meth:`close` it at the end.
    """

    def __init__(
        self,
        *,
        resolver: AbstractResolver | None = None,
        ssl: tls.SSLContext | None = None,
        allow: Callable[[Address], bool] = is_public,
        schemes: Collection[str] = ("https",),
        ports: Collection[int] | None = (443,),
        max_bytes: int = MAX_BYTES,
        seconds: float = SECONDS,
        silence: float = SILENCE,
        max_redirects: int = MAX_REDIRECTS,
        budget: Budget | None = None,
        per_owner: int = PER_OWNER,
        proxy: Callable[[str], str | None] = lambda url: None,
    ) -> None:
        """``proxy`` gives the proxy of a URL, which is for what services answer with, never for
        what people post: behind it nobody can check an address, only what the URL itself says."""
        self.budget = budget or Budget()
        self._resolver = resolver
        self._ssl = ssl
        self._allow = allow
        self._schemes = schemes
        self._ports = ports
        self._max_bytes = max_bytes
        self._seconds = seconds
        self._silence = silence
        self._max_redirects = max_redirects
        self._proxy = proxy
        self._proxied: aiohttp.ClientSession | None = None
        self._slots = Slots(AT_ONCE, per_owner)
        self._session: aiohttp.ClientSession | None = None
        self._guard: _GuardedResolver | None = None

    async def fetch(
        self, url: str, *, owner: str = "", transfer: Transfer | None = None
    ) -> bytes | Failure:
        """Download a file of at most ``max_bytes``.

        At most ``per_owner`` downloads of one ``owner`` run at the same time. The bytes are
        taken from ``transfer``, which the caller ends when it has no more use for them, or are part
        of what :func:`bot.runtime.transfers.arriving` counts.

        The reasons of a failure are ``REFERENCE_NOT_HTTPS``, ``REFERENCE_PRIVATE``,
        ``REFERENCE_TOO_LARGE`` (``limit_mb``) and ``REFERENCE_UNREACHABLE`` (``host``, and
        ``status`` if there was an answer). No path or query is kept: they may hold a signature.
        """
        async with self._slots.hold(owner):
            try:
                async with asyncio.timeout(self._seconds) as limit:
                    return await self._follow(url, _Room(transfer, limit))
            except _Refused as refused:
                return refused.failure
            except TimeoutError:
                return _unreachable(_host(url), "timeout")
            except (aiohttp.ClientError, OSError, ValueError) as error:
                # ValueError: a name that cannot be encoded for the DNS.
                if isinstance(getattr(error, "os_error", None), _Forbidden):
                    return Failure(Reason.REFERENCE_PRIVATE, {"host": _host(url)})
                return _unreachable(_host(url), type(error).__name__)

    async def close(self) -> None:
        """Close every connection, and the resolver. A later :meth:`fetch` opens new ones."""
        session, self._session = self._session, None
        proxied, self._proxied = self._proxied, None
        guard, self._guard = self._guard, None
        for opened in (session, proxied):
            if opened is not None:
                await opened.close()
        if guard is not None:
            await guard.close()

    async def _follow(self, link: str, room: "_Room") -> bytes:
        url = self._checked(link)
        for _ in range(self._max_redirects + 1):
            found = await self._get(url, room)
            if isinstance(found, bytes):
                return found
            url = self._checked(found, base=url)
        raise _Refused(_unreachable(url.host or "", "too many redirects"))

    async def _get(self, url: URL, room: "_Room") -> bytes | str:
        """The file behind one URL, or the place that it redirects to."""
        proxy = self._proxy(str(url))
        session = self._by_proxy(url) if proxy else self._connections()
        async with session.get(url, allow_redirects=False, proxy=proxy) as response:
            host = url.host or ""
            if response.status in (301, 302, 303, 307, 308) and "Location" in response.headers:
                return response.headers["Location"]
            if response.status != 200:
                raise _Refused(_unreachable(host, "status", status=response.status))
            if response.headers.get("Content-Encoding", "identity").lower() != "identity":
                raise _Refused(_unreachable(host, "compressed although not asked for"))
            if (response.content_length or 0) > self._max_bytes:
                raise _Refused(self._too_large())
            return await self._read(response, room)

    async def _read(self, response: aiohttp.ClientResponse, room: "_Room") -> bytes:
        data = bytearray()
        async for piece in response.content.iter_any():
            await room.take(len(piece))
            data += piece
            if len(data) > self._max_bytes:
                raise _Refused(self._too_large())
        return bytes(data)

    def _checked(self, link: str, *, base: URL | None = None) -> URL:
        """The URL to go to, if one may go there; its addresses are checked when connecting."""
        url = _parse(link, base)
        host = url.host or ""
        if url.scheme not in self._schemes:
            raise _Refused(Failure(Reason.REFERENCE_NOT_HTTPS, {"host": host}))
        if not host or url.user is not None or url.password is not None:
            raise _Refused(_unreachable(host, "no host, or a user name, in the URL"))
        if self._ports is not None and url.port not in self._ports:
            raise _Refused(_unreachable(host, f"port {url.port}"))
        if _is_disguised(host):
            raise _Refused(Failure(Reason.REFERENCE_PRIVATE, {"host": host}))
        return url

    def _too_large(self) -> Failure:
        limits = {"limit_mb": self._max_bytes // 2**20, "limit_megapixels": MAX_PIXELS // 10**6}
        return Failure(Reason.REFERENCE_TOO_LARGE, limits)

    def _connections(self) -> aiohttp.ClientSession:
        if self._session is None:
            inner = self._resolver or aiohttp.DefaultResolver()
            self._guard = _GuardedResolver(inner, self._allow)
            connector = aiohttp.TCPConnector(
                resolver=self._guard,
                limit=AT_ONCE,
                # Each new connection asks again and checks again what it then uses.
                use_dns_cache=False,
                socket_factory=self._socket,
                ssl=self._ssl or True,
            )
            self._session = self._opened(connector)
        return self._session

    def _by_proxy(self, url: URL) -> aiohttp.ClientSession:
        """Connections to proxies. The host has to be a name of the internet's, or an address that
        may be connected to."""
        host = (url.host or "").rstrip(".").lower()
        try:
            allowed = self._allow(ip_address(host))
        except ValueError:
            allowed = "." in host and not host.endswith((".local", ".internal", ".localhost"))
        if not allowed:
            raise _Refused(Failure(Reason.REFERENCE_PRIVATE, {"host": host}))
        if self._proxied is None:
            self._proxied = self._opened(aiohttp.TCPConnector(ssl=self._ssl or True))
        return self._proxied

    def _opened(self, connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            headers=_HEADERS,
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=self._silence, sock_read=self._silence
            ),
        )

    def _socket(self, info: aiohttp.AddrInfoType) -> socket.socket:
        # aiohttp does not ask the resolver about literal addresses; nothing comes past this.
        family, kind, protocol, _, address = info
        _check(address[0], self._allow)
        return socket.socket(family, kind, protocol)


def _parse(link: str, base: URL | None) -> URL:
    try:
        if len(link) > MAX_URL:
            raise ValueError("too long")
        url = URL(link, encoded=_ENCODED.fullmatch(link) is not None)
        return base.join(url) if base is not None else url
    except ValueError:
        raise _Refused(_unreachable(base.host or "" if base else "", "not a URL")) from None


def _is_disguised(host: str) -> bool:
    """Whether a host is a number in another spelling than dotted decimal, such as 0x7f000001.

    Its last label decides (https://url.spec.whatwg.org/#ends-in-a-number-checker). Such a host
    can only be an address, is read differently by different libraries, and hides something.
    """
    last = host.rstrip(".").rpartition(".")[2].lower()
    if not last.isdigit() and not last.startswith("0x"):
        return False
    try:
        ip_address(host)
    except ValueError:
        return True
    return False


def _host(url: str) -> str:
    try:
        return URL(url).host or ""
    except ValueError:
        return ""


def _unreachable(host: str, detail: str, *, status: int | None = None) -> Failure:
    facts: dict[str, object] = {"host": host}
    if status is not None:
        facts["status"] = status
    return Failure(Reason.REFERENCE_UNREACHABLE, facts, detail=detail)
