"""A greedy attack that sees nothing but a model's probabilities: which few words, changed, turn its answer?"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundswell.errors import DataError
from groundswell.evaluation.robustness.attack_candidates import Candidates
from groundswell.evaluation.robustness.guarded_words import GuardedText, Word, apply_edits, deletion
from groundswell.text.cleaning import Edit

Array = NDArray[Any]
Score = Callable[[Sequence[str]], Array]
# What an attack asks for, and what it is told: probabilities (K, C) of K texts.
Queries = Generator[list[str], Array, "Attacked"]

NAME = "greedy word substitution"
RANKING_SHARE = 0.25  # most of the queries that go into finding the words that count
TEXTS_AT_ONCE = 64


@dataclass(frozen=True)
class Budget:
    """What an attack may do to one text.

    max_changed   share of its words, above 0 and at most 1; rounded down, but one word is always allowed
    max_queries   texts scored, the text itself not counted
    """

    max_changed: float = 0.2
    max_queries: int = 500

    def __post_init__(self) -> None:
        if not 0 < self.max_changed <= 1:
            raise DataError(f"max_changed: found {self.max_changed:g}, expected a share above 0 and at most 1")
        if self.max_queries < 1:
            raise DataError(f"max_queries: found {self.max_queries}, expected at least 1")

    def words(self, text: GuardedText) -> int:
        """How many words of a text may be changed."""
        return max(1, math.floor(self.max_changed * text.num_words + 1e-9))

    def __str__(self) -> str:
        return f"at most {self.max_changed:.0%} of the words changed (one at least), {self.max_queries} queries a text"


@dataclass(frozen=True)
class Attacked:
    """What became of one text.

    succeeded      the answer turned
    edits          the words changed, in places of the original
    num_queries    texts scored on the way
    probabilities  (C,) of the text as it was left
    """

    text: str
    succeeded: bool
    edits: tuple[Edit, ...]
    num_queries: int
    probabilities: Array


def attack_texts(
    texts: Sequence[GuardedText],
    before: Array,
    score: Score,
    candidates: Candidates,
    budget: Budget,
    on_done: Callable[[Attacked], None] = lambda attacked: None,
) -> list[Attacked]:
    """What became of each text, in order; an attack succeeds when the most probable class is another than `before`.

    Words are ranked by how far the probability of the answer falls when they are left out; in that order each is
    replaced by the candidate that lowers it most, until the answer turns or the budget is used. Of candidates that turn
    the answer the first is taken. After Jin et al. 2020 (TextFooler, algorithm 1, https://arxiv.org/abs/1907.11932) and
    Ren et al. 2019 (PWWS, https://aclanthology.org/P19-1103), with slips beside synonyms as in Li et al. 2019
    (TextBugger, https://arxiv.org/abs/1812.05271). Where a text has more words than a quarter of its queries, runs of
    words are ranked first, and then the words of those runs that count most.

    before   (N, C) probabilities of the texts
    score    texts -> probabilities (K, C); the attacks go on side by side, so it gets thousands of texts at a time
    on_done  called as each attack ends
    """
    found: dict[int, Attacked] = {}
    waiting = iter(range(len(texts)))
    running: dict[int, tuple[Queries, list[str]]] = {}

    def go_on(number: int, attack: Queries, answer: Array | None) -> None:
        try:
            # a generator that was not begun takes no answer
            running[number] = attack, next(attack) if answer is None else attack.send(answer)
        except StopIteration as end:
            running.pop(number, None)
            found[number] = end.value
            on_done(end.value)

    while len(found) < len(texts):
        while len(running) < TEXTS_AT_ONCE and (number := next(waiting, None)) is not None:
            go_on(number, _attack(texts[number], before[number], candidates, budget), None)
        if running:
            asked = dict(running)
            answers = np.asarray(score([text for _, queries in asked.values() for text in queries]))
            ends = np.cumsum([len(queries) for _, queries in asked.values()])
            for (number, (attack, _)), answer in zip(asked.items(), np.split(answers, ends[:-1]), strict=True):
                go_on(number, attack, answer)
    return [found[number] for number in range(len(texts))]


def _attack(text: GuardedText, before: Array, candidates: Candidates, budget: Budget) -> Queries:
    """Yields texts to be scored, takes their probabilities."""
    gold = int(np.argmax(before))
    options = {word: found for word in text.words if (found := candidates(text, word))}
    ranked, num_queries = yield from _ranked(text, list(options), float(before[gold]), gold, budget)
    edits: list[Edit] = []
    now = before
    for word in ranked:
        if len(edits) == budget.words(text) or num_queries == budget.max_queries:
            break
        tried = [Edit(word.start, word.end, new) for new in options[word][: budget.max_queries - num_queries]]
        answers = yield [apply_edits(text.text, [*edits, edit]) for edit in tried]
        num_queries += len(tried)
        turned = np.flatnonzero(answers.argmax(axis=1) != gold)
        best = int(turned[0]) if len(turned) else int(answers[:, gold].argmin())
        if len(turned) or answers[best, gold] < now[gold]:
            edits.append(tried[best])
            now = answers[best]
        if len(turned):
            break
    succeeded = int(np.argmax(now)) != gold
    return Attacked(apply_edits(text.text, edits), succeeded, tuple(sorted(edits)), num_queries, now)


def _ranked(
    text: GuardedText, words: list[Word], whole: float, gold: int, budget: Budget
) -> Generator[list[str], Array, tuple[list[Word], int]]:
    """The words by falling importance, and how many queries that took: at most a quarter of all, or one."""
    most = max(1, int(RANKING_SHARE * budget.max_queries))
    # half of these queries for runs, so that the other half is left for single words
    size = 1 if len(words) <= most else math.ceil(len(words) / max(1, most // 2))
    runs = [words[start : start + size] for start in range(0, len(words), size)]
    drops = yield from _drops(text, runs, whole, gold)
    num_queries = len(runs)
    importance = {word: drop / size for run, drop in zip(runs, drops, strict=True) for word in run}
    if size > 1:
        by_drop = [runs[number] for number in np.argsort(-np.array(drops), kind="stable")]
        singles = [word for run in by_drop for word in run][: most - num_queries]
        own = yield from _drops(text, [[word] for word in singles], whole, gold)
        importance |= dict(zip(singles, own, strict=True))
        num_queries += len(singles)
    return sorted(words, key=lambda word: -importance[word]), num_queries


def _drops(
    text: GuardedText, runs: Sequence[Sequence[Word]], whole: float, gold: int
) -> Generator[list[str], Array, list[float]]:
    """How far the probability of the answer falls without each run of words; asks nothing when there is none."""
    if not runs:
        return []
    answers = yield [apply_edits(text.text, [deletion(text.text, word) for word in run]) for run in runs]
    return [whole - float(answer[gold]) for answer in answers]
