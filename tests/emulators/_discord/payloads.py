"""People, guilds and channels as JSON.

https://discord.com/developers/docs/resources/guild, …/channel, …/user, …/application.
"""

from typing import Any

from tests.emulators._discord.clock import created, iso
from tests.emulators._discord.world import (
    DM,
    FORUM,
    GROUP,
    THREADS,
    Channel,
    Guild,
    Role,
    User,
    World,
)


def user(person: User) -> dict[str, Any]:
    """A user object."""
    made: dict[str, Any] = {
        "id": str(person.id),
        "username": person.name,
        "global_name": person.global_name,
        "avatar": None,
        "discriminator": "0001" if person.bot else "0",
        "public_flags": 0,
        "flags": 0,
        "primary_guild": None,
    }
    return made | ({"bot": True} if person.bot else {})


def me(world: World) -> dict[str, Any]:
    """The bot's own user object."""
    own = {"mfa_enabled": True, "locale": "en-US", "verified": True, "email": None}
    del own["email"]
    return user(world.bot) | own


def role(made: Role) -> dict[str, Any]:
    """A role object; a managed one belongs to the bot of its tags."""
    tags = {"tags": {"bot_id": str(made.bot)}} if made.bot else {}
    return tags | {
        "id": str(made.id),
        "name": made.name,
        "permissions": str(made.permissions),
        "position": made.position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": made.managed,
        "mentionable": False,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }


def member(world: World, guild: Guild, who: int, *, with_user: bool = True) -> dict[str, Any]:
    """A member object; without its user inside messages, where the author is beside it."""
    made: dict[str, Any] = {
        "avatar": None,
        "banner": None,
        "communication_disabled_until": None,
        "flags": 0,
        "joined_at": iso(guild.joined),
        "nick": guild.nicks.get(who),
        "pending": False,
        "premium_since": None,
        "roles": [str(id) for id in guild.members.get(who, [])],
        "mute": False,
        "deaf": False,
    }
    return made | ({"user": user(world.users[who])} if with_user else {})


def channel(world: World, made: Channel) -> dict[str, Any]:
    """A channel object, of the shape its type has."""
    last = str(made.last_message) if made.last_message else None
    common: dict[str, Any] = {
        "id": str(made.id),
        "type": made.type,
        "last_message_id": last,
        "flags": 0,
    }
    if made.guild is None:
        others = [user(world.users[id]) for id in made.people if id != world.bot.id]
        common["recipients"] = others
        if made.type == GROUP:
            common |= {"name": made.name, "icon": None, "owner_id": str(made.people[0])}
        return common
    common |= {
        "guild_id": str(made.guild),
        "name": made.name,
        "parent_id": str(made.parent) if made.parent else None,
        "rate_limit_per_user": 0,
        "last_pin_timestamp": None,
    }
    if made.type in THREADS:
        return common | _thread(made)
    common |= {
        "position": made.position,
        "topic": None,
        "nsfw": made.nsfw,
        "permission_overwrites": [
            {
                "id": str(id),
                "type": 0 if id in world.guilds[made.guild].roles else 1,
                "allow": str(allow),
                "deny": str(deny),
            }
            for id, (allow, deny) in made.overwrites.items()
        ],
    }
    if made.type == FORUM:
        forum: dict[str, Any] = {
            "available_tags": [],
            "default_reaction_emoji": None,
            "default_sort_order": None,
        }
        common |= forum | {"default_forum_layout": 0}
    return common


def _thread(made: Channel) -> dict[str, Any]:
    return {
        "owner_id": str(made.owner),
        "message_count": made.messages,
        "member_count": 1,
        "total_message_sent": made.messages,
        "thread_metadata": {
            "archived": made.archived,
            "archive_timestamp": iso(created(made.id)),
            "auto_archive_duration": 1440,
            "locked": made.locked,
            "create_timestamp": iso(created(made.id)),
        },
    }


def guild(world: World, made: Guild) -> dict[str, Any]:
    """A guild object as REST gives it."""
    nothing = (
        *("icon", "description", "home_header", "splash", "discovery_splash", "banner"),
        *("application_id", "afk_channel_id", "widget_channel_id"),
        *("max_presences", "vanity_url_code", "rules_channel_id", "safety_alerts_channel_id"),
        *("public_updates_channel_id", "incidents_data"),
    )
    return {
        **dict.fromkeys(nothing),
        "id": str(made.id),
        "name": made.name,
        "features": made.features,
        "owner_id": str(made.owner),
        "region": "deprecated",
        "afk_timeout": 300,
        "system_channel_id": str(made.system_channel) if made.system_channel else None,
        "system_channel_flags": 0,
        "widget_enabled": False,
        "verification_level": 0,
        "roles": [role(one) for one in made.roles.values()],
        "default_message_notifications": 0,
        "mfa_level": 0,
        "explicit_content_filter": 0,
        "max_members": 500000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "premium_tier": made.tier,
        "premium_subscription_count": (0, 2, 7, 14)[made.tier],
        "preferred_locale": made.locale,
        "premium_progress_bar_enabled": False,
        "nsfw": False,
        "nsfw_level": 0,
        "emojis": [],
        "stickers": [],
    }


def guild_create(world: World, made: Guild) -> dict[str, Any]:
    """What the gateway adds; without the presences intent only the bot is among the members."""
    inside = [one for one in world.channels.values() if one.guild == made.id]
    plain = [one for one in inside if one.type not in THREADS]
    threads = [one for one in inside if one.type in THREADS and not one.archived]
    return guild(world, made) | {
        "joined_at": iso(made.joined),
        "large": False,
        "unavailable": False,
        "member_count": len(made.members),
        "voice_states": [],
        "members": [member(world, made, world.bot.id)],
        "channels": [channel(world, one) for one in plain],
        "threads": [channel(world, one) for one in threads if world.bot_sees(one)],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def application(world: World) -> dict[str, Any]:
    """The application object; flags tell which privileged intents are enabled."""
    app = world.app
    flags = (1 << 19) * app["message_content"] | (1 << 15) * app["members"]
    flags |= (1 << 13) * app["presences"]
    nothing = (
        *("icon", "type", "role_connections_verification_url"),
        "team",
    )
    links = {
        key: app[key]
        for key in ("interactions_endpoint_url", "custom_install_url")
        if app[key] or key == "interactions_endpoint_url"
    }
    return {
        **dict.fromkeys(nothing),
        **links,
        "id": str(app["id"]),
        "name": app["name"],
        "description": "",
        "bot": user(world.bot),
        "bot_public": app["public"],
        "bot_require_code_grant": False,
        "integration_types_config": {
            str(n): _install(app, str(n)) for n in app["integration_types"]
        },
        "verify_key": "0" * 64,
        "flags": flags,
        "flags_new": str(flags),
        "redirect_uris": [],
        "owner": user(world.users[app["owner"]]),
        "approximate_guild_count": sum(world.bot_in(one) for one in world.guilds.values()),
        "approximate_user_install_count": sum(one.installed for one in world.users.values()),
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "eligible_oauth2_scopes": [],
        "event_webhooks_url": None,
        "event_webhooks_status": 1,
    }


def _install(app: dict[str, Any], kind: str) -> dict[str, Any]:
    """Nothing, where only the commands come along."""
    params = app["install_params"].get(kind)
    return {"oauth2_install_params": params} if params else {}


def place(world: World, made: Channel) -> int:
    """Where an interaction happens: 0 a guild, 1 the bot's direct messages, 2 elsewhere."""
    if made.guild is not None:
        return 0
    return 1 if made.type == DM and world.bot.id in made.people else 2
