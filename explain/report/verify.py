"""Is a report's evidence what the run says? The file's hash, the run's identity, and the case run again."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

from explain.correction import step_of
from explain.pipeline import explain
from explain.report.cited import as_cited, audit_sentence
from explain.report.differences import TOLERANCE, differences
from explain.report.evidence import Evidence, from_json, hash_of
from explain.report.fitting import fitting_users
from explain.report.gather import evidence_of
from explain.report.html import evidence_in, to_html
from explain.report.pseudonym import SHORTEST, Pseudonym, pseudonym_of, user_behind
from explain.report.secret import find_secrets
from explain.rival import find_pair
from explain.types import Case
from mspa_model.data.ids import user_idx_of
from mspa_model.data.rooms import moment_of
from mspa_model.errors import MspaError
from mspa_model.pipeline import rank_user
from mspa_model.runs import Run
from mspa_model.types import RankingTrace

MOST_RANKED = 1000  # users who are ranked to find whose numbers these are
_BIGGEST = 5_000_000  # bytes of a file that is looked at


@dataclass(frozen=True)
class _Owner:
    """Whose report it is taken for. user_id: None where only trying can tell; secret: that opens the pseudonym.

    sentence: what could not be confirmed of the link between the two.
    """

    user_id: str | None
    secret: bytes | None
    sentence: str = ""


def verify(file: Path, run: Run, user_id: str | None = None, secret: bytes | None = None) -> tuple[bool, str]:
    """Whether a report (its .json or .html) holds, and one or more sentences that say why or what differs.

    user_id: whose it is said to be; secret: of the key file it was made with, else the run's own where it has one.
    With neither, everything is verified but whom the pseudonym stands for. The analyst's note cannot be run again; only
    the hash speaks for it. Raises MspaError on a file that is no report, UnknownIdError on a user whom the run has not.
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
    if len(evidence.case.user) < SHORTEST or not evidence.case.user_key.startswith(evidence.case.user):
        return False, "The report does not hold: its pseudonym is not the beginning of its key."
    owner = _owner(evidence, run, user_id, secret)
    if isinstance(owner, str):
        return False, owner
    if evidence.group_names != run.group_names:  # people may call a group anything at any time: the report's words stay
        run = run.with_group_names(evidence.group_names)
    return _compare_again(evidence, run, owner)


def _read(file: Path) -> str:
    if not file.is_file() or file.stat().st_size > _BIGGEST:
        raise MspaError(f"{file}", "a report's .json or .html of at most 5 MB", "Give the file that `report` wrote.")
    try:
        return file.read_bytes().decode()
    except UnicodeDecodeError as error:
        todo = "A PDF cannot be verified: give the .json or .html beside it."
        raise MspaError(f"{file.name}, which is no text", "a report's .json or .html", todo) from error


def _owner(evidence: Evidence, run: Run, user_id: str | None, secret: bytes | None) -> _Owner | str:
    """Whose report it is, or a sentence where user and key contradict it."""
    word = run.dataset.info.user_is
    if user_id is not None:
        user_idx_of(run.dataset, user_id)
    secrets = find_secrets(run) if secret is None else (secret,)
    hits = [(user_behind(run, evidence.case.user_key, [candidate]), candidate) for candidate in secrets]
    behind, opened_by = next((hit for hit in hits if hit[0] is not None), (None, None))
    if behind is None and secret is not None:
        return (
            f"Under this key the report's pseudonym is no {word}'s of this run: another key made it, or it was changed."
        )
    if behind is not None and user_id not in (None, behind):
        return f"The report is not of the {word} named: under the key file its pseudonym is another's."
    if behind is not None:
        return _Owner(behind, opened_by)
    why = "the key file here is not the one it was made with" if secrets else "there is no key file"
    if user_id is not None:
        return _Owner(user_id, None, f"That its pseudonym is this {word}'s was not verified: {why}.")
    todo = f"--user or --key opens it, and without either the numbers are known to be those of some {word} of this run."
    return _Owner(None, None, f"Which {word} its pseudonym stands for was not verified: {why}; {todo}")


def _compare_again(evidence: Evidence, run: Run, owner: _Owner) -> tuple[bool, str]:
    if owner.user_id is not None:
        return _compare(evidence, run, owner.user_id, owner)
    word = run.dataset.info.user_is
    fitting, differing = fitting_users(run, evidence), []
    for user_id in _ranked_alike(evidence, run, islice(fitting, MOST_RANKED)):
        holds, sentence = _compare(evidence, run, user_id, owner)
        if holds:
            return True, sentence
        differing.append(sentence)
    if next(fitting, None) is not None:
        todo = "Name the user with --user, or the key file with --key."
        return False, f"The report could not be verified: more than {MOST_RANKED:,} {word}s may be meant. {todo}"
    return False, next(iter(differing), f"The report does not hold: no {word} of this run has its numbers.")


def _ranked_alike(evidence: Evidence, run: Run, users: Iterable[str]) -> Iterable[str]:
    """Those for whom the streamer and its rival stand where the report has them; the rest need not be explained."""
    for user_id in users:
        case = _case(evidence, user_id)
        try:
            ranking = step_of(_trace(run, case), case.step).ranking
        except MspaError:  # a step that this user's correction never made
            continue
        pair = find_pair(run, case, ranking)
        scores = ranking.scores.double()
        same = not any(differences(evidence.margin, float(scores[pair[0]] - scores[pair[1]])))
        if same and (ranking.rank_of(pair[0]), ranking.rank_of(pair[1])) == (
            evidence.streamer_rank,
            evidence.rival_rank,
        ):
            yield user_id


def _compare(evidence: Evidence, run: Run, user_id: str, owner: _Owner) -> tuple[bool, str]:
    case = _case(evidence, user_id)
    trace = _trace(run, case)
    now = explain(run, case, trace)
    line = evidence.case
    pseudonym = (
        Pseudonym(line.user, line.user_key) if owner.secret is None else pseudonym_of(run, user_id, owner.secret)
    )
    again = evidence_of(run, as_cited(run, now, evidence), trace, pseudonym, evidence.note, evidence.audit_hash)
    for where, got, expected in differences(asdict(evidence), asdict(again)):
        return False, f"The report does not hold: {where} says {got!r:.80}, the run says {expected!r:.80}."
    holds = f"The report holds: the case was run again and every number agrees within {TOLERANCE:g}."
    return True, " ".join(filter(None, (holds, audit_sentence(run, now, evidence), owner.sentence)))


def _case(evidence: Evidence, user_id: str) -> Case:
    line = evidence.case
    live_at = None if line.live_at is None else moment_of(line.live_at)
    scopes = (line.history, line.candidates, live_at, line.new_share)
    return Case(user_id, line.streamer_id, line.rival_id, line.step, *scopes)


def _trace(run: Run, case: Case) -> RankingTrace:
    return rank_user(run, case.user_id, case.history, case.candidates, case.live_at, case.new_share)
