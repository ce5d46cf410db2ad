"""docs/dataset.md, the customer's page: it names every table, column and key that the code knows, and no others."""

import re
import tomllib
from pathlib import Path

from mspa_model.data.fault import FORMAT_DOCUMENT
from mspa_model.data.importers.import_map import AmountMap, FeatureMap, ImportMap, TableMap, TimeMap
from mspa_model.data.info_file import InfoTable, SplitTable
from mspa_model.data.schema import EVENT_KINDS, PICTURE_ENDINGS, SOUND_ENDINGS, SPLITS, TABLE_FILES, table_rules
from tests.data.small_world import NOW

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / FORMAT_DOCUMENT).read_text(encoding="utf-8")


def _rows(text: str) -> list[str]:
    """First cells of the rows of tables, several names in one cell apart."""
    cells = re.findall(r"^\| ([^|]+) \|", text, re.MULTILINE)
    return [name.strip("… ") for cell in cells for name in cell.split(", ")]


def test_every_column_of_every_table_is_there_and_no_other() -> None:
    rules = {rule.file: {column.name for column in rule.columns} for rule in table_rules(None, NOW)}
    rules["tips.parquet"].add("split")
    for file, columns in rules.items():
        section = re.search(rf"^\*\*{file}\*\*\n\n(.*?)\n\n", TEXT, re.MULTILINE | re.DOTALL)
        assert section is not None, file
        assert set(_rows(section[1])) - {"column", "---"} == columns, file
    assert [file for file in TABLE_FILES if f"| {file} |" not in TEXT] == []


def test_every_key_of_dataset_toml_is_there_and_its_example_is_one() -> None:
    section = TEXT[TEXT.index("## dataset.toml") : TEXT.index("## From CSV files")]
    keys = {*InfoTable.model_fields, *SplitTable.model_fields} - {"split"}
    assert set(_rows(section)) - {"key"} == keys
    example = re.search(r"^```toml\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    assert example is not None
    assert InfoTable.model_validate(tomllib.loads(example[1])).to_info().name == "my-platform"


def test_every_key_of_a_map_is_there() -> None:
    section = TEXT[TEXT.index("## From CSV files") : TEXT.index("## New tips")]
    parts = (ImportMap, TimeMap, AmountMap, TableMap, FeatureMap)
    wanted = {key for part in parts for key in part.model_fields} - {"time", "amount", "features"}
    assert [key for key in sorted(wanted) if not re.search(rf"\b{key}\b", section)] == []
    assert [word for word in ("[time]", "[amount]", "[features.MODALITY]") if word not in section] == []


def test_the_words_of_closed_columns_and_the_kinds_of_media_are_there() -> None:
    for words in (EVENT_KINDS, SPLITS):
        assert f"{', '.join(words[:-1])} or {words[-1]}" in TEXT
    kinds = {ending.lstrip(".").upper().replace("JPG", "JPEG") for ending in (*PICTURE_ENDINGS, *SOUND_ENDINGS)}
    assert [kind for kind in sorted(kinds) if kind not in TEXT.upper()] == []


def test_readme_leads_there_and_no_message_names_another_document() -> None:
    assert f"]({FORMAT_DOCUMENT})" in (ROOT / "README.md").read_text(encoding="utf-8")
    sources = [path for package in ("app", "explain", "mspa_model") for path in (ROOT / package).rglob("*.py")]
    assert [path.name for path in sources if "DATASET.md" in path.read_text(encoding="utf-8")] == []
