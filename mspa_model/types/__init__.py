"""The values that cross borders between stages, in the order in which they are made: data, preference, ranking;
then what sets two runs apart.

Shape axes: n_users n_streamers n_tips n_values n_statements n_sources n_steps feature_dim dim k.
Everything here is frozen: a stage takes a value and returns a new one. What holds tensors is imported when it is first
asked for: who reads a dataset folder alone does not wait for torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mspa_model.types.data import (
    SOURCES,
    CandidateScope,
    Dataset,
    DatasetInfo,
    Features,
    HistoryScope,
    Modality,
    Source,
    Split,
    SplitInfo,
)
from mspa_model.types.preference import FADED, History, Preference, Statement, Value, Vocabulary

if TYPE_CHECKING:
    from mspa_model.types.comparison import (
        Comparison,
        ConfigChange,
        Difference,
        LostTip,
        Overlap,
        RunCard,
        SourceShift,
        UserCounts,
        UserLoss,
    )
    from mspa_model.types.ranking import (
        Arrival,
        Change,
        ChangeKind,
        Critique,
        HeldOut,
        Interval,
        MapPlane,
        MapPoints,
        Ranking,
        RankingTrace,
        SourceGap,
        Step,
        StopReason,
        ValueGap,
    )

__all__ = [
    "FADED",
    "SOURCES",
    "Arrival",
    "CandidateScope",
    "Change",
    "ChangeKind",
    "Comparison",
    "ConfigChange",
    "Critique",
    "Dataset",
    "DatasetInfo",
    "Difference",
    "Features",
    "HeldOut",
    "History",
    "HistoryScope",
    "Interval",
    "LostTip",
    "MapPlane",
    "MapPoints",
    "Modality",
    "Overlap",
    "Preference",
    "Ranking",
    "RankingTrace",
    "RunCard",
    "Source",
    "SourceGap",
    "SourceShift",
    "Split",
    "SplitInfo",
    "Statement",
    "Step",
    "StopReason",
    "UserCounts",
    "UserLoss",
    "Value",
    "ValueGap",
    "Vocabulary",
]

_WITH_TENSORS = ("mspa_model.types.ranking", "mspa_model.types.comparison")


def __getattr__(name: str) -> Any:
    """A value that holds tensors, or names one that does."""
    if name in __all__:
        for module in map(import_module, _WITH_TENSORS):
            if name in vars(module):
                globals()[name] = vars(module)[name]
                return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
