"""A finished run in, a smaller one out: distilled, pruned, its vocabulary cut, quantized; kept only when it is good."""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from groundswell import assembly, pipeline, run_folder, runtime
from groundswell.analyzer import Analyzer, load
from groundswell.compression.distillation import distill, student_recipe
from groundswell.compression.gate import compare_models, failures
from groundswell.compression.pruning import Pruning, prune
from groundswell.compression.quantization import Precision, as_graph
from groundswell.compression.teaching import TASKS, Around, Taught, Teaching, lessons, teach
from groundswell.compression.vocabulary import trim_vocabulary
from groundswell.data.head_splits import join_splits
from groundswell.data.splits import Splits
from groundswell.errors import DataError, InputError, LaunchError, RunFolderError, WorseModelError
from groundswell.model.graph_encoder import GraphEncoder
from groundswell.model.saved_model import SavedModel, encoder_of, load_model
from groundswell.recipe import Recipe
from groundswell.recipe_reading import load_recipe
from groundswell.results import Fitted
from groundswell.run_place import Place
from groundswell.training.loop import History
from groundswell.training.progress import ProgressBar
from groundswell.tuning.trainable import Parameters

COMPRESSION = "compression.json"
# What may make a result good enough, by the step that made it worse.
CURES = {
    "distilled": "Teach it with --unlabelled texts or take a larger student",
    "pruned": "Prune less or let it recover longer",
}


@dataclass(frozen=True)
class Compression:
    """What is done to a run, in this order: distilled, pruned, its vocabulary cut, quantized.

    student      recipe that is taught: a file, or a name such as ladder/en/cnn
    teaching     how the run teaches a student, and itself once it is pruned
    vocabulary   files of texts whose tokens are kept
    tolerance    how much worse the result may be on dev, by the metric that the recipe is trained for
    """

    student: str | None = None
    pruning: Pruning | None = None
    vocabulary: tuple[str, ...] = ()
    quantize: Precision | None = None
    teaching: Teaching = field(default_factory=Teaching)
    tolerance: float = 0.005

    @property
    def steps(self) -> list[str]:
        """What each step makes of a run, in one word."""
        done = {
            "distilled": self.student, "pruned": self.pruning, "trimmed": self.vocabulary,
            self.quantize: self.quantize,
        }  # fmt: skip
        return [str(name) for name, asked in done.items() if asked]


@dataclass(frozen=True)
class Compressed:
    """The new run folder, and what compression.json in it says; `rows`: what was read, `warnings`: about that."""

    folder: Path
    report: dict[str, Any]
    rows: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass
class _Work:
    """What is being made smaller: the model so far, and what it is made with."""

    source: Path
    manifest: dict[str, Any]
    recipe: Recipe
    splits: dict[str, Splits]
    place: Place
    told: dict[str, Any] = field(default_factory=dict)
    fitted: Fitted | None = None


def compress(
    run: str | Path,
    wanted: Compression,
    *,
    out: str | Path | None = None,
    name: str | None = None,
    overrides: Sequence[str] = (),
    progress: bool | None = None,
) -> Compressed:
    """The smaller run, measured like any other and compared with its source on dev.

    out, name   folder of runs and name of the new one; default: beside the source, its name with what was done behind
    overrides   `data.dev=reviews.csv` where the rows have moved; for a student any key of its recipe

    Raises WorseModelError, with nothing written, when the result is worse than allowed; InputError for what cannot be
    done to this run; RunFolderError for a name that is taken.
    """
    began, source = time.monotonic(), Path(run)
    if not wanted.steps:
        raise InputError("found nothing to do, expected one of --quantize, --prune, --distill and --vocabulary")
    manifest = run_folder.read_manifest(source)
    target = _target(source, wanted, out, name)
    recipe = _recipe(source, wanted, overrides)
    before = load(source, precision=recipe.evaluation.precision)
    _check_layers(before.saved, wanted)
    with _aside(target) as folder, ProgressBar(progress) as bar:
        work, warnings = _begin(source, recipe, manifest, folder, bar)
        _make_smaller(work, wanted, before)
        _finish(work, began)
        after = load(folder, precision=recipe.evaluation.precision)
        compared = compare_models((before, after), (source, folder), recipe, work.splits, bar)
        report = {"source": manifest["model"], "steps": wanted.steps, **work.told, "tolerance": wanted.tolerance}
        report |= {"compared": compared}
        _check(report, target)
        run_folder.write_json(folder / COMPRESSION, report)
        written = run_folder.read_manifest(folder)
        origin = {"model": manifest["model"], "folder": source.name, "steps": wanted.steps}
        run_folder.write_json(folder / run_folder.MANIFEST, {**written, "compressed_from": origin})
    joined = join_splits(work.splits)
    rows = tuple(account.line() for account in joined.accounting.values())
    return Compressed(target, report, rows, (*warnings, *joined.warnings))


def _check_layers(source: SavedModel, wanted: Compression) -> None:
    """InputError, before any work, for a graph whose layers would be needed; by its answers alone it can teach."""
    needed = wanted.student is None or wanted.teaching.hidden_states
    if needed and isinstance(encoder_of(source), GraphEncoder):
        raise InputError("the run is a graph already. Compress the run that it came from")


def _begin(
    source: Path, recipe: Recipe, manifest: dict[str, Any], folder: Path, bar: ProgressBar
) -> tuple[_Work, list[str]]:
    """The rows and the place to work in; and what to say of the rows."""
    accelerator, precision, notes = pipeline.make_accelerator(recipe)
    if accelerator.num_processes > 1:
        raise LaunchError(
            f"found {accelerator.num_processes} processes, but compression works in one. Start it without a launcher"
        )
    run_folder.write_text(folder / run_folder.RECIPE, recipe.to_yaml())
    runtime.seed_everything(recipe.seed)
    splits, warnings = _splits(recipe, manifest)
    place = Place(folder, False, accelerator, precision, bar, notes, runtime.resident_bytes())
    return _Work(source, manifest, recipe, splits, place), warnings


def _make_smaller(work: _Work, wanted: Compression, before: Analyzer) -> None:
    """Every step, one after the other, in memory."""
    saved: SavedModel | None = None
    around: Around | None = None
    base: str | None = work.manifest["base_model"]["sha256"]
    if wanted.student is not None:
        teacher, taught = _taught(work, wanted.teaching)
        work.fitted, around = distill(teacher, work.recipe, taught, wanted.teaching, work.place)
        saved, base = _exported(work.fitted), work.fitted.base_sha256
    if wanted.pruning is not None:
        if around is None and wanted.pruning.recovery_epochs and _teaches_itself(work.recipe, wanted.teaching):
            around = lessons(*_taught(work, wanted.teaching), wanted.teaching, work.place)
        work.fitted, work.told["pruned"] = prune(
            saved or before.saved, work.recipe, work.splits, work.place, wanted.pruning, around
        )
        saved = _exported(work.fitted)
    if wanted.vocabulary:
        data = work.recipe.data
        # What is cut is changed in place, and the source is still to be compared with.
        saved = saved or load_model(work.source / run_folder.MODEL)
        saved, work.told["vocabulary"] = trim_vocabulary(
            saved, wanted.vocabulary, text_column=data.text, encoding=data.encoding
        )
    final = saved or before.saved
    if wanted.quantize:
        texts = [example.text for own in work.splits.values() for example in own.examples["train"]]
        final, work.told["graph"] = as_graph(final, wanted.quantize, texts, work.place.folder.parent / "graph")
    work.fitted = replace(work.fitted or _untrained(work), base_sha256=base, export=lambda: final)
    if wanted.pruning or wanted.vocabulary or wanted.quantize:
        # Its low-rank updates belong to a base of other shapes.
        shutil.rmtree(work.place.folder / run_folder.ADAPTER, ignore_errors=True)


def _finish(work: _Work, began: float) -> None:
    """Calibrate, measure and write the run; nothing is looked for beside its metrics."""
    evaluation = work.recipe.evaluation.model_copy(update={"findings": ()})
    assert work.fitted is not None
    recipe = work.recipe.model_copy(update={"evaluation": evaluation})
    pipeline.finish(work.place.folder, recipe, work.splits, work.fitted, work.place.bar, began)


def _taught(work: _Work, teaching: Teaching) -> tuple[Analyzer, Taught]:
    """The run as a teacher, and what it says of the training texts, which are those of the work from here on."""
    teacher = load(work.source, precision="auto", verify=False)
    taught = teach(teacher, work.recipe, next(iter(work.splits.values())), teaching, work.place)
    work.splits, work.told["taught"] = {"": taught.splits}, taught.told
    return teacher, taught


def _teaches_itself(recipe: Recipe, teaching: Teaching) -> bool:
    """Whether a pruned model learns from the whole one: always where that can be, and where it was asked for."""
    return recipe.task in TASKS or bool(teaching.unlabelled) or teaching.hidden_states


def _exported(fitted: Fitted) -> SavedModel:
    assert fitted.export is not None
    return fitted.export()


def _untrained(work: _Work) -> Fitted:
    """What a training would give that changed nothing."""
    names, parameters = tuple(work.manifest["label_map"]["names"]), Parameters(**work.manifest["parameters"])
    return Fitted(names, History(), parameters, None, work.place.precision)


def _recipe(source: Path, wanted: Compression, overrides: Sequence[str]) -> Recipe:
    path = source / run_folder.RECIPE
    if wanted.student is None:
        return load_recipe(path, overrides)
    of_data = [given for given in overrides if given.startswith("data.")]
    return student_recipe(wanted.student, load_recipe(path, of_data), overrides)


def _splits(recipe: Recipe, manifest: Mapping[str, Any]) -> tuple[dict[str, Splits], list[str]]:
    """The run's own rows, and what to say of them; DataError names a file that is gone and how to name another."""
    try:
        splits = assembly.splits_of(recipe)
    except DataError as error:
        raise DataError(
            f"{error} The run is compared on its dev rows: name them by data.train=FILE data.dev=FILE"
        ) from error
    hashes = (manifest.get("data") or {}).get("sha256") or {}
    joined = join_splits(splits)
    changed = [split for split, digest in joined.hashes.items() if hashes.get(split) not in (None, digest)]
    said = f"the rows of {', '.join(changed)} are not those that the run was trained with"
    return splits, [said] if changed else []


def _target(source: Path, wanted: Compression, out: str | Path | None, name: str | None) -> Path:
    if name is not None and not re.fullmatch(r"[\w.-]+", name):
        raise InputError(f"--name: found {name!r}, expected letters, digits, - _ and . alone; --out names the folder")
    runs, source = (source.resolve().parent if out is None else Path(out)), source.resolve()
    target = runs / (name or "-".join([source.name, *wanted.steps]))
    if target.exists():
        raise RunFolderError(f"{target}: exists. Choose another --name or --out, or remove it")
    return target


@contextmanager
def _aside(target: Path) -> Iterator[Path]:
    """A folder of the same name to work in, which becomes `target` when the block ends well, else is removed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        yield aside / target.name
        (aside / target.name).rename(target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _check(report: dict[str, Any], target: Path) -> None:
    tolerance = report["tolerance"]
    worse = failures(report["compared"], tolerance)
    if worse:
        cures = [CURES[step] for step in report["steps"] if step in CURES]
        raise WorseModelError(
            f"{target.name}: not written, as {'; '.join(worse)}; allowed is {tolerance:g}. "
            f"{', '.join(cures)}{', or raise' if cures else 'Raise'} --tolerance",
            report,
        )
