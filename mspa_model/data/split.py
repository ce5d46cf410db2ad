"""Which tips a model may learn from, is chosen on and is measured on (DATASET.md, "Splits")."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from mspa_model.types import Dataset, DatasetInfo, Split

MIN_SPLIT_TIPS = 5  # a user with fewer is train only


class EvalPairs(NamedTuple):
    """What one split is measured on. mask: pairs a ranking leaves out; target: pairs to find, none of them masked.

    n_hidden: distinct pairs of the split that the mask hides; they are not counted, and printed.
    """

    mask: sparse.csr_matrix
    target: sparse.csr_matrix
    n_hidden: int


def assign_split(tips: pd.DataFrame, info: DatasetInfo) -> pd.Series:
    """Train, val or test for every tip, in the index of tips (columns user_idx, tipped_at, and split where given).

    Kind "time": per user by tipped_at, ties by row, the first floor(.8 n) train, up to floor(.9 n) val, the rest test.
    """
    if info.split.kind == "given":
        return tips["split"].astype("str")
    place = tips.sort_values("tipped_at", kind="stable").groupby("user_idx").cumcount().reindex(tips.index).to_numpy()
    n_tips = tips.groupby("user_idx")["user_idx"].transform("size").to_numpy()
    # Integers: .9 * n in floating point may fall below the whole number that it means.
    in_train = (place < n_tips * 8 // 10) | (n_tips < MIN_SPLIT_TIPS)
    in_val = place < n_tips * 9 // 10
    names = np.select([in_train, in_val], ["train", "val"], "test")
    return pd.Series(names, index=tips.index, dtype="str", name="split")


def interaction_matrix(dataset: Dataset, splits: tuple[Split, ...]) -> sparse.csr_matrix:
    """1.0 (float32) at each distinct tipped pair of these splits, (n_users, n_streamers)."""
    tips = dataset.tips[dataset.tips["split"].isin(splits)]
    pairs = (np.ones(len(tips), dtype=np.float32), (tips["user_idx"].to_numpy(), tips["streamer_idx"].to_numpy()))
    matrix = sparse.csr_matrix(pairs, shape=(dataset.n_users, dataset.n_streamers), dtype=np.float32)
    matrix.data[:] = 1.0
    return matrix


def eval_pairs(dataset: Dataset, split: Split) -> EvalPairs:
    """The mask and the targets of split "val" or "test"; raises KeyError on "train", which is never measured."""
    masks = {"val": dataset.info.split.mask_for_val, "test": dataset.info.split.mask_for_test}
    mask = interaction_matrix(dataset, masks[split])
    wanted = interaction_matrix(dataset, (split,))
    target = sparse.csr_matrix(wanted - wanted.multiply(mask))
    target.eliminate_zeros()
    return EvalPairs(mask, target, wanted.nnz - target.nnz)
