"""What-if: a scenario of edits on top of a trace's last step, ranked again; single edits that move a streamer most."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from jaxtyping import Bool

from explain.contribution import statement_label, tip_label, tip_margins, tips_by_streamer, told_parts
from explain.correction import rank_moves
from explain.narrate import moves_sentence, name_of, ordinal, plain, plural
from explain.types import Direction, Edit, Headroom, Scenario, ScenarioResult, Suggestion
from mspa_model.data.ids import nearest_ids, streamer_idx_of
from mspa_model.errors import MspaError, UnknownIdError
from mspa_model.preference.columns import quoted
from mspa_model.preference.statements import make_statement
from mspa_model.ranking.places import keep_places
from mspa_model.runs import Run
from mspa_model.types import (
    SOURCES,
    CandidateScope,
    History,
    Preference,
    Ranking,
    RankingTrace,
    Source,
    Statement,
    Step,
)
from mspa_model.words import with_article

SCANNED_TIPS = 15  # tips tried by a suggestion, those with the largest part in the score first
TRIED_STRENGTH = 0.6  # of a statement that a suggestion takes up


def apply_scenario(run: Run, trace: RankingTrace, scenario: Scenario, k: int = 10) -> ScenarioResult:
    """The last step's ranking before and after the edits; with no edit the two are equal to the bit.

    Tip edits recompose strengths and residual; statement edits then replace statements and leave the residual; a muted
    modality gets emphasis 0. Raises MspaError on a key that is not known.
    """
    before = rescore(run, trace.final, ())
    after = rescore(run, trace.final, scenario.edits, trace.candidate_scope)
    changed = len(set(before.order[:k].tolist()) - set(after.order[:k].tolist()))
    moves = rank_moves(run, before, after, k)
    sentence = moves_sentence(moves, changed, k, run.dataset.info)
    return ScenarioResult(scenario, before, after, moves, changed, sentence, _limits(run, scenario.edits))


def rescore(run: Run, step: Step, edits: Sequence[Edit], scope: CandidateScope = "all") -> Ranking:
    """The step's ranking with the edits applied, at the step's emphasis, among its candidates, with its kept places.

    scope "new": a streamer that an edit tips leaves the candidates.
    """
    emphasis = step.emphasis.clone()
    for edit in edits:
        if edit.kind == "mute modality":
            emphasis[SOURCES.index(_modality_source(run, edit.key))] = 0.0
    candidates = candidates_of(step.ranking, run.dataset.n_streamers)
    for edit in edits:
        if edit.kind == "add tip" and scope == "new":
            candidates[streamer_idx_of(run.dataset, edit.key)] = False
    scored = run.recommender.score(edit_preference(run, step.preference, edits), candidates, emphasis)
    return keep_places(scored, run.recommender.is_cold, step.ranking.new_share)


def candidates_of(ranking: Ranking, n_streamers: int) -> Bool[np.ndarray, " n_streamers"]:
    """Which streamers the ranking ordered."""
    mask = np.zeros(n_streamers, dtype=bool)
    mask[ranking.order.cpu().numpy()] = True
    return mask


def edit_preference(run: Run, preference: Preference, edits: Iterable[Edit]) -> Preference:
    """The preference after the edits of tips, then those of statements; the same object where there are none."""
    edits = tuple(edits)
    given = preference
    of_tips = [e for e in edits if e.kind in ("drop tip", "add tip")]
    history = edit_history(preference.history, of_tips, lambda key: streamer_idx_of(run.dataset, key))
    if history is not preference.history:
        preference = run.composer.recompose(preference, history)
    for edit in edits:
        if edit.kind in ("set statement", "delete statement"):
            preference = _edit_statement(run, preference, edit, given)
    return preference


def suggest(
    run: Run,
    trace: RankingTrace,
    streamer_id: str,
    direction: Direction = "up",
    n: int = 3,
    rival_idx: int | None = None,
) -> tuple[Suggestion, ...]:
    """The n single edits that move the streamer most, each one tried; fewer where fewer move it that way.

    A greedy scan (ours): tips with the largest parts, each statement, each modality, each value that the streamer has.
    rival_idx: of an explanation; what it takes away is then tried too, so that the two never differ.
    """
    streamer_idx = streamer_idx_of(run.dataset, streamer_id)
    before = rescore(run, trace.final, ())
    edits = _single_edits(run, trace.final, streamer_idx, rival_idx)
    tried = [_try(run, trace, before, streamer_idx, *edit) for edit in edits]
    sign = 1 if direction == "up" else -1
    moving = [s for s in tried if sign * _rise(s) > 0]
    # A score is only comparable at one user's weights, which an edit shifts: it decides where no edit moves the place.
    moving = moving or [s for s in tried if _rise(s) == 0 and sign * s.score_change > 0]
    return tuple(sorted(moving, key=lambda s: (-sign * _rise(s), -sign * s.score_change))[:n])


def headroom(run: Run, ranking: Ranking, streamer_id: str, k: int = 10) -> Headroom:
    """The streamer's score less that of the streamer which holds place k (of the last place, where there are fewer).

    Where place k is kept for the new, the last before it that is held by score is taken: a score has to beat that one.
    """
    streamer_idx = streamer_idx_of(run.dataset, streamer_id)
    k = min(k, len(ranking.order))
    k = ranking.last_by_score(k) or k
    scores, name = ranking.scores, name_of(run.dataset, streamer_idx)
    gap = float(scores[streamer_idx] - scores[ranking.order[k - 1]])
    side = "above" if gap > 0 else "below"
    holder = name_of(run.dataset, int(ranking.order[k - 1]))
    sentence = f"{name} holds place {k} itself."
    if ranking.order[k - 1] != streamer_idx:
        apart = f"{abs(gap):.3g} points {side}" if gap else "the same as"
        sentence = f"{name} scores {apart} {holder}, which holds the {ordinal(k)} place."
    if streamer_idx in ranking.placed:
        sentence += f" Its own place, the {ordinal(ranking.rank_of(streamer_idx))}, is kept for the new."
    return Headroom(k, ranking.rank_of(streamer_idx), gap, sentence)


def edit_history(history: History, edits: Sequence[Edit], idx_of: Callable[[str], int]) -> History:
    """The history after edits of tips. Positions mean the history before any edit, so drops are gathered first.

    idx_of: from a streamer_id to its streamer_idx.
    """
    if not edits:
        return history
    kept = np.ones(len(history), dtype=bool)
    for edit in edits:
        if edit.kind == "drop tip":
            kept[_positions(edit.key, len(history))] = False
    edited = history.keep(kept)
    for edit in edits:
        if edit.kind == "add tip":
            edited = _with_tip(edited, idx_of(edit.key))
    return edited


def _positions(key: str, n_tips: int) -> list[int]:
    positions = [part.strip() for part in key.split(",")]
    if not all(p.isdecimal() and int(p) < n_tips for p in positions):
        known = f"positions from 0 to {n_tips - 1}" if n_tips else "no position: the history has no tips"
        raise MspaError(f"the tip to drop {key[:40]!r}", known, "Take a position from the history, oldest tip first.")
    return [int(p) for p in positions]


def _with_tip(history: History, streamer_idx: int) -> History:
    """One more tip, the newest, of the history's median amount; a tip that is not in the set has row -1."""
    amount = float(np.median(history.amount)) if len(history) else 1.0
    newest = history.tipped_at[-1:] if len(history) else np.array(["NaT"], dtype="datetime64[us]")
    return History(
        history.user_id,
        np.append(history.streamer_idx, streamer_idx),
        np.append(history.amount, amount),
        np.concatenate([history.tipped_at, newest]),
        np.append(history.tip_row, -1),
        history.faded_before,
    )


def _edit_statement(run: Run, preference: Preference, edit: Edit, given: Preference) -> Preference:
    """given: the preference before any edit; a statement that went with its tips needs no deleting any more."""
    value_idx = value_of(run, edit.key)
    stated = {s.value_idx: s for s in preference.statements}
    known_idx = {s.value_idx for s in given.statements}
    if edit.kind == "delete statement" and stated.pop(value_idx, None) is None and value_idx not in known_idx:
        known = "; ".join(f"{s.aspect}: {s.value}" for s in given.statements) or "none"
        raise MspaError(f"{edit.key[:80]!r}", f"a statement of this preference ({known})", "Delete one of these.")
    if edit.kind == "set statement":
        stated[value_idx] = _statement(run, preference, edit, value_idx)
    statements = tuple(stated.values())
    text = run.composer.prose(statements, preference.history)
    return Preference(preference.history, statements, text, preference.residual, preference.composer)


def _statement(run: Run, preference: Preference, edit: Edit, value_idx: int) -> Statement:
    if not 0 <= edit.strength <= 1:
        raise MspaError(
            f"strength {edit.strength}", "a number from 0 to 1", "The direction is the statement's polarity."
        )
    return make_statement(value_idx, edit.polarity, edit.strength, preference.history, run.vocabulary)


def value_of(run: Run, key: str) -> int:
    """value_idx of a key "aspect: name"; raises UnknownIdError with the nearest known."""
    known = [f"{v.aspect}: {v.name}" for v in run.vocabulary.values]
    if key not in known:
        near = "; ".join(nearest_ids(key, known)) or "none, this run's vocabulary is empty"
        raise UnknownIdError(
            f"the statement {key[:80]!r}", "an aspect and value of this run", f"The nearest are: {near}."
        )
    return known.index(key)


def _modality_source(run: Run, key: str) -> Source:
    known = [m.value for m in run.features.modalities]
    if key not in known:
        expected = f"a modality of this run ({', '.join(known) or 'it has none'})"
        raise UnknownIdError(f"the modality {key[:40]!r}", expected, "Mute one of these.")
    return Source(key)


def _single_edits(run: Run, step: Step, streamer_idx: int, rival_idx: int | None) -> list[tuple[Edit, str]]:
    """Every edit worth a try, with its label."""
    info, stated = run.dataset.info, {s.value_idx for s in step.preference.statements}
    rival_idx = streamer_idx if rival_idx is None else rival_idx
    parts = tip_margins(run, step, step.ranking, (streamer_idx, rival_idx))
    largest = sorted(parts, key=lambda p: -abs(p.streamer))[:SCANNED_TIPS]
    told = told_parts(sorted(parts, key=lambda p: -p.margin))
    tips = list({p.key: p.label for p in (*largest, *told)}.items()) or _first_tips(run, step)
    edits = [(Edit("drop tip", key), f"without the {info.tip_is} “{label}”") for key, label in tips]
    for s in step.preference.statements:
        label = statement_label(s, run.vocabulary)
        edits.append((Edit("delete statement", f"{s.aspect}: {s.value}"), f"without the statement {quoted(label)}"))
    for m in run.features.modalities:
        if step.ranking.weights[SOURCES.index(Source(m.value))] != 0:
            edits.append((Edit("mute modality", m.value), f"without {m.value}"))
    for idx in np.flatnonzero(run.vocabulary.membership[streamer_idx]):
        if int(idx) not in stated:
            value = run.vocabulary.values[idx]
            edit = Edit("set statement", f"{value.aspect}: {value.name}", TRIED_STRENGTH)
            edits.append((edit, f"with the statement {quoted('likes ' + plain(value.label))}"))
    return edits


def _first_tips(run: Run, step: Step) -> list[tuple[str, str]]:
    """The newest tips, where co-tipping has no weight to order them by."""
    tips = list(tips_by_streamer(step.preference.history).items())[-SCANNED_TIPS:]
    return [(key, tip_label(run, idx, key)) for idx, key in tips]


def _try(run: Run, trace: RankingTrace, before: Ranking, streamer_idx: int, edit: Edit, label: str) -> Suggestion:
    after = rescore(run, trace.final, (edit,), trace.candidate_scope)
    change = float(after.scores[streamer_idx] - before.scores[streamer_idx])
    return Suggestion(edit, label, before.rank_of(streamer_idx), after.rank_of(streamer_idx), change)


def _rise(suggestion: Suggestion) -> int:
    if suggestion.rank_before is None or suggestion.rank_after is None:
        return 0
    return suggestion.rank_before - suggestion.rank_after


def _limits(run: Run, edits: Sequence[Edit]) -> tuple[str, ...]:
    """What the scenario does not do, said for the kinds of edit that it has."""
    info, kinds = run.dataset.info, {edit.kind for edit in edits}
    limits = ["The correction is not run again: each source keeps the emphasis of the last step."]
    if kinds & {"drop tip", "add tip"}:
        limits.append(
            f"What goes together was learned from everyone's {plural(info.tip_is)} and stays; "
            f"only this {info.user_is}'s list changes."
        )
    if "drop tip" in kinds:
        limits.append(
            f"A dropped {info.tip_is} does not bring its {info.streamer_is} back into the ranking, so places compare."
        )
    if kinds & {"set statement", "delete statement"}:
        limits.append("Edited statements leave the part that is not put into words as it was.")
    if edits:
        limits.append(f"It says what this run would rank, not what {with_article(info.user_is)} would do.")
    return tuple(limits)
