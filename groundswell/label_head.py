"""A head that labels texts, or gives them a value: its texts, its loss, how it is measured and saved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from groundswell import assembly, runtime
from groundswell.assembly import Base, TrainingBatches
from groundswell.data.batching import Documents
from groundswell.data.splits import Splits
from groundswell.evaluation.dev_metrics import dev_metrics
from groundswell.evaluation.label_thresholds import best_label_thresholds
from groundswell.model.classifier import TextClassifier
from groundswell.model.encoder import Encoder
from groundswell.model.label_answers import LabelAnswers
from groundswell.model.saved_model import SavedNetwork
from groundswell.model.scoring import score_documents
from groundswell.model.text_settings import make_text_tokenizer
from groundswell.recipe import Recipe
from groundswell.run_place import Place
from groundswell.training.losses import Loss, RowLoss, classification_loss
from groundswell.tuning.cached_features import CacheSettings, cache_frozen


class LabelHead:
    """One label, several labels or a value for each text, over an encoder that may be shared.

    What is cut and what is unknown is counted in `splits.accounting`.
    """

    def __init__(self, recipe: Recipe, splits: Splits, base: Base, place: Place) -> None:
        self.recipe, self.splits, self.place = recipe, splits, place
        self.outputs = assembly.outputs_of(recipe, splits)
        self.names = self.outputs.labels
        self.tokenizer = make_text_tokenizer(base.tokens, assembly.text_settings(recipe))
        self.model = self.over(base.encoder)
        self._documents = {split: self._tokenized(split) for split in splits.examples}
        targets = self._documents["train"].targets
        assert targets is not None
        self._row_loss = assembly.row_loss_of(recipe, targets, self.outputs)
        self.loss = classification_loss(self._row_loss)

    def over(self, encoder: Encoder) -> TextClassifier:
        """An untrained model of this head over an encoder."""
        return assembly.classifier_over(encoder, self.recipe, self.outputs)

    def learn(self, targets: Callable[[Tensor], Tensor], loss: Callable[[RowLoss], Loss]) -> None:
        """Learn otherwise than by gold labels alone.

        targets   makes the rows that the training texts get of their gold ones
        loss      makes the loss that reads them of this head's loss per text
        """
        documents = self._documents["train"]
        assert documents.targets is not None
        self._documents["train"] = replace(documents, targets=targets(documents.targets))
        self.loss = loss(self._row_loss)

    def cache(self, base_sha256: str) -> None:
        """Compute what is frozen once, where there is something; the model then skips that part."""
        tuning, place = assembly.tuning_of(self.recipe), self.place
        if not self.recipe.tuning.cache or tuning.first_layer(self.model.encoder.num_layers) == 0:
            return
        texts = [self._documents["train"], self._documents["dev"]]
        settings = CacheSettings(
            runtime.cache_folder(), base_sha256, runtime.torch_dtype(place.precision),
            2 * self.recipe.training.batch_tokens, place.accelerator.device,
        )  # fmt: skip
        place.bar.begin("computing what is frozen", sum(map(len, texts)))
        found = cache_frozen(self.model, tuning, texts, settings, place.bar.advance)
        self._documents |= zip(("train", "dev"), found, strict=True)

    def batches(self) -> TrainingBatches:
        """The training texts."""
        return assembly.batches_of(self.recipe, self._documents["train"], self.splits.examples["train"])

    def evaluate(self, model: Any) -> dict[str, float]:
        """The loss and the metrics of a model of this head on dev, without intervals."""
        texts, outputs = self._documents["dev"], self.outputs
        targets = texts.targets
        assert targets is not None
        device, bfloat16 = self.place.accelerator.device, self.place.precision == "bfloat16"
        logits = score_documents(model, texts, device=device, bfloat16=bfloat16)
        loss = float(self._row_loss(logits, targets).mean())
        if outputs.task == "regression":
            gold, scores = outputs.mean + outputs.scale * targets.double(), outputs.values(logits)[:, 0]
        else:
            gold, scores = targets, logits
        if self.recipe.model.label_thresholds == "dev":
            lowest = best_label_thresholds(targets.bool().numpy(), outputs.values(logits).numpy())
            scores = scores - torch.from_numpy(lowest).logit(1e-6)  # above 0 is given
        found = dev_metrics(
            outputs.task, (gold.bool() if outputs.task == "multi_label" else gold).numpy(), scores.numpy()
        )
        return {"loss": loss, **found}

    def save(self, model: TextClassifier) -> SavedNetwork:
        """A trained model as it is saved, with the thresholds that the recipe asks for."""
        saved = SavedNetwork(model, self.tokenizer, self.outputs, assembly.text_settings(self.recipe))
        if self.recipe.model.label_thresholds != "dev":
            return saved
        dev = self.splits.examples["dev"]
        logits = LabelAnswers(saved, runtime.pick_device(), bfloat16=False).logits([example.text for example in dev])
        lowest = best_label_thresholds(saved.outputs.targets(dev).bool().numpy(), saved.outputs.values(logits).numpy())
        self.splits.warnings.append("dev: the thresholds of the labels were chosen on it, so its figures are too good")
        return replace(saved, outputs=replace(saved.outputs, thresholds=tuple(lowest.tolist())))

    def _tokenized(self, split: str) -> Documents:
        found = assembly.tokenize(self.recipe, self.tokenizer, self.splits.examples[split], self.outputs)
        self.splits.accounting[split].count_cut(found.cut, self.recipe.text.max_tokens, found.unknown)
        return found.documents
