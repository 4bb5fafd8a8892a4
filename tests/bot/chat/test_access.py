"""Who may use the bot, and where: each list alone, and all of them together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.access import AccessLists, AccessRequest

EVERYBODY = AccessLists()
ANNE = AccessLists(people=["anne"])
ARTISTS = AccessLists(roles=["artist"])
STUDIO = AccessLists(servers=["studio"])
GALLERY = AccessLists(channels=["gallery"])
ANNE_IN_GALLERY = AccessLists(people=["anne"], channels=["gallery"])


def at(
    person: str, server: str | None = None, channels: str = "", *, roles: str = ""
) -> AccessRequest:
    """Somebody in channels of a server."""
    return AccessRequest(
        person, False, server, frozenset(channels.split()), frozenset(roles.split())
    )


def direct(person: str, channels: str = "") -> AccessRequest:
    """Somebody in direct messages."""
    return AccessRequest(person, True, channels=frozenset(channels.split()))


@pytest.mark.parametrize(
    ("lists", "request_", "admitted"),
    [
        (EVERYBODY, at("bob", "studio", "lobby"), True),
        (EVERYBODY, direct("bob"), True),
        (ANNE, at("anne", "studio", "lobby"), True),
        (ANNE, at("bob", "studio", "lobby"), False),
        (ANNE, direct("anne"), True),
        (ANNE, direct("bob"), False),
        (ARTISTS, at("bob", roles="artist chef"), True),
        (ARTISTS, at("bob", roles="chef"), False),
        (ARTISTS, direct("bob"), False),
        (AccessLists(["anne"], ["artist"]), at("anne"), True),
        (AccessLists(["anne"], ["artist"]), at("bob", roles="artist"), True),
        (AccessLists(["anne"], ["artist"]), at("bob"), False),
        (STUDIO, at("bob", "studio"), True),
        (STUDIO, at("bob", "office"), False),
        (STUDIO, direct("bob"), False),
        (GALLERY, at("bob", "studio", "gallery"), True),
        (GALLERY, at("bob", "studio", "thread gallery"), True),
        (GALLERY, at("bob", "studio", "lobby"), False),
        (GALLERY, direct("bob", "chat"), False),
        (GALLERY, direct("bob", "gallery"), True),
        (AccessLists(servers=["studio"], channels=["gallery"]), at("bob", "studio", "x"), False),
        (ANNE_IN_GALLERY, at("anne", "studio", "lobby"), False),
        (ANNE_IN_GALLERY, at("bob", "studio", "gallery"), False),
        (ANNE_IN_GALLERY, direct("anne", "chat"), True),
    ],
)
def test_who_is_admitted(lists: AccessLists, request_: AccessRequest, admitted: bool) -> None:
    assert lists.admit(request_) is admitted


ids = st.sets(st.sampled_from("abc"), max_size=2)
requests = st.builds(
    AccessRequest,
    st.sampled_from("abc"),
    st.booleans(),
    st.sampled_from(["a", "b", None]),
    ids.map(frozenset),
    ids.map(frozenset),
)


@given(requests, ids, ids, ids, ids)
def test_one_who_is_listed_loses_nothing_by_being_listed(
    request: AccessRequest, people: set[str], roles: set[str], servers: set[str], places: set[str]
) -> None:
    limited = AccessLists(people | {request.person}, roles, servers, places)
    if AccessLists(people, roles, servers, places).admit(request):
        assert limited.admit(request)


@given(requests, ids, ids, ids, ids)
def test_no_list_of_places_admits_anyone_who_is_refused_without_it(
    request: AccessRequest, people: set[str], roles: set[str], servers: set[str], places: set[str]
) -> None:
    if AccessLists(people, roles, servers, places).admit(request):
        assert AccessLists(people, roles).admit(request)
