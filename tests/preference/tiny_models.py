"""Tiny models of real classes with random weights, saved as folders, for a writer to load."""

import re
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    CLIPImageProcessorPil,
    CLIPVisionConfig,
    LlamaConfig,
    LlamaForCausalLM,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    PreTrainedTokenizerFast,
)

from mspa_model.preference.claims import STRENGTHS

SPECIAL = ("<s>", "</s>", "<|im_start|>", "<|im_end|>", "<image>")
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SEEING_TEMPLATE = re.sub(
    r"\{\{ m\['content'\] \}\}",
    "{% for part in m['content'] %}{{ '<image>' if part['type'] == 'image' else part['text'] }}{% endfor %}",
    TEMPLATE,
)
PIXELS, PATCH = 28, 14


def tokenizer(template: str | None = TEMPLATE) -> PreTrainedTokenizerFast:
    """Byte-level BPE that knows the words of answers, so that a statement is some twenty tokens."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    line = '{"statements":[{"aspect":"category","value":"Comedy","polarity":"likes","strength":"clear","tips":[1,2]}]}'
    words = [line, *STRENGTHS, "avoids Music Chess tips times amount coins days before the newest name text Room"] * 4
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=420, special_tokens=list(SPECIAL), initial_alphabet=alphabet)
    made.train_from_iterator(words, trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=made,
        bos_token="<s>",
        eos_token="</s>",
        pad_token="</s>",
        additional_special_tokens=list(SPECIAL[2:]),
    )
    fast.chat_template = template
    return fast


def save_text_model(folder: Path, template: str | None = TEMPLATE, context: int = 4096, seed: int = 0) -> str:
    """A Llama of two layers."""
    fast = tokenizer(template)
    torch.manual_seed(seed)
    LlamaForCausalLM(_llama(len(fast), context)).save_pretrained(folder)
    fast.save_pretrained(folder)
    return str(folder)


def save_seeing_model(folder: Path, seed: int = 0) -> str:
    """A LLaVA: a CLIP tower of four patches before a Llama of two layers."""
    fast = tokenizer(SEEING_TEMPLATE)
    torch.manual_seed(seed)
    vision = CLIPVisionConfig(
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=PIXELS,
        patch_size=PATCH,
    )
    config = LlavaConfig(
        vision_config=vision,
        text_config=_llama(len(fast), 4096),
        image_token_index=fast.convert_tokens_to_ids("<image>"),
        vision_feature_layer=-1,
    )
    LlavaForConditionalGeneration(config).save_pretrained(folder)
    side = {"height": PIXELS, "width": PIXELS}
    pictures = CLIPImageProcessorPil(size={"shortest_edge": PIXELS}, crop_size=side)
    LlavaProcessor(
        pictures,
        fast,
        patch_size=PATCH,
        vision_feature_select_strategy="default",
        chat_template=SEEING_TEMPLATE,
        num_additional_image_tokens=1,
    ).save_pretrained(folder)
    return str(folder)


def _llama(n_tokens: int, context: int) -> LlamaConfig:
    return LlamaConfig(
        vocab_size=n_tokens,
        initializer_range=0.3,  # wide: a frozen head of small weights could say everything only about equally
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=context,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
    )
