"""The top of a ranking as a table, with what each source adds and what was tipped later."""

import pandas as pd
import streamlit as st

from app.resolve import Picked, id_of
from app.state import choose
from app.ui.states import note
from app.ui.table import show_table
from explain.figures_style import SOURCE_LABELS
from explain.narrate import name_of, plain
from explain.newcomers import NEW, new_marks, new_note
from mspa_model.types import SOURCES, Ranking

K = 10


def later_tips(picked: Picked) -> set[int]:
    """Ranked streamers in tips that this user made and the ranking did not know; found after scoring, never before."""
    tips = picked.run.dataset.tips
    known = set(picked.trace.steps[0].preference.history.tip_row.tolist())
    own = tips[tips["user_idx"] == user_idx(picked)]
    later = {int(streamer) for row, streamer in own["streamer_idx"].items() if row not in known}
    return later & set(picked.step.ranking.order.tolist())


def user_idx(picked: Picked) -> int:
    """Row of the picked user."""
    users = picked.run.dataset.users["user_id"]
    return int(users.index[users == picked.user_id][0])


def top_table(picked: Picked, ranking: Ranking, k: int = K) -> pd.DataFrame:
    """The first k: rank, name, category, score, one column a source that counts, whether it is new or tipped later."""
    dataset, info = picked.run.dataset, picked.run.dataset.info
    order = [int(idx) for idx in ranking.order[:k]]
    parts = ranking.contributions.detach().cpu().numpy()
    scores = ranking.scores.detach().cpu().numpy()
    later = later_tips(picked) if picked.trace.history_scope == "train" else set()
    table = pd.DataFrame({"rank": range(1, len(order) + 1), info.streamer_is: [name_of(dataset, i) for i in order]})
    categories = [plain(str(dataset.streamers["category"].iat[i])).replace("|", ", ") for i in order]
    if any(categories):
        table["category"] = categories
    if picked.trace.history_scope == "train":
        table[f"{info.tip_is} later"] = ["✓ later" if i in later else "" for i in order]
    marks = new_marks(picked.run, ranking, k)
    if any(marks):
        table[NEW] = marks
    table["score"] = [float(scores[i]) for i in order]
    for row, source in enumerate(SOURCES):
        if ranking.weights[row] > 0:
            table[SOURCE_LABELS[source]] = [float(parts[row, i]) for i in order]
    return table


def show_top(picked: Picked, ranking: Ranking, key: str, caption: str) -> None:
    """Draw it; a click on a row makes that streamer the picked one."""
    table = top_table(picked, ranking)
    numbers = [name for name in table.columns if table[name].dtype == float]
    columns = {name: st.column_config.NumberColumn(format="%.3f") for name in numbers}
    show_table(
        table, key, caption, columns, on_pick=lambda row: choose(streamer=id_of(picked.run, int(ranking.order[row])))
    )
    draw_new_note(picked, ranking)


def draw_new_note(picked: Picked, ranking: Ranking) -> None:
    """How to read the marks of the new, where the first places have any or some are kept for them."""
    sentence = new_note(picked.run, ranking, K)
    if sentence:
        note(sentence)


def hidden_sentence(picked: Picked) -> str:
    """What the mark "later" means, or that nothing is hidden."""
    info = picked.run.dataset.info
    if picked.trace.history_scope == "all":
        return ""
    hits = len(later_tips(picked) & {int(i) for i in picked.step.ranking.order[:K]})
    total = len(later_tips(picked))
    return (
        f"“✓ later” marks what this {info.user_is} did next, hidden from the model and marked after scoring: "
        f"{hits} of {total} stand in the top {K}. Click a row to make it the {info.streamer_is} that is explained."
    )
