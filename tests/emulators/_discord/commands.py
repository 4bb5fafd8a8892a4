"""The command registry: global and by guild.

https://discord.com/developers/docs/interactions/application-commands#endpoints.
"""

from typing import Any

from tests.emulators._discord import command_rules as rules
from tests.emulators._discord.api import Call, Routes
from tests.emulators._discord.errors import Form, Refused

MOST = {rules.CHAT: 100, rules.USER: 15, rules.MESSAGE: 15}
CREATES = 200
GLOBAL = "/applications/{application_id}/commands"
LOCAL = "/applications/{application_id}/guilds/{guild_id}/commands"
LOCALIZED = ("name_localizations", "description_localizations")


class Commands:
    """Commands by scope: ``None`` for everywhere, or a guild's id."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.scopes: dict[int | None, list[dict[str, Any]]] = {}
        self.creates: dict[int | None, list[float]] = {}
        self.writes = 0

    def clear(self) -> None:
        """Forget all."""
        self.scopes.clear()
        self.creates.clear()
        self.writes = 0

    def routes(self, routes: Routes) -> None:
        """Add the endpoints."""
        for path in (GLOBAL, LOCAL):
            routes.add("GET", path, self.several)
            routes.add("PUT", path, self.replace)
            routes.add("POST", path, self.create)
            routes.add("GET", path + "/{command_id}", self.get)
            routes.add("PATCH", path + "/{command_id}", self.edit)
            routes.add("DELETE", path + "/{command_id}", self.delete)

    def scope(self, call: Call) -> int | None:
        """Where the commands of a request belong.

        Raises:
            Refused: 10002 or 50001: not this app, or a guild without it.
        """
        if call.id("application_id") != self._server.world.app["id"]:
            raise Refused(10002)
        if "guild_id" not in call.path:
            return None
        guild = self._server.world.guilds.get(call.id("guild_id"))
        if guild is None or not guild.app:
            raise Refused(50001)
        return int(guild.id)

    async def several(self, call: Call) -> Any:
        found = self.scopes.get(self.scope(call), [])
        full = call.query.get("with_localizations", "").lower() in ("true", "1")
        return found if full else [_plain(one) for one in found]

    async def get(self, call: Call) -> Any:
        return self._found(call)

    async def replace(self, call: Call) -> Any:
        scope = self.scope(call)
        form = Form()
        seen: set[tuple[int, str]] = set()
        for index, one in enumerate(call.body or []):
            rules.check(form, one, (index,), self._server.world.app["integration_types"])
            key = (one.get("type") or rules.CHAT, one["name"])
            words = "Application command names must be unique"
            code = "APPLICATION_COMMANDS_DUPLICATE_NAME"
            form.need(key not in seen, (index, "name"), code, words)
            seen.add(key)
        form.settle()
        entries = [one for one in self.scopes.get(scope, []) if one["type"] == rules.ENTRY]
        if any((rules.ENTRY, one["name"]) not in seen for one in entries):
            raise Refused(50240)
        made = [self._made(scope, one) for one in call.body or []]
        self._bound(made)
        self.scopes[scope] = made
        self.writes += 1
        return made

    async def create(self, call: Call) -> Any:
        scope = self.scope(call)
        form = Form()
        rules.check(form, call.body, (), self._server.world.app["integration_types"])
        form.settle()
        known = self.scopes.setdefault(scope, [])
        made = self._made(scope, call.body)
        old = [one for one in known if one["id"] == made["id"]]
        kept = [one for one in known if one["id"] != made["id"]]
        self._bound([*kept, made])
        self.scopes[scope] = [*kept, made]
        self.writes += 1
        return (200 if old else 201), made

    async def edit(self, call: Call) -> Any:
        old = self._found(call)
        scope = self.scope(call)
        merged = {key: old[key] for key in old if key not in ("id", "version")} | call.body
        form = Form()
        rules.check(form, merged, (), self._server.world.app["integration_types"])
        form.settle()
        made = self._object(scope, merged) | {"id": old["id"], "version": self._version()}
        self.scopes[scope] = [made if one is old else one for one in self.scopes[scope]]
        self.writes += 1
        return made

    async def delete(self, call: Call) -> Any:
        old = self._found(call)
        self.scopes[self.scope(call)].remove(old)
        self.writes += 1

    def _found(self, call: Call) -> dict[str, Any]:
        known = self.scopes.get(self.scope(call), [])
        for one in known:
            if one["id"] == str(call.id("command_id")):
                return one
        raise Refused(10063)

    def _bound(self, commands: list[dict[str, Any]]) -> None:
        for kind, most in MOST.items():
            if sum(one["type"] == kind for one in commands) > most:
                raise Refused(30032)

    def _version(self) -> str:
        return str(self._server.clock.snowflake())

    def _made(self, scope: int | None, given: dict[str, Any]) -> dict[str, Any]:
        """The command, with the id it had if it was known; the version tells of changes."""
        made = self._object(scope, given)
        for one in self.scopes.get(scope, []):
            if (one["type"], one["name"]) == (made["type"], made["name"]):
                old = {key: value for key, value in one.items() if key not in ("id", "version")}
                version = one["version"] if old == made else self._version()
                return made | {"id": one["id"], "version": version}
        now = self._server.clock.now
        today = [at for at in self.creates.get(scope, []) if at > now - 86400]
        if len(today) >= CREATES:
            raise Refused(30034)
        self.creates[scope] = [*today, now]
        return made | {"id": self._version(), "version": self._version()}

    def _object(self, scope: int | None, given: dict[str, Any]) -> dict[str, Any]:
        world = self._server.world
        permissions = given.get("default_member_permissions")
        made = {
            "application_id": str(world.app["id"]),
            "type": given.get("type") or rules.CHAT,
            "name": given["name"],
            "name_localizations": given.get("name_localizations"),
            "description": given.get("description") or "",
            "description_localizations": given.get("description_localizations"),
            "default_member_permissions": None if permissions is None else str(permissions),
            "nsfw": bool(given.get("nsfw")),
        }
        if given.get("handler"):
            made["handler"] = given["handler"]
        if given.get("options"):
            made["options"] = [_option(one) for one in given["options"]]
        if scope is not None:
            return made | {"guild_id": str(scope)}
        permitted = given.get("dm_permission")
        made["dm_permission"] = True if permitted is None else permitted
        made["contexts"] = given.get("contexts")
        made["integration_types"] = given.get("integration_types") or world.app["integration_types"]
        return made

    def here(self, guild: int | None) -> list[dict[str, Any]]:
        """The commands of a place: those of its guild, and the global ones they do not hide."""
        local = self.scopes.get(guild, []) if guild else []
        hidden = {(one["type"], one["name"]) for one in local}
        common = self.scopes.get(None, [])
        return local + [one for one in common if (one["type"], one["name"]) not in hidden]


def _option(given: dict[str, Any]) -> dict[str, Any]:
    made = {key: value for key, value in given.items() if value is not None}
    for key in ("options", "choices"):
        if key in made:
            made[key] = [_option(one) for one in made[key]]
    return made


def _plain(command: dict[str, Any]) -> dict[str, Any]:
    made = {key: value for key, value in command.items() if key not in LOCALIZED}
    for key in ("options", "choices"):
        if key in made:
            made[key] = [_plain(one) for one in made[key]]
    return made
