"""HTTPS_PROXY, HTTP_PROXY and NO_PROXY, as curl reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.runtime.proxies import VARIABLES, BadProxy, proxy_for, way_to

PROXY = {"HTTPS_PROXY": "http://proxy.example:3128", "HTTP_PROXY": "http://plain.example:8080"}
API = "https://api.example.org/v1"


def test_each_scheme_has_its_variable() -> None:
    assert proxy_for(API, PROXY) == "http://proxy.example:3128"
    assert proxy_for("wss://gateway.example.org/", PROXY) == "http://proxy.example:3128"
    assert proxy_for("http://api.example.org", PROXY) == "http://plain.example:8080"
    assert proxy_for("ws://api.example.org", PROXY) == "http://plain.example:8080"
    assert proxy_for("ftp://api.example.org", PROXY) is None
    assert proxy_for(API, {}) is None
    assert proxy_for(API, {"HTTPS_PROXY": " "}) is None
    assert proxy_for(API, {"HTTP_PROXY": "http://plain.example"}) is None


def test_small_letters_count_first_and_a_scheme_may_be_missing() -> None:
    assert proxy_for(API, PROXY | {"https_proxy": "127.0.0.1:7890"}) == "http://127.0.0.1:7890"
    assert proxy_for(API, {"https_proxy": "", **PROXY}) == "http://proxy.example:3128"
    secret = "http://me:pass%20word@proxy.example:3128"
    assert proxy_for(API, {"HTTPS_PROXY": secret}) == secret


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:80",
        "http://localhost/",
        "https://[::1]:1",
        "https://a.localhost",
        "http://127.9.9.9",
    ],
)
def test_this_machine_needs_no_proxy(url: str) -> None:
    assert proxy_for(url, PROXY) is None


@pytest.mark.parametrize(
    ("entries", "excepted"),
    [
        ("*", True),
        ("example.org", True),
        (".example.org", True),
        ("*.example.org", True),
        ("API.Example.Org", True),
        ("other.org, api.example.org", True),
        ("other.org api.example.org", True),
        ("api.example.org:443", True),
        ("api.example.org:8443", False),
        ("ample.org", False),
        ("api.example", False),
        ("", False),
        (",,", False),
        (".", False),
    ],
)
def test_exceptions(entries: str, excepted: bool) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        assert (proxy_for(API, PROXY | {name: entries}) is None) is excepted


@pytest.mark.parametrize(
    ("entry", "excepted"),
    [("10.0.0.0/8", True), ("10.1.2.3", True), ("10.1.2.3:443", True), ("10.1.2.4", False),
     ("192.168.0.0/16", False), ("10.1.2.3:80", False), ("2001:db8::/32", False)],
)  # fmt: skip
def test_addresses_and_networks(entry: str, excepted: bool) -> None:
    environment = PROXY | {"NO_PROXY": entry}
    assert (proxy_for("https://10.1.2.3/", environment) is None) is excepted


def test_an_address_of_six() -> None:
    for entry in ("2001:db8::/32", "[2001:db8::5]:443", "2001:db8::5"):
        assert proxy_for("https://[2001:db8::5]/", PROXY | {"NO_PROXY": entry}) is None
    assert proxy_for("https://[2001:db8::5]/", PROXY | {"NO_PROXY": "[2001:db8::5]:80"})


@pytest.mark.parametrize(
    "value", ["socks5://me:secret@h:1080", "http://", "http://secret:port", "http://secret[::"]
)
def test_what_is_no_proxy_is_named_without_its_value(value: str) -> None:
    with pytest.raises(BadProxy, match="HTTPS_PROXY") as caught:
        proxy_for(API, {"HTTPS_PROXY": value})
    assert "secret" not in str(caught.value)


def test_the_way_is_told_without_the_password() -> None:
    secret = {"HTTPS_PROXY": "http://me:secret@proxy.example:3128"}
    assert way_to(API, secret) == "by the proxy http://proxy.example:3128"
    assert way_to(API, {}) == ""


def test_they_may_stand_in_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    folder = tmp_path_factory.mktemp("configured")
    monkeypatch.chdir(folder)
    (folder / ".env").write_text("HTTPS_PROXY=http://file.example:1\nNO_PROXY=other.example\n")
    assert proxy_for(API) == "http://file.example:1"
    assert proxy_for("https://other.example") is None
    monkeypatch.setenv("HTTPS_PROXY", "http://environment.example:2")
    assert proxy_for(API) == "http://environment.example:2"


@given(st.text(max_size=40), st.text(max_size=40))
def test_nothing_else_is_ever_raised(value: str, entries: str) -> None:
    try:
        found = proxy_for(API, {"HTTPS_PROXY": value, "NO_PROXY": entries})
    except BadProxy:
        return
    assert found is None or found.startswith(("http", "HTTP"))
