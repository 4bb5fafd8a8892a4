"""Whose address counts, also when somebody writes headers of their own."""

import random
from ipaddress import ip_address, ip_network

import pytest

from adapters.web.addresses import client
from adapters.web.settings import WebSettings

PROXIES = (ip_network("127.0.0.0/8"), ip_network("10.1.0.0/16"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("203.0.113.5", [], "203.0.113.5"),
        ("203.0.113.5", ["198.51.100.1"], "203.0.113.5"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["1.1.1.1", "198.51.100.1, 10.1.2.3"], "198.51.100.1"),
        ("127.0.0.1", ["1.1.1.1, 10.2.2.3"], "10.2.2.3"),
        ("127.0.0.1", ["10.1.2.3, 10.1.2.4"], "10.1.2.3"),
        ("127.0.0.1", ["198.51.100.1:4711"], "198.51.100.1"),
        ("127.0.0.1", ["198.51.100.1, nonsense"], "127.0.0.1"),
        ("127.0.0.1", [""], "127.0.0.1"),
        ("fd00::1", ["[2001:db8:1:2:3:4:5:6]:80"], "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", [], "2001:db8:1:2::/64"),
        ("::ffff:127.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("fe80::1%eth0", [], "fe80::/64"),
        ("", ["198.51.100.1"], ""),
    ],
)
def test_the_last_entry_that_is_not_ours_counts(
    peer: str, forwarded: list[str], found: str
) -> None:
    assert client(peer, forwarded, PROXIES) == found


def test_what_a_client_writes_itself_never_counts() -> None:
    chance = random.Random(1)
    for _ in range(300):
        lies = [
            chance.choice(["", "x", "::1", "127.0.0.1", f"{ip_address(chance.getrandbits(32))}"])
            for _ in range(chance.randint(0, 50))
        ]
        header = ", ".join([*lies, "198.51.100.7"])
        assert client("127.0.0.1", [header], PROXIES) == "198.51.100.7"


def test_the_proxies_are_addresses_and_networks() -> None:
    found = WebSettings(web_trusted_proxies="127.0.0.1, 10.0.0.0/8,::1")  # type: ignore[arg-type]
    assert found.web_trusted_proxies == tuple(
        map(ip_network, ("127.0.0.1/32", "10.0.0.0/8", "::1/128"))
    )
    for wrong in ("localhost", "10.0.0.0/99", "*"):
        with pytest.raises(ValueError, match="web_trusted_proxies"):
            WebSettings(web_trusted_proxies=wrong)  # type: ignore[arg-type]
