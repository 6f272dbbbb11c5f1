"""What is found out about a trained model beside its metrics: each part in turn, none of which can fail a training."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from groundswell import assembly, run_folder
from groundswell.analyzer import Analyzer, load
from groundswell.data.accounting import Accounting
from groundswell.data.labels import LabelMap
from groundswell.data.splits import Splits, read_split, source_sha256
from groundswell.errors import DataError, GroundswellError, InputError
from groundswell.recipe import Recipe
from groundswell.recipe_reading import load_recipe
from groundswell.recipe_sections import FindingName
from groundswell.results import MeasuredHeads
from groundswell.review_languages import languages_of, languages_of_run
from groundswell.run_finders import FINDERS, Subject
from groundswell.run_report import WantedLanguage, read_findings, write_pages
from groundswell.training.progress import ProgressBar

Findings = dict[str, Any]
TASKS = ("single_label",)
NAMES: tuple[FindingName, ...] = get_args(FindingName)


def gather_findings(
    analyzer: Analyzer, splits: Mapping[str, Splits], recipe: Recipe, measured: MeasuredHeads, bar: ProgressBar
) -> Findings:
    """What `evaluation.findings` of the recipe asks for, as plain values; empty for tasks of which nothing is known.

    splits     of each head, by its name; a single task is the one head ""
    measured   of each split, by head: its probabilities are not computed again

    A part that cannot be applied becomes one of `warnings`.
    """
    head = _head_of(recipe)
    if head is None:
        return {}
    own = splits[head].examples
    split = "test" if "test" in own else "dev"
    alone = analyzer.head(head) if head else analyzer
    subject = Subject(
        alone, recipe.alone(head), split, own[split], own["train"],
        languages_of(example.text for example in own[split]), bar, measured[split][head].probabilities,
    )  # fmt: skip
    return _found(subject, [name for name in recipe.evaluation.findings if name in FINDERS], head)


def report_again(
    folder: Path,
    names: Sequence[str] = (),
    source: str | None = None,
    *,
    language: WantedLanguage | None = None,
    progress: bool | None = None,
) -> list[str]:
    """Draw report and model card of a finished run again, with more findings where some are named.

    names      of findings to measure now, in place of older ones
    source     labelled rows to measure them on; default: the run's own test or dev rows
    language   of the page; default: what the recipe says

    Returns what to tell a person. Raises RunFolderError for a run that is not finished, InputError for a name,
    DataError for rows that cannot be read.
    """
    chosen = check_names(names)
    manifest = run_folder.read_manifest(folder)
    notes = []
    if chosen:
        with ProgressBar(progress) as bar:
            found = _measured_now(folder, manifest, chosen, source, bar)
        notes = list(found.get("warnings", ()))
        older = read_findings(folder)
        kept = [text for text in older.get("warnings", ()) if text.partition(":")[0] not in chosen]
        merged = {**older, **found, "warnings": [*kept, *notes]}
        run_folder.write_json(folder / run_folder.FINDINGS, merged)
    return notes + write_pages(folder, manifest, language)


def check_names(names: Sequence[str]) -> list[FindingName]:
    """The findings that are named, in the order of their parts; InputError for any other name."""
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        raise InputError(f"--findings: found {', '.join(unknown)}, expected some of {', '.join(NAMES)}")
    absent = [name for name in NAMES if name in names and name not in FINDERS]
    if absent:
        raise InputError(f"--findings: {', '.join(absent)} cannot be measured by this version. Install a newer one")
    return [name for name in FINDERS if name in names]


def _found(subject: Subject, names: Sequence[FindingName], head: str) -> Findings:
    """The findings of each part, or a warning in their place."""
    found: Findings = {}
    warnings = []
    if head and names:
        warnings.append(f"findings: of the head {head} alone")
    for name in names:
        try:
            found |= _plain(FINDERS[name].find(subject))
        except GroundswellError as error:
            warnings.append(f"{name}: not measured: {error}")
    if names:
        found["split"] = subject.split
    return found | ({"warnings": warnings} if warnings else {})


def _head_of(recipe: Recipe) -> str | None:
    """The head that is looked at: a task of single labels itself, or the first head of that kind."""
    if not recipe.heads:
        return "" if recipe.task in TASKS else None
    return next((name for name, head in recipe.heads.items() if head.task in TASKS), None)


def _measured_now(
    folder: Path, manifest: dict[str, Any], names: Sequence[FindingName], source: str | None, bar: ProgressBar
) -> Findings:
    recipe = load_recipe(folder / run_folder.RECIPE)
    head = _head_of(recipe)
    if head is None:
        raise InputError(
            f"--findings: {folder.name} is a run of task={recipe.task}, expected {' or '.join(TASKS)}. Leave it out"
        )
    analyzer = load(folder, precision=recipe.evaluation.precision)
    alone = analyzer.head(head) if head else analyzer
    needs_texts = any(FINDERS[name].needs_texts for name in names)
    subject = Subject(alone, recipe.alone(head), "", (), (), (), bar)
    if not needs_texts and source is None:
        languages, _ = languages_of_run(folder, manifest, alone)
        found = _found(replace(subject, languages=languages), names, head)
        return {key: value for key, value in found.items() if key != "split"}
    subject, warnings = _with_texts(subject, source, (manifest.get("data") or {}).get("sha256") or {})
    found = _found(subject, names, head)
    return {**found, "warnings": [*(f"{names[0]}: {text}" for text in warnings), *found.get("warnings", ())]}


def _with_texts(subject: Subject, source: str | None, hashes: Mapping[str, str]) -> tuple[Subject, list[str]]:
    """The subject with its rows, and what to say about them."""
    settings = assembly.split_settings(subject.recipe)
    warnings = list(_changed_files(settings.sources, hashes))
    try:
        own = assembly.splits_of(subject.recipe)[""].examples
    except DataError as error:
        if source is None:
            raise DataError(f"{error}. Or name other labelled rows: --data FILE") from error
        own = {}
        warnings.append(f"the run's own data cannot be read any more, so nothing is compared with it ({error})")
    split = "test" if "test" in own else "dev"
    examples = own.get(split, [])
    if source is not None:
        split = Path(source).name
        examples = read_split(source, settings, Accounting("evaluation"), keep_blank=True)
        LabelMap(subject.analyzer.outputs.labels).check_known(examples, "evaluation", source)
    languages = languages_of(example.text for example in examples)
    return replace(
        subject, split=split, examples=examples, training=own.get("train", ()), languages=languages
    ), warnings  # fmt: skip


def _changed_files(sources: Mapping[str, str], hashes: Mapping[str, str]) -> Iterator[str]:
    for split, source in sources.items():
        if split in hashes and Path(source).is_file() and source_sha256(source) != hashes[split]:
            yield f"{source} has changed since the training"


def _plain(value: Any) -> Any:
    """The same values with None for numbers that JSON does not have."""
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
