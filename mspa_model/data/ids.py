"""From an outside id to a row position, with the nearest known ids where there is none."""

import difflib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from mspa_model.data.fault import show
from mspa_model.errors import UnknownIdError
from mspa_model.types import Dataset

_LONGEST = 200  # characters of an unknown id that are compared


def nearest_ids(unknown: str, ids: Sequence[str], n: int = 3) -> tuple[str, ...]:
    """The n known ids that are most like the unknown one, most like first."""
    return tuple(difflib.get_close_matches(unknown[:_LONGEST], ids, n=n, cutoff=0.0))


def likeness(stranger: str, home: pd.Series) -> str:
    """A sentence on how an unknown id differs from one that is known, where it is only by how tables are written."""
    bare = stranger.strip()
    spellings = {bare: "without the space around it"}
    for spelling, difference in (
        (bare.removesuffix(".0"), "without .0, which a column of numbers adds when it is written as text"),
        (f"{bare}.0", "with .0, which a column of numbers adds when it is written as text"),
        (bare.lstrip("0") or "0", "without zeros in front"),
    ):
        spellings.setdefault(spelling, difference)
    known = set(home[home.isin(list(spellings))]) - {stranger}
    for spelling, difference in spellings.items():
        if spelling in known:
            return f"There is {show(spelling)}, {difference}."
    folded = home[home.str.strip().str.lstrip("0").str.casefold() == bare.lstrip("0").casefold()]
    if len(folded):
        return f"There is {show(str(folded.iloc[0]))}, which differs in case or zeros in front alone."
    return ""


def user_idx_of(dataset: Dataset, user_id: str) -> int:
    """Row of the user; raises UnknownIdError with the nearest known ids."""
    return _position(user_id, dataset.users["user_id"], dataset.info.user_is)


def streamer_idx_of(dataset: Dataset, streamer_id: str) -> int:
    """Row of the streamer; raises UnknownIdError with the nearest known ids."""
    return _position(streamer_id, dataset.streamers["streamer_id"], dataset.info.streamer_is)


def _position(unknown: str, ids: pd.Series, noun: str) -> int:
    found = np.flatnonzero((ids == unknown).to_numpy(dtype=bool))
    if len(found):
        return int(found[0])
    near = ", ".join(nearest_ids(unknown, ids.tolist()))
    todo = f"The nearest known ids are {near}."
    raise UnknownIdError(f"the {noun} {show(unknown)}", f"a {noun} of this data set", todo)
