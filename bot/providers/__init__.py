"""The services that make pictures, one file each; see :class:`bot.ports.Provider`."""
