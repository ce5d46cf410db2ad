"""Numbers into plain sentences, in the dataset's own words; the text carries no markup of ours.

Names come from data and are hostile: they are shortened and stripped of control characters here, and whoever draws
a sentence still has to escape it for its medium.
"""

from collections.abc import Sequence
from datetime import datetime

from explain.cards import SaidValue
from explain.types import Attribution, Contribution, Deletion, Explanation, RankMove
from mspa_model.number_format import MINUS, percent
from mspa_model.preference.columns import quoted
from mspa_model.ranking.order import ROUNDING
from mspa_model.types import Dataset, DatasetInfo, Source
from mspa_model.words import counted, plain, plural

SMALLEST = 0.005  # points that a sentence still tells from none
CORRECTION_KEPT = "with the correction kept"  # how every deletion and what-if edit is ranked again
_BY_SOURCE = {
    Source.VISUAL: "how it looks",
    Source.AUDIO: "how it sounds",
    Source.TEXT: "what its text says",
    Source.POPULARITY: "its popularity",
}
_COMPOSERS = {"teacher": "the teacher (statistics)", "compact": "the compact language model"}
_NOUNS = {Source.VISUAL: "looks", Source.AUDIO: "sound", Source.TEXT: "words"}


def name_of(dataset: Dataset, streamer_idx: int) -> str:
    """The streamer's name, with its id where others share it, else the set's word with its id: "micro-video s885"."""
    return dataset.streamer_names[streamer_idx]


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th, 21st."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"


def listed(words: Sequence[str]) -> str:
    """ "A", "A and B", "A, B and C"."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def with_edits(labels: Sequence[str]) -> str:
    """ "With A and B and without C" of the labels "A", "without C" and "B"; opens a sentence."""
    left = [label for label in labels if label.startswith("without ")]
    done = [label for label in labels if label not in left]
    return _capital(listed([*([f"with {listed(done)}"] if done else []), *left]))


def source_words(source: Source, info: DatasetInfo) -> str:
    """How a sentence names a source, e.g. "how it looks"; co-tipping in the dataset's own word for a tip."""
    if source is Source.COTIPS:
        return f"what this {info.user_is}'s {plural(info.tip_is)} usually go together with"
    return _BY_SOURCE[source]


def points(number: float) -> str:
    """The size of a number of points, as a sentence says it: "1.87", "0.02", "less than 0.01"."""
    return f"{abs(number):.2f}" if abs(number) >= SMALLEST else "less than 0.01"


def _side(parts: Sequence[Contribution], sign: float, n: int = 2) -> list[Contribution]:
    """The n parts that push hardest in the direction of sign."""
    pushing = [part for part in parts if part.margin * sign > 0]
    return sorted(pushing, key=lambda part: -abs(part.margin))[:n]


def reason_of(source: Contribution, inside: Sequence[Contribution], info: DatasetInfo) -> str:
    """ "A and B among this user's tips", or "how it looks (likes bright stage)": the source with its largest parts."""
    top = _side([p for p in inside if p.source is source.source], source.margin)
    said = [_brief(p.label) for p in top if p.kind != "residual"]
    if source.source is Source.COTIPS and said:
        return f"{listed(said)} among this {info.user_is}'s {plural(info.tip_is)}"
    said += [p.label for p in top if p.kind == "residual"]
    words = source_words(source.source, info)
    return f"{words} ({'; '.join(said)})" if said else words


def _brief(label: str) -> str:
    """A value's label without its examples: "audio group 2", not "audio group 2, like A and B"."""
    return label.partition(", like ")[0]


def _standing(name: str, rank: int | None, kept: int | None) -> str:
    if rank is None:
        return f"{name} (not in this ranking)"
    return f"{name} ({ordinal(rank)})" if kept is None else f"{name} ({ordinal(rank)}, {kept_words(kept)})"


def kept_words(by_score: int) -> str:
    """ "in a place kept for the new; 57th by its score": by_score is the rank that the score alone would give."""
    return f"in a place kept for the new; {ordinal(by_score)} by its score"


def stands_above(ranks: tuple[int | None, int | None], margin: float) -> bool:
    """Whether the streamer stands above its rival: by place where both have one, else by score."""
    return margin >= 0 if ranks[0] is None or ranks[1] is None else ranks[0] < ranks[1]


def tied(margin: float) -> bool:
    """Whether two scores are the same but for rounding: then nothing tells the streamers apart."""
    return abs(margin) <= ROUNDING


def answer(
    names: tuple[str, str],
    ranks: tuple[int | None, int | None],
    margin: float,
    sources: Sequence[Contribution],
    inside: Sequence[Contribution],
    info: DatasetInfo,
    kept: tuple[int | None, int | None] = (None, None),
) -> str:
    """The one sentence that opens the Why page. names, ranks: of the streamer, then of its rival.

    kept: the rank by score of each that stands in a place kept for the new: no score put it there.
    """
    if tied(margin):
        return _tie(names, ranks, sources, kept)
    place = f"stands {ordinal(ranks[0])}" if ranks[0] else "is not in this ranking but would score"
    if kept[0] is not None:
        place += f" ({kept_words(kept[0])})"
    side = "above" if stands_above(ranks, margin) else "below"
    comma = "," if ranks[0] else ""  # "stands 2nd, above", "would score above"
    where = f"{names[0]} {place}{comma} {side} {_standing(names[1], ranks[1], kept[1])}"
    if kept != (None, None):
        where += f"; by score alone it is {'ahead' if margin >= 0 else 'behind'}"
    leading = decisive(sources, margin)
    return f"{where}, mostly because of {reason_of(leading, inside, info)}." if leading else f"{where}."


def decisive(sources: Sequence[Contribution], margin: float) -> Contribution | None:
    """The source that an answer names: the largest on the side of the margin; None where nothing tells two apart."""
    leading = _side(sources, 1.0 if margin >= 0 else -1.0, n=1)
    return leading[0] if leading and not tied(margin) else None


def _tie(
    names: tuple[str, str],
    ranks: tuple[int | None, int | None],
    sources: Sequence[Contribution],
    kept: tuple[int | None, int | None],
) -> str:
    """Two with the same score: which of them comes first is no answer, so no place is named but one that is kept."""
    told_apart = any(abs(part.margin) > ROUNDING for part in sources)
    why = "what speaks for either adds up to the same" if told_apart else "no part of the model tells them apart"
    both = [_standing(*three) if three[2] is not None else three[0] for three in zip(names, ranks, kept, strict=True)]
    by_row = None not in ranks and kept == (None, None)
    order = ", and which of them comes first is the order of the data" if by_row else ""
    return f"{both[0]} and {both[1]} are tied: their scores are the same, for {why}{order}."


def source_sentences(explanation: Explanation, info: DatasetInfo) -> list[str]:
    """Up to three reasons for the margin and one against it, each with its number."""
    inside = (*explanation.tips, *explanation.statements, *explanation.residuals)
    sign = 1.0 if explanation.margin >= 0 else -1.0
    side, other = ("ahead", "behind") if sign > 0 else ("behind", "ahead")
    lines = [
        f"{_capital(reason_of(part, inside, info))}: {points(part.margin)} points {side}."
        for n, part in enumerate(_side(explanation.sources, sign, n=3))
        if n == 0 or abs(part.margin) >= SMALLEST
    ]
    against = [part for part in _side(explanation.sources, -sign, n=1) if abs(part.margin) >= SMALLEST]
    return lines + [f"Against that, {reason_of(p, inside, info)}: {points(p.margin)} points {other}." for p in against]


def unused_sentence(sources: Sequence[Contribution], weights: Sequence[float], info: DatasetInfo) -> str:
    """Which sources that the set has weigh zero for this user, in one sentence; empty where all are used."""
    at_hand = [*info.modalities, None]
    off = [
        source_words(part.source, info)
        for part, weight in zip(sources, weights, strict=True)
        if weight == 0 and part.source.modality in at_hand
    ]
    return f"Not used in this score, with weight zero: {listed(off)}." if off else ""


def live_sentence(n_ranked: int, live_at: datetime | None, info: DatasetInfo) -> str:
    """Whom a ranking is confined to; "" where it is not confined to who is live."""
    if live_at is None:
        return ""
    return f"Places count among {counted(n_ranked, info.streamer_is)} live at {live_at:%Y-%m-%d %H:%M} UTC."


def reach_sentence(moved: int, k: int, info: DatasetInfo) -> str:
    """How many places of the top k the statements move; zero is said plainly."""
    if moved == 0:
        return f"The preference's statements move no place of the top {k}: without them it would hold the same."
    were = "would be another" if moved == 1 else "would be others"
    return f"Without the preference's statements, {moved} of the top {k} {plural(info.streamer_is)} {were}."


def residual_sentence(residuals: Sequence[Contribution], statements: Sequence[Contribution]) -> str:
    """The share of the modalities' margin that is "not put into words"; empty where no modality counts."""
    unsaid, said = sum(abs(p.margin) for p in residuals), sum(abs(p.margin) for p in statements)
    if unsaid + said == 0:
        return ""
    words = listed([_NOUNS[source] for source in dict.fromkeys(part.source for part in residuals)])
    return f"Of all that {words} contribute, {percent(unsaid / (unsaid + said))} is not put into words."


def deletion_sentence(deletions: Sequence[Deletion], info: DatasetInfo) -> str:
    """What taking away the most costly part does to the streamer's place, and how it was ranked again."""
    costly = [d for d in deletions if d.score_drop > 0]
    if not costly:
        return f"No single part, taken away {CORRECTION_KEPT}, lowers its score." if deletions else ""
    top = max(costly, key=lambda d: (d.rank_after - d.rank_before, d.score_drop))
    moved = top.rank_after - top.rank_before
    what = f"this {info.user_is}'s {info.tip_is} “{top.label}”" if top.kind == "tip" else quoted(top.label)
    by_score = " by its score" if top.by_score else ""
    taken = f"{_capital(CORRECTION_KEPT)}, taking away {what}"
    if moved <= 0:
        return f"{taken} costs it most ({points(top.score_drop)} points), but not its place{by_score}."
    return f"{taken} would move it from {ordinal(top.rank_before)} to {ordinal(top.rank_after)}{by_score}."


def attribution_sentence(attributions: Sequence[Attribution], skipped: Sequence[str]) -> str:
    """How exactly the inside of each modality adds up, and which could not be opened."""
    lines = [
        f"Opened by integrated gradients, the {len(a.values)} {a.modality.value} features add up to "
        f"{f'{a.total:.3g}'.replace('-', MINUS)}, off by {a.delta:.1g} ({a.n_steps} steps)."
        for a in attributions
    ]
    return " ".join([*lines, *skipped])


def moves_sentence(moves: Sequence[RankMove], changed: int, k: int, info: DatasetInfo) -> str:
    """What a change of ranking did to the top k, with the move that is largest."""
    if not moves:
        return f"Nothing moves in the top {k}."
    if changed == 0:
        return f"The same {plural(info.streamer_is)} hold the top {k}, in another order; {_move_words(moves[0])}."
    verb = "enters" if changed == 1 else "enter"
    return f"{counted(changed, info.streamer_is)} {verb} the top {k}; {_move_words(moves[0])}."


def _move_words(move: RankMove) -> str:
    if move.rank_before is None or move.rank_after is None:
        return f"{move.name} {'enters' if move.rank_before is None else 'leaves'} the ranking"
    verb = "rises" if move.rank_after < move.rank_before else "falls"
    return f"{move.name} {verb} from {ordinal(move.rank_before)} to {ordinal(move.rank_after)}"


def composer_words(name: str) -> str:
    """How a sentence names a composer: the known ones in words, any other by the last part of its path."""
    return _COMPOSERS.get(name) or plain(name.rstrip("/").rpartition("/")[2] or name)


def agreement_sentence(rows: Sequence[SaidValue], names: Sequence[str]) -> str:
    """How many statements all composers share, and how many are one's alone or contradicted."""
    if not rows:
        return "None of them puts anything into words."
    shared = sum(row.agreement == "all" for row in rows)
    lines = [f"They share {shared} of {counted(len(rows), 'statement')}."]
    for position, name in enumerate(names):
        alone = sum(row.agreement == "some" and _only(row) == position for row in rows)
        if alone:
            lines.append(f"Only {name} has {alone} of them.")
    opposite = [row.label for row in rows if row.agreement == "opposite"]
    if opposite:
        lines.append(f"They say the opposite of {listed(opposite)}.")
    return " ".join(lines)


def said_by(row: SaidValue, names: Sequence[str]) -> str:
    """ "all", "only the teacher (statistics)", "all but thing-2b", "the opposite": the mark of one row."""
    if row.agreement != "some":
        return {"all": "all", "opposite": "the opposite"}[row.agreement]
    told = [name for name, signed in zip(names, row.signed, strict=True) if signed is not None]
    if len(told) > 1:
        return f"all but {listed([name for name in names if name not in told])}"
    return f"only {told[0]}"


def _only(row: SaidValue) -> int | None:
    told = [position for position, signed in enumerate(row.signed) if signed is not None]
    return told[0] if len(told) == 1 else None


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
