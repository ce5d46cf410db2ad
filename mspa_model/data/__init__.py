"""The one door through which data comes in: a dataset folder, checked once, as docs/dataset.md describes it."""

from mspa_model.data.check import check_folder
from mspa_model.data.fault import CheckReport, Counts, Fault, FaultyFolderError
from mspa_model.data.ids import nearest_ids, streamer_idx_of, user_idx_of
from mspa_model.data.importers import ImportReport, import_csv
from mspa_model.data.load import fingerprint, history_of, load_dataset, media_path
from mspa_model.data.split import EvalPairs, assign_split, eval_pairs, interaction_matrix

__all__ = [
    "CheckReport",
    "Counts",
    "EvalPairs",
    "Fault",
    "FaultyFolderError",
    "ImportReport",
    "assign_split",
    "check_folder",
    "eval_pairs",
    "fingerprint",
    "history_of",
    "import_csv",
    "interaction_matrix",
    "load_dataset",
    "media_path",
    "nearest_ids",
    "streamer_idx_of",
    "user_idx_of",
]
