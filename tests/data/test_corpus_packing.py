from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from groundswell.data.corpus.mixing import Mix, mix_documents
from groundswell.data.corpus.packing import Blocks, PackedBlocks
from groundswell.data.corpus.token_file import SourceTokens, TokenFile, TokenIndex
from groundswell.errors import DataError
from groundswell.model.neural_lm.decoder import block_mask

START, END, PAD = 98, 99, 0


def token_file(documents: list[list[int]]) -> TokenFile:
    lengths = [len(document) for document in documents]
    sources = (SourceTokens("a", len(documents), sum(lengths)),)
    index = TokenIndex("<u2", sources, 100, START, END, PAD, "", {})
    ids = np.array([number for document in documents for number in document], dtype="<u2")
    return TokenFile(index, ids, np.concatenate(([0], np.cumsum(lengths))).astype(np.int64))


def packed(documents: list[list[int]], block_tokens: int, order: list[int] | None = None) -> PackedBlocks:
    mix = Mix(np.array(order if order is not None else range(len(documents)), dtype=np.int64), ())
    return PackedBlocks(token_file(documents), mix, block_tokens=block_tokens)


def joined(blocks: list[Blocks]) -> Blocks:
    return Blocks(*(np.concatenate(parts) for parts in zip(*blocks, strict=True)))


def test_two_documents_by_hand() -> None:
    """The picture of the module: a b c and d e in blocks of six."""
    found = packed([[START, 1, 2, 3, END], [START, 4, 5, END]], 6).blocks(0, 2)
    assert found.token_ids.tolist() == [[START, 1, 2, 3, END, START], [4, 5, END, PAD, PAD, PAD]]
    assert found.labels.tolist() == [[1, 2, 3, END, -100, 4], [5, END, -100, -100, -100, -100]]
    assert found.document_ids.tolist() == [[0, 0, 0, 0, 0, 1], [0, 0, 0, -1, -1, -1]]
    assert found.positions.tolist() == [[0, 1, 2, 3, 4, 0], [0, 1, 2, 0, 1, 2]]


def one_by_one(documents: list[list[int]], order: list[int], size: int) -> list[tuple[int, int, int, int]]:
    """(id, label, document number in the block, position) of every token, by a loop over single tokens."""
    stream = [(place, document, k) for place, document in enumerate(order) for k in range(len(documents[document]))]
    found = []
    for number, (place, document, k) in enumerate(stream):
        block = stream[number // size * size : number + 1]
        seen = list(dict.fromkeys(entry[0] for entry in block))
        own = [entry for entry in block if entry[0] == place]
        label = documents[document][k + 1] if k + 1 < len(documents[document]) else -100
        found.append((documents[document][k], label, seen.index(place), len(own) - 1))
    padding = -len(stream) % size
    return found + [(PAD, -100, -1, position) for position in range(padding)]


@settings(max_examples=150, deadline=None)
@given(
    lengths=st.lists(st.integers(0, 30), min_size=1, max_size=12), size=st.integers(2, 17), rows=st.integers(1, 5),
    seed=st.integers(0, 9),
)  # fmt: skip
def test_agrees_with_a_loop_over_tokens(lengths: list[int], size: int, rows: int, seed: int) -> None:
    chances = np.random.default_rng(seed)
    documents = [[START, *chances.integers(1, 90, length).tolist(), END] for length in lengths]
    order = chances.integers(0, len(documents), 2 * len(documents)).tolist()  # with repeats, as in a second epoch
    blocks = packed(documents, size, order)
    found = joined(list(blocks.stream(rows)))
    assert found.token_ids.shape == (len(blocks), size)
    flat = [tuple(row) for row in np.stack([part.ravel() for part in found], axis=1).tolist()]
    assert flat == one_by_one(documents, order, size)


def test_tokens_in_are_tokens_out_and_each_is_predicted_once() -> None:
    chances = np.random.default_rng(0)
    documents = [[START, *chances.integers(1, 90, length).tolist(), END] for length in chances.integers(0, 300, 50)]
    blocks = packed(documents, 64)
    found = joined(list(blocks.stream(7)))
    real = found.document_ids >= 0
    assert found.token_ids[real].tolist() == [number for document in documents for number in document]
    assert int((~real).sum()) == blocks.num_padding
    predicted = found.labels[found.labels >= 0].tolist()
    assert predicted == [number for document in documents for number in document[1:]]
    assert START not in predicted  # the first token of a document is predicted from nothing
    assert (found.labels[found.token_ids == END] == -100).all()


def seen(document_ids: np.ndarray[Any, Any]) -> torch.Tensor:
    """(B, T, T): what a language model lets each token see."""
    return block_mask(torch.from_numpy(document_ids))[:, 0]


def test_no_document_leaks_into_another() -> None:
    """Another first document changes nothing of the second: not its ids, labels, positions nor what it may see."""
    second = [START, 7, 8, 9, END]
    views = []
    for first in ([START, 1, 2, END], [START, 50, 60, END]):
        found = packed([first, second], 9).blocks(0, 1)
        mask = seen(found.document_ids)[0].numpy()
        assert not mask[4:, :4].any()
        assert not mask[:4, 4:].any()
        views.append([part[0, 4:].tolist() for part in (found.token_ids, found.labels, found.positions)])
        views[-1].append(mask[4:, 4:].tolist())
    assert views[0] == views[1]
    alone = packed([second], 5).blocks(0, 1)
    assert views[0][:3] == [part[0].tolist() for part in (alone.token_ids, alone.labels, alone.positions)]


def test_attention_under_the_mask_is_that_of_each_document_alone() -> None:
    """Through scaled dot product attention: B after A = B alone, whatever A says; padding stays finite."""
    torch.manual_seed(0)
    vectors = torch.randn(100, 3, 8)  # query, key and value of every token id

    def attended(blocks: Blocks) -> torch.Tensor:
        query, key, value = vectors[torch.from_numpy(blocks.token_ids)].unbind(dim=2)
        mask = seen(blocks.document_ids)
        return torch.nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)

    second = [START, 7, 8, 9, 7, END]
    one, other = (attended(packed([[START, *first, END], second], 12).blocks(0, 1)) for first in ([1, 2], [50, 60]))
    alone = attended(packed([second], 6).blocks(0, 1))
    assert torch.equal(one[:, 4:], other[:, 4:])
    torch.testing.assert_close(one[:, 4:10], alone, rtol=0, atol=1e-6)
    assert one.isfinite().all()


def test_the_mask_agrees_with_the_definition() -> None:
    ids = np.array([[0, 0, 1, 1, 1, -1, -1], [0, 1, 2, 3, 3, 3, 3]])
    mask = seen(ids)
    for row in range(2):
        for i in range(7):
            for j in range(7):
                expected = j <= i and ids[row, i] == ids[row, j]
                assert mask[row, i, j] == expected
    assert mask.any(dim=2).all()  # no row is empty, padding included


def test_a_training_goes_on_from_any_block() -> None:
    chances = np.random.default_rng(0)
    documents = [[START, *chances.integers(1, 90, length).tolist(), END] for length in chances.integers(0, 40, 60)]
    blocks = packed(documents, 16)
    whole = joined(list(blocks.stream(4)))
    rest = joined(list(blocks.stream(3, first=29)))
    for part, later in zip(whole, rest, strict=True):
        assert (part[29:] == later).all()


def test_what_does_not_fit_is_refused() -> None:
    blocks = packed([[START, END]], 4)
    with pytest.raises(DataError, match="found 1 and 1 more, expected a first block of 0 to 0"):
        blocks.blocks(1, 1)
    with pytest.raises(DataError, match="block_tokens: found 1"):
        packed([[START, END]], 1)


def test_packing_is_fast(tmp_path: Path) -> None:
    """A million tokens a second at the very least, also on a busy machine; usually tens of millions."""
    lengths = np.random.default_rng(0).integers(2, 600, 20_000).astype(np.int64)
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    np.zeros(offsets[-1], dtype="<u2").tofile(tmp_path / "ids")
    ids = np.memmap(tmp_path / "ids", dtype="<u2", mode="r")
    sources = (SourceTokens("a", len(lengths), int(offsets[-1])),)
    tokens = TokenFile(TokenIndex("<u2", sources, 100, START, END, PAD, "", {}), ids, offsets)
    mix = mix_documents(sources, offsets, weights=None, num_tokens=None, seed=0)
    began = time.perf_counter()
    num_tokens = sum(blocks.token_ids.size for blocks in PackedBlocks(tokens, mix, block_tokens=512).stream(32))
    assert num_tokens / (time.perf_counter() - began) > 1_000_000
