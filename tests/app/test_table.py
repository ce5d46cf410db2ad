"""A table gives a sentence the room to be read."""

from streamlit.testing.v1 import AppTest


def two_tables() -> None:
    import pandas as pd

    from app.ui.table import show_table

    said = "In 18 of 20 random halves of the tips the same modality stays first; 16 of them must, for a green seal."
    show_table(pd.DataFrame({"value": [0.9], "in words": [said]}), "long", "One sentence")
    show_table(pd.DataFrame({"value": [0.9], "in words": ["agree"]}), "short", "One word")


def test_a_table_with_a_sentence_has_tall_rows_and_no_other():
    page = AppTest.from_function(two_tables).run(timeout=60)
    assert not page.exception
    assert [table.proto.row_height for table in page.dataframe] == [72, 0]
