"""From an outside id to a row position, with the nearest known ids where there is none."""

import difflib
import unicodedata
from collections.abc import Sequence

import numpy as np
import pandas as pd
from jaxtyping import Int

from mspa_model.data.fault import show
from mspa_model.errors import UnknownIdError
from mspa_model.types import Dataset
from mspa_model.words import plain, plural, with_article

_LISTED = 8  # of those who share a name
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
    if alike := _lookalike(stranger, home):
        return alike
    folded = home[home.str.strip().str.lstrip("0").str.casefold() == bare.lstrip("0").casefold()]
    if len(folded):
        return f"There is {show(str(folded.iloc[0]))}, which differs in case or zeros in front alone."
    return ""


def _lookalike(stranger: str, home: pd.Series) -> str:
    """A sentence on a known id that cannot be told from this one by eye; "" where there is none."""
    written, seen = home.dropna(), _visible(stranger)
    alike = written[written.map(_visible) == seen] if seen else written.iloc[:0]
    if not len(alike):
        return ""
    odd = sorted({c for c in {*stranger} ^ {*str(alike.iloc[0])} if not c.isascii()})
    codes = f" ({', '.join(f'U+{ord(c):04X}' for c in odd[:3])})" if odd else ""
    return f"There is {show(str(alike.iloc[0]))}, which looks alike but is written with other characters{codes}."


def _visible(text: str) -> str:
    """What is seen of an id: accents composed, full-width letters plain, marks without width left out."""
    return "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf").strip()


def user_idx_of(dataset: Dataset, user_id: str) -> int:
    """Row of the user; raises UnknownIdError with the nearest known ids."""
    return _position(user_id, dataset.users["user_id"], dataset.info.user_is)


def streamer_idx_of(dataset: Dataset, streamer_id: str) -> int:
    """Row of the streamer; raises UnknownIdError with the nearest known ids."""
    return _position(streamer_id, dataset.streamers["streamer_id"], dataset.info.streamer_is)


def streamer_id_of(dataset: Dataset, text: str) -> str:
    """The id that a text means: an id, else the name of one streamer or a part of one's name alone.

    Raises UnknownIdError with the ids where several have it, with the nearest known ids where none has.
    """
    ids, names = dataset.streamers["streamer_id"], dataset.streamers["name"].str.strip().str.casefold()
    wanted = text.strip().casefold()
    if (ids == text).any() or not wanted:
        return str(ids.iloc[streamer_idx_of(dataset, text)])
    for found in (names == wanted, names.str.contains(wanted, regex=False)):
        rows = np.flatnonzero(found.to_numpy(dtype=bool))
        if len(rows) == 1:
            return str(ids.iloc[rows[0]])
        if len(rows) > 1:
            raise UnknownIdError(
                f"the name {show(text)} of {len(rows):,} {plural(dataset.info.streamer_is)}",
                f"the id or name of one {dataset.info.streamer_is}",
                f"Name one by its id: {_with_names(dataset, rows)}.",
            )
    return str(ids.iloc[streamer_idx_of(dataset, text)])


def _with_names(dataset: Dataset, rows: Int[np.ndarray, " n"]) -> str:
    """ "s1 (Lumi), s7 (Lumi)", and how many more there are."""
    columns = (dataset.streamers[column].iloc[rows[:_LISTED]] for column in ("streamer_id", "name"))
    said = ", ".join(f"{plain(known)} ({plain(name)})" for known, name in zip(*columns, strict=True))
    return said if len(rows) <= _LISTED else f"{said} and {len(rows) - _LISTED:,} more"


def _position(unknown: str, ids: pd.Series, noun: str) -> int:
    found = np.flatnonzero((ids == unknown).to_numpy(dtype=bool))
    if len(found):
        return int(found[0])
    near = ", ".join(nearest_ids(unknown, ids.tolist()))
    todo = f"The nearest known ids are {near}."
    raise UnknownIdError(f"the {noun} {show(unknown)}", f"{with_article(noun)} of this data set", todo)
