"""Feishu's HTTP API."""
