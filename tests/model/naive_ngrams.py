"""N-gram models once more, from the equations, with dictionaries and one word at a time; slow and plain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

Gram = tuple[str, ...]
Texts = Sequence[Sequence[str]]


class NaiveModel:
    """What the models have in common: counts of every order, and the words that probability is spread over."""

    def __init__(self, texts: Texts, order: int) -> None:
        self.order = order
        marked = [("<s>", *text, "</s>") for text in texts]
        self.counts: list[Counter[Gram]] = [Counter()]  # by order
        for size in range(1, order + 1):
            grams = (text[at : at + size] for text in marked for at in range(len(text) - size + 1))
            self.counts.append(Counter(grams))
        del self.counts[1][("<s>",)]
        self.predicted = sorted({"<unk>", *(word for (word,) in self.counts[1])})

    def followers(self, counts: Counter[Gram], context: Gram) -> dict[str, int]:
        """How often each word stands after a context."""
        return {word: count for word in self.predicted if (count := counts[*context, word])}

    def distribution(self, context: Sequence[str]) -> dict[str, float]:
        """The probability of every word after the last n-1 of some words."""
        kept = tuple(context)[max(0, len(context) - self.order + 1) :]
        return {word: self.probability(word, kept) for word in self.predicted}

    def probability(self, word: str, context: Gram) -> float:
        raise NotImplementedError


class NaiveKneserNey(NaiveModel):
    """Chen and Goodman 1998, section 3, with continuation counts at the lower orders."""

    def __init__(self, texts: Texts, order: int) -> None:
        super().__init__(texts, order)
        self.adjusted = [Counter[Gram]()]
        for size in range(1, order + 1):
            if size == order:
                self.adjusted.append(self.counts[size])
                continue
            words_before = Counter(gram[1:] for gram in self.counts[size + 1])
            raw = self.counts[size]
            self.adjusted.append(Counter({g: raw[g] if g[0] == "<s>" else words_before[g] for g in raw}))
        self.discounts = [self.discounts_of(counts) for counts in self.adjusted]

    @staticmethod
    def discounts_of(counts: Counter[Gram]) -> tuple[float, ...]:
        n = Counter(counts.values())
        if not (n[1] and n[2] and n[3]):
            return 0, 0.5, 1, 1.5
        y = n[1] / (n[1] + 2 * n[2])
        found = (0, 1 - 2 * y * n[2] / n[1], 2 - 3 * y * n[3] / n[2], 3 - 4 * y * n[4] / n[3])
        return found if min(found[1:]) > 0 else (0, 0.5, 1, 1.5)

    def probability(self, word: str, context: Gram) -> float:
        size = len(context) + 1
        after = self.followers(self.adjusted[size], context)
        lower = self.probability(word, context[1:]) if context else 1 / len(self.predicted)
        if not after:
            return lower
        total = sum(after.values())
        discounts = self.discounts[size]
        left = sum(discounts[min(count, 3)] for count in after.values()) / total
        count = after.get(word, 0)
        return (count - discounts[min(count, 3)]) / total + left * lower


class NaiveKatz(NaiveModel):
    """Katz 1987, with the ratios of Good-Turing given for each order; index r is what a count of r keeps."""

    def __init__(self, texts: Texts, order: int, ratios: list[Sequence[float]]) -> None:
        super().__init__(texts, order)
        self.ratios = ratios
        self.masses: dict[Gram, float] = {}

    def probability(self, word: str, context: Gram) -> float:
        after = self.followers(self.counts[len(context) + 1], context)
        if not after:
            return self.probability(word, context[1:])
        ratios = self.ratios[len(context)]
        total = sum(after.values()) + all(count >= len(ratios) for count in after.values())
        seen = {other: count * (ratios[count] if count < len(ratios) else 1) / total for other, count in after.items()}
        left = 1 - sum(seen.values())
        if not context:
            return seen.get(word, 0) + (left if word == "<unk>" else 0)
        if set(seen) == set(self.predicted):
            return seen[word] / (1 - left)
        if word in seen:
            return seen[word]
        return left * self.probability(word, context[1:]) / self.mass(context)

    def mass(self, context: Gram) -> float:
        """What the words not seen after a context have after the shorter one; kept, for it is asked for every word."""
        if context not in self.masses:
            seen = self.followers(self.counts[len(context) + 1], context)
            unseen = (word for word in self.predicted if word not in seen)
            self.masses[context] = sum(self.probability(word, context[1:]) for word in unseen)
        return self.masses[context]


class NaiveAddK(NaiveModel):
    """(c(h w) + k) / (c(h) + k V), h being n-1 words, or fewer where the text begins."""

    def __init__(self, texts: Texts, order: int, k: float) -> None:
        super().__init__(texts, order)
        self.k = k

    def probability(self, word: str, context: Gram) -> float:
        is_longest = len(context) == self.order - 1 or context[:1] == ("<s>",)
        after = self.followers(self.counts[len(context) + 1], context) if is_longest else {}
        if is_longest and not after and context[:1] == ("<s>",):
            return self.probability(word, context[1:])  # a beginning that no text has: shorter ones know no more
        return (after.get(word, 0) + self.k) / (sum(after.values()) + self.k * len(self.predicted))
