"""A trained network as an ONNX graph: token ids in, states and the logits of its heads out."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from groundswell.errors import BaseModelError, DataError
from groundswell.model.classifier import TextClassifier
from groundswell.model.encoder import Encoder
from groundswell.model.graph_encoder import LOGITS, STATES, TOKEN_IDS, GraphEncoder, GraphSettings, metadata
from groundswell.model.pretrained import PretrainedEncoder
from groundswell.model.saved_model import SavedBaseline, SavedHeads, SavedModel, SavedNetwork, encoder_of

OPSET = 18
EXCLUSIVE_OR = "aten::__xor_"
EXAMPLE_TOKENS = 7  # no length is baked in; more than the longest n-gram of any encoder


def export_graph(saved: SavedModel, path: Path) -> GraphSettings:
    """Write the graph of a network, and return what stands beside it in the file.

    `token_ids` (B, T) int64 -> `states` (B, T, D), and of each classification head its `logits` (B, C), named
    `logits_HEAD` where there are several; all texts of a batch have the same length. What finds opinions reads
    `states`; its search for spans is no graph. The model is left as it was.

    Raises DataError for a baseline, which has no network, and BaseModelError for one that cannot be a graph.
    """
    encoder, heads = parts(saved)
    wholly = _Whole(encoder, heads)
    modes = {module: module.training for module in wholly.modules()}
    wholly.eval()
    token_ids = torch.full((2, EXAMPLE_TOKENS), 5, dtype=torch.int64)
    names = [STATES, *heads]
    axes = {TOKEN_IDS: {0: "B", 1: "T"}, STATES: {0: "B", 1: "T"}, **{name: {0: "B"} for name in heads}}
    try:
        with torch.no_grad(), _plain_attention(encoder), _exclusive_or(), _quietly():
            torch.onnx.export(
                wholly, (token_ids,), str(path), dynamo=False, opset_version=OPSET, input_names=[TOKEN_IDS],
                output_names=names, dynamic_axes=axes,
            )  # fmt: skip
    except (torch.onnx.OnnxExporterError, RuntimeError) as error:
        kind, cause = type(encoder.network).__name__, str(error).splitlines()[0]
        raise BaseModelError(f"{kind} cannot be made a graph of ONNX: {cause}") from error
    finally:
        for module, training in modes.items():
            module.training = training
    classes = {name: head.head.project.out_features for name, head in heads.items()}
    settings = GraphSettings(encoder.width, encoder.positions, "float32", classes)
    write_metadata(path, settings)
    return settings


def parts(saved: SavedModel) -> tuple[Encoder, dict[str, TextClassifier]]:
    """The encoder of a model, and its classification heads by the names of their outputs."""
    if isinstance(saved, SavedBaseline):
        raise DataError(
            "a baseline is a weighted sum of features: it has no network to make a graph of, and needs none"
        )
    encoder = encoder_of(saved)
    assert encoder is not None
    if isinstance(saved, SavedHeads):
        named = {f"{LOGITS}_{name}": head.model for name, head in saved.heads.items() if isinstance(head, SavedNetwork)}
    else:
        named = {LOGITS: saved.model} if isinstance(saved, SavedNetwork) else {}
    if isinstance(encoder, GraphEncoder):
        raise DataError("the run is a graph already. Compress the run that it came from")
    return encoder, named


def write_metadata(path: Path, settings: GraphSettings) -> None:
    """Put the settings into a graph's file."""
    import onnx

    graph = onnx.load(str(path))
    onnx.helper.set_model_props(graph, metadata(settings))
    onnx.save(graph, str(path))


class _Whole(nn.Module):
    """Encoder and heads, of texts without padding."""

    def __init__(self, encoder: Encoder, heads: dict[str, TextClassifier]) -> None:
        super().__init__()
        self.encoder = encoder
        self.heads = nn.ModuleList(heads.values())
        forward_only = any(getattr(module, "is_causal", False) for module in encoder.modules())
        self.reads_both_ways = isinstance(encoder, PretrainedEncoder) and not forward_only

    def forward(self, token_ids: Tensor) -> tuple[Tensor, ...]:
        mask = torch.ones_like(token_ids, dtype=torch.bool)
        if self.reads_both_ways:
            # Without a mask the graph has no arithmetic for one.
            network: Any = self.encoder.network
            states = network(input_ids=token_ids, use_cache=False, return_dict=True).last_hidden_state
        else:
            states = self.encoder(token_ids, mask)
        return (states, *(head.read(states, mask) for head in self.heads))  # type: ignore[operator]


@contextlib.contextmanager
def _plain_attention(encoder: Encoder) -> Iterator[None]:
    """Attention in products of matrices, which a graph can hold; a kernel of torch's it cannot."""
    network: Any = encoder.network
    if not isinstance(encoder, PretrainedEncoder) or not hasattr(network, "set_attn_implementation"):
        yield
        return
    before = network.config._attn_implementation
    network.set_attn_implementation("eager")
    try:
        yield
    finally:
        network.set_attn_implementation(before)


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Without the tracer's warnings: what they warn of, shapes that are baked in, is tested."""
    level = logging.getLogger("torch.onnx").level
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.getLogger("torch.onnx").setLevel(level)


@contextlib.contextmanager
def _exclusive_or() -> Iterator[None]:
    """`^` of integers, by which n-grams are hashed, as the operator that ONNX has had since version 18."""
    symbolic: Any = torch.onnx
    symbolic.register_custom_op_symbolic(EXCLUSIVE_OR, lambda graph, *both: graph.op("BitwiseXor", *both), OPSET)
    try:
        yield
    finally:
        symbolic.unregister_custom_op_symbolic(EXCLUSIVE_OR, OPSET)
