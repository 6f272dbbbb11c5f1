"""The recipe: everything a training run depends on, with every default in one place.

A recipe is YAML plus `section.key=value` overrides; `recipe_reading` reads it and reports all mistakes at once. Its
sections are in `recipe_sections`.
"""

from __future__ import annotations

import json
import re
from typing import Any, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from groundswell.recipe_defaults import BASELINES, LAYERLESS, LOSSES_OF_TASK, OWN_TOKENS, SHAPES, fill_what_follows
from groundswell.recipe_sections import (
    DataSection,
    EvaluationSection,
    HeadSection,
    ModelSection,
    OutputSection,
    Section,
    Task,
    TextSection,
    TrainingSection,
    TuningSection,
    Whole,
)


class Recipe(Section):
    """A training run, whole."""

    task: Task = Field(
        "single_label",
        description="what a text gets: one label, any number of labels, a value, opinions, or all these by heads",
    )
    data: DataSection
    heads: dict[str, HeadSection] = Field(default_factory=dict, description="the tasks of a multi-task recipe")
    text: TextSection = TextSection()
    model: ModelSection = ModelSection()
    tuning: TuningSection = TuningSection()
    training: TrainingSection = TrainingSection()
    evaluation: EvaluationSection = EvaluationSection()
    output: OutputSection = OutputSection()
    seed: Whole = Field(0, ge=0, le=2**31 - 1, description="of every draw, shuffle and initial weight")

    @model_validator(mode="before")
    @classmethod
    def fill_what_follows(cls, values: Any) -> Any:
        """Write out the defaults that follow from other keys."""
        return fill_what_follows(values) if isinstance(values, dict) else values

    @model_validator(mode="after")
    def keys_concern_the_encoder(self) -> Self:
        encoder = self.model.encoder
        read = {f"model.scratch.{name}" for name in (*SHAPES.get(encoder, ()), "vectors") if encoder in SHAPES}
        read |= {f"model.linear.{name}" for name in BASELINES.get(encoder, ())}
        if encoder in SHAPES or encoder in BASELINES:
            read |= {f"text.{name}" for name in (*OWN_TOKENS, "user_dictionary")}
        given = {f"model.scratch.{name}" for name, value in self.model.scratch if value is not None}
        given |= {f"model.linear.{name}" for name, value in self.model.linear if value is not None}
        given |= {f"text.{name}" for name in (*OWN_TOKENS, "user_dictionary") if getattr(self.text, name) is not None}
        if given - read:
            unread = sorted(given - read)
            verb, them = ("have", "them") if len(unread) > 1 else ("has", "it")
            raise ValueError(f"{', '.join(unread)} {verb} no effect with model.encoder={encoder!r}; remove {them}")
        return self

    @model_validator(mode="after")
    def keys_concern_the_task(self) -> Self:
        given = []
        if self.task == "opinions":
            # the formats of opinions say themselves where text and id stand, and whole texts have no labels
            given = [
                f"data.{key}" for key in ("text", "label", "id", "labels", "max_characters") if _is_set(self.data, key)
            ]
        else:
            given = [name for name in ("format", "repair") if getattr(self.data, name)]
            given = [f"data.{name}" for name in given]
            opinions = self.model.opinions
            given += [f"model.opinions.{key}" for key in type(opinions).model_fields if _is_set(opinions, key)]
        if self.model.label_thresholds != "half" and self.task != "multi_label":
            given.append("model.label_thresholds")
        if self.task != "multi_task":
            given += ["heads"] if self.heads else []
            given += [f"training.{key}" for key in ("weighting", "mixing_temperature") if _is_set(self.training, key)]
        else:
            given += [f"training.{key}" for key in ("label_smoothing", "class_weights") if _is_set(self.training, key)]
        if given:
            verb, them = ("have", "them") if len(given) > 1 else ("has", "it")
            at_heads = ", or set it at a head" if self.task == "multi_task" else ""
            raise ValueError(f"{', '.join(given)} {verb} no effect with task={self.task!r}; remove {them}{at_heads}")
        return self

    @model_validator(mode="after")
    def heads_are_recipes(self) -> Self:
        if self.task != "multi_task":
            return self
        if not self.heads:
            raise ValueError("task='multi_task' has no heads; add one for each task, such as `heads: {sentiment: …}`")
        problems = []
        for name, head in self.heads.items():
            if not re.fullmatch(r"[\w-]+", name):
                problems.append(f"heads: found the name {name!r}, expected letters, digits, - and _")
            if head.reads != "text" and head.task != "single_label":
                problems.append(
                    f"heads.{name}: reads={head.reads!r} goes with task='single_label', found {head.task!r}"
                )
            if head.training.metric in ("mae", "loss"):
                problems.append(
                    f"heads.{name}: training.metric={head.training.metric!r} is better when smaller, but an epoch is "
                    "chosen by the largest mean over heads; name another"
                )
            try:
                self.alone(name)
            except ValidationError as error:
                problems += [f"heads.{name}: {found['ctx']['error']}" for found in error.errors() if "ctx" in found]
        finders = [name for name, head in self.heads.items() if head.task == "opinions"]
        if len(finders) > 1:
            problems.append(f"heads {', '.join(finders)} all find opinions; keep one of them")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @model_validator(mode="after")
    def own_models_are_trained_whole(self) -> Self:
        encoder, shape = self.model.encoder, self.model.scratch
        if not self.model.is_from_scratch and not self.model.is_baseline:
            return self
        if self.tuning.method != "full" or self.tuning.layers is not None:
            raise ValueError(
                f"model.encoder={encoder!r} has no pretrained weights, so every weight moves: set tuning.method to "
                "full and leave out tuning.layers"
            )
        if self.text.user_dictionary and self.text.tokens != "jieba":
            raise ValueError(
                f"text.user_dictionary has no effect with text.tokens={self.text.tokens!r}; set it to jieba"
            )
        if shape.heads and shape.width and shape.width % shape.heads:
            raise ValueError(
                f"model.scratch.width={shape.width} cannot be shared out among model.scratch.heads={shape.heads}; "
                "make it a multiple"
            )
        if self.model.is_baseline and self.task != "single_label":
            raise ValueError(f"model.encoder={encoder!r} gives one label, which does not fit task={self.task!r}")
        return self

    @model_validator(mode="after")
    def there_are_layers_to_recompute(self) -> Self:
        encoder, method = self.model.encoder, self.tuning.method
        if self.training.activation_checkpointing and (encoder in LAYERLESS or method == "head"):
            cause = f"model.encoder={encoder!r}, which has no layers" if encoder in LAYERLESS else (
                "tuning.method='head', which needs no gradient of a layer"
            )  # fmt: skip
            raise ValueError(f"training.activation_checkpointing=true has no effect with {cause}; remove it")
        return self

    @model_validator(mode="after")
    def loss_fits_task(self) -> Self:
        loss, fitting = self.training.loss, LOSSES_OF_TASK[self.task]
        if loss not in fitting:
            raise ValueError(f"training.loss={loss!r} does not fit task={self.task!r}; choose {' or '.join(fitting)}")
        if self.task in ("regression", "opinions") and self.training.class_weights != "none":
            raise ValueError(f"training.class_weights has no effect with task={self.task!r}; remove it")
        if self.training.label_smoothing and self.training.loss != "cross_entropy":
            raise ValueError(f"training.label_smoothing has no effect with loss={loss!r}; set it to 0")
        classification = ("accuracy", "macro_f1", "micro_f1", "loss")
        of_task = {"regression": ("pearson", "mae", "loss"), "opinions": ("f1",), "multi_task": ("mean",)}
        fitting_metrics = of_task.get(self.task, classification)
        if self.training.metric not in fitting_metrics:
            raise ValueError(f"training.metric={self.training.metric!r} does not exist for task={self.task!r}")
        return self

    def to_yaml(self) -> str:
        """The recipe with every default written out."""
        return yaml.safe_dump(json.loads(self.model_dump_json()), sort_keys=False, allow_unicode=True)

    def alone(self, head: str) -> Recipe:
        """The recipe that trains one head for itself, on the same texts; with no name, a single task's own recipe."""
        if not head:
            return self
        values = json.loads(self.model_dump_json(exclude={"heads"}))
        chosen = json.loads(self.heads[head].model_dump_json())
        values |= {"task": chosen["task"], "data": chosen["data"], "model": {**values["model"], **chosen["model"]}}
        values["training"] |= {**chosen["training"], "weighting": "fixed", "mixing_temperature": 1.0}
        return Recipe.model_validate(values)

    def describe_source(self, split: str) -> str | None:
        """The source of one split (`train`, `dev`, `test`), or None."""
        return {"train": self.data.train, "dev": self.data.dev, "test": self.data.test}[split]


def _is_set(section: Section, key: str) -> bool:
    default = type(section).model_fields[key].get_default(call_default_factory=True)
    return bool(getattr(section, key) != default)
