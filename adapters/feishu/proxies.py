"""Which way goes to the platform: directly, or through the proxy that the environment names.

The variables are those of curl and of Python's own library: ``HTTPS_PROXY``, ``HTTP_PROXY`` and
``NO_PROXY``, in capitals or not: https://docs.python.org/3/library/urllib.request.html.
"""

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass


def way_to(url: str) -> str:
    """In words; what a proxy wants to know of us (a name, a password) is left out."""
    parts = urlsplit(url)
    proxy = getproxies().get(parts.scheme, "")
    if not proxy:
        return "directly"
    if proxy_bypass(parts.netloc):
        return "directly, as NO_PROXY says"
    address = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    port = f":{address.port}" if address.port else ""
    return f"through the proxy {address.hostname}{port} ({parts.scheme.upper()}_PROXY)"
