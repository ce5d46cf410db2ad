"""Curves of deletion: what is lost as parts are taken away one after the other, in three orders."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from explain.attribution import line_of
from explain.contribution import Pair
from explain.deletion import Reruns, delete_parts, tip_worths
from explain.types import Attribution, Contribution, Deletion, DeletionCurve, TipWorth
from mspa_model.ranking.order import ahead
from mspa_model.runs import Run
from mspa_model.types import Ranking, Step

CURVE = 8  # parts that a curve takes away one after the other
FEATURE_SHARES = np.arange(1, 10) / 10  # of the features that a curve has taken away
RANDOM_ORDERS = 5


def part_curves(reruns: Reruns, kind: str, worths: Sequence[TipWorth] = (), seed: int = 0) -> tuple[DeletionCurve, ...]:
    """Two curves of what it costs to take tips or statements away one after the other; none with fewer than two.

    One counts the margin over the rival, parts named by what they are worth to it (worths, else their own margins);
    one counts places in doublings of rank, parts named by the lead over the field that each alone costs. So each
    order is of the quantity that it is held to.
    """
    keys = reruns.players()
    if len(keys) < 2:
        return ()
    before = reruns.without(())
    worth = {w.key: w.worth for w in worths} or {part.key: margin for part, margin in reruns.named}
    alone = reruns.without_each([(key,) for key in keys])
    lead = {key: before.lead - after.lead for key, after in zip(keys, alone, strict=True)}
    rng = np.random.default_rng(seed)
    random = [[keys[i] for i in rng.permutation(len(keys))] for _ in range(RANDOM_ORDERS)]
    by_worth, by_lead = (sorted(keys, key=lambda key: -of[key]) for of in (worth, lead))
    return (
        _curve(reruns, kind, "margin", by_worth, random),
        _curve(reruns, kind, "place", by_lead, random),
    )


def _curve(reruns: Reruns, kind: str, quantity: str, named: list[str], random: list[list[str]]) -> DeletionCurve:
    margins, doublings = {}, {}
    orders = {"named": [named], "random": random, "reverse": [named[::-1]]}
    for name, lists in orders.items():
        runs = [reruns.without_each(_prefixes(order)) for order in lists]
        before = reruns.without(())
        margins[name] = np.mean([[before.margin - out.margin for out in each] for each in runs], axis=0)
        doublings[name] = np.mean([[np.log2(out.place / before.place) for out in each] for each in runs], axis=0)
    told = margins if quantity == "margin" else doublings
    places = float((doublings["named"] - doublings["random"]).mean())
    return DeletionCurve(kind, quantity, told["named"], told["random"], told["reverse"], places)


def _prefixes(order: list[str]) -> list[list[str]]:
    """The first 1, 2, ... parts; never all of them, where every order ends the same."""
    return [order[:n] for n in range(1, min(CURVE, len(order) - 1) + 1)]


def feature_curve(
    run: Run, step: Step, ranking: Ranking, attribution: Attribution, pair: Pair, seed: int = 0
) -> DeletionCurve:
    """The streamer's features given the rival's, a tenth at a time: those that speak most for it first.

    Nobody else's score moves, so places and margin follow the same number; margins are told, places beside them.
    """
    line = line_of(run, step, ranking, attribution.modality, *pair)
    rng = np.random.default_rng(seed)
    named = np.argsort(-attribution.values, kind="stable")
    random = [rng.permutation(len(named)) for _ in range(RANDOM_ORDERS)]
    orders = {"named": [named], "random": random, "reverse": [named[::-1]]}
    at, start = line.at[0], line.start[0]
    with torch.no_grad():
        whole = float(line.forward(at)[0])
        lost = {
            name: np.array([whole - line.forward(_given(at, start, order)).double().cpu().numpy() for order in each])
            for name, each in orders.items()
        }
    scores = ranking.scores.double()
    others = ranking.by_score[ranking.by_score != pair[0]]

    def places(points: np.ndarray) -> np.ndarray:
        own = scores[pair[0]] - torch.from_numpy(points)[..., None]
        return 1 + ahead(scores[others].expand(*points.shape, -1), others, own, pair[0]).sum(-1).numpy()

    doublings = {name: np.log2(places(each) / places(np.zeros(1))).mean(0) for name, each in lost.items()}
    told = {name: each.mean(0) for name, each in lost.items()}
    gained = float((doublings["named"] - doublings["random"]).mean())
    return DeletionCurve("feature", "margin", told["named"], told["random"], told["reverse"], gained)


def _given(at: torch.Tensor, start: torch.Tensor, order: np.ndarray) -> torch.Tensor:
    """The streamer's features with a tenth, two tenths, ... of them the rival's, in this order."""
    rows = at.repeat(len(FEATURE_SHARES), 1)
    for row, share in zip(rows, FEATURE_SHARES, strict=True):
        taken = torch.from_numpy(order[: round(share * len(order))].copy())
        row[taken] = start[0, taken]
    return rows


@dataclass(frozen=True)
class TakenAway:
    """Single deletions that are told, what each tip is worth in all, and the curves."""

    deletions: tuple[Deletion, ...]
    worths: tuple[TipWorth, ...]
    curves: tuple[DeletionCurve, ...]


def take_away(
    run: Run,
    step: Step,
    pair: Pair,
    tips: Sequence[Contribution],
    statements: Sequence[Contribution],
    attributions: Sequence[Attribution],
) -> TakenAway:
    """Tips, statements, and the features of the modality that adds most to the margin either way."""
    by_tip, by_statement = (Reruns(run, step, pair, parts) for parts in (tips, statements))
    worths = tip_worths(by_tip)
    curves = (*part_curves(by_tip, "tip", worths), *part_curves(by_statement, "statement"))
    if attributions:
        largest = max(attributions, key=lambda a: abs(a.total))
        curves = (feature_curve(run, step, step.ranking, largest, pair), *curves)
    return TakenAway((*delete_parts(by_tip), *delete_parts(by_statement)), worths, curves)
