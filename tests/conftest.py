"""Tiny random models of every supported kind, and the parts of a training run built on them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tiny_run import reviews, write
from tiny_tokenizers import CJK, WORDS, wordpiece_tokenizer

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedTokenizerBase

    from groundswell.data.batching import Batch, Documents
    from groundswell.model.classifier import TextClassifier
    from groundswell.tuning.trainable import Tuning

KINDS = ("bert", "gpt2", "distilbert", "qwen2")
# Lengths differ, so that padding is never absent.
TEXTS = (
    "good food", "bad room the screen is dark", "很好", "服务太慢 not good",
    "the battery is very very very good", "slow", "it was not a fine room", "屏幕太暗, bad screen",
    "great service and great food", "电池很耐用",
)  # fmt: skip


@pytest.fixture(autouse=True)
def fresh_accelerate() -> Iterator[None]:
    """No test sees the accelerator of another one; where accelerate was never imported nothing is done."""
    yield
    if "accelerate" in sys.modules:
        from accelerate.state import AcceleratorState, GradientState

        AcceleratorState._reset_state(True)
        GradientState._reset_state()


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What tests keep in the cache is not left to the person who runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GROUNDSWELL_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session", autouse=True)
def no_findings() -> Iterator[None]:
    """Trainings of the tests look for nothing beside their metrics, which would take seconds each.

    What is found is tested where a test asks for it: `test_run_finders.py`, `test_run_report.py`.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("groundswell.findings.FINDERS", {})
        yield


def byte_tokenizer() -> PreTrainedTokenizerBase:
    """Byte-level BPE without special tokens around a text and with pad = eos = unk, like gpt2."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    engine = Tokenizer(models.BPE())
    engine.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    engine.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=330, special_tokens=["<|endoftext|>"], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )  # fmt: skip
    engine.train_from_iterator([" ".join(WORDS), *TEXTS], trainer)
    end = "<|endoftext|>"
    return PreTrainedTokenizerFast(tokenizer_object=engine, eos_token=end, pad_token=end, bos_token=end, unk_token=end)


def unigram_tokenizer() -> PreTrainedTokenizerBase:
    """<s> text </s> from a Unigram vocabulary that holds its own control tokens, like xlm-roberta."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    controls = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    letters = [(letter, -6.0) for letter in ["▁", *"abcdefghijklmnopqrstuvwxyz.,!</>", *CJK]]
    engine = Tokenizer(models.Unigram([*controls, *((f"▁{word}", -3.0) for word in WORDS), *letters], unk_id=3))
    engine.pre_tokenizer = pre_tokenizers.Metaspace()
    engine.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=engine, bos_token="<s>", cls_token="<s>", eos_token="</s>", sep_token="</s>",
        pad_token="<pad>", unk_token="<unk>",
    )  # fmt: skip


TOKENIZERS: dict[str, Callable[[], PreTrainedTokenizerBase]] = {
    "wordpiece": wordpiece_tokenizer,
    "bytes": byte_tokenizer,
    "unigram": unigram_tokenizer,
}


@pytest.fixture(params=TOKENIZERS)
def any_tokenizer(request: pytest.FixtureRequest) -> PreTrainedTokenizerBase:
    """A fresh tokenizer of each kind."""
    return TOKENIZERS[request.param]()


def _bert_config(vocabulary: int) -> Any:
    from transformers import BertConfig

    return BertConfig(
        vocab_size=vocabulary, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48,
        max_position_embeddings=64, pad_token_id=0,
    )  # fmt: skip


def _distilbert_config(vocabulary: int) -> Any:
    from transformers import DistilBertConfig

    return DistilBertConfig(
        vocab_size=vocabulary, dim=32, n_layers=2, n_heads=4, hidden_dim=48, max_position_embeddings=64, pad_token_id=0
    )


def _gpt2_config(vocabulary: int) -> Any:
    from transformers import GPT2Config

    return GPT2Config(
        vocab_size=vocabulary, n_embd=32, n_layer=2, n_head=4, n_positions=64, bos_token_id=0, eos_token_id=0,
        pad_token_id=0,
    )  # fmt: skip


def _qwen2_config(vocabulary: int) -> Any:
    from transformers import Qwen2Config

    return Qwen2Config(
        vocab_size=vocabulary, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        intermediate_size=48, max_position_embeddings=64, bos_token_id=0, eos_token_id=0, pad_token_id=0,
    )  # fmt: skip


def _save_tiny(folder: Path, config_of: Callable[[int], Any], tokenizer: PreTrainedTokenizerBase) -> Path:
    import torch
    from transformers import AutoModel

    torch.manual_seed(0)
    network = AutoModel.from_config(config_of(len(tokenizer)))
    for parameter in network.parameters():
        if parameter.dim() > 1:
            parameter.data.mul_(4.0)  # with the usual 0.02 every text would look the same after two layers
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a random BERT: 2 layers, width 32, 64 positions."""
    return _save_tiny(tmp_path_factory.mktemp("bert"), _bert_config, wordpiece_tokenizer())


@pytest.fixture(scope="session")
def tiny_distilbert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a random DistilBERT: 2 layers, width 32, 64 positions."""
    return _save_tiny(tmp_path_factory.mktemp("distilbert"), _distilbert_config, wordpiece_tokenizer())


@pytest.fixture(scope="session")
def tiny_gpt2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a random GPT-2 whose pad token is its end token: 2 layers, width 32, 64 positions."""
    return _save_tiny(tmp_path_factory.mktemp("gpt2"), _gpt2_config, byte_tokenizer())


@pytest.fixture(scope="session")
def tiny_qwen2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a random Qwen2 with two query heads to a key head and rotary positions: 2 layers, width 32."""
    return _save_tiny(tmp_path_factory.mktemp("qwen2"), _qwen2_config, byte_tokenizer())


@pytest.fixture(params=KINDS)
def any_tiny(request: pytest.FixtureRequest) -> Path:
    """The folder of each tiny model in turn."""
    folder: Path = request.getfixturevalue(f"tiny_{request.param}")
    return folder


@pytest.fixture(params=["bert", "gpt2", *(pytest.param(kind, marks=pytest.mark.slow) for kind in KINDS[2:])])
def main_tiny(request: pytest.FixtureRequest) -> Path:
    """The folder of one BERT-like and one GPT-like model in turn; of the others too when slow tests are run."""
    folder: Path = request.getfixturevalue(f"tiny_{request.param}")
    return folder


@pytest.fixture(scope="session")
def make_classifier() -> Callable[..., TextClassifier]:
    """Builds a classifier on a tiny model; its head follows from `seed`."""
    loaded: dict[tuple[Path, float], Any] = {}  # a copy in memory takes a tenth of the time of loading again

    def make(
        folder: Path, pooling: Any = "mean", num_outputs: int = 2, *, dropout: float = 0.0, seed: int = 0
    ) -> TextClassifier:
        import torch

        from groundswell.model.classifier import TextClassifier
        from groundswell.model.pretrained import load_encoder

        if (folder, dropout) not in loaded:
            loaded[folder, dropout] = load_encoder(folder, dropout=dropout)
        torch.manual_seed(seed)
        encoder = deepcopy(loaded[folder, dropout])
        return TextClassifier(encoder, pooling, num_outputs, head_dropout=dropout)

    return make


@pytest.fixture(scope="session")
def make_documents() -> Callable[..., Documents]:
    """Builds documents from texts (or from this many texts) with the tokenizer of a tiny model."""

    def make(
        folder: Path, texts: Sequence[str] = TEXTS, targets: Tensor | None = None, *, max_tokens: int = 64, **cut: Any
    ) -> Documents:
        import torch

        from groundswell.data.batching import Documents
        from groundswell.text.pretrained_tokens import PretrainedTokens, load_tokenizer
        from groundswell.text.tokenization import TextTokenizer

        tokenizer = TextTokenizer(PretrainedTokens(load_tokenizer(folder)), max_tokens=max_tokens, **cut)
        windows = [text.windows for text in tokenizer(texts)]
        if targets is None:
            targets = torch.arange(len(texts)) % 2
        return Documents(windows, targets, tokenizer.pad_id)

    return make


@dataclass(frozen=True)
class PlannedBatches:
    """Batches of documents in an order that a test writes down: one plan per epoch, the last one repeats."""

    documents: Documents
    plans: Sequence[Sequence[Sequence[int]]]

    def plan(self, epoch: int) -> Sequence[Sequence[int]]:
        return self.plans[min(epoch, len(self.plans) - 1)]

    def collate(self, indices: Sequence[int], *, counted: bool = True) -> Batch:
        return self.documents.collate(indices, counted=counted)

    def describe(self, indices: Sequence[int]) -> str:
        return "rows " + ", ".join(str(index + 1) for index in indices)


@pytest.fixture(scope="session")
def make_batches() -> Callable[..., PlannedBatches]:
    """Builds batches from documents and the plans of the epochs."""

    def make(documents: Documents, *plans: Sequence[Sequence[int]]) -> PlannedBatches:
        return PlannedBatches(documents, plans)

    return make


@pytest.fixture(scope="session")
def run_fit() -> Callable[..., Any]:
    """Trains a classifier in place with AdamW (or another optimizer) and cross entropy; returns the History."""

    def run(model: TextClassifier, batches: Any, *, tuning: Tuning | None = None, **options: Any) -> Any:
        from accelerate import Accelerator

        from groundswell.training.loop import FitSettings, fit
        from groundswell.training.losses import classification_loss, cross_entropy
        from groundswell.training.optimizer import make_adamw, parameter_groups
        from groundswell.tuning.trainable import Tuning, choose_trainable

        if tuning is not None or not options.pop("chosen", False):
            choose_trainable(model, tuning or Tuning("full"))
        rate = options.pop("rate", 1e-2)
        make_optimizer = options.pop(
            "make_optimizer",
            lambda moving: make_adamw(
                parameter_groups(moving, learning_rate=rate, head_learning_rate=rate, weight_decay=0.0)
            ),
        )
        settings = FitSettings(**{"epochs": 1, "metric": "loss", **options.pop("settings", {})})
        return fit(
            model, batches, options.pop("loss", classification_loss(cross_entropy())),
            optimizer=make_optimizer(model), schedule=options.pop("schedule", lambda step: 1.0),
            accelerator=Accelerator(cpu=True, mixed_precision=options.pop("precision", "no")), settings=settings,
            **options,
        )  # fmt: skip

    return run


@pytest.fixture
def values(tmp_path: Path, tiny_bert: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A recipe for the tiny BERT on the reviews."""
    monkeypatch.setenv("GROUNDSWELL_CACHE", str(tmp_path / "cache"))
    return {
        "data": {"train": write(tmp_path / "reviews.jsonl", reviews()), "overlap": "ignore", "dev_share": 0.25},
        "text": {"max_tokens": 32},
        "model": {"encoder": str(tiny_bert)},
        "tuning": {"method": "lora"},
        "training": {"epochs": 2, "precision": "float32", "learning_rate": 1e-2},
        "evaluation": {"resamples": 100},
        "output": {"folder": str(tmp_path / "runs"), "name": "run"},
    }
