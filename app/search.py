"""Rows whose text begins with, or else holds, what was typed."""

import pandas as pd

LIMIT = 20  # entries that a list on a page ever holds


def only_row(columns: list[pd.Series], query: str) -> int | None:
    """The row that a query means: that whose id (the last column) it is, else the only one whose name it is, else the
    only one that holds it; None where there is none or more than one. Columns are lower case.
    """
    text = query.strip().lower()
    if not text:
        return None
    for column in (columns[-1], *columns[:-1]):
        exact = (column == text).to_numpy().nonzero()[0]
        if len(exact) == 1:
            return int(exact[0])
    rows = matching_rows(columns, query, 2)
    return rows[0] if len(rows) == 1 else None


def matching_rows(columns: list[pd.Series], query: str, limit: int = LIMIT) -> list[int]:
    """Positions of at most `limit` rows of lower-case columns: first those where one begins with the query."""
    text = query.strip().lower()
    begins = pd.concat([column.str.startswith(text) for column in columns], axis=1).any(axis=1).to_numpy()
    inside = pd.concat([column.str.contains(text, regex=False) for column in columns], axis=1).any(axis=1).to_numpy()
    rows = [*begins.nonzero()[0], *(inside & ~begins).nonzero()[0]]
    return [int(row) for row in rows[:limit]]
