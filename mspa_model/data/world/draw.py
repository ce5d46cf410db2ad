"""The picture of a segment: a scene, its lighting, a host and an object, drawn with Pillow at twice the size."""

import colorsys
import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from mspa_model.data.world.objects import draw_object
from mspa_model.data.world.scenes import draw_scene

WIDTH, HEIGHT = 640, 480
Colour = tuple[int, int, int]
SKINS: tuple[Colour, ...] = (
    (255, 219, 190),
    (241, 194, 155),
    (224, 172, 125),
    (198, 134, 88),
    (141, 85, 52),
    (94, 58, 38),
)
HAIRS: tuple[Colour, ...] = (
    (40, 26, 18),
    (90, 56, 30),
    (180, 120, 60),
    (230, 200, 120),
    (150, 50, 30),
    (120, 120, 130),
    (110, 60, 150),
    (40, 120, 150),
)
# tint that multiplies the picture, colour of the light that is added, strength of that light
LIGHT: dict[str, tuple[Colour, Colour, float]] = {
    "daylight": ((255, 252, 242), (255, 250, 225), 0.30),
    "neon": ((150, 95, 205), (255, 40, 170), 0.75),
    "candlelight": ((215, 135, 70), (255, 180, 70), 0.60),
    "moonlight": ((95, 125, 195), (160, 200, 255), 0.42),
}


@dataclass(frozen=True)
class Look:
    """What stays the same of one streamer from frame to frame."""

    skin: Colour
    hair: Colour
    shirt: Colour
    hair_style: int
    glasses: bool
    beard: bool
    side: int  # -1: the host sits left and the object right; 1: the other way round
    hue: float  # shifts the scene's wall colour


def draw_look(rng: np.random.Generator) -> Look:
    """The look of one streamer; says nothing about what is planted."""
    shirt = tuple(
        int(255 * c) for c in colorsys.hsv_to_rgb(rng.random(), rng.uniform(0.35, 0.85), rng.uniform(0.45, 0.95))
    )
    return Look(
        skin=SKINS[rng.integers(len(SKINS))],
        hair=HAIRS[rng.integers(len(HAIRS))],
        shirt=shirt,
        hair_style=int(rng.integers(5)),
        glasses=bool(rng.random() < 0.25),
        beard=bool(rng.random() < 0.2),
        side=int(rng.choice((-1, 1))),
        hue=float(rng.uniform(-0.04, 0.04)),
    )


def segment_frame(
    scene: str, lighting: str, thing: str, look: Look, size: tuple[int, int], rng: np.random.Generator
) -> Image.Image:
    """One RGB frame of the given size (width, height)."""
    picture = Image.new("RGB", (WIDTH, HEIGHT))
    draw_scene(picture, scene, look.hue, rng)
    picture = picture.filter(ImageFilter.GaussianBlur(1.6))  # the room stands behind the depth of field
    _host(ImageDraw.Draw(picture), look, rng)
    x = WIDTH // 2 - look.side * 165 + int(rng.normal(0, 14))
    draw_object(picture, thing, x, 350 + int(rng.normal(0, 8)), rng.uniform(0.92, 1.12))
    picture = _light(picture, lighting, look, rng)
    return _noise(picture.resize(size, Image.Resampling.LANCZOS), rng)


def encode_webp(picture: Image.Image) -> bytes:
    """WebP bytes of a frame."""
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=78, method=6)
    return file.getvalue()


def _shade(colour: Colour, by: float) -> Colour:
    return tuple(int(np.clip(c * by, 0, 255)) for c in colour)


def _host(pen: ImageDraw.ImageDraw, look: Look, rng: np.random.Generator) -> None:
    """Head, hair, shoulders and arms of one person, leaning a little differently in every frame."""
    x = WIDTH // 2 + look.side * 105 + int(rng.normal(0, 16))
    y = 205 + int(rng.normal(0, 10))
    lean = int(rng.normal(0, 8))
    dark = _shade(look.shirt, 0.75)
    pen.rounded_rectangle((x - 105 - lean, y + 88, x + 105 - lean, HEIGHT + 60), 66, fill=look.shirt)
    pen.polygon([(x - 34, y + 88), (x + 34, y + 88), (x - lean, y + 138)], fill=_shade(look.skin, 0.92))
    for arm in (-1, 1):
        reach = int(rng.uniform(-26, 26))
        pen.line(
            [(x + arm * 92 - lean, y + 140), (x + arm * 118, y + 225), (x + arm * (48 + reach), y + 262)],
            fill=dark,
            width=44,
            joint="curve",
        )
        pen.ellipse((x + arm * (48 + reach) - 25, y + 237, x + arm * (48 + reach) + 25, y + 287), fill=look.skin)
    if look.hair_style in (2, 3):  # long hair falls behind the face
        pen.rounded_rectangle((x - 78, y - 66, x + 78, y + (120 if look.hair_style == 2 else 60)), 62, fill=look.hair)
    pen.rectangle((x - 22, y + 50, x + 22, y + 100), fill=_shade(look.skin, 0.85))
    pen.ellipse((x - 60, y - 74, x + 60, y + 78), fill=look.skin)
    _hair(pen, x, y, look)
    _face(pen, x + lean // 2, y, look, rng)  # after the hair: the fringe must not cover the eyes


def _face(pen: ImageDraw.ImageDraw, x: int, y: int, look: Look, rng: np.random.Generator) -> None:
    look_to = int(rng.integers(-5, 6))
    for side in (-1, 1):
        centre = x + side * 25
        pen.ellipse((centre - 12, y - 14, centre + 12, y + 8), fill=(250, 250, 250))
        pen.ellipse((centre - 6 + look_to, y - 9, centre + 6 + look_to, y + 5), fill=(45, 35, 40))
        pen.line((centre - 13, y - 24, centre + 13, y - 25 - side), fill=_shade(look.hair, 0.8), width=5)
        pen.ellipse((centre + side * 8 - 12, y + 16, centre + side * 8 + 12, y + 34), fill=_shade(look.skin, 0.94))
        if look.glasses:
            pen.rounded_rectangle((centre - 20, y - 20, centre + 20, y + 14), 9, outline=(30, 30, 35), width=4)
    if look.beard:
        pen.chord((x - 50, y - 10, x + 50, y + 82), 15, 165, fill=look.hair)
    pen.line((x, y + 2, x - 5, y + 22, x + 4, y + 23), fill=_shade(look.skin, 0.78), width=4)
    open_by = int(rng.integers(4, 18))
    pen.chord((x - 21, y + 34 - open_by // 2, x + 21, y + 44 + open_by), 0, 180, fill=(150, 45, 55))


def _hair(pen: ImageDraw.ImageDraw, x: int, y: int, look: Look) -> None:
    """Short, parted, long, bob or a cap with a bun."""
    pen.chord((x - 68, y - 94, x + 68, y + 40), 180, 360, fill=look.hair)
    if look.hair_style in (0, 1):
        pen.pieslice((x - 68, y - 94, x + 68, y + 60), 180, 210 if look.hair_style else 200, fill=look.hair)
        pen.pieslice((x - 68, y - 94, x + 68, y + 60), 330, 360, fill=look.hair)
    if look.hair_style == 4:
        pen.ellipse((x - 30, y - 128, x + 30, y - 72), fill=look.hair)
    pen.ellipse((x - 46, y - 52, x + 46, y + 6), fill=look.skin)


def _light(picture: Image.Image, lighting: str, look: Look, rng: np.random.Generator) -> Image.Image:
    """Tint, a glow from the lamp's side, and darker corners."""
    tint, glow, strength = LIGHT[lighting]
    lit = ImageChops.multiply(picture, Image.new("RGB", picture.size, tint))
    ys, xs = np.mgrid[0:HEIGHT, 0:WIDTH]
    lamp_x, lamp_y = WIDTH / 2 - look.side * rng.uniform(180, 260), rng.uniform(40, 140)
    near = np.exp(-(((xs - lamp_x) / 300) ** 2 + ((ys - lamp_y) / 260) ** 2))[..., None]
    added = near * strength * np.array(glow)
    if lighting == "neon":  # a second lamp of another colour from the other side
        far = np.exp(-(((xs - (WIDTH - lamp_x)) / 260) ** 2 + ((ys - 380) / 240) ** 2))[..., None]
        added = added + far * 0.5 * np.array((0, 200, 255))
    corners = 1 - 0.35 * (((xs - WIDTH / 2) / WIDTH) ** 2 + ((ys - HEIGHT / 2) / HEIGHT) ** 2)[..., None] * 2
    base = np.asarray(lit, dtype=float)
    screen = 255 - (255 - base) * (255 - np.clip(added, 0, 255)) / 255
    return Image.fromarray(np.clip(screen * corners, 0, 255).astype(np.uint8))


def _noise(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A cheap camera: a little grain and a little difference in exposure."""
    pixels = np.asarray(picture, dtype=float) * rng.uniform(0.93, 1.05)
    return Image.fromarray(
        np.clip(pixels + rng.normal(0, 1.5, size=pixels.shape[:2])[..., None], 0, 255).astype(np.uint8)
    )
