"""Whether a run ranks better than the best simple baseline, user by user, in one sentence."""

from collections.abc import Mapping
from typing import Any

from mspa_model.number_format import interval_words, side_of_zero
from mspa_model.types import DatasetInfo
from mspa_model.words import counted, plural

MODEL_LABELS = {
    "mspa": "MSPA, corrected",
    "mspa@step0": "MSPA, step 0",
    "ease": "EASE",
    "als": "ALS",
    "itemknn": "item kNN",
    "popularity": "popularity",
}
# A 95 % interval of so few holds the true mean less often than it says: of the sample world's users, drawn 1,500 times,
# in 79 % of the draws of 5, 88 % of 10, 92 % of 30 and 94 % of 50.
FEWEST_MEASURED = 30


def verdict(metrics: Mapping[str, Any], info: DatasetInfo, metric: str = "ndcg@10") -> str:
    """Usable or not by the paired difference with the best baseline; too few to say below FEWEST_MEASURED."""
    reached = figure_of(metrics, "mspa", metric)
    if reached is None:
        return f"Nobody was measured on test, so nothing says how well this run ranks {plural(info.streamer_is)}."
    measured = f"{metric} {interval_words(**reached)} over {counted(metrics['n_users'], info.user_is)}"
    baseline = best_baseline(metrics, metric)
    label = MODEL_LABELS.get(baseline, baseline)
    if metrics["n_users"] < FEWEST_MEASURED:
        mean = figure_of(metrics, baseline, metric)["value"] if baseline else None
        beside = f", beside {mean:.3f} of the best baseline, {label}" if baseline else ""
        return f"Too few to say: {measured}{beside}; under {FEWEST_MEASURED} no interval is to be relied on."
    if baseline is None:
        return f"Measured alone, beside no baseline: {measured}."
    lead = (metrics.get("paired", {}).get(f"mspa_minus_{baseline}") or {}).get(metric)
    if lead is None or lead["value"] is None:
        mean = figure_of(metrics, baseline, metric)["value"]
        unpaired = f"the best baseline, {label}, has {mean:.3f}, and nothing was kept to pair the two by"
        return f"Usable with care: {measured}; {unpaired} {info.user_is}."
    by_user = f"{interval_words(**lead, sign=True)} {info.user_is} by {info.user_is}"
    side = side_of_zero(lead["low"], lead["high"])
    if side == 0:
        return f"Usable with care: {measured}, not told apart from the best baseline, {label}: {by_user}."
    if side < 0:
        return f"Do not use it to rank: {measured}, behind the best baseline, {label}: {by_user}."
    return f"Usable: {measured}, ahead of the best baseline, {label}: {by_user}."


def best_baseline(metrics: Mapping[str, Any], metric: str = "ndcg@10") -> str | None:
    """The baseline with the highest mean on test; None where none was measured."""
    found = {name: figure_of(metrics, name, metric) for name in metrics["models"] if not name.startswith("mspa")}
    return max((name for name in found if found[name]), key=lambda name: found[name]["value"], default=None)


def figure_of(metrics: Mapping[str, Any], name: str, metric: str) -> Mapping[str, float] | None:
    """A model's mean with its interval; None where it was not measured."""
    measured = (metrics["models"].get(name) or {}).get(metric)
    return measured if measured and measured.get("value") is not None else None


def beside_ignoring(difference: Mapping) -> str:
    """How correction stands to leaving every statement out, by the paired difference as it is shown."""
    words = {1: "better than not reading the text", -1: "worse than not reading the text"}
    return words.get(side_of_zero(difference["low"], difference["high"]), "no better than not reading the text")
