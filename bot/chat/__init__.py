"""What every chat platform needs, so that an adapter only translates."""
