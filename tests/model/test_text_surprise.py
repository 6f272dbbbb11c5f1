"""What texts cost: the same as by the definition, also of texts longer than the model reads at once."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from tiny_language_models import MODELS, made, tokens

from groundswell.evaluation.language_metrics import perplexity_of, score_causal, score_masked
from groundswell.model.text_surprise import num_windowed, text_surprises


@pytest.mark.parametrize("kind", MODELS)
def test_a_token_costs_what_its_probability_says(kind: str) -> None:
    """One document after the other, each place read off alone."""
    model = made(kind)
    documents = [tokens(1, size)[0].tolist() for size in (9, 2, 30, 1)]
    found = text_surprises(model, documents)
    for document, costs in zip(documents, found, strict=True):
        assert len(costs) == len(document) - 1
        for place in range(1, len(document)):
            with torch.inference_mode():
                chances = model.logits(torch.tensor([document[:place]]))[0, -1].softmax(dim=0)
            assert costs[place - 1] == pytest.approx(-math.log(chances[document[place]]), rel=1e-4, abs=1e-5)


def test_windows_foresee_every_token_once_from_at_least_half_a_window() -> None:
    """A decoder of 64 places; 150 tokens are followed by another one."""
    model = made("decoder")
    document = tokens(1, 151)[0].tolist()
    costs = text_surprises(model, [document])[0]
    assert num_windowed(model, [document, document[:65]]) == 1
    ends = [64, 96, 128, 150]
    for first, end in zip([0, *ends], ends, strict=False):
        begin = max(0, end - 64)
        for place in (first, end - 1):  # token `place + 1` is foreseen from `begin` on
            with torch.inference_mode():
                chances = model.logits(torch.tensor([document[begin : place + 1]]))[0, -1].softmax(dim=0)
            assert costs[place] == pytest.approx(-math.log(chances[document[place + 1]]), rel=1e-4, abs=1e-5)
            assert place + 1 - begin >= min(32, place + 1)


def test_perplexity_and_bits_by_hand() -> None:
    """Two texts: 2 tokens and an end of 1 bit each; one token of 3 bits, unknown, and an end of 1 bit."""
    bit = math.log(2)
    costs = [np.array([bit, bit, bit]), np.array([3 * bit, bit])]
    known = [np.array([True, True, True]), np.array([False, True])]
    found = perplexity_of(costs, known, 14, num_blank=1, num_windowed=0)
    assert (found.num_texts, found.num_tokens, found.num_unknown, found.num_blank) == (2, 3, 1, 1)
    assert found.with_ends == pytest.approx(2 ** (7 / 5))
    assert found.without_ends == pytest.approx(2 ** (5 / 3))
    assert found.with_ends_known == pytest.approx(2.0)
    assert found.bits_per_byte == pytest.approx(0.5)
    assert found.log10_prob == pytest.approx(-7 * math.log10(2))
    options = {"resamples": 500, "level": 0.95, "seed": 0}
    scores = score_causal(np.array([3 * bit, 4 * bit]), np.array([3, 2]), np.array([8, 6]), **options)
    assert scores["perplexity"]["value"] == pytest.approx(2 ** (7 / 5))
    assert scores["perplexity"]["low"] == pytest.approx(2.0)  # the first text twice
    assert scores["perplexity"]["high"] == pytest.approx(4.0)
    assert scores["bits_per_byte"]["value"] == pytest.approx(0.5)
    masked = score_masked(np.array([2 * bit, 4 * bit]), np.array([1.0, 2.0]), np.array([2, 2]), **options)
    assert masked["masked_accuracy"]["value"] == 0.75
    assert masked["masked_perplexity"]["value"] == pytest.approx(2**1.5)
