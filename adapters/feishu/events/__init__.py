"""Where events arrive: the long connection, or a webhook."""
