"""A statement as a card shows it: what bears it out, what it does to the ranking, and what speaks against it.

Everything is in the dataset's own words and carries no markup of ours; whoever draws it still has to escape it.
"""

from collections.abc import Sequence

import numpy as np

from explain.cards import Effect, Mark, StatementView, Support
from explain.contribution import LABEL_LIMIT
from explain.correction import rank_moves
from explain.counterfactual import rescore
from explain.narrate import moves_sentence, plain, plural
from explain.types import Edit
from mspa_model.number_format import percent
from mspa_model.preference.claims import STRENGTHS, bucket_of
from mspa_model.preference.statements import tip_weights
from mspa_model.runs import Run
from mspa_model.types import DatasetInfo, History, Preference, Ranking, Statement, Step


def statement_views(run: Run, step: Step, k: int = 10) -> tuple[StatementView, ...]:
    """Every statement of a step's preference in its own order, each deleted once from the step as it stands."""
    preference = step.preference
    before = rescore(run, step, ())
    supports = supports_of(run, preference.history, [s.value_idx for s in preference.statements])
    return tuple(
        _view(run, preference, statement, support, deletion_effect(run, step, before, statement, k))
        for statement, support in zip(preference.statements, supports, strict=True)
    )


def supports_of(run: Run, history: History, value_idx: Sequence[int]) -> tuple[Support, ...]:
    """What a history says of each of these values."""
    teacher = run.composers["teacher"].teacher
    taught = teacher.all_strengths(tip_weights(history, run.dataset.n_streamers))[0]
    tipped = np.unique(history.streamer_idx)
    n_with = run.vocabulary.membership[tipped].sum(axis=0)
    return tuple(Support(int(n_with[i]), len(tipped), float(teacher.base_rate[i]), float(taught[i])) for i in value_idx)


def deletion_effect(run: Run, step: Step, before: Ranking, statement: Statement, k: int = 10) -> Effect:
    """The step's ranking without the statement, against `before`; the part not put into words stays as it was."""
    after = rescore(run, step, (Edit("delete statement", f"{statement.aspect}: {statement.value}"),))
    changed = len(set(before.order[:k].tolist()) - set(after.order[:k].tolist()))
    moves = rank_moves(run, before, after, k)
    said = moves_sentence(moves, changed, k, run.dataset.info)
    return Effect(changed, moves, f"Without it, {said[:1].lower()}{said[1:]}")


def _view(run: Run, preference: Preference, statement: Statement, support: Support, effect: Effect) -> StatementView:
    info = run.dataset.info
    return StatementView(
        statement,
        value_label(run, statement.value_idx),
        STRENGTHS[bucket_of(statement.strength)],
        support,
        support_sentence(support, info),
        effect,
        mark_of(statement, support, len(preference.history), run.config.preference.threshold, info),
    )


def value_label(run: Run, value_idx: int) -> str:
    """How a sentence says a value, shortened and without control characters."""
    return plain(run.vocabulary.values[value_idx].label, LABEL_LIMIT)


def support_sentence(support: Support, info: DatasetInfo) -> str:
    """ "It holds for 10 of the 17 streamers in this user's tips (59 %), and for 21 % of everyone's tips." """
    tips = plural(info.tip_is)
    if support.n_tipped == 0:
        return (
            f"This {info.user_is} has no {info.tip_is}; it holds for {percent(support.everyone)} of everyone's {tips}."
        )
    own = f"It holds for {support.n_with} of the {support.n_tipped} {plural(info.streamer_is)}"
    if support.n_tipped == 1:
        own = f"It holds for {support.n_with} of 1 {info.streamer_is}"
    return (
        f"{own} in this {info.user_is}'s {tips} ({percent(support.share)}), and for {percent(support.everyone)} of "
        f"everyone's {tips}."
    )


def mark_of(statement: Statement, support: Support, n_tips: int, threshold: float, info: DatasetInfo) -> Mark | None:
    """The gravest doubt about a statement; None where the tips and their statistics bear it out.

    threshold: strength below which the teacher says nothing.
    """
    agrees = statement.polarity * support.taught
    if statement.polarity > 0 and not statement.evidence:
        return Mark("no tip", f"no {info.tip_is} behind it", f"No {info.tip_is} bears it out.")
    if agrees <= -threshold:
        said = "By the plain statistics of the same history it is the other way round."
        return Mark("opposite", "statistics say the opposite", said)
    if n_tips and statement.polarity * (support.share - support.everyone) < 0:
        side = "less" if statement.polarity > 0 else "more"
        said = f"It is {side} common in this history than in everyone's."
        return Mark("rarer", f"{side} common than usual", said)
    if agrees < threshold:
        said = "too weak a sign to be told from chance" if agrees else "no sign of it"
        said = f"The plain statistics of the same history find {said}."
        return Mark("silent", "statistics say nothing", said)
    return None
