"""Words into a reading. Pure."""
