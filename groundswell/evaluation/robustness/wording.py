"""Changes of words: left out, in another order, or others of the same meaning in their place."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from groundswell.evaluation.robustness.characters_zh import PARTICLES
from groundswell.evaluation.robustness.guarded_words import GuardedText, Word, deletion, is_in_lexicon, shuffled
from groundswell.evaluation.robustness.synonyms import Synonyms
from groundswell.text.cleaning import Edit

Propose = Callable[[GuardedText, random.Random], Iterator[Edit]]


def dropped_words(text: GuardedText, generator: random.Random) -> Iterator[Edit]:
    """A plain word left out."""
    for word in shuffled(text.words, generator):
        if word.guard == "plain":
            yield deletion(text.text, word)


def dropped_particles(text: GuardedText, generator: random.Random) -> Iterator[Edit]:
    """A Chinese particle such as 的, 了 or 吧 left out; not 吗 and 呢, which ask."""
    for word in shuffled(text.words, generator):
        if word.guard == "plain" and word.text in PARTICLES:
            yield deletion(text.text, word)


def swapped_words(text: GuardedText, generator: random.Random) -> Iterator[Edit]:
    """Two plain words that stand side by side in the wrong order."""
    pairs = list(zip(text.words, text.words[1:], strict=False))
    for first, second in generator.sample(pairs, len(pairs)):
        between = text.text[first.end : second.start]
        if first.guard == second.guard == "plain" and not between.strip():
            yield Edit(first.start, second.end, second.text + between + first.text)


def replaced_by(synonyms: Synonyms) -> Propose:
    """What puts a synonym in the place of a plain word, a near one more often than a far one."""

    def propose(text: GuardedText, generator: random.Random) -> Iterator[Edit]:
        for word in shuffled(text.words, generator):
            found = swaps(text, word, synonyms)
            if found:
                weights = [1 / rank for rank in range(1, len(found) + 1)]
                yield Edit(word.start, word.end, generator.choices(found, weights)[0])

    return propose


def swaps(text: GuardedText, word: Word, synonyms: Synonyms) -> list[str]:
    """Synonyms that can stand in the place of a word, nearest first.

    None for a guarded word and for one with a capital, which may be a name. A synonym of the lexicons would change what
    is felt; behind `a` or `an` it must begin as the word did.
    """
    if word.guard != "plain" or word.text != word.text.lower():
        return []
    before = next((other for other in reversed(text.words) if other.end <= word.start), None)
    has_article = before is not None and before.text.lower() in ("a", "an")
    return [
        other
        for other in synonyms(word.text)
        if other != word.text
        and not is_in_lexicon(other)
        and not (has_article and _starts_with_vowel(other) != _starts_with_vowel(word.text))
    ]


def _starts_with_vowel(word: str) -> bool:
    return word[:1] in "aeiou"
