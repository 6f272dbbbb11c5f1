"""Recipes from files and the command line: what loads, and what is no recipe at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from groundswell.errors import RecipeError
from groundswell.recipe_reading import find_recipe, load_recipe, recipe_from_values

SHELF = Path(__file__).resolve().parent.parent / "recipes"
VALID = {"data": {"train": "reviews.csv"}}


def problems_of(values: dict[str, Any], *overrides: str) -> list[str]:
    with pytest.raises(RecipeError) as caught:
        recipe_from_values(values, "recipe.yaml", overrides)
    return caught.value.problems


def problems_in(text: str, folder: Path, *overrides: str) -> list[str]:
    file = folder / "recipe.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(RecipeError) as caught:
        load_recipe(file, overrides)
    return [line.replace(str(file), "recipe.yaml") for line in caught.value.problems]


@pytest.mark.parametrize("path", sorted(SHELF.rglob("*.yaml")), ids=lambda path: path.relative_to(SHELF).as_posix())
def test_every_recipe_on_the_shelf_loads_and_survives_being_written(path: Path, tmp_path: Path) -> None:
    recipe = load_recipe(path)
    (tmp_path / "again.yaml").write_text(recipe.to_yaml(), encoding="utf-8")
    assert load_recipe(tmp_path / "again.yaml") == recipe


def test_numbers_written_as_yaml_reads_them_wrongly(tmp_path: Path) -> None:
    """`1e-4` is text to YAML 1.1, `012` is ten and `1_000` a thousand; here they are what they look like."""
    file = tmp_path / "numbers.yaml"
    file.write_text(
        "data: {train: a.csv, limit: 1e3}\n"
        "training: {learning_rate: 1e-4, epochs: 012, batch_tokens: 4_096, focal_gamma: 1, clip_norm: null}\n"
        "seed: '7'\n"
    )
    recipe = load_recipe(file)
    assert recipe.training.learning_rate == pytest.approx(0.0001)
    assert (recipe.training.epochs, recipe.data.limit, recipe.training.batch_tokens, recipe.seed) == (12, 1000, 4096, 7)
    assert isinstance(recipe.training.focal_gamma, float)
    assert recipe.training.clip_norm is None


def test_names_of_labels_stay_as_written(tmp_path: Path) -> None:
    file = tmp_path / "labels.yaml"
    file.write_text(
        "data:\n  train: a.csv\n"
        "  labels: {1: positive, 0: negative, no: no, off: on, 1.0: one, true: yes, 2024-01-02: day}\n"
        "training: {class_weights: {no: 2, '1': 1e-1}}\n"
    )
    recipe = load_recipe(file)
    assert recipe.data.labels == {
        "1": "positive",
        "0": "negative",
        "no": "no",
        "off": "on",
        "1.0": "one",
        "true": "yes",
        "2024-01-02": "day",
    }
    assert recipe.training.class_weights == {"no": 2.0, "1": 0.1}
    again = tmp_path / "again.yaml"
    again.write_text(recipe.to_yaml())
    assert load_recipe(again) == recipe


def test_words_for_true_and_false_work_where_they_are_declared(tmp_path: Path) -> None:
    for word, meaning in (("no", False), ("off", False), ("yes", True), ("on", True), ("false", False), ("True", True)):
        file = tmp_path / "words.yaml"
        file.write_text(f"data: {{train: a.csv}}\ntuning: {{cache: {word}}}\n")
        assert load_recipe(file).tuning.cache is meaning


def test_an_empty_section_means_its_defaults(tmp_path: Path) -> None:
    file = tmp_path / "short.yaml"
    file.write_text("data: {train: a.csv}\ntraining:\noutput:\n")
    recipe = load_recipe(file)
    assert recipe == recipe_from_values({"data": {"train": "a.csv"}}, "here")


def test_merge_keys_and_a_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "merged.yaml"
    file.write_bytes(
        b"\xef\xbb\xbfdata: &data {train: a.csv, text: review}\ntuning: {lora: &small {rank: 2}}\n"
        b"evaluation: {<<: {level: 0.9}, resamples: 200}\n"
    )
    recipe = load_recipe(file)
    assert (recipe.data.text, recipe.tuning.lora.rank) == ("review", 2)
    assert (recipe.evaluation.level, recipe.evaluation.resamples) == (0.9, 200)


def test_recipes_are_found_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "recipes" / "mood").mkdir(parents=True)
    (tmp_path / "recipes" / "mood" / "small.yaml").write_text("data: {train: a.csv}\n")
    assert find_recipe("mood/small") == Path("recipes/mood/small.yaml")
    assert find_recipe("mood/small.yaml") == Path("recipes/mood/small.yaml")
    (tmp_path / "small.yaml").write_text("data: {train: b.csv}\n")
    assert find_recipe("small") == Path("small.yaml")


def test_five_mistakes_are_five_lines(tmp_path: Path) -> None:
    text = (
        "data: {label: stars}\n"
        "training:\n"
        "  epochs: 0\n"
        "  learnig_rate: 1e-4\n"
        "tuning: {method: lorra}\n"
        "model: {dropout: .nan}\n"
    )
    assert problems_in(text, tmp_path) == [
        (
            "recipe.yaml: missing key 'data.train'; set it to file, `-`, `sample:en`, `hub:owner/name#split`, or "
            "`FILE#split`"
        ),
        "recipe.yaml: model.dropout: found nan, expected a number of at least 0 and below 1",
        "recipe.yaml: tuning.method: found 'lorra', expected one of full, head, lora; did you mean 'lora'?",
        "recipe.yaml: training.epochs: found 0, expected a whole number of at least 1 and at most 10000",
        "recipe.yaml: unknown key 'training.learnig_rate'; did you mean 'training.learning_rate'?",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "recipe.yaml: the recipe is empty, expected at least `data: {train: FILE}`"),
        ("# nothing\n", "recipe.yaml: the recipe is empty, expected at least `data: {train: FILE}`"),
        (
            "- data\n- text\n",
            "recipe.yaml: found the list ['data', 'text'], expected sections such as `data:` and `training:`",
        ),
        (
            "text,label\ngood,1\n",
            "recipe.yaml: found 'text,label good,1', expected sections such as `data:` and `training:`",
        ),
        (
            "data:\n  train: a: b\n",
            "recipe.yaml:2:11: not YAML: mapping values are not allowed here; check indentation and quotes",
        ),
        (
            "data: [a\n",
            "recipe.yaml:2:1: not YAML: expected ',' or ']', but got '<stream end>'; check indentation and quotes",
        ),
        ("a: 1\n---\nb: 2\n", "recipe.yaml:2:1: not YAML: but found another document; check indentation and quotes"),
        (
            "data: !!python/name:os.system {}\n",
            (
                "recipe.yaml:1:7: not YAML: could not determine a constructor for the tag "
                "'tag:yaml.org,2002:python/name:os.system'; check indentation and quotes"
            ),
        ),
        ("? [data]\n: 1\n", "recipe.yaml:1:3: not YAML: a key must be text; check indentation and quotes"),
        (
            "data:\n  train: a\x07b\n",
            "recipe.yaml:2: not YAML: character '\\x07' is not allowed; check indentation and quotes",
        ),
        ("[" * 2000, "recipe.yaml: not YAML: nested too deeply; check indentation and quotes"),
    ],
)
def test_what_is_no_recipe(text: str, problem: str, tmp_path: Path) -> None:
    assert problems_in(text, tmp_path) == [problem]


def test_a_whole_number_too_long_to_read(tmp_path: Path) -> None:
    (line,) = problems_in(f"data: {{train: a.csv}}\nseed: {'9' * 5000}\n", tmp_path)
    assert line.startswith("recipe.yaml: not YAML: Exceeds the limit (4300 digits) for integer string conversion")


def test_repeated_keys_are_all_named(tmp_path: Path) -> None:
    text = "data: {train: a.csv}\ntraining:\n  epochs: 1\n  patience: 2\n  epochs: 3\ndata: {train: b.csv}\n"
    assert problems_in(text, tmp_path, "seed=-1") == [
        "recipe.yaml:5: the key 'epochs' stands already in line 3; keep one of them",
        "recipe.yaml:6: the key 'data' stands already in line 1; keep one of them",
        "command line: seed: found -1, expected a whole number of at least 0 and at most 2147483647",
    ]


def test_no_where_text_is_declared(tmp_path: Path) -> None:
    text = "data:\n  train: a.csv\n  label: no\n  id: off\ntuning: {lora: {targets: [query, on]}}\n"
    assert problems_in(text, tmp_path) == [
        "recipe.yaml: data.label: found no, expected text; if it is text, put it in quotes: 'no'",
        "recipe.yaml: data.id: found off, expected text or null; if it is text, put it in quotes: 'off'",
        "recipe.yaml: tuning.lora.targets.1: found on, expected text; if it is text, put it in quotes: 'on'",
    ]


def test_a_file_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("groundswell.recipe_reading.__file__", str(tmp_path / "site" / "groundswell" / "x.py"))
    with pytest.raises(RecipeError) as caught:
        find_recipe("small.yaml")
    assert str(caught.value) == "small.yaml: no such recipe"
    (tmp_path / "smal.yaml").write_text("data: {train: a.csv}\n")
    (tmp_path / "recipes" / "mood").mkdir(parents=True)
    (tmp_path / "recipes" / "mood" / "lora.yaml").write_text("data: {train: a.csv}\n")
    with pytest.raises(RecipeError) as caught:
        find_recipe("small.yaml")
    assert str(caught.value) == "small.yaml: no such recipe; did you mean 'smal.yaml'?; recipes by name: mood/lora"
    with pytest.raises(RecipeError) as caught:
        find_recipe("mood/lorra")
    assert str(caught.value) == "mood/lorra: no such recipe; did you mean 'mood/lora'?; recipes by name: mood/lora"
    with pytest.raises(RecipeError) as caught:
        find_recipe("recipes/mood")
    assert str(caught.value) == "recipes/mood: a folder, expected a recipe file; recipes in it: lora.yaml"


def test_files_that_are_no_text(tmp_path: Path) -> None:
    file = tmp_path / "bytes.yaml"
    file.write_bytes(b"data:\n  train: caf\xe9.csv\n")
    with pytest.raises(RecipeError) as caught:
        load_recipe(file)
    assert str(caught.value) == f"{file}:2: not UTF-8 at byte 18; save the recipe as UTF-8"
    file.write_bytes(b"#" * 1_000_001)
    with pytest.raises(RecipeError) as caught:
        load_recipe(file)
    assert str(caught.value) == f"{file}: found 1,000,001 bytes, expected a recipe of at most 1,000,000"
