"""Integrated gradients on towers whose answer is known."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
import torch

from explain.attribution import attribute, attribute_margin
from explain.attribution.gradients import Integrated, integrate_until_exact
from explain.attribution.line import Line
from explain.checks import check_noise
from explain.inside import open_modalities
from mspa_model.config import RunConfig
from mspa_model.runs import Run
from mspa_model.types import SOURCES, Modality, Source
from tests.explain.closed_form import closed_form_run, pair_of, trace_of


def test_linear_tower_gives_the_analytic_answer(closed: Run) -> None:
    trace = trace_of(closed, "u000")
    streamer, rival = pair_of(trace)
    got = attribute(closed, trace.final, trace.final.ranking, Modality.VISUAL, streamer, rival)
    rows = closed.features.arrays[Modality.VISUAL]
    skip = closed.recommender.tower(Modality.VISUAL).skip.weight.detach().numpy()
    vector = closed.recommender.user_vector(trace.final.preference, Modality.VISUAL).numpy()
    weight = float(trace.final.ranking.weights[SOURCES.index(Source.VISUAL)])
    expected = weight * (rows[streamer] - rows[rival]) * (vector @ skip)
    np.testing.assert_allclose(got.values, expected, atol=1e-4)
    assert got.converged
    assert got.n_steps == 50
    assert got.reference == closed.dataset.streamers["name"].iloc[rival]


def test_total_is_the_margin_of_the_source(closed: Run) -> None:
    trace = trace_of(closed, "u003")
    pair = pair_of(trace)
    done, skipped = attribute_margin(closed, trace.final, trace.final.ranking, *pair)
    assert [a.modality for a in done] == [Modality.VISUAL, Modality.TEXT]  # audio has weight zero
    assert skipped == ()
    for a in done:
        row = trace.final.ranking.contributions[SOURCES.index(Source(a.modality.value))]
        assert a.total == pytest.approx(float(row[pair[0]] - row[pair[1]]), abs=1e-6)
        assert a.values.sum() == pytest.approx(a.total, abs=a.limit)


def test_mean_streamer_as_reference(closed: Run) -> None:
    trace = trace_of(closed, "u000")
    streamer, _ = pair_of(trace)
    got = attribute(closed, trace.final, trace.final.ranking, Modality.TEXT, streamer, None)
    assert got.reference == "the mean streamer"
    assert got.converged


def test_constant_tower_gives_zeros(tiny_world: Path, small_config: RunConfig) -> None:
    run = closed_form_run(tiny_world, small_config)
    tower = run.recommender.tower(Modality.VISUAL)
    torch.nn.init.zeros_(tower.skip.weight)
    trace = trace_of(run, "u000")
    got = attribute(run, trace.final, trace.final.ranking, Modality.VISUAL, pair_of(trace)[0], None)
    assert not got.values.any()
    assert got.total == 0.0
    assert got.converged


def test_a_curved_tower_converges_and_a_wrong_one_does_not(tiny_world: Path, small_config: RunConfig) -> None:
    run = closed_form_run(tiny_world, small_config, linear=False)
    trace = trace_of(run, "u000")
    ranking, pair = trace.final.ranking, pair_of(trace)
    assert attribute(run, trace.final, ranking, Modality.VISUAL, *pair).converged
    wrong = replace(ranking, fits=ranking.fits + torch.rand(ranking.fits.shape, generator=torch.manual_seed(0)))
    got = attribute(run, trace.final, wrong, Modality.VISUAL, *pair)
    assert not got.converged
    assert got.delta > got.limit


def test_streamer_that_lacks_a_modality_is_named(make_closed: Callable[[str], Run]) -> None:
    run = make_closed("some-lack-audio")
    trace = trace_of(run, "u001")
    ranking = replace(trace.final.ranking, weights=torch.ones(len(SOURCES)))
    done, skipped = attribute_margin(run, trace.final, ranking, 5, 6)  # every fifth has no audio
    assert Modality.AUDIO not in [a.modality for a in done]
    assert len(skipped) == 1
    assert "Music room 5: no audio features" in skipped[0]


def test_set_without_modalities_has_none(make_closed: Callable[[str], Run]) -> None:
    run = make_closed("no-features")
    trace = trace_of(run, "u001")
    assert attribute_margin(run, trace.final, trace.final.ranking, *pair_of(trace)) == ((), ())


def test_threads_do_not_disturb_each_other(closed: Run) -> None:
    trace = trace_of(closed, "u000")
    pair = pair_of(trace)
    found: list[np.ndarray] = []

    def work() -> None:
        found.append(attribute(closed, trace.final, trace.final.ranking, Modality.VISUAL, *pair).values)

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all(np.array_equal(values, found[0]) for values in found)


@pytest.mark.parametrize(("by", "words"), [(-1.0, "the wrong sign"), (1000.0, "the wrong size")])
def test_an_explainer_with_turned_signs_or_an_absurd_size_fails_the_noise_check(
    closed: Run, monkeypatch: pytest.MonkeyPatch, by: float, words: str
) -> None:
    trace = trace_of(closed, "u000")
    pair = pair_of(trace)
    assert check_noise(open_modalities(closed, trace.final, pair).noises).verdict == "pass"

    def wrong(line: Line) -> Integrated:
        right = integrate_until_exact(line)
        return replace(right, values=tuple(by * values for values in right.values))

    monkeypatch.setattr("explain.attribution.modality.integrate_until_exact", wrong)
    check = check_noise(open_modalities(closed, trace.final, pair).noises)
    assert (check.verdict, check.grave) == ("fail", True)
    assert words in check.sentence
