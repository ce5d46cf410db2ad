"""Both themes by the numbers: what is written can be read (WCAG 2.2, 1.4.3: a contrast of 4.5 to 1)."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
THEMES = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
STYLE = (ROOT / "app" / "ui" / "style.css").read_text(encoding="utf-8")
ENOUGH = 4.5
Colour = tuple[float, float, float]


def _of(colour: str) -> Colour:
    return tuple(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))


def _luminance(colour: Colour) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: Colour, other: Colour) -> float:
    """From 1 to 21."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def over(front: Colour, behind: Colour, share: float) -> Colour:
    """What is seen where `front` is drawn over `behind` and lets the rest through."""
    return tuple(share * a + (1 - share) * b for a, b in zip(front, behind, strict=True))


def grounds(theme: str) -> list[Colour]:
    """What pages and sidebar are drawn on."""
    return [_of(THEMES[theme]["backgroundColor"]), _of(THEMES[theme]["sidebar"]["backgroundColor"])]


def test_contrast_is_that_of_the_standard():
    assert contrast(_of("#000000"), _of("#ffffff")) == pytest.approx(21)
    assert contrast(_of("#777777"), _of("#ffffff")) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_selected_segment_can_be_read(theme: str):
    """Streamlit 1.67 writes it in the primary colour, over a tenth of the same colour, a fifth under the mouse."""
    primary = _of(THEMES[theme]["primaryColor"])
    for ground in grounds(theme):
        for share in (0.1, 0.2):
            assert contrast(primary, over(primary, ground, share)) >= ENOUGH


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_and_links_can_be_read(theme: str):
    for ground in grounds(theme):
        for written in ("textColor", "linkColor"):
            assert contrast(_of(THEMES[theme][written]), ground) >= ENOUGH


def test_the_words_on_a_primary_button_can_be_read():
    rule = re.search(r'stBaseButton-primary"\][^{]*\{\s*color: light-dark\((#\w{6}), (#\w{6})\)', STYLE)
    for theme, written in zip(("light", "dark"), rule.groups(), strict=True):
        assert contrast(_of(written), _of(THEMES[theme]["primaryColor"])) >= ENOUGH
