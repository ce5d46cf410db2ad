"""HTML, PDF and Markdown are views of the evidence alone, and no text in it is ever markup."""

import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from explain.report.evidence import from_json, to_json
from explain.report.html import evidence_in, to_html
from explain.report.markdown import escape, to_markdown
from explain.report.page import page_of
from explain.report.pdf import to_pdf
from explain.report.render import VIEWS
from mspa_model.errors import MspaError

RENDERER = MarkdownIt("gfm-like").disable("linkify")
TAGS = {"html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "p", "div", "strong", "bdi", "span"}
TAGS |= {"table", "tr", "th", "td", "svg", "rect", "ol", "ul", "li"}


class Reader(HTMLParser):
    """Tags, attributes and text of a page, as a browser would find them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def html(evidence):
    return to_html(evidence)


def test_a_view_is_made_from_the_evidence_alone(evidence):
    again = from_json(to_json(evidence))
    for name, draw in VIEWS.items():
        assert draw(evidence) == draw(again), name


def test_html_has_no_tag_from_data(html):
    read = Reader(html)
    assert set(read.tags) - TAGS == {"footer", "script"}
    assert read.tags.count("script") == 1
    assert read.tags.count("table") == 2


def test_html_loads_and_runs_nothing(html):
    read = Reader(html)
    assert not {name for name in read.attributes if name.startswith("on")}
    assert not read.attributes & {"src", "href", "srcset", "action"}
    assert "default-src 'none'" in html
    assert "url(" not in html
    assert "@import" not in html


def test_html_shows_the_text_as_it_is(html, evidence):
    assert evidence.answer in Reader(html).text
    assert "{{ 7*7 }}" in html


def test_the_evidence_lies_in_the_page(html, evidence):
    assert from_json(evidence_in(html)) == evidence


def test_a_page_without_its_evidence_is_refused():
    with pytest.raises(MspaError, match="without its evidence"):
        evidence_in("<html></html>")


def test_pdf_is_one_tagged_page(evidence):
    pdf = to_pdf(evidence)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    assert b"/MediaBox[0 0 595.2756 841.8898]" in pdf.replace(b" [", b"[")
    assert b"/StructTreeRoot" in pdf


def test_a_short_report_is_one_page_too(evidence):
    document = json.loads(to_json(evidence)) | {"reasons": [], "cannot_tell": [], "note": "", "answer": "Short."}
    assert len(re.findall(rb"/Type\s*/Page\b", to_pdf(from_json(json.dumps(document))))) == 1


def test_markdown_shows_text_and_no_markup_from_data(evidence):
    shown = RENDERER.render(to_markdown(evidence))
    read = Reader(shown)
    allowed = [
        "h1",
        "p",
        "blockquote",
        "strong",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "ol",
        "ul",
        "li",
        "em",
        "code",
    ]
    assert set(read.tags) <= set(allowed)
    assert evidence.answer in read.text
    assert evidence.note in read.text
    assert read.tags.count("code") == 1


@given(st.text(alphabet="<>&*_`[]()!|#+-.:@~$\\ 1aZ\u00e9\n", max_size=40))
def test_escaped_markdown_reads_as_the_text(text):
    text = " ".join(text.split())
    read = Reader(RENDERER.render(escape(text)))
    assert set(read.tags) <= {"p"}
    assert read.text.strip() == text


def test_bars_stay_inside_their_drawing_and_zero_is_common(evidence):
    page = page_of(evidence)
    assert all(bar.start >= 0 and bar.start + bar.width <= 100.001 for bar in page.bars)
    assert all(
        bar.start + bar.width == pytest.approx(page.zero) if bar.text.startswith("−") else bar.start == page.zero
        for bar in page.bars
        if bar.width
    )
    assert [bar.label for bar in page.bars][-1] == "all together"
