"""Draws a landscape from a prompt: always the same one, at any size.

Everything is laid out in fractions of the picture, so that a 4K picture shows what the 512 one
does. Only drawing calls that let go of the interpreter, or take a few milliseconds, are used: at
4096x4096 none holds up the event loop for more than 10 ms (measured with Pillow 13). Among those
that do not, and are avoided: ``effect_noise``, ``ImageChops.multiply``, WebP.
"""

import hashlib
import math
from collections.abc import Callable
from random import Random

from PIL import Image, ImageColor, ImageDraw, ImageFilter

from bot.providers.demo import scenery as scenery
from bot.providers.demo.scenery import Palette

Colour = tuple[int, int, int]
Ridge = Callable[[float], float]
"""The height of the land at a place across the picture, both as fractions."""

_TIERS = {"512": 0.5, "1K": 1.0, "2K": 2.0, "4K": 4.0}
_STEP = 16
_STEPS_ACROSS = 240
_LARGEST = 4200**2
"""Pixels. Up to here everything is drawn twice as large and reduced, for smooth edges."""


def dimensions(size: str, aspect_ratio: str) -> tuple[int, int]:
    """Width and height in pixels: the area is that of the size's square, about."""
    across, down = (int(part) for part in aspect_ratio.split(":"))
    factor = _TIERS[size]
    sides = (1024 * math.sqrt(across / down), 1024 * math.sqrt(down / across))
    width, height = (int(round(side / _STEP) * _STEP * factor) for side in sides)
    return width, height


def scene(prompt: str, number: int, width: int, height: int, key: str = "") -> Image.Image:
    """The picture of a prompt; ``key`` tells apart requests, and ``number`` the pictures of one."""
    seed = f"{key}\0{prompt}\0{number}".encode("utf-8", "replace")
    chance = Random(hashlib.sha256(seed).digest())
    fine = 4 * width * height <= _LARGEST
    scale = 2 if fine else 1
    image = _Scene(prompt, chance, width * scale, height * scale).draw()
    # At full size there is no room to draw larger first: a light filter smooths the edges.
    return image.reduce(2) if fine else image.filter(ImageFilter.SMOOTH)


def _mix(one: str, other: str, share: float) -> Colour:
    """A colour between two; 0 is the first, 1 the second."""
    a, b = ImageColor.getrgb(one), ImageColor.getrgb(other)
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a[:3], b[:3], strict=True))
    return red, green, blue


class _Scene:
    """One landscape, drawn from the back to the front."""

    def __init__(self, prompt: str, chance: Random, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self.unit = min(width, height)
        self.chance = chance
        self.palette: Palette = scenery.palette(prompt, chance)
        self.motif = scenery.motif(prompt, chance)
        self.sea = scenery.names(prompt, scenery.SEA)
        self.forest = scenery.names(prompt, scenery.FOREST)
        self.image = self._sky()
        self.pen = ImageDraw.Draw(self.image)

    def draw(self) -> Image.Image:
        if self.palette.night:
            self._stars()
        light = self._light()
        if not self.palette.night:
            self._clouds()
        layers = 5
        stands_at = self.chance.uniform(0.3, 0.7)
        for layer in range(layers):
            share = layer / (layers - 1)
            ridge = self._ridge(share)
            colour = _mix(*self.palette.land, share)
            if layer == layers - 2:
                self._stand(stands_at, ridge(stands_at))
            self._land(ridge, colour)
            if self.sea and layer == 0:
                self._glitter(light, ridge(0.5))
            if self.forest and 0 < layer:
                self._trees(ridge, share)
        return self.image

    def _sky(self) -> Image.Image:
        strip = Image.new("RGB", (1, 65))
        top, middle, bottom = self.palette.sky
        for y in range(65):
            half = y / 32
            colour = _mix(top, middle, half) if half <= 1 else _mix(middle, bottom, half - 1)
            strip.putpixel((0, y), colour)
        # The land begins at two thirds: the brightest part of the sky should be above it.
        return strip.resize((self.width, self.height), Image.Resampling.BICUBIC, (0, 0, 1, 65))

    def _ellipse(self, x: float, y: float, radius: float, colour: str | Colour) -> None:
        self.pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)

    def _stars(self) -> None:
        for _ in range(140):
            x, y = self.chance.random() * self.width, self.chance.random() * self.height * 0.6
            size = self.unit * self.chance.choice([0.0008, 0.0012, 0.0022])
            self._ellipse(x, y, size, _mix(self.palette.sky[1], "#ffffff", self.chance.random()))

    def _light(self) -> float:
        """Draw the sun or the moon with its glow; says where it is across the picture."""
        across = self.chance.uniform(0.2, 0.8)
        x, y = across * self.width, self.chance.uniform(0.22, 0.42) * self.height
        radius = self.unit * self.chance.uniform(0.06, 0.1)
        glow = Image.radial_gradient("L").point([max(0, 150 - value) for value in range(256)])
        side = int(radius * 7)
        glow = glow.resize((side, side), Image.Resampling.BICUBIC)
        self.image.paste(self.palette.light, (int(x - side / 2), int(y - side / 2)), glow)
        self._ellipse(x, y, radius, self.palette.light)
        if self.palette.night:
            for dx, dy, size in ((-0.3, -0.2, 0.2), (0.35, 0.1, 0.14), (-0.05, 0.45, 0.11)):
                crater = _mix(self.palette.light, self.palette.sky[1], 0.16)
                self._ellipse(x + dx * radius, y + dy * radius, size * radius, crater)
        return across

    def _clouds(self) -> None:
        mask = Image.new("L", (self.width, self.height // 2))
        pen = ImageDraw.Draw(mask)
        for _ in range(self.chance.randint(3, 5)):
            x = self.chance.uniform(0, 1) * self.width
            y = self.chance.uniform(0.12, 0.85) * self.height / 2
            size = self.unit * self.chance.uniform(0.03, 0.06)
            for step in range(-3, 4):
                radius = size * (1 - abs(step) / 4.5) * self.chance.uniform(0.8, 1.15)
                left = x + step * size * 0.8
                pen.ellipse((left - radius, y - radius, left + radius, y + radius * 0.5), fill=150)
        self.image.paste("#ffffff", (0, 0), mask)

    def _ridge(self, share: float) -> Ridge:
        """The upper edge of a layer of land, or of water, of which only the nearest is land."""
        calm = self.sea and share < 1
        base = 0.6 + 0.3 * share if calm else 0.52 + 0.36 * share
        height = 0.006 if calm else 0.075 * (1 - 0.55 * share)
        waves = [
            (height / order, self.chance.uniform(0.7, 1.3) * order, self.chance.uniform(0, 6.3))
            for order in ((4, 9, 17) if calm else (1, 2, 5))
        ]
        if self.sea and share == 0:
            return lambda x: base
        return lambda x: base + sum(a * math.sin(6.283 * f * x + p) for a, f, p in waves)

    def _land(self, ridge: Ridge, colour: Colour) -> None:
        edge = [
            (x * self.width / _STEPS_ACROSS, ridge(x / _STEPS_ACROSS) * self.height)
            for x in range(_STEPS_ACROSS + 1)
        ]
        self.pen.polygon([(0, self.height), *edge, (self.width, self.height)], fill=colour)

    def _glitter(self, across: float, horizon: float) -> None:
        """The way of light on the water, below the sun or the moon."""
        colour = _mix(self.palette.land[0], self.palette.light, 0.6)
        for step in range(16):
            y = (horizon + 0.004 + 0.004 * step + 0.0004 * step**2) * self.height
            half = self.unit * self.chance.uniform(0.015, 0.03 + step * 0.004)
            middle = across * self.width + self.unit * self.chance.uniform(-0.02, 0.02)
            thick = self.unit * 0.002
            self.pen.ellipse((middle - half, y - thick, middle + half, y + thick), fill=colour)

    def _trees(self, ridge: Ridge, share: float) -> None:
        colour = _mix(*self.palette.land, min(1.0, share + 0.12))
        size = self.unit * (0.05 + 0.09 * share)
        count = max(3, int(self.width / size * 1.6))
        for number in range(count):
            x = (number + self.chance.uniform(-0.4, 0.4)) / count
            foot = (ridge(x) + 0.01) * self.height
            tall = size * self.chance.uniform(0.7, 1.25)
            for part in (0.0, 0.28, 0.52):
                half, top = tall * (0.3 - part * 0.28), foot - tall * (part + 0.48)
                bottom = foot - tall * part * 0.9
                middle = x * self.width
                triangle = [(middle - half, bottom), (middle, top), (middle + half, bottom)]
                self.pen.polygon(triangle, fill=colour)

    def _stand(self, across: float, ground: float) -> None:
        """Place the motif on the land, its foot hidden by the layer before it."""
        side = self.unit * 0.34
        left = across * self.width - side / 2
        top = (ground + 0.012) * self.height - side
        for kind, colour, places in self.motif:
            points = [
                (left + x * side, top + y * side)
                for x, y in zip(places[::2], places[1::2], strict=True)
            ]
            if kind == "ellipse":
                self.pen.ellipse((*points[0], *points[1]), fill=colour)
            else:
                self.pen.polygon(points, fill=colour)
