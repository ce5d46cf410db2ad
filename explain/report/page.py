"""What stands on a report's page: plain strings from the evidence alone, which HTML, PDF and Markdown draw."""

from dataclasses import dataclass

from explain.figures_style import SOURCE_COLOURS, SOURCE_LABELS, digits_for, signed
from explain.report.evidence import CaseLine, Evidence
from mspa_model.number_format import percent
from mspa_model.types import Source
from mspa_model.words import shortened

SEAL_WORDS = {
    "green": "Green seal",
    "amber": "Amber seal",
    "red": "Red seal",
}
SEAL_COLOURS = {"green": "#00724F", "amber": "#8A5A00", "red": "#B03A00"}  # 4.5:1 and more on white
_SIDE = 34  # characters of a name beside the other one
DISCLAIMER = "This explains the run named below, not what the platform served."


@dataclass(frozen=True)
class Bar:
    """One source's margin. start, width: percent of the drawing's breadth, zero of the axis at `Page.zero`."""

    label: str
    text: str
    colour: str
    start: float
    width: float


@dataclass(frozen=True)
class Page:
    """The page in reading order. link: percent-encoded."""

    question: str
    answer: str
    seal: str
    seal_colour: str
    seal_sentence: str
    evidence: str
    bars_title: str
    bars: tuple[Bar, ...]
    zero: float
    left: str
    right: str
    reasons: tuple[str, ...]
    what_if: str
    cannot_tell: tuple[str, ...]
    note: str
    disclaimer: str
    link: str
    foot: tuple[tuple[str, str], ...]


def page_of(evidence: Evidence) -> Page:
    """The page of an evidence; pure, so that each view can be made again and compared."""
    case = evidence.case
    bars, zero = _bars(evidence)
    return Page(
        question=evidence.question,
        answer=evidence.answer,
        seal=SEAL_WORDS[evidence.seal],
        seal_colour=SEAL_COLOURS[evidence.seal],
        seal_sentence=" ".join(filter(None, (evidence.seal_sentence, evidence.seal_truth))),
        evidence=evidence.evidence_sentence,
        bars_title="The margin over the rival by source, in points",
        bars=bars,
        zero=zero,
        left=f"← for {shortened(case.rival_name, _SIDE)}",
        right=f"for {shortened(case.streamer_name, _SIDE)} →",
        reasons=evidence.reasons,
        what_if=evidence.what_if.sentence,
        cannot_tell=evidence.cannot_tell,
        note=evidence.note,
        disclaimer=DISCLAIMER,
        link=evidence.link,
        foot=(
            ("Data", evidence.dataset),
            ("Run", f"{evidence.run_hash}, made {evidence.run_created_at[:10]}"),
            ("Audit", evidence.audit_hash or "none when this was written"),
            ("Case", _case_words(case)),
            ("Evidence", f"{evidence.schema}, SHA-256 {evidence.sha256}"),
        ),
    )


def _case_words(case: CaseLine) -> str:
    words = f"{case.user} is a pseudonym that only the run’s key file opens; correction step {case.step}"
    words = f"{words}, history “{case.history}”"
    return f"{words}, {percent(case.new_share)} of places kept for the new" if case.new_share else words


def _bars(evidence: Evidence) -> tuple[tuple[Bar, ...], float]:
    """Bars of the sources that take part, the largest first, then their sum; and where zero lies, in percent."""
    parts = [part for part in evidence.sources if part.streamer or part.rival]
    parts.sort(key=lambda part: -abs(part.margin))
    rows = [(SOURCE_LABELS[Source(p.source)], p.margin, SOURCE_COLOURS[Source(p.source)]) for p in parts]
    rows.append(("all together", evidence.margin, "#555555"))
    margins = [margin for _, margin, _ in rows]
    low, high = min(0.0, *margins), max(0.0, *margins)
    span = (high - low) or 1.0
    bars = tuple(
        Bar(
            label,
            signed(margin, digits_for(margins)),
            colour,
            round(100 * (min(margin, 0.0) - low) / span, 3),
            round(100 * abs(margin) / span, 3),
        )
        for label, margin, colour in rows
    )
    return bars, round(100 * -low / span, 3)
