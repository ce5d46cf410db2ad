"""A set of films speaks of films, viewers and ratings: on every page, in every table and fold, on the command line."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.pages import PAGES, sound, texts, turn_to

# "co-tipping" is the name of a source, and stays.
OTHERS = re.compile(r"(?<!co-)\b(streamers?|users?|tips?|tipped|tipping)\b", re.IGNORECASE)
DRAWN = re.compile(r'"(?:text|title|name|hovertemplate|ticktext|y)":\s*(\{"text":"[^"]*"|"[^"]*"|\[[^\]]*\])')
LINK = re.compile(r"\(/\S*\)")  # a link names its parameters


def unfold(app: AppTest) -> AppTest:
    """The page with every fold open that has a key."""
    for block in app.get("expander"):
        key = block.proto.id.rsplit("-None-", 1)[-1] if getattr(block.proto, "id", "") else ""
        name = re.sub(r"^\$\$ID-[0-9a-f]+-", "", key)
        if name:
            app.session_state[name] = True
    return app.run()


def shown(app: AppTest) -> Iterator[str]:
    """All that a reader can see: text, labels, options, help, columns and cells of tables, figures."""
    yield from texts(app).splitlines()
    for kind in ("selectbox", "segmented_control", "button", "text_input", "slider", "multiselect", "select_slider"):
        for element in app.get(kind):
            options = [str(option) for option in getattr(element, "options", ())]
            yield from (str(getattr(element, "label", "")), str(getattr(element, "help", "")), *options)
    for block in app.get("expander"):
        yield str(block.label)
    for table in app.dataframe:
        frame = table.value
        yield from map(str, frame.columns)
        yield from (cell for cell in frame.to_numpy().ravel() if isinstance(cell, str))
        yield str(table.proto.alt) if hasattr(table.proto, "alt") else ""
    for chart in app.get("plotly_chart"):
        yield from re.findall(
            r'"(?:text|title|name|hovertemplate|ticktext|y)":\s*(\{"text":"[^"]*"|"[^"]*"|\[[^\]]*\])', chart.proto.spec
        )


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("history", ["all", "train"])
def test_a_page_of_another_set_has_none_of_the_sample_world_s_words(
    open_app: Callable[..., AppTest], make_run: Callable[[str], Path], page: str, history: str
):
    app = unfold(turn_to(open_app(make_run("films"), user="u004", history=history), page))
    assert sound(app)
    found = [text for text in shown(app) if OTHERS.search(LINK.sub("", text))]
    assert not found
