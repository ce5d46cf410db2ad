"""What sets one run apart from another, in sentences and as tables a page can draw; names stay unescaped.

The run that is looked at is the later one, `after`; the other is `before`, and every difference is after less before.
"""

import pandas as pd

from explain.figures_style import SOURCE_LABELS, signed
from explain.narrate import counted, name_of, ordinal, plain, plural, source_words
from mspa_model.data.ids import streamer_idx_of
from mspa_model.number_format import compared, interval_words
from mspa_model.types import Comparison, Dataset, DatasetInfo, Difference, LostTip
from mspa_model.types.comparison import FEWEST_TEST_TIPS, FEWEST_USERS

USER = "id"  # column of user ids
_NO_TIP = {"lost most": "", "places": "", "by": "", "points": None, "overtaken by": ""}


def headline(comparison: Comparison) -> str:
    """What changed in the data's own metric, whether it is more than chance, and whether more than a seed's doing."""
    found, name = comparison.difference(comparison.metric), plain(comparison.before.name)
    if _same(comparison):
        return f"Nothing sets this run apart from {name}: every figure and every top 10 is the same."
    size = f"{comparison.metric} {_with_interval(found)}"
    if comparison.only_seed:
        return f"Against {name}, which differs in nothing but the seed, {size}: that is what a seed does."
    if found.n_users < FEWEST_USERS:
        return f"Against {name}, {size}, over too few to rule out chance ({found.n_users:,})."
    chance = {"better": "better by more than chance", "worse": "worse by more than chance"}.get(found.reading)
    if chance is None:
        return f"Against {name}, this run cannot be told apart from chance: {size}{_and_seed(found)}."
    return f"Against {name}, this run is {chance}: {size}{_and_seed(found)}."


def _same(comparison: Comparison) -> bool:
    return comparison.overlap.mean_share == 1 and all(d.before == d.after for d in comparison.differences)


def _with_interval(found: Difference) -> str:
    return interval_words(found.after - found.before, found.interval.low, found.interval.high, sign=True)


def _and_seed(found: Difference) -> str:
    if found.between_seeds is None:
        return "; what another seed alone would change is not known"
    _, apart = compared(found.after - found.before, found.between_seeds)
    if found.within_seeds:
        link = "and" if found.reading == "not told apart" else "yet"
        return f", {link} no more than the {apart} that another seed alone changed it by"
    return f", and more than the {apart} that another seed alone changed it by"


def seed_sentence(comparison: Comparison) -> str:
    """Where the measure of what a seed does comes from."""
    if comparison.only_seed:
        return "The two differ in nothing but the seed, so every difference here is what a seed does."
    if comparison.seed_pair is None:
        return (
            "No run is known that differs from one of the two in the seed alone, so nothing says what a seed would do."
        )
    pair = " and ".join(plain(name) for name in comparison.seed_pair)
    return (
        f"“Within seeds” means no larger than the difference of {pair}, which differ in the seed alone: "
        "one pair, so a rough measure."
    )


def overlap_sentence(comparison: Comparison, info: DatasetInfo) -> str:
    """How much of the top 10 is the same."""
    counts, n_users = comparison.overlap.counts, comparison.n_users
    few, every = sum(counts[:5]), counts[-1]
    return (
        f"The two top 10 share {10 * comparison.overlap.mean_share:.1f} of 10 {plural(info.streamer_is)} in the mean; "
        f"{every:,} of {counted(n_users, info.user_is)} keep all ten, {few:,} fewer than five."
    )


def users_sentence(comparison: Comparison, info: DatasetInfo) -> str:
    """How many were better or worse off; those with too few test tips are changed, never worse."""
    users = comparison.users
    return (
        f"By {comparison.metric}, {users.better:,} of {counted(comparison.n_users, info.user_is)} are better off, "
        f"{users.worse:,} worse, {users.same:,} the same; {users.changed:,} changed, with fewer than "
        f"{FEWEST_TEST_TIPS} test {plural(info.tip_is)} too few to say more."
    )


def figures_table(comparison: Comparison, metric: str, info: DatasetInfo) -> pd.DataFrame:
    """One row a group: means, the paired difference with its interval, and what these say."""
    rows = [
        {
            plural(info.user_is): group_words(d, info),
            "difference": d.after - d.before,
            "low": d.interval.low,
            "high": d.interval.high,
            "reading": d.reading,
            "seeds": _seed_mark(d),
            "measured": d.n_users,
            "other run": d.before,
            "this run": d.after,
        }
        for d in comparison.differences
        if d.metric == metric
    ]
    return pd.DataFrame(rows)


def how_to_read(comparison: Comparison, metric: str) -> str:
    """How the table of figures is meant."""
    n = sum(d.metric == metric for d in comparison.differences)
    return (
        "the difference is this run less the other, paired one by one, with its 95 % interval; where that leaves out "
        f"zero it is more than chance. Of {n} rows about one in twenty would do so by luck: one row proves little."
    )


def group_words(difference: Difference, info: DatasetInfo) -> str:
    """ "all", "6 to 10 tips known", "language: English", "tips to streamers new in the test"."""
    if difference.kind == "train tips":
        low, _, high = difference.label.rstrip("+").partition("-")
        more = " or more" if difference.label.endswith("+") else f" to {high}" if high else ""
        return f"{low}{more} {plural(info.tip_is)} known"
    if difference.kind == "cold targets":
        return f"on {plural(info.streamer_is)} without a train {info.tip_is}"
    return "all" if difference.kind == "all" else plain(difference.label)


def _seed_mark(difference: Difference) -> str:
    if difference.within_seeds is None:
        return "not known"
    return "within seeds" if difference.within_seeds else f"beyond ({abs(difference.between_seeds or 0):.4f})"


def losses_table(comparison: Comparison, dataset: Dataset) -> pd.DataFrame:
    """One row a user who lost: which tip fell, by which source, past whom; then the figures. Blank where none falls."""
    return pd.DataFrame(
        [
            {
                USER: loss.user_id,
                "is": loss.word,
                **(_NO_TIP if loss.lost is None else _tip_cells(loss.lost, dataset)),
                f"{comparison.metric}, other": loss.before,
                f"{comparison.metric}, this": loss.after,
                "known": loss.n_train,
                "to find": loss.n_test,
            }
            for loss in comparison.losses
        ]
    )


def _tip_cells(lost: LostTip, dataset: Dataset) -> dict[str, object]:
    tip, rival = _names(lost, dataset)
    told = (tip, f"{lost.rank_before} to {lost.rank_after}", SOURCE_LABELS[lost.moved_most.source])
    return dict(zip(_NO_TIP, (*told, lost.moved_most.change, rival), strict=True))


def _names(lost: LostTip, dataset: Dataset) -> tuple[str, ...]:
    """Of the lost tip's streamer and of the rival."""
    return tuple(name_of(dataset, streamer_idx_of(dataset, known)) for known in (lost.streamer_id, lost.rival_id))


def largest_sentence(comparison: Comparison, dataset: Dataset) -> str:
    """The largest loss in words: which tip fell, past whom, and by which source; empty where none is known."""
    found = next((loss for loss in comparison.losses if loss.lost is not None), None)
    if found is None:
        return ""
    lost, info = found.lost, dataset.info
    tip, rival = _names(lost, dataset)
    total = sum(s.change for s in lost.sources)
    return (
        f"The first of them, {plain(found.user_id)}: {tip} falls from {ordinal(lost.rank_before)} to "
        f"{ordinal(lost.rank_after)}, behind {rival} ({ordinal(lost.rival_rank_after)}); most by "
        f"{source_words(lost.moved_most.source, info)} ({signed(lost.moved_most.change)} of {signed(total)} points)."
    )


def stale_sentence(comparison: Comparison) -> str:
    """Empty where ranking the losers anew gave what is stored."""
    stale = sum(not loss.as_stored for loss in comparison.losses)
    if not stale:
        return ""
    return f"For {stale} of them the top 10 ranked anew is not the one stored: `evaluate` both runs on this machine."


def config_table(comparison: Comparison) -> pd.DataFrame:
    """Dotted paths whose value differs."""
    rows = [
        (c.path, plain(str(c.before), 120), plain(str(c.after), 120), "val" if c.chosen else "configured")
        for c in comparison.config
    ]
    return pd.DataFrame(rows, columns=["setting", "other run", "this run", "chosen by"])


def config_sentence(comparison: Comparison) -> str:
    """How many settings differ."""
    if not comparison.config:
        return "The configurations are the same, the seed too: what differs is the code, or how the runs were made."
    n = len(comparison.config)
    return f"{counted(n, 'setting')} of the configuration {'differs' if n == 1 else 'differ'}."
