"""An encoder as an ONNX graph, run by ONNX Runtime on the processor: one text at a time, several at once."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from groundswell.errors import MissingExtraError, RunFolderError
from groundswell.model.encoder import Encoder

GRAPH = "model.onnx"
METADATA = "groundswell"
TOKEN_IDS, STATES, LOGITS = "token_ids", "states", "logits"
# Joins an addition to the norm behind it; the joint kernel takes seven times as long as the two (docs/log.md).
SLOW_OPTIMIZERS = ["SkipLayerNormFusion"]


@dataclass(frozen=True)
class GraphSettings:
    """What stands in the graph's file beside the graph.

    width       D, size of a state
    positions   longest input in tokens, or None
    precision   of its products of matrices
    classes     of each classification head, by the name of its output: how many logits it gives
    """

    width: int
    positions: int | None
    precision: Literal["float32", "int8"]
    classes: dict[str, int]


class GraphEncoder(Encoder):
    """States of every token, from a graph with the input `token_ids` (B, T) int64 and no padding.

    Padding and the texts beside it change the last digits of a text's states, and in int8 more than those, because all
    texts of a run share one scale of each activation. So each text runs alone, with its own length, and gets the same
    numbers whatever it came with; `at_once` texts run side by side, each on one thread.
    """

    def __init__(self, path: Path, *, at_once: int | None = None) -> None:
        super().__init__()
        self.path = path
        self._session = open_session(path)
        self.settings = _read_settings(path, self._session)
        self.width, self.positions = self.settings.width, self.settings.positions
        self.at_once = at_once or torch.get_num_threads()
        self.network = nn.Identity()  # nothing that torch could tune

    def forward(self, token_ids: Tensor, mask: Tensor, entry: Tensor | None = None) -> Tensor:
        """token_ids (B, T), mask (B, T) bool, padded at the end -> states (B, T, D), zeros at padded places."""
        states = torch.zeros(*token_ids.shape, self.width)
        for row, length in enumerate(mask.sum(dim=1).tolist()):
            (found,) = self._session.run([STATES], {TOKEN_IDS: token_ids[row : row + 1, :length].numpy()})
            states[row, :length] = torch.from_numpy(found[0])
        return states

    def logits(self, token_ids: NDArray[np.int32]) -> NDArray[np.float32]:
        """Token ids (T,) of one text -> logits (C,), where `settings.classes` has one head named `logits`."""
        (found,) = self._session.run([LOGITS], {TOKEN_IDS: token_ids[None].astype(np.int64)})
        logits: NDArray[np.float32] = found[0]
        return logits

    def save(self, folder: Path) -> None:
        """Copy the graph into an existing folder."""
        shutil.copyfile(self.path, folder / GRAPH)


def onnx_runtime() -> Any:
    """The package, which must be imported here first; MissingExtraError when it is not installed.

    Its published builds send what they are used for to their makers, unless they are told not to before they start.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingExtraError(
            'a compressed run needs ONNX Runtime. Install it: pip install "groundswell[compress]"'
        ) from error
    return onnxruntime


def open_session(path: Path | bytes) -> Any:
    """ONNX Runtime with a graph, of a file or in memory, on one thread; RunFolderError when it cannot be read."""
    onnxruntime = onnx_runtime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(
            path if isinstance(path, bytes) else str(path),
            options,
            providers=["CPUExecutionProvider"],
            disabled_optimizers=SLOW_OPTIMIZERS,
        )
    except _refusals() as error:
        place = "the graph" if isinstance(path, bytes) else path
        raise RunFolderError(f"{place}: cannot be read by ONNX Runtime ({error}). Compress the run again") from error


def _refusals() -> tuple[type[Exception], ...]:
    """What ONNX Runtime raises for a file that it cannot read; its errors have nothing in common but their module."""
    from onnxruntime.capi import onnxruntime_pybind11_state as raised

    return raised.Fail, raised.InvalidGraph, raised.InvalidProtobuf, raised.NoSuchFile, raised.NotImplemented


def metadata(settings: GraphSettings) -> dict[str, str]:
    """The settings as they stand in the graph's file."""
    return {METADATA: json.dumps(asdict(settings))}


def _read_settings(path: Path, session: Any) -> GraphSettings:
    try:
        return GraphSettings(**json.loads(session.get_modelmeta().custom_metadata_map[METADATA]))
    except (KeyError, ValueError, TypeError) as error:
        raise RunFolderError(
            f"{path}: holds no settings of groundswell ({error}). Expected a graph written by `groundswell compress`"
        ) from error
