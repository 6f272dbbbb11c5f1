"""`groundswell compress`: a table for people, one object for machines, a refusal that shows why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tiny_source import tiny_source


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory, tiny_bert: Path) -> Path:
    return tiny_source(tmp_path_factory.mktemp("source"), tiny_bert)


def test_a_table_then_the_folder(source: Path, tmp_path: Path, command: Any) -> None:
    found = command(
        "compress", str(source), "--prune", "0.5", "--recovery-epochs", "1", "--tolerance", "1", "--out", str(tmp_path),
        "--name", "small",
    )  # fmt: skip
    assert found.code == 0, found.err
    for part in (
        "accuracy",
        "same answer",
        "difference of logits",
        "size on disk",
        "texts per second",
        "times as fast",
    ):
        assert part in found.out
    assert "pruned: 4 of 8 heads, 48 of 96 neurons left" in found.out
    assert found.out.splitlines()[-1] == str(tmp_path / "small")
    assert "train: 40 rows read, 40 kept" in found.err


def test_weights_that_became_0_are_told(source: Path, tmp_path: Path, command: Any) -> None:
    options = ["--recovery-epochs", "0", "--tolerance", "1", "--out", str(tmp_path), "--name", "zeros"]
    found = command("compress", str(source), "--prune", "0.5", "--parts", "weights", *options)
    assert found.code == 0, found.err
    assert "pruned: 50% of the weights are 0, which saves no room on disk\n" in found.out


def test_a_worse_model_shows_the_table_and_ends_with_1(source: Path, tmp_path: Path, command: Any) -> None:
    student = tmp_path / "majority.yaml"
    student.write_text("data: {train: any.csv}\nmodel: {encoder: majority}\n")
    arguments = ["compress", str(source), "--distill", str(student), "--out", str(tmp_path), "--name", "small"]
    found = command(*arguments)
    assert found.code == 1
    assert "accuracy" in found.out
    (line,) = (line for line in found.err.splitlines() if "not written" in line)
    assert "small: not written, as accuracy on dev went from " in line
    assert "; allowed is 0.005. Teach it with --unlabelled texts or take a larger student, or raise --tolerance" in line
    found = command(*arguments, "--json")
    assert found.code == 1
    said = json.loads(found.out)
    assert said["run"] is None
    assert said["report"]["compared"]["heads"][""]["fall"] > 0.005
    assert not (tmp_path / "small").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "found nothing to do, expected one of --quantize, --prune, --distill and --vocabulary"),
        (["--prune", "1.5"], "--prune: found 1.5, expected a share between 0 and 1, such as 0.3"),
        (["--prune", "0.5", "--parts", "heads,hands"], "--parts: found hands, expected some of heads, neurons, layers"),
        (["--unlabelled", "x.csv"], "--hidden-states, which go with --distill RECIPE or --prune SHARE"),
        (["--distill", "no-such-recipe"], "no-such-recipe: no such recipe"),
    ],
)
def test_wrong_words_are_told_in_one_line(source: Path, command: Any, arguments: list[str], message: str) -> None:
    found = command("compress", str(source), *arguments)
    assert found.code == 2
    assert message in found.err
    assert found.out == ""


def test_a_folder_that_is_no_run(tmp_path: Path, command: Any) -> None:
    found = command("compress", str(tmp_path), "--prune", "0.5")
    assert found.code == 2
    assert "not a run folder (manifest.json is missing)" in found.err


def test_ctrl_c_leaves_no_run_and_says_so(
    source: Path, tmp_path: Path, command: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("groundswell.compression.compress.compare_models", stop)
    options = ["--distill", "ladder/en/naive-bayes", "--out", str(tmp_path), "--name", "small", "--quiet"]
    found = command("compress", str(source), *options)
    assert found == (
        130,
        "",
        "groundswell: no new run was written; what the teacher said is kept for the next time\ngroundswell: stopped\n",
    )
    assert list(tmp_path.iterdir()) == []
