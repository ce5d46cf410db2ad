"""metrics.json as `evaluate` prints it, for a terminal."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table


def metrics_table(metrics: Mapping[str, Any]) -> str:
    """Every model's metrics with their intervals, then the texts, then the notes."""
    table = Table("model", *(names := ("ndcg@10", "recall@10", "ndcg@20", "recall@20")))
    for name, values in metrics["models"].items():
        cells = [_cell(values[n]) for n in names] if values else ["-"] * len(names)
        table.add_row(name, *cells)
    console = Console(width=110)
    with console.capture() as capture:
        console.print(f"{metrics['dataset']}, {metrics['split']}, {metrics['n_users']} users, 95 % intervals")
        console.print(table)
        if metrics.get("text"):
            console.print(_text_table(metrics["text"]))
        for note in (*repair_words(metrics.get("correction", {}).get("false_statements")), *metrics["notes"]):
            console.print(note, markup=False)
    return capture.get()


def repair_words(found: Mapping[str, Any] | None) -> tuple[str, ...]:
    """What false statements cost and what correction gives back, in one sentence; none where it was not measured."""
    if not found or found["recovered"]["value"] is None:
        return ()
    share = found["recovered"]
    return (
        f"{found['n_false']} false statements at {found['strength']:g} cost {found['cost']['value']:.0%}; correction "
        f"gives {share['value']:.0%} of it back ({share['low']:.0%} to {share['high']:.0%}).",
    )


def _text_table(text: Mapping[str, Any]) -> Table:
    names = ("truth_f1", "truth_f1_sparse", "teacher_f1", "bleu4", "bertscore_f1", "distinct")
    table = Table("text", *names, title=f"Texts of {text['how']['n_users']} users set aside")
    for system, values in text.items():
        if system not in ("paired", "how", "gain_lost") and values:
            table.add_row(system, *("-" if values[n] is None else f"{values[n]['value']:.3f}" for n in names))
    return table


def _cell(interval: Mapping[str, float | None]) -> str:
    if interval["value"] is None:
        return "-"
    return f"{interval['value']:.4f} ({interval['low']:.4f}-{interval['high']:.4f})"
