"""What the run's audit found: seals counted, the run's own checks, and the red cases to look at."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from app.state import choose
from app.ui.chart import show_picture
from app.ui.fold import fold
from app.ui.states import missing, note, say
from app.ui.table import show_table
from explain.audit.words import audit_lines
from explain.figures import randomisation_drawn, seals_drawn
from explain.seal import truth_line
from mspa_model.runs import Run

_USER = "id"


def draw_audit(run: Run, audit: Mapping[str, Any]) -> None:
    """Counts of the seals, what stands behind them, and a table of the red ones."""
    say(f"{audit_lines(audit)[0]} A green one is faithful to the model, an amber one with the limit that it names.")
    note(truth_line("green", audit))
    show_picture(seals_drawn(audit), "seals", "Seals of the audited cases")
    fold("What the run's own checks found", "audit-fold", partial(_draw_own_checks, audit))
    _draw_red(run, audit)


def _draw_own_checks(audit: Mapping[str, Any]) -> None:
    for line in audit_lines(audit)[1:]:
        note(line)
    show_picture(randomisation_drawn(audit), "randomisation", "What is left as parameters are drawn anew")
    for reason in audit["missing"]:
        note(f"Not known: {reason}.")


def _draw_red(run: Run, audit: Mapping[str, Any]) -> None:
    info = run.dataset.info
    red = [row for row in audit["cases"] if row["seal"] == "red"]
    if not red:
        missing("None of the audited cases is red.")
        return
    frame = pd.DataFrame(
        {
            _USER: [row["user_id"] for row in red],
            info.streamer_is: [row["streamer_id"] for row in red],
            "place": [row["place"] for row in red],
            "in words": [row["sentence"] for row in red],
        }
    )
    show_table(
        frame,
        "worklist-red",
        f"{len(red):,} red seals of the audit",
        {"in words": st.column_config.TextColumn(width="large")},
        280,
        on_pick=lambda row: choose(user=red[row]["user_id"], streamer=red[row]["streamer_id"], history=None),
    )
    note(f"Click a row to pick that {info.user_is} and {info.streamer_is} for all pages.")
