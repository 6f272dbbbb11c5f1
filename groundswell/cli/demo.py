"""`groundswell demo`: the main job on the sample reviews, from before tuning to the commands to type next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from groundswell.cli.terminal import console

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from groundswell.pipeline import Run
    from groundswell.types import Analysis


@dataclass(frozen=True)
class Demo:
    """What is tuned on the sample of a language, and the sentences that show it."""

    opening: str
    recipe: dict[str, Any]
    sentences: tuple[str, ...]
    next_commands: tuple[str, ...]


def _recipe(language: str, **sections: Any) -> dict[str, Any]:
    return {"data": {split: f"sample:{language}#{split}" for split in ("train", "dev", "test")}, **sections}


DEMOS = {
    "en": Demo(
        "Tuning MiniLM with LoRA on 168 English reviews: positive, neutral or negative?",
        _recipe("en", model={"encoder": "minilm"}, tuning={"method": "lora"}, training={"epochs": 8, "batch_rows": 8}),
        (
            "The screen is gorgeous and the battery easily lasts two days.",
            "Two hours late, the soup was cold, and nobody said sorry.",
            "The parcel came on Tuesday in a brown box.",
            "I would not say the room was clean.",
            "Honestly the best face cream I have ever tried.",
        ),
        (
            '{run} --text "The room was spotless."',
            "groundswell train sentiment/minilm-lora data.train=YOUR.csv",
            "groundswell compare --ladder en --data YOUR.csv",
        ),
    ),
    "zh": Demo(
        "Training a bag of character vectors from scratch on 168 Chinese reviews: positive, neutral or negative?",
        _recipe(
            "zh",
            text={"cleaning": ["full_width", "traditional_to_simplified", "blanks"], "tokens": "characters"},
            model={"encoder": "bag", "dropout": 0.3, "scratch": {"buckets": 20_000}},
            training={"epochs": 12, "batch_rows": 8, "learning_rate": 5e-3},
        ),
        (
            "屏幕很漂亮，电池用两天没问题。",
            "迟到两个小时，汤是凉的，也没人道歉。",
            "包裹星期二到的，棕色盒子。",
            "房间说不上干净。",
            "这是我用过最好的面霜。",
        ),
        (
            '{run} --text "房间一尘不染。"',
            "groundswell train ladder/zh/cnn data.train=YOUR.csv",
            "groundswell compare --ladder zh --data YOUR.csv",
        ),
    ),
}


def demo(
    language: Annotated[Literal["en", "zh"], typer.Option(help="Of the sample reviews.")] = "en",
) -> None:
    """Tune a small encoder on sample reviews and show what changed; under three minutes, no network.

    English tunes the embedded MiniLM; Chinese trains a small encoder from scratch.
    """
    from groundswell import analyzer, pipeline
    from groundswell.recipe_reading import recipe_from_values

    screen, shown = console(), DEMOS[language]
    recipe = recipe_from_values(shown.recipe, "demo")
    screen.print(f"{shown.opening}\n")
    untuned = pipeline.untuned_analyzer(recipe)
    before = [untuned(sentence) for sentence in shown.sentences]
    run = pipeline.train(recipe, default_name=f"demo-{language}")
    tuned = analyzer.load(run.folder)
    after = [tuned(sentence) for sentence in shown.sentences]
    _show_training(screen, run)
    screen.print("\nThe same sentences before (the head is random) and after:")
    screen.print(sentence_table(shown.sentences, before, after))
    _show_result(screen, run, language)


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


def _show_result(screen: Console, run: Run, language: str) -> None:
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
    first, *others = DEMOS[language].next_commands
    for command in (
        first.replace("{run}", f"groundswell predict {run.folder}"),
        f"groundswell evaluate {run.folder} sample:{language}#test",
        "groundswell data check YOUR.csv data.text=COLUMN data.label=COLUMN",
        *others,
        "groundswell doctor",
    ):
        screen.print(f"  {command}", soft_wrap=True)


def _verdict(analysis: Analysis) -> str:
    if analysis.label is None or analysis.confidence is None:
        return "none"
    return f"{analysis.label} {analysis.confidence:.0%}"


def _number(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, int | float) else "none"
