"""Eight places that a room can be streamed from, each with its own shapes and colours."""

import colorsys

import numpy as np
from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
Pen = ImageDraw.ImageDraw


def draw_scene(picture: Image.Image, scene: str, hue: float, rng: np.random.Generator) -> None:
    """Paints the whole 640 x 480 picture; hue turns the main colours a little, rng moves what stands about."""
    PAINTERS[scene](ImageDraw.Draw(picture), hue, rng)


def _turn(colour: Colour, hue: float) -> Colour:
    h, s, v = colorsys.rgb_to_hsv(*(c / 255 for c in colour))
    return tuple(int(255 * c) for c in colorsys.hsv_to_rgb((h + hue) % 1, s, v))


def _sky(pen: Pen, top: Colour, bottom: Colour, height: int) -> None:
    for y in range(height):
        part = y / height
        pen.line((0, y, 640, y), fill=tuple(int(a + (b - a) * part) for a, b in zip(top, bottom, strict=True)))


def _bedroom(pen: Pen, hue: float, rng: np.random.Generator) -> None:
    pen.rectangle((0, 0, 640, 480), fill=_turn((238, 176, 190), hue))
    pen.rectangle((0, 360, 640, 480), fill=(150, 100, 80))
    pen.rounded_rectangle((30, 200, 300, 420), 30, fill=(120, 70, 60))
    pen.rounded_rectangle((20, 290, 330, 440), 26, fill=_turn((250, 240, 245), hue))
    pen.rounded_rectangle((60, 250, 180, 320), 24, fill=_turn((190, 130, 200), hue))
    pen.rectangle((430, 40, 600, 210), fill=(255, 250, 240))
    pen.rectangle((440, 50, 590, 200), fill=(150, 200, 235))
    for x in (410, 590):
        pen.rectangle((x, 24, x + 38, 250), fill=_turn((205, 90, 120), hue))
    for i in range(7):  # a garland of small lamps
        x = 20 + i * 62 + int(rng.integers(-6, 6))
        pen.ellipse((x, 46 + (i % 2) * 14, x + 15, 61 + (i % 2) * 14), fill=(255, 236, 150))


def _kitchen(pen: Pen, hue: float, rng: np.random.Generator) -> None:
    pen.rectangle((0, 0, 640, 480), fill=_turn((235, 232, 215), hue))
    for y in range(130, 320, 38):  # tiles
        for x in range(0, 640, 44):
            shade = 0.93 + 0.07 * rng.random()
            pen.rectangle(
                (x + 2, y + 2, x + 42, y + 36), fill=tuple(int(c * shade) for c in _turn((150, 215, 205), hue))
            )
    for x in range(0, 640, 128):
        pen.rounded_rectangle((x + 4, -20, x + 124, 118), 8, fill=_turn((222, 120, 70), hue))
        pen.ellipse((x + 100, 88, x + 112, 100), fill=(250, 240, 220))
    pen.rectangle((0, 318, 640, 346), fill=(110, 80, 60))
    pen.rectangle((0, 346, 640, 480), fill=_turn((222, 120, 70), hue))
    for x in (60 + int(rng.integers(-10, 10)), 180, 470, 560 + int(rng.integers(-10, 10))):
        pen.rounded_rectangle((x - 22, 268, x + 22, 318), 8, fill=(200, 60, 50))
        pen.line((x - 20, 262, x + 20, 262), fill=(70, 60, 60), width=8)


def _stage(pen: Pen, hue: float, rng: np.random.Generator) -> None:
    pen.rectangle((0, 0, 640, 480), fill=(40, 14, 30))
    for x in range(0, 640, 40):  # a pleated curtain
        pen.rectangle((x, 0, x + 20, 380), fill=_turn((165, 20, 40), hue))
        pen.rectangle((x + 20, 0, x + 40, 380), fill=_turn((120, 10, 30), hue))
    for x in range(-40, 680, 100):
        pen.pieslice((x, -70, x + 120, 60), 0, 180, fill=_turn((205, 150, 40), hue))
    pen.polygon([(0, 380), (640, 380), (640, 480), (0, 480)], fill=(120, 70, 35))
    for x in range(0, 640, 70):
        pen.line((320 + (x - 320) * 0.8, 380, x, 480), fill=(90, 50, 25), width=4)
    for x in (120 + int(rng.integers(-30, 30)), 500 + int(rng.integers(-30, 30))):
        pen.polygon([(x, 0), (x - 70, 380), (x + 70, 380)], fill=(235, 175, 120))


def _garden(pen: Pen, hue: float, rng: np.random.Generator) -> None:
    _sky(pen, (110, 185, 240), (215, 240, 250), 326)
    for x in (70, 240, 420, 590):
        wide = 90 + int(rng.integers(-15, 20))
        pen.rectangle((x - 12, 200, x + 12, 300), fill=(100, 70, 40))
        pen.ellipse((x - wide, 70, x + wide, 240), fill=_turn((50 + int(rng.integers(0, 30)), 140, 60), hue))
    for x in range(0, 640, 46):  # a white fence
        pen.rectangle((x + 6, 230, x + 34, 330), fill=(245, 245, 240))
    pen.rectangle((0, 255, 640, 268), fill=(235, 235, 230))
    pen.rectangle((0, 325, 640, 480), fill=_turn((95, 180, 70), hue))
    for _ in range(46):
        x, y = int(rng.integers(0, 640)), int(rng.integers(335, 470))
        colour = ((240, 60, 80), (250, 210, 60), (200, 90, 220), (255, 255, 255))[rng.integers(4)]
        pen.ellipse((x - 8, y - 8, x + 8, y + 8), fill=colour)


def _workshop(pen: Pen, hue: float, rng: np.random.Generator) -> None:
    for y in range(0, 480, 60):  # plank wall
        shade = 0.85 + 0.15 * rng.random()
        pen.rectangle((0, y, 640, y + 57), fill=tuple(int(c * shade) for c in _turn((176, 128, 78), hue)))
    pen.rectangle((60, 50, 580, 230), fill=(90, 98, 104))
    for i, x in enumerate(range(95, 570, 62)):  # tools on a board
        long = 70 + int(rng.integers(0, 40))
        pen.rectangle((x - 5, 80, x + 5, 80 + long), fill=(210, 170, 90))
        if i % 3 == 0:
            pen.rectangle((x - 22, 72, x + 22, 96), fill=(190, 195, 200))
        elif i % 3 == 1:
            pen.polygon([(x - 16, 80), (x + 16, 80), (x + 5, 150), (x - 5, 150)], fill=(200, 205, 210))
        else:
            pen.ellipse((x - 18, 66, x + 18, 102), outline=(230, 120, 40), width=9)
    pen.rectangle((0, 352, 640, 480), fill=_turn((110, 72, 40), hue))
    pen.rectangle((0, 340, 640, 366), fill=(70, 46, 30))


def _library(pen: Pen, hue: float, rng: np.random.Generator) -> None:
    pen.rectangle((0, 0, 640, 480), fill=(66, 40, 26))
    for shelf in range(4):
        bottom = 108 + shelf * 112
        x = 8
        while x < 630:
            wide, tall = int(rng.integers(13, 30)), int(rng.integers(62, 96))
            colour = colorsys.hsv_to_rgb(
                (rng.choice((0.0, 0.06, 0.1, 0.33, 0.6, 0.95)) + hue) % 1,
                rng.uniform(0.35, 0.7),
                rng.uniform(0.35, 0.75),
            )
            pen.rectangle((x, bottom - tall, x + wide - 2, bottom), fill=tuple(int(255 * c) for c in colour))
            pen.line((x + 3, bottom - tall + 14, x + wide - 5, bottom - tall + 14), fill=(225, 200, 130), width=3)
            x += wide
        pen.rectangle((0, bottom, 640, bottom + 14), fill=(112, 72, 42))


def _beach(pen: Pen, hue: float, rng: np.random.Generator) -> None:
    _sky(pen, (70, 170, 245), (190, 232, 255), 220)
    sun = int(rng.integers(60, 580))
    pen.ellipse((sun - 42, 30, sun + 42, 114), fill=(255, 240, 150))
    pen.rectangle((0, 210, 640, 320), fill=_turn((20, 150, 190), hue))
    for y in (232, 262, 296):
        for x in range(-40, 640, 110):
            at = x + int(rng.integers(0, 50))
            pen.arc((at, y, at + 80, y + 26), 200, 340, fill=(235, 250, 255), width=5)
    pen.rectangle((0, 312, 640, 480), fill=_turn((244, 214, 148), hue))
    palm = 70 if rng.random() < 0.5 else 560
    pen.line((palm, 400, palm + 14, 140), fill=(130, 90, 50), width=24)
    for turn in range(0, 360, 52):
        end = (palm + 14 + 115 * np.cos(np.radians(turn)), 135 + 62 * np.sin(np.radians(turn)) + 22)
        pen.line((palm + 14, 135, *end), fill=(40, 140, 70), width=20)


def _rooftop(pen: Pen, hue: float, rng: np.random.Generator) -> None:
    _sky(pen, _turn((245, 130, 90), hue), _turn((255, 220, 160), hue), 480)
    for layer, shade in ((0, 120), (1, 70)):
        x = -10
        while x < 640:
            wide, top = int(rng.integers(50, 110)), int(rng.integers(90, 210)) + layer * 60
            pen.rectangle((x, top, x + wide, 400), fill=(shade, shade + 6, shade + 30))
            for wx in range(x + 9, x + wide - 12, 22):
                for wy in range(top + 14, 390, 30):
                    if rng.random() < 0.55:
                        pen.rectangle((wx, wy, wx + 11, wy + 15), fill=(255, 225, 130))
            x += wide + int(rng.integers(0, 14))
    pen.rectangle((0, 378, 640, 480), fill=(150, 140, 140))
    pen.line((0, 330, 640, 330), fill=(225, 225, 230), width=9)
    for x in range(0, 640, 60):
        pen.line((x, 330, x, 390), fill=(225, 225, 230), width=7)


PAINTERS = {
    "bedroom": _bedroom,
    "kitchen": _kitchen,
    "stage": _stage,
    "garden": _garden,
    "workshop": _workshop,
    "library": _library,
    "beach": _beach,
    "rooftop": _rooftop,
}
