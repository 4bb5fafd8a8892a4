"""Filling in the options of commands and the fields of modals as Discord's client does."""

from typing import Any

from tests.emulators._discord import components as parts
from tests.emulators._discord import payloads
from tests.emulators._discord.command_rules import (
    ATTACHMENT,
    BOOLEAN,
    GROUP,
    INTEGER,
    NUMBER,
    STRING,
    SUB,
)
from tests.emulators._discord.refusing import Impossible, demand
from tests.emulators._discord.world import Channel

USER, CHANNEL, ROLE, MENTIONABLE = 6, 7, 8, 9
LONGEST = 6000


def _level(command: dict[str, Any], name: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The options of a command or sub-command, and the sub-commands on the way."""
    options, way = command.get("options", []), []
    for word in name.split(" ")[1:]:
        found = [one for one in options if one["name"] == word and one["type"] in (SUB, GROUP)]
        demand(found, f"{word}: no such sub-command")
        way.append(found[0])
        options = found[0].get("options", [])
    below = any(one["type"] in (SUB, GROUP) for one in options)
    demand(not below, f"{name}: a sub-command has to be chosen")
    return options, way


def option(command: dict[str, Any], name: str, wanted: str) -> dict[str, Any]:
    """An option of a command by its name."""
    for one in _level(command, name)[0]:
        if one["name"] == wanted:
            return one
    raise Impossible(f"{wanted}: no such option")


def filled(
    people: Any,
    command: dict[str, Any],
    body: dict[str, Any],
    channel: Channel,
    focused: str | None = None,
) -> dict[str, Any]:
    """The data of a command interaction with ``body["options"]`` filled in."""
    options, way = _level(command, body["name"])
    given = dict(body.get("options", {}))
    unknown = set(given) - {one["name"] for one in options}
    demand(not unknown, f"no such options: {sorted(unknown)}")
    resolved: dict[str, dict[str, Any]] = {}
    made: list[dict[str, Any]] = []
    for one in options:
        name = one["name"]
        if name not in given or given[name] is None:
            demand(focused or not one.get("required"), f"{name}: required")
            continue
        if name == focused:
            made.append({"name": name, "type": one["type"], "value": given[name], "focused": True})
            continue
        value = _value(people, one, given[name], channel, resolved)
        made.append({"name": name, "type": one["type"], "value": value})
    for above in reversed(way):
        made = [{"name": above["name"], "type": above["type"], "options": made}]
    data: dict[str, Any] = {"id": command["id"], "name": command["name"], "type": command["type"]}
    data |= {"options": made} if made else {}
    data |= {"resolved": resolved} if resolved else {}
    return data | ({"guild_id": command["guild_id"]} if "guild_id" in command else {})


def _value(
    people: Any,
    one: dict[str, Any],
    value: Any,
    channel: Channel,
    resolved: dict[str, dict[str, Any]],
) -> Any:
    name, kind = one["name"], one["type"]
    if kind == ATTACHMENT:
        [file] = people.files([value], channel.id, ephemeral=True)
        shown = people._server.cdn.payload(file)
        resolved.setdefault("attachments", {})[str(file.id)] = shown
        return str(file.id)
    if kind in (USER, CHANNEL, ROLE, MENTIONABLE):
        return _reference(people, kind, str(value), channel, resolved)
    plain: Any = {STRING: str, INTEGER: int, BOOLEAN: bool, NUMBER: (int, float)}[kind]
    fits = isinstance(value, plain) and (kind == BOOLEAN or not isinstance(value, bool))
    demand(fits, f"{name}: of the wrong type")
    if one.get("choices"):
        offered = [choice["value"] for choice in one["choices"]]
        demand(value in offered, f"{name}: not one of its choices: {offered}")
    if kind == STRING:
        least, most = one.get("min_length") or 0, one.get("max_length") or LONGEST
        demand(least <= len(value) <= most, f"{name}: {least} to {most} characters")
    elif kind != BOOLEAN:
        least, most = one.get("min_value"), one.get("max_value")
        demand(least is None or value >= least, f"{name}: at least {least}")
        demand(most is None or value <= most, f"{name}: at most {most}")
    return value


def _reference(
    people: Any, kind: int, id: str, channel: Channel, resolved: dict[str, dict[str, Any]]
) -> str:
    world = people.world
    guild = world.guilds.get(channel.guild or 0)
    if kind == CHANNEL:
        shown = payloads.channel(world, world.channels[int(id)])
        resolved.setdefault("channels", {})[id] = shown
    elif kind == ROLE and guild:
        resolved.setdefault("roles", {})[id] = payloads.role(guild.roles[int(id)])
    else:
        resolved.setdefault("users", {})[id] = payloads.user(world.users[int(id)])
        if guild and int(id) in guild.members:
            member = payloads.member(world, guild, int(id), with_user=False)
            resolved.setdefault("members", {})[id] = member
    return id


class Forms:
    """Fills in modals."""

    def __init__(self, server: Any) -> None:
        self._server = server

    def filled(
        self, modal: dict[str, Any], values: dict[str, Any], channel: Channel
    ) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """The components of a submission and what they resolve to; ``values`` are keyed by
        custom id or label, what is missing keeps its preset."""
        left = dict(values)
        numbers = iter(range(1, 1000))
        resolved: dict[str, Any] = {}
        shown = []
        for top in modal["components"]:
            node: dict[str, Any] = {"type": top["type"], "id": top.get("id") or next(numbers)}
            if top["type"] == parts.LABEL:
                field = top["component"]
                node["component"] = self._field(
                    field, top["label"], left, next(numbers), channel, resolved
                )
            elif top["type"] == parts.ROW:
                node["components"] = [
                    self._field(one, one.get("label"), left, next(numbers), channel, resolved)
                    for one in top["components"]
                ]
            shown.append(node)
        demand(not left, f"no such fields: {sorted(left)}")
        return shown, resolved

    def _field(
        self,
        one: dict[str, Any],
        label: str | None,
        left: dict[str, Any],
        number: int,
        channel: Channel,
        resolved: dict[str, Any],
    ) -> dict[str, Any]:
        kind, custom = one["type"], one["custom_id"]
        key = custom if custom in left else label
        given = left.pop(key) if key in left else None
        made = {"type": kind, "id": one.get("id") or number, "custom_id": custom}
        required = one.get("required") is not False
        if kind == parts.INPUT:
            value = one.get("value") or "" if given is None else str(given)
            least, most = one.get("min_length") or 0, one.get("max_length") or 4000
            demand(value or not required, f"{label}: required")
            fits = least <= len(value) <= most or (not value and not required)
            demand(fits, f"{label}: {least} to {most} characters")
            return made | {"value": value}
        if kind == parts.CHECKBOX:
            return made | {"value": bool(one.get("default") if given is None else given)}
        options = one.get("options") or []
        if given is None:
            given = [choice["value"] for choice in options if choice.get("default")]
        given = given if isinstance(given, list) else [given]
        if kind == parts.UPLOAD:
            given = self._uploaded(given, channel, resolved)
        elif options:
            offered = {choice["value"] for choice in options}
            demand(set(given) <= offered, f"{label}: not offered")
        least, most = one.get("min_values"), one.get("max_values")
        least, most = 1 if least is None else least, 1 if most is None else most
        if kind == parts.CHECKBOXES and one.get("max_values") is None:
            most = len(options)
        fits = least <= len(given) <= most or (not given and not required)
        demand(fits, f"{label}: {least} to {most} values")
        if kind == parts.RADIO:
            return made | {"value": given[0] if given else None}
        return made | {"values": given}

    def _uploaded(
        self, given: list[dict[str, Any]], channel: Channel, resolved: dict[str, Any]
    ) -> list[str]:
        files = self._server.people.files(given, channel.id, ephemeral=True)
        for file in files:
            shown = self._server.cdn.payload(file)
            resolved.setdefault("attachments", {})[str(file.id)] = shown
        return [str(file.id) for file in files]
