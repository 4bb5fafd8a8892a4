"""What the demo can draw: colours, motifs and the words in a prompt that ask for them.  [pure]"""

import re
from dataclasses import dataclass
from random import Random
from typing import TypeAlias

Shape: TypeAlias = tuple[str, str, tuple[float, ...]]
"""``polygon`` or ``ellipse``, a colour, and x, y pairs in a square whose bottom stands on land."""


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of one mood; ``sky`` from top to bottom, ``land`` from far to near."""

    words: str
    sky: tuple[str, str, str]
    land: tuple[str, str]
    light: str
    night: bool = False


PALETTES = (
    Palette(
        "night|midnight|dark|star|stars|moon|夜|星|月",
        ("#070b24", "#16224f", "#4a4a86"),
        ("#2a3566", "#0a0e24"),
        "#f4f1de",
        night=True,
    ),
    Palette(
        "sunset|dusk|dawn|sunrise|evening|orange|日落|黄昏|夕阳|日出|傍晚|晚霞|橙",
        ("#2b1b4d", "#c8506b", "#ffb36b"),
        ("#95415f", "#2a1430"),
        "#ffe3ad",
    ),
    Palette(
        "snow|winter|ice|white|雪|冬|冰|白色",
        ("#9dbfdc", "#d3e4f1", "#f8f4ec"),
        ("#e3edf6", "#7c9dbd"),
        "#fffbe8",
    ),
    Palette(
        "red|autumn|fall|红|秋|枫",
        ("#f3c9a5", "#f7dcc0", "#fdf1df"),
        ("#d9765a", "#6e1f23"),
        "#fff0d0",
    ),
    Palette(
        "desert|sand|yellow|gold|golden|沙漠|黄|金",
        ("#7fb7be", "#f3dfa2", "#fbefce"),
        ("#e6b667", "#8a4f1d"),
        "#fffdf0",
    ),
    Palette(
        "pink|spring|cherry|blossom|purple|粉|春|樱|紫",
        ("#b9a3e3", "#f2b8d3", "#ffe7e3"),
        ("#c58bc0", "#4b2c66"),
        "#fff6e9",
    ),
    Palette(
        "forest|tree|trees|green|jungle|wood|woods|绿|森林|树|竹",
        ("#a9d6c1", "#dbeed3", "#fdf6e0"),
        ("#83b692", "#143c2b"),
        "#fffbe0",
    ),
    Palette(
        "sea|ocean|lake|beach|water|blue|wave|waves|海|湖|蓝|水|浪",
        ("#4aa3d8", "#a7daf0", "#fdf5e2"),
        ("#4f9fc4", "#0b3f66"),
        "#fffbe0",
    ),
    Palette(
        "day|sky|sunny|白天|晴|天空",
        ("#5aa9e6", "#b5dff5", "#fff4dc"),
        ("#9cc188", "#2f5d3a"),
        "#fffbe0",
    ),
)

SEA = "sea|ocean|lake|beach|water|wave|waves|boat|ship|lighthouse|海|湖|水|浪|船|灯塔"
FOREST = "forest|trees|wood|woods|jungle|cabin|森林|树林|竹林"

MOTIFS: dict[str, tuple[Shape, ...]] = {
    "lighthouse|灯塔": (
        ("polygon", "#f7f3ea", (0.38, 1, 0.42, 0.3, 0.58, 0.3, 0.62, 1)),
        ("polygon", "#c8433d", (0.39, 0.86, 0.4, 0.7, 0.6, 0.7, 0.61, 0.86)),
        ("polygon", "#c8433d", (0.405, 0.56, 0.415, 0.42, 0.585, 0.42, 0.595, 0.56)),
        ("polygon", "#3a3f4b", (0.36, 0.3, 0.36, 0.27, 0.64, 0.27, 0.64, 0.3)),
        ("polygon", "#ffe58a", (0.43, 0.27, 0.43, 0.17, 0.57, 0.17, 0.57, 0.27)),
        ("polygon", "#3a3f4b", (0.4, 0.17, 0.5, 0.06, 0.6, 0.17)),
    ),
    "cat|kitten|kitty|猫": (
        ("polygon", "#2e2a35", (0.72, 0.9, 0.9, 0.7, 0.86, 0.45, 0.93, 0.44, 0.98, 0.74, 0.76, 1)),
        ("ellipse", "#2e2a35", (0.28, 0.5, 0.8, 1.06)),
        ("ellipse", "#2e2a35", (0.2, 0.22, 0.62, 0.62)),
        ("polygon", "#2e2a35", (0.21, 0.38, 0.22, 0.1, 0.4, 0.27)),
        ("polygon", "#2e2a35", (0.61, 0.38, 0.6, 0.1, 0.42, 0.27)),
        ("ellipse", "#ffd84d", (0.28, 0.36, 0.37, 0.46)),
        ("ellipse", "#ffd84d", (0.45, 0.36, 0.54, 0.46)),
        ("ellipse", "#2e2a35", (0.31, 0.37, 0.335, 0.46)),
        ("ellipse", "#2e2a35", (0.485, 0.37, 0.51, 0.46)),
        ("polygon", "#f3a6a6", (0.385, 0.48, 0.435, 0.48, 0.41, 0.51)),
    ),
    "house|home|cabin|cottage|hut|房|屋|家": (
        ("polygon", "#8d4a3a", (0.66, 0.42, 0.66, 0.22, 0.76, 0.22, 0.76, 0.5)),
        ("polygon", "#f3e3c7", (0.16, 1, 0.16, 0.55, 0.84, 0.55, 0.84, 1)),
        ("polygon", "#b3483c", (0.06, 0.58, 0.5, 0.2, 0.94, 0.58)),
        ("polygon", "#6b4632", (0.43, 1, 0.43, 0.72, 0.57, 0.72, 0.57, 1)),
        ("polygon", "#ffd977", (0.23, 0.82, 0.23, 0.67, 0.36, 0.67, 0.36, 0.82)),
        ("polygon", "#ffd977", (0.64, 0.82, 0.64, 0.67, 0.77, 0.67, 0.77, 0.82)),
    ),
    "boat|ship|sail|船|帆": (
        ("polygon", "#6b4632", (0.48, 0.82, 0.48, 0.1, 0.51, 0.1, 0.51, 0.82)),
        ("polygon", "#fdf8ec", (0.53, 0.14, 0.88, 0.74, 0.53, 0.74)),
        ("polygon", "#e8564a", (0.46, 0.24, 0.46, 0.74, 0.18, 0.74)),
        ("polygon", "#7d3f2b", (0.1, 0.8, 0.94, 0.8, 0.8, 1, 0.24, 1)),
    ),
    "banana|香蕉": (
        (
            "polygon",
            "#f6cf3c",
            (
                *(0.14, 0.3, 0.2, 0.62, 0.42, 0.9, 0.72, 0.96, 0.92, 0.84, 0.9, 0.78),
                *(0.7, 0.78, 0.5, 0.68, 0.34, 0.5, 0.24, 0.27),
            ),
        ),
        (
            "polygon",
            "#e0b020",
            (0.14, 0.3, 0.2, 0.62, 0.42, 0.9, 0.72, 0.96, 0.44, 0.8, 0.26, 0.56),
        ),
        ("polygon", "#5b4218", (0.14, 0.3, 0.15, 0.16, 0.22, 0.15, 0.24, 0.27)),
        ("polygon", "#5b4218", (0.92, 0.84, 0.97, 0.8, 0.94, 0.76, 0.9, 0.78)),
    ),
    "flower|rose|tulip|blossom|花": (
        ("polygon", "#3d7a45", (0.485, 1, 0.485, 0.4, 0.515, 0.4, 0.515, 1)),
        ("ellipse", "#4c9455", (0.28, 0.7, 0.5, 0.82)),
        ("ellipse", "#4c9455", (0.5, 0.6, 0.72, 0.72)),
        ("ellipse", "#f08fb0", (0.4, 0.08, 0.6, 0.3)),
        ("ellipse", "#f08fb0", (0.4, 0.36, 0.6, 0.58)),
        ("ellipse", "#ee7ba2", (0.24, 0.22, 0.46, 0.44)),
        ("ellipse", "#ee7ba2", (0.54, 0.22, 0.76, 0.44)),
        ("ellipse", "#ffd84d", (0.4, 0.23, 0.6, 0.43)),
    ),
    "balloon|气球": (
        ("polygon", "#8a5a35", (0.44, 0.98, 0.42, 0.84, 0.58, 0.84, 0.56, 0.98)),
        ("polygon", "#5d4630", (0.43, 0.84, 0.3, 0.58, 0.32, 0.57, 0.45, 0.84)),
        ("polygon", "#5d4630", (0.57, 0.84, 0.7, 0.58, 0.68, 0.57, 0.55, 0.84)),
        ("ellipse", "#e8564a", (0.2, 0.02, 0.8, 0.66)),
        ("ellipse", "#f7c65b", (0.33, 0.02, 0.67, 0.66)),
        ("ellipse", "#e8564a", (0.44, 0.02, 0.56, 0.66)),
    ),
    "tree|pine|oak|树|松": (
        ("polygon", "#5b3d2a", (0.46, 1, 0.46, 0.8, 0.54, 0.8, 0.54, 1)),
        ("polygon", "#1d5138", (0.18, 0.86, 0.5, 0.42, 0.82, 0.86)),
        ("polygon", "#256346", (0.24, 0.64, 0.5, 0.22, 0.76, 0.64)),
        ("polygon", "#2f7553", (0.3, 0.42, 0.5, 0.04, 0.7, 0.42)),
    ),
}
"""Things that stand in the landscape, by the words for them; the first that is named is drawn."""


def names(prompt: str, words: str) -> bool:
    """Whether a prompt has one of ``words``, which are separated by bars; English ones whole."""
    pattern = "|".join(rf"\b{w}\b" if w.isascii() else w for w in words.split("|"))
    return re.search(pattern, prompt, re.IGNORECASE) is not None


def palette(prompt: str, chance: Random) -> Palette:
    """The first palette that the prompt asks for, or any."""
    drawn = chance.choice(PALETTES)
    return next((p for p in PALETTES if names(prompt, p.words)), drawn)


def motif(prompt: str, chance: Random) -> tuple[Shape, ...]:
    """The first motif that the prompt names, or a tree, a house, a balloon or nothing."""
    drawn = chance.choice(
        ["tree|pine|oak|树|松", "balloon|气球", "house|home|cabin|cottage|hut|房|屋|家", ""]
    )
    named = next((words for words in MOTIFS if names(prompt, words)), drawn)
    return MOTIFS.get(named, ())
