"""Which proxy leads to a platform: :mod:`bot.runtime.proxies`, for adapters."""

from bot.runtime.proxies import BadProxy, proxy_for, way_to

__all__ = ["BadProxy", "proxy_for", "way_to"]
