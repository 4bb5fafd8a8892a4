"""Addresses of databases: what is wrong with one is said, and what is secret in it is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.storage.database_url import DatabaseUnusable, parse, shown

SECRET = "hunter2"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (SECRET, "not the address"),
        ("sqlite:", "not the address"),
        (f"postgresql://u:{SECRET}@h:port/d", "not the address"),
        (f"postgresql://u:{SECRET}@[::1/d", "not the address"),
        (f"mysql://u:{SECRET}@h/d", "“mysql”"),
        (f"mongodb://u:{SECRET}@h/d", "“mongodb”"),
        (f"postgresql://u:pass@{SECRET}@h/d", "%40"),
    ],
)
def test_what_cannot_be_used_is_said_without_the_password(url: str, said: str) -> None:
    with pytest.raises(DatabaseUnusable) as caught:
        parse(url)
    assert said in str(caught.value)
    assert SECRET not in str(caught.value)
    assert SECRET not in shown(url)


@pytest.mark.parametrize(
    ("url", "driver", "for_people"),
    [
        ("sqlite:////a/b.db", "sqlite", "sqlite:////a/b.db"),
        ("sqlite+aiosqlite:////a/b.db", "sqlite", "sqlite:////a/b.db"),
        ("sqlite:///file:/a/b?mode=ro&uri=true", "sqlite", "sqlite:///file:/a/b"),
        ("postgres://u:hunter2@h/d", "postgresql+psycopg", "postgresql://h/d"),
        ("postgresql://h:5433/d?password=hunter2", "postgresql+psycopg", "postgresql://h:5433/d"),
        ("postgresql+asyncpg://u@[::1]/d", "postgresql+psycopg", "postgresql://[::1]/d"),
        ("postgresql:///d?host=/run/postgresql", "postgresql+psycopg", "postgresql:///d"),
    ],
)
def test_what_can_be_used_gets_our_driver(url: str, driver: str, for_people: str) -> None:
    assert parse(url).drivername == driver
    assert shown(url) == for_people


def _refusal(url: str) -> str:
    try:
        parse(url)
    except DatabaseUnusable as error:
        return str(error)
    return ""


@given(st.text("ab:/@%?#[]&= é\u202e", max_size=20))
def test_no_password_is_ever_shown(noise: str) -> None:
    for url in (f"postgresql://user:{noise}{SECRET}@host/name", f"x{noise}://u:{SECRET}@h/n"):
        assert SECRET not in _refusal(url)
        assert SECRET not in shown(url)
