"""Text drawn from a model: by its probabilities, the same for the same seed, and never an unknown word."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from groundswell.errors import DataError
from groundswell.model.ngram.generation import generate
from groundswell.model.ngram.learning import NgramSettings, learn_ngrams
from groundswell.model.ngram.ngram_model import NgramModel
from groundswell.model.sampling import Sampling, kept_probs

PROBS = np.array([0.2, 0.0, 0.1, 0.4, 0.25, 0.05])  # <unk>, <s>, </s>, then words


@pytest.fixture
def model() -> NgramModel:
    texts = ["the room was good", "the room was bad", "the food was very good", "a very good room"]
    return learn_ngrams([text.split() for text in texts], NgramSettings(3)).model


def test_the_same_seed_gives_the_same_words(model: NgramModel) -> None:
    drawn = [generate(model, ["the"], 20, Sampling(seed=seed)).tokens for seed in (0, 0, 1, 2, 3)]
    assert drawn[0] == drawn[1]
    assert len(set(drawn)) > 1


def test_length_and_end(model: NgramModel) -> None:
    for seed in range(20):
        found = generate(model, [], 5, Sampling(seed=seed))
        assert found.ended or len(found.tokens) == 5
        assert not {"<unk>", "<s>", "</s>"} & set(found.tokens)


def test_the_likeliest_word_each_time(model: NgramModel) -> None:
    found = generate(model, ["the"], 10, Sampling(temperature=0))
    assert found.tokens[:2] == ("room", "was")
    assert found == generate(model, ["the"], 10, Sampling(temperature=0, seed=9))


def test_going_on_from_unknown_words(model: NgramModel) -> None:
    found = generate(model, ["zoo", "owl", "zoo"], 5, Sampling(seed=1))
    assert found.unknown == ("zoo", "owl")
    assert found.tokens or found.ended


def test_what_may_be_drawn_by_hand() -> None:
    """Without `<unk>` 0.8 are left: 0.4 0.25 0.1 0.05, likeliest first."""
    numbers, kept = kept_probs(PROBS, Sampling(), forbidden=(0, 1))
    assert numbers.tolist() == [3, 4, 2, 5]
    assert kept == pytest.approx([0.5, 0.3125, 0.125, 0.0625])
    numbers, kept = kept_probs(PROBS, Sampling(top_k=2), forbidden=(0, 1))
    assert (numbers.tolist(), kept.tolist()) == ([3, 4], pytest.approx([0.4 / 0.65, 0.25 / 0.65]))
    assert kept_probs(PROBS, Sampling(top_p=0.5), forbidden=(0, 1))[0].tolist() == [3]
    assert kept_probs(PROBS, Sampling(top_p=0.51), forbidden=(0, 1))[0].tolist() == [3, 4]
    assert kept_probs(PROBS, Sampling(top_k=3, top_p=0.999), forbidden=(0, 1))[0].tolist() == [3, 4, 2]
    squares = np.array([0.16, 0.0625, 0.01, 0.0025])
    assert kept_probs(PROBS, Sampling(temperature=0.5), forbidden=(0, 1))[1] == pytest.approx(squares / squares.sum())
    assert kept_probs(PROBS, Sampling(temperature=1e-9), forbidden=(0, 1))[1] == pytest.approx([1, 0, 0, 0])


def test_words_are_drawn_by_their_probabilities(model: NgramModel) -> None:
    """First words of 2,000 texts: each share within four standard deviations of its probability."""
    numbers, kept = kept_probs(model.next_probs([1]), Sampling(), forbidden=(0, 1))
    drawn = Counter(generate(model, [], 1, Sampling(seed=seed)).tokens for seed in range(2000))
    for number, probability in zip(numbers, kept, strict=True):
        word = model.words.words[number]
        share = drawn[() if word == "</s>" else (word,)] / 2000
        assert abs(share - probability) < 4 * (probability * (1 - probability) / 2000) ** 0.5 + 1e-9


@pytest.mark.parametrize(
    ("sampling", "message"),
    [
        (Sampling(temperature=-1), "temperature -1, expected 0 or more"),
        (Sampling(temperature=float("nan")), "temperature nan, expected 0 or more"),
        (Sampling(top_k=-1), "top_k -1, expected 0"),
        (Sampling(top_p=0), "top_p 0, expected above 0 and at most 1"),
        (Sampling(top_p=1.5), "top_p 1.5, expected above 0"),
    ],
)
def test_settings_out_of_range_are_refused(model: NgramModel, sampling: Sampling, message: str) -> None:
    with pytest.raises(DataError, match=message):
        generate(model, [], 5, sampling)


def test_words_that_stand_there_already_get_less_likely() -> None:
    """0.5 squared against 0.3 and 0.2: 0.25 / 0.75, 0.3 / 0.75, 0.2 / 0.75."""
    numbers, kept = kept_probs(np.array([0.5, 0.3, 0.2]), Sampling(repetition_penalty=2), written=[0, 0])
    assert numbers.tolist() == [1, 0, 2]
    assert kept == pytest.approx([0.4, 1 / 3, 4 / 15])
    with pytest.raises(DataError, match=r"repetition_penalty 0\.5"):
        generate(learn_ngrams([["a"]], NgramSettings(1)).model, [], 1, Sampling(repetition_penalty=0.5))
