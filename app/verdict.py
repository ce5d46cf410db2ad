"""A run's metrics as the sentences that open the overview."""

from collections.abc import Mapping

from explain.narrate import counted, listed, plural
from mspa_model.number_format import interval_words, percent, side_of_zero, signed
from mspa_model.training.verdict import MODEL_LABELS, beside_ignoring, verdict
from mspa_model.types import DatasetInfo

__all__ = [
    "arrived_reading",
    "arrived_sentence",
    "correction_sentence",
    "repair_reading",
    "repair_sentences",
    "verdict",
]

_OURS = ("mspa", "mspa@step0")


def correction_sentence(metrics: Mapping, info: DatasetInfo, metric: str = "ndcg@10") -> str:
    """What self-correction was worth on test, paired over the same users."""
    gain = (metrics.get("paired", {}).get("final_minus_step0") or {}).get(metric)
    if not gain or gain.get("value") is None:
        return "What self-correction is worth was not measured."
    share = metrics.get("correction", {}).get("kept_share")
    if share == 0:
        word = plural(info.user_is)
        return f"Self-correction kept no step for any of the {word} measured: nothing it proposed beat its uncertainty."
    acted = f" It kept a step for {percent(share)} of {plural(info.user_is)}." if share is not None else ""
    worth = _worth(gain, "helps", "harms", "neither helps nor harms beyond doubt")
    return f"Self-correction {worth}: {metric} {interval_words(**gain, sign=True)} against step 0.{acted}"


def _worth(gain: Mapping, rises: str, falls: str, level: str) -> str:
    """The word for a difference whose interval lies above zero, below it, or touches it."""
    return {1: rises, -1: falls, 0: level}[side_of_zero(gain["low"], gain["high"])]


def repair_sentences(metrics: Mapping, info: DatasetInfo, metric: str = "ndcg@10") -> list[str]:
    """What correction is worth where a preference is wrong or a taste has shifted; none of what was not measured."""
    found = metrics.get("correction", {})
    sentences = [
        *_false_sentences(found.get("false_statements"), info),
        _shift_sentence(found.get("shifted"), info, metric),
    ]
    return [sentence for sentence in sentences if sentence]


def _false_sentences(found: Mapping | None, info: DatasetInfo) -> list[str]:
    """One for each rule by which statements were made false. A run measured before correction was held against the
    sound preference's own correction has no such figure: then that is said.
    """
    if not found:
        return []
    put = f"{found['n_false']} false statements put into the preferences of"
    if "rules" not in found:
        people, cost = counted(found["n_users"], info.user_is), percent(found["cost"]["value"] or 0)
        return [
            f"{put} {people} cost {cost} of ndcg@10; how much of it correction gives back, beside correcting the sound "
            "preference, was not measured in this run."
        ]
    similar, swapped = (found["rules"].get(rule) for rule in ("similar user", "modality swapped"))
    rows = (
        (found, put),
        (similar, f"As many that a similar {info.user_is} would make true, put into those of"),
        (swapped, f"One modality of another {info.user_is}, put into the preferences of"),
    )
    return [_repair_sentence(each, opening, info) for each, opening in rows if each and each["n_users"]]


def _repair_sentence(found: Mapping, opening: str, info: DatasetInfo) -> str:
    put, back, less = f"{opening} {counted(found['n_users'], info.user_is)}", found["recovered"], _difference(found)
    if back["value"] is None:
        return f"{put}, cost nothing beyond doubt, so there was nothing to repair. {less}"
    cost, rest = found["cost"]["value"], found["recovered_by_ignoring"]["value"]
    given = f"{percent(back['value'])} ({percent(back['low'])} to {percent(back['high'])})"
    return (
        f"{put}, cost {percent(cost)} of ndcg@10; correction gives {given} of that back, "
        f"leaving all out {percent(rest)}. {less}"
    )


def _difference(found: Mapping) -> str:
    less = found["corrected_minus_ignored"]
    sure = interval_words(less["value"], less["low"], less["high"], sign=True)
    return f"Correction is {beside_ignoring(less)}: {sure} against leaving all statements out."


def _shift_sentence(found: Mapping | None, info: DatasetInfo, metric: str) -> str:
    if not found or not found["n_users"]:
        return ""
    gain = found[metric]
    worth = _worth(gain, "gains", "loses", "changes nothing beyond doubt")
    people = counted(found["n_users"], info.user_is)
    return (
        f"For {people} whose taste was made to shift before their test {plural(info.tip_is)} correction keeps a step "
        f"for {percent(found['kept_share'])} and {worth}: {metric} {interval_words(**gain, sign=True)} against step 0."
    )


def repair_reading(info: DatasetInfo) -> str:
    """How repair_sentences are read."""
    return (
        f"How to read: a false statement likes what no {info.tip_is} of the {info.user_is} shows; 100 % back would be "
        "what correction makes of the preference before it was put in. Brackets are 95 % intervals."
    )


def arrived_sentence(metrics: Mapping, info: DatasetInfo, metric: str = "ndcg@10") -> str:
    """What newly arrived tips were worth without training, beside the baselines given the same; "" if not measured."""
    found = metrics.get("arrived")
    if not found:
        return ""
    own, gain = found["models"]["mspa"], found["models"]["mspa"]["gain"][metric]
    tips = plural(info.tip_is)
    helped = _worth(gain, "help", "harm", "change nothing beyond doubt")
    others = [
        f"{MODEL_LABELS.get(name, name)} {signed(model['gain'][metric]['value'], 4)}"
        for name, model in found["models"].items()
        if name not in _OURS
    ]
    beside = f"; with the same, {listed(others)}" if others else ""
    return (
        f"Newly arrived {tips} {helped} without any training: {metric} {own['train'][metric]:.3f} to "
        f"{own['train_val'][metric]:.3f}, {interval_words(**gain, sign=True)}, over "
        f"{counted(found['n_users'], info.user_is)}{beside}."
    )


def arrived_reading(info: DatasetInfo) -> str:
    """How arrived_sentence is read."""
    tips = plural(info.tip_is)
    return (
        f"How to read: the same test {tips} are looked for among the same {plural(info.streamer_is)}, first from each "
        f"{info.user_is}'s train {tips}, then from train and val {tips}; brackets are 95 % intervals."
    )
