"""Which tips a model may learn from, is chosen on and is measured on (docs/dataset.md, "Splits")."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Int
from scipy import sparse

from mspa_model.data.schema import SPLITS
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
    users, order = tips["user_idx"].to_numpy(), tip_order(tips)
    first = np.flatnonzero(np.diff(users[order], prepend=-1))  # of each user
    n_tips = np.diff(first, append=len(tips))
    place = np.arange(len(tips)) - np.repeat(first, n_tips)
    n_train, n_before_test = (np.repeat(end, n_tips) for end in split_ends(n_tips))
    codes = np.empty(len(tips), dtype=np.int8)
    codes[order] = (place >= n_train).astype(np.int8) + (place >= n_before_test)
    return pd.Series(pd.Categorical.from_codes(codes, SPLITS), index=tips.index, name="split").astype("str")


def tip_order(tips: pd.DataFrame) -> Int[np.ndarray, " n_tips"]:
    """Rows by user_idx, then tipped_at (unknown times last), then row."""
    moment = tips["tipped_at"].to_numpy(dtype="datetime64[us]")
    # NaT is the smallest integer.
    time = np.where(np.isnat(moment), np.iinfo(np.int64).max, moment.view(np.int64))
    user = tips["user_idx"].to_numpy()
    apart, later = user[1:] > user[:-1], time[1:] >= time[:-1]
    if (apart | ((user[1:] == user[:-1]) & later)).all():  # a look is cheaper than sorting what is in order
        return np.arange(len(tips))
    return np.lexsort((time, user))


def split_ends(n_tips: Int[np.ndarray, " n"]) -> tuple[Int[np.ndarray, " n"], Int[np.ndarray, " n"]]:
    """Kind "time": of each user's n_tips, how many are train, and how many come before test."""
    few = n_tips < MIN_SPLIT_TIPS
    # Integers: .9 * n in floating point may fall below the whole number that it means.
    return np.where(few, n_tips, n_tips * 8 // 10), np.where(few, n_tips, n_tips * 9 // 10)


def interaction_matrix(dataset: Dataset, splits: tuple[Split, ...]) -> sparse.csr_matrix:
    """1.0 (float32) at each distinct tipped pair of these splits, (n_users, n_streamers)."""
    rows = rows_in(dataset, splits)
    where = (dataset.tips["user_idx"].to_numpy()[rows], dataset.tips["streamer_idx"].to_numpy()[rows])
    pairs = (np.ones(len(rows), dtype=np.float32), where)
    matrix = sparse.csr_matrix(pairs, shape=(dataset.n_users, dataset.n_streamers), dtype=np.float32)
    matrix.data[:] = 1.0
    return matrix


def rows_in(dataset: Dataset, splits: tuple[Split, ...]) -> Int[np.ndarray, " n"]:
    """Rows of dataset.tips that belong to these splits, in order."""
    return np.flatnonzero(dataset.tips["split"].isin(splits).to_numpy(dtype=bool))


def eval_pairs(dataset: Dataset, split: Split) -> EvalPairs:
    """The mask and the targets of split "val" or "test"; raises KeyError on "train", which is never measured."""
    masks = {"val": dataset.info.split.mask_for_val, "test": dataset.info.split.mask_for_test}
    mask = interaction_matrix(dataset, masks[split])
    wanted = interaction_matrix(dataset, (split,))
    target = sparse.csr_matrix(wanted - wanted.multiply(mask))
    target.eliminate_zeros()
    return EvalPairs(mask, target, wanted.nnz - target.nnz)
