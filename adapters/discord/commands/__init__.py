"""The slash commands: defined, named, registered, handled."""
