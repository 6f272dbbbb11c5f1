"""What an attack may put in the place of a word: synonyms first, then slips."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from groundswell.evaluation.robustness.characters_zh import SLIPS
from groundswell.evaluation.robustness.guarded_words import GuardedText, Word, is_in_lexicon
from groundswell.evaluation.robustness.letters import TYPOS
from groundswell.evaluation.robustness.synonyms import SynonymSource
from groundswell.evaluation.robustness.wording import swaps

Candidates = Callable[[GuardedText, Word], list[str]]

MOST_SYNONYMS = 6
SLIPS_OF_A_CHARACTER = 2  # of each kind; a Chinese word offers many


def attack_candidates(synonyms: Sequence[SynonymSource] = (), seed: int = 0) -> Candidates:
    """What gives the candidates of a word, none of them twice: up to six synonyms, nearest first, then slips.

    In English and other languages one of each kind of typing slip, in Chinese two homophones and two look-alikes.
    Negators, numbers and addresses have none; feeling words have slips only, Chinese ones of one character nothing.
    """

    def candidates(text: GuardedText, word: Word) -> list[str]:
        if word.guard not in ("plain", "feeling"):
            return []
        similar = [
            other
            for source in synonyms
            if text.language in source.languages
            for other in swaps(text, word, source.find)
        ]
        slips = _chinese_slips if text.language == "zh" else _letter_slips
        respelt = slips(word, random.Random(f"{seed} {word.text}"))
        found = dict.fromkeys([*list(dict.fromkeys(similar))[:MOST_SYNONYMS], *respelt])
        return [other for other in found if other != word.text]

    return candidates


def _letter_slips(word: Word, generator: random.Random) -> list[str]:
    found = [slip(word.text, generator) for slip in TYPOS.values()]
    return [changed for changed in found if changed and not is_in_lexicon(changed)]


def _chinese_slips(word: Word, generator: random.Random) -> list[str]:
    if word.guard == "feeling" and len(word.text) == 1:
        return []
    found = [slip(word.text, generator) for slip in SLIPS.values() for _ in range(SLIPS_OF_A_CHARACTER)]
    return [changed for changed in found if changed]
