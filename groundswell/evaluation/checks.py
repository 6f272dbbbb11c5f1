"""Refusal of values that no metric can be computed from, before anything is computed from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundswell.errors import DataError, SelfCheckError

Array = NDArray[Any]


def checked_names(names: Sequence[str]) -> list[str]:
    """The label names as a list; DataError when there is none or one stands twice."""
    if len(names) == 0 or len(set(names)) < len(names):
        raise DataError(f"label names: found {list(names)}, expected at least one, each once. Mend the label map")
    return list(names)


def checked_ids(side: str, values: Array, num_classes: int) -> NDArray[np.int64]:
    """Label ids (N,) as int64; DataError unless they are whole numbers from 0 to num_classes - 1.

    side   what to call the values in the message, such as `gold`
    """
    values = _checked_shape(side, values, "(rows,)", 1)
    if values.dtype.kind not in "iu":
        raise DataError(f"{side}: found values of type {values.dtype}, expected whole label ids. Pass ids, not names")
    outside = np.flatnonzero((values < 0) | (values >= num_classes))
    if outside.size:
        raise DataError(
            f"{side}: found label id {values[outside[0]]} in row {outside[0] + 1} ({outside.size} such rows), expected "
            f"0 to {num_classes - 1}. Use the label map that the model was trained with"
        )
    return values.astype(np.int64)


def checked_flags(side: str, values: Array, num_classes: int) -> NDArray[np.bool_]:
    """Which labels each row has, (N, C) bool; DataError unless every value is true or false (or 1 or 0)."""
    values = _checked_shape(side, values, "(rows, labels)", 2)
    if values.shape[1] != num_classes:
        raise DataError(
            f"{side}: found {values.shape[1]} columns, expected {num_classes}, one a label. "
            "Use the label map that the model was trained with"
        )
    if values.dtype.kind != "b" and not np.isin(values, (0, 1)).all():
        raise DataError(f"{side}: found values other than 0 and 1, expected true or false a label. Apply the threshold")
    return values.astype(np.bool_)


def checked_probabilities(values: Array, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Probabilities (N, C) as float64, all finite; DataError unless there is one for every row and label."""
    values = np.asarray(values, dtype=np.float64)
    if values.shape != shape:
        raise DataError(f"probabilities: found an array of shape {values.shape}, expected {shape}. Pass one a label")
    require_finite("probabilities", values)
    return values


def checked_values(side: str, values: Array) -> NDArray[np.float64]:
    """Numbers (N,) as float64, all finite."""
    values = _checked_shape(side, values, "(rows,)", 1).astype(np.float64)
    require_finite(side, values)
    return values


def require_finite(side: str, values: Array) -> None:
    """Pass, or SelfCheckError that names the first row with NaN or infinity."""
    broken = np.argwhere(~np.isfinite(values))
    if broken.size:
        rows = np.unique(broken[:, 0])
        raise SelfCheckError(
            f"{side}: found {values[tuple(broken[0])]} in row {rows[0] + 1} ({rows.size} of {len(values)} rows are not "
            "finite), expected finite numbers. If the model wrote them it has diverged: lower training.learning_rate"
        )


def require_same_shape(gold: Array, predicted: Array) -> None:
    """Pass, or DataError: every gold row needs exactly one prediction."""
    if gold.shape != predicted.shape:
        raise DataError(
            f"found {len(gold)} gold and {len(predicted)} predicted rows, expected one prediction for every gold row. "
            "Predict the same file again, without leaving rows out"
        )


def _checked_shape(side: str, values: Array, wanted: str, num_axes: int) -> Array:
    values = np.asarray(values)
    if values.ndim != num_axes:
        raise DataError(f"{side}: found an array of shape {values.shape}, expected {wanted}. Pass one value a row")
    if len(values) == 0:
        raise DataError(f"{side}: found 0 rows, expected at least 1. Evaluate on data with labelled rows")
    return values
