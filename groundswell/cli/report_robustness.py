"""`groundswell report robustness`: what is left of a run's accuracy when its texts are changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from groundswell.cli.terminal import console, note, print_json
from groundswell.errors import InputError

if TYPE_CHECKING:
    from rich.text import Text

SHOWN_AROUND = 40  # characters on each side of a change
Values = dict[str, Any]


def robustness(  # noqa: PLR0913 - one parameter per option
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder written by `groundswell train`.")],
    source: Annotated[str, typer.Argument(metavar="DATA", help="Labelled rows: a file, -, or hub:owner/name#split.")],
    overrides: Annotated[
        list[str] | None, typer.Argument(metavar="KEY=VALUE", help="Such as data.text=review data.label=stars.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Texts, drawn at random.")] = 200,
    strength: Annotated[float, typer.Option(help="Share of the words that a perturbation changes.")] = 0.1,
    attack: Annotated[bool, typer.Option("--attack/--no-attack", help="Search for the changes that hurt.")] = True,
    max_changed: Annotated[float, typer.Option(help="Most words that the attack changes, as a share.")] = 0.2,
    max_queries: Annotated[int, typer.Option(min=1, help="Most texts that the attack scores for one text.")] = 500,
    vectors: Annotated[
        Path | None,
        typer.Option(help="Word vectors to take synonyms from: a word2vec file, or `vectors train`'s folder."),
    ] = None,
    head: Annotated[str | None, typer.Option(help="Of a run with several heads, the one that is measured.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the texts drawn and of every change.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Also write the findings here, as JSON.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Accuracy under typing slips, look-alikes, synonyms, lost words …, and under an attack that searches."""
    from groundswell.evaluation.robustness.attack import Budget
    from groundswell.robustness_check import RobustnessPlan, check_robustness
    from groundswell.run_folder import write_json

    if out is not None and out.is_dir():
        raise InputError(f"{out}: a folder, expected the name of a file to write")
    budget = Budget(max_changed, max_queries) if attack else None
    plan = RobustnessPlan(limit, strength, budget, vectors, head, seed)
    found = check_robustness(run, source, plan, overrides=overrides)
    if out is not None:
        write_json(out, found)
    if as_json:
        print_json(found)
        return
    _print(found)


def _print(found: Values) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    screen = console()
    screen.print(_heading(found), soft_wrap=True)
    table = Table("perturbation", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in ("texts", "before", "accuracy", "interval", "lost", "interval", "labels kept"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in found["perturbations"]:
        table.add_row(
            one["name"], f"{one['num_texts']:,}", f"{one['original']['value']:.3f}", *_with_ends(one["accuracy"]),
            *_with_ends(one["lost"]), f"{one['labels_kept']['value']:.3f}",
        )  # fmt: skip
    screen.print(table)
    for why in dict.fromkeys(one["why"] for one in found["skipped"]):
        names = ", ".join(one["name"] for one in found["skipped"] if one["why"] == why)
        note(f"left out: {names}: {why}")
    if "attack" in found:
        _print_attack(found)


def _heading(found: Values) -> str:
    accuracy = found["original"]
    return (
        f"{found['model']}: accuracy {accuracy['value']:.3f} ({accuracy['low']:.3f} to {accuracy['high']:.3f}) on "
        f"{found['num_texts']:,} texts as they are; strength {found['strength']:g}"
    )


def _print_attack(found: Values) -> None:
    screen, attack = console(), found["attack"]
    accuracy = attack["accuracy"]
    screen.print(
        f"\nAttack: {attack['name']}, {attack['budget']}\n"
        f"accuracy under attack {accuracy['value']:.3f} ({accuracy['low']:.3f} to {accuracy['high']:.3f}); "
        f"{attack['num_turned']:,} of {attack['num_attacked']:,} right answers turned, by "
        f"{attack['mean_changed_words']:.1f} changed words on average ({attack['mean_changed_share']:.0%}); "
        f"{attack['mean_queries']:,.0f} queries a text",
        soft_wrap=True,
    )
    for one in attack["examples"]:
        screen.print(
            f"\n{one['before']} {one['confidence_before']:.2f} -> {one['after']} {one['confidence_after']:.2f}"
        )
        screen.print(marked_text(one), soft_wrap=True)


def marked_text(example: Values) -> Text:
    """The attacked text around its changes, each as `[before -> after]`."""
    from rich.text import Text

    text, shown = example["attacked"], Text()
    position, changes = 0, example["changes"]
    for change in changes:
        start = change["start"]
        _add_between(shown, text, position, start, whole_begin=position == 0)
        shown.append(f"[{change['before']} -> {change['after']}]", style="bold")
        position = change["end"]
    end = min(len(text), position + SHOWN_AROUND)
    shown.append(_one_line(text[position:end]) + ("…" if end < len(text) else ""))
    return shown


def _add_between(shown: Text, text: str, start: int, end: int, *, whole_begin: bool) -> None:
    """What stands between two changes; of a long piece only its ends, of the text's begin only the last part."""
    if whole_begin and end - start > SHOWN_AROUND:
        shown.append("…" + _one_line(text[end - SHOWN_AROUND : end]))
    elif end - start > 2 * SHOWN_AROUND:
        shown.append(_one_line(text[start : start + SHOWN_AROUND]) + " … " + _one_line(text[end - SHOWN_AROUND : end]))
    else:
        shown.append(_one_line(text[start:end]))


def _one_line(text: str) -> str:
    return text.replace("\r", " ").replace("\n", " ")


def _with_ends(value: dict[str, float]) -> tuple[str, str]:
    return f"{value['value']:.3f}", f"{value['low']:.3f} to {value['high']:.3f}"
