"""What shares a batch with a document changes nothing about it: padding, neighbours, order, dropout that is off."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from tiny_language_models import MODELS, NUM_TOKENS, SHAPE, made, tokens

from groundswell.data.corpus.mixing import Mix
from groundswell.data.corpus.packing import PackedBlocks
from groundswell.data.corpus.token_file import SourceTokens, TokenFile, TokenIndex
from groundswell.data.language_batch import NOT_PREDICTED, LanguageBatch
from groundswell.model.neural_lm.decoder import Attention, rotations
from groundswell.model.neural_lm.generation import Limits, write
from groundswell.model.neural_lm.language_model import LanguageModel, Surprise
from groundswell.model.sampling import Sampling

every_model = pytest.mark.parametrize("kind", MODELS)
PAD, BEGIN, END = 0, 2, 3
DOCUMENTS = [tokens(7, 14)[row, :size] for row, size in enumerate((5, 14, 2, 9, 14, 3, 7))]


def padded(documents: Sequence[torch.Tensor], *, filler: int = PAD, number: int = 1) -> LanguageBatch:
    """Each document in a row, padded on the right; the padding is a document of this number."""
    shape = len(documents), max(map(len, documents))
    ids, numbers = torch.full(shape, filler), torch.full(shape, number)
    targets = torch.full(shape, NOT_PREDICTED)
    for row, document in enumerate(documents):
        ids[row, : len(document)], numbers[row, : len(document)] = document, 0
        targets[row, : len(document) - 1] = document[1:]
    return LanguageBatch(ids, targets, numbers)


def packed(documents: Sequence[torch.Tensor], block_tokens: int) -> LanguageBatch:
    """The documents one behind the other, as a corpus is cut into blocks."""
    sizes = [len(document) for document in documents]
    index = TokenIndex("<u2", (SourceTokens("a", len(sizes), sum(sizes)),), NUM_TOKENS, BEGIN, END, PAD, "", {})
    file = TokenFile(index, torch.cat(list(documents)).numpy().astype("<u2"), np.cumsum([0, *sizes]))
    blocks = PackedBlocks(file, Mix(np.arange(len(sizes)), ()), block_tokens=block_tokens)
    found = blocks.blocks(0, len(blocks))
    return LanguageBatch(*map(torch.from_numpy, (found.token_ids, found.labels, found.document_ids)))


def added(found: Sequence[Surprise]) -> tuple[float, int]:
    return sum(one.total.item() for one in found), sum(int(one.num_tokens) for one in found)


@every_model
@pytest.mark.parametrize("number", [1, -1])
@torch.inference_mode()
def test_padding_costs_nothing_and_changes_nothing(kind: str, number: int) -> None:
    """Whatever stands there; -1 is what the padding of blocks is numbered with."""
    model, batch = made(kind), padded(DOCUMENTS, number=number)
    logits = model.logits(batch.token_ids, batch.documents)
    for row, document in enumerate(DOCUMENTS):
        torch.testing.assert_close(
            logits[row, : len(document)], model.logits(document.unsqueeze(0))[0], atol=1e-5, rtol=0
        )
    total, num_tokens = added([model(padded([document])) for document in DOCUMENTS])
    found, other = model(batch), model(padded(DOCUMENTS, filler=7, number=number))
    assert found.total.item() == pytest.approx(total, rel=1e-5)
    assert int(found.num_tokens) == num_tokens == sum(map(len, DOCUMENTS)) - len(DOCUMENTS)
    assert torch.equal(found.total, other.total)


@every_model
@torch.inference_mode()
def test_a_packed_document_costs_what_it_costs_alone(kind: str) -> None:
    """Blocks of 14: three documents of 5, 2 and 7, then three of 3, 2 and 9, then one with padding behind it."""
    model = made(kind)
    documents = [DOCUMENTS[number] for number in (0, 2, 6, 5, 2, 3, 0)]
    batch = packed(documents, 14)
    assert batch.documents.tolist()[2] == [0] * 5 + [-1] * 9
    total, num_tokens = added([model(padded([document])) for document in documents])
    found = model(batch)
    assert int(found.num_tokens) == num_tokens
    assert found.total.item() == pytest.approx(total, rel=1e-5)
    mixed_up = model(batch._replace(documents=torch.zeros_like(batch.documents)))
    assert abs(mixed_up.total.item() - total) > 0.1, "the documents must matter for this to say anything"


@every_model
@torch.inference_mode()
def test_perplexity_is_the_same_in_batches_of_any_size_and_order(kind: str) -> None:
    """exp of the total by the number of tokens; the mean over batches of their means is another number."""
    model, found = made(kind), {}
    for size in (1, 2, 7):
        for documents in (DOCUMENTS, DOCUMENTS[::-1]):
            parts = [model(padded(documents[begin : begin + size])) for begin in range(0, len(documents), size)]
            total, num_tokens = added(parts)
            found[size, documents is DOCUMENTS] = math.exp(total / num_tokens)
    first = found[7, True]
    assert list(found.values()) == pytest.approx([first] * 6, rel=1e-5)
    means = [(part.total / part.num_tokens).item() for part in (model(padded([one])) for one in DOCUMENTS)]
    assert math.exp(sum(means) / len(means)) != pytest.approx(first, rel=1e-3)


@every_model
@torch.inference_mode()
def test_a_document_leaves_no_state_behind(kind: str) -> None:
    """The same document before and after others: the same bits, scored or written on."""
    model, first, limits = made(kind), DOCUMENTS[1].unsqueeze(0), Limits(6, END)
    before = model.logits(first), write(model, DOCUMENTS[0].tolist(), limits, Sampling(seed=1))
    model(padded(DOCUMENTS))
    write(model, DOCUMENTS[3].tolist(), limits, Sampling(seed=2))
    after = model.logits(first), write(model, DOCUMENTS[0].tolist(), limits, Sampling(seed=1))
    assert torch.equal(before[0], after[0])
    assert before[1] == after[1]


@every_model
@torch.inference_mode()
def test_rows_that_are_read_on_together_are_as_each_alone(kind: str) -> None:
    """Greedy, eight tokens, in a batch of four; then the rows change places and one stands there twice."""
    model, ids = made(kind), tokens(4, 5)

    def go_on(ids: torch.Tensor) -> torch.Tensor:
        states, memory = model.advance(ids, model.start(len(ids), 14))
        for _ in range(8):
            chosen = model.output(states[:, -1:]).argmax(dim=2)
            ids = torch.cat([ids, chosen], dim=1)
            states, memory = model.advance(chosen, memory)
        return ids

    together = go_on(ids)
    assert together.tolist() == [go_on(ids[row : row + 1])[0].tolist() for row in range(4)]
    memory = model.advance(ids, model.start(4, 7))[1]
    rows, more = torch.tensor([2, 0, 2, 3]), tokens(4, 9)[:, 7:]
    states = model.advance(more, model.rows_of(memory, rows))[0]
    whole = model.states(torch.cat([ids[rows], more], dim=1))[:, 5:]
    torch.testing.assert_close(states, whole, atol=1e-5, rtol=0)
    behind = model.advance(more, memory)[0]  # the memory that the rows were taken from is as it was
    torch.testing.assert_close(behind, model.states(torch.cat([ids, more], dim=1))[:, 5:], atol=1e-5, rtol=0)


@every_model
@torch.no_grad()
def test_without_dropout_training_computes_what_scoring_does(kind: str) -> None:
    model, batch = made(kind), packed(DOCUMENTS, 12)
    for documents in (None, batch.documents):
        scored = model.eval().logits(batch.token_ids, documents)
        trained = model.train().logits(batch.token_ids, documents)
        torch.testing.assert_close(trained, scored, atol=1e-6, rtol=0)


def test_a_token_that_sees_nothing_is_finite_forward_and_backward() -> None:
    """All keys masked: the softmax of -inf alone would be NaN."""
    torch.manual_seed(0)
    attention, states = Attention(SHAPE), torch.randn(1, 3, SHAPE.width, requires_grad=True)
    seen = torch.tensor([[True, False, False], [False, False, False], [True, True, True]])
    found = attention(states, rotations(torch.arange(3), SHAPE), seen, None)
    assert found[0, 1].abs().max() == 0
    assert found.isfinite().all()
    found.sum().backward()
    assert states.grad is not None
    assert states.grad.isfinite().all()


def learned(model: LanguageModel, batch: LanguageBatch, steps: int) -> LanguageModel:
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-2)
    for _ in range(steps):
        found = model(batch)
        optimizer.zero_grad()
        (found.total / found.num_tokens).backward()
        optimizer.step()
    return model.eval()


@every_model
def test_what_was_learned_from_blocks_is_written(kind: str) -> None:
    """Every token follows from the one before it: one place too far and each second token would be left out."""
    torch.manual_seed(0)
    text = torch.tensor([BEGIN, *range(5, 10), END])
    model = learned(MODELS[kind](), packed([text] * 6, 16), 300)
    found = write(model, [BEGIN], Limits(20, END), Sampling(temperature=0))
    assert (found.token_ids, found.ended) == (tuple(range(5, 10)), True)
    assert found.log_prob > -1
