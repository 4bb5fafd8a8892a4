# ruff: noqa: E501 - one frame, one line
"""Where a setting counts as a directive: patterns over the kinds of a stretch's tokens.

* Alone between punctuation marks, with nothing but small words: "…, in 4K please", "横图，…";
* at the beginning, before a verb or before the content: "use pro to draw …", "NB2 a teapot";
* as an adjective of the picture asked for: "a square logo with an owl", 一张4K的星空壁纸;
* at the end: "… in portrait mode", "… 16:9", …用Pro;
* anywhere, when it carries its own noun: "4K resolution", 横图.

The letters are the kinds explained at the top of `vocabulary`. A frame takes the settings in its
group `take` and cuts the words in its group `cut`. In a pattern `A` stands for any setting and `H`
for one that may stand at an edge without a preposition. Patterns tried at every place have bounded
repetitions, and so have those from the beginning with several in a row: all linear.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a setting is a directive, as a pattern over the kinds of one segment's tokens."""

    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None = None  # … and the segment does not look like this


_ANY = "ERrKkSsQqMmfCc"
_HARD = "ERKSQMC"
MATTER = _ANY + "P"  # a stretch without any of these holds no directive


# A repetition, unless it is of anything or of anything but some kinds.
_REPEATED = re.compile(r"(?:\[\^[^\]]*\]|\.)[*+]|(?P<how>[*+])")


def _bounded(found: re.Match[str]) -> str:
    return {"*": "{0,16}", "+": "{1,16}"}.get(found["how"], found[0])


def _frame(pattern: str, unless: str | None = None) -> Frame:
    """Compile a frame, spelling out `A` and `H`."""

    def expand(match: re.Match[str]) -> str:
        letters = match[0].replace("A", _ANY).replace("H", _HARD)
        return letters if match[0][0] == "[" else f"[{letters}]"

    def compiled(text: str) -> re.Pattern[str]:
        if not text.startswith("^"):  # tried at every place
            text = text.replace("*", "{0,8}").replace("+", "{1,8}")
        elif not text.endswith("))$"):  # from the beginning, with several repetitions in a row
            text = _REPEATED.sub(_bounded, text)
        return re.compile(re.sub(r"\[[^\]]*\]|A|H", expand, text))

    return Frame(compiled(pattern), compiled(unless) if unless else None)


# All of a stretch, when it has a setting and nothing but small words around it, …
ALONE = _frame(
    r"^(?P<cut>(?P<take>[gedpuwjnNPV#]*A[gedpuwjnNPV#A]*))$",
    # … but not "draw a square", 画一个方形, "a portrait", nor the fruit
    unless=r"^(?=.*[dV])[gdVj]*s[gj]*$|^(?>[^uwV]*f)[^uwVe]*$|^[gV]*[dV]m$",
)

# Between spaces beside 汉字 a short name needs to be the last word.
ALONE_BY_SPACE = _frame(
    r"^(?P<cut>(?P<take>[gedpuwjnNPV#]*A[gedpuwjnNPV#A]*))$",
    unless=r"^(?>[^uwe]*[mfk])[^V]*$|^[gV]*c$|^[V][gd]*s$",
)
# Across punctuation: "Flash: a fox", 小香蕉，画…
ACROSS = (_frame(r"^g*(?P<cut>(?P<take>[fm])B)(?=[gVhdcC#])"),)
# The adjectives of the picture asked for: "a widescreen photo of …", 方形的猫头鹰标志图片.
ADJECTIVES: tuple[Frame, ...] = (
    # a widescreen photo of …, a 4K ultra realistic photo of …, a square album cover, premium render
    _frame(r"^[gVeupdjnA#]*?[cC#d]?[Wv]{0,3}(?P<cut>(?P<take>(?:[kqs][jn]?)*[ERrKSQMC](?:[jn]?[ERrKSQMCkqs])*))n?(?:[Wv]{0,3}|[WN]{0,2})[NP](?=[ouwgjpdeB]|$)"),
    _frame(r"^[gVeupdjnA#]*?[cC#d]?[Wv]{0,3}(?P<cut>(?P<take>(?:[kqs][jn]?)*s))n?(?:W?|N)[NP](?=[ouwgjpdeB]|$)"),
    _frame(r"^[gVeupdjnA#]*?[cC#d]?[Wv]{0,3}(?P<cut>(?P<take>[kqs]*[kq]))n?[NP](?=[ouwgjpdeB]|$)"),
    # 4K狐狸壁纸, starry sky 4K wallpaper, 方形的猫头鹰标志图片
    _frame(r"(?<![d#])(?P<cut>(?P<take>[KRrSEQ]+)n*)[WXdv]{0,12}N+g*$", unless=r"^[^d]*d[^W]*W[^KRrSEQ]*[KRrSEQ][^N]*N|z"),
    _frame(r"^[gV]*(?P<cut>(?P<take>[sk])n+)[WX]{1,12}N+g*$"),
    _frame(r"(?<![dpwu])(?P<cut>(?P<take>s)n?)N+g*$"),
)  # fmt: skip
FRAMES: tuple[Frame, ...] = (
    _frame(r"(?P<take>(?P<cut>E))"),
    # use pro to draw …, 用Pro画…, 4K画质画…, 最便宜的方式画…
    _frame(r"^g*(?P<cut>ud?(?P<take>[QM])n*[po]?)(?=[Wd])"),
    _frame(r"^g*(?P<cut>u(?P<take>[mf])n*p)(?=[Wd])"),
    _frame(r"^g*(?P<cut>[upwV]?g{0,3}d?(?P<take>A(?:[njg]?[upwd]*A)*)[njN]*(?:p(?=[Vh]))?)(?=[gp]*[VhecC#])", unless=r"^g*V[gd]*f|^[gd]*f[gp]*e"),
    # NB2 a teapot, 16:9 a castle, 横版 城堡
    _frame(r"^g*(?:[gu]*d(?!M))?(?P<cut>u?(?P<take>(?:m[njg]*)?H(?:[njg]*H)*)n?)(?=.)(?![upo]*$)", unless=r"^g*d?[RSK].?z|^g*dQ"),
    _frame(r"^g*(?P<cut>(?P<take>r)n?)(?=[dVN#]|[W]+N$)", unless=r"z"),
    # make it 16:9 and …
    _frame(r"^[gj]*(?P<cut>ed?(?P<take>A)n*j)"),
    _frame(r"^[gj]*e(?P<cut>d?(?P<take>A)n*)(?=[jwupB])"),
    *ADJECTIVES,
    # a 16:9 castle, a 2K dragon
    _frame(r"^[gV]*[cCd#][Wv]{0,2}(?P<cut>(?P<take>[KRE]+)n?)(?=[Wv])", unless=r"z|t"),
    # 一张高质量的猫, 画张方形的…
    _frame(r"^[gVeuwpMmfQq n]*c(?P<cut>(?P<take>[ERrKSsQq](?:[jn]*[ERrKSsQq])*)n*)", unless=r"t$|^[gVc]*.nt"),
    # draw two pictures of …, 画三张…, 4 variations of …
    _frame(r"^[gVepuwndAj]*(?P<cut>(?P<take>#)P(?:o|(?=g*$)))"),
    _frame(r"^[gVepuwndAj]*(?P<cut>(?P<take>#))[WA]{0,4}P(?=o|[gj]|$|pA|uA|wA)"),
    _frame(r"^[gVepuwndAj]*(?P<cut>(?P<take>C)o?)"),
    _frame(r"^[gVepuwndAj]*(?P<cut>(?P<take>c)n?)(?!n?t)", unless=r"c[^NP]{0,8}t(?!.*N$)"),
    _frame(r"[Nn](?P<cut>(?P<take>c))g*$"),
    _frame(r"(?<=[WX])(?P<cut>V(?P<take>c))g*$"),
    # … in 4K, … with pro, …用Pro, … as a square image
    _frame(r"(?P<cut>[pu]g*d?(?P<take>[ERKSQMCrmqk](?:[jpudgnw]*A)*)[nN]*g*)$", unless=r"z.*[pu]g*d?[rR]|pdm"),
    _frame(r"(?P<cut>u(?P<take>[fA])n*g*)$"),
    _frame(r"(?P<cut>p(?P<take>[s])n*g*)$"),
    _frame(r"(?P<cut>w(?P<take>[ERKQMmq](?:[jn]*A)*)[nN]*g*)$", unless=r"wd"),
    _frame(r"(?P<cut>wd(?P<take>[ERKQM]A*)[nN]*g*)$"),
    # draw a fox the cheapest way
    _frame(r"^g*V.*[WXN](?P<cut>d(?P<take>Q)[ng]*)$"),
    # draw a fox cheapest, 画一只狐狸最便宜
    _frame(r"^g*V.*W(?P<cut>(?P<take>q)g*)$", unless=r"[!z]"),
    _frame(r"[WXNv](?P<cut>(?P<take>q)g+)$", unless=r"[!z]"),
    # … 16:9, …4K横图
    _frame(r"(?<=[^d])(?P<cut>(?P<take>[EKRSQC](?:[ngj]*[EKRSQCrsqMmc])*)[ng]*)$", unless=r"z.*R|[ow#][KQ][ng]*$"),
    _frame(r"(?<=[WXNv])(?P<cut>(?P<take>M)[ng]*)$"),
    _frame(r"(?<=[WXNvj])(?P<cut>(?P<take>r)[ng]*)$", unless=r"z"),
    # … in 4K on the moon, … using nano banana pro and …
    _frame(r"(?P<cut>p(?P<take>[KRE]+)n*)(?=[opudjgwV])", unless=r"z"),
    _frame(r"(?P<cut>[uw]d?(?P<take>[MQ])n*)(?=[pjgVdo])"),
    _frame(r"(?P<cut>u(?P<take>[mf])n+)"),
    _frame(r"(?P<cut>u(?P<take>[mf])p?)(?=[jgV])"),
)  # fmt: skip

# What stands under a "not", or is there to be changed: 把三张照片拼在一起, "remove the 4K logo".
CONTENT = re.compile(
    r"h[gd]*[ERrKkSsQqMmfCc#]+|h[gdnWv]{1,8}[ERrKkSsQqMmfCc#]+(?=[nWvNP])|!([gdpuwVhe]*[ERrKkSsQqMmfCcN][ERrKkSsQqMmfCc]*n*)"
)
