"""What a margin over the rival adds up from: sources, and inside them tips, statements and what is not put into words.

All exact: score(s) = sum over sources of weight x fit(s) (Ranking), the co-tipping fit is a sum over tips, and a
modality's fit is a sum over statements and the residual.
"""

from collections.abc import Iterable, Sequence

from jaxtyping import Float
from torch import Tensor

from explain.narrate import name_of, plain
from explain.types import Contribution
from mspa_model.ranking.order import best_first
from mspa_model.ranking.places import with_places
from mspa_model.runs import Run
from mspa_model.types import SOURCES, History, Ranking, Source, Statement, Step, Vocabulary

MAX_DELETED = 6  # parts of one kind whose deletion is told: those named first, and the one named last
LABEL_LIMIT = 120  # characters: a group's label carries two names
Pair = tuple[int, int]  # streamer_idx and its rival's


def told_parts(parts: Sequence[Contribution]) -> list[Contribution]:
    """Parts in the order of naming; of many, the first five and the last."""
    return list(parts) if len(parts) <= MAX_DELETED else [*parts[: MAX_DELETED - 1], parts[-1]]


def source_margins(ranking: Ranking, pair: Pair) -> tuple[Contribution, ...]:
    """One part per source, in the order of SOURCES; zero where the source is not used."""
    columns = ranking.contributions[:, list(pair)].double().cpu()
    return tuple(
        Contribution("source", source, source.value, source.value, float(row[0]), float(row[1]))
        for source, row in zip(SOURCES, columns, strict=True)
    )


def tip_margins(run: Run, step: Step, ranking: Ranking, pair: Pair) -> tuple[Contribution, ...]:
    """Co-tipping opened: one part per tipped streamer, oldest first; they add up to the source's margin."""
    weight = _weight(ranking, Source.COTIPS)
    history = step.preference.history
    if weight == 0 or len(history) == 0:
        return ()
    adds = (weight * run.recommender.tip_fits(step.preference))[:, list(pair)].double().cpu()
    return tuple(
        Contribution("tip", Source.COTIPS, key, tip_label(run, idx, key), *adds[_positions(key)].sum(0).tolist())
        for idx, key in tips_by_streamer(history).items()
    )


def tips_by_streamer(history: History) -> dict[int, str]:
    """streamer_idx of each tipped streamer, oldest first, to the positions of its tips in the history: "3,7"."""
    keys: dict[int, list[str]] = {}
    for position, idx in enumerate(history.streamer_idx.tolist()):
        keys.setdefault(idx, []).append(str(position))
    return {idx: ",".join(positions) for idx, positions in keys.items()}


def tip_label(run: Run, streamer_idx: int, key: str) -> str:
    """ "Lumi", or "Lumi (3 times)" where it was tipped more than once."""
    name, times = name_of(run.dataset, streamer_idx), len(_positions(key))
    return name if times == 1 else f"{name} ({times} times)"


def _positions(key: str) -> list[int]:
    return [int(position) for position in key.split(",")]


def statement_margins(run: Run, step: Step, ranking: Ranking, pair: Pair) -> tuple[Contribution, ...]:
    """One part per modality in use and statement; with the residual they add up to the modality's margin."""
    labels = [statement_label(s, run.vocabulary) for s in step.preference.statements]
    parts: list[Contribution] = []
    for source, weight in _used_modalities(run, ranking):
        if labels:
            fits = run.recommender.statement_fits(step.preference, source.modality)
            parts += _parts("statement", source, labels, weight * fits, pair)
    return tuple(parts)


def residual_margins(run: Run, step: Step, ranking: Ranking, pair: Pair) -> tuple[Contribution, ...]:
    """One part per modality in use: what the user likes and no statement says."""
    parts: list[Contribution] = []
    for source, weight in _used_modalities(run, ranking):
        fit = run.recommender.residual_fit(step.preference, source.modality)
        parts += _parts("residual", source, ["not put into words"], weight * fit[None], pair)
    return tuple(parts)


def statement_label(statement: Statement, vocabulary: Vocabulary) -> str:
    """ "likes bright stage", "rarely techno": a negative statement rests on absence, so it claims no dislike."""
    verb = "likes" if statement.polarity > 0 else "rarely"
    return f"{verb} {plain(vocabulary.values[statement.value_idx].label, LABEL_LIMIT)}"


def statement_reach(run: Run, step: Step, ranking: Ranking, k: int = 10) -> int:
    """How many streamers of the top k would be others without the statements, at the same weights."""
    scores = ranking.scores.double()
    if not step.preference.statements:
        return 0
    for source, weight in _used_modalities(run, ranking):
        scores -= weight * run.recommender.statement_fits(step.preference, source.modality).sum(0).double().cpu()
    allowed = ranking.order.sort().values
    without = allowed[best_first(scores[allowed])]
    without, _ = with_places(without, run.recommender.is_cold, ranking.new_share)
    return len(set(ranking.order[:k].tolist()) - set(without[:k].tolist()))


def total_margin(parts: Iterable[Contribution], source: Source | None = None) -> float:
    """The sum of the parts' margins, of one source where given."""
    return sum((part.margin for part in parts if source is None or part.source is source), 0.0)


def _used_modalities(run: Run, ranking: Ranking) -> list[tuple[Source, float]]:
    pairs = ((Source(m.value), _weight(ranking, Source(m.value))) for m in run.features.modalities)
    return [(source, weight) for source, weight in pairs if weight != 0]


def _weight(ranking: Ranking, source: Source) -> float:
    return float(ranking.weights[SOURCES.index(source)])


def _parts(
    kind: str, source: Source, labels: Sequence[str], adds: Float[Tensor, "parts n_streamers"], pair: Pair
) -> list[Contribution]:
    columns = adds[:, list(pair)].double().cpu().tolist()
    rows = zip(labels, columns, strict=True)
    return [Contribution(kind, source, str(key), label, s, r) for key, (label, (s, r)) in enumerate(rows)]
