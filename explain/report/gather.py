"""From a run and a case to the evidence of its report."""

from dataclasses import replace
from urllib.parse import urlencode

from explain.contribution import statement_reach
from explain.correction import step_of
from explain.counterfactual import suggest
from explain.narrate import (
    CORRECTION_KEPT,
    counted,
    deletion_sentence,
    live_sentence,
    ordinal,
    plain,
    plural,
    reach_sentence,
    residual_sentence,
    source_sentences,
    stands_above,
    tied,
)
from explain.newcomers import new_sentence
from explain.pipeline import explain
from explain.report.evidence import LONGEST_NOTE, SCHEMA, SENTENCE, CaseLine, CheckLine, Evidence, Part, WhatIf, sealed
from explain.report.pseudonym import Pseudonym, link_key, pseudonym_of
from explain.report.secret import make_secret
from explain.sentences import TOP_K
from explain.types import Case, Contribution, Explanation, Suggestion
from mspa_model.errors import MspaError
from mspa_model.pipeline import rank_user
from mspa_model.runs import Run
from mspa_model.types import RankingTrace

_KEPT = CORRECTION_KEPT[:1].upper() + CORRECTION_KEPT[1:]
_N_LARGEST = 5
_N_REASONS = 3


def gather_evidence(run: Run, case: Case, note: str = "", trace: RankingTrace | None = None) -> Evidence:
    """The sealed evidence of a case; the note is the analyst's own and the one thing that a re-run cannot confirm.

    The run's key file is made where there is none. Raises UnknownIdError or MspaError as explain() does, MspaError on a
    note above 600 characters, RunError where the key file cannot be read or made.
    """
    note = _checked(note)
    trace = trace or rank_user(run, case.user_id, case.history, case.candidates, case.live_at, case.new_share)
    explanation = explain(run, case, trace)
    return evidence_of(run, explanation, trace, pseudonym_of(run, case.user_id, make_secret(run)), note, run.audit_hash)


def evidence_of(
    run: Run, explanation: Explanation, trace: RankingTrace, pseudonym: Pseudonym, note: str, audit_hash: str | None
) -> Evidence:
    """What a report says of an explanation. audit_hash: of the audit that the explanation's seal goes by."""
    line = _case_line(explanation, pseudonym)
    info, word = run.dataset.info, f"{run.dataset.info.user_is} {line.user}"
    return sealed(
        Evidence(
            schema=SCHEMA,
            run_hash=run.hash,
            run_created_at=run.created_at,
            audit_hash=audit_hash,
            dataset=plain(info.title, 120),
            case=line,
            question=_question(line, explanation, word),
            answer=plain(explanation.answer, SENTENCE),
            seal=explanation.seal.colour,
            seal_sentence=plain(explanation.seal.sentence, SENTENCE),
            seal_truth=plain(explanation.seal.truth, SENTENCE),
            evidence_sentence=plain(explanation.evidence.sentence, SENTENCE),
            streamer_rank=explanation.streamer_rank,
            rival_rank=explanation.rival_rank,
            margin=explanation.margin,
            sources=tuple(_part(part) for part in explanation.sources),
            largest=_largest(explanation),
            checks=tuple(
                CheckLine(c.name, c.value, c.limit, c.verdict, plain(c.sentence, 300), c.grave)
                for c in explanation.checks
            ),
            reasons=_reasons(run, explanation, trace),
            what_if=_what_if(run, explanation, trace),
            cannot_tell=_cannot_tell(run, explanation, trace),
            link=_link(line),
            note=note,
            group_names=dict(run.group_names),
        )
    )


def _question(line: CaseLine, explanation: Explanation, user: str) -> str:
    """What the page answers, by who stands above whom; of two that are tied there is only what tells them apart."""
    if tied(explanation.margin):
        return f"What tells {line.streamer_name} and {line.rival_name} apart for {user}?"
    ranks = (explanation.streamer_rank, explanation.rival_rank)
    side = "above" if stands_above(ranks, explanation.margin) else "below"
    return f"Why does {line.streamer_name} stand {side} {line.rival_name} for {user}?"


def _checked(note: str) -> str:
    """The note on one line; letters that cannot be written as UTF-8 become "?"."""
    note = note.encode("utf-8", "replace").decode()
    if len(note) > LONGEST_NOTE:
        todo = "Shorten it: the report is one page."
        raise MspaError(f"a note of {len(note):,} characters", f"at most {LONGEST_NOTE}", todo)
    return plain(note, LONGEST_NOTE)


def _case_line(explanation: Explanation, pseudonym: Pseudonym) -> CaseLine:
    case = explanation.case
    return CaseLine(
        user=pseudonym.digits,
        user_key=pseudonym.key,
        streamer_id=case.streamer_id,
        streamer_name=plain(explanation.streamer_name),
        rival_id=str(case.rival_id),
        rival_name=plain(explanation.rival_name),
        step=int(case.step or 0),
        history=case.history,
        candidates=case.candidates,
        live_at=case.live_at and case.live_at.isoformat(),
        new_share=case.new_share,
    )


def _link(line: CaseLine) -> str:
    """The dashboard's address of the case, without a host; scopes are left out where they are its defaults."""
    query = {"user": link_key(line.user_key), "streamer": line.streamer_id, "rival": line.rival_id, "step": line.step}
    query |= {"history": line.history} if line.history != "all" else {}
    query |= {"candidates": line.candidates} if line.candidates != "new" else {}
    query |= {"at": line.live_at.replace("+00:00", "Z")} if line.live_at else {}
    query |= {"new_share": f"{line.new_share:g}"} if line.new_share else {}
    return f"/why?{urlencode(query)}"


def _part(part: Contribution) -> Part:
    return Part(part.kind, part.source.value, plain(part.label), part.streamer, part.rival, part.margin)


def _largest(explanation: Explanation) -> tuple[Part, ...]:
    inside = (*explanation.tips, *explanation.statements, *explanation.residuals)
    return tuple(_part(part) for part in sorted(inside, key=lambda part: -abs(part.margin))[:_N_LARGEST])


def _reasons(run: Run, explanation: Explanation, trace: RankingTrace) -> tuple[str, ...]:
    """Three sentences: the sources that decide, then what a deletion showed and how far the statements reach."""
    info, step = run.dataset.info, step_of(trace, explanation.case.step)
    moved = statement_reach(run, step, step.ranking, TOP_K)
    said = [
        *source_sentences(explanation, info),
        deletion_sentence(explanation.deletions, info),
        reach_sentence(moved, TOP_K, info),
    ]
    return tuple(plain(sentence, SENTENCE) for sentence in said if sentence)[:_N_REASONS]


def _what_if(run: Run, explanation: Explanation, trace: RankingTrace) -> WhatIf:
    """The single edit that moves the streamer most against its margin, at the case's step."""
    upto = replace(trace, steps=(*trace.steps[: explanation.case.step], step_of(trace, explanation.case.step)))
    direction = "down" if explanation.margin >= 0 else "up"
    found = suggest(run, upto, explanation.case.streamer_id, direction, n=1, rival_idx=explanation.rival_idx)
    if not found:
        name = plain(explanation.streamer_name)
        sentence = f"{_KEPT}, none of the single edits tried would move {name} {direction}."
        return WhatIf(None, "", explanation.streamer_rank, explanation.streamer_rank, None, sentence)
    best = found[0]
    sentence = plain(_what_if_sentence(best, plain(explanation.streamer_name)), SENTENCE)
    return WhatIf(
        best.edit.kind, plain(best.label, 120), best.rank_before, best.rank_after, best.score_change, sentence
    )


def _what_if_sentence(best: Suggestion, name: str) -> str:
    label = best.label[:1].upper() + best.label[1:]
    if best.rank_before is None or best.rank_after is None:
        return f"{label}, the score of {name} would change by {_points(best.score_change)}; it is not in this ranking."
    if best.rank_before == best.rank_after:
        return (
            f"{_KEPT}, no single edit tried moves {name} from {ordinal(best.rank_before)}; the strongest, "
            f"{best.label}, changes its score by {_points(best.score_change)}."
        )
    places = f"from {ordinal(best.rank_before)} to {ordinal(best.rank_after)}"
    return f"{label} and {CORRECTION_KEPT}, {name} would move {places}."


def _points(change: float) -> str:
    return f"{change:+.3g}".replace("-", "−")


def _cannot_tell(run: Run, explanation: Explanation, trace: RankingTrace) -> tuple[str, ...]:
    """What is not in this case's numbers, the failed checks first."""
    info = run.dataset.info
    said = [f"A check failed. {check.sentence}" for check in explanation.checks if check.verdict == "fail"][:1]
    ranking = step_of(trace, explanation.case.step).ranking
    said += [new_sentence(run, ranking, idx) for idx in (explanation.streamer_idx, explanation.rival_idx)]
    said.append(residual_sentence(explanation.residuals, explanation.statements))
    said.append(
        f"It says what the model leans on, not why the {info.user_is} gave {plural(info.tip_is)}; leaning is no cause."
    )
    said.append("The what-if is one edit, and the correction is not run again; edits together may do more.")
    if explanation.case.live_at is not None:
        n_ranked = len(step_of(trace, explanation.case.step).ranking.order)
        said.append(live_sentence(n_ranked, explanation.case.live_at, info))
    if trace.last_tip_at is not None:
        n_tips = counted(explanation.evidence.n_tips, info.tip_is)
        said.append(f"It rests on {n_tips} up to {trace.last_tip_at:%Y-%m-%d} and knows nothing later.")
    return tuple(plain(sentence, 300) for sentence in said if sentence)
