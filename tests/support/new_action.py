"""The program as a stranger would leave it who adds the action ``sharpen``."""

import shutil
from pathlib import Path

from tests.support.program import ROOT

CHANGES = {
    "bot/domain/actions.py": (
        '    HELP = "help"',
        """    SHARPEN = (
        "sharpen",
        ActionSpec(
            succeeded=Button.SHARPEN,
            emoji="🔪",
            style=Style.PRIMARY,
            commands=("sharpen",),
            subject=Subject.OWN,
        ),
    )
""",
    ),
    "bot/engine/commands.py": (
        "            case Action.DELETE:\n",
        """            case Action.SHARPEN:
                return Notice("picture_kept")
""",
    ),
    "messages/buttons.py": (
        "    DETAILS = ",
        """    SHARPEN = "sharpen", N_("Sharpen")
""",
    ),
    "messages/texts/discord.py": (
        '    "help": ',
        """    "sharpen": "Make your most recent picture sharper",
""",
    ),
}
"""What a stranger writes, and before which line; the last because it is a slash command, too."""


def with_new_action(folder: Path) -> Path:
    """A copy of the program in ``folder`` with those changes and no others."""
    for room in ("bot", "adapters", "messages"):
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name, (before, added) in CHANGES.items():
        text = (folder / name).read_text("utf-8")
        assert text.count(before) == 1, f"{name} has changed: where does it go now?"
        (folder / name).write_text(text.replace(before, added + before), "utf-8")
    return folder
