"""No sentence gives a score as the reason for a place that is kept for the new; each says what can speak for it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from explain.composing import compose_anew
from explain.contribution import statement_reach
from explain.counterfactual import apply_scenario, headroom, suggest
from explain.narrate import answer, stands_above
from explain.newcomers import KEPT, NEW, marked_names, names_note, new_marks, new_note, new_sentence
from explain.pipeline import explain
from explain.report import gather_evidence, to_json, verify
from explain.types import Case, Contribution, Edit, Scenario
from mspa_model.config import RunConfig
from mspa_model.pipeline import rank_user
from mspa_model.runs import Run
from mspa_model.types import SOURCES, RankingTrace, Source
from tests.explain.closed_form import WEIGHTS, closed_form_run
from tests.worlds.newcomers import NEWCOMERS

USER = "u000"


@pytest.fixture(scope="module")
def run(make_world: Callable[[str], Path], small_config: RunConfig) -> Run:
    """Popularity weighs most, so that every newcomer is last by score."""
    return closed_form_run(make_world("newcomers"), small_config, {**WEIGHTS, Source.POPULARITY: 50.0})


@pytest.fixture(scope="module")
def trace(run: Run) -> RankingTrace:
    return rank_user(run, USER, "train", new_share=0.2)


def at(run: Run, trace: RankingTrace, place: int) -> str:
    return str(run.dataset.streamers["streamer_id"].iloc[int(trace.final.ranking.order[place - 1])])


def case(run: Run, trace: RankingTrace, place: int, rival: int | None = None) -> Case:
    named = None if rival is None else at(run, trace, rival)
    return Case(USER, at(run, trace, place), named, history="train", new_share=0.2)


def test_the_newcomers_have_places_3_and_8_and_are_last_by_score(run: Run, trace: RankingTrace) -> None:
    ranking = trace.final.ranking
    assert [place for place in range(1, 11) if at(run, trace, place) in NEWCOMERS] == [3, 8]
    n = len(ranking.order)
    assert [ranking.score_rank_of(i) for i in ranking.placed] == [n - 3, n - 2, n - 1, n]


def test_a_kept_place_is_never_given_a_score_as_its_reason(run: Run, trace: RankingTrace) -> None:
    told = explain(run, case(run, trace, 3), trace)
    n = len(trace.final.ranking.order)
    assert told.margin < 0, "the next below scores higher"
    assert (told.streamer_rank, told.streamer_kept, told.rival_rank, told.rival_kept) == (3, n - 3, 4, None)
    place = f"stands 3rd (in a place kept for the new; {n - 3}th by its score), above "
    assert place in told.answer
    assert "(4th); by score alone it is behind, mostly because of its popularity." in told.answer
    assert any("is new: no tip to it was there to learn from, and it stands in one of" in s for s in told.sentences)
    assert sum(part.margin for part in told.sources) == pytest.approx(told.margin, abs=1e-4)
    assert all(check.verdict != "fail" for check in told.checks if " to " in check.name)


def test_a_rival_in_a_kept_place_is_named_as_such(run: Run, trace: RankingTrace) -> None:
    below = explain(run, case(run, trace, 4, rival=3), trace)
    assert below.margin > 0
    assert "stands 4th, below " in below.answer
    assert "(3rd, in a place kept for the new; " in below.answer
    assert "by score alone it is ahead" in below.answer
    above = explain(run, case(run, trace, 2), trace)
    assert "stands 2nd, above " in above.answer
    assert "by score alone it is ahead" in above.answer


def test_two_that_stand_by_their_scores_are_spoken_of_as_ever(run: Run, trace: RankingTrace) -> None:
    told = explain(run, case(run, trace, 4, rival=5), trace)
    assert "kept" not in told.answer
    assert "by score" not in told.answer
    plain = rank_user(run, USER, "train")
    assert torch.equal(plain.final.ranking.order, trace.final.ranking.by_score)


def test_answer_of_two_kept_places_hand_solved(run: Run) -> None:
    sources = tuple(Contribution("source", s, s.value, s.value, 0.3 if s == "audio" else 0.0, 0.0) for s in SOURCES)
    said = answer(("Lumi", "Kato"), (3, 8), 0.3, sources, (), run.dataset.info, (37, 39))
    assert said == (
        "Lumi stands 3rd (in a place kept for the new; 37th by its score), above Kato (8th, in a place kept for the "
        "new; 39th by its score); by score alone it is ahead, mostly because of how it sounds."
    )
    assert stands_above((3, 8), -1.0)
    assert not stands_above((8, None), -1.0)


def test_what_is_taken_away_is_measured_by_score_and_says_so(run: Run, trace: RankingTrace) -> None:
    told = explain(run, case(run, trace, 3), trace)
    before = trace.final.ranking.score_rank_of(told.streamer_idx)
    assert told.deletions
    assert all(d.by_score and d.rank_before == before for d in told.deletions)
    plain = explain(run, replace(told.case, new_share=0.0), rank_user(run, USER, "train"))
    assert [c.verdict for c in plain.checks] == [c.verdict for c in told.checks]


def test_edits_are_ranked_with_the_same_places(run: Run, trace: RankingTrace) -> None:
    nothing = apply_scenario(run, trace, Scenario())
    assert torch.equal(nothing.before.order, trace.final.ranking.order)
    assert torch.equal(nothing.after.order, trace.final.ranking.order)
    muted = apply_scenario(run, trace, Scenario((Edit("mute modality", "visual"),)))
    assert [i for i in range(10) if run.recommender.is_cold[int(muted.after.order[i])]] == [2, 7]
    for suggestion in suggest(run, trace, at(run, trace, 8), "up"):
        again = apply_scenario(run, trace, Scenario((suggestion.edit,))).after
        assert again.rank_of(int(trace.final.ranking.order[7])) == suggestion.rank_after
    anew = compose_anew(run, trace, ())
    assert torch.equal(anew.ranking.order, trace.final.ranking.order)
    assert 0 <= statement_reach(run, trace.final, trace.final.ranking) <= 10


def test_headroom_is_to_a_place_that_a_score_can_take(run: Run, trace: RankingTrace) -> None:
    ranking = trace.final.ranking
    room = headroom(run, ranking, at(run, trace, 12), k=8)  # the 8th is kept
    assert room.k == 7
    assert room.gap == pytest.approx(float(ranking.scores[ranking.order[11]] - ranking.scores[ranking.order[6]]))
    assert "which holds the 7th place" in room.sentence
    own = headroom(run, ranking, at(run, trace, 3), k=10)
    assert own.gap < 0
    assert own.sentence.endswith("Its own place, the 3rd, is kept for the new.")


def test_marks_and_how_to_read_them(run: Run, trace: RankingTrace) -> None:
    ranking = trace.final.ranking
    assert new_marks(run, ranking) == ("", "", KEPT, "", "", "", "", KEPT, "", "")
    assert "“kept” marks the best of the new in a place kept for them (20\u00a0%)" in new_note(run, ranking)
    plain = rank_user(run, USER, "train").final.ranking
    assert new_marks(run, plain, len(plain.order))[-4:] == (NEW,) * 4
    assert new_note(run, plain) == ""
    whole = new_note(run, plain, len(plain.order))
    assert "“new” marks a streamer to which there was no tip to learn from" in whole
    assert "only how it looks and what its text says can speak for it" in whole, "audio has weight zero here"
    known = int(plain.order[0])
    assert new_sentence(run, plain, known) == ""
    names = marked_names(run, ["x"] * 40)
    assert (names[0], names[39]) == ("x", "new · x")
    assert names_note(run, [plain]) == ""
    assert names_note(run, [plain, ranking]).endswith(
        "20\u00a0% of the places are kept for them, the best of them first."
    )


def test_what_co_tipping_reads_of_a_newcomer_is_said(run: Run, trace: RankingTrace) -> None:
    ranking, idx = trace.final.ranking, int(trace.final.ranking.placed[0])
    assert "can speak for it." in new_sentence(run, ranking, idx), "co-tipping without content says the same of all"
    fits = ranking.fits.clone()
    fits[SOURCES.index(Source.COTIPS), idx] += 0.5
    assert "can speak for it, through co-tipping too." in new_sentence(run, replace(ranking, fits=fits), idx)
    alone = torch.zeros(len(SOURCES))
    alone[SOURCES.index(Source.COTIPS)] = 1.0
    said = new_sentence(run, replace(ranking, fits=fits, weights=alone), idx)
    assert "only its content, as co-tipping reads it, can speak for it." in said


def test_a_report_says_whose_place_is_kept_and_holds(run: Run, trace: RankingTrace, tmp_path: Path) -> None:
    told = gather_evidence(run, case(run, trace, 3))
    assert "above" in told.question
    assert told.case.new_share == 0.2
    assert "new_share=0.2" in told.link
    assert any("places kept for the new" in limit for limit in told.cannot_tell)
    file = tmp_path / "report.json"
    file.write_text(to_json(told), encoding="utf-8")
    assert verify(file, run)[0]
    file.write_text(to_json(told).replace('"new_share": 0.2', '"new_share": 0.5'), encoding="utf-8")
    assert not verify(file, run)[0]
