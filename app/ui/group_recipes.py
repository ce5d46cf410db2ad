"""Recipes for a group on the What-if page: edits made for all of its users, and donors for the streamer."""

import pandas as pd
import streamlit as st

from app import cache
from app.groups import columns_of, tip_ranges
from app.resolve import Picked
from app.ui.recipes import draw_clips
from app.ui.searching import searched
from app.ui.states import heading, missing, note, say
from app.ui.table import show_table
from app.ui.text import told_apart
from explain.group_edits import MAX_ADDED
from explain.group_search import MAX_EDITS
from explain.narrate import counted, ordinal, plural
from explain.possible import MAX_DROPPED
from explain.types import Direction, DonorSearch, Group, GroupFilter, GroupRecipeSearch
from mspa_model.words import with_article

_K = 10


def draw_group(picked: Picked) -> None:
    """A filter over users and a share of them; what would move the streamer for so many."""
    info = picked.run.dataset.info
    given = _filter(picked)
    share = st.slider(f"For how many of them, at least (% of {plural(info.user_is)})", 5, 100, 50, 5, key="donor-share")
    asked = cache.group(picked.run, given)
    if not asked.user_ids:
        missing(f"No {info.user_is} is in that group.")
        return
    drawn = (
        f"; {len(asked.user_ids):,} of them, drawn by seed, are asked" if asked.n_users > len(asked.user_ids) else ""
    )
    note(f"{asked.name}: {counted(asked.n_users, info.user_is)}{drawn}.")
    _draw_recipes(picked, asked, share)
    _draw_donors(picked, asked, share)


def _filter(picked: Picked) -> GroupFilter:
    """By number of tips, by a column, by a statement; each may be left open."""
    run, info = picked.run, picked.run.dataset.info
    tips, columns = tip_ranges(run), columns_of(run)
    values = {f"{v.aspect}: {v.name}": v.label for v in run.vocabulary.values}
    left, middle, right = st.columns(3)
    with left:
        by_tips = st.selectbox(plural(info.tip_is).capitalize(), list(tips), key="donor-tips")
    with middle:
        by_column = st.selectbox(
            "Column", ["any", *columns], key="donor-column", format_func=told_apart(["any", *columns])
        )
    with right:
        likes = st.selectbox(
            "Who likes", ["anything", *values], key="donor-likes", format_func=lambda key: values.get(key, key)
        )
    column, equals = columns.get(by_column, (None, None))
    low, high = tips[by_tips]
    return GroupFilter(column, equals, likes if likes in values else None, low, high)


def _draw_recipes(picked: Picked, asked: Group, share: int) -> None:
    """The fewest edits of one kind, made alike for all of them."""
    info, name = picked.run.dataset.info, picked.streamer_name
    heading(f"Were all these {plural(info.user_is)} edited alike")
    moves = {"up": f"Bring {name} into their top {_K}", "down": f"Push {name} out of it"}
    direction = st.segmented_control(
        "Where to", list(moves), required=True, default="up", format_func=moves.get, key="group-direction"
    )
    found: GroupRecipeSearch | None = searched(
        "group-recipes",
        "Find the fewest edits for all",
        (picked.run.hash, asked, picked.basis, picked.streamer_id, share, direction),
        lambda progress: cache.group_recipes(
            picked.run, asked, picked.basis, picked.streamer_id, direction, share / 100, progress
        ),
        in_fold=True,
    )
    if found is None:
        note(f"Tries {_tried(picked, direction)}.")
        return
    say(found.sentence)
    if found.recipes:
        _draw_found(picked, found)
    if found.alone:
        _draw_alone(picked, found)
    if found.n_tried:
        note(f"Tried: {_tried(picked, direction)}; {found.n_tried:,} rankings in {found.seconds:.0f} s.")


def _tried(picked: Picked, direction: Direction) -> str:
    """Which edits a search tries, as far as the set has any of them."""
    info, name, tips = picked.run.dataset.info, picked.streamer_name, plural(picked.run.dataset.info.tip_is)
    moves = "lifts" if direction == "up" else "lowers"
    said = [
        f"{with_article(info.tip_is)} to each of up to {MAX_ADDED} {plural(info.streamer_is)} "
        f"whose co-tipping {moves} {name} most, "
        f"from all who gave it none (to {name} itself nobody gives any)"
    ]
    if picked.run.vocabulary.values:
        said.append("each statement set, changed or deleted, for all or for those who state it")
    if picked.run.features.modalities:
        said.append("each modality muted for all")
    most = f"up to {MAX_DROPPED} {plural(info.streamer_is)} that most of them gave any"
    said.append(f"the {tips} to each of {most}, taken out")
    return f"{'; '.join(said)}. Up to {MAX_EDITS} of one kind together; each {info.user_is} is ranked again"


def _draw_found(picked: Picked, found: GroupRecipeSearch) -> None:
    """The other recipes in words, then every edit in a row: three in one cell would be cut."""
    info, users = picked.run.dataset.info, plural(picked.run.dataset.info.user_is)
    for recipe in found.recipes[1:]:
        note(f"Or: {recipe.sentence}")
    rows = [
        {
            "recipe": number,
            "edit": label,
            "adds": worth,
            "distance": recipe.distance,
            "less unusual": None if recipe.unlike is None else 100 * recipe.unlike,
        }
        for number, recipe in enumerate(found.recipes, 1)
        for label, worth in zip(recipe.labels, recipe.worth, strict=True)
    ]
    columns = {
        "recipe": st.column_config.NumberColumn(width="small"),
        "edit": st.column_config.TextColumn(width="large"),
        "adds": st.column_config.NumberColumn(format="%+d"),
        "distance": st.column_config.NumberColumn(format="%.2f"),
        "less unusual": st.column_config.NumberColumn(format="%.0f %%"),
    }
    show_table(pd.DataFrame(rows), "group-recipes", "Edit by edit, what someone could act on first", columns)
    note(
        f"In brackets: 95 % interval of the share. Adds: {users} reached with the edit who are not without it. "
        f"Distance: how far a recipe moves an edited {info.user_is} in the space of the map. Less unusual: the "
        f"share of real {users} who stand nearer to their nearest other than the edited one does to any. Both: medians."
    )
    if any(each.edit.kind == "add tip" for recipe in found.recipes for each in recipe.edits):
        freed = f"; a place that only this frees for {picked.streamer_name} is not counted"
        note(
            f"{with_article(info.tip_is, opening=True)} takes its {info.streamer_is} "
            f"out of {with_article(info.user_is)}'s list"
            f"{freed if found.direction == 'up' else ''}. What goes together was learned from everyone's "
            f"{plural(info.tip_is)} and stays."
        )


def _draw_alone(picked: Picked, found: GroupRecipeSearch) -> None:
    info, up = picked.run.dataset.info, found.direction == "up"
    top = f"{'in' if up else 'out of'} top {found.k}"
    rows = [
        {"edit": worth.label, "for whom": worth.whom, top: worth.after, "rank": worth.rank_after}
        for worth in found.alone
    ]
    columns = {
        "for whom": st.column_config.TextColumn(width=128),
        top: st.column_config.NumberColumn(width=100),
        "rank": st.column_config.NumberColumn(format="%.0f", width=60),
    }
    caption = f"What single edits are worth to {counted(found.n_ranked, info.user_is)}, of each kind the best"
    show_table(pd.DataFrame(rows), "group-alone", caption, columns, "content")
    now = found.alone[0]
    of = f"{now.before:,}" if up else f"all {found.n_ranked:,}"
    place = f"is in the top {found.k} of {of}, at a median rank of {now.rank_before:,.0f}"
    place = place if found.n_ranked > 1 else f"stands {ordinal(int(now.rank_before))}"
    note(
        f"Without any edit {picked.streamer_name} {place}; the table says the same with each edit alone, at full "
        f"strength{'; rank: the median' if found.n_ranked > 1 else ''}."
    )


def _draw_donors(picked: Picked, asked: Group, share: int) -> None:
    """The fewest donors that bring the streamer into the top 10 of so many of them."""
    heading("Were its content another's, for them")
    if not picked.run.features.modalities:
        missing("This set has no frames, sound or texts, so there is no content that another could give.")
        return
    found: DonorSearch | None = searched(
        "donors",
        "Find the fewest donors",
        (picked.run.hash, asked, picked.basis, picked.streamer_id, share),
        lambda progress: cache.group_donors(picked.run, asked, picked.basis, picked.streamer_id, share / 100, progress),
        in_fold=True,
    )
    if found is None:
        return
    say(found.sentence)
    for recipe in found.recipes[1:]:
        note(f"Or: {recipe.sentence}")
    draw_clips(picked, [given for recipe in found.recipes for given in recipe.donations])
