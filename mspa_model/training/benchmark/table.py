"""benchmark.json as a person reads it in a terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from mspa_model.number_format import interval_words, percent

WIDTH = 132


def benchmark_table(told: Mapping[str, Any]) -> str:
    """Models with their figures, then cold streamers, users by tips and modalities left out, then how and notes."""
    console = Console(width=WIDTH)
    with console.capture() as capture:
        for part in _parts(told):
            console.print(part, markup=False) if isinstance(part, str) else console.print(part)
    return capture.get()


def _parts(told: Mapping[str, Any]) -> Iterator[str | Table]:
    card, metric = told["dataset"], told["dataset"]["metric"]
    yield f"{card['name']}: {card['n_test_users']:,} users on test, {card['n_streamers']:,} streamers, 95 % intervals"
    if card["hidden_share"]:
        yield f"The train tips of {percent(card['hidden_share'])} of the streamers are hidden, so that these are cold."
    yield _models(told, metric)
    slices = told["slices"]
    yield _cold(slices["cold_streamers"], metric)
    if slices["users_by_train_tips"]:
        yield _by_tips(slices["users_by_train_tips"], list(told["models"]), metric)
    if slices["without_modality"]["modalities"]:
        yield _without(slices["without_modality"], metric)
    yield told["how"]
    yield from (f"{name}: {model['note']}" for name, model in told["models"].items() if model["note"])


def _models(told: Mapping[str, Any], metric: str) -> Table:
    shown = list(dict.fromkeys([metric, "recall@20", "ndcg@20"]))
    table = Table("model", *shown, f"MSPA less it, {metric}", "train s", "MiB", "seeds")
    for name, model in told["models"].items():
        figures = [_cell(model["test"] and model["test"][m]) for m in shown]
        paired = told["paired"].get(name)
        rest = [_plain(model["train_s"]), _plain(model["peak_mib"]), str(model["seeds"])]
        table.add_row(name, *figures, _cell(paired and paired[metric], sign=True), *rest)
    return table


def _cold(cold: Mapping[str, Any], metric: str) -> Table | str:
    if not cold["n_users"]:
        return f"Cold streamers: {cold['n_streamers']}; no test tip to one could be measured."
    table = Table(
        "model", metric, title=f"{cold['n_streamers']} cold streamers among themselves, {cold['n_users']} users"
    )
    for name, figures in cold["models"].items():
        table.add_row(name, "cannot rank them" if figures is None else _cell(figures[metric]))
    return table


def _by_tips(buckets: list[Mapping[str, Any]], names: list[str], metric: str) -> Table:
    heads = [f"{b['bucket']}\n{b['n_users']} users" for b in buckets]
    table = Table("model", *heads, title=f"{metric} by number of train tips")
    for name in names:
        values = [b["models"][name][metric]["value"] if name in b["models"] else None for b in buckets]
        table.add_row(name, *("–" if v is None else f"{v:.4f}" for v in values))
    return table


def _without(without: Mapping[str, Any], metric: str) -> Table:
    table = Table("step 0", metric, "whole less it", title="A modality left out")
    table.add_row("whole", _cell(without["whole"] and without["whole"][metric]), "")
    for modality, found in without["modalities"].items():
        test, paired = found["test"], found["paired"]
        table.add_row(f"without {modality}", _cell(test and test[metric]), _cell(paired and paired[metric], sign=True))
    return table


def _cell(interval: Mapping[str, float | None] | None, sign: bool = False) -> str:
    if interval is None or interval["value"] is None:
        return "–"
    return interval_words(interval["value"], interval["low"], interval["high"], sign)


def _plain(number: float | None) -> str:
    return "–" if number is None else f"{number:,.0f}"
