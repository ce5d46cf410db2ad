"""Rows whose text begins with, or else holds, what was typed."""

import pandas as pd

LIMIT = 20  # entries that a list on a page ever holds


def matching_rows(columns: list[pd.Series], query: str, limit: int = LIMIT) -> list[int]:
    """Positions of at most `limit` rows of lower-case columns: first those where one begins with the query."""
    text = query.strip().lower()
    begins = pd.concat([column.str.startswith(text) for column in columns], axis=1).any(axis=1).to_numpy()
    inside = pd.concat([column.str.contains(text, regex=False) for column in columns], axis=1).any(axis=1).to_numpy()
    rows = [*begins.nonzero()[0], *(inside & ~begins).nonzero()[0]]
    return [int(row) for row in rows[:limit]]
