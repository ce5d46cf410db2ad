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
    if gain["low"] > 0:
        return f"Self-correction helps: {metric} {worth} against step 0.{acted}"
    if gain["high"] < 0:
        return f"Self-correction harms: {metric} {worth} against step 0.{acted}"
    return f"Self-correction neither helps nor harms beyond doubt: {metric} {worth} against step 0.{acted}"


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
