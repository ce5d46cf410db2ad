"""Preferences side by side: what several composers say of the same tips, and a quick edit against composing anew."""

from collections.abc import Mapping, Sequence

from explain.cards import Agreement, Anew, SaidValue
from explain.counterfactual import candidates_of, edit_preference, rescore
from explain.narrate import counted, plural
from explain.statements import value_label
from explain.types import Edit
from mspa_model.number_format import signed
from mspa_model.preference.columns import quoted
from mspa_model.ranking.places import keep_places_in
from mspa_model.runs import Run
from mspa_model.types import Preference, RankingTrace

SAME = 0.05  # strengths that differ by less are read as the same
NAMED = 3  # differences that a sentence names


def said_values(run: Run, preferences: Sequence[Preference]) -> tuple[SaidValue, ...]:
    """Every value that one of the preferences speaks of: what all say first, then by the largest strength."""
    said = [{s.value_idx: s.polarity * s.strength for s in p.statements} for p in preferences]
    rows = [
        SaidValue(idx, value_label(run, idx), signed, _agreement(signed))
        for idx in dict.fromkeys(idx for row in said for idx in row)
        for signed in [tuple(row.get(idx) for row in said)]
    ]
    order = {"all": 0, "opposite": 1, "some": 2}
    return tuple(sorted(rows, key=lambda r: (order[r.agreement], -max(abs(s) for s in r.signed if s is not None))))


def _agreement(signed: Sequence[float | None]) -> Agreement:
    told = [s for s in signed if s is not None]
    if min(told) < 0 < max(told):
        return "opposite"
    return "all" if len(told) == len(signed) else "some"


def composed_by(run: Run, preference: Preference) -> Mapping[str, Preference]:
    """What each of the run's composers writes from the history of a preference, the active one first."""
    names = sorted(run.composers, key=lambda name: name != run.composer.name)
    return {name: run.composers[name].compose(preference.history) for name in names}


def compose_anew(run: Run, trace: RankingTrace, edits: Sequence[Edit], k: int = 10) -> Anew:
    """Writes again from the tips that are left, corrects and ranks again, and compares that with the quick edit.

    Edited statements are what composing anew may disagree with; muted modalities stay muted. With no edit the two
    are equal.
    """
    edited = edit_preference(run, trace.final.preference, edits)
    quick = rescore(run, trace.final, edits, trace.candidate_scope)
    candidates = candidates_of(quick, run.dataset.n_streamers)
    again = run.recommender.rank(run.composer.compose(edited.history), candidates)
    again = keep_places_in(again, run.recommender.is_cold, quick.new_share)
    anew = rescore(run, again.final, [edit for edit in edits if edit.kind == "mute modality"])
    changed = len(set(quick.order[:k].tolist()) - set(anew.order[:k].tolist()))
    preference = again.final.preference
    rows = tuple(row for row in said_values(run, (edited, preference)) if _differs(row))
    return Anew(preference, anew, rows, changed, _anew_sentence(run, len(edited.history), rows, changed, k))


def _differs(row: SaidValue) -> bool:
    before, after = row.signed
    return before is None or after is None or abs(before - after) >= SAME


def _anew_sentence(run: Run, n_tips: int, rows: Sequence[SaidValue], changed: int, k: int) -> str:
    info = run.dataset.info
    places = (
        f"the same {plural(info.streamer_is)} hold the first {k}"
        if changed == 0
        else f"{changed} of the first {k} would be {'another' if changed == 1 else 'others'}"
    )
    opening = f"Composed anew from {counted(n_tips, info.tip_is)}"
    if not rows:
        return f"{opening}, the statements are those of the quick edit; {places}."
    named = "; ".join(_difference(row) for row in rows[:NAMED])
    more = f"; and {len(rows) - NAMED} more" if len(rows) > NAMED else ""
    return f"{opening}, {counted(len(rows), 'statement')} would differ from the quick edit: {named}{more}. " + (
        f"{places[:1].upper()}{places[1:]}."
    )


def _difference(row: SaidValue) -> str:
    """ "likes jazz at 0.60 instead of 0.45", "no longer likes jazz", "also avoids jokes (0.30)"."""
    before, after = row.signed
    if after is None:
        return f"nothing of {quoted(row.label)}, which the edit has at {signed(before)}"
    if before is None:
        return f"also {'likes' if after > 0 else 'avoids'} {quoted(row.label)} ({signed(after)})"
    return f"{quoted(row.label)} at {signed(after)} instead of {signed(before)}"
