"""A comparison as the command prints it: tables for a terminal, or JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mspa_model.number_format import interval_words, percent, signed
from mspa_model.types import Comparison, DatasetInfo, Difference, LostTip, UserLoss
from mspa_model.types.comparison import FEWEST_TEST_TIPS
from mspa_model.words import counted, plural

WIDTH = 110


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """Every field, with what follows from it: what each figure says, whether a seed explains it, who moved the tip."""
    told = asdict(comparison)
    told["only_seed"] = comparison.only_seed
    for row, difference in zip(told["differences"], comparison.differences, strict=True):
        row |= {"reading": difference.reading, "within_seeds": difference.within_seeds}
    for row, loss in zip(told["losses"], comparison.losses, strict=True):
        if loss.lost is not None:
            row["lost"]["moved_most"] = loss.lost.moved_most.source
    return told


def comparison_table(comparison: Comparison, info: DatasetInfo) -> str:
    """Configuration, figures by group, overlap, and the users who lost most, for a terminal."""
    console = Console(width=WIDTH)
    with console.capture() as capture:
        names = f"{comparison.after.name} less {comparison.before.name}"
        _say(console, f"{names}: {comparison.dataset}, test, {counted(comparison.n_users, info.user_is)}")
        _config(console, comparison)
        console.print(_figures(comparison.differences, info))
        _say(console, _seed_words(comparison))
        _overlap(console, comparison, info)
        _losses(console, comparison, info)
    return capture.get()


def _say(console: Console, sentence: str) -> None:
    console.print(Text(sentence))  # Text, so that nothing from data is read as markup


def _config(console: Console, comparison: Comparison) -> None:
    if not comparison.config:
        _say(console, "Their configurations are the same, the seed too: what differs is the code, or how it was run.")
        return
    table = Table("configuration", "before", "after")
    for change in comparison.config:
        table.add_row(
            change.path + (" (chosen on val)" if change.chosen else ""), str(change.before), str(change.after)
        )
    console.print(table)


def _figures(differences: Sequence[Difference], info: DatasetInfo) -> Table:
    table = Table("group", plural(info.user_is), "metric", "before", "after", "after less before, 95 %", "reading")
    shown = ""
    for d in differences:
        group = d.label if d.kind != "train tips" else f"{d.label} train {plural(info.tip_is)}"
        between = interval_words(d.after - d.before, d.interval.low, d.interval.high, sign=True)
        reading = d.reading + (", within seeds" if d.within_seeds else "")
        first = (Text(group), str(d.n_users)) if group != shown else ("", "")
        table.add_row(*first, d.metric, f"{d.before:.4f}", f"{d.after:.4f}", between, reading)
        shown = group
    return table


def _seed_words(comparison: Comparison) -> str:
    if comparison.only_seed:
        return "The two differ in nothing but the seed: these differences are what a seed does."
    if comparison.seed_pair is None:
        return "No run of a second seed was given (--seed-run), so nothing here says what a seed alone would change."
    pair = " and ".join(comparison.seed_pair)
    return f"“Within seeds”: no larger than the difference of {pair}, which differ in the seed alone."


def _overlap(console: Console, comparison: Comparison, info: DatasetInfo) -> None:
    overlap, users = comparison.overlap, plural(info.user_is)
    _say(
        console,
        f"Top 10: {percent(overlap.mean_share)} shared in the mean. By how many of the ten they share, {users}:",
    )
    counts = {n: count for n, count in enumerate(overlap.counts) if count}
    _say(console, "  " + ", ".join(f"{n}: {count}" for n, count in counts.items()))


def _losses(console: Console, comparison: Comparison, info: DatasetInfo) -> None:
    users = comparison.users
    _say(
        console,
        f"{comparison.metric}: {counted(users.better, info.user_is)} better, {users.worse} worse, {users.same} the "
        f"same, {users.changed} changed (fewer than {FEWEST_TEST_TIPS} test {plural(info.tip_is)}, too few to say "
        "more).",
    )
    if comparison.losses:
        table = Table(
            info.user_is,
            plural(info.tip_is),
            comparison.metric,
            "",
            f"lost {info.tip_is}",
            "rival",
            "moved most",
            title="Largest losses",
        )
        for loss in comparison.losses:
            table.add_row(*_loss_cells(loss, info))
        console.print(table)


def _loss_cells(loss: UserLoss, info: DatasetInfo) -> list[Text | str]:
    """tips: train and test."""
    figures = f"{loss.before:.3f} to {loss.after:.3f}"
    known = [Text(loss.user_id), f"{loss.n_train}+{loss.n_test}", figures, loss.word]
    return known + (
        ["–", "–", f"no {info.tip_is} falls in ranking anew"] if loss.lost is None else _tip_cells(loss.lost)
    )


def _tip_cells(lost: LostTip) -> list[Text | str]:
    shift = lost.moved_most
    return [
        Text(f"{lost.streamer_id}, {lost.rank_before} to {lost.rank_after}"),
        Text(f"{lost.rival_id}, {lost.rival_rank_before} to {lost.rival_rank_after}"),
        f"{shift.source} {signed(shift.change)}",
    ]
