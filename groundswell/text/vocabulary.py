"""Which tokens a model knows, and their numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from groundswell.errors import DataError

PAD, UNKNOWN = "<pad>", "<unk>"
PAD_ID, UNKNOWN_ID = 0, 1


@dataclass(frozen=True)
class Vocabulary:
    """Tokens by number: 0 fills padded places, 1 stands for every unknown token, the rest by falling count.

    tokens   the token of each number
    counts   how often each stood in the training texts; at number 1 how often an unknown one did

    >>> vocabulary = build_vocabulary([["a", "b", "a"]], min_count=1, max_size=10)
    >>> vocabulary.ids(["b", "a", "c"])
    [3, 2, 1]
    """

    tokens: tuple[str, ...]
    counts: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.tokens)

    def ids(self, tokens: Iterable[str]) -> list[int]:
        """The number of each token."""
        number_of = self.numbers.get
        return [number_of(token, UNKNOWN_ID) for token in tokens]

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each known token; the two marks are none, so no text can write them."""
        return {token: number for number, token in enumerate(self.tokens) if number > UNKNOWN_ID}

    @property
    def unknown_share(self) -> float:
        """Share of the training tokens that are unknown, 0-1."""
        return self.counts[UNKNOWN_ID] / max(1, sum(self.counts))


def build_vocabulary(
    texts: Iterable[Sequence[str]], *, min_count: int, max_size: int, always: Iterable[str] = ()
) -> Vocabulary:
    """The vocabulary of tokenized texts; tokens of equal count stand in the order of their code points.

    min_count   rarer tokens are unknown
    max_size    most tokens, the two marks included
    always      tokens that are known however rare

    Raises DataError when no token is left.
    """
    counts = Counter(token for text in texts for token in text)
    total = counts.total()
    for mark in (PAD, UNKNOWN):  # learned pieces write what they cannot spell as the mark itself
        del counts[mark]
    kept_anyway = set(always) - {PAD, UNKNOWN}
    counts.update(dict.fromkeys(kept_anyway, 0))
    frequent = sorted(
        ((token, count) for token, count in counts.items() if count >= min_count or token in kept_anyway),
        key=lambda item: (-item[1], item[0]),
    )
    if not frequent:
        top = max(counts.values(), default=0)
        raise DataError(
            f"the vocabulary is empty: {len(counts):,} different tokens, the most frequent one stands {top} times, "
            f"expected at least {min_count}. Lower text.min_count, or train on more text"
        )
    kept = frequent[: max_size - 2]
    known = sum(count for _, count in kept)
    return Vocabulary(
        (PAD, UNKNOWN, *(token for token, _ in kept)),
        (0, total - known, *(count for _, count in kept)),
    )
