"""Where a witness stands among the streamers that its user has not tipped, against every score."""

import numpy as np
import pytest
import torch

from mspa_model.ranking.cases import Cases, gather_cases, own_tips
from mspa_model.ranking.correction import Stance, batch_of_one
from mspa_model.types import SOURCES, Source
from tests.ranking.parts import FORMS, Form, random_history, random_recommender
from tests.ranking.test_batch import empty_set


@pytest.fixture(params=FORMS)
def cases(request: pytest.FixtureRequest) -> Cases:
    """Histories of eight tips, each weighing them another way, under random user vectors."""
    scorer, idx = random_recommender(empty_set(60), request.param).scorer, torch.tensor([50, 3, 7, 20, 11, 0, 33, 34])
    own = own_tips(scorer, idx, idx[:3])
    torch.manual_seed(0)
    vectors = {m: torch.randn(5, len(scorer.means[m])) for m in scorer.modalities}
    return gather_cases(scorer, own, torch.rand(5, 8), vectors)


def written(cases: Cases) -> torch.Tensor:
    """Fits (cases, n_sources, n_streamers) of the same, number by number."""
    scorer = cases.scorer
    fits = torch.zeros(len(cases), len(SOURCES), len(scorer.popularity))
    for i, source in enumerate(SOURCES):
        modality = source.modality
        if modality in cases.vectors:
            fits[:, i] = cases.vectors[modality] @ scorer.embeddings[modality].T
        elif source is Source.COTIPS:
            fits[:, i] = cases.factors @ cases.rows.written
        elif source is Source.POPULARITY:
            fits[:, i] = scorer.popularity
    return fits - fits.mean(-1, keepdim=True)


def test_inner_products_give_what_every_fit_gives(cases: Cases):
    fits, own = written(cases), torch.tensor([2, 0, 7, 1, 5])
    torch.testing.assert_close(cases.spread, fits.std(-1, correction=0), atol=1e-4, rtol=1e-3)
    at = fits[torch.arange(5), :, cases.tipped[own]]
    torch.testing.assert_close(cases.fits(own), at, atol=1e-4, rtol=1e-3)
    weights = torch.rand(5, len(SOURCES))
    scores = (weights[:, :, None] * fits).sum(1)
    others = torch.ones(60, dtype=torch.bool)
    others[cases.tipped] = False
    apart, witness = scores[:, others], scores.gather(1, cases.tipped[own, None])
    assert cases.ranks(weights, own).tolist() == (1 + (apart > witness).sum(1)).tolist()
    stands = ((weights[:, :, None] * at[..., None]).sum(1)[:, 0] - apart.mean(1)) / apart.std(1, correction=0)
    torch.testing.assert_close(cases.standing(weights, own), stands, atol=1e-3, rtol=1e-3)


def test_vectors_added_are_vectors_of_their_own(cases: Cases):
    by = {m: torch.randn_like(each) for m, each in cases.vectors.items()}
    moved = cases.moved(by)
    torch.testing.assert_close(moved.spread, written(moved).std(-1, correction=0), atol=1e-4, rtol=1e-3)
    assert not torch.allclose(moved.spread, cases.spread)


def test_scores_all_alike_stand_nowhere_and_go_by_row(cases: Cases):
    weights, own = torch.zeros(5, len(SOURCES)), torch.arange(5)
    assert cases.standing(weights, own).tolist() == [0.0] * 5
    others = [j for j in range(60) if j not in cases.tipped.tolist()]
    expected = [1 + sum(j < witness for j in others) for witness in cases.tipped[own].tolist()]
    assert cases.ranks(weights, own).tolist() == expected
    assert len(set(expected)) > 1


def test_a_rank_told_from_a_draw_counts_each_other_for_several(cases: Cases, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("mspa_model.ranking.tip_rows.MAX_CROWD", 20)
    cases.scorer._content = None
    crowd, own = cases.scorer.content.crowd, torch.arange(5)
    assert crowd is not None
    assert len(crowd.streamer_idx.unique()) == 20
    drawn = [j for j in crowd.streamer_idx.tolist() if j not in cases.tipped.tolist()]
    weights = torch.rand(5, len(SOURCES))
    scores = (weights[:, :, None] * written(cases)).sum(1)
    above = (scores[:, drawn] > scores.gather(1, cases.tipped[own, None])).sum(1)
    assert 0 < int(above.sum()) < 5 * len(drawn)
    expected = [1 + round(int(n) * (60 - 8) / len(drawn)) for n in above]
    assert cases.ranks(weights, own).tolist() == expected


@pytest.mark.parametrize("form", FORMS)
def test_witnesses_stand_as_if_the_history_without_each_were_scored(form: Form):
    recommender = random_recommender(empty_set(60), form)
    told = recommender.composer.compose(random_history(60, 8, 1))
    given, allowed = recommender._tensors(told), np.ones(60, dtype=bool)
    stance = Stance(given.strengths[0], given.residual, torch.ones(len(SOURCES)))
    idx, (own, base) = told.history.streamer_idx, recommender._apart(told.history)
    fits = recommender.score(told, allowed).fits
    bench = recommender.correction.bench(given.tips[0], stance, torch.from_numpy(idx), own, base, fits)
    ranks = recommender.correction.witness_ranks(bench, batch_of_one(stance))
    standing = recommender.correction.witness_standing(bench, batch_of_one(stance))
    without = written(bench.witnesses.without)
    for i, witness in enumerate(idx.tolist()):
        weights = recommender.scorer.weights(without[i : i + 1], base)[0]
        scores = (weights[:, None] * without[i]).sum(0)
        others = torch.tensor([float(scores[j]) for j in range(60) if j not in idx])
        assert int(ranks[i]) == 1 + int((others >= scores[witness]).sum())
        stands = (scores[witness] - others.mean()) / others.std(correction=0)
        assert float(standing[i]) == pytest.approx(float(stands), abs=1e-3)


@pytest.mark.parametrize("form", FORMS)
def test_twins_of_a_witness_go_by_row_however_they_are_rounded(form: Form):
    """Half of the streamers are one and the same; a product of eight rows rounds their scores in two ways."""
    scorer = random_recommender(empty_set(2000), form).scorer
    for m, rows in scorer.embeddings.items():
        rows[:1000] = rows[5].clone()
        scorer.means[m] = rows.mean(0)
    scorer.popularity[:1000] = 0.1
    weights = torch.ones(8, len(SOURCES))
    weights[:, SOURCES.index(Source.COTIPS)] = 0.0
    for seed in range(10):
        torch.manual_seed(seed)
        vectors = {m: torch.randn(8, len(mean)) for m, mean in scorer.means.items()}
        ranks = []
        for tipped in (torch.arange(9), torch.arange(991, 1000)):  # the first rows of the twins, and their last
            cases = gather_cases(scorer, own_tips(scorer, tipped, tipped[:0]), torch.ones(8, 9), vectors)
            ranks.append(cases.ranks(weights, torch.arange(8)))
        assert (ranks[1] - ranks[0]).tolist() == [991] * 8
