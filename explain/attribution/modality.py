"""Attribution inside one modality: which features of a streamer carry its margin, by whichever method.

Explained is F(f) = weight x (p . tower(f)) along the straight line from the reference's features to the streamer's, so
that with the rival as the reference the values add up to that modality's share of the margin.
"""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from explain.attribution.gradients import integrate_until_exact
from explain.attribution.line import Line, block_sums, blocks_of, line_between
from explain.attribution.measures import infidelities, sensitivity
from explain.attribution.opinions import N_BLOCKS, ablate_blocks, shapley_blocks
from explain.narrate import name_of
from explain.types import Attribution, Noise, Opinions, ReferenceEffect
from mspa_model.runs import Run
from mspa_model.types import SOURCES, Modality, Ranking, Source, Step

SMALLEST_DIFFERENCE = 1e-3  # of a feature of unit deviation, below which a value by unit of it is rounding


def attribute_margin(
    run: Run, step: Step, ranking: Ranking, streamer_idx: int, rival_idx: int
) -> tuple[tuple[Attribution, ...], tuple[str, ...]]:
    """An attribution for each modality that counts in this user's score, and a sentence for each that has none."""
    done, skipped = [], []
    for modality in run.features.modalities:
        if _weight(ranking, modality) == 0:
            continue
        lacking = [i for i in (streamer_idx, rival_idx) if not run.features.present[modality][i]]
        if lacking:
            names = " and ".join(name_of(run.dataset, i) for i in lacking)
            skipped.append(f"{names}: no {modality.value} features, so inside {modality.value} nothing can be shown.")
        else:
            done.append(attribute(run, step, ranking, modality, streamer_idx, rival_idx))
    return tuple(done), tuple(skipped)


def attribute(
    run: Run, step: Step, ranking: Ranking, modality: Modality, streamer_idx: int, reference_idx: int | None
) -> Attribution:
    """One modality's integrated gradients; reference_idx None: from the mean streamer (centred features: the zero row).

    Steps are raised until the values add up; the closest try is returned, so `converged` may be False.
    """
    line = line_of(run, step, ranking, modality, streamer_idx, reference_idx)
    found = integrate_until_exact(line)
    name = reference_name(run, reference_idx)
    return Attribution(modality, name, found.values[0], line.total, found.delta, found.limit, found.n_steps)


def attribute_turn(run: Run, steps: tuple[Step, Step], modality: Modality, pair: tuple[int, int]) -> Attribution:
    """What of the pair's difference moved its margin between two steps: integrated gradients of the difference of the
    two steps' scores, from the rival. They add up to the change of the modality's margin, or are marked.
    """
    i = SOURCES.index(Source(modality.value))
    before, after = (_vector(run, step, step.ranking, modality) for step in steps)
    totals = [step.ranking.contributions[i].double() for step in steps]
    total = float(totals[1][pair[0]] - totals[1][pair[1]] - totals[0][pair[0]] + totals[0][pair[1]])
    found = integrate_until_exact(_line(run, modality, after - before, *pair, total))
    reference = reference_name(run, pair[1])
    return Attribution(modality, reference, found.values[0], total, found.delta, found.limit, found.n_steps)


def line_of(
    run: Run, step: Step, ranking: Ranking, modality: Modality, streamer_idx: int, reference_idx: int | None
) -> Line:
    """What the methods are asked about inside one modality."""
    total = _total(ranking, modality, streamer_idx, reference_idx)
    return _line(run, modality, _vector(run, step, ranking, modality), streamer_idx, reference_idx, total)


def _vector(run: Run, step: Step, ranking: Ranking, modality: Modality) -> Float[Tensor, " dim"]:
    """What an embedding is multiplied with to give weight x fit."""
    return run.recommender.user_vector(step.preference, modality).detach() * _weight(ranking, modality)


def _line(
    run: Run,
    modality: Modality,
    vector: Float[Tensor, " dim"],
    streamer_idx: int,
    reference_idx: int | None,
    total: float | None,
) -> Line:
    rows = run.features.arrays[modality]
    reference = np.zeros_like(rows[streamer_idx]) if reference_idx is None else rows[reference_idx]
    at, start = (
        torch.as_tensor(row, dtype=vector.dtype, device=vector.device)[None] for row in (rows[streamer_idx], reference)
    )
    tower = run.recommender.tower(modality)
    return line_between(lambda features: tower(features) @ vector, (at,), (start,), total)


def opinions_of(
    run: Run, step: Step, ranking: Ranking, attribution: Attribution, streamer_idx: int, reference_idx: int | None
) -> Opinions:
    """The attribution beside sampled Shapley values and ablation, over blocks of neighbouring features."""
    line = line_of(run, step, ranking, attribution.modality, streamer_idx, reference_idx)
    blocks = blocks_of(line.widths, N_BLOCKS)[0]
    summed = block_sums(attribution.values, blocks)
    return Opinions(
        attribution.modality, attribution.reference, summed, shapley_blocks(line)[0], ablate_blocks(line)[0]
    )


def noise_of(
    run: Run, step: Step, ranking: Ranking, attribution: Attribution, streamer_idx: int, reference_idx: int | None
) -> Noise:
    """The attribution's infidelity beside random and shuffled values, and its sensitivity."""
    line = line_of(run, step, ranking, attribution.modality, streamer_idx, reference_idx)
    found = infidelities(line, (attribution.values,))
    nudged = sensitivity(line)
    return Noise(attribution.modality, found.own, found.random, found.shuffled, nudged, found.scale)


def reference_effects(
    run: Run, step: Step, ranking: Ranking, attribution: Attribution, streamer_idx: int, rival_idx: int
) -> tuple[ReferenceEffect, ...]:
    """The same modality from the mean streamer and from the most popular one that has it.

    Features are centred over streamers, so the zero row is the mean streamer: there is no third.
    """
    effects = []
    popular = popular_streamer(run, attribution.modality, (streamer_idx, rival_idx))
    for idx in dict.fromkeys((None, popular)):
        other = attribute(run, step, ranking, attribution.modality, streamer_idx, idx)
        rho = signed_rank_correlation(attribution.values, other.values)
        slopes = _slope_correlation(run, attribution, other, streamer_idx, rival_idx, idx)
        effects.append(ReferenceEffect(attribution.modality, other.reference, other.total, rho, slopes))
    return tuple(effects)


def _slope_correlation(
    run: Run, one: Attribution, other: Attribution, streamer_idx: int, one_idx: int, other_idx: int | None
) -> float:
    """Of values by unit of difference, over the features in which the streamer differs from both references."""
    rows = run.features.arrays[one.modality].astype(np.float64)
    starts = (rows[one_idx], 0.0 if other_idx is None else rows[other_idx])
    differences = [rows[streamer_idx] - start for start in starts]
    both = np.all([np.abs(d) > SMALLEST_DIFFERENCE for d in differences], axis=0)
    slopes = [a.values[both] / d[both] for a, d in zip((one, other), differences, strict=True)]
    return signed_rank_correlation(*slopes) if both.sum() > 1 else 1.0


def popular_streamer(run: Run, modality: Modality, but: tuple[int, ...] = ()) -> int | None:
    """streamer_idx of whom most users tipped, of those that have the modality; None where nobody else has it."""
    popularity = run.recommender.scorer.popularity.cpu().numpy().astype(np.float64).copy()
    popularity[~run.features.present[modality]] = -np.inf
    popularity[list(but)] = -np.inf
    best = int(popularity.argmax())
    return best if np.isfinite(popularity[best]) else None


def signed_rank_correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Spearman's rho of two sets of signed values; 0 where one of them is constant."""
    if len(one) == 0 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    from scipy.stats import spearmanr  # half a second that the first page need not wait

    return float(spearmanr(one, other).statistic)


def reference_name(run: Run, reference_idx: int | None) -> str:
    """ "the mean streamer", or a streamer's name."""
    if reference_idx is None:
        return f"the mean {run.dataset.info.streamer_is}"
    return name_of(run.dataset, reference_idx)


def _weight(ranking: Ranking, modality: Modality) -> float:
    return float(ranking.weights[SOURCES.index(Source(modality.value))])


def _total(ranking: Ranking, modality: Modality, streamer_idx: int, reference_idx: int | None) -> float | None:
    """The margin that the ranking itself shows, so that delta also tells a tower that disagrees with the ranking."""
    if reference_idx is None:
        return None
    row = ranking.contributions[SOURCES.index(Source(modality.value))].double()
    return float(row[streamer_idx] - row[reference_idx])
