"""What a large language model may answer: a JSON schema that its decoding obeys, and the reading of what it wrote."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, ValidationError

from mspa_model.preference.claims import MAX_STATEMENTS, STRENGTHS, Claim, Writing, bucket_of
from mspa_model.preference.large_prompt import AVOIDS, LIKES, Prompt
from mspa_model.types import Statement, Vocabulary

MAX_POINTED = 6  # rows that one statement may point at
UNKNOWN_VALUE = -1  # no value of the vocabulary: the check leaves such a claim out


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid")

    aspect: str
    value: str
    polarity: Literal["likes", "avoids"]
    strength: Literal["slight", "clear", "strong", "very strong"]
    tips: Annotated[list[StrictInt], Field(max_length=MAX_POINTED)]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    statements: Annotated[list[_Line], Field(max_length=MAX_STATEMENTS)]


def answer_schema(prompt: Prompt) -> dict[str, Any]:
    """JSON schema of an answer to this prompt: values of the list under their own aspect, rows that are there."""
    names: dict[str, list[str]] = {}
    for aspect, name in prompt.values:
        names.setdefault(aspect, []).append(name)
    lines = [_line_schema(a, n, polarity, len(prompt.rows)) for a, n in names.items() for polarity in (LIKES, AVOIDS)]
    statements = {"type": "array", "items": {"anyOf": lines}, "maxItems": MAX_STATEMENTS}
    return _object({"statements": statements})


def read_answer(text: str, prompt: Prompt) -> Writing:
    """The claims of an answer, rows turned into the tips behind them. Nothing of what does not parse is kept.

    No prose: what a page says is written from the statements that pass the check.
    """
    try:
        lines = _Answer.model_validate_json(text).statements
    except ValidationError:
        return Writing((), None, parses=False)
    return Writing(tuple(_claim(line, prompt) for line in lines), None, parses=True)


def answer_text(statements: Sequence[Statement], prompt: Prompt, vocabulary: Vocabulary) -> str:
    """The answer that says these statements of this prompt, as decoding would write it (no spaces).

    Left out: values that the prompt does not offer, and likes that none of its rows bears out.
    """
    called = {idx: name for name, idx in prompt.values.items()}
    lines = []
    for statement in [s for s in statements if s.value_idx in called][:MAX_STATEMENTS]:
        pointed = _bearing(statement, prompt, vocabulary)
        if pointed or statement.polarity < 0:
            lines.append(_line(statement, called[statement.value_idx], pointed))
    return _Answer(statements=lines).model_dump_json()


def _line(statement: Statement, name: tuple[str, str], pointed: list[int]) -> _Line:
    polarity = LIKES if statement.polarity > 0 else AVOIDS
    strength = STRENGTHS[bucket_of(statement.strength)]
    return _Line(aspect=name[0], value=name[1], polarity=polarity, strength=strength, tips=pointed)


def _bearing(statement: Statement, prompt: Prompt, vocabulary: Vocabulary) -> list[int]:
    if statement.polarity < 0:
        return []
    has = vocabulary.membership[list(prompt.streamers), statement.value_idx] > 0
    return [number for number, bears in enumerate(has.tolist(), 1) if bears][:MAX_POINTED]


def _claim(line: _Line, prompt: Prompt) -> Claim:
    tips = [tip for number in line.tips if 1 <= number <= len(prompt.rows) for tip in prompt.rows[number - 1]]
    return Claim(
        prompt.values.get((line.aspect, line.value), UNKNOWN_VALUE),
        1 if line.polarity == LIKES else -1,
        STRENGTHS.index(line.strength),
        tuple(tips),
    )


def _line_schema(aspect: str, names: list[str], polarity: str, n_rows: int) -> dict[str, Any]:
    rows = {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": n_rows}}
    bounds = {"minItems": 1, "maxItems": min(MAX_POINTED, n_rows)} if polarity == LIKES else {"maxItems": 0}
    return _object(
        {
            "aspect": {"const": aspect},
            "value": {"enum": names},
            "polarity": {"const": polarity},
            "strength": {"enum": list(STRENGTHS)},
            "tips": rows | bounds,
        }
    )


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
