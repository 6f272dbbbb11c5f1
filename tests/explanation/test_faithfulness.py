"""Faithfulness: by hand, and on a model that is known to go by a few words only."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny_explained import asked, from_scratch, linear

from groundswell.explanation.explained_output import ExplainedOutput
from groundswell.explanation.faithfulness import SHARES, measure_orders, order_of, random_orders


def test_by_hand() -> None:
    """Ten words of which the last decides: p = sigmoid(4) with it, 1/2 without.

    The right order takes it out at each share: loses p - 1/2, and alone it loses nothing. The opposite order takes it
    out at no share (half of ten words are the first five), and is without it when only its own first words are left.
    """
    scorer = asked(linear({"good": (0.0, 4.0), "the": (0.0, 0.0)}, (0.0, 0.0)))
    (words,) = scorer.read(["the " * 9 + "good"])
    output = ExplainedOutput(scorer.outputs, 1)
    lost = torch.sigmoid(torch.tensor(4.0)).item() - 0.5
    right, wrong = np.arange(10)[::-1], np.arange(10)
    found = measure_orders(scorer, [words, words, words], [output] * 3, [[right], [wrong], [right, wrong]])
    assert found.comprehensiveness.tolist() == pytest.approx([lost, 0, lost / 2])
    assert found.sufficiency.tolist() == pytest.approx([0, lost, lost / 2])
    assert found.together.tolist() == pytest.approx([lost, -lost, 0])


def test_against_brute_force_over_the_shares() -> None:
    """20 words: 1, 1, 2, 4 and 10 of them."""
    scorer = asked(from_scratch("gru"))
    text = "good food was very bad but not slow the service was room " + "good bad " * 4
    (words,) = scorer.read([text])
    assert len(words.words) == 20
    output = ExplainedOutput(scorer.outputs, 0)
    order = np.random.default_rng(0).permutation(20)

    def probability(kept: list[int]) -> float:
        shown = " ".join(text.split()[number] for number in sorted(kept))
        (rest,) = scorer.read([shown])
        every = np.ones(len(rest.words), dtype=bool)
        from groundswell.explanation.word_scorer import Part

        return output.values(scorer.logits([Part(rest, every)])).item()

    whole = probability(list(range(20)))
    counts = [1, 1, 2, 4, 10]
    without = [whole - probability([n for n in range(20) if n not in order[:count]]) for count in counts]
    alone = [whole - probability(order[:count].tolist()) for count in counts]
    found = measure_orders(scorer, [words], [output], [[order]])
    assert found.comprehensiveness[0] == pytest.approx(np.mean(without), abs=1e-5)
    assert found.sufficiency[0] == pytest.approx(np.mean(alone), abs=1e-5)


def test_the_shares_are_those_of_the_paper() -> None:
    assert SHARES == (0.01, 0.05, 0.1, 0.2, 0.5)


def test_random_orders_hold_the_words_that_are_read_and_follow_from_the_seed() -> None:
    scorer = asked(from_scratch("bag", max_tokens=3))
    (words,) = scorer.read(["good food was very bad"])
    drawn = random_orders(words, np.random.default_rng(1), 4)
    again = random_orders(words, np.random.default_rng(1), 4)
    assert [sorted(order.tolist()) for order in drawn] == [[0, 1, 2]] * 4
    assert [order.tolist() for order in drawn] == [order.tolist() for order in again]
    assert order_of(np.array([0.5, np.nan, 2.0])).tolist() == [2, 0]
