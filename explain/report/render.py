"""A case to the files of its report: the evidence JSON, and HTML, PDF and Markdown as views of it alone."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from explain.report.evidence import Evidence, to_json
from explain.report.gather import gather_evidence
from explain.report.html import to_html
from explain.report.markdown import to_markdown
from explain.report.pdf import to_pdf
from explain.types import Case
from mspa_model.errors import MspaError
from mspa_model.folders import check_destination
from mspa_model.runs import Run

VIEWS: Mapping[str, Callable[[Evidence], bytes]] = {
    "json": lambda evidence: to_json(evidence).encode(),
    "html": lambda evidence: to_html(evidence).encode(),
    "pdf": to_pdf,
    "md": lambda evidence: to_markdown(evidence).encode(),
}


def render_report(
    run: Run, case: Case, out: Path, formats: Sequence[str] = ("json", "html", "pdf"), note: str = ""
) -> tuple[Path, ...]:
    """Write the report of a case into folder `out`; the paths, in the order of `formats`.

    File names hold the pseudonym and the evidence's hash, nothing from data. Raises MspaError on an unknown format, on
    an `out` that cannot be written, and as gather_evidence does; then nothing is written.
    """
    unknown = [name for name in formats if name not in VIEWS]
    if unknown:
        raise MspaError(f"report format {unknown[0][:20]!r}", f"one of {', '.join(VIEWS)}", "Leave it out.")
    check_destination(out, inside=True)
    evidence = gather_evidence(run, case, note)
    drawn = {name: VIEWS[name](evidence) for name in formats}
    out.mkdir(parents=True, exist_ok=True)
    stem = f"report-{evidence.case.user}-{evidence.sha256[:8]}"
    for name, content in drawn.items():
        (out / f"{stem}.{name}").write_bytes(content)
    return tuple(out / f"{stem}.{name}" for name in formats)
