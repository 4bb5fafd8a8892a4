"""Kinds of sayings that name things and want no picture, and their counterparts, which want one."""

from __future__ import annotations

import pytest

from bot.domain.actions import Action
from bot.language.situations import Situation, wanted_in
from bot.language.wanting import evidence
from bot.language.wording import adds, change_of, may_quote, read, read_quoting

UNWANTED = {
    "taken back": [
        "draw a cat on a skateboard. actually no, never mind",
        "could you do a fox in the snow... nah scratch that",
        "a dragon eating noodles please. hmm no, don't",
        "paint a castle at dawn - ignore that, wrong chat",
        "a robot gardener pls. sorry wrong channel",
        "can you make a banner for... actually I'll ask the designer",
        "please draw... wait my boss is here",
        "画只滑板猫，算了不用了",
        "来张鲸鱼海报，等等，当我没说",
        "帮我画只雪地里的狐狸……还是别画了",
        "来条吃面的龙，额发错群了",
        "画一只……等下老板来了",
        "帮我做个横幅，算了我找设计师吧",
        "スケボー猫描いて、やっぱいいや",
        "クジラのポスターお願い、あ、忘れて",
    ],
    "the bot": [
        "this bot has a thing for lighthouses",
        "it draws hands worse than my toddler",
        "部门里都在玩这个，天天画猫",
    ],
    "mockery": [
        "wow great job, six fingers again",
        "yeah because every dog has five legs apparently",
        "oh look, another lighthouse",
        "哇好厉害，这手又是六根指头",
        "哟，又一座灯塔",
        "好家伙，巫师没有脸，可真是我想要的",
    ],
    "facts and plans": [
        "there was a rainbow over the stadium earlier",
        "tomorrow we're hiking up to the waterfall",
        "turns out the castle tour is closed on mondays",
        "the caterers bring the cake at five",
        "picked up a secondhand piano today",
        "pizza's here",
        "the recipe says two eggs and a pumpkin",
        "octopuses have three hearts",
        "the kids want to see the elephants at the zoo on sunday",
        "周六吃火锅，顺便放烟花",
        "孩子们在院子里堆了个雪堡",
        "带外甥女去海洋馆，她最爱水母",
        "孩子们周日想去动物园看大象",
        "菜谱上说要两个鸡蛋一个南瓜",
        "猫を頼んだのに椅子が出てきた",
        "駐車場でキツネ見た",
        "風呂場にでっかい蜘蛛がいる",
    ],
    "questions": [
        "一匹马有多重",
        "can a snake climb a glass wall",
        "whose turn is it to feed the office fish",
        "アルパカとラマの違いって何?",
        "ピンクのドーナツ頼んだの誰",
    ],
    "wishes for later": [
        "周末我打算让你画一套十二生肖，今天不急",
        "締切終わったら頼むわ、今日は寝る",
        "往后都别给我加边框了",
        "Dave if you want to fix the banner yourself do it now",
        "if the budget allows, we might do a mural with whales",
        "if we win on saturday I want one of us lifting the cup",
        "以后可以搞一张全组当海盗的",
        "要是周六赢了，就来一张举奖杯的",
        "unless the client likes the owl we start over",
        "after the exams we could make a comic about mr jones",
        "有朝一日想给全家画一幅",
        "考完试可以画个李老师的漫画",
        "等logo定了还得做个横幅",
        "预算够的话想做面鲸鱼墙",
        "我要是开咖啡馆，招牌上一定放只火烈鸟",
    ],
    "to others": [
        "Sam can you make a poster for the door by tomorrow? thanks, the bot is too slow",
        "小张，麻烦下午把logo发给印刷厂",
        "@阿美 你来画一张呗，别麻烦机器人了",
    ],
    "quotations": [
        'my teacher said "draw what you see, not what you know"',
        'the sign said "beware of the goose"',
        "他问我能不能画条龙，我说不能",
    ],
    "thanks": [
        "thanks for the lighthouse, mum cried",
        "谢谢你的灯塔，我妈看哭了",
        "a picture of a fox would've been nice but oh well",
        "灯台の絵ありがとう、母が泣いてた",
    ],
}

UNWANTED_AT_HAND = {
    "taken back": [
        "make the sky purple, no wait leave it",
        "add a dog. actually don't, it's fine",
        "天空改成紫色，算了还是原来的好",
        "空を紫に、いややっぱりこのままで",
    ],
    "thanks": ["cheers, the kids love the pirate hat", "谢谢，红屋顶正是我要的"],
    "about it": [
        "the moon in the background is a nice touch",
        "not me crying over a lighthouse at 9am",
        "this goes straight on our fridge",
        "这守塔人肯定有故事",
        "the sky in this is unreal",
        "feels like the cover of a 70s prog album",
        "从没见过这么孤独的灯塔",
        "后面的月亮加得好",
    ],
}

WANTED = {
    "taken back": [
        "draw a cat on a skateboard. actually no, make it a dog",
        "a fox in the snow, wait no, an owl",
        "no text please, just a sleeping bear under the stars",
        "画只滑板猫，不对，画狗",
        "雪地里的狐狸，哦不，猫头鹰",
        "スケボー猫描いて、あ、やっぱ犬で",
    ],
    "the bot": ["the bot from our chat as a cute banana robot", "发光水母，赛博朋克"],
    "for a reason": [
        "my kid's birthday is tomorrow, something with dinosaurs",
        "it's my wife's 40th and she loves herons, so herons please",
        "for my nephew, a t-rex driving a bin lorry",
        "I can't draw to save my life so could you do me a swan on a lake",
        "明天孩子生日，来点恐龙的",
        "老婆四十岁生日，她喜欢白鹭，就画白鹭吧",
        "妻の誕生日、サギが好きなのでサギで",
    ],
    "polite": [
        "would it be possible to get a fox reading a newspaper",
        "I was wondering if you could do an otter in a bathtub",
        "could I trouble you for a hedgehog in wellies",
        "do you think you could manage a bear doing yoga",
        "I'd really like a mural of sleeping whales",
        "想问下可以来只泡澡的水獭吗",
        "新聞を読むキツネとか描けたりします?",
    ],
    "quotations": [
        'a sign that says "beware of the goose", with the goose looking proud',
        "海报“丢失袜子互助会”，周二晚七点，一只伤心的袜子",
        "「ガチョウ注意」と書かれた看板、横に得意げなガチョウ",
    ],
    "thanks": ["thank you card with sunflowers", "谢谢老师的贺卡", "先生へのありがとうカード"],
    "left to the bot": [
        "a walrus with a trombone. you know what to do",
        "一只吹长号的海象，你懂的",
    ],
}

WANTED_AT_HAND = [
    "thanks! could you add a moon",
    "perfect, now put a gull on the railing",
    "no people please",
    "bit more fog",
    "forget the boat, add a whale",
    "谢谢！能加个月亮吗",
    "喜欢，就是橙色少一点",
    "完璧、手すりにカモメも",
    "今度は風車",
]


def each(kinds: dict[str, list[str]]) -> list[str]:
    return [text for texts in kinds.values() for text in texts]


def wants(text: str, situation: Situation) -> bool:
    reading = read(text)
    return reading.action is Action.DRAW and situation in wanted_in(text, reading)


@pytest.mark.parametrize("text", each(UNWANTED))
def test_what_only_names_things_is_not_drawn(text: str) -> None:
    assert not wants(text, Situation.NOTHING)


@pytest.mark.parametrize("text", each(UNWANTED_AT_HAND))
def test_what_is_said_of_a_picture_does_not_change_it(text: str) -> None:
    assert not wants(text, Situation.AT_HAND)


@pytest.mark.parametrize("text", each(WANTED))
def test_the_counterpart_is_drawn(text: str) -> None:
    assert wants(text, Situation.NOTHING)
    assert not change_of(text).change or evidence(text).describes


@pytest.mark.parametrize("text", WANTED_AT_HAND)
def test_the_counterpart_changes_the_picture(text: str) -> None:
    assert wants(text, Situation.AT_HAND)


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("give me a couple more like this", Action.VARY),
        ("照这个感觉再来几张", Action.VARY),
        ("この路線であと3つくらい見たい", Action.VARY),
        ("bigger, I want to print it for the break room", Action.LARGER),
        ("放大一点，要贴在公司墙上", Action.LARGER),
        ("exact same thing one more time", Action.AGAIN),
        ("nope. again", Action.AGAIN),
        ("nah roll the dice on that again", Action.AGAIN),
        ("没抽到想要的，重新来一发", Action.AGAIN),
        ("这个再生成一次", Action.AGAIN),
        ("同じのでもっかい", Action.AGAIN),
        ("再大張一點，要印成T恤", Action.LARGER),
        ("nope, put it back how it was", Action.BEFORE),
        ("please use landscape for me by default from here on", Action.PREFER),
        ("the dog ate my headphones. again.", Action.DRAW),
        ("四张都差点意思，重新抽一次", Action.AGAIN),
        ("もう一回おなじのでガチャらせて", Action.AGAIN),
        (
            "The same one but bigger please, I want to have it printed for the hall.",
            Action.LARGER,
        ),
        ("今の画像消しといて", Action.DELETE),
        ("間違えて送ったので消してください", Action.DELETE),
        ("右上の文字、消しといて", Action.DRAW),
        ("後ろの人、消しといて", Action.DRAW),
        ("左边的字，删掉", Action.DRAW),
        ("the text in the corner, delete it", Action.DRAW),
    ],
)
def test_a_command_for_a_reason(text: str, action: Action) -> None:
    assert read(text).action is action


@pytest.mark.parametrize(
    "text",
    [
        "do it again with the other model, this one's a bit plasticky",
        "same thing but with the other model please",
        "once more with the other model, looks too fake",
        "同样的再出一次，换个模型试试",
        "一模一样的内容，换个模型再跑一遍",
        "同じのを別のモデルでもう一回",
        "別のモデルでもう一度描いて",
    ],
)
def test_once_more_with_another_model(text: str) -> None:
    reading = read(text)
    assert (reading.action, reading.other_model) == (Action.AGAIN, True)


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("try another model", Action.OTHER_MODEL),
        ("换个模型试试", Action.OTHER_MODEL),
        ("別のモデルで描いて", Action.OTHER_MODEL),
        ("we did it again with the other team", Action.QUESTION),
        ("换个模型，再来一张狐狸", Action.DRAW),
        ("一样的再来一张，给小猫换个帽子", Action.DRAW),
        ("一样的再来一张，换个模型，加只猫", Action.DRAW),
    ],
)
def test_another_model_alone_is_asked_about(text: str, action: Action) -> None:
    reading = read(text)
    assert (reading.action, reading.other_model) == (action, False)


@pytest.mark.parametrize(
    "text",
    [
        "感觉太冷清了，旁边添两只小兔子吧",
        "灯塔旁边再添一条小渔船呗",
        "唉它孤零零的看着好可怜，旁边多个小伙伴就好了，一只小白兔",
        "构图好，就是太暗了我老花眼看不清，亮堂一些",
        "hm, i meant 4:3",
        "oh, sorry, i meant 16:9",
        "paint her nails emerald",
    ],
)
def test_a_change_in_other_words(text: str) -> None:
    assert wants(text, Situation.AT_HAND)
    found = evidence(text)
    assert change_of(text).change or found.changes


@pytest.mark.parametrize("text", ["旁边添堵的人真多", "旁边加油站", "灯塔再见"])
def test_what_sounds_like_a_change_is_asked_about(text: str) -> None:
    assert not wants(text, Situation.AT_HAND)


@pytest.mark.parametrize("text", ["paint her portrait in oils", "hm, a fox 4:3"])
def test_what_sounds_like_a_change_is_a_new_picture(text: str) -> None:
    assert not change_of(text).change


def test_a_question_about_a_photo_that_comes_along_is_a_change_of_it() -> None:
    text = "这是我爸妈1978年的结婚照，黑白的，能上个色吗"
    assert read(text, image=True).action is Action.DRAW
    assert wants(text, Situation.ABOUT)


@pytest.mark.parametrize(
    ("text", "added"),
    [
        ("sorry, forgot to say, a small dog in the corner", True),
        ("忘说了，右下角得有只打盹的狗", True),
        ("言い忘れましたけど、隅に寝ている犬を描いて", True),
        ("a man who forgot to say goodbye", False),
        ("忘忧草开满山坡", False),
        ("补充一下维生素的海报", False),
        ("I forgot to add salt to the soup", False),
        ("言い忘れたことがある人の絵", False),
    ],
)
def test_what_was_forgotten_is_a_change(text: str, added: bool) -> None:
    assert adds(text) is added
    assert change_of(text).change is added


@pytest.mark.parametrize("text", ["给我出个4K的", "give me a 4k version of it"])
def test_a_larger_one_of_the_size_that_is_named(text: str) -> None:
    reading = read(text)
    assert (reading.action, reading.size) == (Action.LARGER, "4K")


def test_a_style_behind_words_that_point() -> None:
    for text, style in (("draw this, in oils", "oils"), ("把这句画出来,油画感觉", "油画感觉")):
        assert may_quote(text)
        reading = read_quoting(text, "the words")
        assert reading is not None
        assert reading.prompt == f"the words\n\n{style}"
