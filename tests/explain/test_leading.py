"""Which modality leads, and on how many halves of the tips."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from explain.contribution import tips_by_streamer
from explain.counterfactual import rescore
from explain.leading import FEWEST, N_HALVES, leading_modality, spreads_of
from explain.types import Edit
from mspa_model.runs import Run
from mspa_model.types import SOURCES, Modality, Ranking, Source
from tests.explain.closed_form import trace_of


def test_spreads_by_hand() -> None:
    fits = torch.zeros(len(SOURCES), 4)
    fits[SOURCES.index(Source.VISUAL)] = torch.tensor([1.0, -1.0, 1.0, -1.0])
    fits[SOURCES.index(Source.TEXT)] = torch.tensor([3.0, -3.0, 0.0, 0.0])
    fits[SOURCES.index(Source.COTIPS)] = 100 * fits[0]
    weights = torch.tensor([2.0, 5.0, 0.5, 1.0, 1.0])
    ranking = Ranking(weights, fits, torch.arange(4))
    found = spreads_of(ranking, (Modality.VISUAL, Modality.AUDIO, Modality.TEXT))
    assert [m for m, _ in found] == [Modality.VISUAL, Modality.TEXT, Modality.AUDIO]
    assert [s for _, s in found] == pytest.approx([2.0, 0.5 * 4.5**0.5, 0.0])


def test_halves_are_the_models_own(closed: Run) -> None:
    step = trace_of(closed, "u001").final
    found = leading_modality(closed, step, seed=5)
    keys = list(tips_by_streamer(step.preference.history).values())
    rng, held = np.random.default_rng(5), 0
    for _ in range(N_HALVES):
        away = rng.permutation(len(keys))[: len(keys) // 2]
        after = rescore(closed, step, (Edit("drop tip", ",".join(keys[i] for i in away)),))
        held += spreads_of(after, closed.features.modalities)[0][0] is found.modality
    assert found.held == pytest.approx(held / N_HALVES)
    assert found.n_halves == N_HALVES
    assert f"in {held} of {N_HALVES} random halves" in found.sentence
    assert leading_modality(closed, step, seed=5) == found


def test_few_tips_cannot_be_halved(make_closed: Callable[[str], Run]) -> None:
    run = make_closed("one-tip-users")
    found = leading_modality(run, trace_of(run, "u060").final)
    assert (found.held, found.n_halves) == (None, 0)
    assert found.modality is not None
    assert "cannot be tried" in found.sentence
    assert FEWEST == 4


def test_without_modalities_none_leads(make_closed: Callable[[str], Run]) -> None:
    run = make_closed("no-features")
    found = leading_modality(run, trace_of(run, "u001").final)
    assert found.spreads == ()
    assert found.modality is None
    assert found.held is None
    assert found.sentence == "No modality has a part in this user's ranking."
