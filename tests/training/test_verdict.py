"""Usable or not: by the paired difference with the best baseline, never by means alone."""

import pytest

from mspa_model.training.verdict import FEWEST_MEASURED, best_baseline, verdict
from tests.training.worlds import INFO


def _spread(value: float | None, half: float) -> dict:
    ends = (None, None) if value is None else (value - half, value + half)
    return {"ndcg@10": {"value": value, "low": ends[0], "high": ends[1]}}


def measured(n_users: int = 100, half: float = 0.02, /, **means: float | None) -> dict:
    """metrics.json of models with these means; MSPA less each of them has an interval of `half` either side."""
    own = means["mspa"]
    others = {name: mean for name, mean in means.items() if name != "mspa" and mean is not None}
    return {
        "models": {name: _spread(mean, 0.1) for name, mean in means.items()},
        "paired": {f"mspa_minus_{name}": _spread(own - mean, half) for name, mean in others.items() if own is not None},
        "n_users": n_users,
    }


@pytest.mark.parametrize(
    ("metrics", "start", "end"),
    [
        (
            measured(mspa=0.5, ease=0.4, popularity=0.1),
            "Usable: ndcg@10 0.500 (0.400 to 0.600) over 100 viewers, ahead of the best baseline, EASE: ",
            "+0.100 (+0.080 to +0.120) viewer by viewer.",
        ),
        # Means ahead of all, by less than chance explains: what the verdict called usable before.
        (
            measured(100, 0.02, mspa=0.5, itemknn=0.49, popularity=0.1),
            "Usable with care: ",
            "not told apart from the best baseline, item kNN: +0.010 (−0.010 to +0.030) viewer by viewer.",
        ),
        (
            measured(mspa=0.5, ease=0.6),
            "Do not use it to rank: ",
            "behind the best baseline, EASE: −0.100 (−0.120 to −0.080) viewer by viewer.",
        ),
        (
            measured(7, mspa=0.5, ease=0.1),
            "Too few to say: ",
            "over 7 viewers, beside 0.100 of the best baseline, EASE; under 30 no interval is to be relied on.",
        ),
        (measured(7, mspa=0.5), "Too few to say: ", "over 7 viewers; under 30 no interval is to be relied on."),
        (measured(mspa=0.5, als=None), "Measured alone, beside no baseline: ", "over 100 viewers."),
        (measured(mspa=None), "Nobody was measured", "this run ranks films."),
    ],
)
def test_the_verdict_goes_by_the_paired_difference(metrics: dict, start: str, end: str):
    sentence = verdict(metrics, INFO)
    assert sentence.startswith(start)
    assert sentence.endswith(end)


def test_the_floor_is_where_it_says():
    assert verdict(measured(FEWEST_MEASURED - 1, mspa=0.5, ease=0.1), INFO).startswith("Too few to say")
    assert verdict(measured(FEWEST_MEASURED, mspa=0.5, ease=0.1), INFO).startswith("Usable: ")


def test_without_pairs_means_decide_nothing():
    sentence = verdict({**measured(mspa=0.5, ease=0.1), "paired": {}}, INFO)
    assert sentence.startswith("Usable with care: ")
    assert sentence.endswith("the best baseline, EASE, has 0.100, and nothing was kept to pair the two by viewer.")


def test_the_best_baseline_is_never_ours():
    metrics = measured(mspa=0.5, als=0.2, ease=0.3)
    metrics["models"]["mspa@step0"] = _spread(0.6, 0.1)
    assert best_baseline(metrics) == "ease"
    assert best_baseline(measured(mspa=0.5)) is None
