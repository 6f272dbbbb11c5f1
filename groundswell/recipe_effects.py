"""Keys of a recipe that would do nothing: whoever set them expects otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from groundswell.recipe_defaults import BASELINES, LANGUAGE_SHAPES, OWN_TOKENS, SHAPES
from groundswell.recipe_fields import Section

_ADDED = ("vectors",)  # every encoder of labels that starts from nothing reads it, and it has no default
# the formats of opinions say themselves where text and id stand, and whole texts have no labels
_NOT_OF_OPINIONS = ("text", "label", "id", "labels", "max_characters")
UNCALIBRATED = ("regression", "opinions", "language_model")
_NOT_OF_LANGUAGE_MODELS = {
    "data": ("label", "id", "group", "time", "split", "limit", "labels", "max_bad_share", "overlap"),
    "text": ("truncation", "window_overlap"),
    "model": ("pooling", "head_dropout", "layers"),
    "tuning": ("cache",),
    "training": ("label_smoothing", "focal_gamma", "class_weights"),
    "evaluation": ("slices",),
}


def unread_by_encoder(recipe: Any) -> str:
    """What to say about keys that the encoder does not read; empty when there is none."""
    encoder, of_text = recipe.model.encoder, (*OWN_TOKENS, "user_dictionary")
    read: set[str] = set()
    if recipe.task == "language_model":
        shape = LANGUAGE_SHAPES.get(encoder, {})
    else:
        shape = {**SHAPES[encoder], **dict.fromkeys(_ADDED)} if encoder in SHAPES else {}
    read |= {f"model.scratch.{name}" for name in shape}
    read |= {f"model.linear.{name}" for name in BASELINES.get(encoder, ())}
    if shape or encoder in BASELINES:
        read |= {f"text.{name}" for name in of_text}
    given = {f"model.scratch.{name}" for name, value in recipe.model.scratch if value is not None}
    given |= {f"model.linear.{name}" for name, value in recipe.model.linear if value is not None}
    given |= {f"text.{name}" for name in of_text if getattr(recipe.text, name) is not None}
    if recipe.model.layers is not None and (recipe.model.is_from_scratch or recipe.model.is_baseline):
        given.add("model.layers")
    return _said(sorted(given - read), f"model.encoder={encoder!r}", "")


def unread_by_task(recipe: Any) -> str:
    """What to say about keys that play no part in the recipe's task; empty when there is none."""
    at_heads = ", or set it at a head" if recipe.task == "multi_task" else ""
    return _said(list(_unread_by_task(recipe)), f"task={recipe.task!r}", at_heads)


def _unread_by_task(recipe: Any) -> Iterator[str]:
    task, training = recipe.task, recipe.training
    if task == "opinions":
        yield from _set("data", recipe.data, _NOT_OF_OPINIONS)
    else:
        yield from _set("data", recipe.data, ("format", "repair"))
        yield from _set("model.opinions", recipe.model.opinions, tuple(type(recipe.model.opinions).model_fields))
    if task in UNCALIBRATED:
        yield from _set("evaluation", recipe.evaluation, ("calibration",))
    if task != "multi_label":
        yield from _set("model", recipe.model, ("label_thresholds",))
    if task == "multi_task":
        yield from _set("training", training, ("label_smoothing", "class_weights"))
    else:
        yield from ["heads"] if recipe.heads else []
        yield from _set("training", training, ("weighting", "mixing_temperature"))
    if task == "language_model":
        for name, keys in _NOT_OF_LANGUAGE_MODELS.items():
            yield from _set(name, getattr(recipe, name), keys)
        yield from ["domain"] if recipe.domain is not None else []
    else:
        for name in ("corpus", "language_model"):
            section = getattr(recipe, name)
            yield from _set(name, section, tuple(type(section).model_fields))


def _set(place: str, section: Section, keys: tuple[str, ...]) -> Iterator[str]:
    """Those of the keys that are not at their default."""
    for key in keys:
        default = type(section).model_fields[key].get_default(call_default_factory=True)
        if getattr(section, key) != default:
            yield f"{place}.{key}"


def _said(keys: list[str], because: str, cure: str) -> str:
    if not keys:
        return ""
    verb, them = ("have", "them") if len(keys) > 1 else ("has", "it")
    return f"{', '.join(keys)} {verb} no effect with {because}; remove {them}{cure}"
