"""The report as Markdown, for a ticket or a chat; nothing that comes from data is markup there."""

import re

from explain.report.evidence import Evidence
from explain.report.page import page_of

# CommonMark lets every ASCII punctuation mark be escaped; these are the ones that could start something.
_SIGNS = re.compile(r"([\\`*_{}\[\]()<>#+!|~$&@:.-])")


def escape(text: str) -> str:
    """The text with every sign that Markdown, a table, HTML, a mention or an automatic link could start with escaped.

    A full stop, a colon and an @ only where they could, so that numbers and sentences stay readable as they are.
    """
    text = _SIGNS.sub(lambda sign: sign[0] if sign[0] in "().:-@+" else "\\" + sign[0], text)
    text = re.sub(r"([.@])(?=[^\W\d])|(:)(?=/)", r"\\\1\2", text)
    return re.sub(r"^(\s*)(\d+)([.)])|^(\s*)([-+])", lambda m: _opened(m), text, flags=re.MULTILINE)


def _opened(match: re.Match[str]) -> str:
    """A list that would begin at the start of a line, with its sign escaped."""
    if match[2] is not None:
        return f"{match[1]}{match[2]}\\{match[3]}"
    return f"{match[4]}\\{match[5]}"


def to_markdown(evidence: Evidence) -> str:
    """The page in Markdown (CommonMark with tables)."""
    page = page_of(evidence)
    lines = [f"# {escape(page.question)}", "", escape(page.answer), ""]
    lines += [f"> **{page.seal}.** {escape(page.seal_sentence)}", ">", f"> {escape(page.evidence)}", ""]
    lines += [f"**{escape(page.bars_title)}**", "", "| source | points |", "|---|---:|"]
    lines += [f"| {escape(bar.label)} | {bar.text} |" for bar in page.bars]
    lines += ["", "**Three reasons**", ""]
    lines += [f"{number}. {escape(reason)}" for number, reason in enumerate(page.reasons, 1)]
    lines += ["", "**One what-if**", "", escape(page.what_if), "", "**What this cannot tell**", ""]
    lines += [f"- {escape(limit)}" for limit in page.cannot_tell]
    lines += ["", "**Analyst’s note**", "", escape(page.note or "No note."), "", f"*{page.disclaimer}*", ""]
    lines += [f"- {key}: {escape(value)}" for key, value in page.foot] + [f"- Open again: `{page.link}`"]
    return "\n".join(lines) + "\n"
