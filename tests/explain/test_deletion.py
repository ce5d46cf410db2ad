"""What deletion costs: hand-solved games, and reruns that are the model's own to the last digit."""

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch

from explain import counterfactual
from explain.attribution import attribute
from explain.contribution import MAX_DELETED, residual_margins, statement_margins, tip_margins
from explain.counterfactual import rescore
from explain.curves import CURVE, feature_curve, part_curves, take_away
from explain.deletion import (
    Outcome,
    Reruns,
    delete_parts,
    deletion_misleads,
    order_by_margin,
    place_in,
    tip_worths,
)
from explain.types import Contribution, Edit
from mspa_model.runs import Run
from mspa_model.types import Modality, Source
from tests.explain.closed_form import pair_of, trace_of


def tip(key: str, margin: float) -> Contribution:
    return Contribution("tip", Source.COTIPS, key, f"tip {key}", margin, 0.0)


class Game(Reruns):
    """A model that is a table: worth of the parts that stay; a place is lost with every unit of it."""

    def __init__(self, parts: Sequence[Contribution], worth: dict[str, float], alike: Collection[str] = ()) -> None:
        self.named, self._worth, self._alike = order_by_margin(parts), worth, set(alike)

    def without_each(self, sets: Sequence[Collection[str]]) -> list[Outcome]:
        return [self._left(set(away)) for away in sets]

    def _left(self, away: set[str]) -> Outcome:
        """Parts that are alike are worth what one of them is, as long as one stays."""
        stay = set(self._worth) - away
        total = sum(self._worth[key] for key in stay - self._alike)
        total += max((self._worth[key] for key in stay & self._alike), default=0.0)
        return Outcome(total, total, 1 + round(10 - total), total)


PARTS = (tip("0", 0.1), tip("1", 0.7), tip("2", -0.2))


def test_deletion_misleads_about_duplicates_only() -> None:
    assert not deletion_misleads([1.0, 2.0], 3.0)
    assert not deletion_misleads([1.0, 2.0], 3.7)  # off by .7 of 3.7
    assert deletion_misleads([1.0, 2.0], 4.1)  # off by 1.1 of 4.1
    assert deletion_misleads([0.0, 0.0], 1.0)
    assert not deletion_misleads([0.0], 1.0)
    assert not deletion_misleads([], 0.0)


def test_worths_are_deletions_where_parts_are_independent() -> None:
    worths = tip_worths(Game(PARTS, {"0": 3.0, "1": 1.0, "2": 2.0}))
    assert [(w.key, w.deletion, w.shapley, w.worth) for w in worths] == [
        ("0", 3.0, None, 3.0),
        ("2", 2.0, None, 2.0),
        ("1", 1.0, None, 1.0),
    ]


def test_duplicates_seem_worthless_by_deletion_and_share_by_shapley() -> None:
    worths = {w.key: w for w in tip_worths(Game(PARTS, {"0": 2.0, "1": 2.0, "2": 0.5}, alike=("0", "1")))}
    assert worths["0"].deletion == worths["1"].deletion == 0.0
    assert worths["0"].worth == pytest.approx(1.0, abs=1e-6)
    assert worths["1"].worth == pytest.approx(1.0, abs=1e-6)
    assert worths["2"].worth == pytest.approx(0.5, abs=1e-6)


def test_curves_by_hand() -> None:
    game = Game(PARTS, {"0": 3.0, "1": 1.0, "2": 2.0})
    margin, places = part_curves(game, "tip", tip_worths(game))
    assert (margin.quantity, places.quantity) == ("margin", "place")
    assert margin.named.tolist() == [3.0, 5.0]  # never all three
    assert margin.reverse.tolist() == [1.0, 3.0]
    assert 1.0 <= margin.random[0] <= 3.0
    np.testing.assert_allclose(places.named, np.log2([8 / 5, 10 / 5]))  # from the 5th place to the 8th and 10th
    np.testing.assert_allclose(places.reverse, np.log2([6 / 5, 8 / 5]))
    assert places.places == pytest.approx(float((places.named - places.random).mean()))
    assert margin.places == pytest.approx(places.places)
    assert part_curves(Game(PARTS[:1], {"0": 1.0}), "tip") == ()


def test_curves_name_by_margin_where_no_worth_is_given() -> None:
    curve = part_curves(Game(PARTS, {"0": 3.0, "1": 1.0, "2": 2.0}), "statement")[0]
    assert curve.kind == "statement"
    assert curve.named.tolist() == [1.0, 4.0]  # by margins .7, .1, -.2
    assert curve.reverse.tolist() == [2.0, 5.0]
    assert curve.gap == pytest.approx(2.5 - curve.random.mean())


def test_players_are_the_largest_either_way_in_the_order_of_naming() -> None:
    reruns = Reruns.__new__(Reruns)
    reruns.named = [(tip(str(i), margin), margin) for i, margin in enumerate((2.0, 1.0, -0.5, -3.0))]
    assert [reruns.players(n) for n in (1, 2, 3, 9)] == [["3"], ["0", "3"], ["0", "1", "3"], ["0", "1", "2", "3"]]


def test_a_curve_takes_eight_away_at_most() -> None:
    parts = [tip(str(i), float(i)) for i in range(12)]
    assert len(part_curves(Game(parts, {str(i): 0.1 for i in range(12)}), "tip")[0].named) == CURVE


def test_of_many_parts_the_first_five_and_the_last_are_told(closed: Run) -> None:
    trace = trace_of(closed, "u000")
    step, pair = trace.final, pair_of(trace)
    parts = tip_margins(closed, step, step.ranking, pair)
    assert len(parts) > MAX_DELETED
    told = delete_parts(Reruns(closed, step, pair, parts))
    named = [part.key for part, _ in order_by_margin(parts)]
    assert [d.key for d in told] == [*named[:5], named[-1]]


def test_order_by_margin_adds_modalities() -> None:
    said = [
        Contribution("statement", s, k, k, m, 0.0)
        for s, k, m in ((Source.VISUAL, "0", 1.0), (Source.TEXT, "0", -2.0), (Source.VISUAL, "1", 0.5))
    ]
    assert [(p.key, m) for p, m in order_by_margin(said)] == [("1", 0.5), ("0", -1.0)]


@pytest.mark.parametrize("kind", ["tip", "statement"])
def test_reruns_are_the_models_own(closed: Run, kind: str) -> None:
    trace = trace_of(closed, "u001")
    step, pair = trace.final, pair_of(trace)
    tips = kind == "tip"
    parts = (tip_margins if tips else statement_margins)(closed, step, step.ranking, pair)
    reruns = Reruns(closed, step, pair, parts)
    keys = [part.key for part, _ in order_by_margin(parts)][:2]
    edits = [
        Edit("drop tip", key)
        if tips
        else Edit("delete statement", "{0.aspect}: {0.value}".format(step.preference.statements[int(key)]))
        for key in keys
    ]
    after = rescore(closed, step, edits)
    found = reruns.without(keys)
    scores = after.scores.double()
    assert found.margin == pytest.approx(float(scores[pair[0]] - scores[pair[1]]), abs=1e-5)
    assert found.place == after.rank_of(pair[0])
    assert found.score == pytest.approx(float(scores[pair[0]]), abs=1e-5)
    before = reruns.without(())
    assert before.place == step.ranking.rank_of(pair[0]) == 1
    field = step.ranking.order[1:11]
    own = step.ranking.scores.double()
    assert before.lead == pytest.approx(float(own[pair[0]] - own[field].mean()), abs=1e-5)


def test_a_deletion_is_the_what_if_edit_that_drops_the_same(closed: Run) -> None:
    """One way everywhere: the correction kept, as the What-if page keeps it."""
    trace = trace_of(closed, "u002")
    step, pair = trace.final, pair_of(trace)
    step = replace(step, emphasis=step.emphasis.clone())
    step.emphasis[:3] = torch.tensor([0.4, 1.7, 0.2])
    step = replace(step, ranking=rescore(closed, step, ()))
    parts = tip_margins(closed, step, step.ranking, pair)
    told = take_away(closed, step, pair, parts, (), ()).deletions
    assert told
    for deletion in told:
        after = rescore(closed, step, [Edit("drop tip", deletion.key)])
        assert deletion.rank_after == after.rank_of(pair[0])
        lost = float(step.ranking.scores[pair[0]] - after.scores[pair[0]])
        assert deletion.score_drop == pytest.approx(lost, abs=1e-5)


@pytest.mark.parametrize("user", ["u000", "u001", "u002", "u003"])
def test_no_deletion_moves_what_no_suggested_edit_moves(
    closed: Run, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counterfactual, "SCANNED_TIPS", 1)  # as of a user with many more tips than are scanned
    trace = trace_of(closed, user)
    step, pair = trace.final, pair_of(trace)
    told = delete_parts(Reruns(closed, step, pair, tip_margins(closed, step, step.ranking, pair)))
    falls = max(d.rank_after - d.rank_before for d in told)
    best = counterfactual.suggest(closed, trace, streamer_id(closed, pair[0]), "down", n=1, rival_idx=pair[1])
    suggested = best[0].rank_after - best[0].rank_before if best else 0
    assert suggested >= falls


def streamer_id(run: Run, idx: int) -> str:
    return str(run.dataset.streamers["streamer_id"].iloc[idx])


def test_features_of_a_linear_tower_cost_what_they_are_worth(closed: Run) -> None:
    trace = trace_of(closed, "u000")
    step, pair = trace.final, pair_of(trace)
    attribution = attribute(closed, step, step.ranking, Modality.VISUAL, *pair)
    curve = feature_curve(closed, step, step.ranking, attribution, pair)
    ordered = np.sort(attribution.values)[::-1]
    taken = [round(share * len(ordered)) for share in np.arange(1, 10) / 10]
    np.testing.assert_allclose(curve.named, [ordered[:n].sum() for n in taken], atol=1e-4)
    np.testing.assert_allclose(curve.reverse, [ordered[::-1][:n].sum() for n in taken], atol=1e-4)
    assert curve.named.mean() > curve.random.mean() > curve.reverse.mean()
    assert curve.kind == "feature"


def test_place_counts_ties_by_position() -> None:
    scores = torch.tensor([1.0, 3.0, 3.0, 2.0])
    everyone = torch.tensor([1, 2, 3, 0])
    assert [place_in(scores, everyone, i) for i in range(4)] == [4, 1, 2, 3]
    assert place_in(scores, torch.tensor([1, 3]), 2) == 2  # no candidate: behind the equal one of lower position


def test_residual_is_no_part_to_delete(closed: Run) -> None:
    trace = trace_of(closed, "u000")
    step, pair = trace.final, pair_of(trace)
    statements = statement_margins(closed, step, step.ranking, pair)
    told = take_away(closed, step, pair, (), statements, ())
    assert {d.kind for d in told.deletions} == {"statement"}
    assert {c.kind for c in told.curves} == {"statement"}
    assert told.worths == ()
    assert residual_margins(closed, step, step.ranking, pair)
