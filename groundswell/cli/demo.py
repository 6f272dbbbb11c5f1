"""`groundswell demo`: the main job on the sample reviews, from before tuning to the commands to type next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from groundswell.cli.terminal import console
from groundswell.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from groundswell.pipeline import Run
    from groundswell.types import Analysis

SENTENCES = (
    "The screen is gorgeous and the battery easily lasts two days.",
    "Two hours late, the soup was cold, and nobody said sorry.",
    "The parcel came on Tuesday in a brown box.",
    "I would not say the room was clean.",
    "Honestly the best face cream I have ever tried.",
)
RECIPE: dict[str, Any] = {
    "data": {"train": "sample:en#train", "dev": "sample:en#dev", "test": "sample:en#test"},
    "model": {"encoder": "minilm"},
    "tuning": {"method": "lora"},
    "training": {"epochs": 8, "batch_rows": 8},
}
NO_CHINESE_DEMO = (
    "demo: found --language zh, expected en: the Chinese demo comes with the encoders trained from scratch. "
    "Chinese works today with the folder of a Chinese encoder: groundswell train sentiment/bert-base-chinese-full "
    "model.encoder=FOLDER data.train=reviews.csv"
)


def demo(
    language: Annotated[Literal["en", "zh"], typer.Option(help="Of the sample reviews.")] = "en",
) -> None:
    """Tune a small encoder on sample reviews and show what changed; under three minutes, no network."""
    if language == "zh":
        raise InputError(NO_CHINESE_DEMO)
    from groundswell import analyzer, pipeline
    from groundswell.recipe_reading import recipe_from_values

    screen = console()
    recipe = recipe_from_values(RECIPE, "demo")
    screen.print("Tuning MiniLM with LoRA on 168 English reviews: positive, neutral or negative?\n")
    untuned = pipeline.untuned_analyzer(recipe)
    before = [untuned(sentence) for sentence in SENTENCES]
    run = pipeline.train(recipe, default_name="demo-en")
    tuned = analyzer.load(run.folder)
    after = [tuned(sentence) for sentence in SENTENCES]
    _show_training(screen, run)
    screen.print("\nThe same sentences before tuning (the head is random) and after:")
    screen.print(sentence_table(SENTENCES, before, after))
    _show_result(screen, run)


def sentence_table(sentences: Sequence[str], before: Sequence[Analysis], after: Sequence[Analysis]) -> Table:
    """A row per sentence: label and confidence before and after tuning."""
    from rich.table import Table

    table = Table("sentence", "before", "after")
    for sentence, first, second in zip(sentences, before, after, strict=True):
        table.add_row(sentence, _verdict(first), _verdict(second))
    return table


def history_table(history: Sequence[dict[str, Any]]) -> Table:
    """A row per epoch: loss on train, loss and accuracy on dev, seconds."""
    from rich.table import Table

    table = Table("epoch", "train loss", "dev loss", "dev accuracy", "seconds")
    for row in history:
        dev = row.get("dev", {})
        shown = [_number(row.get("loss")), _number(dev.get("loss")), _number(dev.get("accuracy"))]
        table.add_row(str(row["epoch"]), *shown, f"{row.get('seconds', 0):.1f}")
    return table


def _show_training(screen: Console, run: Run) -> None:
    counts = run.metrics.get("parameters", {})
    if counts:
        share = counts["trainable"] / counts["total"]
        screen.print(f"Trainable: {counts['trainable']:,} of {counts['total']:,} parameters ({share:.1%})")
    screen.print(history_table(run.history))


def _show_result(screen: Console, run: Run) -> None:
    from groundswell.cli.evaluate import metrics_table

    measured = run.metrics.get("test", run.metrics)
    supports = [found["support"] for found in measured.get("per_class", {}).values()]
    screen.print(
        f"\nOn the {sum(supports)} test reviews, where always the same label would give "
        f"{max(supports) / sum(supports):.4f}:"
    )
    screen.print(metrics_table(measured))
    screen.print("168 reviews teach a model little; the README says what 1,000 and 25,000 give.", soft_wrap=True)
    for warning in run.warnings:
        screen.print(f"warning: {warning}", soft_wrap=True)
    screen.print(f"\nThe run lies in {run.folder}; open {run.folder / 'report.html'} in a browser. Next:\n")
    for command in (
        f'groundswell predict {run.folder} --text "The room was spotless."',
        f"groundswell evaluate {run.folder} sample:en#test",
        "groundswell data check YOUR.csv data.text=COLUMN data.label=COLUMN",
        "groundswell train sentiment/minilm-lora data.train=YOUR.csv data.dev=null data.test=null",
        "groundswell doctor",
    ):
        screen.print(f"  {command}", soft_wrap=True)


def _verdict(analysis: Analysis) -> str:
    if analysis.label is None or analysis.confidence is None:
        return "none"
    return f"{analysis.label} {analysis.confidence:.0%}"


def _number(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, int | float) else "none"
