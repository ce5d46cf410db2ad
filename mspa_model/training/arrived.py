"""What newly arrived tips are worth without training: every model from a user's train tips, then from train and val.

Both times the same test tips are looked for among the same streamers, so the difference is the new tips' alone. A
baseline folds them in as a longer row of what it was fitted to.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict

import numpy as np
import scipy.sparse as sp
from jaxtyping import Bool, Float, Int
from tqdm import tqdm

from mspa_model.data import history_of, interaction_matrix
from mspa_model.data.split import EvalPairs
from mspa_model.runs import Run
from mspa_model.training.baselines import BaselineAbsent, RowScorer, Try, ease, item_knn
from mspa_model.training.metrics import UserMetrics, concatenate, interval, metrics_of_scores, metrics_of_top, top_of
from mspa_model.training.scorecard import Measured
from mspa_model.types import Dataset, History, Split
from mspa_model.words import plural

TOLD = ("ndcg@10", "recall@20")
MAX_USERS = 1000
FOLDED_IN: dict[str, Callable[[sp.csr_matrix], Iterable[Try]]] = {"ease": ease, "itemknn": item_knn}
BEFORE: tuple[Split, ...] = ("train",)
AFTER: tuple[Split, ...] = ("train", "val")
_BATCH = 128
PerUser = Mapping[str, Float[np.ndarray, " n_users"]]  # by name in TOLD


def arrived_tips(run: Run, measured: Sequence[Measured] = (), progress: bool = True) -> dict[str, object] | None:
    """metrics["arrived"]: over test users with val tips (a seeded draw of MAX_USERS where there are more), candidates
    being streamers tipped neither in train nor in val.

    models: of "mspa@step0", "mspa" and each of FOLDED_IN at the setting that val chose, the means "train" and
    "train_val" of each metric of TOLD, and their "gain", paired, with its 95 % interval. paired: "mspa_minus_NAME", the
    final step's gain less a baseline's, and "final_minus_step0" from train and val tips. measured: traces from train
    tips, taken where test was measured among these candidates. None without such a user.
    """
    pairs = arrived_pairs(run.dataset)
    users = _drawn(run.dataset, pairs, run.config.seed)
    if not len(users):
        return None
    known = {m.user_idx: m.tops for m in measured} if set(run.dataset.info.split.mask_for_test) == set(AFTER) else {}
    before = _at_ends(_traces(run, pairs, users, BEFORE, known, progress), pairs, users)
    after = _at_ends(_traces(run, pairs, users, AFTER, {}, progress), pairs, users)
    values = {name: (before[name], after[name]) for name in before}
    for name, scorer in _fitted(run):
        values[name] = tuple(_of_rows(scorer, run.dataset, splits, pairs, users) for splits in (BEFORE, AFTER))
    return _figures(values, run.config.seed, len(users))


def arrived_pairs(dataset: Dataset) -> EvalPairs:
    """Test tips to streamers tipped neither in train nor in val, which are left out, whatever the set's own mask is."""
    mask, wanted = interaction_matrix(dataset, AFTER), interaction_matrix(dataset, ("test",))
    target = sp.csr_matrix(wanted - wanted.multiply(mask))
    target.eliminate_zeros()
    return EvalPairs(mask, target, wanted.nnz - target.nnz)


def _drawn(dataset: Dataset, pairs: EvalPairs, seed: int) -> Int[np.ndarray, " n_users"]:
    new = interaction_matrix(dataset, ("val",))
    users = np.flatnonzero((np.diff(pairs.target.indptr) > 0) & (np.diff(new.indptr) > 0))
    return np.sort(np.random.default_rng(seed).permutation(users)[:MAX_USERS])


# --- MSPA ------------------------------------------------------------------------------------------------------------


def _traces(
    run: Run,
    pairs: EvalPairs,
    users: Int[np.ndarray, " n_users"],
    splits: tuple[Split, ...],
    known: Mapping[int, Int[np.ndarray, "n_steps k"]],
    progress: bool,
) -> list[Int[np.ndarray, "n_steps k"]]:
    """The first streamers at each kept step of every user, from the tips of these splits."""
    tops = dict(known)
    missing = [user for user in users.tolist() if user not in tops]
    info = run.dataset.info
    label = f"arrived {plural(info.tip_is)}, {' and '.join(splits)}"
    bar = tqdm(total=len(missing), desc=label, unit=info.user_is, disable=not progress)
    for start in range(0, len(missing), _BATCH):
        batch = missing[start : start + _BATCH]
        preferences = run.composer.compose_many([_history(run.dataset, user, splits) for user in batch])
        for user, preference in zip(batch, preferences, strict=True):
            trace = run.recommender.rank(preference, _candidates(pairs, user))
            tops[user] = np.stack([top_of(step.ranking) for step in trace.steps])
            bar.update()
    bar.close()
    return [tops[user] for user in users.tolist()]


def _history(dataset: Dataset, user: int, splits: tuple[Split, ...]) -> History:
    history = history_of(dataset, user, "all")
    return history.keep(dataset.tips["split"].iloc[history.tip_row].isin(splits).to_numpy())


def _candidates(pairs: EvalPairs, user: int) -> Bool[np.ndarray, " n_streamers"]:
    allowed = np.ones(pairs.mask.shape[1], dtype=bool)
    allowed[pairs.mask[user].indices] = False
    return allowed


def _at_ends(
    tops: Sequence[Int[np.ndarray, "n_steps k"]], pairs: EvalPairs, users: Int[np.ndarray, " n_users"]
) -> dict[str, PerUser]:
    """Step 0 and the last kept step."""
    ends = {"mspa@step0": 0, "mspa": -1}
    found = {name: metrics_of_top(np.stack([t[at] for t in tops]), pairs.target[users]) for name, at in ends.items()}
    return {name: {metric: values[metric] for metric in TOLD} for name, values in found.items()}


# --- baselines -------------------------------------------------------------------------------------------------------


def _fitted(run: Run) -> Iterable[tuple[str, RowScorer]]:
    """Those that training scored, fitted to train again at the setting that val chose."""
    train, stored = interaction_matrix(run.dataset, BEFORE), run.metrics.get("baselines", {})
    for name, make in FOLDED_IN.items():
        setting = (stored.get(name) or {}).get("setting")
        try:
            found = next((one.scorer for one in make(train) if dict(one.setting) == setting), None)
        except BaselineAbsent:
            continue
        if found is not None:
            yield name, found


def _of_rows(
    scorer: RowScorer,
    dataset: Dataset,
    splits: tuple[Split, ...],
    pairs: EvalPairs,
    users: Int[np.ndarray, " n_users"],
) -> PerUser:
    rows, parts = interaction_matrix(dataset, splits), list[UserMetrics]()
    for start in range(0, len(users), _BATCH):
        batch = users[start : start + _BATCH]
        parts.append(metrics_of_scores(scorer(rows[batch]), pairs.mask[batch], pairs.target[batch], batch))
    return {metric: concatenate(parts).values[metric] for metric in TOLD}


# --- figures ---------------------------------------------------------------------------------------------------------


def _figures(values: Mapping[str, tuple[PerUser, PerUser]], seed: int, n_users: int) -> dict[str, object]:
    gains = {name: {m: after[m] - before[m] for m in TOLD} for name, (before, after) in values.items()}
    models = {
        name: {
            "train": {m: float(before[m].mean()) for m in TOLD},
            "train_val": {m: float(after[m].mean()) for m in TOLD},
            "gain": _intervals(gains[name], seed),
        }
        for name, (before, after) in values.items()
    }
    others = [name for name in values if name in FOLDED_IN]
    paired = {f"mspa_minus_{name}": {m: gains["mspa"][m] - gains[name][m] for m in TOLD} for name in others}
    last, first = values["mspa"][1], values["mspa@step0"][1]
    paired["final_minus_step0"] = {m: last[m] - first[m] for m in TOLD}
    return {"n_users": n_users, "models": models, "paired": {k: _intervals(v, seed) for k, v in paired.items()}}


def _intervals(values: PerUser, seed: int) -> dict[str, dict[str, float | None]]:
    return {metric: asdict(interval(values[metric], seed)) for metric in TOLD}
