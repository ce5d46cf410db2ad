"""The larger model that a run's configuration names: loaded at the first question, one kept, one question at a time."""

import threading

import streamlit as st

from app.lookup import RUN_KEY
from mspa_model.errors import ComposerError
from mspa_model.preference.composer import Composer
from mspa_model.runs import Run
from mspa_model.types import History, Preference

_LOCK = threading.Lock()  # its own: it may write for minutes, and no page is to wait for it


def write_with_other(run: Run, history: History) -> Preference:
    """What the run's other model writes of a history. Raises MspaError where there is none or it cannot be loaded."""
    name = run.config.composer.other
    if name is None:
        raise ComposerError("no larger model", "one named by composer.other", "Name it in the run's configuration.")
    with _LOCK:
        return _composer(run, name).compose(history)


@st.cache_resource(max_entries=1, show_spinner=False, hash_funcs=RUN_KEY)
def _composer(run: Run, name: str) -> Composer:
    from mspa_model.preference.large_model import large_composer

    teacher = run.composers["teacher"].teacher
    return large_composer(name, run.dataset, run.vocabulary, teacher, run.features, run.device)
