"""Users sorted into lists, and the one that the pages open on, from stored figures whose answer is known."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app.ui.worklist import kept_sentence
from app.worklist import GAINED, USER, make_worklist
from mspa_model.runs import Run, load_run
from tests.app.pages import texts, turn_to, url_of

COLUMNS = ["user_id", "step", "final", "n_train", "n_test", "ndcg@10", "recall@10"]
ROWS = [
    # user, what step 0 reached, what the kept step reached (None: none was kept), train tips, recall
    ("u000", 0.2, 0.9, 12, 1.0),  # the most helped
    ("u001", 0.0, None, 9, 0.0),
    ("u002", 0.9, None, 2, 1.0),
    ("u003", 0.8, 0.3, 20, 1.0),  # the most harmed
    ("u004", 0.5, 0.75, 11, 1.0),
    ("u005", 0.4, None, 30, 1.0),
    ("u006", 0.3, 0.3, 9, 1.0),  # kept, and neither
    ("u007", 0.1, 0.2, 10, 1.0),
]


def table(rows: list[tuple]) -> pd.DataFrame:
    """users.parquet of these rows."""
    steps = []
    for user, start, end, n_train, recall in rows:
        kept = end is not None
        steps.append((user, 0, not kept, n_train, 1, start, recall))
        if kept:
            steps.append((user, 1, True, n_train, 1, end, recall))
    return pd.DataFrame(steps, columns=COLUMNS)


@pytest.fixture
def measured(tiny_run: Path) -> Callable[[list[tuple]], Run]:
    """The tiny run with these measured users."""
    return lambda rows: replace(load_run(tiny_run), users=table(rows))


def test_worklists_hold_whom_they_name_and_say_how_many_there_are(measured: Callable[[list[tuple]], Run]):
    run = measured(ROWS)
    lists = make_worklist(run)
    assert lists.helped[USER].tolist() == ["u000", "u004", "u007"]
    assert lists.helped[GAINED].tolist() == pytest.approx([0.7, 0.25, 0.1])
    assert lists.harmed[USER].tolist() == ["u003"]
    assert lists.changed[USER].tolist()[0] == "u007", "the typical first, not the best"
    assert (lists.n_kept, lists.n_helped, lists.n_harmed) == (5, 3, 1)
    assert lists.missed[USER].tolist() == ["u001"]
    assert lists.few[USER].tolist()[:3] == ["u002", "u001", "u006"]
    assert kept_sentence(lists, run.dataset.info) == (
        "Correction kept a step for 5 users: 3 better by ndcg@10, 1 worse, 1 neither."
    )


def test_the_pages_open_on_the_median_user_and_never_on_the_best(measured: Callable[[list[tuple]], Run]):
    lists = make_worklist(measured([*ROWS[:4], ROWS[4], ROWS[5], ROWS[7]]))
    assert lists.opener == "u007", "gains of those with ten tips: -0.5, 0, 0.1 (u007), 0.25, 0.7"
    assert lists.opener_is == "the median user by what correction gained, of 5 measured users with 10 tips or more"


def test_where_nobody_has_ten_tips_the_median_of_all_is_taken_and_said(measured: Callable[[list[tuple]], Run]):
    lists = make_worklist(measured([ROWS[1], ROWS[2], ROWS[6]]))
    assert lists.opener == "u006"
    assert lists.opener_is.endswith("of 3 measured users, none of whom has 10 tips or more")


def test_nobody_measured_still_opens_on_somebody_and_says_why(measured: Callable[[list[tuple]], Run]):
    run = measured(ROWS)
    run = replace(run, users=run.users.iloc[:0])
    lists = make_worklist(run)
    assert lists.helped.empty
    assert lists.harmed.empty
    assert lists.opener in set(run.dataset.users["user_id"])
    assert lists.opener_is == "the user with the median number of tips, as nobody was measured"
    assert "none of the measured users" in kept_sentence(lists, run.dataset.info)


def test_a_page_names_the_rule_by_which_it_opened(open_app: Callable[..., AppTest], tiny_run: Path):
    app = turn_to(open_app(tiny_run), "user")
    assert "Nobody was chosen yet, so this is the median user by what correction gained, of" in texts(app)
    assert make_worklist(load_run(tiny_run)).opener in texts(app)


def test_helped_and_harmed_are_one_choice_each(open_app: Callable[..., AppTest], tiny_run: Path):
    app = open_app(tiny_run)
    control = app.segmented_control(key="worklist")
    assert control.options[:2] == ["Most helped", "Most harmed"]
    app = control.set_value("harmed").run()
    assert not app.exception
    assert "Correction kept a step for" in texts(app)
    assert url_of(app) == {}
