"""What is odd in a dataset folder without being wrong: loaded as it stands, and said."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from mspa_model.data.fault import Fault, show
from mspa_model.data.ids import likeness
from mspa_model.data.repeats import WORTH_TELLING, repeats
from mspa_model.data.schema import REFERENCES, SPLITS, TABLE_FILES, Home, filled, rows_of
from mspa_model.data.split import split_ends
from mspa_model.types import DatasetInfo, Modality, Split

LONG_TEXT = 5_000  # characters
_FAR = 1e6  # a feature above this is a tail that needs robust scaling
_MARKUP = r"<[A-Za-z/!]"
_DIRECTION = "[\u202a-\u202e\u2066-\u2069]"
_CONTROL = r"[\x00-\x1f\x7f]"
_SHOWN_TEXTS = {
    "streamers.parquet": ("name", "category", "language", "text"),
    "rooms.parquet": ("title", "category"),
    "segments.parquet": ("speech", "comments"),
}
# What a modality can be encoded from where it ships no features.
_RAW = {
    Modality.VISUAL: (("segments.parquet", "frame"),),
    Modality.AUDIO: (("segments.parquet", "audio"),),
    Modality.TEXT: (("streamers.parquet", "text"), ("segments.parquet", "speech"), ("segments.parquet", "comments")),
}
_SPLIT_COLUMNS = {"user_id", "tipped_at"}
_TIPPERS = ("tips.parquet", "user_id")

Frames = Mapping[str, pd.DataFrame]
Homes = Mapping[Home, np.ndarray]


def find_warnings(
    info: DatasetInfo | None,
    frames: Frames,
    homes: Homes,
    arrays: Mapping[Modality, np.ndarray],
    faulty: frozenset[str] = frozenset(),
) -> tuple[Fault, ...]:
    """Everything that is worth knowing before training on these tables; homes: see check.Reading. faulty: files with
    a fault, whose lack needs no warning beside it."""
    return (
        *stranger_faults(frames, homes, strict=False),
        *_odd_texts(frames),
        *_odd_ids(frames),
        *_lacking_modalities(info, frames, arrays, faulty),
        *_odd_features(info, arrays),
        *_without_tips(frames, homes),
        *_odd_rooms(frames, homes),
        *(() if _TIPPERS[0] in faulty else _repeated_tips(frames, homes)),
        *(() if _TIPPERS[0] in faulty else _nothing_to_measure(info, frames.get(_TIPPERS[0], pd.DataFrame()), homes)),
    )


def stranger_faults(frames: Frames, homes: Homes, *, strict: bool) -> Iterator[Fault]:
    """Ids that their home table does not know: of strict references (faults) or of the others (warnings)."""
    for ref in REFERENCES:
        rows = homes.get((ref.file, ref.column))
        if ref.strict is not strict or rows is None:
            continue
        ids, home = frames[ref.file][ref.column], frames[ref.home][ref.column]
        odd = (rows < 0) & filled(ids)
        if odd.any() and not _may_lie_in(home, ids[odd]):
            hint = likeness(str(ids.iloc[np.flatnonzero(odd)[0]]), home)
            yield from _first_of(ref.file, ref.column, odd, ids, f"an id of {ref.home}", hint)


def _may_lie_in(home: pd.Series, ids: pd.Series) -> bool:
    """Whether the rows of the home table that have no id, a fault already, may be all that these ids lack."""
    n_empty = int((~filled(home)).sum())
    return len(home) == 0 or (n_empty > 0 and ids.nunique() <= n_empty)


def no_train_tips(info: DatasetInfo, tips: pd.DataFrame, homes: Homes) -> tuple[Fault, ...]:
    """A fault where nothing is left to learn from; asked only of tables without other faults."""
    if _sizes_of(info, tips, homes)["train"]:
        return ()
    return (Fault("tips.parquet", "at least one tip of split train", "none", "split"),)


def _nothing_to_measure(info: DatasetInfo | None, tips: pd.DataFrame, homes: Homes) -> Iterator[Fault]:
    needed = {"split"} if info and info.split.kind == "given" else _SPLIT_COLUMNS
    if info is None or not needed <= set(tips) or tips.empty or (info.split.kind == "time" and _TIPPERS not in homes):
        return
    sizes = _sizes_of(info, tips, homes)
    for split, use in (("val", "choose a model on"), ("test", "measure a model on")):
        if not sizes[split]:
            yield Fault("tips.parquet", f"tips of split {split}, to {use}", "none", "split")


def _sizes_of(info: DatasetInfo, tips: pd.DataFrame, homes: Homes) -> dict[Split, int]:
    """Tips of each split; by time they hang on how many tips each user has, and on nothing else."""
    if info.split.kind == "given":
        return {split: int((tips["split"] == split).sum()) for split in SPLITS}
    # Strangers, which are faults, count as one user.
    n_tips = np.bincount(homes[_TIPPERS] + 1)
    n_train, n_before_test = split_ends(n_tips)
    return {
        "train": int(n_train.sum()),
        "val": int((n_before_test - n_train).sum()),
        "test": int((n_tips - n_before_test).sum()),
    }


def _odd_texts(frames: Frames) -> Iterator[Fault]:
    for file, columns in _SHOWN_TEXTS.items():
        for column in columns:
            if column not in frames.get(file, ()):
                continue
            texts = frames[file][column].fillna("")
            for odd, expected in (
                (texts.str.len() > LONG_TEXT, f"at most {LONG_TEXT} characters; longer text is cut where it is shown"),
                (texts.str.contains(_MARKUP, regex=True), "plain text; markup is shown as it stands, never run"),
                (texts.str.contains(_DIRECTION, regex=True), "no characters that turn the writing direction"),
            ):
                yield from _first_of(file, column, odd.to_numpy(dtype=bool), texts, expected)


def _odd_ids(frames: Frames) -> Iterator[Fault]:
    """Ids that no line can hold: they work, but not in a link or on a command line."""
    expected = "an id without line breaks and other control characters, which fits no link and no command"
    for file, column in (("users.parquet", "user_id"), ("streamers.parquet", "streamer_id")):
        if column in frames.get(file, ()):
            ids = frames[file][column].fillna("")
            odd = ids.str.contains(_CONTROL, regex=True).to_numpy(dtype=bool)
            yield from _first_of(file, column, odd, ids, expected)


def shown_modalities(info: DatasetInfo, frames: Frames, arrays: Mapping[Modality, np.ndarray]) -> tuple[Modality, ...]:
    """Those of dataset.toml that the folder has features for, or text or media to encode."""
    shipped = {modality for modality, array in arrays.items() if not np.isnan(array).all()}
    raw = {m for m, places in _RAW.items() if any(_has_text(frames, file, column) for file, column in places)}
    return tuple(modality for modality in info.modalities if modality in shipped | raw)


def _has_text(frames: Frames, file: str, column: str) -> bool:
    return column in frames.get(file, ()) and bool(frames[file][column].fillna("").ne("").any())


def _lacking_modalities(
    info: DatasetInfo | None, frames: Frames, arrays: Mapping[Modality, np.ndarray], faulty: frozenset[str]
) -> Iterator[Fault]:
    if info is None or "streamers.parquet" not in frames:
        return
    shown = shown_modalities(info, frames, arrays)
    for modality in (m for m in info.modalities if m not in shown):
        if faulty & {f"features/{modality}.npy", *(file for file, _ in _RAW[modality])}:
            continue
        wanted = " or ".join(f"{column} in {file}" for file, column in _RAW[modality])
        yield Fault("dataset.toml", f"features/{modality}.npy, or {wanted}", f"{modality} without any", "modalities")


def _odd_features(info: DatasetInfo | None, arrays: Mapping[Modality, np.ndarray]) -> Iterator[Fault]:
    for modality, array in arrays.items():
        file = f"features/{modality}.npy"
        if info is not None and modality not in info.modalities:
            yield Fault(file, "a modality that dataset.toml names; this file is left unread", show(modality.value))
        lacking = np.flatnonzero(np.isnan(array).all(axis=1))
        if len(lacking):
            none = "NaN: lacks the modality"
            yield Fault(file, "features of every streamer", none, None, int(lacking[0]), len(lacking))
        # Row by row, because a second array of a million streamers' features would take as much memory again.
        sizes = np.maximum(np.fmax.reduce(array, axis=1, initial=0.0), -np.fmin.reduce(array, axis=1, initial=0.0))
        sizes[~np.isfinite(sizes)] = 0.0
        far = np.flatnonzero(sizes > _FAR)
        if len(far):
            yield Fault(file, f"numbers below {_FAR:.0e}", f"{sizes.max():.2g} at most", None, int(far[0]), len(far))


def _without_tips(frames: Frames, homes: Homes) -> Iterator[Fault]:
    for home, column in (("users.parquet", "user_id"), ("streamers.parquet", "streamer_id")):
        rows = homes.get(("tips.parquet", column))
        # Where no tip finds its id, the strangers are the fault, and whom they miss is no second one.
        if rows is not None and not (len(rows) and (rows < 0).all()):
            ids = frames[home][column]
            # rows_of names the first of equal ids, so a row that repeats an id is asked for by that first one.
            tipped = np.append(np.bincount(rows[rows >= 0], minlength=len(ids)) > 0, False)
            odd = filled(ids) & ~tipped[rows_of(ids, ids)]
            yield from _first_of(home, column, odd, ids, "an id that occurs in tips.parquet")


def _odd_rooms(frames: Frames, homes: Homes) -> Iterator[Fault]:
    rooms, tips = frames.get("rooms.parquet", pd.DataFrame()), frames.get("tips.parquet", pd.DataFrame())
    if {"started_at", "ended_at"} <= set(rooms):
        early = (rooms["ended_at"] < rooms["started_at"]).to_numpy(dtype=bool)
        yield from _first_of("rooms.parquet", "ended_at", early, rooms["ended_at"], "a time not before started_at")
    needed = {("tips.parquet", "room_id"), ("tips.parquet", "streamer_id"), ("rooms.parquet", "streamer_id")}
    if needed <= set(homes) and rooms["room_id"].is_unique:
        room, host = homes["tips.parquet", "room_id"], homes["rooms.parquet", "streamer_id"]
        # Strangers have no row to compare, and are faults already.
        hosted = np.append(host, -1)[room]
        other = (hosted >= 0) & (hosted != homes["tips.parquet", "streamer_id"])
        yield from _first_of("tips.parquet", "room_id", other, tips["room_id"], "a room of the tipped streamer")


def unread_files(folder: Path) -> Iterator[Fault]:
    """Tables and arrays with a name that nothing reads, which is mostly a name misspelt."""
    arrays = [f"{start}{modality}.npy" for modality in Modality for start in ("", "segments_")]
    for place, names, ending in (("", TABLE_FILES, ".parquet"), ("features/", arrays, ".npy")):
        for path in sorted((folder / place).glob(f"*{ending}")):
            if path.name not in names:
                yield Fault(place + show(path.name)[1:-1], f"one of {', '.join(names)}", "a name that nothing reads")


def _first_of(
    file: str, column: str, odd: np.ndarray, values: pd.Series, expected: str, hint: str = ""
) -> Iterator[Fault]:
    rows = np.flatnonzero(odd)
    if len(rows):
        yield Fault(file, expected, show(values.iloc[rows[0]]), column, int(rows[0]), len(rows), hint=hint)


def _repeated_tips(frames: Frames, homes: Homes) -> Iterator[Fault]:
    """Told where they are more than fast givers would make."""
    tips = frames.get("tips.parquet", pd.DataFrame())
    if not {("tips.parquet", "user_id"), ("tips.parquet", "streamer_id")} <= set(homes) or "amount" not in tips:
        return
    unknown = pd.Series(pd.NaT, index=tips.index, dtype="datetime64[us, UTC]")
    rows = pd.DataFrame(
        {
            "user_idx": homes["tips.parquet", "user_id"],
            "streamer_idx": homes["tips.parquet", "streamer_id"],
            "tipped_at": tips.get("tipped_at", unknown),
            "amount": tips["amount"],
        }
    )
    odd = np.flatnonzero(repeats(rows))
    if len(odd) > WORTH_TELLING * len(rows):
        expected = "each tip once; equal ones count once where users with as many tips are compared"
        same = "the same user, streamer, time and amount as an earlier row"
        yield Fault("tips.parquet", expected, same, None, int(odd[0]), len(odd))
