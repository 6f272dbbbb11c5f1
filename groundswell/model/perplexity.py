"""Perplexity, with everything that has to stand beside it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Perplexity:
    """exp of the mean negative logarithm of the probability of a token, over all texts at once.

    num_texts, num_blank        texts with a token, and texts without one, which are left out
    num_tokens                  without end marks
    num_unknown                 of these, tokens that the model does not know; it gives them the probability of `<unk>`
    with_ends                   over num_tokens + num_texts predictions, the end of each text among them
    without_ends                over num_tokens predictions
    with_ends_known             as with_ends, but unknown tokens left out; other tools call it without OOVs
    bits_per_byte               of all predictions, ends too, over num_bytes; with unknown tokens it flatters the
                                model, which need not spell them
    num_bytes                   of the cleaned texts in UTF-8, one added to each for its end
    log10_prob                  of all texts together, ends too
    sizes                       n-grams: share of predictions by words of the longest one found, for orders 1 to n
    num_windowed                texts that are too long to be read at once; their tokens are foreseen from a part

    Perplexities of different vocabularies or cuts into tokens do not compare; bits per byte do.
    """

    num_texts: int
    num_blank: int
    num_tokens: int
    num_unknown: int
    with_ends: float
    without_ends: float
    with_ends_known: float
    bits_per_byte: float
    num_bytes: int
    log10_prob: float
    sizes: tuple[float, ...] = ()
    num_windowed: int = 0
