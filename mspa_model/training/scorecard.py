"""What is written of an evaluation: metrics.json and users.parquet, each built in one place."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

from mspa_model.data.repeats import differing_tips
from mspa_model.data.split import EvalPairs
from mspa_model.number_format import percent
from mspa_model.runs import Run
from mspa_model.training.baselines import BaselineResult
from mspa_model.training.metrics import (
    CUTOFFS,
    METRICS,
    UserMetrics,
    interval,
    metrics_of_top,
    paired_interval,
)
from mspa_model.types import SOURCES, Source, Split

BUCKETS: tuple[tuple[int, int | None], ...] = ((0, 0), (1, 2), (3, 5), (6, 10), (11, 20), (21, None))  # train tips
TOP_SHOWN = 10
EXACT = 1e-9  # two metrics of one user that differ by less are the same


@dataclass(frozen=True)
class Measured:
    """What is kept of one user's trace, so that the traces of all users need not be.

    tops: the first streamers at each kept step, -1 where there are fewer candidates; colds: the same of those without a
    train tip; shares: each source's part in how far the final scores lie apart; stop: why correction ended.
    """

    user_idx: int
    tops: Int[np.ndarray, "n_steps k"]
    colds: Int[np.ndarray, "n_steps k"]
    shares: Float[np.ndarray, " n_sources"]
    stop: str


def metrics_at(measured: Sequence[Measured], step: int, pairs: EvalPairs) -> UserMetrics:
    """All users at one step; a user whose trace is shorter is taken at the last."""
    users = np.array([m.user_idx for m in measured], dtype=np.int64)
    tops = [m.tops[step if step < 0 else min(step, len(m.tops) - 1)] for m in measured]
    top = np.stack(tops) if tops else np.zeros((0, max(CUTOFFS)), dtype=np.int64)
    target = pairs.target[users]
    return UserMetrics(users, np.diff(target.indptr), metrics_of_top(top, target), top)


def baseline_metrics(results: Sequence[BaselineResult], seed: int) -> dict[str, Any]:
    """What training puts into metrics.json for `evaluate` to take over: models, val, baselines; null models say why."""
    return {
        "models": {r.name: None if r.test is None else _intervals(r.test, seed) for r in results},
        "val": {r.name: None if r.val is None else _means(r.val) for r in results},
        "baselines": {
            r.name: {
                "setting": r.setting,
                "tries": [{"setting": setting, "val": _number(mean)} for setting, mean in r.tries],
                "absent": r.absent,
                "seconds": r.seconds,
            }
            for r in results
        },
    }


def baseline_users(results: Sequence[BaselineResult], user_ids: Sequence[str]) -> pd.DataFrame:
    """What training puts into baselines.parquet, so that `evaluate` can pair models user by user.

    user_id of each user with a test target, and a column "NAME METRIC" for each metric of each baseline scored.
    """
    columns: dict[str, Any] = {"user_id": pd.Series(dtype="str")}
    for result in results:
        if result.test is not None:
            # As objects: NumPy's own text takes every id for as wide as the widest, and cuts a null at its end.
            columns["user_id"] = np.array(user_ids, dtype=object)[result.test.user_idx]
            columns |= {f"{result.name} {metric}": result.test.values[metric] for metric in METRICS}
    return pd.DataFrame(columns)


def users_table(run: Run, measured: Sequence[Measured], pairs: EvalPairs) -> pd.DataFrame:
    """user_id, step, final, n_train, n_test, a column per metric, top10 (streamer_id, best first), stop."""
    n_kept = [len(m.tops) for m in measured]
    user_idx = np.repeat(np.array([m.user_idx for m in measured], dtype=np.int64), n_kept)
    step = np.array([s for n in n_kept for s in range(n)], dtype=np.int64)
    tops = np.concatenate([m.tops for m in measured]) if measured else np.zeros((0, max(CUTOFFS)), dtype=np.int64)
    target = pairs.target[user_idx]
    streamer_ids = run.dataset.streamers["streamer_id"].to_numpy()
    columns = {
        "user_id": run.dataset.users["user_id"].to_numpy()[user_idx],
        "step": step,
        "final": step == np.repeat(np.array(n_kept, dtype=np.int64), n_kept) - 1,
        "n_train": _n_train(run)[user_idx],
        "n_test": np.diff(target.indptr).astype(np.int64),
        **metrics_of_top(tops, target),
        "top10": [[str(streamer_ids[i]) for i in top[:TOP_SHOWN] if i >= 0] for top in tops],
        "stop": [m.stop for m, n in zip(measured, n_kept, strict=True) for _ in range(n)],
    }
    return pd.DataFrame(columns)


def _n_train(run: Run) -> Int[np.ndarray, " n_users"]:
    return differing_tips(run.dataset, "train")


def metrics_of_run(
    run: Run,
    pairs: EvalPairs,
    measured: Sequence[Measured],
    val_step0: UserMetrics | None,
    alone: Mapping[Split, Mapping[Source, UserMetrics]],
    baselines: pd.DataFrame | None,
) -> dict[str, Any]:
    """Content of metrics.json; what it does not know anew (baselines, seconds, map) is taken over from run.metrics."""
    first, final = metrics_at(measured, 0, pairs), metrics_at(measured, -1, pairs)
    seed = run.config.seed
    stored = dict(run.metrics)
    models = {"mspa": _intervals(final, seed), "mspa@step0": _intervals(first, seed)}
    val = {} if val_step0 is None else {"mspa@step0": _means(val_step0)}
    return {
        **stored,
        "dataset": run.dataset.info.name,
        "split": "test",
        "n_users": len(final.user_idx),
        "n_hidden_pairs": int(pairs.n_hidden),
        "models": {**models, **_without_mspa(stored.get("models", {}))},
        "paired": {
            "final_minus_step0": paired_metrics(final, first.values, seed),
            **_beside(run, final, baselines, seed),
        },
        "val": {**val, **_without_mspa(stored.get("val", {}))},
        "buckets": _buckets(final, _kept(measured), _n_train(run), seed),
        "sources": _sources(run, measured, alone),
        "correction": _correction(measured, final, first),
        "notes": _notes(run, pairs, measured, stored),
    }


def _without_mspa(models: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values for name, values in models.items() if not name.startswith("mspa")}


def _intervals(metrics: UserMetrics, seed: int) -> dict[str, Any]:
    return {name: asdict(found) for name, found in metrics.intervals(seed).items()}


def _means(metrics: UserMetrics) -> dict[str, float | None]:
    return {name: _number(metrics.mean(name)) for name in METRICS}


def _number(value: float) -> float | None:
    """JSON has no infinities; a mean over nobody is null."""
    return value if np.isfinite(value) else None


def paired_metrics(after: UserMetrics, before: Mapping[str, np.ndarray], seed: int) -> dict[str, Any]:
    """Per metric the paired interval of after less before, the same users in the same order."""
    return {name: asdict(paired_interval(after.values[name], before[name], seed)) for name in METRICS}


def _beside(run: Run, final: UserMetrics, baselines: pd.DataFrame | None, seed: int) -> dict[str, Any]:
    """mspa_minus_NAME, paired by user, for each baseline that training scored."""
    if baselines is None:
        return {}
    rows = baselines.set_index("user_id").loc[run.dataset.users["user_id"].to_numpy()[final.user_idx]]
    names = dict.fromkeys(column.split(" ")[0] for column in rows.columns)
    values = {name: {metric: rows[f"{name} {metric}"].to_numpy() for metric in METRICS} for name in names}
    return {f"mspa_minus_{name}": paired_metrics(final, values[name], seed) for name in names}


def _kept(measured: Sequence[Measured]) -> Bool[np.ndarray, " n_users"]:
    """For whom correction kept a step."""
    return np.array([len(m.tops) > 1 for m in measured], dtype=bool)


def _buckets(
    final: UserMetrics, kept: Bool[np.ndarray, " n_users"], n_train: Int[np.ndarray, " _"], seed: int
) -> list[dict[str, Any]]:
    """Accuracy, and the share with a kept step, by how many train tips a user has; empty buckets are left out."""
    tips = n_train[final.user_idx]
    found = []
    for low, high in BUCKETS:
        inside = (tips >= low) & (tips <= (np.inf if high is None else high))
        if inside.any():
            accuracy = {name: asdict(interval(final.values[name][inside], seed)) for name in METRICS}
            words = {"bucket": bucket_words(low, high), "low_tips": low, "high_tips": high}
            found.append({**words, "n_users": int(inside.sum()), "kept_share": _share(kept[inside]), **accuracy})
    return found


def bucket_words(low: int, high: int | None) -> str:
    """ "no tips", "3-5 tips", "21 or more tips"."""
    if high is None:
        return f"{low} or more tips"
    return "no tips" if high == 0 else f"{low}-{high} tips"


def _sources(
    run: Run, measured: Sequence[Measured], alone: Mapping[Split, Mapping[Source, UserMetrics]]
) -> dict[str, dict[str, float | None]]:
    shares = np.mean([m.shares for m in measured], axis=0) if measured else np.full(len(SOURCES), np.nan)
    weights = run.recommender.base_weights.tolist()
    return {
        source.value: {
            "base_weight": weight,
            "share": _number(round(float(share), 6)),
            **{f"{split}_alone_ndcg@10": _alone(found.get(source)) for split, found in alone.items()},
        }
        for source, weight, share in zip(SOURCES, weights, shares, strict=True)
    }


def _alone(found: UserMetrics | None) -> float | None:
    return None if found is None else _number(found.mean("ndcg@10"))


def _correction(measured: Sequence[Measured], final: UserMetrics, first: UserMetrics) -> dict[str, Any]:
    """kept_share: users with a kept step; better, worse: shares of those users whose ndcg@10 it raised or lowered."""
    kept = _kept(measured)
    gain = (final.values["ndcg@10"] - first.values["ndcg@10"])[kept]
    return {
        "kept_share": _share(kept),
        "n_kept": int(kept.sum()),
        "better_share": _share(gain > EXACT),
        "worse_share": _share(gain < -EXACT),
        "stops": dict(sorted(Counter(m.stop for m in measured).items())),
    }


def correction_gain(measured: Sequence[Measured], pairs: EvalPairs, seed: int) -> dict[str, Any]:
    """n_users, kept_share, and per metric the paired interval of final step less step 0."""
    first, final = metrics_at(measured, 0, pairs), metrics_at(measured, -1, pairs)
    gained = paired_metrics(final, first.values, seed)
    return {"n_users": len(measured), "kept_share": _share(_kept(measured)), **gained}


def _share(mask: np.ndarray) -> float | None:
    return float(mask.mean()) if len(mask) else None


def _notes(run: Run, pairs: EvalPairs, measured: Sequence[Measured], stored: Mapping[str, Any]) -> list[str]:
    """Sentences that belong beside the numbers."""
    return [*_data_notes(run, pairs, measured), *_source_notes(run), *_order_notes(stored), *_absent_notes(stored)]


def _data_notes(run: Run, pairs: EvalPairs, measured: Sequence[Measured]) -> Iterator[str]:
    info = run.dataset.info
    if not measured:
        yield f"No {info.user_is} has a test {info.tip_is} that the mask leaves: nothing was measured."
    if pairs.n_hidden:
        mask = " and ".join(info.split.mask_for_test)
        yield f"{pairs.n_hidden:,} test pairs are hidden by the mask ({mask}) and not counted."
    if "val" not in info.split.mask_for_test:
        yield "The ranking on test leaves out train pairs alone, as this set's protocol says; val pairs stay in it."


def _source_notes(run: Run) -> Iterator[str]:
    for source, weight in zip(SOURCES, run.recommender.base_weights.tolist(), strict=True):
        if source.modality is not None and source.modality not in run.features.modalities:
            yield f"{source.value}: the set has none."
        elif weight == 0:
            yield f"{source.value}: val does not pay for it; weight zero."


def _order_notes(stored: Mapping[str, Any]) -> Iterator[str]:
    """Of a set with times: whether co-tipping goes by what is tipped next (training/ordered.py)."""
    share = stored.get("step0", {}).get("cotips", {}).get("ordered")
    if share:
        yield f"co-tipping: {percent(share)} of its weight goes by order, by what comes next."
    elif share == 0:
        yield "co-tipping: it does not go by order, by what comes next, for on val that does not pay."


def _absent_notes(stored: Mapping[str, Any]) -> Iterator[str]:
    if stored.get("composer_absent"):
        yield stored["composer_absent"]
    for baseline in stored.get("baselines", {}).values():
        if baseline["absent"]:
            yield f"{baseline['absent']}."
