"""The report as one HTML file that loads and runs nothing, its evidence inside, so that it can be verified."""

import re
from functools import cache
from pathlib import Path

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from explain.report.evidence import Evidence, to_json
from explain.report.page import Page, page_of
from mspa_model.errors import MspaError

_TEMPLATE = Path(__file__).with_name("page.html.j2")
_SIZES = ((10.5, 1500), (9.5, 2100), (8.5, 2800), (7.8, 3500))  # points, letters up to which they fit
_SMALLEST = 6.6
_EVIDENCE = re.compile(r'<script type="application/json" id="evidence">(.*?)</script>', re.DOTALL)


def to_html(evidence: Evidence) -> str:
    """The page; the same evidence gives the same bytes."""
    page = page_of(evidence)
    return _template().render(page=page, size=_size(page), evidence=_inert(to_json(evidence)))


def evidence_in(html: str) -> str:
    """The evidence JSON inside a page; raises MspaError where there is none."""
    found = _EVIDENCE.findall(html)
    if len(found) != 1:
        raise MspaError("an HTML file without its evidence", "a page that `report` wrote", "Verify its .json instead.")
    return found[0]


def _size(page: Page) -> float:
    """Letter size in points that leaves the page on one A4 in wide letters; CSS cannot shrink text to fit by itself."""
    said = (page.question, page.answer, page.seal_sentence, page.evidence, *page.reasons, page.what_if, page.note)
    n_letters = sum(map(len, (*said, *page.cannot_tell)))
    return next((size for size, most in _SIZES if n_letters <= most), _SMALLEST)


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=False, keep_trailing_newline=True)
    return environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))


def _inert(json_text: str) -> Markup:
    """JSON that cannot close its element: in JSON only strings can hold these signs, and an escape means the same."""
    return Markup(json_text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))
