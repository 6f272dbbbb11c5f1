"""The last stage of a training: confidences that can be believed, fitted on dev once the weights are final."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from groundswell.analyzer import Analyzer
from groundswell.data.splits import Splits
from groundswell.evaluation.calibration import COVERAGES, Calibrated, cross_fitted, score_calibration
from groundswell.evaluation.conformal import Promise, lowest_probabilities
from groundswell.evaluation.risk_coverage import accuracy_levels
from groundswell.evaluation.temperature import can_fit_temperature, fit_temperature
from groundswell.model.outputs import Outputs
from groundswell.model.saved_model import SavedBaseline, SavedHeads, SavedModel, SavedNetwork
from groundswell.model.served_calibration import AccuracyLevel, ServedCalibration, served_coverages
from groundswell.recipe import Recipe
from groundswell.text.blank import is_blank
from groundswell.training.progress import ProgressBar
from groundswell.types import Example

CALIBRATED_TASKS = ("single_label", "multi_label")


def calibrate(
    saved: SavedModel, recipe: Recipe, splits: Mapping[str, Splits], bar: ProgressBar
) -> tuple[SavedModel, dict[str, Tensor]]:
    """The model with a temperature, and with what dev allows to promise; and the logits on dev of each head.

    One label: temperature and promises. Several labels: the temperature alone. Values and opinions stay as they are,
    and so does everything with `evaluation.calibration=false`. A single task is the head "". Which label is most
    probable, and which of several are given, does not change.
    """
    if not recipe.evaluation.calibration:
        return saved, {}
    heads: dict[str, Any] = dict(saved.heads) if isinstance(saved, SavedHeads) else {"": saved}
    logits: dict[str, Tensor] = {}
    for name, head in heads.items():
        if isinstance(head, SavedNetwork | SavedBaseline) and head.outputs.task in CALIBRATED_TASKS:
            dev = splits[name].examples["dev"]
            bar.begin(f"calibrating {name} on dev".replace("  ", " "), len(dev))
            measuring = Analyzer(head, name, precision=recipe.evaluation.precision)
            logits[name] = measuring.score([example.text for example in dev], bar.advance)
            heads[name] = _calibrated(head, dev, logits[name])
    return (replace(saved, heads=heads) if isinstance(saved, SavedHeads) else heads[""]), logits


def calibration_metrics(
    analyzer: Analyzer, examples: Sequence[Example], logits: Tensor, options: dict[str, Any], *, fitted_here: bool
) -> dict[str, Any]:
    """The calibration of a run with one label on these texts, as `score_calibration` gives it.

    logits        (N, C), as `analyzer.score` gives them
    fitted_here   the temperature was fitted on these very texts: what is measured is cross-fitted
    """
    gold = analyzer.outputs.targets(examples).numpy()
    if fitted_here:
        temperature = analyzer.outputs.temperature
        found = cross_fitted(gold, logits.double().numpy(), temperature, seed=int(options["seed"]))
    else:
        found = _as_served(analyzer, examples, logits)
    return score_calibration(gold, found, **options)


def _calibrated(
    head: SavedNetwork | SavedBaseline, dev: Sequence[Example], logits: Tensor
) -> SavedNetwork | SavedBaseline:
    targets, values = head.outputs.targets(dev).numpy(), logits.double().numpy()
    temperature = fit_temperature(values, targets) if can_fit_temperature(values, targets) else 1.0
    outputs = head.outputs.at_temperature(temperature)
    if outputs.task == "multi_label":
        return replace(head, outputs=outputs)
    return replace(head, outputs=outputs, calibration=_served(outputs, targets, logits))


def _served(outputs: Outputs, targets: Any, logits: Tensor) -> ServedCalibration:
    """What the texts with these targets and logits allow to promise."""
    probabilities = outputs.values(logits).numpy()
    right = probabilities.argmax(axis=1) == targets
    levels = accuracy_levels(probabilities.max(axis=1), right)
    lowest = lowest_probabilities(probabilities[range(len(targets)), targets], served_coverages())
    return ServedCalibration(
        len(targets),
        tuple(AccuracyLevel(**level) for level in levels),
        tuple(found for found in lowest if found is not None),
    )


def _as_served(analyzer: Analyzer, examples: Sequence[Example], logits: Tensor) -> Calibrated:
    """What users of the run get: its temperature, and the thresholds that were chosen on dev."""
    outputs, served = analyzer.outputs, analyzer.calibration
    after = outputs.values(logits)
    # A blank text has the prior's probabilities, whatever the temperature.
    blank = torch.tensor([is_blank(example.text) for example in examples], dtype=torch.bool).unsqueeze(1)
    before = torch.where(blank, after, replace(outputs, temperature=1.0).values(logits))
    promises = [
        Promise(coverage, lowest := served.for_coverage(coverage), lowest)
        for coverage in COVERAGES
        if served is not None and served.covers(coverage)
    ]
    return Calibrated(outputs.temperature, before.numpy(), after.numpy(), promises)
