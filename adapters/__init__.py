"""The platforms on which people ask: one room each, imported only once it is chosen.

An adapter is a package with a function ``create(bot)`` that returns a :class:`bot.ports.Adapter`.
It translates what its platform delivers into :class:`bot.domain.requests.Incoming` and what
:class:`messages.Message` says into its platform's messages; it decides nothing else.
"""
