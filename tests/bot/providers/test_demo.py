"""The provider that draws by itself: real pictures, looked at with real statistics."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageColor, ImageDraw, ImageStat

from bot.domain import catalog
from bot.domain.failures import Failure, Reason
from bot.domain.generation import Pictures, Progress, Reference, Request, Ticket
from bot.domain.image_models import NEWEST
from bot.images.validation import from_provider
from bot.providers.demo import Demo, create
from bot.providers.demo import editing as editing
from bot.providers.demo import lettering as lettering
from bot.providers.demo import scenery as scenery
from bot.providers.demo.drawing import dimensions
from bot.settings import Settings
from messages import Cost
from tests.support.model_ids import FLASH


class Clock:
    """Time that passes only while someone sleeps."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
async def demo() -> AsyncIterator[Demo]:
    demo = Demo(0)
    yield demo
    await demo.close()


def request(prompt: str = "a lighthouse at dusk", **changes: object) -> Request:
    fields: dict[str, object] = {"key": "job-1", "prompt": prompt, "model": FLASH}
    return Request(**(fields | changes))  # type: ignore[arg-type]


async def outcome(demo: Demo, asked: Request) -> Pictures | Failure:
    ticket = await demo.submit(asked)
    if isinstance(ticket, Failure):
        return ticket
    *progress, last = [event async for event in demo.collect(ticket, asked)]
    assert set(progress) <= {Progress()}
    assert isinstance(last, Pictures | Failure)
    return last


async def pictures(demo: Demo, asked: Request) -> tuple[bytes, ...]:
    made = await outcome(demo, asked)
    assert isinstance(made, Pictures)
    return made.items


async def draw(demo: Demo, prompt: str, **changes: object) -> bytes:
    (made,) = await pictures(demo, request(prompt, **({"size": "512"} | changes)))
    return made


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data)).convert("RGB")


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)  # type: ignore[arg-type]
    return buffer.getvalue()


def sample(width: int = 400, height: int = 300) -> Image.Image:
    """Grey, with a red square in the lower left corner and sharp lines on the right."""
    image = Image.new("RGB", (width, height), (128, 128, 128))
    pen = ImageDraw.Draw(image)
    for x in range(width * 6 // 10, width, 8):
        pen.line((x, 0, x, height), fill=(60, 60, 60), width=3)
    pen.rectangle((0, height * 7 // 10, width * 3 // 10, height), fill=(230, 20, 20))
    return image


def reference(image: Image.Image, kind: str = "PNG", **options: object) -> Reference:
    mime = f"image/{kind.lower()}"
    return Reference("img_0123456789ab", mime, encoded(image, kind, **options))


async def edited(demo: Demo, instruction: str, **changes: object) -> Image.Image:
    given = {"references": (reference(sample()),)} | changes
    (made,) = await pictures(demo, request(instruction, **given))
    return opened(made)


def mean(image: Image.Image, band: int | None = None) -> float:
    """The mean of the lower half, where the demo's mark is not."""
    means = ImageStat.Stat(image.crop((0, image.height // 2, *image.size))).mean
    return sum(means) / 3 if band is None else means[band]


def is_red(image: Image.Image, x: float, y: float) -> bool:
    red, green, _ = image.getpixel((int(x * image.width), int(y * image.height)))  # type: ignore[misc]
    return bool(red > 150 and green < 90)


# What it offers, and how long it takes


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.0, (1, 1)), (4.0, (4, 6)), (0.4, (1, 1)), (90, (90, 135))]
)
async def test_it_offers_the_known_models_at_its_own_pace(
    seconds: float, expected: tuple[int, int]
) -> None:
    demo = create(Settings(demo_seconds=seconds))
    models = await demo.models()
    assert [model.id for model in models] == [model.id for model in NEWEST]
    assert {(model.seconds, model.progress_every) for model in models} == {(expected, 1)}
    assert demo.name == "demo"
    await demo.close()


async def test_a_ticket_says_what_to_expect() -> None:
    clock = Clock()
    demo = Demo(4, clock=clock)
    ticket = await demo.submit(request(count=2))
    assert isinstance(ticket, Ticket)
    assert ticket.cost == Cost(0, "USD")
    assert ticket.seconds == (8, 12)
    assert ticket.data == {"ready_at": clock.now + 8}
    assert ticket.id.startswith("demo-")
    assert await demo.submit(request(count=2)) == ticket
    assert (await demo.submit(request(key="job-2")) or ticket) != ticket
    await demo.close()


async def test_it_gives_signs_of_life_while_it_waits() -> None:
    clock = Clock()
    demo = Demo(1.2, clock=clock, sleep=clock.sleep)
    made = await outcome(demo, request(size="512"))
    assert isinstance(made, Pictures)
    assert made.cost == Cost(0, "USD")
    assert [round(seconds, 3) for seconds in clock.slept] == [0.5, 0.5, 0.2]
    await demo.close()


async def test_a_restart_waits_for_the_rest_only() -> None:
    clock = Clock()
    asked = request(size="512")
    first = Demo(60, clock=clock, sleep=clock.sleep)
    ticket = await first.submit(asked)
    assert isinstance(ticket, Ticket)
    waiting = first.collect(ticket, asked)
    assert await anext(waiting) == Progress()
    await first.close()
    clock.now += 59
    second = Demo(60, clock=clock, sleep=clock.sleep)
    *_, made = [event async for event in second.collect(ticket, asked)]
    assert isinstance(made, Pictures)
    assert sum(clock.slept) == pytest.approx(1)
    await second.close()


async def test_giving_up_waiting_ends_it() -> None:
    clock = Clock()
    demo = Demo(60, clock=clock, sleep=clock.sleep)
    ticket = await demo.submit(request())
    assert isinstance(ticket, Ticket)
    waiting = demo.collect(ticket, request())
    assert await anext(waiting) == Progress()
    await waiting.aclose()  # type: ignore[attr-defined]
    assert not clock.slept
    await demo.close()
    await demo.close()


async def test_the_loop_goes_on_while_it_draws(demo: Demo) -> None:
    drawing = asyncio.create_task(outcome(demo, request(size="2K")))
    turns = 0
    while not drawing.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 20


# What it draws


async def test_the_same_request_is_the_same_picture_and_again_is_another(demo: Demo) -> None:
    one = await draw(demo, "一只猫在月光下")
    assert await draw(demo, "一只猫在月光下", key="another") != one
    assert await draw(demo, "一只狗在月光下") != one
    again = Demo(0)
    assert await draw(again, "一只猫在月光下") == one
    await again.close()


async def test_each_picture_of_a_request_is_another(demo: Demo) -> None:
    made = await pictures(demo, request(size="512", count=4))
    assert len(set(made)) == 4
    assert made[0] == await draw(demo, "a lighthouse at dusk")


@pytest.mark.parametrize(
    ("size", "ratio", "expected"),
    [
        ("512", "1:1", (512, 512)),
        ("1K", "1:1", (1024, 1024)),
        ("2K", "1:1", (2048, 2048)),
        ("4K", "1:1", (4096, 4096)),
        ("1K", "16:9", (1360, 768)),
        ("4K", "16:9", (5440, 3072)),
        ("1K", "9:16", (768, 1360)),
        ("512", "8:1", (1448, 184)),
    ],
)
def test_sizes(size: str, ratio: str, expected: tuple[int, int]) -> None:
    assert dimensions(size, ratio) == expected


@pytest.mark.parametrize("ratio", NEWEST[0].aspect_ratios)
@pytest.mark.parametrize("size", catalog.SIZES)
def test_every_size_keeps_its_area_and_ratio(size: str, ratio: str) -> None:
    width, height = dimensions(size, ratio)
    across, down = map(int, ratio.split(":"))
    side = 1024 * {"512": 0.5, "1K": 1, "2K": 2, "4K": 4}[size]
    assert width * height == pytest.approx(side**2, rel=0.05)
    assert width / height == pytest.approx(across / down, rel=0.05)


@pytest.mark.parametrize("ratio", NEWEST[0].aspect_ratios)
async def test_a_picture_has_the_size_that_was_asked(demo: Demo, ratio: str) -> None:
    found = await from_provider(await draw(demo, "a forest", aspect_ratio=ratio))
    assert not isinstance(found, Failure)
    assert found.mime == "image/png"
    assert (found.width, found.height) == dimensions("512", ratio)


async def test_without_choices_it_is_a_square_of_1k(demo: Demo) -> None:
    assert opened(await draw(demo, "a cat", size=None)).size == (1024, 1024)


async def test_4k_is_really_4k_and_stays_small(demo: Demo) -> None:
    made = await draw(demo, "a lighthouse in the forest", size="4K")
    assert opened(made).size == (4096, 4096)
    assert len(made) < 4_000_000


@pytest.mark.parametrize("motif", scenery.MOTIFS)
async def test_what_is_named_can_be_seen(demo: Demo, motif: str) -> None:
    words = motif.split("|")
    for word in (words[0], words[-1]):
        colours = {colour for _, colour, _ in scenery.MOTIFS[motif]}
        image = opened(await draw(demo, f"{word}, daylight"))
        found = {colour for _, colour in image.getcolors(2**24) or []}
        assert {ImageColor.getrgb(colour) for colour in colours} & found


@pytest.mark.parametrize("prompt", ["a cat at midnight", "夜里的猫"])
async def test_night_is_darker_than_day(demo: Demo, prompt: str) -> None:
    night, day = opened(await draw(demo, prompt)), opened(await draw(demo, "a cat in the snow"))
    assert mean(night) < mean(day) - 50


async def test_every_picture_says_that_it_is_a_demo(demo: Demo) -> None:
    corner = (0, 0, 500, 150)
    drawn = opened(await draw(demo, "a cat", size="1K")).crop(corner)
    changed = (await edited(demo, "blur", references=(reference(sample(1024, 1024)),))).crop(corner)
    for image in (drawn, changed):
        colours = [colour for _, colour in image.getcolors(2**24) or []]
        assert (0xFF, 0xD8, 0x4D) in colours  # DEMO
        assert (255, 255, 255) in colours  # and that no model was used


# What it changes


@pytest.mark.parametrize("words", ["make it warmer", "Warm colours please", "暖一点", "颜色更暖"])
async def test_warmer(demo: Demo, words: str) -> None:
    image = await edited(demo, words)
    assert mean(image, 0) - mean(image, 2) > mean(sample(), 0) - mean(sample(), 2) + 15


@pytest.mark.parametrize("words", ["make it cooler", "colder", "冷一点", "色调更冷"])
async def test_cooler(demo: Demo, words: str) -> None:
    image = await edited(demo, words)
    assert mean(image, 2) - mean(image, 0) > mean(sample(), 2) - mean(sample(), 0) + 15


@pytest.mark.parametrize("words", ["brighter", "lighten it", "变亮", "更亮一些", "提亮"])
async def test_brighter(demo: Demo, words: str) -> None:
    assert mean(await edited(demo, words)) > mean(sample()) + 15


@pytest.mark.parametrize("words", ["darker", "darken it", "变暗", "暗一点"])
async def test_darker(demo: Demo, words: str) -> None:
    assert mean(await edited(demo, words)) < mean(sample()) - 15


@pytest.mark.parametrize(
    "words", ["black and white", "B&W", "in grayscale", "greyscale", "monochrome", "黑白", "灰度"]
)
async def test_black_and_white(demo: Demo, words: str) -> None:
    image = await edited(demo, words)
    lower = image.crop((0, image.height // 2, *image.size))
    assert all(red == green == blue for _, (red, green, blue) in lower.getcolors(2**24) or [])  # type: ignore[misc]


@pytest.mark.parametrize("words", ["blur it", "blurry", "softer", "模糊", "背景虚化"])
async def test_blur(demo: Demo, words: str) -> None:
    lines = (250, 160, 400, 300)
    sharp, soft = sample().crop(lines), (await edited(demo, words)).crop(lines)
    assert ImageStat.Stat(soft).stddev[0] < ImageStat.Stat(sharp).stddev[0] / 2


@pytest.mark.parametrize(
    ("words", "size", "red"),
    [
        ("rotate left", (300, 400), (0.9, 0.9)),
        ("turn it left", (300, 400), (0.9, 0.9)),
        ("rotate 90 degrees counterclockwise", (300, 400), (0.9, 0.9)),
        ("逆时针旋转90度", (300, 400), (0.9, 0.9)),
        ("向左旋转", (300, 400), (0.9, 0.9)),
        ("rotate", (300, 400), (0.1, 0.25)),
        ("rotate it 90° to the right", (300, 400), (0.1, 0.25)),
        ("右转90度", (300, 400), (0.1, 0.25)),
        ("rotate left 270 degrees", (300, 400), (0.1, 0.25)),
        ("rotate 180 degrees", (400, 300), (0.9, 0.1)),
        ("turn it upside down", (400, 300), (0.9, 0.1)),
        ("倒过来", (400, 300), (0.9, 0.1)),
        ("mirror it", (400, 300), (0.9, 0.9)),
        ("flip horizontally", (400, 300), (0.9, 0.9)),
        ("左右翻转", (400, 300), (0.9, 0.9)),
        ("镜像", (400, 300), (0.9, 0.9)),
        ("flip vertically", (400, 300), (0.1, 0.25)),
        ("上下翻转", (400, 300), (0.1, 0.25)),
    ],
)
async def test_turning(
    demo: Demo, words: str, size: tuple[int, int], red: tuple[float, float]
) -> None:
    large = reference(sample(800, 600))
    image = await edited(demo, words, references=(large,))
    assert image.size == (size[0] * 2, size[1] * 2)
    assert is_red(image, *red)


async def test_turning_by_any_angle_loses_no_corner(demo: Demo) -> None:
    image = await edited(demo, "rotate 45 degrees")
    assert image.width > 400
    assert image.height > 300


@pytest.mark.parametrize("words", ["rotate left, then black and white", "黑白，然后向左旋转"])
async def test_several_changes_are_all_made(demo: Demo, words: str) -> None:
    image = await edited(demo, words)
    assert image.size == (300, 400)
    assert not is_red(image, 0.9, 0.9)
    assert abs(mean(image, 0) - mean(image, 1)) < 2


def test_changes_are_made_in_the_order_of_the_words() -> None:
    starts = [change.at for change in editing.understand("mirror, warmer, rotate, blur, darker")]
    assert starts == sorted(starts)
    assert len(starts) == 5


@pytest.mark.parametrize(
    "words", ["add a lighthouse", "make the lighting dramatic", "翻译成英文", "turn it into a cake"]
)
async def test_what_is_not_understood_can_be_seen_too(demo: Demo, words: str) -> None:
    assert not editing.understand(words)
    image = await edited(demo, words)
    assert image.size == (400, 300)
    assert abs(mean(image, 0) - mean(sample(), 0)) + abs(mean(image, 2) - mean(sample(), 2)) > 8
    panel = image.crop((0, image.height - 20, *image.size))
    assert mean(panel) < 100


@pytest.mark.parametrize(
    ("words", "changes", "expected"),
    [
        ("crop to a square", {"aspect_ratio": "1:1"}, (300, 300)),
        ("crop it to 16:9", {}, (400, 225)),
        ("裁剪成 3：4", {}, (225, 300)),
        ("裁剪", {"aspect_ratio": "9:16", "size": "512"}, (384, 680)),
        ("make it larger", {"size": "1K"}, (1184, 880)),
        ("crop to 0:9", {}, (400, 300)),
    ],
)
async def test_framing(
    demo: Demo, words: str, changes: dict[str, object], expected: tuple[int, int]
) -> None:
    image = await edited(demo, words, **changes)
    assert image.size == expected


async def test_framing_alone_leaves_the_colours(demo: Demo) -> None:
    image = await edited(demo, "crop to 1:1")
    assert image.getpixel((150, 200)) == (128, 128, 128)


async def test_all_pictures_to_work_from_can_be_seen(demo: Demo) -> None:
    colours = ["red", "lime", "blue", "yellow", "cyan"]
    given = tuple(reference(Image.new("RGB", (300, 200), colour)) for colour in colours)
    image = await edited(demo, "blur", references=given)
    assert image.width > image.height
    shares = {colour: count for count, colour in image.getcolors(2**24) or []}
    for colour in [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (0, 255, 255)]:
        assert shares[colour] > 10_000


async def test_several_pictures_of_an_edit_differ(demo: Demo) -> None:
    asked = request("warmer", references=(reference(sample()),), count=3)
    reds = [mean(opened(made), 0) for made in await pictures(demo, asked)]
    assert reds == sorted(set(reds))


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "1", "I;16"])
async def test_any_kind_of_pixel_can_be_changed(demo: Demo, mode: str) -> None:
    source = sample() if mode in ("P", "RGBA") else sample().convert("L")
    if mode == "I;16":
        source = source.convert("I").point(lambda value: value * 257).convert("I;16")
    else:
        source = source.convert(mode)
    image = await edited(demo, "mirror", references=(reference(source),))
    assert mean(image) == pytest.approx(mean(sample()), abs=25)


async def test_transparency_becomes_white(demo: Demo) -> None:
    clear = Image.new("RGBA", (400, 300), (255, 0, 0, 0))
    image = await edited(demo, "mirror", references=(reference(clear),))
    assert image.getpixel((200, 250)) == (255, 255, 255)


async def test_photographs_stay_upright_and_small(demo: Demo) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # taken with the camera on its side
    exif[0x010E] = "where I live"
    photo = reference(sample().convert("CMYK"), "JPEG", exif=exif.tobytes())
    (made,) = await pictures(demo, request("warmer", references=(photo,)))
    image = Image.open(BytesIO(made))
    assert image.format == "JPEG"
    assert image.size == (300, 400)
    assert not image.getexif()


async def test_a_huge_picture_is_made_smaller(demo: Demo) -> None:
    huge = reference(Image.new("RGB", (6000, 4000), "red"))
    image = await edited(demo, "mirror", references=(huge,))
    assert image.width * image.height <= editing.LARGEST
    assert image.width / image.height == pytest.approx(1.5, rel=0.01)


async def test_a_tiny_picture_can_be_changed(demo: Demo) -> None:
    image = await edited(demo, "unheard of", references=(reference(sample(16, 16)),))
    assert image.size == (16, 16)


async def test_what_is_no_picture_is_a_failure(demo: Demo) -> None:
    broken = Reference("img_0123456789ab", "image/png", b"no picture")
    found = await outcome(demo, request("warmer", references=(broken,)))
    assert isinstance(found, Failure)
    assert found.reason is Reason.REFERENCE_UNUSABLE


# What it is told


@pytest.mark.parametrize("reason", list(Reason))
async def test_it_fails_in_each_way(demo: Demo, reason: Reason) -> None:
    found = await outcome(demo, request(f"demo:fail {reason} a cat"))
    assert isinstance(found, Failure)
    assert found.reason is reason
    assert found.provider_code == f"demo_{reason}"
    assert bool(found.explanation) == (reason in (Reason.REFUSED, Reason.TEXT_INSTEAD))
    assert bool(found.retry_after) == (reason in (Reason.RATE_LIMITED, Reason.PROVIDER_DOWN))


@pytest.mark.parametrize(
    ("prompt", "at_once"),
    [
        ("demo:fail unauthorized", True),
        ("demo:fail out_of_credit", True),
        ("demo:fail refused", False),
        ("demo:fail timeout", False),
        ("demo:fail nonsense", False),
    ],
)
async def test_some_failures_come_before_a_ticket(demo: Demo, prompt: str, at_once: bool) -> None:
    assert isinstance(await demo.submit(request(prompt)), Failure) == at_once


@pytest.mark.parametrize("prompt", ["demo:fail what", " DEMO:Fail UNKNOWN", "demo：fail 未知"])
async def test_other_reasons_are_unknown(demo: Demo, prompt: str) -> None:
    found = await outcome(demo, request(prompt))
    assert isinstance(found, Failure)
    assert found.reason is Reason.UNKNOWN


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("demo:seconds 30", 30.0),
        ("demo:seconds 0.5s", 0.5),
        ("demo:seconds 9999", 600.0),
        ("demo:seconds soon", 8.0),
        ("demo:seconds -1", 8.0),
        ("demo:seconds 5 demo:fail refused", 5.0),
        ("please demo:seconds 30", 8.0),
    ],
)
async def test_it_takes_as_long_as_told(words: str, seconds: float) -> None:
    demo = Demo(4, clock=lambda: 0.0)
    ticket = await demo.submit(request(f"{words} a cat", count=2))
    assert isinstance(ticket, Ticket)
    assert ticket.data == {"ready_at": seconds}
    await demo.close()


async def test_commands_are_not_drawn(demo: Demo) -> None:
    assert await draw(demo, "demo:seconds 0 a cat") == await draw(demo, "a cat")


# What it writes


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        " \n\t ",
        "a " * 5000,
        "字" * 10_000,
        "x" * 10_000,
        "\x00\x07\x1b[31m\u202e\u200b\ufeff",
        "🎩🐱👩‍👩‍👧‍👦",
        "\ud800 half a surrogate",
        "قطة على القمر",
        "%s {prompt} <b>&amp;",
        "demo:fail",
    ],
)
async def test_hostile_prompts_are_drawn(demo: Demo, prompt: str) -> None:
    assert opened(await draw(demo, prompt, aspect_ratio="1:8")).size == (184, 1448)
    assert (await edited(demo, prompt)).size == (400, 300)


@settings(max_examples=15, deadline=None)
@given(prompt=st.text(max_size=60))
async def test_any_prompt_is_drawn(prompt: str) -> None:
    demo = Demo(0)
    made = await outcome(demo, request(prompt, size="512"))
    assert isinstance(made, Pictures)
    await demo.close()


def test_captions_are_one_line_of_what_can_be_written() -> None:
    assert lettering.legible("  a\ncat\x00 \t on   a mat ") == "a cat on a mat"
    assert lettering.legible("a \U0001f3a9 hat\U0010fffd") == "a hat"


@pytest.fixture
def only_latin(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A machine without a font that knows Chinese."""
    monkeypatch.setattr(lettering, "_FONTS", ((str(tmp_path / "none.ttf"), 0),))
    lettering.font.cache_clear()
    lettering._has_glyph.cache_clear()
    yield
    lettering.font.cache_clear()
    lettering._has_glyph.cache_clear()


@pytest.mark.usefixtures("only_latin")
async def test_without_a_chinese_font_no_boxes_are_written(demo: Demo) -> None:
    assert lettering.legible("a cat 一只猫") == "a cat"
    assert lettering.legible("一只猫") == ""
    assert opened(await draw(demo, "一只猫")).size == (512, 512)


def test_lines_break_at_spaces_or_between_chinese_characters() -> None:
    letters = lettering.font(20)
    lines = lettering.wrap("one two three four five six", letters, 100, 9)
    assert " ".join(lines) == "one two three four five six"
    assert all(letters.getlength(line) <= 100 for line in lines)
    cut = lettering.wrap("word " * 50, letters, 100, 2)
    assert len(cut) == 2
    assert cut[1].endswith("…")
    assert letters.getlength(cut[1]) <= 100
    assert lettering.wrap("", letters, 100, 2) == []
    assert lettering.wrap("abc", letters, 1, 2) == ["a", "…"]


async def test_large_pictures_are_drawn_in_processes_that_may_die() -> None:
    demo = Demo(0)
    request = Request(key="k", prompt="a lighthouse", model="any", size="4K", aspect_ratio="8:1")
    ticket = await demo.submit(request)
    assert isinstance(ticket, Ticket)

    async def last() -> Pictures | Failure:
        signs = [sign async for sign in demo.collect(ticket, request)]
        assert isinstance(signs[-1], Pictures | Failure)
        return signs[-1]

    assert isinstance(await last(), Pictures)
    assert demo._apart is not None
    for process in list(demo._apart._processes.values()):
        process.kill()
        process.join()
    broken = await last()
    assert isinstance(broken, Failure)
    assert broken.reason is Reason.PROVIDER_DOWN
    assert isinstance(await last(), Pictures)
    await demo.close()
