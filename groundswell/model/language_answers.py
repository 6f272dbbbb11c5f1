"""What a language model answers: the next word, the parts of a sentence, a text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NextWords:
    """The likeliest next words.

    words     with their probabilities, falling; `</s>` is the end, `<unk>` any unknown word; of pieces those that go
              on with a word begin with `…`
    unknown   words of the text before that the model does not know
    unread    tokens at the beginning of the text that the model has no place for
    """

    words: tuple[tuple[str, float], ...]
    unknown: tuple[str, ...]
    unread: int = 0


@dataclass(frozen=True)
class Part:
    """One word of a sentence.

    context       the words that its probability was taken after: all that play a part, or `…` and the last of them
    log10_prob    of the word after all words before it
    """

    word: str
    known: bool
    context: tuple[str, ...]
    log10_prob: float

    @property
    def probability(self) -> float:
        """Of the word after all words before it, 0-1."""
        return float(10**self.log10_prob)


@dataclass(frozen=True)
class Sentence:
    """A sentence as the product of its parts; the last one is its end."""

    parts: tuple[Part, ...]

    @property
    def log10_prob(self) -> float:
        """Sum over the parts."""
        return sum(part.log10_prob for part in self.parts)

    @property
    def probability(self) -> float:
        """Product of the parts, 0-1; 0 when it is too small for a float."""
        return float(10**self.log10_prob)


@dataclass(frozen=True)
class Generated:
    """A text that was drawn, or found by a search.

    text      the given words and the new ones
    tokens    the new words or pieces
    ended     whether the model ended the text itself
    unknown   given words that the model does not know
    unread    tokens at the beginning of the given text that the model has no place for
    """

    text: str
    tokens: tuple[str, ...]
    ended: bool
    unknown: tuple[str, ...]
    unread: int = 0
