"""Adapters that take their time: on a busy machine nothing is given up that has only just begun.

Discord and Feishu wait three seconds for an answer, and the adapters give up, or do without what
they do not know yet, shortly before. A test in which the emulator waits for as long as it takes
makes the adapter as patient; one that is about giving up sets its own limit.

``python -m tests.support.patience`` is ``banana-bot run`` with a patient adapter for Feishu.
"""

SECONDS = 120.0


def on_feishu() -> None:
    """Have this process accept an event of Feishu's however long it takes."""
    from adapters.feishu.events import connection, webhook
    from adapters.feishu.handlers import context, messages

    connection.ACCEPT_SECONDS = webhook.ACCEPT_SECONDS = SECONDS
    messages.PARENT_SECONDS = context.IDENTITY_SECONDS = SECONDS


def on_discord() -> None:
    """Have this process answer an interaction, and know what it needs for that, however late."""
    from adapters.discord import downloads
    from adapters.discord.interactions import (
        autocomplete,
        drawing,
        forms,
        more,
        responses,
        wording_form,
    )

    responses.ACK_SECONDS = responses.ATTEMPT_SECONDS = SECONDS
    forms.LOOKING_SECONDS = more.LOOKING_SECONDS = wording_form.LOOKING_SECONDS = SECONDS
    drawing.KNOWING_SECONDS = autocomplete.MODEL_SECONDS = downloads.HEAD_SECONDS = SECONDS


if __name__ == "__main__":
    from bot.cli.run import serve

    on_feishu()
    serve()
