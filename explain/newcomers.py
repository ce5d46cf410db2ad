"""How sentences and tables speak of cold streamers: why one stands where it does, which places are kept for them."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from explain.narrate import counted, listed, name_of, plural, source_words
from mspa_model.number_format import interval_words, percent, side_of_zero
from mspa_model.ranking.places import owed
from mspa_model.runs import Run
from mspa_model.types import SOURCES, DatasetInfo, Ranking, Source
from mspa_model.words import with_article

NEW, KEPT = "new", "kept"  # the marks of a table
_LEVEL = 1e-5  # points; float32 sums differ by less where nothing differs


def new_mark(run: Run, ranking: Ranking, streamer_idx: int) -> str:
    """The mark of a cold streamer: NEW, KEPT where a kept place put it there; "" for any other."""
    if streamer_idx in ranking.placed:
        return KEPT
    return NEW if run.recommender.is_cold[streamer_idx] else ""


def new_marks(run: Run, ranking: Ranking, k: int = 10) -> tuple[str, ...]:
    """The marks of the first k."""
    return tuple(new_mark(run, ranking, int(idx)) for idx in ranking.order[:k])


def marked_names(run: Run, names: Sequence[str]) -> tuple[str, ...]:
    """Names by streamer_idx, those of cold streamers marked."""
    return tuple(_marked(name) if cold else name for name, cold in zip(names, run.recommender.is_cold, strict=True))


def marked_name(run: Run, streamer_idx: int) -> str:
    """One streamer's name, marked where it is cold."""
    name = name_of(run.dataset, streamer_idx)
    return _marked(name) if run.recommender.is_cold[streamer_idx] else name


def _marked(name: str) -> str:
    return f"{NEW} · {name}"  # before the name, where cutting leaves it


def new_sentence(run: Run, ranking: Ranking, streamer_idx: int) -> str:
    """Why a cold streamer stands where it stands; "" for one with a train tip."""
    if not run.recommender.is_cold[streamer_idx]:
        return ""
    info = run.dataset.info
    opening = f"{name_of(run.dataset, streamer_idx)} is new: no {info.tip_is} to it was there to learn from"
    if streamer_idx not in ranking.placed:
        return f"{opening}; {_content(run, ranking)}."
    share = f"{percent(ranking.new_share)} of places kept for the new"
    return f"{opening}, and it stands in one of the {share}; among these {_content(run, ranking)}."


def _content(run: Run, ranking: Ranking) -> str:
    """What a score can say of a cold streamer: the modalities in use, which co-tipping may read too."""
    used = [s for s, w in zip(SOURCES, ranking.weights.tolist(), strict=True) if s.modality is not None and w > 0]
    words = listed([source_words(s, run.dataset.info) for s in used])
    cotips = ranking.contributions[SOURCES.index(Source.COTIPS)][run.recommender.is_cold]
    reads = len(cotips) > 1 and bool(cotips.max() - cotips.min() > _LEVEL)  # without content it is the same for all
    if not words:
        return f"{'only its content, as co-tipping reads it,' if reads else 'nothing that is known'} can speak for it"
    return f"only {words} can speak for it{', through co-tipping too' if reads else ''}"


def new_note(run: Run, ranking: Ranking, k: int = 10) -> str:
    """How to read the marks of the first k; "" where there is nothing to say."""
    marks = new_marks(run, ranking, k)
    said = [_new_words(run, ranking)] if NEW in marks else []
    if ranking.new_share > 0:
        said.append(_kept_note(run, ranking, k, marks))
    return " ".join(said)


def names_note(run: Run, rankings: Sequence[Ranking], k: int = 10) -> str:
    """How to read marked_names in a drawing of the first k of these; "" where none is marked."""
    if not any(any(new_marks(run, ranking, k)) for ranking in rankings):
        return ""
    share = rankings[-1].new_share
    places = f" {percent(share)} of the places are kept for them, the best of them first." if share else ""
    return _new_words(run, rankings[-1]) + places


def _new_words(run: Run, ranking: Ranking) -> str:
    info = run.dataset.info
    opening = f"“{NEW}” marks {with_article(info.streamer_is)} to which there was no {info.tip_is} to learn from"
    return f"{opening}; {_content(run, ranking)}."


def _kept_note(run: Run, ranking: Ranking, k: int, marks: Sequence[str]) -> str:
    info, n_places = run.dataset.info, owed(ranking.new_share, k)
    n_new, n_kept = sum(mark != "" for mark in marks), marks.count(KEPT)
    if not n_kept:
        why = "so many stand there by their score" if n_new >= max(1, n_places) else _nobody(run, ranking)
        return f"Of the first {k}, {counted(n_places, 'place')} would be kept for the new; none had to be: {why}."
    return (
        f"“{KEPT}” marks the best of the new in a place kept for them ({percent(ranking.new_share)}): its score alone "
        f"would put it lower. All others stay in the order of their scores."
        + ("" if n_new >= n_places else f" Fewer than {n_places} new {plural(info.streamer_is)} are left to rank.")
    )


def _nobody(run: Run, ranking: Ranking) -> str:
    cold = run.recommender.is_cold[ranking.order.numpy()]
    return "no place among so few is theirs" if cold.any() else f"no new {run.dataset.info.streamer_is} is left to rank"


# --- what evaluate measured ------------------------------------------------------------------------------------------


def cold_sentences(found: Mapping[str, Any], info: DatasetInfo) -> tuple[str, ...]:
    """metrics["cold"] in words: how well the new are ranked among themselves, then what keeping places would do."""
    word, tips = plural(info.streamer_is), plural(info.tip_is)
    opening = f"{counted(found['n_streamers'], info.streamer_is)} had no {info.tip_is} to learn from."
    if not found["n_pairs"]:
        return (f"{opening} Nobody's test {tips} go to one, so nothing says how well they are ranked.",)
    own, metric = found["among"]["mspa"][found["metric"]], found["metric"]
    chance = found["among"]["random"][metric]
    side = side_of_zero(own["low"] - chance, own["high"] - chance)
    reading = {1: "better than chance", -1: "worse than chance", 0: "not told apart from chance"}[side]
    none, last = found["places"][0]["recall@20"], found["places"][-1]
    change = last["change"]["ndcg@10"]
    return (
        f"{opening} Ranked among themselves, for the {counted(found['n_users'], info.user_is)} whose test {tips} go to "
        f"one, {metric} is {interval_words(**own)}, {reading} ({chance:.3f}).",
        f"Among all {word}, {percent(none['value'])} of these {tips} are in the first 20; with "
        f"{percent(last['share'])} of the places kept for the new, {percent(last['recall@20']['value'])}. Over "
        f"everyone that changes ndcg@10 by {interval_words(**change, sign=True)}.",
    )


def places_table(found: Mapping[str, Any], info: DatasetInfo) -> pd.DataFrame:
    """A row a share of places kept: what is found of the tips to the new, and what that does to everyone's ndcg@10."""
    rows = []
    for place in found["places"]:
        seen, change = place["recall@20"], (place["change"] or {}).get("ndcg@10", {})
        rows.append((percent(place["share"]), *_three(seen), *_three(change)))
    names = (f"{plural(info.tip_is)} to the new in the first 20", "low", "high", "change of ndcg@10", "from", "to")
    return pd.DataFrame(rows, columns=["places kept", *names])


def _three(interval: Mapping[str, float | None]) -> tuple[float | None, ...]:
    return tuple(interval.get(key) for key in ("value", "low", "high"))


def places_how(info: DatasetInfo) -> str:
    """How that table is meant."""
    return (
        f"the change is over everyone measured, {plural(info.tip_is)} to the new among them, paired one by one, with "
        "its 95 % interval: where that leaves out zero, keeping places costs or brings more than chance."
    )
