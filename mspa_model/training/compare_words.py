"""A comparison as the command prints it: tables for a terminal, or JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mspa_model.number_format import interval_words, percent, signed
from mspa_model.types import Comparison, Difference, LostTip, UserLoss
from mspa_model.types.comparison import FEWEST_TEST_TIPS

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


def comparison_table(comparison: Comparison) -> str:
    """Configuration, figures by group, overlap, and the users who lost most, for a terminal."""
    console = Console(width=WIDTH)
    with console.capture() as capture:
        names = f"{comparison.after.name} less {comparison.before.name}"
        _say(console, f"{names}: {comparison.dataset}, test, {comparison.n_users} users")
        _config(console, comparison)
        console.print(_figures(comparison.differences))
        _say(console, _seed_words(comparison))
        _overlap(console, comparison)
        _losses(console, comparison)
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


def _figures(differences: Sequence[Difference]) -> Table:
    table = Table("group", "users", "metric", "before", "after", "after less before, 95 %", "reading")
    shown = ""
    for d in differences:
        group = d.label if d.kind != "train tips" else f"{d.label} train tips"
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


def _overlap(console: Console, comparison: Comparison) -> None:
    overlap = comparison.overlap
    _say(console, f"Top 10: {percent(overlap.mean_share)} shared in the mean. Users by how many of the ten they share:")
    counts = {n: count for n, count in enumerate(overlap.counts) if count}
    _say(console, "  " + ", ".join(f"{n}: {count}" for n, count in counts.items()))


def _losses(console: Console, comparison: Comparison) -> None:
    users = comparison.users
    _say(
        console,
        f"{comparison.metric}: {users.better} users better, {users.worse} worse, {users.same} the same, "
        f"{users.changed} changed (fewer than {FEWEST_TEST_TIPS} test tips, too few to say more).",
    )
    if comparison.losses:
        table = Table("user", "tips", comparison.metric, "", "lost tip", "rival", "moved most", title="Largest losses")
        for loss in comparison.losses:
            table.add_row(*_loss_cells(loss))
        console.print(table)


def _loss_cells(loss: UserLoss) -> list[Text | str]:
    """tips: train and test."""
    figures = f"{loss.before:.3f} to {loss.after:.3f}"
    known = [Text(loss.user_id), f"{loss.n_train}+{loss.n_test}", figures, loss.word]
    return known + (["–", "–", "no tip falls in ranking anew"] if loss.lost is None else _tip_cells(loss.lost))


def _tip_cells(lost: LostTip) -> list[Text | str]:
    shift = lost.moved_most
    return [
        Text(f"{lost.streamer_id}, {lost.rank_before} to {lost.rank_after}"),
        Text(f"{lost.rival_id}, {lost.rival_rank_before} to {lost.rival_rank_after}"),
        f"{shift.source} {signed(shift.change)}",
    ]
