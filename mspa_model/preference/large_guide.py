"""Decoding that obeys a JSON schema: a grammar (llguidance) bars every token that may not come next."""

import json
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformers import LogitsProcessor

from mspa_model.errors import ComposerError


class Grammar:
    """JSON schemas for one tokenizer (llguidance)."""

    def __init__(self, tokenizer: Any) -> None:
        from llguidance.hf import from_tokenizer

        if tokenizer.eos_token_id is None or not hasattr(tokenizer, "backend_tokenizer"):
            got = f"tokenizer {type(tokenizer).__name__}"
            raise ComposerError(got, "a fast one with a token for the end", "Name a model with a tokenizer.json.")
        self._tokenizer = from_tokenizer(tokenizer)

    def guide(self, schema: dict[str, Any], start: int) -> "Guide":
        """A processor for one generation whose prompt has `start` tokens."""
        from llguidance import LLMatcher

        compact = {"whitespace_flexible": False}
        matcher = LLMatcher(
            self._tokenizer, LLMatcher.grammar_from_json_schema(json.dumps(schema), compact), log_level=0
        )
        if matcher.is_error():
            got = f"a schema of this vocabulary that has no grammar ({matcher.get_error()[:200]})"
            raise ComposerError(got, "values that can be written as JSON", "Train with a smaller vocabulary.")
        return Guide(matcher, self._tokenizer.eos_token, start)


class Guide(LogitsProcessor):
    """Bars every token that the schema does not allow next; where all is said, every token but the end."""

    def __init__(self, matcher: Any, end: int, start: int) -> None:
        self._matcher, self._end, self._read = matcher, end, start

    def __call__(
        self, input_ids: Int[Tensor, "1 n"], scores: Float[Tensor, "1 n_tokens"]
    ) -> Float[Tensor, "1 n_tokens"]:
        new = input_ids[0, self._read :].tolist()
        self._read += len(new)
        if new:
            self._matcher.consume_tokens(new)
        allowed = torch.zeros(scores.shape[1], dtype=torch.bool)
        if self._matcher.is_stopped():
            allowed[self._end] = True
        else:
            bits = np.unpackbits(np.frombuffer(self._matcher.compute_bitmask(), dtype=np.uint8), bitorder="little")
            n = min(len(bits), len(allowed))
            allowed[:n] = torch.from_numpy(bits[:n].astype(bool))
        return scores.masked_fill(~allowed.to(scores.device), float("-inf"))
