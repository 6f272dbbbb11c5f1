"""Each smoothing against its equations written with dictionaries, and every context's probabilities sum to 1."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_ngrams import NaiveAddK, NaiveKatz, NaiveKneserNey, NaiveModel

from groundswell.errors import DataError
from groundswell.model.ngram.katz import good_turing
from groundswell.model.ngram.kneser_ney import estimate_discounts
from groundswell.model.ngram.learning import NgramSettings, SmoothingName, learn_ngrams
from groundswell.model.ngram.ngram_model import NgramModel

Texts = list[list[str]]
TEXTS = st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=7), min_size=1, max_size=10)
SMOOTHINGS: tuple[SmoothingName, ...] = ("kneser_ney", "katz", "add_k")
every_smoothing = pytest.mark.parametrize("smoothing", SMOOTHINGS)
every_order = pytest.mark.parametrize("order", range(1, 7))


def natural_texts(num_texts: int = 150, num_words: int = 40) -> Texts:
    """Texts whose words are as unevenly frequent as real ones, so that closed forms hold."""
    draw = random.Random(0)
    words = [f"w{number}" for number in range(num_words)]
    weights = [1 / (number + 1) for number in range(num_words)]
    return [draw.choices(words, weights, k=draw.randint(1, 9)) for _ in range(num_texts)]


def distribution(model: NgramModel, context: tuple[str, ...]) -> dict[str, float]:
    """The probability of every word but the begin mark."""
    marks = {"<s>": 1, "<unk>": 0}
    numbers = [marks.get(word, model.words.numbers.get(word, 0)) for word in context]
    probs = model.next_probs(numbers)
    assert probs[1] == 0
    return {word: float(probs[number]) for number, word in enumerate(model.words.words) if word != "<s>"}


def assert_same(model: NgramModel, naive: NaiveModel, contexts: list[tuple[str, ...]]) -> None:
    for context in contexts:
        found, expected = distribution(model, context), naive.distribution(context)
        assert found == pytest.approx(expected, rel=2e-6, abs=1e-12), context


def contexts_of(texts: Texts, order: int) -> list[tuple[str, ...]]:
    """The empty one, all beginnings of some texts, and some that no text has."""
    found = {("<s>", *text[:end])[-order:] for text in texts[:12] for end in range(len(text) + 1)}
    return [(), ("<unk>",), ("w0", "<unk>"), ("w39", "w38", "w37"), *sorted(found)]


def test_kneser_ney_by_hand() -> None:
    """Texts `a b` and `a c`, bigrams; no n-gram counts 3 times, so the discounts are 0.5, 1 and 1.5.

    words before: a 1 (<s>), b 1, c 1, </s> 2 (b and c); together 5; five words to predict
    p(a) = (1 - 0.5) / 5 + (3 * 0.5 + 1) / 5 / 5 = 0.1 + 0.1, p(</s>) = (2 - 1) / 5 + 0.1, p(<unk>) = 0.1
    p(b | a) = (1 - 0.5) / 2 + (2 * 0.5) / 2 * 0.2 = 0.35, p(a | <s>) = (2 - 1) / 2 + 1 / 2 * 0.2 = 0.6
    """
    learned = learn_ngrams([["a", "b"], ["a", "c"]], NgramSettings(order=2))
    assert distribution(learned.model, ()) == pytest.approx({"<unk>": 0.1, "</s>": 0.3, "a": 0.2, "b": 0.2, "c": 0.2})
    after_a = {"<unk>": 0.05, "</s>": 0.15, "a": 0.1, "b": 0.35, "c": 0.35}
    assert distribution(learned.model, ("a",)) == pytest.approx(after_a)
    assert distribution(learned.model, ("<s>",))["a"] == pytest.approx(0.6)
    assert len(learned.warnings) == 2
    assert learned.warnings[0].startswith("1-grams: none counts 3, so the discounts are 0.5, 1.0, 1.5 instead")


def test_discounts_by_hand() -> None:
    """10 count once, 4 twice, 3 three times, 2 four times: Y = 10 / 18, equation 26."""
    counts = np.repeat([0, 1, 2, 3, 4, 9], [5, 10, 4, 3, 2, 1])
    expected = (1 - 2 * 10 / 18 * 4 / 10, 2 - 3 * 10 / 18 * 3 / 4, 3 - 4 * 10 / 18 * 2 / 3)
    assert estimate_discounts(counts)[:3] == pytest.approx(expected)


def test_a_discount_below_zero_falls_back_with_a_reason() -> None:
    found = estimate_discounts(np.repeat([1, 2, 3], [10, 1, 10]))
    assert found[:3] == (0.5, 1.0, 1.5)
    assert found.problem == "the discount of a count of 2 would be -23.00"


def test_a_discount_of_0_falls_back_lest_unseen_words_be_impossible() -> None:
    """n1 .. n3 = 6 3 4, so Y = 1 / 2 and D2 = 2 - 3 / 2 * 4 / 3 = 0."""
    found = estimate_discounts(np.repeat([1, 2, 3], [6, 3, 4]))
    assert found[:3] == (0.5, 1.0, 1.5)
    assert found.problem == "the discount of a count of 2 would be 0.00"


def test_good_turing_by_hand() -> None:
    """n1 .. n6 = 40 16 8 5 3 2: q = 6 * 2 / 40 = 0.3; a count of 1 keeps (2 * 16 / 40 - 0.3) / 0.7 = 5 / 7."""
    found = good_turing(np.repeat([1, 2, 3, 4, 5, 6], [40, 16, 8, 5, 3, 2]))
    assert found.problem == ""
    assert found.ratios[1] == pytest.approx(5 / 7)
    assert found.ratios[2] == pytest.approx((3 * 8 / 16 / 2 - 0.3) / 0.7)


@every_order
def test_kneser_ney_against_the_equations(order: int) -> None:
    texts = natural_texts()
    learned = learn_ngrams(texts, NgramSettings(order=order))
    assert_same(learned.model, NaiveKneserNey(texts, order), contexts_of(texts, order))


@every_order
def test_katz_against_the_equations(order: int) -> None:
    texts = natural_texts()
    naive = NaiveKatz(texts, order, [])
    naive.ratios = [good_turing(np.array(list(counts.values()))).ratios.tolist() for counts in naive.counts[1:]]
    assert_same(learn_ngrams(texts, NgramSettings(order, "katz")).model, naive, contexts_of(texts, order))


@every_order
def test_add_k_against_the_equation(order: int) -> None:
    texts = natural_texts()
    model = learn_ngrams(texts, NgramSettings(order, "add_k", k=0.3)).model
    assert_same(model, NaiveAddK(texts, order, 0.3), contexts_of(texts, order))


@every_smoothing
@given(texts=TEXTS, order=st.integers(1, 6))
@settings(max_examples=25, deadline=None)
def test_probabilities_sum_to_1_after_every_context(smoothing: SmoothingName, texts: Texts, order: int) -> None:
    """Every context of up to two words, seen or not, and every beginning of a text."""
    model = learn_ngrams(texts, NgramSettings(order, smoothing)).model
    numbers = range(len(model.words))
    contexts = [context for size in range(3) for context in itertools.product(numbers, repeat=size)]
    for text in texts:
        ids = (1, *model.words.ids(text).tolist())
        contexts += [ids[:end] for end in range(1, len(ids) + 1)]
    for context in contexts:
        probs = model.next_probs(context)
        assert probs.sum() == pytest.approx(1, abs=2e-6), context
        assert probs[1] == 0  # the begin mark
        assert (np.delete(probs, 1) > 0).all()


@every_smoothing
def test_counted_unknown_words_have_their_share(smoothing: SmoothingName) -> None:
    """Words rarer than min_count are one word, `<unk>`, in n-grams too."""
    texts = [["a", "rare", "b"], ["a", "odd", "b"], ["a", "b"]]
    learned = learn_ngrams(texts, NgramSettings(2, smoothing, min_count=2))
    assert learned.num_unknown == 2
    found = distribution(learned.model, ("a",))
    assert sum(found.values()) == pytest.approx(1)
    assert found["<unk>"] > found["a"]


@pytest.mark.parametrize("k", [0, -1, float("inf"), float("nan")])
def test_add_k_needs_a_k(k: float) -> None:
    with pytest.raises(DataError, match="expected a number above 0"):
        learn_ngrams([["a"]], NgramSettings(2, "add_k", k=k))


def test_katz_says_when_good_turing_fails() -> None:
    warnings = learn_ngrams([["a", "b"]], NgramSettings(1, "katz")).warnings
    assert warnings == (
        "1-grams: Good-Turing does not hold, so 0.5 is taken from each count of 1 to 5. Train on more text, or choose "
        "kneser_ney",
    )
