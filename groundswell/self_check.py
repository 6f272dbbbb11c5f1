"""Numeric self-checks on the user's own recipe: seconds that show whether training and loading can be trusted."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from groundswell import assembly, runtime
from groundswell.assembly import TextModel
from groundswell.data.batching import Documents
from groundswell.data.splits import load_splits
from groundswell.model.saved_model import SavedNetwork, load_model, save_model
from groundswell.model.scoring import score_documents
from groundswell.recipe import Recipe
from groundswell.recipe_reading import recipe_from_values
from groundswell.training.losses import classification_loss
from groundswell.tuning.trainable import Lora, Tuning, choose_trainable
from groundswell.types import Example

NUM_TEXTS = 8
TOLERANCE = 1e-5
# Gradients sum over all tokens, so their rounding errors are larger than those of one score.
GRADIENT_TOLERANCE = 1e-4


@dataclass(frozen=True)
class CheckResult:
    """Outcome of one check: what was compared, and the largest difference found."""

    name: str
    passed: bool
    detail: str
    seconds: float


def run_checks(recipe: Recipe | None = None) -> Iterator[CheckResult]:
    """One result per check, as each is done, on a few texts of the recipe (default: MiniLM on the English sample).

    padding        a text scores the same alone and in a padded batch
    accumulation   one batch and its halves give the same gradient
    lora           low-rank updates change no bit before the first step (pretrained encoders)
    reload         a saved model scores the same after loading
    """
    recipe = recipe or recipe_from_values({"data": {"train": "sample:en"}}, "self-check")
    runtime.seed_everything(recipe.seed)
    splits = load_splits(assembly.split_settings(recipe))
    examples = splits.examples["train"][:NUM_TEXTS]
    outputs = assembly.outputs_of(recipe, splits)
    lora = {} if recipe.model.is_from_scratch else {"lora": _lora_starts_as_nothing}
    checks: dict[str, Callable[[TextModel, Documents, Recipe, list[Example]], tuple[float, float, str]]] = {
        "padding": _padding,
        "accumulation": _accumulation,
        **lora,
        "reload": _reload,
    }
    for name, check in checks.items():
        began = time.monotonic()
        runtime.seed_everything(recipe.seed)
        fresh = assembly.build_model(recipe, outputs, splits.examples["train"])
        fresh.classifier.eval()  # no dropout: every difference would be its noise
        documents = assembly.tokenize(recipe, fresh.tokenizer, examples, outputs).documents
        difference, allowed, what = check(fresh, documents, recipe, examples)
        detail = f"{what}: largest difference {difference:.1e}, allowed {allowed:.0e}"
        yield CheckResult(name, difference <= allowed, detail, time.monotonic() - began)


def _padding(
    fresh: TextModel, documents: Documents, recipe: Recipe, examples: list[Example]
) -> tuple[float, float, str]:
    together = _logits(fresh, documents)
    with torch.inference_mode():
        alone = torch.cat([fresh.classifier(documents.collate([number])) for number in range(len(documents))])
    return _largest(together, alone), TOLERANCE, f"{len(documents)} texts alone and in one padded batch"


def _accumulation(
    fresh: TextModel, documents: Documents, recipe: Recipe, examples: list[Example]
) -> tuple[float, float, str]:
    assert documents.targets is not None
    loss = classification_loss(assembly.row_loss_of(recipe, documents.targets, fresh.outputs))
    numbers = list(range(len(documents)))
    middle = max(1, len(numbers) // 3)
    gradients = []
    for parts in ([numbers], [part for part in (numbers[:middle], numbers[middle:]) if part]):
        fresh.classifier.zero_grad()
        items = 0.0
        for part in parts:
            total, num_items = loss(fresh.classifier, documents.collate(part))
            total.backward()  # type: ignore[no-untyped-call]
            items += float(num_items)
        found = [p.grad for p in fresh.classifier.parameters() if p.grad is not None]
        gradients.append(torch.cat([gradient.flatten() / items for gradient in found]).clone())
    scale = max(1.0, float(gradients[0].abs().max()))
    return _largest(*gradients) / scale, GRADIENT_TOLERANCE, "gradient of one batch and of its unequal parts"


def _lora_starts_as_nothing(
    fresh: TextModel, documents: Documents, recipe: Recipe, examples: list[Example]
) -> tuple[float, float, str]:
    before = _logits(fresh, documents)
    lora = recipe.tuning.lora
    tuning = Tuning("lora", recipe.tuning.layers, Lora(lora.rank, lora.alpha, 0.0, lora.targets))
    adapted = choose_trainable(fresh.classifier, tuning).adapted_modules
    fresh.classifier.eval()
    return _largest(before, _logits(fresh, documents)), 0.0, f"scores with {adapted} untrained low-rank updates"


def _reload(
    fresh: TextModel, documents: Documents, recipe: Recipe, examples: list[Example]
) -> tuple[float, float, str]:
    before = _logits(fresh, documents)
    saved = SavedNetwork(fresh.classifier, fresh.tokenizer, fresh.outputs, assembly.text_settings(recipe))
    with tempfile.TemporaryDirectory() as name:
        save_model(saved, Path(name))
        loaded = load_model(Path(name))
        assert isinstance(loaded, SavedNetwork)
        again = assembly.tokenize(recipe, loaded.tokenizer, examples, loaded.outputs).documents
        after = score_documents(loaded.model, again, device=torch.device("cpu"))
    return _largest(before, after), 0.0, "scores before saving and after loading"


def _logits(fresh: TextModel, documents: Documents) -> Tensor:
    return score_documents(fresh.classifier, documents, device=torch.device("cpu"))


def _largest(left: Tensor, right: Tensor) -> float:
    return float((left - right).abs().max())
