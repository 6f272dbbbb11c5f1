"""Every mistake in a recipe is one plain line, all of them at once."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel
from recipe_values import EVALUATION_KEYS, VALID, problems_of, with_value

from groundswell.errors import RecipeError
from groundswell.recipe import Recipe
from groundswell.recipe_mistakes import schema_at
from groundswell.recipe_reading import recipe_from_values

WORDS_OF_PYDANTIC = ("Input should", "Value error", "Field required", "Extra inputs", "literal[", "function-before")


def leaf_keys(model: type[BaseModel] = Recipe, path: str = "") -> Iterator[str]:
    """Every `section.key`, from the classes themselves."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from leaf_keys(kind, f"{path}{name}.")
        else:
            yield f"{path}{name}"


LEAF_KEYS = list(leaf_keys())


def outcome_of(values: dict[str, Any], *overrides: str) -> Recipe | list[str]:
    """The recipe, or its problems."""
    try:
        return recipe_from_values(values, "recipe.yaml", overrides)
    except RecipeError as error:
        return error.problems


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        (
            "training.epochs",
            True,
            "training.epochs: found true, expected a whole number of at least 1 and at most 10000",
        ),
        ("training.epochs", 2.5, "training.epochs: found 2.5, expected a whole number of at least 1 and at most 10000"),
        (
            "training.epochs",
            None,
            "training.epochs: found nothing, expected a whole number of at least 1 and at most 10000",
        ),
        (
            "training.learning_rate",
            -1,
            "training.learning_rate: found -1, expected a number above 0 and at most 1 or null",
        ),
        (
            "training.learning_rate",
            "fast",
            "training.learning_rate: found 'fast', expected a number above 0 and at most 1 or null",
        ),
        (
            "training.learning_rate",
            math.inf,
            "training.learning_rate: found inf, expected a number above 0 and at most 1 or null",
        ),
        ("training.checkpoint_minutes", math.inf, "training.checkpoint_minutes: found inf, expected a number above 0"),
        ("training.class_weights", {"a": -1}, "training.class_weights.a: found -1, expected a number above 0"),
        ("training.class_weights", {"a": "x"}, "training.class_weights.a: found 'x', expected a number above 0"),
        (
            "training.class_weights",
            3,
            "training.class_weights: found 3, expected one of none, balanced or a mapping of labels to number above 0",
        ),
        (
            "training.class_weights",
            "balance",
            (
                "training.class_weights: found 'balance', expected one of none, balanced or a mapping of labels to "
                "number above 0; did you mean 'balanced'?"
            ),
        ),
        (
            "training.trackers",
            "wandb",
            "training.trackers: found 'wandb', expected a list [...] of tensorboard, wandb, mlflow",
        ),
        (
            "text.cleaning",
            ["blanks", "ulrs"],
            (
                "text.cleaning.1: found 'ulrs', expected one of html, urls, user_names, control_characters, "
                "repeated_characters, full_width, traditional_to_simplified, lower_case, blanks; did you mean 'urls'?"
            ),
        ),
        ("data.labels", {"1": ["good"]}, "data.labels.1: found the list ['good'], expected text"),
        ("data.labels", {"1": None}, "data.labels.1: found nothing, expected text"),
        ("data.labels", "good", "data.labels: found 'good', expected a mapping of labels to text"),
        ("data.label", 5, "data.label: found 5, expected text; if it is text, put it in quotes: '5'"),
        (
            "data.train",
            [None],
            "data.train: found the list [None], expected text; if it is text, put it in quotes: '-'",
        ),
        ("data.train", "", "data.train: found '', expected text"),
        ("tuning.cache", "maybe", "tuning.cache: found 'maybe', expected true or false"),
        ("output.name", "a/b", "output.name: found 'a/b', expected text of letters, digits, `_`, `.` and `-` or null"),
        (
            "training",
            [],
            (
                "training: found the list [], expected a section with the keys loss, label_smoothing, focal_gamma, "
                "class_weights, metric, epochs, learning_rate, head_learning_rate, batch_tokens, batch_rows, "
                "accumulation, schedule, warmup_share, weight_decay, clip_norm, patience, precision, "
                "activation_checkpointing, checkpoint_minutes, trackers, weighting, mixing_temperature"
            ),
        ),
        ("evaluation", "much", "evaluation: found 'much', expected a section with the keys " + EVALUATION_KEYS),
        ("tuning.lora.rnk", 4, "unknown key 'tuning.lora.rnk'; did you mean 'tuning.lora.rank'?"),
        ("model.epochs", 4, "unknown key 'model.epochs'; did you mean 'training.epochs'?"),
        ("text.dropout", 0.1, "unknown key 'text.dropout'; did you mean 'model.dropout' or 'tuning.lora.dropout'?"),
        ("evaluation.zzz", 4, "unknown key 'evaluation.zzz'; keys of evaluation: " + EVALUATION_KEYS),
        ("lerning_rate", 1, "unknown key 'lerning_rate'; did you mean 'training.learning_rate'?"),
        (
            "zzz",
            4,
            "unknown key 'zzz'; keys of a recipe: task, data, heads, text, model, tuning, corpus, language_model, "
            "domain, training, evaluation, output, seed",
        ),
        ("data.split", "group", "data: split='group' needs data.group: set it to the column of the group"),
        ("training.loss", "mse", "training.loss='mse' does not fit task='single_label'; choose cross_entropy or focal"),
        ("data.train", "x" * 200, None),
        (
            "seed",
            "9" * 200,
            "seed: found '"
            + "9" * 27
            + "..."
            + "9" * 28
            + "', expected a whole number of at least 0 and at most 2147483647",
        ),
    ],
)
def test_one_mistake_is_one_line(key: str, value: object, problem: str | None) -> None:
    if problem is None:
        assert recipe_from_values(with_value(key, value), "recipe.yaml").data.train == value
    else:
        assert problems_of(with_value(key, value)) == [f"recipe.yaml: {problem}"]


@pytest.mark.parametrize("key", LEAF_KEYS)
@pytest.mark.parametrize(
    "value", [-1, 0, math.nan, math.inf, -math.inf, 1e300, "nonsense", "", True, [], {}, [[1]], {"a": {}}]
)
def test_any_wrong_value_is_one_line_about_its_key(key: str, value: object) -> None:
    outcome = outcome_of(with_value(key, value))
    if isinstance(outcome, Recipe):
        assert outcome == recipe_from_values(yaml.safe_load(outcome.to_yaml()), "again")
    else:
        (line,) = outcome
        assert line.startswith("recipe.yaml: ")
        assert key.rpartition(".")[2] in line
        assert not any(word in line for word in WORDS_OF_PYDANTIC)
        assert "\n" not in line


@pytest.mark.parametrize("key", [key for key in LEAF_KEYS if len(key.rpartition(".")[2]) > 4])
def test_a_misspelt_key_gets_its_right_name(key: str) -> None:
    section, dot, name = key.rpartition(".")
    misspelt = f"{section}{dot}{name[:2]}{name[3:]}"
    (line,) = problems_of(with_value(misspelt, 1))
    assert line == f"recipe.yaml: unknown key {misspelt!r}; did you mean {key!r}?"


@pytest.mark.parametrize("key", LEAF_KEYS)
def test_every_key_has_a_schema(key: str) -> None:
    assert schema_at(tuple(key.split(".")))


# PyYAML itself loses U+0085 and its like in keys, and refuses unpaired surrogates
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x85\u2028\u2029"), max_size=8)
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)


@given(
    st.dictionaries(
        st.sampled_from([*Recipe.model_fields, "other"]),
        plain
        | st.dictionaries(st.sampled_from([key.rpartition(".")[2] for key in LEAF_KEYS] + ["lora"]), plain, max_size=4),
        max_size=4,
    )
)
@example({"heads": {"\n": None}})
def test_whatever_the_values_are_there_is_a_recipe_or_lines(values: dict[str, Any]) -> None:
    outcome = outcome_of(values)
    if isinstance(outcome, Recipe):
        assert recipe_from_values(yaml.safe_load(outcome.to_yaml()), "again") == outcome
    else:
        assert outcome
        assert all(line.startswith("recipe.yaml: ") and "\n" not in line for line in outcome)
        assert len(set(outcome)) == len(outcome)
        assert not any(word in line for word in WORDS_OF_PYDANTIC for line in outcome)


@given(st.sampled_from(LEAF_KEYS), st.text(max_size=12))
def test_whatever_is_overridden_there_is_a_recipe_or_lines(key: str, value: str) -> None:
    outcome = outcome_of(VALID, f"{key}={value}")
    if not isinstance(outcome, Recipe):
        assert all(line.startswith(("command line: ", "recipe.yaml with command line: ")) for line in outcome)
