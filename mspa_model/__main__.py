"""Commands: python -m mspa_model check, sample, import, train, teach-lora, evaluate, compare, benchmark, compose,
recommend.

Exit status 0, or 2 with one clear sentence on bad input. Heavy imports wait until a command needs them.
"""

import json
import signal
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mspa_model.errors import UnknownIdError, run_command

DeviceOption = Annotated[str, typer.Option("--device", help="auto, cpu or cuda; auto takes a GPU where there is one.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DataOption = Annotated[Path | None, typer.Option("--data", help="The dataset folder, where it was moved.")]
RunArgument = Annotated[Path, typer.Argument(help="A run folder made by train.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Put the new one in the place of an older one at --out.")]
SeedOption = Annotated[int | None, typer.Option(help="Seed of what is random; else the configuration's, else 7.")]
FolderArgument = Annotated[Path, typer.Argument(help="A dataset folder, as docs/dataset.md describes it.")]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Data, training and ranking of MSPA.",
)


class Scope(StrEnum):
    """Which tips a ranking knows."""

    TRAIN = "train"
    ALL = "all"


class Candidates(StrEnum):
    """Which streamers are ranked."""

    NEW = "new"
    ALL = "all"


class ImportSource(StrEnum):
    """What can be imported."""

    CSV = "csv"


@app.command()
def check(folder: FolderArgument, as_json: JsonOption = False) -> None:
    """Say whether a dataset folder is sound: all faults together; exit status 2 where there is any."""
    from mspa_model.data import check_folder

    report = check_folder(folder)
    typer.echo(report.to_json() if as_json else "\n".join(report.sentences()))
    if report.faults:
        raise typer.Exit(2)


@app.command()
def sample(out: Annotated[Path, typer.Argument(help="A folder to make.")], seed: int = 7) -> None:
    """Make the sample world: real media, planted truth."""
    from mspa_model.data.world import make_world

    make_world(out, seed)
    typer.echo(f"Made the sample world in {out}.")


@app.command("import")
def import_(
    source: ImportSource,
    src: Annotated[Path, typer.Argument(help="Folder of the source's files.")],
    out: Annotated[Path, typer.Argument(help="Dataset folder to make.")],
    map_file: Annotated[
        Path | None,
        typer.Option("--map", help="map.toml: your names and units, see docs/dataset.md."),
    ] = None,
    quarantine: Annotated[bool, typer.Option("--quarantine", help="Set bad rows aside, up to 5 %.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Turn another source's files into a dataset folder."""
    from mspa_model.data import import_csv

    report = import_csv(src, out, map_file, quarantine)
    typer.echo(report.to_json() if as_json else "\n".join(report.sentences()))


@app.command()
def train(
    folder: FolderArgument,
    out: Annotated[Path, typer.Option("--out", help="The run folder to make.")],
    seed: SeedOption = None,
    device: DeviceOption = "auto",
    with_map: Annotated[bool, typer.Option("--map/--no-map", help="Fit the UMAP map too.")] = True,
    config: Annotated[Path | None, typer.Option("--config", help="config.json; else the defaults.")] = None,
    max_dense_streamers: Annotated[int | None, typer.Option(help="Above this, co-tipping is low-rank.")] = None,
    force: ForceOption = False,
    audit_cases: Annotated[int, typer.Option("--audit", min=0, help="Cases of a first audit; 0 for none.")] = 20,
) -> None:
    """Train a run: says first what it will take, last how well it ranks and what to type next."""
    _check_out(out, force)
    from mspa_model.training.announced import train_announced
    from mspa_model.training.settings import settings_of

    settings = settings_of(config, seed, max_dense_streamers)
    train_announced(folder, out, settings, _device(device), with_map, force, audit_cases)


@app.command("teach-lora")
def teach_lora(
    run: RunArgument,
    model: Annotated[str, typer.Option("--model", help="A language model by folder, .gguf file or cached hub id.")],
    out: Annotated[Path, typer.Option("--out", help="The adapter's folder to make.")],
    steps: Annotated[int, typer.Option(min=1)] = 200,
    rank: Annotated[int, typer.Option(min=1)] = 8,
    learning_rate: Annotated[float, typer.Option(min=0.0)] = 2e-4,
    seed: int = 7,
    device: DeviceOption = "auto",
    data: DataOption = None,
    force: ForceOption = False,
) -> None:
    """Teach a large language model the teacher's statements of a run, from a few of a user's tips (LoRA)."""
    _check_out(out, force, "adapter")
    from mspa_model.runs import load_run
    from mspa_model.training.lora import LoraSettings, report_sentence
    from mspa_model.training.lora import teach_lora as teach

    loaded = load_run(run, data, _device(device))
    settings = LoraSettings(steps=steps, rank=rank, learning_rate=learning_rate, seed=seed)
    report = teach(loaded.dataset, loaded.composers["teacher"], model, out, settings, loaded.device, force=force)
    typer.echo(f"Wrote the adapter {out}. {report_sentence(report)}")


@app.command()
def evaluate(
    run: RunArgument, as_json: JsonOption = False, device: DeviceOption = "auto", data: DataOption = None
) -> None:
    """Measure a run on its test split, beside the baselines scored while training."""
    from mspa_model.training.metrics_words import metrics_table
    from mspa_model.training.train import evaluate_run

    measured = evaluate_run(run, data, _device(device), progress=not as_json)
    words = metrics_table(measured.metrics, measured.dataset.info)
    typer.echo(json.dumps(dict(measured.metrics), indent=1, ensure_ascii=False) if as_json else words)


@app.command()
def compare(
    run_a: Annotated[Path, typer.Argument(help="The run before.")],
    run_b: Annotated[Path, typer.Argument(help="The run after; differences are it less RUN_A.")],
    seed_run: Annotated[Path | None, typer.Option(help="A run as one of the two, with another seed.")] = None,
    users: Annotated[int, typer.Option(min=0, help="How many of the users who lost most to show.")] = 10,
    as_json: JsonOption = False,
    device: DeviceOption = "auto",
    data: DataOption = None,
) -> None:
    """Hold two runs of the same data against each other: figures by group, top 10, and who lost by which source."""
    from mspa_model.runs import load_run
    from mspa_model.training.compare import compare_runs, read_seed_run
    from mspa_model.training.compare_words import comparison_json, comparison_table

    twin = None if seed_run is None else read_seed_run(seed_run)
    before, after = (load_run(run, data, _device(device)) for run in (run_a, run_b))
    found = compare_runs(before, after, twin, users)
    words = json.dumps(comparison_json(found), indent=1, ensure_ascii=False) if as_json else ""
    typer.echo(words or comparison_table(found, after.dataset.info))


@app.command()
def benchmark(
    folder: FolderArgument,
    out: Annotated[Path | None, typer.Option("--out", help="Where results are kept, under runs/ if none.")] = None,
    seed: Annotated[int | None, typer.Option(help="The first seed, else the configuration's, else 7.")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Seeds of what is random.")] = 3,
    model: Annotated[list[str] | None, typer.Option("--model", help="Only this one; repeat it.")] = None,
    config: Annotated[Path | None, typer.Option("--config", help="config.json; else the defaults.")] = None,
    hidden: Annotated[
        float, typer.Option("--hide", help="Take out the train tips of this share of streamers: cold ones to rank.")
    ] = 0.0,
    as_json: JsonOption = False,
    device: DeviceOption = "auto",
) -> None:
    """Train MSPA and its peers on one split and hold them against each other; goes on where it was cut off."""
    from mspa_model.training.benchmark.run import benchmark as run_benchmark
    from mspa_model.training.benchmark.table import benchmark_table
    from mspa_model.training.settings import settings_of

    told = run_benchmark(folder, out, settings_of(config, seed), seeds, _device(device), model, hidden=hidden)
    typer.echo(json.dumps(told, indent=1, ensure_ascii=False) if as_json else benchmark_table(told))


@app.command()
def compose(
    run: RunArgument,
    user: Annotated[str | None, typer.Option("--user", help="Which user.")] = None,
    ahead: Annotated[bool, typer.Option("--ahead", help="Write all users' ahead, into the run, for speed.")] = False,
    history: Annotated[Scope, typer.Option(help="Which tips are known.")] = Scope.ALL,
    composer: Annotated[
        str | None, typer.Option(help="teacher, compact, or a language model by folder, .gguf file or cached hub id.")
    ] = None,
    as_json: JsonOption = False,
    device: DeviceOption = "auto",
    data: DataOption = None,
) -> None:
    """Write a user's preference: statements with their evidence, and prose."""
    if ahead:
        from mspa_model.training.ahead import write_ahead

        write_ahead(run, data, _device(device))
        return
    if user is None:
        raise UnknownIdError("compose without --user", "--user U, or --ahead", "Name a user.")
    from mspa_model.as_json import preference_json
    from mspa_model.pipeline import history_for
    from mspa_model.runs import load_run

    loaded = load_run(run, data, _device(device))
    tips = history_for(loaded, user, history.value)
    preference = _composer(loaded, composer).compose(tips)
    told = preference_json(loaded, preference)
    typer.echo(json.dumps(told, indent=1, ensure_ascii=False) if as_json else preference.text)


@app.command()
def recommend(
    run: RunArgument,
    user: Annotated[str | None, typer.Option("--user", help="Which user.")] = None,
    tip: Annotated[list[str] | None, typer.Option("--tip", help="For a new user: an id or name; repeat it.")] = None,
    add_tips: Annotated[Path | None, typer.Option("--add-tips", help="New tips of the user: .csv or .parquet.")] = None,
    at: Annotated[str | None, typer.Option("--at", help="Rank only who is live then; ISO 8601, else UTC.")] = None,
    why: Annotated[str | None, typer.Option("--why", help="Say why this one (id or name) is not in the top k.")] = None,
    k: Annotated[int, typer.Option("--k", min=1, help="How many streamers to print.")] = 10,
    history: Annotated[Scope, typer.Option(help="Which tips are known.")] = Scope.ALL,
    candidates: Annotated[
        Candidates, typer.Option(help="Leave out streamers already tipped, or keep them.")
    ] = Candidates.NEW,
    new_share: Annotated[
        float, typer.Option("--new-share", help="Share of the places kept for streamers without a train tip, 0 to 1.")
    ] = 0.0,
    as_json: JsonOption = False,
    device: DeviceOption = "auto",
    data: DataOption = None,
) -> None:
    """Rank streamers for a user, or for a new user given by tips alone; prints every correction step.

    With --add-tips (columns streamer_id and amount, tipped_at where known) the user's history grows by them, and what
    moved is told. --at leaves the history as it is: it says who may stand in the ranking.
    """
    from mspa_model.as_json import arrival_json, trace_json, trace_words
    from mspa_model.data.arrivals import read_arrivals
    from mspa_model.data.ids import streamer_id_of
    from mspa_model.data.rooms import moment_of
    from mspa_model.pipeline import history_for, history_of_tips, rank_arrivals, rank_tips, rank_user, why_absent
    from mspa_model.runs import load_run

    if (user is None) == (not tip):
        raise UnknownIdError("neither or both of --user and --tip", "one of them", "Name a user, or a new user's tips.")
    if user is None and add_tips is not None:
        raise UnknownIdError("--add-tips for a new user", "--user U", "Give a new user's tips by --tip alone.")
    live_at = None if at is None else moment_of(at)
    loaded = load_run(run, data, _device(device))
    if user is None:
        tips = history_of_tips(loaded, [(streamer_id_of(loaded.dataset, t), 1.0) for t in tip or []])
        trace = rank_tips(loaded, tips, candidates.value, live_at=live_at, new_share=new_share)
        told = trace_json(loaded, trace, k)
    elif add_tips is None:
        trace = rank_user(loaded, user, history.value, candidates.value, live_at, new_share)
        told = trace_json(loaded, trace, k)
    else:
        arrived = read_arrivals(add_tips, loaded.dataset, history_for(loaded, user, history.value))
        arrival = rank_arrivals(loaded, user, arrived, history.value, candidates.value, live_at, new_share)
        trace, told = arrival.after, arrival_json(loaded, arrival, k)
    if why is not None:
        told["why"] = why_absent(loaded, trace, streamer_id_of(loaded.dataset, why), k)
    info = loaded.dataset.info
    words = json.dumps(told, indent=1, ensure_ascii=False) if as_json else trace_words(told, info)
    typer.echo(words)


def _check_out(out: Path, force: bool, what: str = "run") -> None:
    """Before the heavy imports: whether a run or an adapter can be written at --out."""
    from mspa_model.folders import check_destination, check_free
    from mspa_model.manifest import MANIFEST

    check_destination(out)
    check_free(out, MANIFEST, force, what)


def _device(name: str):
    from mspa_model.errors import ResourceError

    if name not in ("auto", "cpu", "cuda"):
        raise ResourceError(f"--device {name}", "auto, cpu or cuda", "Use --device auto.")
    return name


def _composer(run, name: str | None):
    """The run's active composer, another of its own, or a language model from this machine."""
    if name is None or name in run.composers:
        return run.composer if name is None else run.composers[name]
    from mspa_model.preference.large_model import large_composer

    teacher = run.composers["teacher"].teacher
    return large_composer(name, run.dataset, run.vocabulary, teacher, run.features, run.device)


def main() -> None:
    """The command line; a fault of the input is one sentence and exit status 2."""
    run_command(app)


if __name__ == "__main__":
    # Told to stop, it clears up what it was writing, as after Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    main()
