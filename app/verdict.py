"""A run's metrics as the sentences that open the overview."""

from collections.abc import Mapping

from explain.figures_run import MODEL_LABELS
from explain.narrate import counted, listed, plural
from mspa_model.types import DatasetInfo

_OURS = ("mspa", "mspa@step0")


def verdict(metrics: Mapping, info: DatasetInfo, metric: str = "ndcg@10") -> str:
    """Whether the run ranks better than the simple baselines, with its interval and the number of users behind it."""
    own = _interval(metrics, "mspa", metric)
    if own is None:
        return f"Nobody was measured on test, so nothing says how well this run ranks {plural(info.streamer_is)}."
    ahead, behind = [], []
    for name in metrics["models"]:
        other = _interval(metrics, name, metric)
        if name not in _OURS and other is not None:
            (ahead if own["value"] > other["value"] else behind).append(MODEL_LABELS.get(name, name))
    measured = counted(metrics["n_users"], info.user_is)
    sentence = f"{metric} {own['value']:.3f} ({own['low']:.3f} to {own['high']:.3f}) over {measured}"
    if not behind:
        return f"Usable: {sentence}, ahead of {listed(ahead)} in the mean." if ahead else f"Measured alone: {sentence}."
    if not ahead:
        return f"Do not use it to rank: {sentence}, behind {listed(behind)}."
    return f"Usable with care: {sentence}, ahead of {listed(ahead)} but behind {listed(behind)} in the mean."


def _interval(metrics: Mapping, name: str, metric: str) -> Mapping | None:
    measured = (metrics["models"].get(name) or {}).get(metric)
    return measured if measured and measured.get("value") is not None else None


def correction_sentence(metrics: Mapping, info: DatasetInfo, metric: str = "ndcg@10") -> str:
    """What self-correction was worth on test, paired over the same users."""
    gain = (metrics.get("paired", {}).get("final_minus_step0") or {}).get(metric)
    if not gain or gain.get("value") is None:
        return "What self-correction is worth was not measured."
    share = metrics.get("correction", {}).get("kept_share")
    if share == 0:
        word = plural(info.user_is)
        return f"Self-correction kept no step for any of the {word} measured: nothing it proposed beat its uncertainty."
    acted = f" It kept a step for {share:.0%} of {plural(info.user_is)}." if share is not None else ""
    worth = f"{gain['value']:+.4f} ({gain['low']:+.4f} to {gain['high']:+.4f})".replace("-", "−")
    if round(gain["low"], 4) > 0:  # as it is shown: a bound that reads +0.0000 proves nothing
        return f"Self-correction helps: {metric} {worth} against step 0.{acted}"
    if round(gain["high"], 4) < 0:
        return f"Self-correction harms: {metric} {worth} against step 0.{acted}"
    return f"Self-correction neither helps nor harms beyond doubt: {metric} {worth} against step 0.{acted}"


def repair_sentences(metrics: Mapping, info: DatasetInfo, metric: str = "ndcg@10") -> list[str]:
    """What correction is worth where a preference is wrong or a taste has shifted; none of what was not measured."""
    found = metrics.get("correction", {})
    sentences = [
        _false_sentence(found.get("false_statements"), info),
        _shift_sentence(found.get("shifted"), info, metric),
    ]
    return [sentence for sentence in sentences if sentence]


def _false_sentence(found: Mapping | None, info: DatasetInfo) -> str:
    if not found:
        return ""
    people = counted(found["n_users"], info.user_is)
    put = f"{found['n_false']} false statements put into the preferences of {people}"
    back = found["recovered"]
    if back["value"] is None:
        return f"{put} cost nothing beyond doubt, so there was nothing to repair."
    cost, rest = found["cost"]["value"], found["recovered_by_ignoring"]["value"]
    given = f"{back['value']:.0%} ({back['low']:.0%} to {back['high']:.0%})".replace("-", "−")
    ignoring = f"{rest:.0%}".replace("-", "−")
    return f"{put} cost {cost:.0%} of ndcg@10; correction gives {given} of that back, leaving all out {ignoring}."


def _shift_sentence(found: Mapping | None, info: DatasetInfo, metric: str) -> str:
    if not found or not found["n_users"]:
        return ""
    gain = found[metric]
    worth = "gains" if gain["low"] > 0 else "loses" if gain["high"] < 0 else "changes nothing beyond doubt"
    sure = f"{_signed(gain['value'])} ({_signed(gain['low'])} to {_signed(gain['high'])})"
    people = counted(found["n_users"], info.user_is)
    return (
        f"For {people} whose taste was made to shift before their test {plural(info.tip_is)} correction keeps a step "
        f"for {found['kept_share']:.0%} and {worth}: {metric} {sure} against step 0."
    )


def repair_reading(info: DatasetInfo) -> str:
    """How repair_sentences are read."""
    return (
        f"How to read: a false statement likes what no {info.tip_is} of the {info.user_is} shows; 100 % back would be "
        "the ranking before it was put in, more than that a better one. Brackets are 95 % intervals."
    )


def arrived_sentence(metrics: Mapping, info: DatasetInfo, metric: str = "ndcg@10") -> str:
    """What newly arrived tips were worth without training, beside the baselines given the same; "" if not measured."""
    found = metrics.get("arrived")
    if not found:
        return ""
    own, gain = found["models"]["mspa"], found["models"]["mspa"]["gain"][metric]
    sure = f"{_signed(gain['value'])} ({_signed(gain['low'])} to {_signed(gain['high'])})"
    tips = plural(info.tip_is)
    helped = "help" if gain["low"] > 0 else "harm" if gain["high"] < 0 else "change nothing beyond doubt"
    others = [
        f"{MODEL_LABELS.get(name, name)} {_signed(model['gain'][metric]['value'])}"
        for name, model in found["models"].items()
        if name not in _OURS
    ]
    beside = f"; with the same, {listed(others)}" if others else ""
    return (
        f"Newly arrived {tips} {helped} without any training: {metric} {own['train'][metric]:.3f} to "
        f"{own['train_val'][metric]:.3f}, {sure}, over {counted(found['n_users'], info.user_is)}{beside}."
    )


def arrived_reading(info: DatasetInfo) -> str:
    """How arrived_sentence is read."""
    tips = plural(info.tip_is)
    return (
        f"How to read: the same test {tips} are looked for among the same {plural(info.streamer_is)}, first from each "
        f"{info.user_is}'s train {tips}, then from train and val {tips}; brackets are 95 % intervals."
    )


def _signed(value: float) -> str:
    return f"{value:+.4f}".replace("-", "−")
