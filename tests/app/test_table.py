"""A table gives a sentence the room to be read, writes numbers as sentences do, and has no empty rows."""

import pandas as pd
import pytest
from pandas.io.formats.style import Styler
from streamlit.dataframe_util import convert_arrow_bytes_to_pandas_df
from streamlit.elements.lib.pandas_styler_utils import marshall_styler
from streamlit.proto.ArrowData_pb2 import ArrowData
from streamlit.testing.v1 import AppTest

from app.ui.table import ABSENT, height_for, number_writer
from mspa_model.types import Source


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


def mixed() -> pd.DataFrame:
    """A column of each kind that a page shows, each with an absent cell where it can have one."""
    return pd.DataFrame(
        {
            "points": [-0.5, None, 1e-9],
            "rank": pd.array([3, None, -2], dtype="Int64"),
            "word": ["a", None, "<b>row0_col0</b>"],
            "day": pd.to_datetime(["2024-01-01", None, "2024-01-03"]),
            "agrees": [True, None, False],
            "list": [["a", "b"], [], None],
            "bar": [0.25, None, 1],
            "either": ["a", 1.5, None],
            "source": [Source.VISUAL, None, Source.TEXT],
            "group": pd.Categorical(["u", None, "v"]),
        }
    )


def mixed_table() -> None:
    import streamlit as st

    from app.ui.table import show_table
    from tests.app.test_table import mixed

    bar, points = st.column_config.ProgressColumn(), st.column_config.NumberColumn(format="%+.3f")
    show_table(mixed(), "mixed", "Three rows", {"points": points, "bar": bar})


def test_each_cell_is_written_as_pandas_writes_it_with_our_numbers():
    page = AppTest.from_function(mixed_table).run(timeout=60)
    assert not page.exception
    drawn, by_pandas = page.dataframe[0].proto.arrow_data, ArrowData()
    numbers = {"points": number_writer("%+.3f"), "rank": number_writer(None)}
    marshall_styler(by_pandas, mixed().style.format(numbers, na_rep=ABSENT), "")
    cells = [convert_arrow_bytes_to_pandas_df(arrow.styler.display_values) for arrow in (drawn, by_pandas)]
    pd.testing.assert_frame_equal(*cells)


def test_a_table_is_drawn_without_html_of_its_cells_and_twice_alike(monkeypatch: pytest.MonkeyPatch):
    """pandas' own way makes HTML of each cell, and names the table by chance, so that none is known again."""
    monkeypatch.setattr(Styler, "_generate_body_row", None)
    page = AppTest.from_function(mixed_table).run(timeout=60)
    assert not page.exception
    first = page.dataframe[0].proto.arrow_data.styler.uuid
    assert page.run(timeout=60).dataframe[0].proto.arrow_data.styler.uuid == first
