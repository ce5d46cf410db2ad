"""Many users at once: the same scores, the same first places, whatever the batch."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from mspa_model.ranking.batch import BatchScorer, PreferenceRows, preference_rows
from mspa_model.ranking.recommender import Recommender
from mspa_model.types import Dataset, DatasetInfo, Preference, SplitInfo
from tests.ranking.parts import FORMS, VALUES, random_history, random_recommender

N_STREAMERS = 60
INFO = DatasetInfo(
    *("parts", "Parts", "events", "streamer", "user", "tip", "coins", "UTC", (), "CC0-1.0", "tests"),
    split=SplitInfo("time", ("train",), ("train", "val"), "ndcg@10"),
)


def empty_set(n_streamers: int) -> Dataset:
    """Streamers and one user, no tips."""
    streamers = pd.DataFrame({"streamer_id": [f"s{i}" for i in range(n_streamers)]})
    users = pd.DataFrame({"user_id": ["u0"]})
    tips = pd.DataFrame({"user_idx": np.zeros(0, np.int64), "streamer_idx": np.zeros(0, np.int64), "split": ""})
    return Dataset(Path(), INFO, users, streamers, tips, None, None, None, {}, "")


@pytest.fixture(params=FORMS)
def recommender(request: pytest.FixtureRequest) -> Recommender:
    return random_recommender(empty_set(N_STREAMERS), request.param)


def preferences_of(recommender: Recommender) -> list[Preference]:
    """Users with one tip to twenty, one without any, and one whose older tips are faded."""
    histories = [random_history(N_STREAMERS, n, seed) for seed, n in enumerate((1, 20, 0, 5, 7))]
    histories.append(random_history(N_STREAMERS, 9, 9).faded(datetime(2026, 1, 5)))
    return [recommender.composer.compose(history) for history in histories]


def rows_of(recommender: Recommender) -> PreferenceRows:
    return preference_rows(recommender.scorer, preferences_of(recommender), VALUES)


def test_scores_are_those_of_one_user_at_a_time(recommender: Recommender):
    everyone = np.ones(N_STREAMERS, dtype=bool)
    alone = [recommender.score(p, everyone).scores.numpy() for p in preferences_of(recommender)]
    together = BatchScorer(recommender.scorer).scores(rows_of(recommender)).numpy()
    assert np.abs(alone).max() > 1.0
    np.testing.assert_allclose(together, alone, atol=1e-4)


@pytest.mark.parametrize("k", [1, 10, N_STREAMERS])
def test_first_places_are_those_of_the_ranking_whatever_the_batch(recommender: Recommender, k: int):
    preferences = preferences_of(recommender)
    taken = sp.lil_matrix((len(preferences), N_STREAMERS), dtype=np.float32)
    for row, preference in enumerate(preferences):
        taken[row, preference.history.streamer_idx] = 1.0
    batch = BatchScorer(recommender.scorer, bytes_at_once=2 * 4 * N_STREAMERS)
    assert batch.batch_size == 2
    scores, found = batch.top_k(rows_of(recommender), k, taken.tocsr())
    for row, preference in enumerate(preferences):
        allowed = np.ones(N_STREAMERS, dtype=bool)
        allowed[preference.history.streamer_idx] = False
        order = recommender.score(preference, allowed).order.numpy()[:k]
        assert found[row, : len(order)].tolist() == order.tolist()
        assert (found[row, len(order) :] == -1).all()
        assert np.isneginf(scores[row, len(order) :]).all()


def test_equal_streamers_keep_their_order(recommender: Recommender):
    """Streamers 3 to 52 are one and the same: of fifty equals the first come first."""
    scorer = recommender.scorer
    for m in scorer.modalities:
        scorer.embeddings[m][3:53] = scorer.embeddings[m][3]
    scorer.popularity[3:53] = 50.0
    nobody = preference_rows(scorer, [recommender.composer.compose(random_history(N_STREAMERS, 0, 0))], VALUES)
    _, found = BatchScorer(scorer).top_k(nobody, 10)
    assert found[0].tolist() == list(range(3, 13))
