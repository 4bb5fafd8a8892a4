"""The program, also as ``python -m bot``: it serves, or is the command line."""

import gc
import sys

from bot.runtime import terminal


def main() -> None:
    """Entry point of ``banana-bot``; ``run`` goes without the command line's own libraries."""
    # Looking for garbage among what is loaded finds none. `App.run` begins with it when it serves;
    # the other commands are short.
    gc.disable()
    terminal.prepare()
    if sys.argv[1:] == ["run"]:
        from bot.cli.run import serve

        serve()
    else:
        from bot.cli.main import app

        app()


if __name__ == "__main__":  # worker processes import this module too
    main()
