"""Tokens that are left out: how many, which, what stands in their place, and that nothing else changes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from groundswell.data.language_batch import NOT_PREDICTED
from groundswell.data.language_blocks import epoch_parts
from groundswell.data.masked_pieces import MaskedBatches, MaskedPieces
from groundswell.data.masking import Masking, WordBegins

MASK, ORDINARY = 4, np.arange(5, 500)


def test_shares_are_those_of_the_paper() -> None:
    """15 % of the tokens; of these 80 % are masked, 10 % others, 10 % the same."""
    masking = Masking(0.15, MASK, ORDINARY)
    ids = np.arange(5, 405)
    found = [masking(ids, place) for place in range(400)]
    targets = np.stack([wanted for _, wanted in found])
    read = np.stack([one for one, _ in found])
    chosen = targets != NOT_PREDICTED
    assert (chosen.sum(axis=1) == 60).all()
    assert (read[~chosen] == np.broadcast_to(ids, read.shape)[~chosen]).all()
    assert (targets[chosen] == np.broadcast_to(ids, read.shape)[chosen]).all()
    share = chosen.sum()
    assert (read[chosen] == MASK).sum() / share == pytest.approx(0.8, abs=0.01)
    same = (read[chosen] == targets[chosen]).sum() / share
    assert same == pytest.approx(0.1 + 0.1 / len(ORDINARY), abs=0.01)
    assert set(np.unique(read)) <= {MASK, *ORDINARY.tolist()}
    assert chosen.sum(axis=0) == pytest.approx(60, abs=35)  # every place has the same chance


def test_the_same_place_is_masked_alike_and_another_one_is_not() -> None:
    masking, ids = Masking(0.15, MASK, ORDINARY, seed=3), np.arange(5, 105)
    assert all(np.array_equal(*pair) for pair in zip(masking(ids, 7), masking(ids, 7), strict=True))
    assert not np.array_equal(masking(ids, 7)[1], masking(ids, 8)[1])
    assert not np.array_equal(masking(ids, 7)[1], Masking(0.15, MASK, ORDINARY, seed=4)(ids, 7)[1])


@pytest.mark.parametrize("size", [1, 2, 3])
def test_at_least_one_token_is_left_out(size: int) -> None:
    assert (Masking(0.15, MASK, ORDINARY)(np.arange(5, 5 + size), 0)[1] != NOT_PREDICTED).sum() == 1


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        (["▁The", "▁ro", "om", "s", "▁isn", "'", "t", ".", "▁Goo", "d"], ["The", "rooms", "isn't", ".", "Good"]),
        (["the", "ro", "##om", "##s", "!", "good"], ["the", "rooms", "!", "good"]),
        (list("房间很干净，服务员好"), ["房间", "很", "干净", "，", "服务员", "好"]),
        (["房", "间", "wi", "##fi", "很", "慢"], ["房间", "wifi", "很", "慢"]),
    ],
)
def test_words_begin_where_they_begin(pieces: list[str], words: list[str]) -> None:
    vocabulary = list(dict.fromkeys(pieces))
    begins = WordBegins(vocabulary)(np.array([vocabulary.index(piece) for piece in pieces]))
    found: list[str] = []
    for piece, begin in zip(pieces, begins, strict=True):
        bare = piece.removeprefix("▁").removeprefix("##")
        found[len(found) - (not begin) :] = [("" if begin else found[-1]) + bare]
    assert found == words


def test_whole_words_are_left_out_whole() -> None:
    pieces = list("房间很干净，服务员好")
    ids = np.arange(5, 5 + len(pieces))
    begins = WordBegins(["", "", "", "", "[MASK]", *pieces])
    masking = Masking(0.3, MASK, ORDINARY, begins)
    words = np.cumsum(begins(ids))
    sizes = []
    for place in range(50):
        chosen = masking(ids, place)[1] != NOT_PREDICTED
        assert chosen.any()
        assert all(chosen[words == word].all() or not chosen[words == word].any() for word in set(words))
        sizes.append(int(chosen.sum()))
    assert min(sizes) >= 3  # 0.3 of 10
    assert max(sizes) <= 5  # and at most the rest of the longest word above it


def pieces_of(lengths: list[int], order: list[int], size: int = 8) -> MaskedPieces:
    """Documents of so many tokens between marks 2 and 3; the tokens of document n are 100 n, 100 n + 1 …"""
    documents = [[2, *range(100 * n + 5, 100 * n + 5 + length), 3] for n, length in enumerate(lengths)]
    offsets = np.cumsum([0, *map(len, documents)])
    masking = Masking(0.15, MASK, ORDINARY)
    return MaskedPieces(np.concatenate(documents).astype(np.uint16), offsets, np.array(order), piece_tokens=size,
                        masking=masking, pad_id=0)  # fmt: skip


def test_every_token_of_the_order_is_read_once_between_marks() -> None:
    pieces = pieces_of([13, 0, 6, 1], [2, 0, 3, 0, 1])
    read = []
    for number in range(len(pieces)):
        batch = pieces.collate([number])
        inside = batch.documents[0] == 0
        row, targets = batch.token_ids[0, inside], batch.targets[0, inside]
        assert (int(row[0]), int(row[-1])) == (2, 3)
        assert len(row) <= 8
        assert targets[0] == targets[-1] == NOT_PREDICTED
        read.append(torch.where(targets == NOT_PREDICTED, row, targets)[1:-1].tolist())
    first = list(range(5, 18))
    wanted = [list(range(205, 211)), first[:6], first[6:12], first[12:], [305], first[:6], first[6:12], first[12:]]
    assert read == wanted


def test_rows_of_a_batch_are_documents_and_then_padding() -> None:
    batch = pieces_of([6, 2], [0, 1]).collate([0, 1])
    assert batch.documents.tolist() == [[0] * 8, [0] * 4 + [1] * 4]
    assert batch.token_ids[1, 4:].tolist() == [0] * 4
    assert (batch.targets[1, 4:] == NOT_PREDICTED).all()
    assert (pieces_of([6, 2], [0, 1]).collate([0, 1], counted=False).targets == NOT_PREDICTED).all()


def test_rows_are_padded_to_few_lengths_which_count_in_the_plan() -> None:
    pieces = pieces_of([1, 7, 20, 23, 28], [0, 1, 2, 3, 4], size=28)  # room for 26
    assert [pieces.collate([number]).token_ids.shape[1] for number in range(len(pieces))] == [8, 16, 24, 28, 28, 8]
    plan = pieces.plan(range(len(pieces)), batch_tokens=32, seed=0, epoch=0)
    assert sorted(len(batch) for batch in plan) == [1, 1, 1, 1, 2]
    assert all(pieces.collate(batch).token_ids.numel() <= 32 for batch in plan)


def test_epochs_share_the_pieces_out() -> None:
    batches = MaskedBatches(pieces_of([13, 9, 6, 1] * 5, list(range(20))), batch_tokens=32, epochs=3, seed=0)
    plans = [[piece for batch in batches.plan(epoch) for piece in batch] for epoch in range(3)]
    assert sorted(piece for plan in plans for piece in plan) == list(range(sum(map(len, plans))))
    assert plans == [[piece for batch in batches.plan(epoch) for piece in batch] for epoch in range(3)]
    assert "pieces 0, 1 of the corpus" in batches.describe([0, 1])
    assert [len(part) for part in epoch_parts(2, 3)] == [0, 1, 1]
