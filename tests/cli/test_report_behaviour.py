"""`groundswell report behaviour`: tables, failing cases, files and the gate."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import groundswell as gs

OWN = """
language: en
capabilities:
  - name: plain
    kind: minimum functionality
    positive: [good food, a good and great room]
    negative: [bad food, "a good\\n joke, not"]
  - name: capitals
    kind: invariance
    same: [[good food, GOOD FOOD], [bad food, good food]]
  - name: facts
    kind: minimum functionality
    neutral: [The door is green.]
attributes:
  - {name: gender, first: men, second: women, terms: [[man, woman]], sentences: ["the {term} has good food"]}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose labels are called up and down; it knows good, great, bad and dark."""
    folder = tmp_path_factory.mktemp("behaviour")
    pairs = [("good food", "bad food"), ("a great room", "a dark room"), ("good and great", "bad and dark")]
    rows = [
        {"text": f"{text} {number}", "label": label}
        for number in range(8)
        for texts in pairs
        for text, label in zip(texts, ("yes", "no"), strict=True)
    ]
    data = folder / "reviews.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    recipe = {
        "data": {"train": str(data)},
        "model": {"encoder": "logistic_regression"},
        "output": {"folder": str(folder), "name": "run"},
    }
    return gs.train(recipe).folder


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.yaml"
    path.write_text(OWN)
    return path


LABELS = ("--labels", "yes=positive", "--labels", "no=negative", "--language", "none")


def test_tables(command, run: Path, own: Path) -> None:
    code, out, err = command("report", "behaviour", run, "--cases", own, *LABELS)
    assert code == 0
    cells = [[cell.strip() for cell in re.split("[│┃]", line)[1:-1]] for line in out.splitlines()]
    assert ["plain", "label", "3/4", "75% 30–95"] in [row[:4] for row in cells]
    assert ["capitals", "same label", "1/2", "50% 9–91"] in [row[:4] for row in cells]
    assert "a good joke, not" in out
    assert ["gender", "men", "women", "1", "0% 0–79"] in [row[:5] for row in cells]
    assert out.endswith("4 of 6 cases passed\n")
    assert err == (
        "groundswell: left out: facts (en): the run has no label for neutral\n"
        "groundswell: labels read as no: negative, yes: positive; --labels says otherwise\n"
    )
    assert max(map(len, out.splitlines())) <= 100


def test_every_failing_case(command, run: Path, own: Path) -> None:
    code, out, _ = command("report", "behaviour", run, "--cases", own, *LABELS, "--show", "Capitals")
    assert code == 0
    assert re.fullmatch(
        r"capitals: 1 of 2 passed\n  good food \[expected negative, found positive 0\.\d\d\]\n"
        r"    changed from: bad food\n",
        out,
    )


def test_json_and_file(command, run: Path, own: Path, tmp_path: Path) -> None:
    out_file = tmp_path / "found.json"
    code, out, _ = command("report", "behaviour", run, "--cases", own, *LABELS, "--json", "--out", out_file)
    found = json.loads(out)
    assert (code, found) == (0, json.loads(out_file.read_text(encoding="utf-8")))
    assert found["behaviour"]["labels"] == {"no": "negative", "yes": "positive"}
    assert [one["num_passed"] for one in found["behaviour"]["capabilities"]] == [3, 1]
    assert found["bias"][0]["num_pairs"] == 1


def test_the_gate(command, run: Path, own: Path) -> None:
    code, out, err = command("report", "behaviour", run, "--cases", own, *LABELS, "--fail-below", "0.6")
    assert (code, "capitals" in out) == (1, True)
    assert err.splitlines()[-1] == (
        "groundswell: behaviour: 1 of 2 capabilities are below 0.6: capitals 0.50. Read the cases with --show "
        "CAPABILITY, and train on texts like them"
    )
    assert command("report", "behaviour", run, "--cases", own, *LABELS, "--fail-below", "0.5").code == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--labels", "good"], "--labels: found 'good', expected NAME=POLARITY, such as good=positive"),
        (["--cases", "none.yaml"], "none.yaml: the cases cannot be read (No such file or directory). Check the path"),
        (["--show", "prase"], "behaviour: found no capability 'prase', expected one of: praise, blame,"),
    ],
)
def test_mistakes_of_the_command_line(command, run: Path, options: list[str], message: str) -> None:
    labels = [] if "--labels" in options else LABELS[:4]
    code, out, err = command("report", "behaviour", run, "--language", "en", *labels, *options)
    assert (code, out) == (2, "")
    assert err.startswith(f"groundswell: {message}")
    assert len(err.splitlines()) == 1


def test_labels_that_mean_nothing(command, run: Path) -> None:
    code, _, err = command("report", "behaviour", run)
    assert code == 2
    assert "'no', 'yes' cannot be told (told: none). Say what they mean, such as --labels no=positive" in err
    assert command("report", "behaviour", run.parent / "gone").code == 2
