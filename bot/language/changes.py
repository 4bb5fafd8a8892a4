# ruff: noqa: E501 - one way to say it, one line
"""Words that ask for a change of a picture that is already there: "make it warmer", 把背景换成海边.

A message like this, sent without a picture soon after one was made, means that picture.
"""

from __future__ import annotations

import re

from bot.language.phrases import peeled

_IT = r"(?:it|this|that|these|them|him|her|his|their|its|the|my|everyone|everything|all|both|me)"
_SOME = r"(?:it|this|that|these|them|him|her|his|their|its|the|my|a|an|some|more|another|all|every\w*|out|in|up|off|to|into|down|two|three)"
_ER = (
    r"(?:warm|cool|dark|bright|light|bigg|small|larg|sharp|soft|wid|tall|short|long|clos|clear|clean|simpl|happi|sadd|old"
    r"|young|moodi|scari|cut|pretti|funni|fast|slow|high|low|thick|thinn|redd|nic|bett|cold|hott|dreami|bold|rich|calm|quiet)er"
)
_EDIT_ZH = r"(?:换|改|变|转|调|弄|裁|放大|缩小|扩展|升级|提高|提升|设)"

_HEAD_ENDS = "(?![a-z])"  # of the patterns that are only an opening, whatever follows it
_OPENINGS = tuple(
    map(
        re.compile,
        (
            rf"(?:make|turn|change|convert|let|have|give|put|keep|move|switch|transform|colou?r|paint|set|render|dress|swap) {_IT}(?![a-z])",
            r"(?:add|remove|delete|erase|replace|swap|recolou?r|colou?ri[sz]e|brighten|darken|blur|sharpen|restore|retouch|upscale|undo|resize|desaturate|combine|merge|enhance)(?![a-z])",
            rf"(?:crop|extend|expand|zoom|rotate|flip|mirror|fix|edit|use|put|take|get rid of|fill|shrink|enlarge|soften|change|convert|redo|tone|clean|increase|decrease|lower|raise|cut|isolate|move|try|do) {_SOME}(?![a-z])",
            r"(?:now|but|turn into|make (?:one|two|three|\d) more|and now|instead|what if|what about|how about|what would (?:it|this) look|also|then|try|in the style of|as a|as an|in|with|without|less|change|switch|zoom) .+",
            r"(?:change|convert|switch|same)(?: .+)?|again (?:but|with|in|as).*",
            r"(?:put|place) .+ (?:on|in|behind|into|next to) .+",
            rf"(?:(?:a bit|a little|much|even|slightly|way) )?(?:(?:more|less) [a-z]+|{_ER})(?:,? (?:and )?(?:(?:more|less) [a-z]+|{_ER}))?",
            r"(?:higher|better) (?:quality|resolution)",
            r"(?:a bit|a little|much|even|slightly) [a-z]{2,10}er",
            r"(?:the|his|her|their) .+ should (?:be|have|look) .+",
            r".{0,12}(?:variations?|versions?)(?: (?:of|on) (?:it|this|that|these))?",
            r"[a-z]+(?: [a-z]+)? (?:style|version|mode)",
            r"(?:把|将(?!军|来)|让|使)(?!一|我|酒|世界).+|给(?:它|他|她|这|那|图|人|狗|猫|画面|背景|.{1,4}(?:加|戴|换|穿)).*",
            r"(?:再(?![见也会度次])|更(?![衣新])|稍微|不要那么|别那么|别太|多|少).{1,8}(?:一?点|一?些|一下)?|.{1,10}(?:一点儿?|一些)|.{0,6}(?:再(?![见也会度次])|更(?![衣新])|太(?![阳空极])).{1,4}",
            rf"(?:可以|能)?{_EDIT_ZH}(?:成|为|到|至|掉|上|下|个|一下|一个|一|亮|暗|大|小|回|得).*",
            rf".{{1,8}}(?:{_EDIT_ZH}(?:成|为|到|掉|一下)|去掉|删掉|去除|移除|加上|加个|加一).*",
            r"(?:去掉|去除|移除|删除|删掉|擦掉|抠图|消除|加(?![州油菲班拿冕工湿])上?|添加|增加|保留|保持|修复|修图|上色|虚化|模糊|锐化|旋转|翻转|镜像|调亮|调暗|调整|放大|缩小|裁剪|裁切|扩图|扩展|替换|换上|换掉|风格迁移|美化|优化|还是).*",
            r".{2,6}(?:风格?|版|版本|化|滤镜)",
            r"(?:不要|别要)(?:水印|文字|背景|边框|帽子|这|那).*",
            r"(?:来|出|给我|做|要|弄|整)?(?:一|两|三|四|几|\d)?(?:个|张)(?:不同的?)?.{0,6}(?:版本|版|变体)",
        ),
    )
)
_REFERENCES = re.compile(
    r"(?<![a-z])(?:this|that|the (?:last|previous|same|above)) (?:image|picture|photo|pic|one|drawing|logo|dog|cat|person)(?![a-z])"
    r"|(?:of|to|with|from|like|for) (?:this|it|that|these)$"
    r"|这张|这幅|上一张|上张|刚才|刚刚那|前一张|原图|图中|图里|图上|这只|参考图|图生图"
)
_NEW = re.compile(
    r"(?:draw|paint|generate|create|imagine|sketch|illustrate|design|make (?:me |us )?(?:an?|some|two|three|four|\d)(?! more)(?![a-z])"
    r"|(?:give|show|get) (?:me|us)(?! (?:it|this|that|these)(?![a-z]))|can i (?:get|have) an?(?![a-z])|画|绘制|生成|创作|设计|制作|来一?[张幅只个]|再来一|不要.{1,6}[,，]|in (?:a|the(?! style)|an|space|\d)|with (?:a|an) |set the (?:table|stage)|without .+,"
    r"|as (?:a|an) |same[- ]sex|use (?:some|red|blue|bold|cool) )"
)


# All that can be found in several lines: "." is no line's end. Trying the others takes long.
_HEADS = tuple(each for each in _OPENINGS if each.pattern.endswith(_HEAD_ENDS))


def is_change(folded: str) -> bool:
    """Tell whether a folded text asks for a change rather than for a new picture."""
    if _REFERENCES.search(folded):
        return True
    readings = peeled(folded)
    if any(_NEW.match(text) for text in readings):
        return False
    return any(
        opening.fullmatch(_head(text, opening))
        for text in readings
        for opening in (_HEADS if "\n" in text else _OPENINGS)
    )


def _head(text: str, opening: re.Pattern[str]) -> str:
    """Return what the pattern finds at the beginning, when the pattern is only an opening."""
    match = opening.match(text) if opening.pattern.endswith(_HEAD_ENDS) else None
    return match[0] if match else text
