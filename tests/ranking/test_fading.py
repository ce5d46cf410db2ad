"""A taste that shifted: its day is found, judged by hand-solved numbers, and old tips then count for less."""

from datetime import datetime

import numpy as np
import pytest
import torch

from mspa_model.preference.statements import tip_weights
from mspa_model.ranking.cases import own_tips
from mspa_model.ranking.fading import MIN_NEW, Fade, Sides, _gains, days_to_try, find_fade, judge, spans
from mspa_model.ranking.low_rank import LowRankCoTips
from mspa_model.ranking.recency import hold_out, places_of, unfaded, weigh
from mspa_model.ranking.recommender import Recommender
from mspa_model.ranking.scorer import PreferenceTensors
from mspa_model.types import FADED, History
from tests.ranking.parts import FORMS, Form, random_history, random_recommender
from tests.ranking.test_batch import empty_set

DAY = np.timedelta64(1, "D")
START = np.datetime64("2026-01-01", "us")
MAX_WITNESSES = 40


def history(streamers: list[int], every: int = 1) -> History:
    """One tip every so many days, oldest first."""
    n = len(streamers)
    times = START + np.arange(n) * every * DAY
    return History("somebody", np.array(streamers), np.ones(n), times, np.full(n, -1))


def test_faded_tips_count_for_less_and_stay_faded_in_a_part_of_the_history():
    shifted = history([3, 1, 4, 1]).faded(datetime(2026, 1, 3))
    assert shifted.counts.tolist() == pytest.approx([FADED, FADED, 1, 1])
    assert history([3, 1, 4, 1]).counts.tolist() == [1, 1, 1, 1]
    # Streamer 1 was tipped on either side: it belongs to the newer.
    assert tip_weights(shifted, 6)[0].tolist() == pytest.approx([0, 1, 0, FADED, 1, 0])
    assert unfaded(shifted).tolist() == [4, 1]
    part = shifted.keep(np.array([True, False, True, True]))
    assert part.counts.tolist() == pytest.approx([FADED, 1, 1])


def test_weights_are_faded_before_they_are_scaled():
    places = torch.tensor([2.0, 1.0, 0.0])
    weights = weigh(places, 1.0, torch.tensor([FADED, 1.0, 0.0]))
    total = FADED / 2 + 1
    assert weights.tolist() == pytest.approx([FADED / 2 / total**0.5, 1 / total**0.5, 0.0])


def test_days_grow_and_never_part_tips_of_one_moment():
    moments = START - np.arange(12) * DAY
    assert days_to_try(moments).tolist() == [4, 6, 8]  # 11 would leave one older tip
    moments[4] = moments[3]  # the fourth and fifth newest are of one moment
    assert days_to_try(moments).tolist() == [6, 8]
    assert days_to_try(moments[:5]).tolist() == []
    assert len(days_to_try(START - np.arange(5000) * DAY)) == 12


@pytest.mark.parametrize(("days", "expected"), [(13, False), (14, True)])
def test_a_history_spans_fourteen_days_or_nothing_is_looked_for(days, expected):
    assert spans(history([0, 1], every=days)) is expected
    assert not spans(History("x", np.array([1]), np.ones(1), np.array(["NaT"], "datetime64[us]"), np.array([-1])))


def test_the_day_that_parts_two_tastes_most_surely_hand_solved():
    # Two days; the newer four (of six) all rise by 1 at the first day, fall at the second.
    sides = Sides(np.array([4, 5]), np.array([[1.0, 1, 1, 1, 0, 0], [-1.0, -1, -1, -1, -1, 0]]))
    found = judge(sides)
    assert found is not None
    day, gain, error = found
    assert day == 0
    # Newer: mean 1, squares 0 + 3 * 1, over 6 and 4; older: mean 0, squares the same, over 4 and 2; newer count
    # double.
    new_error, old_error = (3 / 6 / 4) ** 0.5, (3 / 4 / 2) ** 0.5
    assert gain / error == pytest.approx(2 * (1 / new_error) / 5**0.5)
    assert gain == pytest.approx((2 / new_error) / (2 / new_error + 1 / old_error))


def test_the_older_side_speaks_too():
    """Of two days under which the newer rise alike, the one under which the older rise as well."""
    gains = np.array([[0.5, 0.5, 0.5, 0.5, -0.5, -0.5, -0.5], [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]])
    found = judge(Sides(np.array([4, 4]), gains))
    assert found is not None
    assert found[0] == 1
    alone = judge(Sides(np.array([4]), gains[:1]))
    assert alone is not None
    assert found[1] / found[2] > alone[1] / alone[2]


def test_nothing_is_found_where_no_day_raises_the_witnesses():
    assert judge(Sides(np.array([4]), np.array([[-0.1, -0.2, -0.1, -0.2, -3.0, 0.0]]))) is None


def test_one_witness_that_leaps_is_less_sure_than_four_that_rise():
    leap, rise = (np.array([[*new, 0.0, 0.0]]) for new in ([2.0, 0, 0, 0], [0.5, 0.5, 0.5, 0.5]))
    one, four = (judge(Sides(np.array([4]), gains)) for gains in (leap, rise))
    assert one is not None
    assert four is not None
    assert one[1] / one[2] < four[1] / four[2]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("n_tips", [12, 45])
def test_standing_from_inner_products_is_standing_from_scores(form: Form, n_tips: int):
    """The short way gives what scoring every case gives, also where a history has more tips than there are cases."""
    recommender = random_recommender(empty_set(60), form)
    told = recommender.composer.compose(random_history(60, n_tips, 1))
    given = recommender._tensors(told)
    distinct, places = places_of(told.history)
    n, n_new = min(len(distinct), 6), np.array([4])
    idx = torch.from_numpy(distinct[::-1].copy())
    weights = weigh(torch.from_numpy(places[::-1].astype(np.float32)), recommender.scorer.half_life)
    trained_on, base = idx[:3], recommender.scorer.fold_weights[1]
    own = own_tips(recommender.scorer, idx, trained_on)
    short = _gains(recommender.scorer, recommender.composer, own, weights, n_new, n, given, base)
    since = torch.arange(len(idx)) < 4
    sides = [torch.where(since, 1.0, FADED), torch.where(since, FADED, 1.0)]
    for i in range(n):
        was = standing(recommender, idx, weights, torch.ones(len(idx)), i, given, trained_on, base)
        now = standing(recommender, idx, weights, sides[0 if i < 4 else 1], i, given, trained_on, base)
        assert short[0, i] == pytest.approx(now - was, abs=2e-3)


def standing(recommender: Recommender, idx, weights, counts, i, given, trained_on, base) -> float:
    """Of the i-th newest, by writing out every streamer's score."""
    scorer, composer, n = recommender.scorer, recommender.composer, given.tips.shape[1]
    tips = torch.zeros(n)
    tips[idx] = weights * counts
    tips = tips / tips.sum().sqrt()
    held = counts[None].clone()
    held[0, i] = 0.0
    taught, residual = composer.taught(held, idx)
    whole, whole_residual = composer.taught(torch.ones(1, len(idx)), idx)
    strengths = (taught + given.strengths - whole).clamp(-1, 1)
    rows = {m: residual[m] + given.residual[m] - whole_residual[m] for m in residual}
    held_out = hold_out(tips, idx[i : i + 1])
    cotips = scorer.cotips.factors(held_out[:, idx]) @ scorer.cotips.told(idx, trained_on).written
    fits = scorer.fits(PreferenceTensors(held_out, strengths, rows), cotips)
    others = torch.ones(n, dtype=torch.bool)
    others[idx] = False
    scores = (scorer.weights(fits, base)[:, :, None] * fits).sum(1)[0]
    apart = scores[others]
    return float((scores[idx[i]] - apart.mean()) / apart.std(correction=0))


@pytest.fixture
def two_tastes() -> Recommender:
    """Streamers 0-19 go together, and so do 20-39; nothing else is known."""
    recommender = random_recommender(empty_set(40), "low rank")
    group = torch.where(torch.arange(40) < 20, 1.0, -1.0)[:, None]
    noise = torch.randn(40, 1, generator=torch.Generator().manual_seed(0)) * 0.3
    recommender.scorer.cotips = LowRankCoTips(group, group + noise)
    recommender.scorer.base_weights = torch.tensor([0.0, 0.0, 0.0, 1.0, 0.0])
    recommender.scorer.half_life = 1e9
    return recommender


def fade_of(recommender: Recommender, tips: History):
    told = recommender.composer.compose(tips)
    given = recommender._tensors(told)
    own, base = recommender._apart(tips)
    return find_fade(recommender.scorer, recommender.composer, tips, given, own, base, MAX_WITNESSES)


def test_the_day_of_a_planted_shift_is_found(two_tastes: Recommender):
    found = fade_of(two_tastes, history([*range(12), *range(20, 28)]))
    assert found is not None
    assert found.before == datetime(2026, 1, 13)
    assert found.n_new == 8
    assert found.gain > 1.64 * found.uncertainty


def test_a_steady_taste_is_not_faded(two_tastes: Recommender):
    found = fade_of(two_tastes, history(list(range(18))))
    assert found is None or found.gain < found.uncertainty


def test_too_few_newer_tips_are_not_judged(two_tastes: Recommender):
    tips = history([*range(12), *range(20, 20 + MIN_NEW - 1)])
    found = fade_of(two_tastes, tips)
    assert found is None or found.n_new >= MIN_NEW


def test_a_kept_fade_is_the_first_step_and_composes_from_the_same_tips(two_tastes: Recommender):
    told = two_tastes.composer.compose(history([*range(12), *range(20, 28)]))
    allowed = np.ones(40, dtype=bool)
    allowed[told.history.streamer_idx] = False
    recommender = two_tastes.with_caution(caution=1e9, fade_caution=1.0)
    trace = recommender.rank(told, allowed)
    step = trace.steps[1]
    assert step.fades
    assert step.kept
    assert step.changes[0].kind == "older tips faded"
    assert "13 January 2026" in step.changes[0].sentence
    assert step.preference.history.streamer_idx.tolist() == told.history.streamer_idx.tolist()
    torch.testing.assert_close(recommender.score(step.preference, allowed).scores, step.ranking.scores)
    top = step.ranking.order[:8].tolist()
    assert sum(i >= 20 for i in top) > sum(i >= 20 for i in trace.steps[0].ranking.order[:8].tolist())
    assert not any(s.fades for s in trace.steps[2:])


def test_a_fade_that_is_not_sure_enough_stays_in_the_trace(two_tastes: Recommender):
    told = two_tastes.composer.compose(history([*range(12), *range(20, 28)]))
    allowed = np.ones(40, dtype=bool)
    step = two_tastes.with_caution(fade_caution=1e9).fade(two_tastes.step0(told, allowed), allowed)
    assert step is not None
    assert not step.kept
    assert "not kept" in step.reason


def test_too_few_since_the_shift_are_said_to_be_so(two_tastes: Recommender, monkeypatch: pytest.MonkeyPatch):
    found = Fade(datetime(2026, 1, 13), 4, 1.0, 0.1)
    monkeypatch.setattr("mspa_model.ranking.recommender.find_fade", lambda *_: found)
    told = two_tastes.composer.compose(history([*range(12), *range(20, 24)]))
    trace = two_tastes.with_caution(fade_caution=1.0).rank(told, np.ones(40, dtype=bool))
    assert [step.fades for step in trace.steps] == [False, True]
    assert trace.stop == "too few witnesses"
    assert "since the taste shifted" in trace.stop_sentence
