"""The evidence of a report: a frozen value, its JSON, a SHA-256 over itself. HTML, PDF and Markdown are its views."""

import hashlib
import json
from dataclasses import asdict, field, replace
from typing import Any, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from mspa_model.errors import MspaError
from mspa_model.types import CandidateScope, HistoryScope

SCHEMA = "mspa-evidence/2"
_IDENTIFIES = "mspa-evidence/1"  # its pseudonyms can be undone with a list of ids
LONGEST_NOTE = 600  # characters: the report is one page
SENTENCE = 420  # characters of one sentence on the page
_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True, config=_STRICT)
class CaseLine:
    """The case, its user under a pseudonym. user_key: of which that is the beginning.

    live_at: ISO 8601, None where nothing asks who is live; new_share: of the places, kept for the new. Neither is a
    part of the JSON where it was not asked for.
    """

    user: str
    user_key: str
    streamer_id: str
    streamer_name: str
    rival_id: str
    rival_name: str
    step: int
    history: HistoryScope
    candidates: CandidateScope
    live_at: str | None = None
    new_share: float = 0.0


@dataclass(frozen=True, config=_STRICT)
class Part:
    """One additive part of the margin. kind: source, tip, statement or residual."""

    kind: str
    source: str
    label: str
    streamer: float
    rival: float
    margin: float


@dataclass(frozen=True, config=_STRICT)
class CheckLine:
    """One check of the case. grave: its failure makes the seal red, any other amber."""

    name: str
    value: float | None
    limit: float | None
    verdict: Literal["pass", "fail", "not applicable"]
    sentence: str
    grave: bool = True


@dataclass(frozen=True, config=_STRICT)
class WhatIf:
    """One tried edit. kind, label: None and "" where no single edit moves the streamer at all."""

    kind: str | None
    label: str
    rank_before: int | None
    rank_after: int | None
    score_change: float | None
    sentence: str


@dataclass(frozen=True, config=_STRICT)
class Evidence:
    """Everything that a report says, and what is needed to run it again.

    run_hash: the model's identity; audit_hash: of the audit that the seal goes by, None where the run had none.
    seal_truth: what that audit knew of such seals.
    largest: the five tips, statements or residuals with the largest margins; the others are not named, since a list of
    all tips would tell who the user is. sha256: over the JSON of every other field. group_names: what people called the
    run's groups of looks and sounds then; like the note their own words, which nobody can verify.
    """

    schema: str
    run_hash: str
    run_created_at: str
    audit_hash: str | None
    dataset: str
    case: CaseLine
    question: str
    answer: str
    seal: Literal["green", "amber", "red"]
    seal_sentence: str
    seal_truth: str
    evidence_sentence: str
    streamer_rank: int | None
    rival_rank: int | None
    margin: float
    sources: tuple[Part, ...]
    largest: tuple[Part, ...]
    checks: tuple[CheckLine, ...]
    reasons: tuple[str, ...]
    what_if: WhatIf
    cannot_tell: tuple[str, ...]
    link: str
    note: str
    sha256: str = ""
    group_names: dict[str, str] = field(default_factory=dict)


def sealed(evidence: Evidence) -> Evidence:
    """The evidence with the hash over itself."""
    return replace(evidence, sha256=hash_of(evidence))


def hash_of(evidence: Evidence) -> str:
    """SHA-256 over the canonical JSON (sorted keys, no spaces) of every field but the hash."""
    fields = {key: value for key, value in _fields(evidence).items() if key != "sha256"}
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def to_json(evidence: Evidence) -> str:
    """The evidence as indented JSON."""
    return json.dumps(_fields(evidence), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _fields(evidence: Evidence) -> dict[str, Any]:
    """What is written and hashed: what was not asked for, and names that nobody gave, are no part of it."""
    fields = asdict(evidence)
    if not evidence.group_names:
        del fields["group_names"]
    for name in ("live_at", "new_share"):
        if not fields["case"][name]:
            del fields["case"][name]
    return fields


def from_json(text: str) -> Evidence:
    """The inverse of to_json; raises MspaError on what is no evidence of this schema. The hash is not looked at."""
    _refuse_other_schema(text)
    try:
        evidence = TypeAdapter(Evidence).validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "the file"
        todo = "Give the .json or .html that `report` wrote."
        raise MspaError(f"{where}: {first['msg']}", f"evidence of schema {SCHEMA}", todo) from error
    return evidence


def _refuse_other_schema(text: str) -> None:
    """Before the fields are looked at: another schema has others."""
    try:
        schema = json.loads(text)["schema"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return
    if schema == _IDENTIFIES:
        got = f"a report of schema {_IDENTIFIES}, which identifies its user: a list of ids undoes its pseudonym"
        raise MspaError(got, SCHEMA, "Write it anew with `report`, and keep the old one from whoever may not know.")
    if schema != SCHEMA:
        raise MspaError(f"schema {str(schema)[:40]!r}", SCHEMA, "Verify it with the version that wrote it.")
