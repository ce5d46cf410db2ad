"""Names of every large script are drawn with their letters in the PDF, and what no font has is said to be in boxes."""

import re
import zlib
from dataclasses import replace

import pytest

from explain.report.evidence import Evidence, sealed
from explain.report.pdf import to_pdf

BOXES = "LastResort"
NAMES = {
    "Chinese": ("主播小明的直播间", "NotoSansCJKsc"),
    "Japanese": ("さくら夜の配信 骨", "NotoSansCJKjp"),
    "Korean": ("김민수 라이브", "NotoSansCJKkr"),
    "Arabic": ("أحمد مباشر", "NotoSansArabic"),
    "Hindi": ("स्ट्रीमर प्रिया", "NotoSansDevanagari"),
    "Thai": ("ถ่ายทอดสด", "NotoSansThai"),
    "Bengali": ("সরাসরি সম্প্রচার", "NotoSansBengali"),
    "Tamil": ("நேரலை", "NotoSansTamil"),
}


def fonts_of(pdf: bytes) -> set[str]:
    """Names of the fonts that the file embeds, without the tag of their subset."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    inflated = [zlib.decompressobj().decompress(stream) for stream in streams if stream[:1] == b"\x78"]
    named = re.findall(rb"/BaseFont\s*/(?:[A-Z]{6}\+)?([^\s/]+)", b"\n".join([pdf, *inflated]))
    return {name.decode() for name in named}


def longest_line(pdf: bytes) -> int:
    """Glyphs that are drawn by one instruction, at most: a line, or the part of it in one font."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    inflated = [zlib.decompressobj().decompress(stream) for stream in streams if stream[:1] == b"\x78"]
    shown = re.findall(rb"\[([^\]]*)\]\s*TJ|(<[^>]*>|\((?:[^()\\]|\\.)*\))\s*Tj", b"\n".join(inflated))
    return max(_glyphs(b"".join(pair)) for pair in shown)


def _glyphs(operand: bytes) -> int:
    """Two bytes a glyph, as hexadecimal digits or as an escaped string."""
    texts = re.findall(rb"<([0-9A-Fa-f\s]*)>|\(((?:[^()\\]|\\.)*)\)", operand)
    return sum(len(digits) // 4 + len(re.sub(rb"\\(?:[0-7]{1,3}|.)", b".", raw)) // 2 for digits, raw in texts)


def about(evidence: Evidence, name: str) -> Evidence:
    """The evidence in English, of a streamer of this name."""
    case = replace(evidence.case, streamer_name=name, rival_name="Kato")
    plain = {
        "seal_sentence": "Faithful.",
        "seal_truth": "",
        "evidence_sentence": "Known.",
        "reasons": (),
        "cannot_tell": (),
        "note": "",
    }
    what_if = replace(evidence.what_if, sentence="No edit moves it.")
    asked = f"Why does {name} stand above Kato?"
    return sealed(
        replace(evidence, case=case, question=asked, answer=f"{name}.", what_if=what_if, dataset="T", **plain)
    )


@pytest.mark.parametrize("script", NAMES)
def test_names_are_drawn_with_their_letters(evidence, script):
    name, font = NAMES[script]
    fonts = fonts_of(to_pdf(about(evidence, name)))
    assert any(known.startswith(font) for known in fonts), fonts
    assert not any(BOXES in known for known in fonts), fonts


def test_letters_that_no_font_has_are_said_to_be_in_boxes(evidence):
    boxed, sound = to_pdf(about(evidence, "Live 𒀀")), to_pdf(about(evidence, "Live"))  # cuneiform
    assert any(BOXES in known for known in fonts_of(boxed))
    assert not any(BOXES in known for known in fonts_of(sound))
    assert len(boxed) > len(sound)


def test_a_page_in_latin_letters_takes_nothing_from_the_large_fonts(evidence):
    assert not any("CJK" in known for known in fonts_of(to_pdf(about(evidence, "Kátō Ωmega Борис"))))


def test_an_address_with_long_ids_stays_on_the_page(evidence):
    """Nothing in it is a place to break a line at."""
    long = replace(evidence, link=f"/why?user=~7f3a&streamer={'s' * 201}&rival={'r' * 201}")
    drawn, short = longest_line(to_pdf(sealed(long))), longest_line(to_pdf(evidence))
    assert short <= drawn <= max(short, 80)
