"""The text itself: one spelling for matching, what is never matched, and how a cut is closed.

Width, case, spaces and traditional characters are folded. Matching happens on the folded text only,
which keeps the way back; the person's own characters are what is kept or cut.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_SIMPLIFIED = str.maketrans(
    "並乾佈併來係倆個們傢傳價億儘優兒內兩冊別刪剋剛創動務勝區厲參員唄問單嗎噹國園圖埰報場塊夢寀實寫寬將專對導師帶幣幫幹幾庫廠張強彆彫後從復愛態慣應戰戲戶捲掛採換摳撲擇擊據擴擺攝敗數斷於"
    "昇時曆書會東查査條棄業極構標樣機橫檔檯歡歲歷歸決沒況淩溼滿漁漢濕濟濾為無煩爲牀狀獎現產産畫當疊發盃盡盤眞種竪筆箇簡籃紀約納紙級紹終組結給統絲經網綵緊編緻縮縱總繪繫繼續纔罷習聖聯腦臉"
    "臨臺與舉艦萬薦藍藝處虛號裏裝裡製複見規視覽訂計託記設訴註証詞詢試詩該誌認說説誰調請謝證變讓豎貓貴費貼賀資賠質賽趕車軍軸較輛輪輯輸轉辦迴這進遊運過達遠適遷選還邊郵釘鈔鉛銀銳銷鋪鋭錄錢"
    "録錶鍾鏈鏡鐘鐵長門開間閱閲闆闇闖關陽隨隻雙電頁頂項須預領頭頻題顏顔類顯風飄飛飯飾餅馬騰體髮鬆鬚鬧鵰鷹麪麫麵麼麽點齣詳",
    "并干布并来系俩个们家传价亿尽优儿内两册别删克刚创动务胜区厉参员呗问单吗当国园图采报场块梦采实写宽将专对导师带币帮干几库厂张强别雕后从复爱态惯应战戏户卷挂采换抠扑择击据扩摆摄败数断于"
    "升时历书会东查查条弃业极构标样机横档台欢岁历归决没况凌湿满渔汉湿济滤为无烦为床状奖现产产画当叠发杯尽盘真种竖笔个简篮纪约纳纸级绍终组结给统丝经网彩紧编致缩纵总绘系继续才罢习圣联脑脸"
    "临台与举舰万荐蓝艺处虚号里装里制复见规视览订计托记设诉注证词询试诗该志认说说谁调请谢证变让竖猫贵费贴贺资赔质赛赶车军轴较辆轮辑输转办回这进游运过达远适迁选还边邮钉钞铅银锐销铺锐录钱"
    "录表钟链镜钟铁长门开间阅阅板暗闯关阳随只双电页顶项须预领头频题颜颜类显风飘飞饭饰饼马腾体发松须闹雕鹰面面面么么点出详",
)
_PLAIN = str.maketrans({"’": "'", "‘": "'", "–": "-", "‐": "-", "‑": "-", "−": "-", "∶": ":"})
# What Taiwan calls by another name, letter for letter as long.
_NAMED_ALIKE = {"预设": "默认", "解析度": "分辨率", "纪录": "记录", "影像": "图像"}
_LONGEST_FOLD = 4  # a few code points unfold to 18 letters; those are nobody's directive

# Text the picture should show, or an address: never a directive, whatever it says.
_PROTECTED = re.compile(
    r'"[^"\n]{1,300}"|“[^”\n]{1,300}”|「[^」\n]{1,300}」|『[^』\n]{1,300}』|《[^》\n]{1,300}》'
    r"|`[^`\n]{1,300}`|(?<![a-z0-9])'[^'\n]{1,200}'(?![a-z0-9])"
    r"|https?://[^\s<>]{1,500}"
    r"|(?<![a-z])(?:says|saying|said|(?:that|which) reads?|labell?ed|titled|entitled|captioned"
    r"|with the (?:texts?|words?|captions?|titles?|labels?)|spelling(?: out)?) [^,.;!?。\n]{1,80}"
    r"|(?:写着|写有|写上|标着|印着|印有|刻着|题为|显示着?(?![器屏卡])|文字[是为]|标题[是为]|内容是文字)"
    r"[^,.;!?。、\n ]{1,40}"
    r"|(?<![a-z0-9:])(?:[^ ,.;!?。\n]{1,20} ){1,3}(?:written|scrawled|scribbled|chalked"
    r"|carved|engraved|stitched) (?:on|in|into|across|over)(?![a-z])"
    r"|[^ ,.;!?。、\n]{1,12}(?=(?:写|刻|印|标)在)"
)
PROTECTED = "\ue000"


@dataclass(frozen=True, slots=True)
class Folded:
    """A text folded for matching; `origin[i]` is where folded character i came from."""

    text: str
    origin: tuple[int, ...]  # one longer than `text`: the last entry is the original's length


@lru_cache(maxsize=4096)
def _fold_character(character: str) -> str:
    if unicodedata.category(character) == "Cf" or "\ufe00" <= character <= "\ufe0f":
        return ""
    if character == "\n":
        return "\n"
    if character.isspace():
        return " "
    folded = unicodedata.normalize("NFKC", character).lower()
    if len(folded) > _LONGEST_FOLD:
        return character
    return folded.translate(_SIMPLIFIED).translate(_PLAIN)


def fold(text: str) -> Folded:
    """Fold `text`: NFKC, lower case, simplified characters, single spaces, no invisible ones."""
    characters: list[str] = []
    origin: list[int] = []
    for index, character in enumerate(text):
        for folded in _fold_character(character):
            if folded == " " and characters and characters[-1] == " ":
                continue
            characters.append(folded)
            origin.append(index)
    return Folded(_same_names("".join(characters)), (*origin, len(text)))


def _same_names(folded: str) -> str:
    for name, usual in _NAMED_ALIKE.items():
        folded = folded.replace(name, usual)
    return folded


def protect(folded: str) -> str:
    """Hide quoted text and addresses behind placeholders of the same length."""
    return _PROTECTED.sub(lambda match: PROTECTED * len(match[0]), folded)


_SOFT = " \t\r\n,，、;；:：|-–—&+"
_ENDS = ".!?。！？"
_BRACKETS = (("(", ")"), ("（", "）"), ("[", "]"), ("【", "】"))


def join(left: str, right: str) -> str:
    """Join what stood on both sides of a cut with at most one of the separators around it."""
    for opening, closing in _BRACKETS:
        if left.rstrip().endswith(opening) and right.lstrip().startswith(closing):
            left, right = left.rstrip()[:-1], right.lstrip()[1:]
    before, after = left.rstrip(_SOFT), right.lstrip(_SOFT)
    while before.endswith(" /"):  # a slash between spaces separates too
        before = before[:-1].rstrip(_SOFT)
    while after.startswith("/ "):
        after = after[1:].lstrip(_SOFT)
    between = left[len(before) :] + right[: len(right) - len(after)]
    marks = " /" if "/" in between else between.strip()[:1]
    if left.endswith("的") and (marks or not after):
        before = before.removesuffix("的")
    if not before:
        return after.lstrip(_ENDS + _SOFT)
    if not after:
        return before
    if after[0] in _ENDS:
        return before + (after.lstrip(_ENDS) if before[-1] in _ENDS else after)
    if after[0] in ")）]】":
        return before + after
    if not marks:
        before = _fitting_article(before, after)
    return before + marks + " " * (" " in between or "\n" in between) + after


_ARTICLE = re.compile(r"(?<![^\W_])(an?)$", re.IGNORECASE)


def _fitting_article(before: str, after: str) -> str:
    """Shorten an article that no longer fits: "a 4K image" → "image", "an 8K dog" → "a dog"."""
    article = _ARTICLE.search(before, max(0, len(before) - 2))
    if article is None or not re.match("[a-z]", after, re.IGNORECASE):
        return before
    vowel = re.match(r"[aeiou](?!ni|ne|s[eu])", after, re.IGNORECASE) is not None
    if vowel == (len(article[1]) == 2):
        return before
    return before[: article.start()].rstrip() if vowel else before[:-1]
