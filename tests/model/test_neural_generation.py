"""Text from neural language models: drawn or searched for, checked against scoring whole texts at once."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
import torch

from groundswell.errors import DataError
from groundswell.model.neural_lm.decoder import Decoder, DecoderSettings
from groundswell.model.neural_lm.fixed_window import FixedWindow
from groundswell.model.neural_lm.generation import Limits, beam_search, write
from groundswell.model.neural_lm.language_model import LanguageModel
from groundswell.model.neural_lm.recurrent_lm import RecurrentLanguageModel
from groundswell.model.sampling import Sampling

BEGIN, END, NUM_TOKENS = 0, 1, 6
KINDS = ["window", "lstm", "rnn", "decoder"]
every_model = pytest.mark.parametrize("kind", KINDS)


def made(kind: str, positions: int = 32) -> LanguageModel:
    torch.manual_seed(3)
    model: LanguageModel
    if kind == "window":
        model = FixedWindow(NUM_TOKENS, window=3, width=6, hidden=8)
    elif kind == "decoder":
        model = Decoder(DecoderSettings(NUM_TOKENS, 8, 2, 2, 16, positions))
    else:
        model = RecurrentLanguageModel(NUM_TOKENS, cell=kind, width=6, hidden=8)  # type: ignore[arg-type]
    for part in model.parameters():
        part.data += 0.7 * torch.randn_like(part)
    return model.eval()


def log_prob(model: LanguageModel, start: list[int], tokens: tuple[int, ...], *, ended: bool) -> float:
    """By one pass over the whole text."""
    ids = [*start, *tokens, *([END] if ended else [])]
    with torch.inference_mode():
        logs = model.logits(torch.tensor([ids[:-1]]))[0].log_softmax(dim=1)
    return float(sum(logs[place, ids[place + 1]] for place in range(len(start) - 1, len(ids) - 1)))


@every_model
def test_the_same_seed_gives_the_same_tokens(kind: str) -> None:
    model, limits = made(kind), Limits(12, END, (BEGIN,))
    drawn = [write(model, [BEGIN, 3], limits, Sampling(seed=seed)) for seed in (0, *range(20))]
    assert drawn[0] == drawn[1]
    assert len({one.token_ids for one in drawn}) > 1
    for one in drawn:
        assert not {BEGIN, END} & set(one.token_ids)
        assert one.log_prob == pytest.approx(log_prob(model, [BEGIN, 3], one.token_ids, ended=one.ended), abs=1e-4)


@every_model
def test_greedy_takes_the_likeliest_each_time(kind: str) -> None:
    model = made(kind)
    said: list[int] = []
    found = write(model, [BEGIN], Limits(8, END, (BEGIN, END)), Sampling(temperature=0), said.append)
    ids = [BEGIN]
    with torch.inference_mode():
        for _ in range(8):
            logits = model.logits(torch.tensor([ids]))[0, -1]
            logits[[BEGIN, END]] = -torch.inf
            ids.append(int(logits.argmax()))
    assert list(found.token_ids) == ids[1:] == said
    assert not found.ended


def test_tokens_are_drawn_by_their_probabilities() -> None:
    model = made("window")
    with torch.inference_mode():
        expected = model.logits(torch.tensor([[BEGIN]]))[0, 0].softmax(dim=0)
    drawn = Counter(
        (write(model, [BEGIN], Limits(1, END), Sampling(seed=seed)).token_ids or (END,))[0] for seed in range(3000)
    )
    for token, chance in enumerate(expected.tolist()):
        assert drawn[token] / 3000 == pytest.approx(chance, abs=0.035)


@every_model
def test_a_wide_beam_finds_the_best_of_all_texts(kind: str) -> None:
    """Against every text of at most three tokens."""
    model, words = made(kind), range(2, NUM_TOKENS)
    found = beam_search(model, [BEGIN, 2], Limits(3, END, (BEGIN,)), beams=100, length_power=0.0)
    texts = [tokens for size in range(4) for tokens in itertools.product(words, repeat=size)]
    every = [(log_prob(model, [BEGIN, 2], tokens, ended=True), tokens, True) for tokens in texts if len(tokens) < 3]
    every += [(log_prob(model, [BEGIN, 2], tokens, ended=False), tokens, False) for tokens in texts if len(tokens) == 3]
    best = sorted(every, reverse=True)[:5]
    assert [(one.token_ids, one.ended) for one in found[:5]] == [(tokens, ended) for _, tokens, ended in best]
    assert [one.log_prob for one in found[:5]] == pytest.approx([score for score, _, _ in best], abs=1e-4)


@every_model
def test_one_beam_is_greedy_but_for_the_end(kind: str) -> None:
    model, limits = made(kind), Limits(6, END, (BEGIN, END))
    (found,) = beam_search(model, [BEGIN, 4], limits, beams=1)
    assert found.token_ids == write(model, [BEGIN, 4], limits, Sampling(temperature=0)).token_ids


def test_what_has_no_place_is_counted() -> None:
    model = made("decoder", positions=10)
    found = write(model, [BEGIN, *[2, 3] * 6], Limits(4, END), Sampling(temperature=0))
    assert found.unread == 7
    short = write(model, [2, 3, 2, 3, 2, 3], Limits(4, END), Sampling(temperature=0))
    assert short.token_ids == found.token_ids
    with pytest.raises(DataError, match="10 tokens to write, but this model reads at most 10"):
        write(model, [BEGIN], Limits(10, END), Sampling())


@pytest.mark.parametrize(
    ("start", "limits", "beams", "message"),
    [([], Limits(3, END), 1, "empty start"), ([2], Limits(0, END), 1, "0 tokens"), ([2], Limits(3, END), 0, "0 beams")],
)
def test_what_cannot_be_asked_for(start: list[int], limits: Limits, beams: int, message: str) -> None:
    with pytest.raises(DataError, match=message):
        beam_search(made("window"), start, limits, beams=beams)
