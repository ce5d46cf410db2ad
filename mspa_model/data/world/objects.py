"""Six things that stand in front of the camera, large enough to be recognised."""

import math

from PIL import Image, ImageDraw


class Brush:
    """Draws around a centre at a scale, so that each object is written once in its own coordinates."""

    def __init__(self, pen: ImageDraw.ImageDraw, x: int, y: int, scale: float) -> None:
        self._pen, self._x, self._y, self._scale = pen, x, y, scale

    def _at(self, points) -> list[tuple[float, float]]:
        return [(self._x + x * self._scale, self._y + y * self._scale) for x, y in points]

    def ellipse(self, x, y, rx, ry, fill) -> None:
        (a, b) = self._at([(x - rx, y - ry), (x + rx, y + ry)])
        self._pen.ellipse((*a, *b), fill=fill)

    def box(self, left, top, right, bottom, fill, round_by=0) -> None:
        (a, b) = self._at([(left, top), (right, bottom)])
        self._pen.rounded_rectangle((*a, *b), round_by * self._scale, fill=fill)

    def shape(self, points, fill) -> None:
        self._pen.polygon(self._at(points), fill=fill)

    def line(self, points, fill, width) -> None:
        self._pen.line(self._at(points), fill=fill, width=max(1, round(width * self._scale)), joint="curve")


def draw_object(picture: Image.Image, thing: str, x: int, y: int, scale: float) -> None:
    """Draws one object about 240 pixels high around (x, y)."""
    PAINTERS[thing](Brush(ImageDraw.Draw(picture), x, y, scale))


def _guitar(b: Brush) -> None:
    b.line([(40, -30), (112, -165)], (70, 40, 25), 24)
    b.shape([(100, -160), (128, -146), (142, -184), (112, -198)], (50, 28, 18))
    b.ellipse(-18, 72, 92, 80, (160, 88, 36))
    b.ellipse(22, -8, 64, 60, (160, 88, 36))
    b.ellipse(-18, 72, 80, 68, (222, 146, 66))
    b.ellipse(22, -8, 53, 49, (222, 146, 66))
    b.ellipse(4, 28, 29, 29, (46, 26, 18))
    b.shape([(-62, 74), (-40, 106), (-30, 100), (-52, 68)], (60, 32, 20))
    for i in (-6, 0, 6):
        b.line([(-46 + i, 88 + i / 2), (112 + i, -165 + i / 2)], (245, 235, 205), 2)


def _cat(b: Brush) -> None:
    fur, dark = (238, 150, 60), (190, 100, 30)
    b.line([(70, 100), (122, 60), (110, -10)], dark, 24)
    b.ellipse(0, 70, 82, 84, fur)
    for x in (-1, 1):
        b.shape([(x * 66, -30), (x * 62, -122), (x * 8, -76)], fur)
        b.shape([(x * 56, -48), (x * 54, -98), (x * 24, -72)], (250, 190, 180))
    b.ellipse(0, -30, 74, 64, fur)
    for x in (-1, 1):
        b.ellipse(x * 28, -38, 15, 18, (180, 230, 90))
        b.ellipse(x * 28, -38, 5, 16, (20, 20, 20))
        b.line([(x * 18, -6), (x * 92, -18)], (255, 250, 240), 4)
        b.line([(x * 18, 0), (x * 92, 6)], (255, 250, 240), 4)
        b.ellipse(x * 36, 138, 28, 18, (255, 230, 200))
    for y in (-78, -64):
        b.line([(-16, y), (16, y)], dark, 8)
    b.shape([(-10, -16), (10, -16), (0, -4)], (230, 90, 110))


def _cake(b: Brush) -> None:
    b.ellipse(0, 120, 130, 26, (250, 250, 250))
    b.box(-104, 30, 104, 118, (250, 205, 215), 14)
    b.box(-104, 30, 104, 60, (255, 255, 250), 14)
    for x in range(-90, 100, 36):
        b.ellipse(x, 62, 17, 22, (255, 255, 250))
    b.box(-68, -44, 68, 34, (130, 72, 50), 12)
    b.box(-68, -44, 68, -20, (255, 245, 235), 12)
    for x in range(-54, 60, 36):
        b.ellipse(x, -16, 15, 18, (255, 245, 235))
        b.ellipse(x, -50, 15, 15, (220, 30, 60))
    for x in (-36, 0, 36):
        b.box(x - 6, -120, x + 6, -62, (90, 170, 240))
        b.ellipse(x, -134, 9, 16, (255, 200, 50))


def _game_screen(b: Brush) -> None:
    b.box(-130, -120, 130, 78, (34, 34, 42), 16)
    b.box(-114, -104, 114, 60, (30, 16, 92), 4)
    for x in range(-114, 114, 38):
        b.box(x, 34, x + 36, 60, (60, 200, 80))
    for x, y in ((-80, -20), (-42, -20), (20, -56), (58, -56)):
        b.box(x, y, x + 34, y + 18, (235, 130, 50))
    b.box(-60, -62, -34, -22, (240, 40, 60))
    b.box(-56, -76, -38, -60, (255, 210, 160))
    for x in (24, 48, 72):
        b.ellipse(x, -76, 9, 11, (255, 225, 60))
    b.box(78, 2, 104, 34, (120, 240, 240))
    b.box(-20, 78, 20, 110, (34, 34, 42))
    b.box(-74, 104, 74, 122, (34, 34, 42), 8)


def _easel(b: Brush) -> None:
    for top, bottom in (((-20, -150), (-100, 150)), ((20, -150), (100, 150)), ((0, -150), (0, 150))):
        b.line([top, bottom], (150, 96, 50), 15)
    b.box(-112, -120, 112, 70, (252, 250, 242))
    b.box(-100, -108, 100, 58, (150, 210, 240))
    b.ellipse(54, -66, 24, 24, (255, 220, 80))
    b.shape([(-100, 58), (-100, 0), (-50, -60), (0, 8), (36, -30), (100, 40), (100, 58)], (110, 90, 170))
    b.shape([(-100, 58), (-100, 28), (0, 18), (100, 36), (100, 58)], (70, 160, 90))
    b.box(-120, 70, 120, 86, (130, 80, 40))
    for i, colour in enumerate(((230, 40, 50), (250, 210, 40), (40, 110, 220), (40, 170, 80))):
        b.ellipse(-66 + i * 44, 104, 17, 13, colour)


def _balloons(b: Brush) -> None:
    colours = ((235, 50, 70), (60, 140, 240), (255, 205, 50), (90, 200, 100), (220, 90, 220))
    for (x, y), colour in zip(((-72, -40), (72, -44), (0, -104), (-34, 16), (40, 20)), colours, strict=True):
        b.line([(x, y + 50), (0, 170)], (240, 240, 240), 3)
        b.ellipse(x, y, 50, 60, colour)
        b.shape([(x - 9, y + 68), (x + 9, y + 68), (x, y + 54)], colour)
        b.ellipse(x - 18, y - 24, 10, 15, tuple((c + 2 * 255) // 3 for c in colour))
    b.ellipse(0, 172, 14, 8, (120, 120, 130))
    b.line([(-math.pi, 170), (math.pi, 170)], (120, 120, 130), 4)


PAINTERS = {
    "guitar": _guitar,
    "cat": _cat,
    "cake": _cake,
    "game screen": _game_screen,
    "easel": _easel,
    "balloons": _balloons,
}
