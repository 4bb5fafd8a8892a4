"""The keys of Discord."""

from pydantic import Field, SecretStr

from bot.chat import Names, PlatformSettings

API_BASE = "https://discord.com/api/v10"
GATEWAY_URL = "wss://gateway.discord.gg/"


class DiscordSettings(PlatformSettings):
    """``DISCORD_TOKEN`` and the like: see ``.env.example``. Lists hold Discord's ids.

    ``discord_uploads`` is how many results are held in memory at a time while they are sent.
    """

    discord_token: SecretStr = SecretStr("")
    discord_api_base: str = API_BASE
    discord_gateway_url: str = GATEWAY_URL
    discord_shard_count: int = Field(default=0, ge=0)
    discord_shard_ids: Names = ()
    discord_allowed_servers: Names = ()
    discord_allowed_channels: Names = ()
    discord_allowed_roles: Names = ()
    discord_allowed_people: Names = ()
    discord_age_restricted_only: bool = False
    discord_spoiler: bool = False
    discord_uploads: int = Field(default=4, ge=1, le=64)
