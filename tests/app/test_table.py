"""A table gives a sentence the room to be read."""

from streamlit.testing.v1 import AppTest


def two_tables() -> None:
    import pandas as pd

    from app.ui.table import show_table

    said = "The ranks of the features by gradients agree with those by ablation."
    show_table(pd.DataFrame({"value": [0.9], "in words": [said]}), "long", "One sentence")
    show_table(pd.DataFrame({"value": [0.9], "in words": ["agree"]}), "short", "One word")


def test_a_row_with_a_sentence_has_two_lines_and_no_other():
    page = AppTest.from_function(two_tables).run()
    assert not page.exception
    assert [table.proto.row_height for table in page.dataframe] == [56, 0]
