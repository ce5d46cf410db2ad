"""The report as a tagged PDF (PDF/UA-1) by Typst, which reads the page as JSON strings and never as markup."""

import json
from dataclasses import asdict
from functools import cache
from pathlib import Path

import matplotlib
import typst
from matplotlib.ft2font import FT2Font

from explain.report.evidence import Evidence
from explain.report.page import page_of

_TEMPLATE = Path(__file__).with_name("page.typ")
# Typst's wheel brings Latin, Greek and Cyrillic; matplotlib's brings Arabic, Hebrew, symbols and, for all that is left,
# a font of boxes by script: no letter is missing for the standard, and the text that is copied is the right one.
_FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"


def to_pdf(evidence: Evidence) -> bytes:
    """One A4 page; the same evidence gives the same bytes. No file of this machine but the fonts is open to it."""
    page = page_of(evidence)
    texts = json.dumps(asdict(page) | {"lacking": _lacks_letters(json.dumps(asdict(page), ensure_ascii=False))})
    compiler = typst.Compiler(_TEMPLATE.read_bytes(), font_paths=[_FONTS], ignore_system_fonts=True)
    return compiler.compile(format="pdf", pdf_standards=["ua-1"], sys_inputs={"page": texts}, timestamp=0)


def _lacks_letters(text: str) -> bool:
    return any(ord(letter) not in _covered() for letter in text)


@cache
def _covered() -> frozenset[int]:
    return frozenset(FT2Font(str(_FONTS / "DejaVuSans.ttf")).get_charmap()) | {0x0A}
