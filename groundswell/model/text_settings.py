"""How a text becomes tokens; saved with the model, so that training and prediction read alike."""

from __future__ import annotations

from dataclasses import dataclass

from groundswell.text.tokenization import TextTokenizer, Tokens, Truncation


@dataclass(frozen=True)
class TextSettings:
    """How a text becomes tokens."""

    cleaning: tuple[str, ...]
    max_tokens: int
    truncation: Truncation
    window_overlap: int


def make_text_tokenizer(tokens: Tokens, text: TextSettings) -> TextTokenizer:
    """The tokenizer that cuts as the settings say; training and prediction both come through here."""
    return TextTokenizer(
        tokens, max_tokens=text.max_tokens, truncation=text.truncation, window_overlap=text.window_overlap
    )
