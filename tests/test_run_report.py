"""Report and card from a run folder alone: what they are drawn from, and what a second drawing keeps."""

from __future__ import annotations

import doctest
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from huggingface_hub import ModelCard
from tiny_findings import behaviour, errors, evidence, robustness
from tiny_run import changed, reviews, write

import groundswell as gs
from groundswell import findings as findings_module
from groundswell import run_folder, run_report
from groundswell.errors import DataError, InputError, RunFolderError
from groundswell.findings import report_again
from groundswell.pipeline import Run
from groundswell.run_finders import Finder, Subject
from groundswell.run_report import facts_of
from groundswell.text import language

FOUND: dict[str, Any] = {
    "behaviour": {"behaviour": behaviour("x")},
    "errors": {"errors": errors("x")},
    "evidence": {"evidence": evidence("x")},
    "robustness": {"robustness": robustness("x")},
}


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A baseline on the tiny reviews: trained in a moment."""
    monkeypatch.setenv("GROUNDSWELL_CACHE", str(tmp_path / "cache"))
    return {
        "data": {"train": write(tmp_path / "reviews.jsonl", reviews()), "overlap": "ignore", "dev_share": 0.25},
        "model": {"encoder": "naive_bayes"},
        "evaluation": {"resamples": 100},
        "output": {"folder": str(tmp_path / "runs"), "name": "run"},
    }


@pytest.fixture
def run(recipe: dict[str, Any]) -> Run:
    return gs.train(recipe)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Subject]]:
    """Every part is a stand-in that gives what was made by hand; what each was given is kept."""
    calls: list[tuple[str, Subject]] = []

    def finder(name: str) -> Finder:
        def find(subject: Subject) -> dict[str, Any]:
            calls.append((name, subject))
            return dict(FOUND[name])

        return Finder(find, needs_texts=name != "behaviour")

    monkeypatch.setattr(findings_module, "FINDERS", {name: finder(name) for name in FOUND})
    return calls


def manifest_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return found


def page_of(folder: Path) -> str:
    return (folder / "report.html").read_text(encoding="utf-8")


def test_a_second_drawing_gives_the_same_bytes(values: dict[str, Any]) -> None:
    """A network on the loop: history, steps, costs and mistakes come from files."""
    run = gs.train(values)
    names = ("report.html", "README.md", "manifest.json", "findings.json")
    before = {name: (run.folder / name).read_bytes() for name in names}
    assert report_again(run.folder) == []
    assert {name: (run.folder / name).read_bytes() for name in names} == before
    facts = facts_of(run.folder, manifest_of(run.folder))
    assert [row["epoch"] for row in facts.history] == [1, 2]
    assert facts.history[0]["dev"] == run.history[0]["dev"]
    assert facts.best_epoch == run.metrics["best_epoch"]
    assert facts.costs["parameters"] == run.metrics["parameters"]
    assert "How training went" in page_of(run.folder)
    gs.load(run.folder)


def test_every_task_has_a_card_that_the_hub_reads(run: Run) -> None:
    card = ModelCard.load(run.folder / "README.md", ignore_metadata_errors=False)
    assert card.data.language == ["en"]
    assert card.data.base_model is None
    assert {result.dataset_split for result in card.data.eval_results} == {"dev"}


def test_the_findings_of_the_recipe_are_in_the_report(recipe: dict[str, Any], seen: list[tuple[str, Subject]]) -> None:
    run = gs.train(changed(recipe, evaluation={"findings": ["evidence", "behaviour"]}))
    assert [name for name, _ in seen] == ["evidence", "behaviour"]
    subject = seen[0][1]
    assert subject.split == "dev"
    assert len(subject.examples) == 10
    assert len(subject.training) == 30
    assert subject.languages == ("en",)
    found = json.loads((run.folder / "findings.json").read_text(encoding="utf-8"))
    assert found["behaviour"] == behaviour("x")
    assert found["evidence"] == json.loads(json.dumps(evidence("x")))
    page = page_of(run.folder)
    for title in ("Behaviour", "Why it answers so"):
        assert f">{title}</h2>" in page
    assert ">Robustness</h2>" not in page
    hashes = manifest_of(run.folder)["pages"]
    assert hashes == {name: run_folder.file_sha256(run.folder / name) for name in run_report.PAGES}


def test_a_part_that_cannot_be_applied_is_a_warning(recipe: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(subject: Subject) -> dict[str, Any]:
        raise DataError("found 1 text, expected 2")

    ratio = Finder(lambda subject: {"evidence": {"method": "m", "examples": [], "ratio": float("nan")}})
    monkeypatch.setattr(findings_module, "FINDERS", {"behaviour": Finder(fail), "evidence": ratio})
    run = gs.train(recipe)
    found = json.loads((run.folder / "findings.json").read_text(encoding="utf-8"))
    assert found["warnings"] == ["behaviour: not measured: found 1 text, expected 2"]
    assert found["evidence"]["ratio"] is None  # JSON has no such number
    assert "behaviour: not measured: found 1 text, expected 2" in page_of(run.folder)
    gs.load(run.folder)


def test_a_fault_of_ours_is_not_swallowed(recipe: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(subject: Subject) -> dict[str, Any]:
        raise KeyError("a mistake in the code")

    monkeypatch.setattr(findings_module, "FINDERS", {"behaviour": Finder(fail)})
    with pytest.raises(KeyError, match="a mistake in the code"):
        gs.train(recipe)


def test_findings_are_added_and_replaced(run: Run, seen: list[tuple[str, Subject]], tmp_path: Path) -> None:
    folder = run.folder
    assert report_again(folder, ["robustness"]) == []
    assert seen[-1][1].split == "dev"
    page = page_of(folder)
    assert ">Robustness</h2>" in page
    assert ">Behaviour</h2>" not in page
    other = write(tmp_path / "other.jsonl", reviews(1))
    assert report_again(folder, ["errors", "behaviour"], other) == []
    assert [name for name, _ in seen[1:]] == ["behaviour", "errors"]  # in the order of the parts
    assert seen[-1][1].split == "other.jsonl"
    assert len(seen[-1][1].examples) == 10
    assert len(seen[-1][1].training) == 30
    found = json.loads((folder / "findings.json").read_text(encoding="utf-8"))
    assert set(found) == {"split", "behaviour", "errors", "robustness", "warnings"}
    assert found["split"] == "other.jsonl"
    gs.load(folder)


def test_behaviour_alone_reads_no_data(run: Run, seen: list[tuple[str, Subject]], tmp_path: Path) -> None:
    (tmp_path / "reviews.jsonl").unlink()
    assert report_again(run.folder, ["behaviour"]) == []
    assert seen[-1][1].examples == ()
    assert seen[-1][1].languages == ("en",)


def test_data_that_is_gone_or_changed_is_said(run: Run, seen: list[tuple[str, Subject]], tmp_path: Path) -> None:
    path = tmp_path / "reviews.jsonl"
    path.write_text(path.read_text() + json.dumps({"text": "new", "label": "positive"}) + "\n")
    assert report_again(run.folder, ["errors"]) == [f"errors: {path} has changed since the training"]
    assert f"errors: {path} has changed since the training" in page_of(run.folder)
    path.unlink()
    with pytest.raises(DataError, match="Or name other labelled rows: --data FILE"):
        report_again(run.folder, ["errors"])
    other = write(tmp_path / "other.jsonl", reviews(1))
    (said,) = report_again(run.folder, ["errors"], other)
    assert said.startswith("errors: the run's own data cannot be read any more, so nothing is compared with it (")
    assert seen[-1][1].training == ()
    assert "has changed since" not in page_of(run.folder)  # what was said of the older errors went with them


def test_labels_that_the_model_does_not_know_are_refused(
    run: Run, seen: list[tuple[str, Subject]], tmp_path: Path
) -> None:
    other = write(tmp_path / "other.jsonl", [{"text": "fine", "label": "superb"}])
    before = (run.folder / "manifest.json").read_bytes()
    with pytest.raises(DataError, match=r"label 'superb' \(row 1\) is unknown"):
        report_again(run.folder, ["errors"], other)
    assert (run.folder / "manifest.json").read_bytes() == before


def test_a_name_that_is_none_is_refused(run: Run) -> None:
    with pytest.raises(InputError, match="--findings: found luck, expected some of behaviour, errors, evidence, robus"):
        report_again(run.folder, ["luck"])


def test_a_run_of_another_task_has_no_findings(recipe: dict[str, Any], seen: list[tuple[str, Subject]]) -> None:
    path = Path(recipe["data"]["train"])
    write(path, [{"text": row["text"], "label": float(len(row["text"]))} for row in reviews()])
    values = changed({**recipe, "task": "regression"}, model={"encoder": "bag"}, training={"epochs": 1})
    run = gs.train(values)
    assert seen == []
    with pytest.raises(InputError, match="a run of task=regression, expected single_label"):
        report_again(run.folder, ["errors"])
    assert report_again(run.folder) == []


@pytest.mark.parametrize("fails", ["report.html", "README.md", "manifest.json"])
def test_a_stop_at_any_moment_leaves_a_run_that_loads(
    run: Run, seen: list[tuple[str, Subject]], fails: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_whole = run_folder.whole_file

    def stop(path: Path) -> Any:
        if path.name == fails:
            raise KeyboardInterrupt
        return write_whole(path)

    monkeypatch.setattr(run_folder, "whole_file", stop)
    with pytest.raises(KeyboardInterrupt):
        report_again(run.folder, ["evidence"])
    monkeypatch.undo()
    assert gs.load(run.folder)("very good food").label == "positive"
    report_again(run.folder)
    assert ">Why it answers so</h2>" in page_of(run.folder)


def test_a_card_that_was_changed_by_hand_is_kept(run: Run) -> None:
    card = run.folder / "README.md"
    card.write_text(card.read_text(encoding="utf-8") + "\nLicensed to all.\n", encoding="utf-8")
    for _ in range(2):
        assert report_again(run.folder) == [
            f"{card}: was changed by hand and is kept. Remove it to have it written again"
        ]
        assert "Licensed to all." in card.read_text(encoding="utf-8")
    card.unlink()
    assert report_again(run.folder) == []
    assert card.exists()


def test_the_page_is_in_the_language_of_the_texts_or_as_wished(recipe: dict[str, Any]) -> None:
    chinese = [{"text": f"房间很{word}，第{number}次入住", "label": label}
               for number in range(12) for word, label in (("干净", "positive"), ("脏", "negative"))]  # fmt: skip
    write(Path(recipe["data"]["train"]), chinese)
    run = gs.train(recipe)
    assert '<html lang="zh-Hans">' in page_of(run.folder)
    report_again(run.folder, language="en")
    assert '<html lang="en">' in page_of(run.folder)
    report_again(run.folder)
    assert '<html lang="zh-Hans">' in page_of(run.folder)


@pytest.mark.parametrize("module", [language, run_report])
def test_the_examples_in_the_docstrings(module: ModuleType) -> None:
    outcome = doctest.testmod(module)
    assert outcome.attempted > 0
    assert outcome.failed == 0


def test_half_a_line_and_epochs_done_again_are_read_once(run: Run) -> None:
    rows = [{"step": 1, "epoch": 1, "loss": 0.9}, {"step": 2, "epoch": 1, "loss": 0.8, "seconds": 1.0},
            {"step": 1, "epoch": 1, "loss": 0.7}, {"step": 2, "epoch": 1, "loss": 0.6, "seconds": 2.0}]  # fmt: skip
    lines = "".join(json.dumps(row) + "\n" for row in rows) + '{"step": 3, "ep'
    (run.folder / "log.jsonl").write_text(lines)
    facts = facts_of(run.folder, manifest_of(run.folder))
    assert [row["loss"] for row in facts.history] == [0.6]
    assert [row["loss"] for row in facts.steps] == [0.7]


def test_damaged_findings_are_named(run: Run) -> None:
    (run.folder / "findings.json").write_text("[1, 2")
    with pytest.raises(RunFolderError, match=r"findings.json: not valid JSON"):
        report_again(run.folder)


def test_a_run_from_before_there_were_findings_gets_its_pages(run: Run) -> None:
    for name in ("findings.json", "README.md", "report.html"):
        (run.folder / name).unlink()
    manifest = manifest_of(run.folder)
    del manifest["pages"], manifest["data"]["languages"], manifest["base_model"]
    (run.folder / "manifest.json").write_text(json.dumps(manifest))
    assert report_again(run.folder) == []
    assert (run.folder / "README.md").exists()
    assert "How good it is" in page_of(run.folder)
