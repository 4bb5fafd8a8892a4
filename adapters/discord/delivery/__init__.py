"""Showing a request's message, in any process, without a gateway."""
