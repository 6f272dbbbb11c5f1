"""A student of any kind that learns from a finished run."""

from __future__ import annotations

import json
from collections.abc import Sequence

from groundswell import assembly
from groundswell.analyzer import Analyzer
from groundswell.baselines import fit_baseline
from groundswell.compression.hidden_states import check_same_tokens
from groundswell.compression.saved_parts import heads_of, tokens_of
from groundswell.compression.teaching import Around, Taught, Teaching, check_task, lessons, soft_shares
from groundswell.errors import InputError
from groundswell.networks import Variation, fit_network
from groundswell.recipe import Recipe
from groundswell.recipe_reading import find_recipe, load_recipe, recipe_from_values
from groundswell.recipe_yaml import read_yaml
from groundswell.results import Fitted
from groundswell.run_place import Place

# What a student takes from its own recipe; data, task and what is measured are its teacher's.
STUDENTS_OWN = ("text", "model", "tuning", "training")


def student_recipe(student: str, teacher: Recipe, overrides: Sequence[str] = ()) -> Recipe:
    """The recipe of a student: its own model and training, on the teacher's data and task, held to the same seed.

    Raises InputError for a task that cannot be taught, RecipeError with one line for each mistake.
    """
    check_task(teacher)
    load_recipe(student)  # its own mistakes are told with their places
    own, _ = read_yaml(find_recipe(student).read_text(encoding="utf-8-sig"))
    values = {name: own[name] for name in STUDENTS_OWN if own.get(name)}
    shared = json.loads(teacher.model_dump_json(include={"task", "data", "evaluation", "output", "seed"}))
    return recipe_from_values({**values, **shared}, f"--distill {student}", overrides)


def distill(
    teacher: Analyzer, recipe: Recipe, taught: Taught, teaching: Teaching, place: Place
) -> tuple[Fitted, Around | None]:
    """The student as a training gives it, and how it was taught (None for a baseline, which needs no loop)."""
    outputs = assembly.outputs_of(recipe, taught.splits)
    if recipe.model.is_baseline:
        if teaching.hidden_states:
            raise InputError(f"--hidden-states: model.encoder={recipe.model.encoder} has none. Leave the option out")
        shares = soft_shares(taught, outputs, teacher.outputs, teaching.softness)
        return fit_baseline(recipe, taught.splits, outputs, shares), None
    if teaching.hidden_states:
        _check_hidden(teacher, recipe, taught)
    around = lessons(teacher, taught, teaching, place)
    return fit_network(recipe, {"": taught.splits}, place, Variation(around=around)), around


def _check_hidden(teacher: Analyzer, recipe: Recipe, taught: Taught) -> None:
    own = heads_of(teacher.saved, "--hidden-states")[""].model.encoder
    if recipe.tuning.layers is not None or recipe.tuning.method == "head":
        raise InputError(
            f"--hidden-states: with tuning.method={recipe.tuning.method} and tuning.layers={recipe.tuning.layers} some "
            "layers cannot move. Set tuning.method to full or lora and leave out tuning.layers"
        )
    base = assembly.build_base(recipe, taught.splits.examples["train"])
    check_same_tokens(base.tokens, tokens_of(teacher.saved), own, recipe.text.max_tokens)
