"""metrics.json as `evaluate` prints it, for a terminal."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from mspa_model.number_format import interval_words, percent, signed
from mspa_model.training.verdict import beside_ignoring, verdict
from mspa_model.types import DatasetInfo
from mspa_model.words import counted, plural


def metrics_table(metrics: Mapping[str, Any], info: DatasetInfo) -> str:
    """The verdict, every model's metrics with their intervals, then the texts, then the notes."""
    table = Table("model", *(names := ("ndcg@10", "recall@10", "ndcg@20", "recall@20")))
    for name, values in metrics["models"].items():
        cells = [_cell(values[n]) for n in names] if values else ["–"] * len(names)
        table.add_row(name, *cells)
    console = Console(width=110)
    with console.capture() as capture:
        console.print(verdict(metrics, info), markup=False)
        measured = counted(metrics["n_users"], info.user_is)
        console.print(f"{metrics['dataset']}, {metrics['split']}, {measured}, 95 % intervals", markup=False)
        console.print(table)
        if metrics.get("text"):
            console.print(_text_table(metrics["text"], info))
        said = (
            *repair_words(metrics.get("correction", {}).get("false_statements")),
            *arrived_words(metrics.get("arrived"), info),
            *cold_words(metrics.get("cold"), info),
        )
        for note in (*said, *metrics["notes"]):
            console.print(note, markup=False)
    return capture.get()


def repair_words(found: Mapping[str, Any] | None) -> tuple[str, ...]:
    """What false statements cost and what correction gives back, a sentence a rule; none where it was not measured."""
    if not found:
        return ()
    if "rules" not in found:  # before recovery was held against the sound preference's own correction
        return ("What correction gives back of false statements was not measured; `evaluate` measures it anew.",)
    rules = {
        rule: each for rule, each in (("loudest values", found), *found["rules"].items()) if each and each["n_users"]
    }
    return tuple(f"False statements, {rule}: {_repair_words(each)}." for rule, each in rules.items())


def _repair_words(found: Mapping[str, Any]) -> str:
    share = found["recovered"]
    less = found["corrected_minus_ignored"]
    sure = interval_words(less["value"], less["low"], less["high"], sign=True)
    beside = f"against leaving all out {sure}, {beside_ignoring(less)}"
    if share["value"] is None:
        return f"cost nothing beyond doubt; {beside}"
    given = f"{percent(share['value'])} of it back ({percent(share['low'])} to {percent(share['high'])})"
    return f"cost {percent(found['cost']['value'])}, correction gives {given}; {beside}"


def arrived_words(found: Mapping[str, Any] | None, info: DatasetInfo) -> tuple[str, ...]:
    """What val tips that arrive after training are worth to each model, one sentence a metric; none if not measured."""
    if not found:
        return ()
    others = {name: model for name, model in found["models"].items() if not name.startswith("mspa")}
    return tuple(_gain_words(found, others, metric, info) for metric in found["models"]["mspa"]["gain"])


def _gain_words(found: Mapping[str, Any], others: Mapping[str, Any], metric: str, info: DatasetInfo) -> str:
    own = found["models"]["mspa"]
    said = f"Newly arrived (val) {plural(info.tip_is)}, nothing trained ({found['n_users']:,} measured): {metric} "
    said += f"{own['train'][metric]:.4f} to {own['train_val'][metric]:.4f}, {_change(own['gain'][metric])}"
    for name, model in others.items():
        less = _change(found["paired"][f"mspa_minus_{name}"][metric])
        said += f"; {name} {signed(model['gain'][metric]['value'], 4)}, MSPA's gain less it {less}"
    return f"{said}."


def _change(interval: Mapping[str, float]) -> str:
    return interval_words(**interval, sign=True)


def cold_words(found: Mapping[str, Any] | None, info: DatasetInfo) -> tuple[str, ...]:
    """How well cold streamers are ranked, and what keeping places for them brings and costs; none without them."""
    if not found:
        return ()
    opening = f"{counted(found['n_streamers'], f'cold {info.streamer_is}')} (no train {info.tip_is})"
    if not found["n_pairs"]:
        return (f"{opening}, and no test {info.tip_is} to one of them.",)
    among, metric = found["among"], found["metric"]
    ranked = f"{_cell(among['mspa'][metric])}, step 0 {_cell(among['mspa@step0'][metric])}"
    first = f"{opening}, {counted(found['n_pairs'], 'test pair')}. Among themselves {metric} {ranked}, by chance "
    none, *shares = found["places"]
    return (
        f"{first}{among['random'][metric]:.3f}; in the full ranking recall@20 {_cell(none['recall@20'])}.",
        *(
            f"With {percent(p['share'])} of the places kept for them: recall@20 {_cell(p['recall@20'])}; ndcg@10 of "
            f"all {plural(info.user_is)} changes by {_change(p['change']['ndcg@10'])}."
            for p in shares
        ),
    )


def _text_table(text: Mapping[str, Any], info: DatasetInfo) -> Table:
    names = ("truth_f1", "truth_f1_sparse", "teacher_f1", "bleu4", "bertscore_f1", "distinct")
    table = Table("text", *names, title=f"Texts of {counted(text['how']['n_users'], info.user_is)} set aside")
    for system, values in text.items():
        if system not in ("paired", "how", "gain_lost") and values:
            table.add_row(system, *("–" if values[n] is None else f"{values[n]['value']:.3f}" for n in names))
    return table


def _cell(interval: Mapping[str, float | None]) -> str:
    return "–" if interval["value"] is None else interval_words(**interval)
