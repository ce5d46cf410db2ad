"""The seal of an explanation, the evidence line beside it, and its checks."""

import pandas as pd
import streamlit as st

from app.ui.states import note
from app.ui.table import show_table
from app.ui.text import escape_md
from explain.types import Check, EvidenceLine, Seal

_LOOK = {
    "green": ("green", "Green seal"),
    "amber": ("orange", "Amber seal"),
    "red": ("red", "Red seal"),
}
_VERDICT = {"pass": "passed", "fail": "FAILED", "not applicable": "not applicable"}


def show_seal(seal: Seal, evidence: EvidenceLine) -> None:
    """The badge with its sentence; under it what is known of such seals, and how well the model knows such users."""
    colour, words = _LOOK[seal.colour]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(words, color=colour)
        st.markdown(escape_md(seal.sentence))
    note(seal.truth)
    show_evidence(evidence)


def show_evidence(evidence: EvidenceLine) -> None:
    """The evidence line alone."""
    note(evidence.sentence)


def show_checks(checks: tuple[Check, ...], key: str) -> None:
    """Every check with its number, its limit and its verdict; a failed one stands first."""
    order = {"fail": 0, "pass": 1, "not applicable": 2}
    rows = [
        {"check": c.name, "verdict": _VERDICT[c.verdict], "value": c.value, "limit": c.limit, "in words": c.sentence}
        for c in sorted(checks, key=lambda check: order[check.verdict])
    ]
    number = st.column_config.NumberColumn(format="%.3g")
    show_table(
        pd.DataFrame(rows, columns=["check", "verdict", "value", "limit", "in words"]),
        key,
        "Checks of this explanation",
        {"value": number, "limit": number, "in words": st.column_config.TextColumn(width="large")},
    )
