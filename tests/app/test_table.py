"""A table gives a sentence the room to be read, writes numbers as sentences do, and has no empty rows."""

import pytest
from streamlit.testing.v1 import AppTest

from app.ui.table import height_for, number_writer


def two_tables() -> None:
    import pandas as pd

    from app.ui.table import show_table

    said = "In 18 of 20 random halves of the tips the same modality stays first; 16 of them must, for a green seal."
    show_table(pd.DataFrame({"value": [0.9], "in words": [said]}), "long", "One sentence")
    show_table(pd.DataFrame({"value": [0.9], "in words": ["agree"]}), "short", "One word")


def test_a_table_with_a_sentence_has_tall_rows_and_no_other():
    page = AppTest.from_function(two_tables).run(timeout=600)
    assert not page.exception
    assert [table.proto.row_height for table in page.dataframe] == [72, 0]


@pytest.mark.parametrize(
    ("spec", "number", "said"),
    [
        ("%+.3f", -0.1234, "−0.123"),
        ("%+.3f", 0.1234, "+0.123"),
        ("%+.3f", -0.0001, "0.000"),
        ("%.0f %%", 12.4, "12\u00a0%"),
        ("%.0f%%", -3.0, "−3\u00a0%"),
        ("%+d", 1234, "+1,234"),
        ("%.3g", 3.21e-06, "3.21e−06"),
        ("percent", 0.5, "50\u00a0%"),
        (None, -1234.56789, "−1,234.5679"),
        (None, 7.0, "7"),
    ],
)
def test_a_number_of_a_table_is_written_as_in_a_sentence(spec: str | None, number: float, said: str):
    assert number_writer(spec)(number) == said


def numbers_and_gaps() -> None:
    import pandas as pd
    import streamlit as st

    from app.ui.table import show_table

    frame = pd.DataFrame({"points": [-0.5, None], "rank": pd.array([3, None], dtype="Int64"), "word": ["a", None]})
    show_table(frame, "gaps", "Two rows", {"points": st.column_config.NumberColumn(format="%+.3f")}, height=280)


def test_what_is_absent_is_a_dash():
    page = AppTest.from_function(numbers_and_gaps).run(timeout=60)
    assert not page.exception
    proto = page.dataframe[0].proto
    assert proto.placeholder == "–"
    written = proto.arrow_data.styler.display_values
    assert "−0.500".encode() in written
    assert b"None" not in written
    assert "%+" not in proto.columns
    assert page.dataframe[0].value["points"].tolist()[0] == -0.5


def test_a_table_is_no_taller_than_its_rows():
    assert height_for(280, 2, 35) == "content"
    assert height_for(280, 20, 35) == 280
    assert height_for("auto", 2, 35) == "auto"
