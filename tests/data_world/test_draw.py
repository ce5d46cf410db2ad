"""Frames: every value can be drawn, and a scene, a lighting and an object each change the picture."""

import io
import itertools

import numpy as np
import pytest
from PIL import Image

from mspa_model.data.world.aspects import LIGHTINGS, OBJECTS, SCENES
from mspa_model.data.world.draw import draw_look, encode_webp, segment_frame

SIZE = (320, 240)


def frame(scene: str, lighting: str, thing: str, seed: int = 3) -> np.ndarray:
    look = draw_look(np.random.default_rng(1))
    return np.asarray(segment_frame(scene, lighting, thing, look, SIZE, np.random.default_rng(seed)), dtype=float)


@pytest.mark.parametrize(("scene", "thing"), [(s, t) for s, t in zip(SCENES, itertools.cycle(OBJECTS), strict=False)])
def test_a_frame_is_a_small_webp_of_the_right_size(scene: str, thing: str) -> None:
    rng = np.random.default_rng(0)
    data = encode_webp(segment_frame(scene, "daylight", thing, draw_look(rng), SIZE, rng))
    assert len(data) < 9_000
    with Image.open(io.BytesIO(data)) as picture:
        assert (picture.format, picture.size) == ("WEBP", SIZE)


def test_what_differs_changes_the_picture_more_than_another_moment_does() -> None:
    base = frame("library", "daylight", "cat")
    moment = np.abs(base - frame("library", "daylight", "cat", seed=4)).mean()
    for other in (frame("beach", "daylight", "cat", 4), frame("library", "neon", "cat", 4)):
        assert np.abs(base - other).mean() > 1.5 * moment
    cat, again, cake = (frame("stage", "daylight", thing, 3) for thing in ("cat", "cat", "cake"))
    assert np.abs(cat - again).max() == 0
    assert (np.abs(cat - cake).max(2) > 40).mean() > 0.05


def test_lighting_sets_the_colour() -> None:
    mean = {lighting: frame("kitchen", lighting, "easel").mean((0, 1)) for lighting in LIGHTINGS}
    red, green, blue = range(3)
    assert mean["candlelight"][red] > 1.5 * mean["candlelight"][blue]
    assert mean["moonlight"][blue] > mean["moonlight"][red]
    assert mean["neon"][green] < min(mean["neon"][red], mean["neon"][blue])
    assert mean["daylight"].sum() == max(m.sum() for m in mean.values())


def test_every_object_is_drawn_inside_the_picture() -> None:
    plain = {thing: frame("library", "daylight", thing) for thing in OBJECTS}
    for one, other in itertools.combinations(OBJECTS, 2):
        assert (np.abs(plain[one] - plain[other]).max(2) > 40).mean() > 0.04, (one, other)
