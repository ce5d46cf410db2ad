"""How tests turn pages and read them."""

from streamlit.testing.v1 import AppTest

PAGES = ("overview", "user", "correction", "why", "map", "what_if", "report")


def turn_to(app: AppTest, page: str) -> AppTest:
    """Another page of the same session."""
    return app.switch_page(f"views/{page}.py").run()


def texts(app: AppTest) -> str:
    """All text of the page that went through Markdown, with the escapes taken out."""
    drawn = [*app.header, *app.subheader, *app.markdown, *app.caption, *app.info, *app.warning, *app.error]
    return "\n".join(element.value for element in drawn).replace("\\", "").replace("\u200b", "")


def url_of(app: AppTest) -> dict[str, str]:
    """The query of the URL; AppTest gives a list where the browser set a value, a string where the page did."""
    return {key: value if isinstance(value, str) else value[-1] for key, value in app.query_params.items()}


def sound(app: AppTest) -> bool:
    """Nothing was raised and no input was refused."""
    return not app.exception and not app.error
