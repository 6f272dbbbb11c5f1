from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np
import pytest
from numpy.typing import NDArray

from groundswell.data.corpus.mixing import Mix, mix_documents
from groundswell.data.corpus.token_file import SourceTokens
from groundswell.errors import DataError

LENGTHS = {"shop": np.random.default_rng(0).integers(2, 80, 400), "news": np.random.default_rng(1).integers(2, 80, 40)}
SOURCES = [SourceTokens(name, len(lengths), int(lengths.sum())) for name, lengths in LENGTHS.items()]
OFFSETS: NDArray[np.int64] = np.concatenate(([0], np.cumsum(np.concatenate(list(LENGTHS.values())))))
TOTAL = int(OFFSETS[-1])


def mixed(weights: Mapping[str, float] | None = None, num_tokens: int | None = None, seed: int = 0) -> Mix:
    return mix_documents(SOURCES, OFFSETS, weights=weights, num_tokens=num_tokens, seed=seed)


def tokens_of(order: NDArray[np.int64]) -> dict[str, int]:
    lengths = np.diff(OFFSETS)[order]
    return {"shop": int(lengths[order < 400].sum()), "news": int(lengths[order >= 400].sum())}


def test_without_weights_every_document_is_read_once_in_another_order() -> None:
    mix = mixed()
    assert sorted(mix.order) == list(range(440))
    assert list(mix.order) != list(range(440))
    assert [source.epochs for source in mix.sources] == [1.0, 1.0]
    assert mix.warnings() == []


@pytest.mark.parametrize("num_tokens", [500, TOTAL, 5 * TOTAL])
def test_shares_hold_at_the_end_and_epochs_are_what_was_read(num_tokens: int) -> None:
    weights = {"news": 3.0, "shop": 1.0}
    mix = mixed(weights, num_tokens)
    counted = tokens_of(mix.order)
    for source, has in zip(mix.sources, SOURCES, strict=True):
        wanted = num_tokens * weights[source.name] / 4
        assert wanted <= counted[source.name] < wanted + 80
        assert source.tokens == counted[source.name]
        assert source.epochs == pytest.approx(counted[source.name] / has.tokens)
        assert source.documents == int(((mix.order < 400) == (source.name == "shop")).sum())


def test_shares_hold_at_every_point_to_within_a_document() -> None:
    order = mixed({"news": 3.0, "shop": 1.0}, 5 * TOTAL).order
    lengths = np.diff(OFFSETS)[order]
    news = np.cumsum(np.where(order >= 400, lengths, 0))
    shop = np.cumsum(np.where(order < 400, lengths, 0))
    # measured against the share of the other source, at the end of any document but the last ones
    behind = np.abs(news / 3 - shop)[:-5]
    assert behind.max() <= 80


def test_no_document_comes_again_before_all_others_of_its_source() -> None:
    mix = mixed({"news": 3.0, "shop": 1.0}, 5 * TOTAL)
    news = mix.order[mix.order >= 400]
    epochs = [news[start : start + 40] for start in range(0, len(news) - 40, 40)]
    assert all(sorted(epoch) == list(range(400, 440)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == len(epochs) > 10
    assert max(Counter(mix.order.tolist()).values()) == -(-len(news) // 40)
    assert len(mix.warnings()) == 1
    assert mix.warnings()[0].startswith("source 'news' is read ")


def test_the_order_follows_from_the_seed_and_a_longer_training_begins_like_a_shorter_one() -> None:
    weights = {"news": 0.5, "shop": 0.5}
    short, long = mixed(weights, 3_000).order, mixed(weights, 30_000).order
    assert list(mixed(weights, 3_000).order) == list(short)
    assert list(mixed(weights, 3_000, seed=1).order) != list(short)
    assert list(long[: len(short) - 2]) == list(short[:-2])


def test_weights_that_do_not_fit_are_all_named() -> None:
    with pytest.raises(DataError) as error:
        mixed({"shops": 1.0, "news": -1.0})
    assert str(error.value).splitlines() == [
        "weights: no source 'shops'. Did you mean 'shop'? Sources: shop, news.",
        "weights: source 'shop' has none. Give it one, or leave the source out of the corpus.",
        "weights: 'news' has -1.0, expected a positive number. Change it.",
    ]
    with pytest.raises(DataError, match="num_tokens: found 0"):
        mixed(num_tokens=0)
