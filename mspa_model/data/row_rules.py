"""Which rows of a table break the rules of its columns."""

from dataclasses import replace

import numpy as np
import pandas as pd

from mspa_model.data.schema import ColumnRule, TableRule

NO_VALUE = "a value in every row"
ONCE = "each value once"


def broken_rules(frame: pd.DataFrame, rule: TableRule) -> pd.DataFrame:
    """The first broken rule of each cell that breaks one: columns column, expected (what was wanted), row (position in
    frame); ordered by row."""
    import pandera.pandas as pandera  # half a second, which opening a run does not wait for: its rows were checked
    from pandera.errors import SchemaErrors

    def column(rule: ColumnRule) -> pandera.Column:
        checks = [pandera.Check(c.holds, element_wise=c.one_by_one, error=c.expected) for c in rule.checks]
        return pandera.Column(
            nullable=rule.nullable, unique=rule.unique, report_duplicates="exclude_first", checks=checks
        )

    schema = pandera.DataFrameSchema({c.name: column(c) for c in rule.columns if c.name in frame})
    try:
        schema.validate(frame.reset_index(drop=True), lazy=True)
    except SchemaErrors as error:
        cases = error.failure_cases
        wanted = cases["check"].replace({"not_nullable": NO_VALUE, "field_uniqueness": ONCE})
        broken = pd.DataFrame(
            {"column": cases["column"], "expected": wanted, "row": cases["index"].astype("int64")}
        )  # of two empty ids the second is no repetition: both are empty
        broken = broken[(broken["expected"] != ONCE) | (cases["failure_case"] != "").to_numpy(dtype=bool)]
        return broken.sort_values("row", kind="stable").drop_duplicates(["column", "row"], ignore_index=True)
    # An empty "row" of floats would turn the rows that it is joined with into floats.
    return pd.DataFrame({"column": [], "expected": [], "row": np.array([], dtype=np.int64)})


def without_uniqueness(rule: TableRule) -> TableRule:
    """The same rules for rows that are only part of a table."""

    def once(column: ColumnRule) -> ColumnRule:
        return replace(column, unique=False)

    return replace(rule, columns=tuple(once(column) for column in rule.columns))
