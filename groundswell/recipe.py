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

from groundswell.recipe_corpus import CorpusSection, LanguageModelSection
from groundswell.recipe_defaults import CAUSAL, LANGUAGE_SHAPES, LAYERLESS, LOSSES_OF_TASK, SHAPES, fill_what_follows
from groundswell.recipe_effects import UNCALIBRATED, unread_by_encoder, unread_by_task
from groundswell.recipe_fields import Section, Whole
from groundswell.recipe_sections import (
    DataSection,
    DomainSection,
    EvaluationSection,
    HeadSection,
    ModelSection,
    OutputSection,
    Task,
    TextSection,
    TrainingSection,
    TuningSection,
)


class Recipe(Section):
    """A training run, whole."""

    task: Task = Field(
        "single_label",
        description="what a text gets: one label, any number of labels, a value, opinions, or all these by heads; or "
        "what is learned of texts alone: a language model",
    )
    data: DataSection
    heads: dict[str, HeadSection] = Field(default_factory=dict, description="the tasks of a multi-task recipe")
    text: TextSection = TextSection()
    model: ModelSection = ModelSection()
    tuning: TuningSection = TuningSection()
    corpus: CorpusSection = CorpusSection()
    language_model: LanguageModelSection = LanguageModelSection()
    domain: DomainSection | None = Field(None, description="texts of the field that the encoder reads before tuning")
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
    def language_models_are_whole(self) -> Self:
        encoder, objective = self.model.encoder, self.language_model.objective
        if self.task != "language_model":
            if encoder in LANGUAGE_SHAPES and encoder not in SHAPES:
                raise ValueError(
                    f"model.encoder={encoder!r} is trained with task='language_model'; name the folder of such a run"
                )
            return self
        if self.model.is_baseline or (encoder in SHAPES and encoder not in LANGUAGE_SHAPES):
            raise ValueError(
                f"model.encoder={encoder!r} is no language model; choose one of {', '.join(LANGUAGE_SHAPES)}, or "
                "name a pretrained encoder"
            )
        expected = "causal" if encoder in CAUSAL else "masked"
        if objective != expected and encoder in LANGUAGE_SHAPES:
            raise ValueError(
                f"language_model.objective={objective!r} does not fit model.encoder={encoder!r}: {expected}"
            )
        sources = self.corpus.sources
        if sources and self.data.train != ", ".join(sources):
            raise ValueError("data.train and corpus.sources both name texts; leave one of them out")
        weights = [source.weight for source in sources.values()]
        if None in weights and any(weights):
            raise ValueError("corpus.sources: some have a weight and some have none; give it to all or to none")
        return self

    @model_validator(mode="after")
    def keys_have_an_effect(self) -> Self:
        for without_effect in (unread_by_encoder(self), unread_by_task(self)):
            if without_effect:
                raise ValueError(without_effect)
        return self

    @model_validator(mode="after")
    def domain_is_a_recipe(self) -> Self:
        if self.domain is None:
            return self
        if self.model.is_from_scratch or self.model.is_baseline:
            raise ValueError(
                f"domain: model.encoder={self.model.encoder!r} starts from nothing; name a pretrained encoder"
            )
        try:
            self.domain_stage()
        except ValidationError as error:
            raise ValueError("; ".join(f"domain: {found['ctx']['error']}" for found in error.errors())) from error
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
        of_task["language_model"] = ("loss",)
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
        values["evaluation"]["calibration"] |= chosen["task"] in UNCALIBRATED
        return Recipe.model_validate(values)

    def domain_stage(self) -> Recipe:
        """The recipe of the first stage: a language model of the domain's texts, from the same encoder."""
        assert self.domain is not None
        values = json.loads(self.model_dump_json(include={"evaluation", "output", "seed"}))
        values["evaluation"].pop("slices")  # a language model's texts are measured whole
        values |= json.loads(self.domain.model_dump_json())
        values |= {"task": "language_model", "tuning": {"method": "full"}}
        del values["evaluation"]["calibration"]  # of labels
        values["model"] = {name: getattr(self.model, name) for name in ("encoder", "revision", "dropout")}
        values["text"] = {"cleaning": self.text.cleaning, "max_tokens": self.text.max_tokens}
        return Recipe.model_validate(values)

    def describe_source(self, split: str) -> str | None:
        """The source of one split (`train`, `dev`, `test`), or None."""
        return {"train": self.data.train, "dev": self.data.dev, "test": self.data.test}[split]
