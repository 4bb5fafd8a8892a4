"""The program, also as ``python -m bot``: it serves, or is the command line."""

import gc
import os
import sys

from bot.runtime import terminal


def main() -> None:
    """Entry point of ``banana-bot``; ``run`` goes without the command line's own libraries."""
    # Looking for garbage among what is loaded finds none. `App.run` begins with it when it serves;
    # the other commands are short.
    gc.disable()
    # pydantic would look for plug-ins of its own in every distribution that is installed.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    terminal.prepare()
    if sys.argv[1:] == ["run"]:
        from bot.cli.run import serve

        serve()
    else:
        from bot.cli.main import app

        try:
            app()
        finally:
            gc.freeze()  # the end of the process would look through all that is loaded


if __name__ == "__main__":  # worker processes import this module too
    main()
