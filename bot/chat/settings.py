"""The settings of a platform: environment variables, or a ``.env`` file, as the core's own."""

from bot.settings import EnvironmentSettings, Names, PageAddress, listed


class PlatformSettings(EnvironmentSettings):
    """What the settings of all platforms have in common; a field is called as its key is."""


__all__ = ["Names", "PageAddress", "PlatformSettings", "listed"]
