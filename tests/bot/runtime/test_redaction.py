"""Secrets are taken out of a log line wherever they stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.runtime.redaction import Redactor, configured

SECRET = "s3cr3t-With.+(chars"


@pytest.mark.parametrize(
    ("line", "left"),
    [
        (f"the key is {SECRET}!", "the key is ***!"),
        ("postgresql://u:pw@h/d", "postgresql://***@h/d"),
        ("GET https://h/v1?key=AIzaSy&alt=sse", "GET https://h/v1?key=***&alt=sse"),
        ("wss://h/ws?device=1&ticket=abc", "wss://h/ws?device=1&ticket=***"),
        ("Authorization: Bearer abcdefghijklmnop.q", "Authorization: Bearer ***"),
        (
            "PATCH /webhooks/123456/aW50ZXJhY3Rpb246/messages/@original",
            "PATCH /webhooks/123456/***/messages/@original",
        ),
        ("POST /interactions/99/aW50ZXJhY3Rpb246/callback", "POST /interactions/99/***/callback"),
        ("job img_0123456789ab of ann@example.org", "job img_0123456789ab of ann@example.org"),
        ("https://h/a@2x.png", "https://h/a@2x.png"),
    ],
)
def test_what_is_secret_goes_and_the_rest_stays(line: str, left: str) -> None:
    assert Redactor([SECRET])(line) == left


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_known_secret_is_found_in_any_text(before: str, after: str) -> None:
    assert SECRET not in Redactor([SECRET, SECRET[:8]])(before + SECRET + after)


def test_short_ones_would_be_found_in_words() -> None:
    assert Redactor(["pass", ""])("passing") == "passing"


def test_the_secrets_are_those_of_the_settings_and_of_variables_named_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ACME_API_KEY", "key-of-a-plug-in")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "key-of-the-store")
    monkeypatch.setenv("DISCORD_TOKEN", "token-1")
    monkeypatch.setenv("WEB_PASSWORD", "hunter2")
    found = configured()
    assert {"key-of-a-plug-in", "key-of-the-store", "hunter2", "token-1"} <= found
