"""groundswell: from raw opinions to a tuned, measured, reloadable model.

The flow, in the order of the folders:

    text            cleaning, language, tokens
    data            rows of a file -> examples -> splits -> batches
    representation  token states -> one vector
    model           encoder, pooling, head
    training        the one loop, its losses, schedules and checkpoints
    tuning          which weights move: all, the head, or low-rank updates
    evaluation      metrics with intervals, the report
    explanation     how much each word counts in an answer, and how far that can be believed
    analyzer        a run folder in, an Analysis per text out
    pipeline        a recipe in, a run folder out

>>> import groundswell as gs                                             # doctest: +SKIP
>>> run = gs.train("recipes/sentiment/minilm-lora.yaml", data={"train": "reviews.csv"})
>>> gs.load(run.folder)("The room was spotless.").label
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from groundswell.analyzer import Analyzer, load
    from groundswell.client.asynchronous import AsyncClient
    from groundswell.client.blocking import Client
    from groundswell.errors import GroundswellError
    from groundswell.explaining import explain
    from groundswell.explanation.record import Explanation
    from groundswell.model.abstention import Abstention
    from groundswell.pipeline import Run, evaluate, train
    from groundswell.recipe import Recipe
    from groundswell.recipe_reading import load_recipe
    from groundswell.types import Analysis, Example, Opinion, Span

__version__ = "0.1.0"

_HOMES = {
    "Abstention": "model.abstention",
    "Analysis": "types",
    "Analyzer": "analyzer",
    "AsyncClient": "client.asynchronous",
    "Client": "client.blocking",
    "Example": "types",
    "Explanation": "explanation.record",
    "GroundswellError": "errors",
    "Opinion": "types",
    "Recipe": "recipe",
    "Run": "pipeline",
    "Span": "types",
    "evaluate": "pipeline",
    "explain": "explaining",
    "load": "analyzer",
    "load_recipe": "recipe_reading",
    "train": "pipeline",
}

__all__ = [
    "Abstention",
    "Analysis",
    "Analyzer",
    "AsyncClient",
    "Client",
    "Example",
    "Explanation",
    "GroundswellError",
    "Opinion",
    "Recipe",
    "Run",
    "Span",
    "evaluate",
    "explain",
    "load",
    "load_recipe",
    "train",
]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used, so that importing the package loads no torch."""
    if name not in _HOMES:
        raise AttributeError(f"module 'groundswell' has no attribute {name!r}; public names: {', '.join(__all__)}")
    return getattr(importlib.import_module(f"groundswell.{_HOMES[name]}"), name)
