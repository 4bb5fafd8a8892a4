"""A file in ``messages/catalogs`` is all that a language needs: it is there on every surface."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import messages
from messages import LOCALES, language_names

ROOT = Path(__file__).parents[1]

CATALOG = """
msgid ""
msgstr ""
"Language: it\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"Content-Type: text/plain; charset=utf-8\\n"

msgid "Again"
msgstr "Ancora"

msgctxt "discord name"
msgid "imagine"
msgstr "immagina"

msgctxt "discord description"
msgid "Make a picture from words"
msgstr "Crea un'immagine"

msgctxt "discord"
msgid "Which picture?"
msgstr "Quale immagine?"

msgctxt "discord permission"
msgid "View Channels"
msgstr "Visualizza canali"

msgctxt "feishu"
msgid "It will appear below."
msgstr "Arriva qui sotto."

msgctxt "web"
msgid "Send"
msgstr "Invia"

msgctxt "web"
msgid "{number} point"
msgid_plural "{number} points"
msgstr[0] "{number} punto"
msgstr[1] "{number} punti"
"""

PROGRAM = """
import json
from adapters.discord import permissions, texts
from adapters.discord.commands.definitions import definitions
from adapters.discord.commands.localizations import COMMANDS
from adapters.feishu.cards import panels
from adapters.feishu.cards.texts import client_locales, say
from adapters.web.pages import Pages, _html
from bot.domain.preferences import Preference
from bot.domain.requests import Options
from bot.ports import SettingsPanel
from messages import LOCALES, Button, Notice, label, language_names, negotiate, render_notice

pages = Pages()
panel = SettingsPanel(Preference(), (), (), (), Options())
print(json.dumps({
    "locales": LOCALES,
    "names": language_names(),
    "negotiated": negotiate("it-CH"),
    "labels": [label(Button.AGAIN, "it"), label(Button.EDIT, "it")],
    "notice": render_notice(Notice("deleted"), "it"),
    "commands": definitions(most=4, age_restricted=False, installs=(0, 1)),
    "called": [COMMANDS[key].called("it").name for key in ("imagine", "edit")],
    "words": [texts.word(key, "it") for key in ("edit_which", "forget")],
    "permissions": [permissions.name(key, "it") for key in ("view_channel", "attach_files")],
    "toast": client_locales(),
    "said": [say(key, "it") for key in ("follows", "deleted")],
    "offered": panels.settings_offered(panel, "it")["language"],
    "texts": json.loads(pages.file("texts/it.json").body),
    "english": json.loads(pages.file("texts/en.json").body),
    "page": _html(pages._sources["index"], "it", False).decode(),
}))
"""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What the surfaces say where there is a catalogue more."""
    folder = tmp_path_factory.mktemp("with_italian")
    shutil.copytree(Path(messages.__file__).parent, folder / "messages")
    (folder / "messages" / "catalogs" / "it.po").write_text(CATALOG, "utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(folder), str(ROOT)))}
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
        cwd=folder,
    )
    return json.loads(ran.stdout)


def test_the_messages_speak_it(shown: Any) -> None:
    assert sorted(shown["locales"]) == sorted([*LOCALES, "it"])
    assert shown["names"] == {**language_names(), "it": "italiano"}
    assert shown["negotiated"] == "it"
    assert shown["labels"] == ["Ancora", "Edit"]
    assert shown["notice"] == "Deleted."


def test_discord_speaks_it(shown: Any) -> None:
    commands = {command["name"]: command for command in shown["commands"]}
    imagine, edit = commands["imagine"], commands["edit"]
    assert imagine["name_localizations"]["it"] == "immagina"
    assert imagine["description_localizations"]["it"] == "Crea un'immagine"
    assert "it" not in edit["name_localizations"]  # a client shows the English name then
    assert imagine["name_localizations"].keys() - {"it"} == edit["name_localizations"].keys()
    assert shown["called"] == ["immagina", "edit"]
    assert shown["words"] == ["Quale immagine?", "Delete everything"]
    assert shown["permissions"] == ["Visualizza canali", "Attach Files"]


def test_feishu_speaks_it(shown: Any) -> None:
    assert shown["toast"]["it_it"] == "it"
    assert "fr_fr" not in shown["toast"]
    assert shown["said"] == ["Arriva qui sotto.", "Deleted"]
    assert ["it", "italiano"] in shown["offered"]


def test_the_web_page_speaks_it(shown: Any) -> None:
    texts, english = shown["texts"], shown["english"]
    assert texts["points"].items() >= {"one": "{number} punto", "other": "{number} punti"}.items()
    assert texts["pictures"].items() >= english["pictures"].items()
    plurals = {key for key, text in english.items() if not isinstance(text, str)}
    same = english.keys() - plurals - {"send"}
    assert {key: texts[key] for key in same} == {key: english[key] for key in same}
    assert texts["send"] == "Invia"
    assert '<html lang="it">' in shown["page"]
    assert '<option value="it" lang="it">italiano</option>' in shown["page"]
