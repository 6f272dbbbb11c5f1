"""Keys of encoders trained from scratch: what follows from the kind, and what does not go together."""

from __future__ import annotations

from typing import Any

import pytest

from groundswell.errors import RecipeError
from groundswell.recipe import Recipe
from groundswell.recipe_reading import recipe_from_values


def read(**sections: Any) -> Recipe:
    return recipe_from_values({"data": {"train": "a.csv"}, **sections}, "recipe")


def complaint(**sections: Any) -> str:
    with pytest.raises(RecipeError) as error:
        read(**sections)
    return str(error.value)


def test_defaults_follow_from_the_kind() -> None:
    cnn = read(model={"encoder": "cnn"})
    assert (cnn.model.pooling, cnn.model.scratch.filters, cnn.model.scratch.kernel_sizes) == ("max", 128, (3, 4, 5))
    assert (cnn.model.scratch.hidden, cnn.model.scratch.heads) == (None, None)
    assert (cnn.tuning.method, cnn.training.learning_rate) == ("full", 1e-3)
    assert (cnn.text.tokens, cnn.text.min_count, cnn.text.vocabulary_size) == ("words", 2, 30_000)
    assert read(model={"encoder": "lstm"}).model.pooling == "attention"
    assert read(model={"encoder": "bag"}).model.scratch.width == 64


def test_given_keys_stand() -> None:
    found = read(model={"encoder": "gru", "pooling": "last", "scratch": {"hidden": 7}}, text={"tokens": "characters"})
    assert (found.model.pooling, found.model.scratch.hidden, found.text.tokens) == ("last", 7, "characters")


def test_the_width_of_given_vectors_is_that_of_their_file() -> None:
    assert read(model={"encoder": "cnn", "scratch": {"vectors": "a.vec"}}).model.scratch.width is None


def test_the_written_recipe_reads_back_the_same() -> None:
    import yaml

    for kind in ("bag", "cnn", "rnn", "lstm", "gru", "transformer"):
        first = read(model={"encoder": kind})
        assert recipe_from_values(yaml.safe_load(first.to_yaml()), "recipe") == first


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        (
            {"model": {"encoder": "lstm", "scratch": {"filters": 3}}},
            "recipe: model.scratch.filters has no effect with model.encoder='lstm'; remove it",
        ),
        (
            {"model": {"scratch": {"filters": 3}}, "text": {"tokens": "jieba"}},
            "recipe: model.scratch.filters, text.tokens have no effect with model.encoder='minilm'; remove them",
        ),
        (
            {"model": {"encoder": "cnn"}, "tuning": {"method": "lora"}},
            "recipe: model.encoder='cnn' has no pretrained weights, so every weight moves: set tuning.method to full "
            "and leave out tuning.layers",
        ),
        (
            {"model": {"encoder": "cnn"}, "text": {"user_dictionary": "words.txt"}},
            "recipe: text.user_dictionary has no effect with text.tokens='words'; set it to jieba",
        ),
        (
            {"model": {"encoder": "lstm", "layers": 1}},
            "recipe: model.layers has no effect with model.encoder='lstm'; remove it",
        ),
        (
            {"model": {"encoder": "transformer", "scratch": {"width": 30}}},
            "recipe: model.scratch.width=30 cannot be shared out among model.scratch.heads=4; make it a multiple",
        ),
    ],
)
def test_clashes_are_named(sections: dict[str, Any], message: str) -> None:
    assert complaint(**sections) == message
