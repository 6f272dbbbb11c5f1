"""The masked language model: an encoder that predicts the tokens that were left out of a text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor, nn
from torch.nn import functional

from groundswell.data.language_batch import NOT_PREDICTED, LanguageBatch
from groundswell.model.encoded_model import EncodedModel
from groundswell.model.pretrained import PretrainedEncoder
from groundswell.model.surprise import Surprise, places_at_once, summed_surprise


def _names(dense: str, norm: str, bias: str) -> dict[str, str]:
    return {
        "map_in.weight": f"{dense}.weight", "map_in.bias": f"{dense}.bias",
        "norm.weight": f"{norm}.weight", "norm.bias": f"{norm}.bias", "bias": bias,
    }  # fmt: skip


_BERT = _names("cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", "cls.predictions.bias")
_ROBERTA = _names("lm_head.dense", "lm_head.layer_norm", "lm_head.bias")
# How checkpoints of other programs name the weights of the head, by the family of the model.
PUBLISHED_HEADS = {
    "bert": _BERT,
    "roberta": _ROBERTA,
    "xlm-roberta": _ROBERTA,
    "distilbert": _names("vocab_transform", "vocab_layer_norm", "vocab_projector.bias"),
}
_STARTS = ("map_in.", "cls.predictions.", "lm_head.", "vocab_")


class MaskedLanguageModel(EncodedModel):
    """P(token | the text around it) = softmax(C norm(gelu(W h + d)) + b) at the places that are left out.

    Devlin et al. 2019 (https://aclanthology.org/N19-1423, section 3.1). h: the encoder's state; C: the matrix that the
    encoder reads tokens by, so that only W, d, norm and b are new.
    """

    encoder: PretrainedEncoder

    def __init__(self, encoder: PretrainedEncoder) -> None:
        super().__init__(encoder)
        num_tokens, width = self.embedding.weight.shape
        self.map_in = nn.Linear(encoder.width, width)
        config: Any = encoder.network.config
        self.norm = nn.LayerNorm(width, eps=getattr(config, "layer_norm_eps", 1e-12))
        self.bias = nn.Parameter(torch.zeros(num_tokens))
        nn.init.normal_(self.map_in.weight, std=0.02)
        nn.init.zeros_(self.map_in.bias)

    @property
    def embedding(self) -> nn.Embedding:
        """C, (V, E)."""
        found: nn.Embedding = self.encoder.network.get_input_embeddings()  # type: ignore[operator]
        return found

    def logits(self, states: Tensor) -> Tensor:
        """States (N, D) -> logits (N, V)."""
        mapped = self.norm(functional.gelu(self.map_in(states)))
        return functional.linear(mapped, self.embedding.weight, self.bias)

    def forward(self, batch: LanguageBatch) -> Surprise:
        """What the tokens that were left out cost; each row of the batch is one document, and then padding."""
        return summed_surprise(self.logits, *self._predicted(batch), len(self.bias))

    def costs(self, batch: LanguageBatch) -> Tensor:
        """(B, 3), of each row: -log P of its left-out tokens, how many are the likeliest, how many there are."""
        states, targets = self._predicted(batch)
        rows = (batch.targets != NOT_PREDICTED).nonzero()[:, 0]
        sums = torch.zeros(len(batch.targets), 3, device=targets.device)
        for some in places_at_once(len(targets), len(self.bias)):
            logits = self.logits(states[some]).float()
            cost = functional.cross_entropy(logits, targets[some], reduction="none")
            right = (logits.argmax(dim=1) == targets[some]).float()
            sums.index_add_(0, rows[some], torch.stack([cost, right, torch.ones_like(cost)], dim=1))
        return sums

    def _predicted(self, batch: LanguageBatch) -> tuple[Tensor, Tensor]:
        """States (N, D) and tokens (N,) of the places that are left out."""
        states = self.encoder(batch.token_ids, batch.documents == 0)
        wanted = batch.targets != NOT_PREDICTED
        return states[wanted], batch.targets[wanted]

    def take_published_head(self, folder: Path) -> bool:
        """Take over what the checkpoint of a folder predicts tokens by; False where it has nothing of the kind."""
        found: dict[str, Tensor] = {}
        for file in sorted(folder.glob("*.safetensors")):
            with safe_open(file, framework="pt") as weights:
                names = [name for name in weights.keys() if name.startswith(_STARTS)]  # noqa: SIM118 - no mapping
                found |= {name: weights.get_tensor(name) for name in names}
        if "map_in.weight" in found:  # a run of ours
            self.load_head(folder)
            return True
        for wanted in PUBLISHED_HEADS.values():
            if all(name in found for name in wanted.values()):
                self.load_state_dict({own: found[name].float() for own, name in wanted.items()}, strict=False)
                return True
        return False
