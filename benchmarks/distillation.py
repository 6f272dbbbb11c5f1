"""A student beside its teacher: accuracy on the IMDB test part, and texts per second measured in turn.

    python benchmarks/distillation.py                       the student that was chosen on dev
    python benchmarks/distillation.py --choose              every candidate, measured on dev alone
    python benchmarks/distillation.py --teacher RUN         a teacher that is there already

The teacher is MiniLM tuned with LoRA on 1,000 reviews. A student learns from the same 1,000 and from the other training
reviews, whose labels nobody sees: the teacher scores them once (a quarter of an hour on one core; `--folder` keeps the
scores). Interrupted, it goes on where it was.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import time
from pathlib import Path
from typing import Any

from rows import LABELS, SHARED, imdb, imdb_sample, print_row, write_jsonl

import groundswell as gs
from groundswell.compression.compress import Compression, compress
from groundswell.compression.teaching import Teaching
from groundswell.run_folder import MANIFEST

RECIPES = Path(__file__).resolve().parents[1] / "recipes"
MINILM = ("tuning.method=full", "training.epochs=1", "training.learning_rate=1e-4", "training.batch_rows=16")
# Name -> recipe and overrides; a MiniLM of fewer layers starts from the teacher's own lowest ones.
STUDENTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "tfidf": ("ladder/en/logistic-regression", ()),
    "nb-svm": ("ladder/en/nb-svm", ()),
    "bag-of-vectors": ("ladder/en/bag-of-vectors", ()),
    "cnn": ("ladder/en/cnn", ()),
    "minilm-1-layer": ("sentiment/minilm-lora", ("model.encoder=TEACHER", "model.layers=1", *MINILM)),
}
CHOSEN = "bag-of-vectors"
ROUNDS, TEXTS_PER_ROUND = 7, 64
WANTED_SPEED, WANTED_SHARE = 4.0, 0.97


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("runs/distillation"))
    parser.add_argument("--teacher", type=Path)
    parser.add_argument("--choose", nargs="*", choices=[*STUDENTS], help="candidates; all of them without a name")
    options = parser.parse_args()
    os.environ.setdefault("GROUNDSWELL_CACHE", str(options.folder))
    files = _files(options.folder)
    teacher = options.teacher or _teacher(options.folder, files)
    if options.choose is not None:
        for name in options.choose or STUDENTS:
            report = _student(name, teacher, options.folder, files)[1]
            compared = report["compared"]
            print_row(
                "distillation_candidate", student=name, dev_accuracy=compared["heads"][""]["value"],
                agreement=compared["heads"][""]["agreement"], megabytes=[size / 1e6 for size in compared["bytes"]],
                faster=compared["faster"], learned_from=report["taught"],
            )  # fmt: skip
        return
    student, report = _student(CHOSEN, teacher, options.folder, files)
    _measure(teacher, student, report)


def _files(folder: Path) -> dict[str, str]:
    """1,000 labelled reviews, 1,000 of dev, and all other training reviews without their labels."""
    folder.mkdir(parents=True, exist_ok=True)
    train, dev = imdb_sample(1000, 1000)
    taken = {row["id"] for row in (*train, *dev)}
    others = [{"id": row["id"], "text": row["text"]} for row in imdb("train") if row["id"] not in taken]
    random.Random(0).shuffle(others)
    parts = {"train": train, "dev": dev, "unlabelled": others}
    return {name: str(write_jsonl(folder / f"{name}.jsonl", rows)) for name, rows in parts.items()}


def _teacher(folder: Path, files: dict[str, str]) -> Path:
    run = folder / "teacher"
    if not (run / MANIFEST).exists():
        data = {"train": files["train"], "dev": files["dev"], "labels": LABELS}
        output = {"folder": str(folder), "name": run.name}
        gs.train(RECIPES / "sentiment" / "minilm-lora.yaml", data=data, output=output, resume=run.exists())
    return run


def _student(name: str, teacher: Path, folder: Path, files: dict[str, str]) -> tuple[Path, dict[str, Any]]:
    recipe, overrides = STUDENTS[name]
    asked = Compression(
        str(RECIPES / f"{recipe}.yaml"), teaching=Teaching(unlabelled=(files["unlabelled"],)), tolerance=1.0
    )
    data = [f"data.train={files['train']}", f"data.dev={files['dev']}"]
    given = [one.replace("TEACHER", str(teacher)) for one in overrides]
    made = compress(
        teacher, asked, out=folder / "students", name=f"{name}-{int(time.time())}",
        overrides=[*data, *given],
    )  # fmt: skip
    return made.folder, made.report


def _measure(teacher: Path, student: Path, report: dict[str, Any]) -> None:
    test = str(SHARED / "imdb" / "test_a.jsonl.xz")
    names = [f"data.labels.{old}={new}" for old, new in LABELS.items()]
    accuracies = {
        name: gs.evaluate(run, test, overrides=[*names, "evaluation.precision=auto"])["accuracy"]
        for name, run in (("teacher", teacher), ("student", student))
    }
    speeds = _speeds(teacher, student)
    share = accuracies["student"]["value"] / accuracies["teacher"]["value"]
    ratio = speeds["student"] / speeds["teacher"]
    print_row(
        "distillation", student=CHOSEN, accuracy=accuracies, share_of_accuracy=round(share, 4), texts_per_second=speeds,
        faster=round(ratio, 1), reached=ratio >= WANTED_SPEED and share >= WANTED_SHARE, dev=report["compared"],
        learned_from=report["taught"],
    )  # fmt: skip


def _speeds(teacher: Path, student: Path) -> dict[str, float]:
    """Texts per second of both in float32 on the same reviews, the median of rounds in which they take turns."""
    analyzers = {"teacher": gs.load(teacher), "student": gs.load(student)}
    texts = [row["text"] for row in random.Random(1).sample(imdb("test_a"), TEXTS_PER_ROUND)]
    seconds: dict[str, list[float]] = {name: [] for name in analyzers}
    for _ in range(ROUNDS + 1):  # the first one warms up
        for name, analyzer in analyzers.items():
            began = time.perf_counter()
            for _ in analyzer.stream(texts):
                pass
            seconds[name].append(time.perf_counter() - began)
    return {name: round(len(texts) / statistics.median(taken[1:]), 1) for name, taken in seconds.items()}


if __name__ == "__main__":
    main()
