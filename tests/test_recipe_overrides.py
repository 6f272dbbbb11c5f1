"""`section.key=value`: what is set, and the lines for what cannot be."""

from __future__ import annotations

from typing import Any

import pytest
from recipe_values import EVALUATION_KEYS, VALID, problems_of, with_value

from groundswell.errors import RecipeError
from groundswell.recipe_reading import apply_overrides, recipe_from_values


def test_the_later_override_wins_over_the_earlier_and_over_the_file() -> None:
    recipe = recipe_from_values(with_value("training.epochs", 2), "here", ["training.epochs=3", "training.epochs=4"])
    assert recipe.training.epochs == 4


def test_values_are_left_alone() -> None:
    values = {"data": {"train": "a.csv"}}
    recipe_from_values(values, "here", ["data.train=b.csv", "data.labels.1=good"])
    apply_overrides(values, ["data.train=b.csv"])
    assert values == {"data": {"train": "a.csv"}}


@pytest.mark.parametrize(
    ("override", "key", "expected"),
    [
        ("data.train=-", "data.train", "-"),
        ("data.train=hub:owner/name#train", "data.train", "hub:owner/name#train"),
        ("data.train=my reviews #2.csv", "data.train", "my reviews #2.csv"),
        ("data.train=[draft].csv", "data.train", "[draft].csv"),
        ("data.train={a}{b}.csv", "data.train", "{a}{b}.csv"),
        ("data.train=a=b.csv", "data.train", "a=b.csv"),
        ("data.label=1", "data.label", "1"),
        ("data.label='no'", "data.label", "no"),
        ('data.text="0123"', "data.text", "0123"),
        ("data.dev=null", "data.dev", None),
        ("data.dev=", "data.dev", None),
        ("data.labels.1=positive", "data.labels", {"1": "positive"}),
        ("data.labels.1.5=012", "data.labels", {"1.5": "012"}),
        ("data.labels={0: bad, 1: good}", "data.labels", {"0": "bad", "1": "good"}),
        ("text.cleaning=[html, blanks]", "text.cleaning", ("html", "blanks")),
        ("training.learning_rate=1e-4", "training.learning_rate", 0.0001),
        ("training.class_weights.bad=2", "training.class_weights", {"bad": 2.0}),
        ("tuning.cache=off", "tuning.cache", False),
        ("tuning={method: full, layers: 2}", "tuning.layers", 2),
        ("training.patience=null", "training.patience", None),
        ("seed=5", "seed", 5),
    ],
)
def test_override_values(override: str, key: str, expected: object) -> None:
    found: Any = recipe_from_values(VALID, "here", [override])
    for part in key.split("."):
        found = getattr(found, part)
    assert found == expected


def test_an_override_of_one_label_keeps_the_others() -> None:
    values = with_value("data.labels", {"1": "positive", "0": "negative"})
    assert recipe_from_values(values, "here", ["data.labels.0=bad"]).data.labels == {"1": "positive", "0": "bad"}


@pytest.mark.parametrize(
    ("override", "problem"),
    [
        ("training.epochs", "command line: found 'training.epochs', expected section.key=value"),
        ("=3", "command line: found '=3', expected section.key=value"),
        ("epochs=3", "command line: unknown key 'epochs'; did you mean 'training.epochs'?"),
        ("trainig.epochs=3", "command line: unknown key 'trainig.epochs'; did you mean 'training.epochs'?"),
        ("training.epochs.max=3", "command line: unknown key 'training.epochs.max'; did you mean 'training.epochs'?"),
        (
            "training.patience=-1",
            "command line: training.patience: found -1, expected a whole number of at least 1 or null",
        ),
        (
            "data.limit=[1",
            "command line: data.limit: found '[1', which is not YAML: expected ',' or ']', but got '<stream end>'",
        ),
        (
            "tuning={lora: {rank: 0}}",
            "command line: tuning.lora.rank: found 0, expected a whole number of at least 1 and at most 1024",
        ),
        (
            "tuning={method: full, method: head}",
            (
                "command line: tuning: found '{method: full, method: head}', which is not YAML: the key 'method' "
                "stands twice"
            ),
        ),
        (
            "data.label=no",
            "command line: data.label: found no, expected text; if it is text, put it in quotes: \"data.label='no'\"",
        ),
        ("data.text=", "command line: data.text: found nothing, expected text"),
    ],
)
def test_mistakes_on_the_command_line(override: str, problem: str) -> None:
    assert problems_of(VALID, override) == [problem]
    if "expected section" in problem or "unknown" in problem:
        with pytest.raises(RecipeError) as caught:
            apply_overrides(VALID, [override])
        assert caught.value.problems == [problem]


def test_a_clash_between_file_and_command_line_names_both() -> None:
    assert problems_of(with_value("tuning.layers", 2), "tuning.method=head") == [
        "recipe.yaml with command line: tuning: layers=2 has no effect with method='head'; "
        "set tuning.method to full or lora, or remove it"
    ]


def test_an_override_below_a_section_that_is_none_leaves_its_mistake() -> None:
    problems = problems_of({**VALID, "evaluation": 5}, "evaluation.level=0.9")
    assert problems == [
        "recipe.yaml: evaluation: found 5, expected a section with the keys " + EVALUATION_KEYS,
    ]
