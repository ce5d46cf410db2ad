"""Swaps on the Correction page: which change of a step turned which pair of streamers round."""

from collections.abc import Mapping, Sequence
from functools import partial

import pandas as pd
import streamlit as st

from app import cache
from app.resolve import Picked
from app.ui.fold import fold
from app.ui.states import note, say
from app.ui.table import show_table
from app.ui.text import told_apart
from app.ui.turn import draw_turn
from explain.narrate import counted
from explain.types import Swap, SwapAccount
from mspa_model.number_format import signed


def draw_swaps(picked: Picked, before: int, after: int) -> None:
    """The pairs that changed places between two steps, and one of them opened."""
    account = cache.swaps(picked.run, picked.basis, before, after)
    say(account.sentence)
    if not account.swaps:
        return
    fold("Which change turned which pair", "swaps-fold", partial(_draw_account, picked, account, before, after))


def _draw_account(picked: Picked, account: SwapAccount, before: int, after: int) -> None:
    _draw_pairs(account)
    rows = list(range(len(account.swaps)))
    words = told_apart(rows, lambda row: _pair(account.swaps[row]))
    row = st.selectbox("Open a pair", rows, format_func=words, key=picked.widget_key("swap", before, after))
    swap = account.swaps[row]
    _draw_parts(swap)
    draw_turn(cache.turn(picked.run, picked.basis, before, after, (swap.riser_idx, swap.faller_idx)))


def _pair(swap: Swap) -> str:
    return f"{swap.riser} passes {swap.faller}"


def _draw_pairs(account: SwapAccount) -> None:
    rows = [
        {
            "rises": swap.riser,
            "falls behind": swap.faller,
            "margin before": swap.margin_before,
            "margin after": swap.margin_after,
            "largest part": swap.parts[0].label if swap.parts else "",
            "it adds": swap.parts[0].margin if swap.parts else 0.0,
        }
        for swap in account.swaps
    ]
    said = f"{counted(len(rows), 'pair')} turned round in the top {account.k} or at its edge, the largest turn first"
    _show(rows, "swaps", said, ("margin before", "margin after", "it adds"))


def _draw_parts(swap: Swap) -> None:
    rows = [
        {"change": part.label, "adds": part.margin, "margin without it": part.without, "needed": part.needed}
        for part in swap.parts
    ]
    said = f"What each change adds to the margin of {swap.riser} over {swap.faller}"
    _show(rows, "swap-parts", said, ("adds", "margin without it"))
    turn = swap.margin_after - swap.margin_before
    note(
        f"The parts add up to the turn of {signed(turn, 3)} points. A weight and what it weighs share equally what "
        "only both together do (Shapley values). Needed: without that change alone the pair would not have turned."
    )


def _show(rows: Sequence[Mapping[str, object]], key: str, caption: str, points: Sequence[str]) -> None:
    """A table in which these columns are points of a score."""
    columns = dict.fromkeys(points, st.column_config.NumberColumn(format="%+.3f"))
    show_table(pd.DataFrame(rows), key, caption, columns)
