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
        said = (
            *repair_words(metrics.get("correction", {}).get("false_statements")),
            *arrived_words(metrics.get("arrived")),
            *cold_words(metrics.get("cold")),
        )
        for note in (*said, *metrics["notes"]):
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


def arrived_words(found: Mapping[str, Any] | None) -> tuple[str, ...]:
    """What val tips that arrive after training are worth to each model, one sentence a metric; none if not measured."""
    if not found:
        return ()
    others = {name: model for name, model in found["models"].items() if not name.startswith("mspa")}
    return tuple(_gain_words(found, others, metric) for metric in found["models"]["mspa"]["gain"])


def _gain_words(found: Mapping[str, Any], others: Mapping[str, Any], metric: str) -> str:
    own = found["models"]["mspa"]
    said = f"Newly arrived (val) tips, nothing trained ({found['n_users']:,} measured): {metric} "
    said += f"{own['train'][metric]:.4f} to {own['train_val'][metric]:.4f}, {_signed(own['gain'][metric])}"
    for name, model in others.items():
        less = _signed(found["paired"][f"mspa_minus_{name}"][metric])
        said += f"; {name} {model['gain'][metric]['value']:+.4f}, MSPA's gain less it {less}"
    return f"{said}."


def _signed(interval: Mapping[str, float]) -> str:
    return f"{interval['value']:+.4f} ({interval['low']:+.4f} to {interval['high']:+.4f})"


def cold_words(found: Mapping[str, Any] | None) -> tuple[str, ...]:
    """How well cold streamers are ranked, and what keeping places for them brings and costs; none without them."""
    if not found:
        return ()
    opening = f"{found['n_streamers']} cold streamers (no train tip)"
    if not found["n_pairs"]:
        return (f"{opening}, and no test tip to one of them.",)
    among, metric = found["among"], found["metric"]
    ranked = f"{_cell(among['mspa'][metric])}, step 0 {_cell(among['mspa@step0'][metric])}"
    first = f"{opening}, {found['n_pairs']} test pairs. Among themselves {metric} {ranked}, by chance "
    none, *shares = found["places"]
    return (
        f"{first}{among['random'][metric]:.4f}; in the full ranking recall@20 {_cell(none['recall@20'])}.",
        *(
            f"With {p['share']:.0%} of the places kept for them: recall@20 {_cell(p['recall@20'])}; ndcg@10 of all "
            f"users changes by {_signed(p['change']['ndcg@10'])}."
            for p in shares
        ),
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
