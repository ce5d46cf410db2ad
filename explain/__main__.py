"""Commands: python -m explain case | audit | report | verify. Exit status 0, or 2 with one sentence on bad input.

Heavy imports wait until a command needs them, so that --help answers at once.
"""

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from mspa_model.errors import MspaError, run_command
from mspa_model.number_format import signed

if TYPE_CHECKING:
    from explain.types import Carrying, Explanation, Turn
    from mspa_model.runs import Run

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Explain a trained run: why a streamer stands where it stands, with the proof.",
)

RunFolder = Annotated[Path, typer.Argument(help="Folder of a trained run.")]
UserId = Annotated[str, typer.Option("--user", help="Id of the user.")]
StreamerId = Annotated[str, typer.Option("--streamer", help="Id or name of the streamer that is explained.")]
RivalId = Annotated[str | None, typer.Option("--rival", help="Id or name of the rival; else the next streamer below.")]
StepIndex = Annotated[int | None, typer.Option("--step", help="Correction step; else the last kept.")]
Scope = Annotated[Literal["train", "all"], typer.Option("--history", help="The tips that the ranking knows.")]
Candidates = Annotated[
    Literal["new", "all"], typer.Option("--candidates", help="Leave out what was tipped (new), or not (all).")
]
At = Annotated[str | None, typer.Option("--at", help="Rank only who is live then; ISO 8601, else UTC.")]
NewShare = Annotated[float, typer.Option("--new-share", help="Share of the places kept for the new, 0 to 1.")]
Device = Annotated[Literal["auto", "cpu", "cuda"], typer.Option("--device", help="Where to compute.")]
Data = Annotated[Path | None, typer.Option("--data", help="Dataset folder, where it is not where the run was trained.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_N_PIECES = 8  # seconds, sentences or words that are named in words; JSON has all


@app.command()
def case(
    run: RunFolder,
    user: UserId,
    streamer: StreamerId,
    rival: RivalId = None,
    step: StepIndex = None,
    history: Scope = "all",
    candidates: Candidates = "new",
    at: At = None,
    new_share: NewShare = 0.0,
    against_step: Annotated[
        int | None, typer.Option("--against-step", help="Also: how the margin differs from this step's.")
    ] = None,
    opened: Annotated[
        Literal["visual", "audio", "text"] | None,
        typer.Option("--open", help="Also: which frames, seconds or words of the streamer carry this modality."),
    ] = None,
    as_json: AsJson = False,
    device: Device = "auto",
    data: Data = None,
) -> None:
    """Why the streamer stands above or below its rival, in sentences or as JSON."""
    from explain.pieces import carrying
    from explain.pipeline import explain
    from explain.turns import turn_between
    from explain.types import Case
    from mspa_model.pipeline import rank_user
    from mspa_model.runs import load_run
    from mspa_model.types import Modality

    loaded = load_run(run, data=data, device=device)
    streamer, rival = _named(loaded, streamer), _named(loaded, rival)
    asked = Case(user, streamer, rival, step, history, candidates, _moment(at), new_share)
    trace = rank_user(loaded, user, history, candidates, asked.live_at, new_share)
    explanation = explain(loaded, asked, trace)
    last, turn, inside = explanation.case.step or 0, None, None
    if against_step is not None:
        pair = (explanation.streamer_idx, explanation.rival_idx)
        turn = turn_between(loaded, trace, against_step, last, pair)
    if opened is not None:
        inside = carrying(loaded, trace.steps[last], Modality(opened), explanation.streamer_idx)
    typer.echo(to_json(explanation, turn, inside, loaded) if as_json else in_words(explanation, turn, inside))


@app.command()
def report(
    run: RunFolder,
    user: UserId,
    out: Annotated[Path, typer.Option("--out", help="Folder to write into.")],
    streamer: Annotated[str | None, typer.Option("--streamer", help="Its id or name; else the user's first.")] = None,
    rival: RivalId = None,
    step: StepIndex = None,
    history: Scope = "all",
    candidates: Candidates = "new",
    at: At = None,
    new_share: NewShare = 0.0,
    note: Annotated[str, typer.Option("--note", help="The analyst's note on the page.")] = "",
    device: Device = "auto",
    data: Data = None,
) -> None:
    """Write the printed page of a case: evidence JSON, HTML and PDF. Prints the files."""
    from mspa_model.folders import check_destination

    check_destination(out, inside=True)  # before the heavy imports
    from explain.report import key_file, render_report
    from explain.types import Case
    from mspa_model.runs import load_run

    loaded = load_run(run, data=data, device=device)
    scopes = (history, candidates, _moment(at), new_share)
    streamer, rival = _named(loaded, streamer) or _first(loaded, user, *scopes), _named(loaded, rival)
    keyed = key_file(loaded) is not None
    for path in render_report(loaded, Case(user, streamer, rival, step, *scopes), out, note=note):
        typer.echo(str(path))
    if not keyed:
        typer.echo(f"Made the key file {key_file(loaded)}, which alone opens the pseudonyms: keep it.", err=True)


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="Evidence JSON of a report.")],
    run: Annotated[Path, typer.Option("--run", help="Folder of the run that it speaks of.")],
    user: Annotated[
        str | None, typer.Option("--user", help="Id of the user it is about, where no key opens it.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", help="Key file of the run it was made with; else RUN.key.")
    ] = None,
    device: Device = "auto",
    data: Data = None,
) -> None:
    """Compute a report's case again and compare: exit status 0 where it holds, 1 where it does not.

    Without the key file and without --user all is verified but whom the pseudonym stands for.
    """
    from explain.report import read_secret
    from explain.report import verify as verify_report
    from mspa_model.runs import load_run

    holds, sentence = verify_report(file, load_run(run, data=data, device=device), user, key and read_secret(key))
    typer.echo(sentence)
    raise typer.Exit(0 if holds else 1)


@app.command()
def audit(
    run: RunFolder,
    sample: Annotated[int, typer.Option("--sample", min=1, help="Cases; each of another user.")] = 200,
    seed: Annotated[int, typer.Option("--seed", help="Of the draw of cases and of new parameters.")] = 0,
    seeds: Annotated[bool, typer.Option("--seeds/--no-seeds", help="Train step 0 twice more.")] = True,
    store: Annotated[bool, typer.Option("--store/--no-store", help="Write audit.json into the run.")] = True,
    as_json: AsJson = False,
    device: Device = "auto",
    data: Data = None,
) -> None:
    """What the run's explanations are worth, over a seeded sample of cases; seals cite it from then on."""
    from explain.audit.audit import audit as audit_run
    from explain.audit.words import audit_words, shown_figures
    from mspa_model.folders import check_destination
    from mspa_model.runs import load_run, save_audit

    if store:
        check_destination(run, "RUN", inside=True)
    loaded = load_run(run, data=data, device=device)
    found = audit_run(loaded, sample, seed, retrain=seeds)
    if store:
        save_audit(loaded, found)
    typer.echo(json.dumps(shown_figures(found), indent=2, allow_nan=False) if as_json else audit_words(found))
    for reason in found["missing"]:  # beside JSON, that it stays JSON
        typer.echo(f"missing: {reason}", err=as_json)


def in_words(explanation: "Explanation", turn: "Turn | None" = None, inside: "Carrying | None" = None) -> str:
    """The explanation as lines of plain text: answer, seal, evidence, reasons, what turned since a step, what a
    modality is carried by, checks.
    """
    marks = {"pass": "✓", "fail": "✗", "not applicable": "–"}
    lines = [explanation.answer, "", f"[{explanation.seal.colour}] {explanation.seal.sentence}"]
    lines += [explanation.seal.truth, explanation.evidence.sentence, "", *explanation.sentences, ""]
    if turn is not None:
        lines += [turn.sentence, *_turn_lines(turn), ""]
    if inside is not None:
        lines += [inside.sentence, *_inside_lines(inside), *filter(None, [inside.note]), ""]
    lines += [f"{marks[check.verdict]} {check.sentence}" for check in explanation.checks]
    return "\n".join(lines)


def _turn_lines(turn: "Turn") -> list[str]:
    lines = [f"  {signed(part.margin, 3):>7}  {part.label}" for part in turn.parts]
    if turn.attribution is not None:
        state = "converged" if turn.attribution.converged else "did NOT converge"
        lines.append(f"  inside {turn.attribution.modality.value}: delta {turn.attribution.delta:.2g}, {state}")
    return lines


def _inside_lines(inside: "Carrying") -> list[str]:
    """Every input's share, then the pieces that move the score most when left out alone."""
    lines = [f"  {signed(given.share, 3):>7}  {given.label}" for given in inside.inputs]
    for piece in sorted(inside.pieces, key=lambda piece: -abs(piece.lost))[:_N_PIECES]:
        seconds = f"{piece.start:g} to {piece.stop:g} s"
        what = seconds if piece.kind == "second" else f"the {piece.kind} “{piece.text}”"
        lines.append(f"  {signed(-piece.lost, 3):>7}  without {what} of {inside.inputs[piece.of].label}")
    return lines


def to_json(
    explanation: "Explanation", turn: "Turn | None" = None, inside: "Carrying | None" = None, run: "Run | None" = None
) -> str:
    """Every field of the explanation, with the margin of each part beside its two sides; of the turn and of what
    carries a modality, if asked for; which run it is of, and which audit its seal goes by.
    """
    fields = asdict(explanation)
    if run is not None:
        fields["run"] = {"hash": run.hash, "created_at": run.created_at, "audit_hash": run.audit_hash}
    if inside is not None:
        fields["inside"] = asdict(inside)
    if turn is not None:
        fields["turn"] = {**asdict(turn), "change": turn.change, "off": turn.off}
    for kind in ("sources", "tips", "statements", "residuals"):
        for part, row in zip(getattr(explanation, kind), fields[kind], strict=True):
            row["margin"] = part.margin
    return json.dumps(fields, default=_plain, ensure_ascii=False, indent=2, allow_nan=False)


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):  # arrays and scalars of NumPy
        return value.tolist()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return value.as_posix()
    raise TypeError(f"no JSON for {type(value).__name__}")


def _moment(at: str | None) -> datetime | None:
    from mspa_model.data.rooms import moment_of

    return None if at is None else moment_of(at)


def _named(run: "Run", text: str | None) -> str | None:
    """The streamer that an option names, by id or by name."""
    from mspa_model.data.ids import streamer_id_of

    return None if text is None else streamer_id_of(run.dataset, text)


def _first(run: "Run", user: str, history: Any, candidates: Any, live_at: datetime | None, new_share: float) -> str:
    """The streamer that the user's ranking puts first."""
    from mspa_model.pipeline import rank_user

    order = rank_user(run, user, history, candidates, live_at, new_share).final.ranking.order
    if len(order) == 0:
        raise MspaError(
            f"user {user[:40]!r}, for whom nothing is left to rank",
            "a candidate",
            "Try --candidates all, or another --at.",
        )
    return str(run.dataset.streamers["streamer_id"].iloc[int(order[0])])


def main() -> None:
    """Run a command; bad input becomes one sentence on stderr and exit status 2."""
    run_command(app)


if __name__ == "__main__":
    main()
