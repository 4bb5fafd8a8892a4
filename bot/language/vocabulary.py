# ruff: noqa: E501 - one kind of word, one line
"""The words that matter, as data: each `Word` is a kind, what it says, and how it is written.

A kind is one letter, so that a phrase becomes a short string on which grammar is a regular
expression (see `frames`). "use pro to draw two 4K photos of a fox" is

    use pro to draw two 4K photos of a fox
     u   m  p   V    #  K    P    o  d  W

and the frame `^g*(?P<cut>u…m…p)(?=…V)` takes "pro" as a setting and cuts "use pro to". Capitals
are settings that are rarely anything else; their small letters can also be content, and only count
in narrower places. The kinds of settings:

    E  carries its own noun: a setting wherever it stands   "aspect ratio 16:9", 4K分辨率, 横图
    R  ratio of a wide or tall screen                        16:9, 9:16, 21:9
    r  any other ratio; could be a score or a time           3:2, 4:3
    K  size in K or in pixels by pixels                      4K, 1920x1080
    k  the bare number                                       512
    S  orientation, a word of screens                        widescreen, 横版, 竖屏
    s  orientation (or 高质量), an ordinary word             square, landscape, 方形, 横向
    Q  quality or budget with its noun                       best quality, 最便宜的方式
    q  quality or budget, an ordinary word                   premium, cheapest, 便宜的
    M  model                                                 Nano Banana Pro, NB2
    m  model, a short name                                   pro
    f  model, a name that is an ordinary word                flash, banana, 大香蕉
    C  count with its noun or sign                           x4, 3 versions, 数量：3
    c  counted sheets                                        三张, 两幅
    #  a bare number                                         three, 12

and of the words around them:

    N  a picture                 photo, logo, 壁纸      P  pictures           photos, logos
    n  what a setting is of      quality, mode, 的      d  article            a, the, 一只
    u  use, or a label           use, 用, "model:"      w  with               with, on
    p  into which form           in, at, to, 成         o  of what            of, for, showing
    V  make                      draw, show me, 画      e  make it, turn into 换成, 改成
    h  its object is content     把, remove, 去掉       !  not                no, without, 不要
    j  and                       and, but, 和           g  polite and small   please, 帮我, 就行
    t  thing counted in 张       桌, 床, 票             z  beside it a ratio is none  score, 时钟
    v  a word in -ing            hanging, holding       X  hidden by `spelling.protect`: quotations
    B  punctuation               , 。 ( -               b  a space beside 汉字
    W  any other word
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Word(NamedTuple):
    """Patterns of one kind; `value` None means the words themselves say it ("16:9", "three").

    Slots: model, quality, size, aspect_ratio, count; `orientation` is an aspect ratio in words,
    which a spelled-out one beats (竖图 3:4), and `pixels` is both a size and an aspect ratio.
    """

    kind: str
    pattern: str
    slot: str = ""
    value: str | None = None


# Between two values of one setting these take the first one back: "21:9？不，16:9".
TAKEN_BACK = (
    r"(?:(?:oh|uh|or|hmm|make (?:it|that)|use|let's|和|哦|啊|呃|那|就|用|要|是|吧|改|换)[\s,.;!?…。、]{0,3}){0,5}"
    r"(?:no|nope|wait|sorry|actually|i mean|rather|scratch that|instead|不|不对|不是|不行|错了|等等|等下|算了"
    r"|还是|应该是?|我是说|改成|改为|换成|抱歉)(?![a-z])"
)
BEST = "best"
CHEAPEST = "cheapest"
ANY_PICTURE = "any"  # "image", 图片: says nothing about what kind of picture
STRONG_RATIOS = ("16:9", "9:16", "21:9")

RATIO = r"(?<![\d.$€¥£])(?<!\d:)\d{1,2}(?: ?[:x×比] ?| by )\d{1,2}(?!\d|:\d|%|\.\d| ?[ap]\.?m(?![a-z])| ?[分点])"
SLASH_RATIO = r"(?<![\d/.])(?:16/9|9/16|21/9|4/3|3/4|3/2|2/3|1/1)(?![\d/.])"
PIXELS = r"(?<![\d.$€¥£])\d{3,4} ?[x×*] ?\d{3,4}(?![\d.])(?: ?(?:px|pixels?|像素))?"
# What has a resolution, a distance or a crowd of its own: "4K TV", "10K marathon", "1K followers".
_OWNERS = (
    r"tvs?|televisions?|monitors?|displays?|screens?|cameras?|webcams?|projectors?|camcorders?"
    r"|videos?|movies?|films?|blu-?rays?|footage|streaming|run|runs|runners?|running|race|races"
    r"|marathons?|walk|jog|basketball|games?|gaming|gamers?|consoles?|followers?|subscribers?"
    r"|likes|views|members|dollars?|usd|yuan|people|meters?|metres?|miles?|km|feet|gold|steps"
    r"|drones?|laptops?|phones?|oled|led|lcd|graphics|gpus?|ram|salary|budget|medals?|finishers?"
)
_NOT_OWNED = (
    rf"(?![ -](?:(?!a |an |the |of |with |on |and |for |in |at )[a-z]+ )?(?:{_OWNERS})(?![a-z]))"
    r"(?! ?(?:的)?(?:oled)?(?:超高清|高清)?(?:电视|显示器|显示屏|屏幕|屏|摄像|摄影机|相机|投影|蓝光|视频"
    r"|电影|摄|修复|重制|直播|(?:长|晨|夜|慢|越野|欢乐)?跑|马拉松|赛|游戏|粉丝|米|公里|元|块|人|岁|步|订阅|年|显卡|月薪|美元|工资|奖牌|金(?:戒|项|手|饰|条|币|链)))"
)
SIZE = rf"(?<![\d.$€¥£+])(?:0\.5|\d{{1,2}}) ?k(?![a-z0-9]){_NOT_OWNED}"
NUMBER = (
    r"(?:\d{1,4}|a couple(?: of)?|a pair of|a few|several|half a dozen|(?:a|one) dozen|two dozen|a hundred"
    r"|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen"
    r"|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|hundred)"
)
NUMBER_ZH = r"(?:\d{1,4}|[一二两三四五六七八九十百俩仨几]{1,4}|一打|半打)"
NUMBERS = {
    **{
        word: number
        for number, word in enumerate(
            "one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
            "fifteen sixteen seventeen eighteen nineteen twenty".split(),
            start=1,
        )
    },
    "couple": 2, "pair": 2, "few": 3, "several": 3, "half": 6, "dozen": 12,
    "thirty": 30, "forty": 40, "fifty": 50, "hundred": 100,
}  # fmt: skip
DIGITS_ZH = dict(
    zip("一二两三四五六七八九俩仨几", (1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 3), strict=True)
)

_ADJECTIVES = (
    r"(?: (?:more|different|distinct|unique|separate|other|new|random|possible|alternative"
    r"|alternate|slightly|very|extra|additional)){0,8}"
)
_PICTURE = (
    r"image|picture|pic|photo|photograph|drawing|illustration|painting|wallpaper|poster|render"
    r"|rendering|portrait|sketch|artwork|logo|avatar|banner|icon|thumbnail|background|cover|shot"
    r"|version|design|print|card|flyer|graphic|header|canvas|artworks|scene|composition|snapshot"
    r"|profile pic|album cover|book cover|movie poster|selfie|mockup|concept art|pfp|art"
)
_PICTURES = (
    r"(?:image|picture|pic|photo|photograph|drawing|illustration|painting|wallpaper|poster|render"
    r"|rendering|portrait|artwork|logo|avatar|banner|thumbnail|background|cover|shot|design|selfie"
    r"|output|result|sample|concept|idea)s|sketches"
)
_MODEL = r"(?:model|engine|mode|tier|option|setting)s?"
_QUALITY = r"(?:quality|qual)"
_WAY = r"(?:(?:model|option|way|mode|one|setting|tier|method|engine|price|setup)s?(?! of)|version)"
_SHAPE_NOUN = (
    r"(?:orientation|format|mode|layout|aspect ratio|aspect|ratio|version|orientated|oriented"
    r"|composition|framing|frame|dimensions?|crop)"
)
_RATIO_NOUN = (
    r"(?:aspect ratio|aspect|ratio(?! of)|format|proportions?|orientation|crop|canvas|framing|frame"
    r"|composition|layout|dimensions?)"
)
_SIZE_NOUN = r"(?:resolution|res|quality|size|uhd|ultra ?hd|hd|version|output|definition|pixels?)"
# "size: 2K", 模型：Pro — the name of a setting before the setting itself
_LABEL = (
    r"(?<![a-z0-9] )(?:(?:image |picture )?(?:size|resolution|quality|format)|(?:aspect )?ratio|aspect|orientation"
    r"|layout|model) ?[:=]"
)
_LABEL_ZH = r"(?<![a-z0-9的\u3400-\u9fff])(?<![a-z0-9] )(?:图片|画面)?(?:模型|画质|质量|品质|尺寸|大小|分辨率|清晰度|比例|画幅|方向|格式|版式|构图|规格)[:=] ?"
_HOW_MANY = r"(?:(?:number of )?(?:images|pictures|photos)|count|quantity) ?[:=] ?"
_HOW_MANY_ZH = r"(?:图片|生成|出图)?(?:数量|张数|份数)[:=是为]? ?"
_RATIO_NAME = (
    r"(?:aspect(?: ratio)?(?: ?(?:of|is|should be|to|=|:))?"
    r"|(?<!gear )ratio(?: ?(?:is|should be|to|=|:)| of(?= (?:16:9|9:16|21:9|1:1)))?) ?"
)
_SIZE_NAME = r"(?:resolution|res|image size|size)(?: ?(?:of|is|should be|to|=|:))? ?"
_RATIO_NAME_ZH = (
    r"(?:长?宽?高?比例?|画幅|尺寸比|宽高比|长宽比|画面比例|图片比例)(?:[是为用:]|设为|要)? ?"
)
_SIZE_NOUN_ZH = r"(?:画质|分辨率|清晰度|质量|尺寸|大小|像素|超高清|超清|高清|精度)"
_SIZE_NAME_ZH = r"(?:画质|分辨率|清晰度|尺寸|大小|像素)(?:[是为用要:]|设为)? ?"

# In 用最便宜的画狗 the last 画 is what to do; elsewhere 的画 is a picture.
_DRAW_WITH = (
    "(?:"
    + "|".join(
        f"(?<=用{quality}的)"
        for quality in "最便宜 便宜 最省钱 省钱 最实惠 最经济 最好 最贵 最高级 高级 最强".split()
    )
    + ")画(?=[^,.。;!?\n 家室廊框布像册卷师展板笔架风质])"
)

LATIN: tuple[Word, ...] = (
    # sizes and ratios with their nouns
    Word("E", rf"{_RATIO_NAME}{RATIO}", "aspect_ratio"),
    Word("E", rf"{RATIO}[ -]{_RATIO_NOUN}", "aspect_ratio"),
    Word("E", rf"{SLASH_RATIO}[ -]{_RATIO_NOUN}", "aspect_ratio"),
    Word("E", rf"{RATIO} ?的?(?:宽高|长宽|画面)?(?:比例|画幅|尺寸|宽高比|长宽比)(?!的?模型|尺)", "aspect_ratio"),
    Word("E", rf"{_SIZE_NAME}{SIZE}", "size"),
    Word("E", rf"{SIZE}[ -]?{_SIZE_NOUN}{_NOT_OWNED}", "size"),
    Word("E", rf"{SIZE} ?的?{_SIZE_NOUN_ZH}{_NOT_OWNED}", "size"),
    Word("K", PIXELS, "pixels"),
    Word("E", r"(?:512|1024|2048|4096) ?(?:px|pixels?(?! (?:made|of|on|that|forming))|p|像素)", "size"),
    Word("E", rf"{_SIZE_NAME}(?:512|1024|2048|4096)", "size"),
    Word("E", r"512(?: size| resolution|的?分辨率|的?尺寸)", "size"),
    Word("R", RATIO, "aspect_ratio"),
    Word("r", SLASH_RATIO, "aspect_ratio"),
    Word("K", rf"{SIZE}\+?", "size"),
    Word("K", rf"(?:ultra[ -]?hd|uhd){_NOT_OWNED}", "size", "4K"),
    Word("u", _LABEL),
    # counts
    Word("C", rf"{_HOW_MANY}{NUMBER}", "count"),
    Word("C", rf"{NUMBER}{_ADJECTIVES} (?:versions|variations|variants|alternatives|options|takes)(?: (?:of|on) (?:this|it|that|these))?", "count"),
    Word("C", rf"{NUMBER} of (?:them|these|those|this|it)", "count"),
    Word("C", rf"(?:a )?set of {NUMBER}{_ADJECTIVES} (?:images|pictures|photos|versions|variations)(?: of)?", "count"),
    Word("C", rf"{NUMBER_ZH} ?(?:个|种|款|份|套)(?:不同的?|不一样的?|其他的?)?(?:版本|方案|变体|变化|选项|候选)(?!的(?:自己|我|你|他|她|人生|世界))", "count"),
    Word("C", r"(?<!\d )[x×*] ?\d{1,3}(?![\d.:%/])", "count"),
    Word("c", rf"{NUMBER_ZH} ?(?:张|幅)(?!对联|春联|字(?!画)| ?(?:照片|图片|图|海报|画|画像)?(?:挂|贴|摆|放|钉|散|叠|铺|飘)|[\u4e00-\u9fff]{{1,4}}[图画照片报][挂贴摆放钉散叠铺飘摊][在满着])(?:不同的?(?![风颜角表姿场动])|不一样的?)?", "count"),
    Word("c", rf"{NUMBER_ZH} ?副(?=画|图)", "count"),
    Word("k", r"512(?![\d.,:]| ?(?:[gmkt]b|[a-z]))", "size"),
    Word("#", rf"{NUMBER}{_ADJECTIVES}", "count"),
    # orientation
    Word("E", rf"(?:landscape|horizontal|horizontally|widescreen|wide)[ -]{_SHAPE_NOUN}", "orientation", "16:9"),
    Word("E", rf"(?:portrait|vertical|vertically|tall|upright)[ -]{_SHAPE_NOUN}", "orientation", "9:16"),
    Word("E", rf"square[ -](?!frame){_SHAPE_NOUN}", "orientation", "1:1"),
    Word("E", rf"ultra[ -]?wide(?:screen)?[ -]{_SHAPE_NOUN}", "orientation", "21:9"),
    Word("S", rf"ultra[ -]?wide(?:screen)?{_NOT_OWNED}(?![ -](?:angle|lens|shot|view))", "orientation", "21:9"),
    Word("S", rf"(?:wide[ -]?screen){_NOT_OWNED}", "orientation", "16:9"),
    Word("s", r"landscape(?! (?:paint|art|gard|arch|photog|of |with |scene|draw|design|view))|horizontal(?:ly)?|wide(?= (?:image|picture|photo|wallpaper|banner|poster|canvas)|[,.;!?]|$)", "orientation", "16:9"),
    Word("s", r"portrait(?! (?:of |photo|paint|art|shot|session|studio|draw|lens|sketch|style|with ))|vertical(?:ly)?|tall(?= (?:image|picture|photo|wallpaper|banner|poster|canvas)|[,.;!?]|$)", "orientation", "9:16"),
    Word("s", r"squared?", "orientation", "1:1"),
    # quality and budget
    Word("Q", rf"(?:best|highest|maximum|max|top|finest|ultimate)(?: possible| available)?[ -]{_QUALITY}(?: (?:possible|available|you have|you can))?", "quality", BEST),
    Word("Q", rf"(?:best|premium|most powerful|most advanced|most expensive|strongest|top[ -]tier|high[ -]end|highest[ -]quality|best[ -]quality|high[ -]quality|highest)(?: available| possible)? (?:image |ai )?{_MODEL}(?: (?:you have|available|you've got))?", "quality", BEST),
    Word("Q", r"(?:best|highest|max) (?:possible|available)|top[ -]tier quality|at its best quality", "quality", BEST),
    Word("q", rf"(?:premium|high|top[ -]notch|superior|excellent|great)[ -]{_QUALITY}", "quality", BEST),
    Word("q", r"premium|best|highest|finest", "quality", BEST),
    Word("Q", rf"(?:cheapest|lowest[ -](?:cost|price)|budget|economy|low[ -]cost|low[ -]budget|cheap|cheaper|most affordable|least expensive|affordable|most economical|budget[ -]friendly)(?: possible| available)? {_WAY}(?: (?:possible|available|you have))?", "quality", CHEAPEST),
    Word("Q", r"(?:for|at) the (?:cheapest|lowest) (?:possible )?(?:price|cost)|i'm on a (?:tight )?budget|spend(?:ing)? as little as (?:possible|you can)|as (?:cheap|cheaply|inexpensive|inexpensively|affordable|affordably) as (?:possible|you can)|cheapest possible|(?:at )?(?:the )?(?:lowest|minimal|minimum) (?:possible )?(?:cost|price)|(?:keep|make|do) it (?:as )?cheap(?:est)?|(?:to )?save (?:me )?(?:some )?(?:money|credits|points)|for cheap(?!er)", "quality", CHEAPEST),
    Word("q", r"cheapest|cheap|cheaply|budget|budget[ -]friendly|economy|low[ -](?:cost|budget)|least expensive|most affordable|inexpensively|affordabl[ey]|on a (?:tight )?budget", "quality", CHEAPEST),
    # the words around settings
    Word("u", r"go(?: with| for)?(?= (?:pro|premium|cheap|budget|nano|nb))|use|using|via|utili[sz]ing|powered by"),
    Word("w", r"(?:(?:made|created|generated|drawn|done|produced) )?with|on"),
    Word("e", r"(?:make|turn|convert|change|switch|crop|resize|extend|expand|upscale|set|redo|remake|recreate|reframe|outpaint|reformat|transform|regenerate|render|do|keep|rotate|scale|give|export|output|enlarge|stretch)(?: up)? (?:it|this|that|them|these|(?:the|this|that|my) (?:image|picture|photo|pic|one|drawing|background|canvas|same))(?: image| picture| photo| one)?(?: (?:be|into|to|as|in|a)){0,5}"),
    Word("e", r"(?:(?:try|crop|resize|upscale|extend|expand|convert|reformat|outpaint|redo|enlarge|switch|change|i want it|it should be|should be|same (?:picture|image|photo|thing|one)|same but|this|it)(?: (?:into|to|as|in|it|a|an)){0,5})(?= (?:\d|wide|ultra|land|port|vert|horiz|square|best|high|prem|cheap|pro|nano|with|using|but|tall|uhd))"),
    Word("e", r"(?:change|set|switch|adjust|make|fix|keep) the(?= (?:aspect|ratio|size|resolution|format|orientation|image size|quality))"),
    Word("V", r"(?:show|give|get|send|make|draw|paint) (?:me|us)|draw|paint|generate|create|make|render|sketch|produce|design(?!$|[,.;!?]| (?:of|for|with|in|at) )|imagine|illustrate|want|need|like|get|do|have"),
    Word("h", r"remove|delete|erase|get rid of|(?:crop|cut|take) out|add|put|replace|swap|restore|retouch|recolou?r|colou?ri[sz]e|blur"),
    Word("p", r"in|at|to|into|as"),
    Word("d", r"a|an|the|its|my|your|some"),
    Word("v", r"(?!(?:draw|paint|morn|even|wedd|build|k|r|w|spr|str|someth|everyth|th|render|land|amaz|charm|stunn|interest|glow|smil|danc|sleep|fly|runn|laugh|flow)ing)[a-z]{2,16}ing"),
    Word("o", r"of|for|showing|depicting|featuring|where|from"),
    Word("j", r"and|but|or|also|plus|then|&|\+"),
    Word("g", r"(?:based on|using|like|from|with reference to) (?:this|that|the) (?:image|picture|photo|pic|reference)(?: as (?:a |the )?reference)?"),
    Word("g", r"(?:hey|hi|hello|ok|okay|dear|yo),? (?:banana[ -]?)?bot"),
    Word("g", r"can i|could i|may i|this|that|these|those|please|pls|plz|thanks|thank you|thx|can you|could you|would you|will you|help me|help|me|us|just|ok|okay|hey|hi|hello|now|kindly|i|i'd|i'll|would|let's|only|it|one|so|all|be|really|maybe|if possible"),
    Word("!", r"not|no|don't|dont|do not|without|never|avoid|instead of|rather than|isn't|than|non|stop"),
    Word("P", r"(?:image|picture|pic|photo|photograph|version|output|result|sample)s", "", ANY_PICTURE),
    Word("N", r"image|picture|pic|photo|version", "", ANY_PICTURE),
    Word("P", _PICTURES),
    Word("N", _PICTURE),
    Word("n", r"quality|resolution|format|mode|size|ratio|aspect ratio|aspect|orientation|models?|engine|option|tier|output|hd|uhd|ultra hd|full hd|style|version"),
    Word("z", r"scores?|scored|scoring|scoreboards?|won|wins?|winning|beat|beats|beating|lost|losing|leads?|leading|ended|ending|ends|finished|odds|scale|scaled|replica|replicas|clocks?|watch|timer|alarm|time|times|o'clock|verses?|chapter|bible|psalms?|proverbs|genesis|exodus|leviticus|deuteronomy|isaiah|jeremiah|ezekiel|daniel|matthew|luke|john|romans|corinthians|galatians|ephesians|philippians|hebrews|james|peter|revelation|joshua|kings|samuel|scripture|gospel|quran|surah|meeting|ratio|matchup|defeated|tied|draw of|victory|bet|train|bus|arrives?"),
)  # fmt: skip

CJK: tuple[Word, ...] = (
    Word("E", rf"{_RATIO_NAME_ZH}{RATIO}", "aspect_ratio"),
    Word("E", rf"{_SIZE_NAME_ZH}{SIZE}", "size"),
    Word("E", rf"{_SIZE_NAME_ZH}(?:512|1024|2048|4096)", "size"),
    Word("C", rf"{_HOW_MANY_ZH}{NUMBER_ZH} ?张?", "count"),
    Word("u", _LABEL_ZH),
    Word("C", rf"{NUMBER_ZH} ?(?:个|种|款|份|套)(?:不同的?|不一样的?|其他的?)?(?:版本|方案|变体|变化|选项|候选)(?!的(?:自己|我|你|他|她|人生|世界))", "count"),
    Word("c", rf"{NUMBER_ZH} ?(?:张|幅)(?!对联|春联|字(?!画)| ?(?:照片|图片|图|海报|画|画像)?(?:挂|贴|摆|放|钉|散|叠|铺|飘)|[\u4e00-\u9fff]{{1,4}}[图画照片报][挂贴摆放钉散叠铺飘摊][在满着])(?:不同的?(?![风颜角表姿场动])|不一样的?)?", "count"),
    Word("c", rf"{NUMBER_ZH} ?副(?=画|图)", "count"),
    Word("c", r"(?<=[画来要出])张", "count", "1"),
    Word("E", r"横(?:向的?|着的?)?(?:图|构图|幅图|版图片?|屏图片?)|横的(?=图|[,.;!?。]|$)", "orientation", "16:9"),
    Word("E", r"(?:竖|直|纵)(?:向的?|着的?)?(?:图(?!书)|构图|幅|版图片?|屏图片?)|竖的(?=图|[,.;!?。]|$)", "orientation", "9:16"),
    Word("E", r"(?:正)?方(?:形的?)?(?:构图|版?图片?)", "orientation", "1:1"),
    Word("S", r"超宽(?:屏|幅)?(?!显示|电视|的?轮胎)", "orientation", "21:9"),
    Word("S", r"(?:横版|横屏|宽屏|横式|宽幅)(?!的?(?:游戏|过关|卷轴|闯关|电视|显示[器屏]|手机|电脑|动作))", "orientation", "16:9"),
    Word("S", r"(?:竖版|竖屏|直版|直式|直屏|竖式|竖构)(?!的?(?:游戏|手机|电视|电脑|算式|射击))", "orientation", "9:16"),
    Word("s", r"横向(?!排|移|飞|跑|走|生长|条)|横幅(?=的|图|海报|版|[,.;!?。、 \n]|$)|横着的?", "orientation", "16:9"),
    Word("s", r"(?:竖向|纵向)(?!排|移|条|飞|生长)|竖着的?", "orientation", "9:16"),
    Word("s", r"正方形?|方形|方的", "orientation", "1:1"),
    Word("Q", r"(?:最高|最好|最佳|最优|顶级|极致|最强)(?:的)?(?:画质|质量|品质|效果|清晰度|画面质量|图像质量|图片质量)|高画质|(?:画质|质量|品质|效果)(?:要)?(?:最好|最高|最佳|拉满|越高越好|越好越好)的?", "quality", BEST),
    Word("Q", r"(?:最好|最强|最高级|高级|最贵|最佳|最厉害|旗舰|顶级|最高质量|高质量|专业版?)的?(?:那个)?(?:模型|版本)", "quality", BEST),
    Word("s", r"高(?:质量|品质)", "quality", BEST),
    Word("q", r"专业版(?!画[工室家展作])|最好的|最佳的|最高级的?|最高的|顶级的?|旗舰版?", "quality", BEST),
    Word("q", r"(?<![^,.;:!?。、\n ])最好(?=[,.;!?。、\n]|$)", "quality", BEST),
    Word("Q", r"(?:最便宜|最省钱|最低价|最实惠|最经济|便宜|省钱|经济|最低成本|低成本|最省)的?(?:一种|那个)?(?:方式|模型|办法|方法|方案|选项|价格|模式|档位?|做法|配置)", "quality", CHEAPEST),
    Word("Q", r"越便宜越好|越省钱?越好|(?:尽量|尽可能|要|怎么)(?:便宜|省钱?)(?:就?怎么来)?(?:一?点)?|最低(?:价格?|成本)|便宜一?[点些]|省一?[点些]钱?|省钱一?[点些]|最省钱的?|成本最低|价格最低|预算有限|预算不[多高]", "quality", CHEAPEST),
    Word("q", r"最便宜[的地]?|便宜[的地]?|省钱|经济实惠|经济型|最实惠的?|最经济的?|低成本", "quality", CHEAPEST),
    Word("K", r"(?:超高清|超清)(?!的?(?:电视|显示|屏|摄|视频))", "size", "4K"),
    Word("V", _DRAW_WITH),
    Word("z", r"出发|发车|到站|起飞|起床|开会"),
    Word("W", r"我不想|(?:最好|一定)(?=[能有是要带别不])|画(?=[家面室廊框布像册卷师展板笔架风作卷])|图(?=[书案腾])|目的|的士|用(?:户|品|餐|来|于|具)|使用(?:者|手册)|来(?:自|到|往|临|源)|出(?:现|发|租|口|生|门|去|来|海|差|售)|做(?:饭|菜|梦|作业|瑜伽|运动|操)|要(?:塞|是)|创作(?=者)|设计(?=师|感|图)|制作(?=人)|生成(?=式)|成(?:长|熟|功|年|都|立|人|群|双|为了|品|员)|为(?:什么|了)|到(?:处|达)|以(?:及|前|下|上|为|外|色列)|选(?:手|举|美)|拿(?:着|铁|破|起)"),
    Word("N", r"图片|图像|照片|相片|照(?=[,.。;!?\n ]|$)|(?<=的)画(?=[,.。;!?\n ]|$)|图(?=[,.。;!?\n ]|$)", "", ANY_PICTURE),
    Word("N", r"壁纸|海报|插画|插图|头像|封面|标志|徽标|图标|背景图?|桌面|(?:油|水彩|国|漫|版|壁|山水|水墨|简笔|素描|装饰|工笔|铅笔|彩铅|风景|肖像|卡通|像素|动|彩)画|素描|表情包?|横幅图|宣传图|示意图|效果图|设计图|概念图|主图|大片|写真|作品|画作|画面|(?<=的)画(?![家室廊框布像册卷师展板笔架风一二两三四五六七八九十几个只张幅条座])|画(?=[,.。;!?\n ]|$)|照(?=[,.。;!?\n ]|$)|图(?!书|案|腾|纸|中|里|上)|封面图|配图|贺卡|邀请函|传单|展板|logo|写实照"),
    Word("g", r"(?:请)?(?:参考|参照|根据|按照?|依照|仿照|用|以)(?:这|那|原|上一?)(?:张|幅)?(?:图片?|照片|参考图)(?:为参考|作为?参考)?(?:来|去|再)?|图生图"),
    Word("e", r"(?:请)?(?:[把将])?(?:它|[这那][张幅](?:图片?|照片|相片|画)|这个|这张|这幅|图片?|原图|照片|画面|上一张|刚才那张|刚刚那张|这图|尺寸|比例|画幅)?(?:再)?(?:改|换|变|转|转换|做|裁|裁剪|裁切|剪裁|扩展|扩图|延展|拓展|放大|调|调整|弄|升级?|提升|提高|导出|输出|缩小|扩|提)(?:一下)?(?:成|为|到|至)"),
    Word("e", r"(?:试试|改用|换用|换个|换一个|来个|来一个|做个|做一个|弄个|出个|出一个|要个|要一个|改|换|重画|重做|重新画|重新生成|再画一遍|再画一次|重绘|再生成一次|重新出图|重新来|再来)"),
    Word("u", r"让|使用|采用|选用|用|拿|选择|选"),
    Word("V", r"绘制|生成|制作|创作|设计|创建|画(?:个|只|一下|出)?|来|出|做|弄|整|搞|渲染|想要|要|看看|输出|出图"),
    Word("h", r"去[掉除]|移除|删[除掉]|擦[除掉]|抠掉|拿掉|消除|添加|增加|替换|修复|上色|虚化|模糊|放上"),
    Word("h", r"把|将(?!军|来|士|领|要|近)"),
    Word("p", r"成|为|到|至|按照?|以"),
    Word("d", r"一(?:把|只|个|座|朵|条|头|匹|位|名|辆|艘|棵|片|幢|间|本|杯|碗|件|种|款|组|份|套|副|群|对|台)"),
    Word("n", r"的(?:版本|比例|尺寸|画质|分辨率|格式|模式|方式)?|版本?|模式|格式|比例|画质|分辨率|清晰度|高清|超清|尺寸|大小|构图|模型|质量|画幅|规格|方式|型号|效果|那种|左右|品质"),
    Word("j", r"和|并且?|且|还有|但是?|以及|加上|同时|然后|另外"),
    Word("g", r"就行|就好|就可以|请|麻烦你?|帮我|帮忙|帮|给我|我想要?|我要|我需要|我|一下|吧|谢谢你?|可以吗?|能不能|能|就|都|再|啊|哦|呢|了|吗|你|希望|需要|最好是?|我们|直接|就行|就好|即可|就可以|全部|统一|尽量|一次性?|一共|总共|共|那|嘛|哈|呀|给|必须|一定要|应该是?|是|行吗|好吗|多谢|记得|注意|另|只|还|先"),
    Word("!", r"不要(?:用|使用)?|不用|别用?|不是|并非|非|不需要|无需|没有|不想要?|禁止|不必|而不是|不"),
    Word("t", r"落?叶|树叶|桌(?!面)|明信片|车票|奖状|椅|床|纸(?!船|雕|艺)|脸|面孔|笑脸|嘴|沙发|车票|门票|电影票|机票|彩票|票|银行卡|卡牌|卡片|扑克|牌|唱片|名片|钞票|渔网|网|弓|皮|大饼|毯|地毯|席|凳|邮票|支票|光盘|茶几|试卷|报纸|嘴巴|床单|被子|创可贴|餐巾|信纸|老照片|合照|证"),
    Word("z", r"现在是(?=\d)|时刻|大钟|挂钟|钟楼|座钟|比分|比赛|足球|篮球|时钟|闹钟|手表|钟表|时间|赔率|创世[纪记]|诗篇|箴言|约翰福?音?|马太福?音?|路加|圣经|经文|早上|上午|下午|晚上|凌晨|清晨(?=\d)|中午|球赛|战胜|击败|模型|等比|手办|比例尺"),
)  # fmt: skip


def read_ratio(text: str) -> str:
    """Return "16:9" for "aspect ratio 16 x 9", "16比9", "16/9"."""
    numbers = re.findall(r"\d+", text)
    return ":".join(str(int(number)) for number in numbers[:2])


def read_size(text: str) -> str:
    """Return the number of K or pixels in the text: "8K", "512"."""
    match = re.search(r"(\d+(?:\.\d+)?) ?(k?)", text)
    return f"{match[1]}{match[2].upper()}" if match else ""


def read_number(text: str) -> str:
    """Return the number in the text: "three different", 十二张, "x4"."""
    if digits := re.search(r"\d+", text):
        return digits[0]
    for word in re.findall(r"[a-z]+", text):
        if word in NUMBERS:
            return str(NUMBERS[word])
    return str(_number_zh(re.sub(r"[^一二两三四五六七八九十百俩仨几打半]", "", text)))


def _number_zh(text: str) -> int:
    if text in ("一打", "半打"):
        return 12 if text == "一打" else 6
    hundreds, has_hundreds, rest = text.rpartition("百")
    tens, has_tens, ones = rest.rpartition("十")
    total = 100 * DIGITS_ZH.get(hundreds[-1:], 1) if has_hundreds else 0
    total += 10 * DIGITS_ZH.get(tens[-1:], 1) if has_tens else 0
    return total + DIGITS_ZH.get(ones[-1:], 0)


# How the value of a slot is read from the words that say it.
READERS = {"aspect_ratio": read_ratio, "size": read_size, "count": read_number}
