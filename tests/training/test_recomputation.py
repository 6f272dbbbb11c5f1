"""Layers that are computed again in the backward pass: the same gradients from less that is kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_run import changed
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks
from torch.nn import functional

import groundswell as gs
from groundswell.errors import RecipeError
from groundswell.model.classifier import TextClassifier
from groundswell.model.from_scratch import EncoderSettings, FromScratchEncoder
from groundswell.model.scoring import score_documents
from groundswell.recipe_reading import recipe_from_values
from groundswell.training.recomputation import recompute_layers
from groundswell.tuning.cached_features import CacheSettings, cache_frozen
from groundswell.tuning.trainable import Lora, Tuning, choose_trainable

Make = Callable[..., Any]
CPU = torch.device("cpu")


def gradients(model: TextClassifier, documents: Any) -> tuple[dict[str, Tensor], int]:
    """The gradients of one batch by name, and how many bytes of tensors were kept for them."""
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    batch = documents.collate(range(len(documents)))
    weights = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
    torch.manual_seed(3)  # of the dropout
    model.train()
    with saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = functional.cross_entropy(model(batch), batch.targets)
    loss.backward()
    found = {name: part.grad.clone() for name, part in model.named_parameters() if part.grad is not None}
    return found, sum(size for place, size in kept.items() if place not in weights)


def assert_same(found: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    assert found.keys() == expected.keys() != set()
    for name, gradient in expected.items():
        assert torch.equal(found[name], gradient), name


@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize("tuning", [Tuning("full"), Tuning("lora", lora=Lora(dropout=0.2))], ids=["full", "lora"])
@pytest.mark.filterwarnings("ignore:fan_in_fan_out")
def test_gradients_are_the_same_and_less_is_kept(
    any_tiny: Path, tuning: Tuning, dropout: float, make_classifier: Make, make_documents: Make
) -> None:
    documents, found = make_documents(any_tiny), []
    for recomputed in (False, True):
        model = make_classifier(any_tiny, dropout=dropout)
        choose_trainable(model, tuning)
        if recomputed:
            recompute_layers(model.encoder.layers)
        found.append(gradients(model, documents))
    (expected, whole), (same, kept) = found
    assert_same(same, expected)
    assert kept < 0.5 * whole


def test_layers_over_cached_states_get_these_again(
    tiny_bert: Path, tmp_path: Path, make_classifier: Make, make_documents: Make
) -> None:
    """What enters the lowest moving layer comes with the batch, which is gone when the layer is computed again."""
    found, tuning = [], Tuning("full", layers=1)
    for recomputed in (False, True):
        model = make_classifier(tiny_bert)
        choose_trainable(model, tuning)
        settings = CacheSettings(tmp_path, "base", torch.float32, 1024, CPU)
        (documents,) = cache_frozen(model, tuning, [make_documents(tiny_bert)], settings)
        if recomputed:
            recompute_layers(model.encoder.layers)
        found.append(gradients(model, documents)[0])
    assert_same(found[1], found[0])


def test_a_transformer_from_scratch_recomputes_too(make_documents: Make, tiny_bert: Path) -> None:
    documents, found = make_documents(tiny_bert), []
    for recomputed in (False, True):
        torch.manual_seed(0)
        encoder = FromScratchEncoder(EncoderSettings("transformer", 200, 32, 64, layers=3, heads=4, dropout=0.2))
        if recomputed:
            recompute_layers(encoder.layers)
        found.append(gradients(TextClassifier(encoder, "mean", 2), documents))
    assert_same(found[1][0], found[0][0])
    assert found[1][1] < 0.5 * found[0][1]


def test_scores_are_the_same(tiny_bert: Path, make_classifier: Make, make_documents: Make) -> None:
    documents, model = make_documents(tiny_bert), make_classifier(tiny_bert, dropout=0.3).eval()
    expected = score_documents(model, documents, device=CPU)
    recompute_layers(model.encoder.layers)
    assert torch.equal(score_documents(model, documents, device=CPU), expected)


def test_a_recipe_trains_to_the_same_losses(values: dict[str, Any]) -> None:
    rows = [
        gs.train(changed(values, training={"activation_checkpointing": on}, output={"name": str(on)})).history
        for on in (False, True)
    ]
    assert [row["loss"] for row in rows[0]] == [row["loss"] for row in rows[1]]


@pytest.mark.parametrize(
    ("sections", "cause"),
    [
        ({"model": {"encoder": "lstm"}}, "model.encoder='lstm', which has no layers"),
        ({"model": {"encoder": "nb_svm"}}, "model.encoder='nb_svm', which has no layers"),
        ({"tuning": {"method": "head"}}, "tuning.method='head', which needs no gradient of a layer"),
    ],
)
def test_what_has_nothing_to_recompute_is_refused(sections: dict[str, Any], cause: str) -> None:
    values = {"data": {"train": "a.csv"}, "training": {"activation_checkpointing": True}, **sections}
    with pytest.raises(RecipeError) as error:
        recipe_from_values(values, "recipe.yaml")
    assert error.value.problems == [
        f"recipe.yaml: training.activation_checkpointing=true has no effect with {cause}; remove it"
    ]
