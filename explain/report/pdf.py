"""The report as a tagged PDF (PDF/UA-1) by Typst, which reads the page as JSON strings and never as markup."""

import json
import re
from dataclasses import asdict
from functools import cache
from pathlib import Path

import manimgx_fonts
import manimgx_fonts_cjk
import matplotlib
import typst
from matplotlib.ft2font import FT2Font

from explain.report.evidence import Evidence
from explain.report.page import page_of

_TEMPLATE = Path(__file__).with_name("page.typ")
# Typst's wheel brings Latin, Greek and Cyrillic; two packages bring Noto Sans for the scripts of Asia, Africa and the
# Near East (SIL Open Font License); matplotlib's wheel brings symbols and, for all that is left, a font of boxes by
# script: no letter is missing for the standard, and the text that is copied is the right one.
_MATPLOTLIB = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
_FONTS = (Path(manimgx_fonts.__file__).parent, Path(manimgx_fonts_cjk.__file__).parent, _MATPLOTLIB)
_KANA, _HANGUL = re.compile("[\u3040-\u30ff]"), re.compile("[\u1100-\u11ff\uac00-\ud7af]")


def to_pdf(evidence: Evidence) -> bytes:
    """One A4 page; the same evidence gives the same bytes. No file of this machine but the fonts is open to it."""
    page = asdict(page_of(evidence))
    text = json.dumps(page, ensure_ascii=False)
    texts = json.dumps(page | {"fonts": _fonts_for(text), "lacking": _lacks_letters(text)})
    compiler = typst.Compiler(_TEMPLATE.read_bytes(), font_paths=list(_FONTS), ignore_system_fonts=True)
    return compiler.compile(format="pdf", pdf_standards=["ua-1"], sys_inputs={"page": texts}, timestamp=0)


def _fonts_for(text: str) -> list[str]:
    """The families to look for a letter in, in this order.

    Han letters are one code and several shapes: a page with kana takes the Japanese, one with hangul the Korean, any
    other the simplified Chinese.
    """
    han = "JP" if _KANA.search(text) else "KR" if _HANGUL.search(text) else "SC"
    symbols = ["DejaVu Sans", "Noto Sans", "Noto Sans Symbols", "Noto Emoji", "Last Resort High-Efficiency"]
    return ["Libertinus Serif", *_script_families(), f"Noto Sans CJK {han}", *symbols]


@cache
def _script_families() -> tuple[str, ...]:
    """Noto Sans Arabic, Devanagari, ...: a family for each script that has one of its own."""
    families = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[_FONTS[0]]).families()
    return tuple(name for name in families if name.startswith("Noto Sans ") and name != "Noto Sans Symbols")


def _lacks_letters(text: str) -> bool:
    return not _covered().issuperset(map(ord, text))


@cache
def _covered() -> frozenset[int]:
    """Every letter that a font of the page has, boxes aside."""
    files = [_MATPLOTLIB / "DejaVuSans.ttf", *(f for folder in _FONTS[:2] for f in sorted(folder.glob("*.tt[fc]")))]
    return frozenset().union(*(FT2Font(str(file)).get_charmap() for file in files))
