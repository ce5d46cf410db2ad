"""Preferences side by side: who says what, and where composing anew disagrees with a quick edit."""

from dataclasses import replace

import pytest

from explain.composing import compose_anew, composed_by, said_values
from explain.counterfactual import apply_scenario, edit_preference
from explain.narrate import agreement_sentence, composer_words, said_by
from explain.types import Edit, Scenario
from mspa_model.preference.composer import Composer
from mspa_model.runs import Run
from mspa_model.types import History, Preference, Statement
from tests.explain.closed_form import trace_of

NAMES = ("A", "B")


class Contrary(Composer):
    """Says the opposite of the teacher's first statement, leaves the second out, and keeps the rest."""

    name = "compact"

    def compose(self, history: History) -> Preference:
        taught = super().compose(history)
        first, _, *rest = taught.statements
        return replace(taught, statements=(replace(first, polarity=-first.polarity), *rest), composer=self.name)


@pytest.fixture
def two(closed: Run) -> Run:
    """A run whose active composer is contrary."""
    teacher = closed.composer
    other = Contrary(closed.dataset, closed.vocabulary, teacher.teacher, closed.features)
    return closed.with_model(composer=other, composers={"teacher": teacher, "compact": other})


def preference_of(run: Run, *signed: tuple[int, float]) -> Preference:
    """u004's preference with these (value_idx, polarity x strength) for statements."""
    values = run.vocabulary.values
    statements = tuple(
        Statement(values[i].aspect, values[i].name, 1 if s > 0 else -1, abs(s), (), i) for i, s in signed
    )
    return replace(trace_of(run, "u004").final.preference, statements=statements)


def test_who_says_what_is_told_value_by_value(closed: Run):
    a = preference_of(closed, (0, 0.5), (1, 0.4), (2, 0.3))
    b = preference_of(closed, (1, -0.6), (0, 0.7), (3, -0.2))
    rows = said_values(closed, (a, b))
    told = [(row.value_idx, row.signed, row.agreement, said_by(row, NAMES)) for row in rows]
    assert told == [
        (0, (0.5, 0.7), "all", "all"),
        (1, (0.4, -0.6), "opposite", "the opposite"),
        (2, (0.3, None), "some", "only A"),
        (3, (None, -0.2), "some", "only B"),
    ]
    sentence = agreement_sentence(rows, NAMES)
    assert sentence.startswith("They share 1 of 4 statements. Only A has 1 of them. Only B has 1 of them. ")
    assert sentence.endswith(f"They say the opposite of {rows[1].label}.")
    assert agreement_sentence((), NAMES) == "None of them puts anything into words."


def test_the_active_composer_is_first_and_each_writes_from_the_same_history(two: Run):
    preference = trace_of(two, "u004").steps[0].preference
    written = composed_by(two, preference)
    assert list(written) == ["compact", "teacher"]
    assert all(p.history is preference.history for p in written.values())
    rows = said_values(two, tuple(written.values()))
    assert [row.agreement for row in rows].count("opposite") == 1
    assert [row.signed[0] for row in rows if row.agreement == "some"] == [None]


def test_a_composer_from_a_path_is_named_by_its_last_part():
    assert composer_words("/models/some/thing-2b/") == "thing-2b"
    assert composer_words("org/thing-2b") == "thing-2b"
    assert composer_words("teacher") == "the teacher (statistics)"


def test_without_an_edit_composing_anew_changes_nothing(closed: Run):
    trace = trace_of(closed, "u004")
    anew = compose_anew(closed, trace, ())
    assert anew.differences == ()
    assert anew.top_k_changed == 0
    assert bool((anew.ranking.order == trace.final.ranking.order).all())
    assert "the statements are those of the quick edit" in anew.sentence


def test_composing_anew_takes_back_an_edited_statement_and_says_so(closed: Run):
    trace = trace_of(closed, "u004")
    first = trace.final.preference.statements[0]
    edits = (Edit("set statement", f"{first.aspect}: {first.value}", 0.9, -first.polarity),)
    anew = compose_anew(closed, trace, edits)
    (row,) = anew.differences
    assert row.signed == (pytest.approx(-first.polarity * 0.9), pytest.approx(first.polarity * first.strength))
    assert row.agreement == "opposite"
    assert f"1 statement would differ from the quick edit: “{row.label}” at" in anew.sentence
    assert anew.top_k_changed == apply_scenario(closed, trace, Scenario(edits)).top_k_changed


def test_composing_anew_reads_the_tips_that_are_left_and_ranks_the_same_candidates(closed: Run):
    trace = trace_of(closed, "u004")
    edits = (Edit("drop tip", "0,1"), Edit("add tip", "s001"))
    anew = compose_anew(closed, trace, edits)
    assert len(anew.preference.history) == 9
    after = apply_scenario(closed, trace, Scenario(edits)).after
    assert sorted(anew.ranking.order.tolist()) == sorted(after.order.tolist())


def test_a_deleted_statement_that_went_with_its_tips_is_no_error(closed: Run):
    preference = trace_of(closed, "u004").final.preference
    first = preference.statements[0]
    every = ",".join(str(position) for position in range(len(preference.history)))
    edits = (Edit("delete statement", f"{first.aspect}: {first.value}"), Edit("drop tip", every))
    assert edit_preference(closed, preference, edits).statements == ()
