"""Why the platform refuses a long connection, and what to do about it.

https://open.feishu.cn/document/server-docs/event-subscription-guide/event-subscription-configure-/request-url-configuration-case
"""

_CREDENTIALS = frozenset({514, 1000040344, 1000040345, 1000040346})

_LIMIT = 1000040350

_NAMES = {
    403: (
        "the app may not connect",
        "in the developer console choose “long connection” under Events and callbacks, and "
        "publish a version of the app",
    ),
    514: ("the credentials are refused", "check FEISHU_APP_ID and FEISHU_APP_SECRET"),
    1000040344: ("the credentials are missing", "set FEISHU_APP_ID and FEISHU_APP_SECRET"),
    1000040345: ("the app's secret is refused", "check FEISHU_APP_SECRET"),
    1000040346: ("there is no such app", "check FEISHU_APP_ID, and FEISHU_DOMAIN (feishu or lark)"),
    _LIMIT: (
        "the app has too many long connections (50)",
        "stop other programs that connect with this app",
    ),
}


class ConnectionRefused(Exception):
    """The platform refused; ``code`` and ``words`` are its own, ``hint`` says what to do.

    ``hopeless`` is set where only another configuration helps.
    """

    def __init__(self, code: int, words: str, *, bootstrap: bool) -> None:
        if not bootstrap and code == 514:  # in the handshake the client reports only this one so
            code = _LIMIT
        name, self.hint = _NAMES.get(code, ("the connection is refused", "see the code's document"))
        super().__init__(f"{name} ({code})")
        self.code = code
        self.words = words
        self.hopeless = bootstrap and code in _CREDENTIALS
