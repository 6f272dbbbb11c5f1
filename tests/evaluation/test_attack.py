"""The greedy attack against models whose best attack is known."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_weighted_words import WeightedWords

from groundswell.errors import DataError
from groundswell.evaluation.robustness.attack import Attacked, Budget, attack_texts
from groundswell.evaluation.robustness.attack_candidates import Candidates, attack_candidates
from groundswell.evaluation.robustness.guarded_words import GuardedText, Word, WordGuard, is_in_lexicon
from groundswell.evaluation.robustness.synonyms import SynonymSource
from groundswell.text.cleaning import Edit

GUARD = WordGuard()
NAMES = ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel"]


def hide(text: GuardedText, word: Word) -> list[str]:
    """One candidate, which the model does not know."""
    return [f"{word.text}x"]


ANYTHING = Budget(1.0, 500)


def attack(
    model: WeightedWords, texts: Sequence[str], candidates: Candidates = hide, budget: Budget = ANYTHING
) -> list[Attacked]:
    before = WeightedWords(model.weights, model.bias)(texts)
    return attack_texts([GUARD(text, "en") for text in texts], before, model, candidates, budget)


def fewest_words(weights: Sequence[int], bias: float, most: int) -> int | None:
    """The smallest number of words, at most `most`, without which the sign turns: every choice is tried."""
    for size in range(1, most + 1):
        for gone in combinations(range(len(weights)), size):
            logit = bias + sum(weight for number, weight in enumerate(weights) if number not in gone)
            if (logit > 0) != (bias + sum(weights) > 0):
                return size
    return None


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(-4, 4), min_size=1, max_size=8), st.sampled_from([0.25, 0.5, 1.0]))
def test_where_a_candidate_is_as_good_as_leaving_out_the_attack_is_the_best_there_is(
    weights: list[int], max_changed: float
) -> None:
    model = WeightedWords(dict(zip(NAMES, weights, strict=False)), bias=0.5)  # no sum is 0
    text = " ".join(NAMES[: len(weights)])
    budget = Budget(max_changed, 500)
    (found,) = attack(model, [text], budget=budget)
    fewest = fewest_words(weights, 0.5, max(1, int(max_changed * len(weights))))
    assert found.succeeded == (fewest is not None)
    if fewest is not None:
        assert len(found.edits) == fewest
        assert (model.logit(found.text) > 0) != (model.logit(text) > 0)
    np.testing.assert_allclose(found.probabilities, model([found.text])[0])


def test_a_worked_example() -> None:
    """alpha 3 + bravo 1 - charlie 2 = 2: positive. Without alpha -1, without bravo 1, without charlie 4.

    alpha goes first; its candidates are scored at once, and the first that turns the answer is taken: `omega` (0, so
    the sum is -1), not `zulu`, which would turn it further. 3 words left out and 3 candidates are 6 queries.
    """
    model = WeightedWords({"alpha": 3, "bravo": 1, "charlie": -2, "golf": 2, "zulu": -9})
    options = {"alpha": ["golf", "omega", "zulu"], "bravo": ["zulu"], "charlie": ["zulu"]}
    (found,) = attack(model, ["alpha bravo, charlie"], lambda text, word: options.get(word.text, []))
    assert found == Attacked("omega bravo, charlie", True, (Edit(0, 5, "omega"),), 6, found.probabilities)
    assert model.calls == [3, 3]


def test_a_candidate_that_helps_the_answer_is_not_taken() -> None:
    model = WeightedWords({"alpha": 2, "bravo": 1, "better": 9})
    (found,) = attack(model, ["alpha bravo"], lambda text, word: ["better"])
    assert (found.text, found.edits, found.succeeded, found.num_queries) == ("alpha bravo", (), False, 4)


def test_words_without_a_candidate_cost_nothing() -> None:
    model = WeightedWords({"alpha": 1})
    (found,) = attack(model, ["alpha bravo charlie"], lambda text, word: ["x"] if word.text == "alpha" else [])
    assert (found.num_queries, found.succeeded) == (2, True)  # 0 is one half, and of equals the first class counts
    (none,) = attack(model, ["alpha bravo charlie"], lambda text, word: [])
    assert (none.num_queries, none.succeeded, none.text) == (0, False, "alpha bravo charlie")


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.integers(-3, 3), min_size=40, max_size=40),
    st.lists(st.integers(1, 40), max_size=6),
    st.integers(1, 60),
    st.floats(0.01, 1.0),
)
def test_no_budget_is_exceeded_and_every_query_is_counted(
    weights: list[int], lengths: list[int], max_queries: int, max_changed: float
) -> None:
    names = [f"w{one}{other}" for one in "abcde" for other in "klmnopqr"]
    model = WeightedWords(dict(zip(names, weights, strict=True)), bias=0.5)
    texts = [" ".join(names[:length]) for length in lengths]
    budget = Budget(max_changed, max_queries)
    found = attack(model, texts, lambda text, word: [f"{word.text}x", f"{word.text}y"], budget)
    assert sum(model.calls) == sum(one.num_queries for one in found)
    for text, one in zip(texts, found, strict=True):
        assert one.num_queries <= max_queries
        assert len(one.edits) <= max(1, max_changed * len(text.split()) + 1e-6)
        differing = sum(old != new for old, new in zip(text.split(), one.text.split(), strict=True))
        assert differing == len(one.edits)


def test_texts_are_attacked_side_by_side_as_if_each_were_alone() -> None:
    texts = [" ".join(NAMES[start:] + NAMES[:start]) for start in range(8)] * 10
    weights = dict(zip(NAMES, [3, 2, 2, -1, 1, 0, 1, -2], strict=True))
    together, finished = WeightedWords(weights), []
    guarded = [GUARD(text, "en") for text in texts]
    found = attack_texts(guarded, WeightedWords(weights)(texts), together, hide, Budget(1.0, 50), finished.append)
    alone = [attack(WeightedWords(weights), [text], budget=Budget(1.0, 50))[0] for text in texts]
    assert [(one.text, one.num_queries, one.succeeded) for one in found] == [
        (one.text, one.num_queries, one.succeeded) for one in alone
    ]
    assert len(finished) == len(texts)
    assert max(together.calls) >= 64 * 8  # all words of as many texts as go on at once
    assert len(together.calls) < 20  # and not one call for each text


def test_in_long_texts_the_words_that_count_are_found_by_way_of_runs() -> None:
    """200 words, 100 queries: 25 for the ranking, so runs of ceil(200 / 12) = 17, then 13 words of the worst run."""
    words = [f"{one}{other}" for one in "bcdfghjklmnpqrstvwxz" for other in "aeiouaeiou"][:200]
    words[120], words[129] = "alpha", "bravo"
    model = WeightedWords({"alpha": 3, "bravo": 2}, bias=-1)
    (found,) = attack(model, [" ".join(words)], budget=Budget(0.01, 100))
    assert found.succeeded
    assert {found.text.split()[place] for place in (120, 129)} == {"alphax", "bravox"}
    assert model.calls == [12, 13, 1, 1]


def test_no_text_no_query() -> None:
    model = WeightedWords({})
    assert attack_texts([], np.zeros((0, 2)), model, hide, Budget()) == []
    assert model.calls == []


def test_more_than_two_classes() -> None:
    def score(texts: Sequence[str]) -> np.ndarray:
        return np.array([[0.2, 0.7, 0.1] if "alpha" in text.split() else [0.3, 0.3, 0.4] for text in texts])

    guarded = [GUARD("alpha bravo", "en")]
    (found,) = attack_texts(guarded, score(["alpha bravo"]), score, hide, Budget(1.0, 10))
    assert (found.succeeded, found.text, int(found.probabilities.argmax())) == (True, "alphax bravo", 2)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((0.0, 10), "max_changed: found 0, expected a share above 0 and at most 1"),
        ((1.5, 10), "max_changed: found 1.5, expected a share above 0 and at most 1"),
        ((0.2, 0), "max_queries: found 0, expected at least 1"),
    ],
)
def test_budgets_that_make_no_sense_are_refused(values: tuple[float, int], message: str) -> None:
    with pytest.raises(DataError) as error:
        Budget(*values)
    assert str(error.value) == message


def test_the_budget_in_words() -> None:
    assert str(Budget()) == "at most 20% of the words changed (one at least), 500 queries a text"
    assert [Budget(0.2).words(GUARD(" ".join(NAMES[:size]))) for size in (1, 4, 5, 8)] == [1, 1, 1, 1]
    assert Budget(0.3).words(GUARD(" ".join(NAMES[:7]) + " ! 2 3 4")) == 3


def test_candidates_by_hand() -> None:
    means = {"room": ["chamber", "lodge", "good", "place", "space", "hall", "flat", "suite", "den"]}
    candidates = attack_candidates([SynonymSource("by hand", ("en",), lambda word: means.get(word, ()))])
    text = GUARD("A good room costs 200, not 300")
    found = {word.text: candidates(text, word) for word in text.words}
    assert found["room"][:6] == ["chamber", "lodge", "place", "space", "hall", "suite"]  # good and flat are felt
    assert found["room"][6:] == [one for one in found["room"][6:] if len(one) in (3, 4, 5) and one not in means["room"]]
    assert {len(one) for one in found["good"]} == {3, 4, 5}  # slips only
    assert found["A"] == found["200"] == found["not"] == found[","] == []
    assert found == {word.text: candidates(text, word) for word in text.words}


def test_chinese_candidates_by_hand() -> None:
    candidates = attack_candidates([SynonymSource("by hand", ("zh",), lambda word: ["客房"] if word == "房间" else [])])
    text = GUARD("房间不好，服务员失望，很 ok")
    found = {word.text: candidates(text, word) for word in text.words}
    assert found["房间"][0] == "客房"
    assert 2 <= len(found["失望"]) <= 4
    assert all(len(one) == len(word) for word, options in found.items() for one in options)
    assert found["很"] == []  # one character that is felt: nobody could tell what was meant
    assert not any(is_in_lexicon(one) for options in found.values() for one in options)
    assert len(found["服务员"]) == len(set(found["服务员"]))
