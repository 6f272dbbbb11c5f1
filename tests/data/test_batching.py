from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from groundswell.data.batching import Documents, shuffled_batches, sorted_batches

LENGTHS = st.lists(st.tuples(st.integers(1, 60), st.integers(1, 4)), max_size=80)


def documents(*sizes: tuple[int, ...], targets: torch.Tensor | None = None) -> Documents:
    """Texts whose windows have these sizes; the token ids count up over all windows."""
    numbers = iter(range(1, 10_000))
    windows = [tuple(np.array([next(numbers) for _ in range(size)], dtype=np.int32) for size in text) for text in sizes]
    return Documents(windows, targets, pad_id=0)


def within_budget(batches: list[list[int]], lengths: list[tuple[int, int]], batch_tokens: int, rows: int) -> bool:
    def padded(batch: list[int]) -> int:
        return max(lengths[index][0] for index in batch) * sum(lengths[index][1] for index in batch)

    return all(len(batch) <= rows and (padded(batch) <= batch_tokens or len(batch) == 1) for batch in batches)


@given(LENGTHS, st.integers(8, 300), st.integers(1, 12), st.integers(0, 3), st.integers(0, 3))
def test_shuffled_batches_hold_every_text_once_within_the_budget(
    lengths: list[tuple[int, int]], batch_tokens: int, rows: int, seed: int, epoch: int
) -> None:
    batches = shuffled_batches(lengths, batch_tokens=batch_tokens, batch_rows=rows, seed=seed, epoch=epoch)
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    assert within_budget(batches, lengths, batch_tokens, rows)


@given(LENGTHS, st.integers(8, 300), st.integers(1, 12))
def test_sorted_batches_hold_every_text_once_longest_first(
    lengths: list[tuple[int, int]], batch_tokens: int, rows: int
) -> None:
    batches = sorted_batches(lengths, batch_tokens=batch_tokens, batch_rows=rows)
    order = [index for batch in batches for index in batch]
    assert sorted(order) == list(range(len(lengths)))
    assert [lengths[index][0] for index in order] == sorted((length for length, _ in lengths), reverse=True)
    assert within_budget(batches, lengths, batch_tokens, rows)


def test_batches_are_filled_by_hand() -> None:
    """Budget 12. Text 1 (20) stands alone; 6 and 4 fill 6 * 2; two of 4 use 8, and two windows of 3 do not fit;
    these two windows with 2 and 1 fill 3 * 4.
    """
    lengths = [(4, 1), (20, 1), (6, 1), (4, 1), (3, 2), (1, 1), (4, 1), (2, 1)]
    assert sorted_batches(lengths, batch_tokens=12, batch_rows=9) == [[1], [2, 0], [3, 6], [4, 7, 5]]


def test_order_follows_from_seed_and_epoch_alone() -> None:
    lengths = [(number % 13 + 1, 1) for number in range(100)]

    def order(seed: int, epoch: int) -> list[list[int]]:
        return shuffled_batches(lengths, batch_tokens=40, batch_rows=8, seed=seed, epoch=epoch)

    first = order(1, 2)
    np.random.default_rng(5).random(7)
    np.random.seed(3)
    torch.manual_seed(3)
    assert order(1, 2) == first
    assert order(1, 3) != first
    assert order(2, 2) != first
    # seed and epoch are not merely added
    assert order(2, 1) != first


@pytest.mark.slow
def test_another_process_finds_the_same_order() -> None:
    script = (
        "from groundswell.data.batching import shuffled_batches\n"
        "print(shuffled_batches([(n % 13 + 1, 1) for n in range(60)], batch_tokens=40, batch_rows=8, seed=1, epoch=2))"
    )
    answers = {subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout for _ in range(2)}
    here = shuffled_batches([(n % 13 + 1, 1) for n in range(60)], batch_tokens=40, batch_rows=8, seed=1, epoch=2)
    assert answers == {f"{here}\n"}


def test_texts_of_equal_length_are_shuffled_too() -> None:
    batches = shuffled_batches([(5, 1)] * 40, batch_tokens=20, batch_rows=4, seed=0, epoch=0)
    assert [sorted(batch) for batch in batches] != [list(range(n, n + 4)) for n in range(0, 40, 4)]
    mixed = [batch for batch in batches if max(batch) - min(batch) > 4]
    assert len(mixed) > 5


def test_texts_of_like_length_share_a_batch() -> None:
    """Sorting by length saves padding: at most a fifth of the places, where random batches waste about half."""
    lengths = [(int(length), 1) for length in np.random.default_rng(0).integers(1, 200, 1000)]
    batches = shuffled_batches(lengths, batch_tokens=1600, batch_rows=64, seed=0, epoch=0)
    padded = sum(max(lengths[index][0] for index in batch) * len(batch) for batch in batches)
    assert sum(length for length, _ in lengths) / padded > 0.8


def test_collated_texts_by_hand() -> None:
    texts = documents((2,), (3, 1), (4,), targets=torch.tensor([7, 8, 9]))
    batch = texts.collate([1, 0])
    assert batch.token_ids.tolist() == [[3, 4, 5], [6, 0, 0], [1, 2, 0]]
    assert batch.mask.sum(dim=1).tolist() == [3, 1, 2]
    assert torch.equal(batch.mask, batch.token_ids != 0)
    assert batch.document.tolist() == [0, 0, 1]
    assert batch.targets.tolist() == [8, 7]
    assert batch.weights.tolist() == [1.0, 1.0]
    assert texts.collate([1], counted=False).weights.tolist() == [0.0]
    assert (batch.states, batch.features) == (None, None)


def test_lengths_and_window_numbers_by_hand() -> None:
    texts = documents((2,), (3, 5), (4,))
    assert texts.lengths == [(2, 1), (5, 2), (4, 1)]
    assert texts.first_window == [0, 1, 3]
    assert len(texts) == 3


def test_cached_features_follow_the_windows() -> None:
    features = torch.arange(8.0).view(4, 2)
    texts = documents((2,), (3, 5), (4,)).with_cache(features=features)
    assert texts.lengths == [(1, 1), (1, 2), (1, 1)]
    batch = texts.collate([2, 1])
    assert batch.features is not None
    assert batch.features.tolist() == [[6.0, 7.0], [2.0, 3.0], [4.0, 5.0]]
    assert batch.document.tolist() == [0, 1, 1]


def test_cached_states_are_asked_for_by_window_number_and_length() -> None:
    asked: list[tuple[list[int], int]] = []

    def states(windows: list[int], length: int) -> torch.Tensor:
        asked.append((list(windows), length))
        return torch.zeros(len(windows), length, 2)

    texts = documents((2,), (3, 5), (4,)).with_cache(states=states)
    batch = texts.collate([1, 0])
    assert asked == [([1, 2, 0], 5)]
    assert batch.states is not None
    assert batch.states.shape == (3, 5, 2)


def test_unlabelled_texts_have_zeros_for_targets() -> None:
    assert documents((2,), (3,)).collate([0, 1]).targets.tolist() == [0.0, 0.0]


def test_a_batch_moves_with_all_its_parts() -> None:
    batch = documents((2,), targets=torch.tensor([1])).with_cache(features=torch.ones(1, 2)).collate([0])
    moved = batch.to(torch.device("meta"))
    assert {part.device.type for part in moved if part is not None} == {"meta"}
    assert moved.states is None
