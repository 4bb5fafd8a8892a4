"""The conversation: what was asked is settled, made, and shown."""
