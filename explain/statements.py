"""A statement as a card shows it: what bears it out, what it does to the ranking, and what speaks against it.

Everything is in the dataset's own words and carries no markup of ours; whoever draws it still has to escape it.
"""

import math
from collections.abc import Sequence

from explain.cards import Effect, Mark, StatementView, Support
from explain.contribution import LABEL_LIMIT
from explain.correction import rank_moves
from explain.counterfactual import rescore
from explain.narrate import moves_sentence, plain, plural
from explain.types import Edit
from mspa_model.number_format import compared, percent
from mspa_model.preference.claims import STRENGTHS, bucket_of
from mspa_model.preference.lift import Lift
from mspa_model.preference.statements import tip_weights
from mspa_model.runs import Run
from mspa_model.types import FADED, DatasetInfo, History, Ranking, Statement, Step


def statement_views(run: Run, step: Step, k: int = 10) -> tuple[StatementView, ...]:
    """Every statement of a step's preference in the order of its text, each deleted once from the step as it stands."""
    preference = step.preference
    before = rescore(run, step, ())
    supports = supports_of(run, preference.history, [s.value_idx for s in preference.statements])
    views = [
        _view(run, statement, support, deletion_effect(run, step, before, statement, k))
        for statement, support in zip(preference.statements, supports, strict=True)
    ]
    return tuple(sorted(views, key=lambda view: view.rank))


def supports_of(run: Run, history: History, value_idx: Sequence[int]) -> tuple[Support, ...]:
    """What a history says of each of these values."""
    teacher = run.composers["teacher"]
    taught = teacher.teacher.all_strengths(tip_weights(history, run.dataset.n_streamers))[0]
    lifts = teacher.lifts(history)
    return tuple(Support(lifts.of(i), float(taught[i]), history.faded_before) for i in value_idx)


def deletion_effect(run: Run, step: Step, before: Ranking, statement: Statement, k: int = 10) -> Effect:
    """The step's ranking without the statement, against `before`; the part not put into words stays as it was."""
    after = rescore(run, step, (Edit("delete statement", f"{statement.aspect}: {statement.value}"),))
    changed = len(set(before.order[:k].tolist()) - set(after.order[:k].tolist()))
    moves = rank_moves(run, before, after, k)
    said = moves_sentence(moves, changed, k, run.dataset.info)
    return Effect(changed, moves, f"Without it, {said[:1].lower()}{said[1:]}")


def _view(run: Run, statement: Statement, support: Support, effect: Effect) -> StatementView:
    info = run.dataset.info
    return StatementView(
        statement,
        value_label(run, statement.value_idx),
        STRENGTHS[bucket_of(statement.strength)],
        support,
        support_sentence(support, info),
        effect,
        mark_of(statement, support, run.config.preference.threshold, info),
        support.lift.grade(statement.polarity),
    )


def value_label(run: Run, value_idx: int) -> str:
    """How a sentence says a value, shortened and without control characters."""
    return plain(run.vocabulary.values[value_idx].label, LABEL_LIMIT)


def support_sentence(support: Support, info: DatasetInfo) -> str:
    """ "It holds for 10 of the 17 streamers in this user's tips (59 %), and for 21 % of everyone's tips: 2.81 times as
    often (95 % interval 1.62 to 4.10)."
    """
    lift, tips = support.lift, plural(info.tip_is)
    everyone = f"{percent(lift.everyone)} of everyone's {tips}"
    if lift.n_tipped == 0:
        return f"This {info.user_is} has no {info.tip_is}; it holds for {everyone}."
    of = f"the {lift.n_tipped} {plural(info.streamer_is)}" if lift.n_tipped > 1 else f"1 {info.streamer_is}"
    share = percent(lift.share)
    if support.faded_before is not None:
        share += f" where {tips} before {support.faded_before:%-d %B %Y} count for {percent(FADED)}"
    return (
        f"It holds for {lift.n_with} of {of} in this {info.user_is}'s {tips} ({share}), and for {everyone}: "
        f"{_ratio_words(lift)}."
    )


def _ratio_words(lift: Lift) -> str:
    """ "2.81 times as often (95 % interval 1.62 to 4.10)"; an end has the digits that tell it from as often."""
    low, high = compared(lift.low, 1.0)[0], "any number" if math.isinf(lift.high) else compared(lift.high, 1.0)[0]
    return f"{lift.ratio:.2f} times as often (95 % interval {low} to {high})"


def mark_of(statement: Statement, support: Support, threshold: float, info: DatasetInfo) -> Mark | None:
    """The gravest doubt about a statement; None where the tips bear it out beyond chance.

    threshold: strength below which the teacher says nothing.
    """
    grade, tips = support.lift.grade(statement.polarity), plural(info.tip_is)
    if statement.polarity > 0 and not statement.evidence:
        return Mark("no tip", f"no {info.tip_is} behind it", f"No {info.tip_is} bears it out.")
    if statement.polarity * support.taught <= -threshold:
        said = f"By the plain statistics of the same {tips} it is the other way round."
        return Mark("opposite", "statistics say the opposite", said)
    if grade == "contrary":
        side = "less" if statement.polarity > 0 else "more"
        return Mark("rarer", f"{side} common than usual", f"It is {side} common in these {tips} than in everyone's.")
    if grade == "possible":
        return Mark("silent", "may be chance", f"These {tips} cannot tell it from chance.")
    return None
