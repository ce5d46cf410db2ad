"""Is a report's evidence what the run says? The file's hash, the run's hash, and the case run again."""

import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from explain.report.evidence import Evidence, from_json, hash_of
from explain.report.gather import gather_evidence
from explain.report.html import evidence_in, to_html
from explain.report.pseudonym import user_of_key
from explain.types import Case
from mspa_model.data.rooms import moment_of
from mspa_model.errors import MspaError
from mspa_model.runs import Run

TOLERANCE = 1e-4  # of 1 or of the number, whichever is larger: what a GPU and a processor may differ by
_NUMBER = re.compile(r"[-+−]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
_BIGGEST = 5_000_000  # bytes of a file that is looked at


def verify(file: Path, run: Run) -> tuple[bool, str]:
    """Whether a report (its .json or .html) holds, and one sentence that says why or what differs.

    The analyst's note cannot be run again; only the hash speaks for it. Raises MspaError on a file that is no report.
    """
    text = _read(file)
    is_page = file.suffix.lower() in {".html", ".htm"}
    evidence = from_json(evidence_in(text) if is_page else text)
    if hash_of(evidence) != evidence.sha256:
        return False, "The evidence was changed after it was written: its SHA-256 does not match its content."
    if is_page and text != to_html(evidence):
        return False, "The page was changed after it was written: it is not the view of the evidence inside it."
    if evidence.run_hash != run.hash:
        return False, f"The report speaks of run {evidence.run_hash[:12]}…, this is run {run.hash[:12]}…."
    return _compare_again(evidence, run)


def _read(file: Path) -> str:
    if not file.is_file() or file.stat().st_size > _BIGGEST:
        raise MspaError(f"{file}", "a report's .json or .html of at most 5 MB", "Give the file that `report` wrote.")
    try:
        return file.read_bytes().decode()
    except UnicodeDecodeError as error:
        todo = "A PDF cannot be verified: give the .json or .html beside it."
        raise MspaError(f"{file.name}, which is no text", "a report's .json or .html", todo) from error


def _compare_again(evidence: Evidence, run: Run) -> tuple[bool, str]:
    line = evidence.case
    user_id = user_of_key(run, line.user_key)
    live_at = None if line.live_at is None else moment_of(line.live_at)
    scopes = (line.history, line.candidates, live_at, line.new_share)
    case = Case(user_id, line.streamer_id, line.rival_id, line.step, *scopes)
    again = gather_evidence(run, case, evidence.note)
    for where, got, expected in differences(asdict(evidence), asdict(again)):
        return False, f"The report does not hold: {where} says {got!r:.80}, the run says {expected!r:.80}."
    return True, f"The report holds: the case was run again and every number agrees within {TOLERANCE:g}."


def differences(got: Any, expected: Any, where: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Every place where two evidences differ by more than the tolerance; the hash over themselves left out."""
    if isinstance(got, dict) and isinstance(expected, dict):
        for key in expected:
            if key != "sha256":
                yield from differences(got.get(key), expected[key], f"{where}.{key}".lstrip("."))
    elif isinstance(got, list | tuple) and isinstance(expected, list | tuple) and len(got) == len(expected):
        for position, (one, other) in enumerate(zip(got, expected, strict=True), 1):
            yield from differences(one, other, f"{where} {position}")
    elif not _same(got, expected):
        yield where, got, expected


def _same(got: Any, expected: Any) -> bool:
    if isinstance(got, float) and isinstance(expected, float):
        return abs(got - expected) <= TOLERANCE * max(1.0, abs(expected))
    if isinstance(got, str) and isinstance(expected, str):
        return got == expected or _same_sentence(got, expected)
    return got == expected


def _same_sentence(got: str, expected: str) -> bool:
    """The same words, whole numbers equal, and decimals at most one of their last digit apart (rounding may tip it)."""
    numbers = zip(_NUMBER.findall(got), _NUMBER.findall(expected), strict=False)
    return _NUMBER.split(got) == _NUMBER.split(expected) and all(_same_number(*pair) for pair in numbers)


def _same_number(got: str, expected: str) -> bool:
    if got == expected:
        return True
    if "." not in got + expected and "e" not in got + expected:
        return False
    decimals = max(len(text.partition("e")[0].partition(".")[2]) for text in (got, expected))
    one, other = (float(text.replace("−", "-")) for text in (got, expected))
    return abs(one - other) <= max(TOLERANCE, 1.001 * 10.0**-decimals if "e" not in got + expected else 0.0)
