"""How sure a fade must be is chosen on val: on users as they are, and with another's past put before their own."""

from dataclasses import replace

import numpy as np
import pytest

from mspa_model.runs import Run, load_run
from mspa_model.training import caution
from mspa_model.training.caution import after_another, choose_fade_caution
from mspa_model.types import History, Step

DAY = np.timedelta64(1, "D")
START = np.datetime64("2026-03-10", "us")


@pytest.fixture(scope="module")
def run(tiny_run) -> Run:
    return load_run(tiny_run, None, "cpu")


def history(user: str, streamers: list[int], first: np.datetime64) -> History:
    n = len(streamers)
    return History(user, np.array(streamers), np.arange(n) + 1.0, first + np.arange(n) * DAY, np.arange(n))


def test_another_past_ends_a_day_before_the_users_own():
    own, other = history("own", [1, 2], START), history("other", [7, 8, 9], np.datetime64("2026-05-01", "us"))
    mixed = after_another(own, other)
    assert mixed.user_id == "own"
    assert mixed.streamer_idx.tolist() == [7, 8, 9, 1, 2]
    assert mixed.amount.tolist() == [1, 2, 3, 1, 2]
    assert mixed.tipped_at[2] == START - DAY
    assert (np.diff(mixed.tipped_at) == DAY).all()


@pytest.fixture
def judged(run: Run, monkeypatch: pytest.MonkeyPatch):
    """The run's recommender with fades of known surety and worth: every history of a user is faded; what it gains is
    +.1 where the surety is 2 and -.1 where it is .8.
    """

    def choose(surety_of):
        def fade(before: Step, candidates: np.ndarray) -> Step:
            surety = surety_of(before.preference.history)
            return replace(before, index=1, witness_gain=surety, witness_uncertainty=1.0)

        def measured(found: Step, *_: object) -> float:
            return 0.0 if found.index == 0 else (0.1 if found.witness_gain == 2 else -0.1)

        recommender = run.recommender.with_caution()
        recommender.config = replace(run.config.corrector, cautions=(0.5, 1.0, 2.5), min_witnesses=1)
        monkeypatch.setattr(recommender, "fade", fade)
        monkeypatch.setattr(caution, "spans", lambda h: True)
        monkeypatch.setattr(caution, "_measure", measured)
        return choose_fade_caution(recommender, run.dataset, 7, False)

    return choose


def test_a_caution_that_lets_only_good_fades_through_is_chosen(judged):
    found = judged(lambda h: 2.0 if int(h.user_id[-1]) % 2 else 0.8)
    assert found.caution == 1.0
    assert found.gains["1"] > found.gains["0.5"]
    assert found.gains["2.5"] == 0.0


def test_fades_that_only_harm_are_never_kept(judged):
    found = judged(lambda h: 0.8)
    assert found.caution == 2.5
    assert found.gains["0.5"] == pytest.approx(-0.1)
    assert found.gains_spoilt["0.5"] == pytest.approx(-0.1)


def test_what_a_shifted_past_gains_outweighs_less_harm(judged, run: Run):
    """Histories that stand beside another's past are longer than any of the set's own."""
    longest = int(run.dataset.tips["user_idx"].value_counts().max())
    own = judged(lambda h: 0.8)
    assert own.caution == 2.5
    found = judged(lambda h: 2.0 if h.tip_row[0] > h.tip_row[-1] or len(h) > longest else 0.8)
    assert found.gains["0.5"] == pytest.approx(-0.1)
    assert found.gains_spoilt["0.5"] > -0.1


def test_without_times_there_is_nothing_to_choose(make_run):
    run = load_run(make_run("matrix"), None, "cpu")
    found = choose_fade_caution(run.recommender, run.dataset, 7, False)
    assert found.caution == max(run.config.corrector.cautions)
    assert set(found.gains.values()) == {0.0}
