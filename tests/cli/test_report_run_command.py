"""`groundswell report run`: what is handed on, what is printed, what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def asked(replace_stage: Callable[..., None]) -> list[tuple[Any, ...]]:
    """What was handed on to the stage, which has one thing to tell."""
    calls: list[tuple[Any, ...]] = []

    def report_again(folder: Path, names: list[str], source: str | None, *, language: str | None) -> list[str]:
        calls.append((folder, names, source, language))
        return ["the card is kept"]

    replace_stage("findings", report_again=report_again)
    return calls


def test_the_page_is_printed(command: Callable[..., Any], asked: list[tuple[Any, ...]]) -> None:
    outcome = command("report", "run", "runs/a")
    assert outcome.code == 0
    assert outcome.out == "runs/a/report.html\n"
    assert outcome.err == "groundswell: the card is kept\n"
    assert asked == [(Path("runs/a"), [], None, None)]


def test_options_are_handed_on(command: Callable[..., Any], asked: list[tuple[Any, ...]]) -> None:
    outcome = command(
        "report", "run", "runs/a", "--findings", "errors, evidence,", "--data", "x.csv", "--language", "zh", "--json"
    )
    assert outcome.code == 0
    assert asked == [(Path("runs/a"), ["errors", "evidence"], "x.csv", "zh")]
    assert json.loads(outcome.out) == {
        "report": "runs/a/report.html", "card": "runs/a/README.md", "notes": ["the card is kept"]
    }  # fmt: skip


def test_the_page_is_opened_when_wished(
    command: Callable[..., Any], asked: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("typer.launch", opened.append)
    assert command("report", "run", "runs/a", "--open").code == 0
    assert opened == ["runs/a/report.html"]


def test_data_without_findings_is_refused(command: Callable[..., Any], asked: list[tuple[Any, ...]]) -> None:
    outcome = command("report", "run", "runs/a", "--data", "x.csv")
    assert outcome.code == 2
    assert outcome.err == (
        "groundswell: --data: found x.csv, but no --findings to measure on it. Name some, or leave --data out\n"
    )
    assert asked == []


@pytest.mark.parametrize("language", ["fr", "ZH"])
def test_another_language_is_refused(command: Callable[..., Any], language: str) -> None:
    assert command("report", "run", "runs/a", "--language", language).code == 2


def test_a_folder_that_is_no_run_is_named(command: Callable[..., Any], tmp_path: Path) -> None:
    outcome = command("report", "run", tmp_path)
    assert outcome.code == 2
    assert "not a run folder (manifest.json is missing)" in outcome.err
