"""What a report and a model card show, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from groundswell.evaluation.opinion_wording import PageLanguage

Values = Mapping[str, Any]


@dataclass(frozen=True)
class ReportFacts:
    """Every part but `name` and `task` may be missing.

    task          single_label, multi_label, regression, opinions, multi_task or language_model
    language      of the page's own words
    recipe_yaml   the resolved recipe
    metrics       split -> what `evaluation.metrics` returns for it, with "calibration" and "slices" where measured
    history       one {"epoch", "step", "loss", "seconds", "dev": {metric: value}} per epoch
    steps         {"epoch", "step", "loss"} as they were logged between
    best_epoch    the epoch whose weights were kept
    accounting    split -> {"read", "kept", "cut", "dropped", "reasons": {reason: {"count", "first_rows"}},
                  "max_tokens", "warnings"}; `cut` and `dropped` may also be such reasons themselves
    findings      "behaviour", "bias", "robustness", "errors", "evidence", each as findings.json has it; "split" they
                  were found on, and "warnings"
    warnings      whole sentences; those inside the other parts are added
    costs         name -> number; `…seconds` and `…megabytes` or `…_mb` are shown with their unit, and
                  "parameters": {"trainable", "total"} with its share
    base_model    name on the hub of what was tuned; empty where there is none
    provenance    name -> what a reader needs to find model, data and code again
    languages     of the training texts -> how many of those looked at
    hardware      one line, or name -> value
    versions      library -> version
    created       when, as text
    """

    name: str
    task: str
    language: PageLanguage = "en"
    recipe_yaml: str = ""
    metrics: Mapping[str, Values] = field(default_factory=dict)
    history: Sequence[Values] = ()
    steps: Sequence[Values] = ()
    best_epoch: int | None = None
    accounting: Mapping[str, Values] = field(default_factory=dict)
    findings: Values = field(default_factory=dict)
    warnings: Sequence[str] = ()
    costs: Values = field(default_factory=dict)
    base_model: str = ""
    provenance: Values = field(default_factory=dict)
    languages: Mapping[str, int] = field(default_factory=dict)
    hardware: Values | str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    created: str = ""
