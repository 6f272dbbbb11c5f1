"""Report and model card of a run, drawn from its folder alone: after the training, and again whenever it is wished."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from groundswell import run_folder
from groundswell.errors import RunFolderError
from groundswell.evaluation.model_card import model_card
from groundswell.evaluation.opinion_wording import PageLanguage
from groundswell.evaluation.report import write_report
from groundswell.evaluation.report_facts import ReportFacts
from groundswell.evaluation.report_run import recipe_values

WantedLanguage = Literal["auto", "en", "zh"]
PAGES = (run_folder.FINDINGS, run_folder.REPORT, run_folder.CARD)
PAGE_HASHES = "pages"  # in the manifest; a run loads whatever they say


def facts_of(folder: Path, manifest: Mapping[str, Any], language: WantedLanguage | None = None) -> ReportFacts:
    """Everything that report and card show, read from the files of a run; what a run does not have is left empty.

    manifest   of the run, which need not be written yet
    language   of the page; default: what the recipe says

    Raises RunFolderError for a file that is damaged.
    """
    recipe_yaml = (folder / run_folder.RECIPE).read_text(encoding="utf-8")
    recipe, measured = recipe_values(recipe_yaml), _read_json(folder / run_folder.METRICS)
    epochs, steps = _history(folder / run_folder.LOG)
    data, training = manifest.get("data") or {}, manifest.get("training") or {}
    languages = data.get("languages") or {}
    wanted = language or (recipe.get("evaluation") or {}).get("report_language", "auto")
    return ReportFacts(
        name=folder.name,
        task=str(manifest.get("task", recipe.get("task"))),
        language=page_language(wanted, languages),
        recipe_yaml=recipe_yaml,
        metrics=_metrics(measured, tuple(recipe.get("heads") or {})),
        history=epochs,
        steps=steps,
        best_epoch=measured.get("best_epoch"),
        accounting=data.get("rows") or {},
        findings=read_findings(folder),
        warnings=manifest.get("warnings") or [],
        costs=_costs(folder, measured, training),
        base_model=(manifest.get("base_model") or {}).get("hub") or "",
        provenance={
            "model": manifest.get("model"),
            "training data sha256": (data.get("sha256") or {}).get("train"),
            "commit": manifest.get("commit"),
        },
        languages=languages,
        hardware=manifest.get("hardware") or {},
        versions=manifest.get("versions") or {},
        created=_when(str(manifest.get("written", ""))),
    )


def page_language(wanted: str, languages: Mapping[str, int]) -> PageLanguage:
    """The language of a page: the one that is wanted, or that of most texts.

    >>> page_language("auto", {"en": 3, "zh": 40}), page_language("auto", {}), page_language("zh", {})
    ('zh', 'en', 'zh')
    """
    if wanted == "auto":
        wanted = max(languages, key=lambda name: languages[name], default="en")
    return "zh" if wanted == "zh" else "en"


def read_findings(folder: Path) -> dict[str, Any]:
    """What findings.json of a run holds; empty where there is none. RunFolderError when it is damaged."""
    path = folder / run_folder.FINDINGS
    return _read_json(path) if path.exists() else {}


def write_pages(folder: Path, manifest: Mapping[str, Any], language: WantedLanguage | None = None) -> list[str]:
    """Write report.html, README.md and last of all manifest.json with their hashes; returns what to tell a person.

    A README.md that somebody has changed is kept. A kill at any moment leaves whole files and a run that loads: what
    the model is made of is not touched.
    """
    facts = facts_of(folder, manifest, language)
    notes = []
    card, hashes = folder / run_folder.CARD, manifest.get(PAGE_HASHES) or {}
    write_report(facts, folder / run_folder.REPORT)
    if card.exists() and run_folder.file_sha256(card) != hashes.get(run_folder.CARD):
        notes.append(f"{card}: was changed by hand and is kept. Remove it to have it written again")
    else:
        run_folder.write_text(card, model_card(facts))
        hashes = {**hashes, run_folder.CARD: run_folder.file_sha256(card)}
    others = [name for name in PAGES if name != run_folder.CARD and (folder / name).exists()]
    hashes = {**hashes, **{name: run_folder.file_sha256(folder / name) for name in others}}
    run_folder.write_json(folder / run_folder.MANIFEST, {**manifest, PAGE_HASHES: hashes})
    return notes


def _when(written: str) -> str:
    try:
        return datetime.fromisoformat(written).strftime("%Y-%m-%d %H:%M UTC")
    except ValueError:
        return written


def _metrics(measured: Mapping[str, Any], heads: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Scores by split, or by head and split."""
    splits = {split: measured[split] for split in ("dev", "test") if split in measured}
    if not heads:
        return splits
    return {f"{head} {split}": scores[head] for split, scores in splits.items() for head in heads if head in scores}


def _history(path: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows of log.jsonl about epochs, and those about single steps; what was done again counts once."""
    epochs: dict[int, dict[str, Any]] = {}
    steps: dict[int, dict[str, Any]] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            row = json.loads(line)
        except ValueError:  # a kill may leave half a line
            continue
        if "seconds" in row:
            epochs[row["epoch"]] = row
        else:
            steps[row["step"]] = row
    return [epochs[epoch] for epoch in sorted(epochs)], [steps[step] for step in sorted(steps)]


def _costs(folder: Path, measured: Mapping[str, Any], training: Mapping[str, Any]) -> dict[str, Any]:
    seconds, cost = measured.get("seconds") or {}, measured.get("cost") or {}
    memory = {name: ((cost.get(name) or {}).get("memory") or {}).get("total") for name in ("measured", "estimated")}
    size = sum(file.stat().st_size for file in (folder / run_folder.MODEL).rglob("*") if file.is_file())
    costs = {
        "training_seconds": seconds.get("training"),
        "whole_run_seconds": seconds.get("whole_run"),
        "parameters": measured.get("parameters"),
        "model_megabytes": round(size / 1e6, 3) if size else None,
        "memory_needed_mb": _megabytes(memory["measured"]),
        "memory_estimated_mb": _megabytes(memory["estimated"]),
        "precision": training.get("precision"),
    }
    return {name: value for name, value in costs.items() if value is not None}


def _megabytes(num_bytes: float | None) -> float | None:
    return None if num_bytes is None else round(num_bytes / 1e6, 1)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunFolderError(f"{path}: missing. Copy the run folder again or train again") from None
    except ValueError as error:
        raise RunFolderError(f"{path}: not valid JSON ({error}). Copy it again from where it was written") from error
    if not isinstance(found, dict):
        raise RunFolderError(f"{path}: found a {type(found).__name__}, expected an object. Copy it again")
    return found
