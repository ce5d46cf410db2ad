"""Cold streamers measured: hand-solved pairs, chance worked out, kept places and what they cost, hidden train tips."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mspa_model.config import RunConfig
from mspa_model.data import eval_pairs, interaction_matrix, load_dataset
from mspa_model.data.split import EvalPairs
from mspa_model.errors import MspaError
from mspa_model.ranking.places import cold_streamers
from mspa_model.training.cold import by_chance, cold_at, cold_metrics, cold_pairs, hide, measure_cold, placed_top
from mspa_model.training.metrics_words import cold_words
from mspa_model.training.scorecard import Measured
from mspa_model.training.train import train
from tests.training.worlds import INFO, csr
from tests.worlds.newcomers import NEWCOMERS


def test_cold_pairs_hold_cold_streamers_alone_hand_solved():
    # Streamers 2 and 3 have no train tip; user 0 wants 1 and 2, user 1 wants 0; 3 is masked for user 0.
    train = csr([(0, 0), (1, 1)], (2, 4))
    pairs = cold_pairs(train, EvalPairs(csr([(0, 0), (0, 3)], (2, 4)), csr([(0, 1), (0, 2), (1, 0)], (2, 4)), 0), 0)
    assert pairs.target.toarray().tolist() == [[0, 0, 1, 0], [0, 0, 0, 0]]
    assert pairs.mask.toarray().tolist() == [[1, 1, 0, 1], [0, 0, 0, 0]]


def test_level_scores_are_no_ranking_however_lucky():
    train = csr([(0, 0), (1, 0)], (2, 3))
    pairs = cold_pairs(train, EvalPairs(train, csr([(0, 1), (1, 2)], (2, 3)), 0), 0)
    found, ranked = measure_cold(lambda users: np.array([[9.0, 1, 1], [9, 1, 2]], dtype=np.float32)[users], pairs)
    assert ranked.tolist() == [False, True]
    assert found.values["recall@10"].tolist() == [1, 1]  # both hit: the first by its column


def padded(*streamers: int) -> np.ndarray:
    return np.array([[*streamers, *[-1] * (20 - len(streamers))]])


def of(user: int, top: list[int], cold: list[int]) -> Measured:
    return Measured(user, padded(*top), padded(*cold), np.zeros(5), "no gain")


@pytest.fixture
def thirty() -> tuple:
    """Thirty streamers; 0 to 24 have a train tip, 25 to 29 have none. User 0 wants 29 and 1, user 1 wants 0."""
    train = csr([(2, i) for i in range(25)], (3, 30))
    pairs = EvalPairs(csr([], (3, 30)), csr([(0, 29), (0, 1), (1, 0)], (3, 30)), 0)
    measured = [of(0, list(range(20)), [25, 29, 26, 27, 28]), of(1, list(range(20)), [25, 26, 27, 28, 29])]
    return train, pairs, measured


def test_cold_streamers_among_themselves_hand_solved(thirty):
    train, pairs, measured = thirty
    found = cold_at(measured, -1, cold_pairs(train, pairs, 0))
    assert found.user_idx.tolist() == [0]  # user 1 wants nobody cold
    assert found.values["ndcg@20"].tolist() == [pytest.approx(1 / np.log2(3))]  # 29 is second
    assert found.values["recall@20"].tolist() == [1]


def test_chance_is_worked_out(thirty):
    own = cold_pairs(*thirty[:2], 0)
    gains = 1 / np.log2(np.arange(2, 7))
    assert by_chance(own) == {"recall@20": 1.0, "ndcg@20": pytest.approx(gains.sum() / 5)}
    # Forty cold, one of them masked, two wanted: 20 of 39 places, each a hit with 2 of 39.
    many = EvalPairs(csr([(0, 0)], (1, 41)), csr([(0, 1), (0, 2)], (1, 41)), 0)
    own = cold_pairs(csr([(0, 40)], (1, 41)), many, 0)
    gains = 1 / np.log2(np.arange(2, 22))
    expected = {"recall@20": 20 / 39, "ndcg@20": 2 / 39 * gains.sum() / gains[:2].sum()}
    assert by_chance(own) == pytest.approx(expected)
    assert by_chance(cold_pairs(csr([(0, 0)], (1, 2)), EvalPairs(csr([], (1, 2)), csr([(0, 0)], (1, 2)), 0), 0)) is None


def test_kept_places_need_no_more_than_the_first_twenty_of_each():
    cold = np.arange(30) >= 25
    top = placed_top(padded(*range(20))[0], padded(25, 29, 26, 27, 28)[0], cold, 0.2)
    assert top.tolist() == [0, 1, 25, 2, 3, 4, 5, 29, 6, 7, 8, 9, 26, 10, 11, 12, 13, 27, 14, 15]
    few = placed_top(padded(0, 25)[0], padded(25)[0], cold, 0.5)
    assert few.tolist() == [0, 25] + [-1] * 18


def test_what_places_bring_and_cost_hand_solved(thirty):
    found = cold_metrics(*thirty, seed=0)
    assert (found["n_streamers"], found["n_pairs"], found["n_users"], found["metric"]) == (5, 1, 1, "ndcg@20")
    none, tenth, fifth = found["places"]
    assert [p["recall@20"]["value"] for p in found["places"]] == [0, 1, 1]  # places 5 and 15 take 25 and 29
    assert none["change"] is None
    # At .1 user 0 gains half of recall@20, user 1 nothing; ndcg@10 loses nothing: 0 and 1 stay 1st and 2nd.
    assert tenth["change"]["recall@20"]["value"] == pytest.approx(0.25)
    assert tenth["change"]["ndcg@10"]["value"] == 0
    ideal = 1 + 1 / np.log2(3)
    assert fifth["change"]["ndcg@10"]["value"] == pytest.approx(1 / np.log2(9) / ideal / 2)  # 29 is 8th
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    first, *shares = cold_words(found, INFO)
    assert "5 cold films (no train rating), 1 test pair. Among themselves ndcg@20 0.631" in first
    assert "With 10\u00a0% of the places kept for them: recall@20 1.000" in shares[0]


def test_sets_without_cold_streamers_or_tips_to_them(thirty):
    train, pairs, measured = thirty
    everyone = csr([(2, i) for i in range(30)], (3, 30))
    assert cold_metrics(everyone, pairs, measured, 0) is None
    assert cold_words(None, INFO) == ()
    found = cold_metrics(train, EvalPairs(pairs.mask, csr([(1, 0)], (3, 30)), 0), measured[1:], 0)
    assert (found["n_pairs"], found["among"]["random"]) == (0, None)
    assert found["places"][1]["recall@20"]["value"] is None
    assert "no test rating to one" in cold_words(found, INFO)[0]


# --- hiding ----------------------------------------------------------------------------------------------------------


def test_hiding_takes_train_tips_alone(tiny_world: Path):
    whole = load_dataset(tiny_world)
    hidden = hide(whole, 0.15, seed=0)
    cold = cold_streamers(interaction_matrix(hidden, ("train",)))
    assert len(cold) == 6  # of forty
    gone = whole.tips["streamer_idx"].isin(cold) & (whole.tips["split"] == "train")
    assert len(hidden.tips) == len(whole.tips) - gone.sum()
    assert hidden.tips["split"].value_counts()["test"] == whole.tips["split"].value_counts()["test"]
    assert hidden.tips.index.tolist() == list(range(len(hidden.tips)))
    wanted = eval_pairs(hidden, "test").target[:, cold]
    assert wanted.nnz == ((whole.tips["split"] == "test") & whole.tips["streamer_idx"].isin(cold)).sum()
    assert len(whole.tips) == 600, "the set given stays as it is"


def test_hiding_goes_by_the_seed_and_names_another_set(tiny_world: Path):
    whole = load_dataset(tiny_world)
    first, again, other = (hide(whole, 0.15, seed) for seed in (0, 0, 1))
    assert first.fingerprint == again.fingerprint
    assert first.tips.equals(again.tips)
    assert len({whole.fingerprint, first.fingerprint, other.fingerprint, hide(whole, 0.2, 0).fingerprint}) == 4
    assert not first.tips.equals(other.tips)
    for share in (0.0, 1.0, -0.5, float("nan")):
        with pytest.raises(MspaError, match="between 0 and 1"):
            hide(whole, share, 0)


# --- a run -----------------------------------------------------------------------------------------------------------


def test_evaluation_measures_newcomers(make_world: Callable[[str], Path], small_config: RunConfig, tmp_path: Path):
    """Preferences by statistics: what a tiny language model says of 60 users would be a matter of chance here."""
    counted = replace(small_config, composer=replace(small_config.composer, active="teacher"))
    train(make_world("newcomers"), tmp_path / "run", counted, device="cpu", with_map=False, progress=False)
    found = json.loads((tmp_path / "run" / "metrics.json").read_text(encoding="utf-8"))["cold"]
    assert found["n_streamers"] == len(NEWCOMERS)
    assert found["n_pairs"] == found["n_users"] == 60
    assert found["among"]["mspa"]["ndcg@20"]["low"] > found["among"]["random"]["ndcg@20"]
