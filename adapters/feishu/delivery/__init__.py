"""Showing a request's card."""
