"""What changed between two correction steps: the corrector's changes, and who moved through which source."""

from explain.narrate import moves_sentence, name_of
from explain.types import RankMove, StepDifference
from mspa_model.errors import MspaError
from mspa_model.runs import Run
from mspa_model.types import SOURCES, Ranking, RankingTrace, Step


def step_of(trace: RankingTrace, index: int | None) -> Step:
    """The step with this index, kept or proposed; None: the last kept. Raises MspaError naming the steps there are."""
    if index is None:
        return trace.final
    steps = [*trace.steps, *([trace.rejected] if trace.rejected else [])]
    for step in steps:
        if step.index == index:
            return step
    known = ", ".join(str(step.index) for step in steps)
    raise MspaError(f"step {index}", f"a step of this trace ({known})", "Step 0 is the ranking before any correction.")


def step_difference(run: Run, trace: RankingTrace, before: int, after: int, k: int = 10) -> StepDifference:
    """Changes after step `before` up to step `after` (which may be the proposal), and moves inside either top k."""
    first, last = step_of(trace, before), step_of(trace, after)
    changes = tuple(c for step in trace.steps if before < step.index <= after for c in step.changes)
    if not last.kept:
        changes += last.changes
    moves = rank_moves(run, first.ranking, last.ranking, k)
    changed = len(set(first.ranking.order[:k].tolist()) - set(last.ranking.order[:k].tolist()))
    lead = f"Step {last.index}" if last.kept else f"Step {last.index} was proposed and not kept; it"
    sentence = f"{lead} makes {len(changes)} change{'' if len(changes) == 1 else 's'}. "
    return StepDifference(before, after, changes, moves, sentence + moves_sentence(moves, changed, k, run.dataset.info))


def rank_moves(run: Run, before: Ranking, after: Ranking, k: int = 10) -> tuple[RankMove, ...]:
    """Streamers of either top k whose rank changed, the largest move first; sources add up to the score's change."""
    shown = dict.fromkeys([*before.order[:k].tolist(), *after.order[:k].tolist()])
    moves = [_move(run, before, after, idx) for idx in shown if before.rank_of(idx) != after.rank_of(idx)]
    last = 1 + max(len(before.order), len(after.order))
    return tuple(sorted(moves, key=lambda m: -abs((m.rank_before or last) - (m.rank_after or last))))


def _move(run: Run, before: Ranking, after: Ranking, streamer_idx: int) -> RankMove:
    adds = after.contributions[:, streamer_idx].double() - before.contributions[:, streamer_idx].double()
    by_source = tuple(zip(SOURCES, adds.tolist(), strict=True))
    name, ranks = name_of(run.dataset, streamer_idx), (before.rank_of(streamer_idx), after.rank_of(streamer_idx))
    return RankMove(streamer_idx, name, *ranks, float(adds.sum()), by_source)
