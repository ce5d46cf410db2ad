"""What the header of a table says of columns that are missing: another spelling, another delimiter, or no header."""

from collections.abc import Iterator, Sequence

from mspa_model.data.fault import Fault, show

_SHOWN = 8  # columns of a header that a sentence repeats
_DELIMITERS = {"\t": ("tabs", "\\t"), ";": ("semicolons", ";"), ",": ("commas", ","), "|": ("bars", "|")}


def lacking_columns(file: str, names: Sequence[str], header: Sequence[str], expected: Sequence[str]) -> Iterator[Fault]:
    """A fault for each name that the header lacks, with what was expected in its place; the first tells the header."""
    for place, (name, wanted) in enumerate(zip(names, expected, strict=True)):
        near = next((ours for ours in header if _bare(ours) == _bare(name)), None)
        hint = f"The file has {show(near)}." if near is not None else ""
        if near is None and place == 0:
            hint = header_words(header)
        yield Fault(file, wanted, "no such column", name, hint=hint)


def header_words(header: Sequence[str]) -> str:
    """The columns of a file as a sentence."""
    return f"The file has {header_list(header)}." if header else "The file has no columns."


def header_list(header: Sequence[str]) -> str:
    """The first columns of a file as literals, and how many more there are."""
    more = f" and {len(header) - _SHOWN} more" if len(header) > _SHOWN else ""
    return ", ".join(show(name) for name in header[:_SHOWN]) + more


def delimiter_fault(file: str, header: Sequence[str], delimiter: str, *, in_map: bool = True) -> Fault | None:
    """A fault where the whole header came out as one column that another delimiter would part. in_map: whether a map
    can name another one."""
    if header and header[0].lower().startswith("sep="):
        hint = "Leave out the first line, which is only for spreadsheets."
        return Fault(file, "a first line with the names of the columns", show(header[0]), line=1, hint=hint)
    if len(header) != 1:
        return None
    counts = {other: header[0].count(other) for other in _DELIMITERS if other != delimiter}
    likely = max(counts, key=lambda other: counts[other])
    if not counts[likely]:
        return None
    words, written = _DELIMITERS[likely]
    parted = _DELIMITERS.get(delimiter, (show(delimiter), ""))[0]
    todo = f'write delimiter = "{written}" at the top of the map' if in_map else f"write it with {parted}"
    hint = f"It looks parted by {words}: {todo}."
    return Fault(file, f"columns parted by {parted}", f"the one column {show(header[0])}", line=1, hint=hint)


def _bare(name: str) -> str:
    """A name without what a spreadsheet or an engine changes of it."""
    return name.strip().strip("\ufeff\"'").strip().casefold().replace(" ", "_").replace("-", "_")
