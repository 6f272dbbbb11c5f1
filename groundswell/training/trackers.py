"""Experiment trackers, by way of accelerate; each needs its own package."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence

from groundswell.errors import MissingExtraError

PACKAGES = {"tensorboard": "tensorboard", "wandb": "wandb", "mlflow": "mlflow"}


def check_trackers(names: Sequence[str]) -> None:
    """Nothing; MissingExtraError with the line to install what is missing."""
    missing = [PACKAGES[name] for name in names if importlib.util.find_spec(PACKAGES[name]) is None]
    if missing:
        raise MissingExtraError(
            f"training.trackers: {', '.join(missing)} is not installed. Install it: pip install {' '.join(missing)}"
        )
