"""`groundswell lm` on a neural model: the same questions, the same answers in form."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

RECIPE = """
task: language_model
data: {train: TEXTS}
corpus: {least_words: 0, near_copies: null}
text: {cleaning: [lower_case], tokens: words, max_tokens: 16, vocabulary_size: 100}
model: {encoder: decoder, scratch: {width: 16, hidden: 24, layers: 1, heads: 2}}
training: {epochs: 1, batch_tokens: 64}
output: {folder: OUT, name: small}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import groundswell as gs

    folder = tmp_path_factory.mktemp("neural")
    texts = folder / "texts.txt"
    texts.write_text("".join(f"Today the room number {number} was good.\n" for number in range(30)))
    recipe = folder / "small.yaml"
    recipe.write_text(RECIPE.replace("TEXTS", str(texts)).replace("OUT", str(folder)))
    return gs.train(recipe).folder


def test_questions(run: Path, command) -> None:
    code, out, err = command("lm", "perplexity", str(run), str(run.parent / "texts.txt"), "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert (found["num_texts"], found["num_windowed"]) == (30, 0)
    assert found["with_ends"] > 1
    code, out, err = command("lm", "next", str(run), "TODAY the zoo", "--top", "3")
    assert code == 0
    assert "TODAY the zoo ___" in out
    assert err == 'groundswell: unknown words, read as <unk>: "zoo"\n'
    code, out, _ = command("lm", "sentence", str(run), "today")
    assert code == 0
    assert "<s>" in out


def test_a_text_is_written_as_it_is_drawn(run: Path, command) -> None:
    code, out, _ = command("lm", "generate", str(run), "--start", "today the", "--tokens", "5", "--seed", "2")
    assert code == 0
    _, again, _ = command("lm", "generate", str(run), "--start", "today the", "--tokens", "5", "--seed", "2", "--json")
    assert out == json.loads(again)["text"] + "\n"
    code, out, _ = command("lm", "generate", str(run), "--start", "today the", "--tokens", "3", "--beams", "2")
    assert code == 0
    assert out.startswith("today the")


def test_settings_that_do_nothing_are_refused(run: Path, command) -> None:
    code, out, err = command("lm", "generate", str(run), "--beams", "2", "--temperature", "0.5")
    assert (code, out) == (2, "")
    assert "--beams searches and draws nothing" in err


def test_an_export_is_read_by_transformers(run: Path, tmp_path: Path, command) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    out = tmp_path / "exported"
    assert command("lm", "export", str(run), str(out))[:2] == (0, f"{out}\n")
    ids = AutoTokenizer.from_pretrained(out)("today the room", return_tensors="pt")
    assert ids["input_ids"].shape == (1, 5)
    assert AutoModelForCausalLM.from_pretrained(out)(**ids).logits.isfinite().all()
    code, _, err = command("lm", "export", str(run), str(out))
    assert code == 2
    assert "exists already" in err


def test_runs_of_other_tasks_are_refused(tmp_path: Path, command) -> None:
    (tmp_path / "manifest.json").write_text('{"task": "single_label", "files": {}}')
    code, _, err = command("lm", "next", str(tmp_path), "a")
    assert code == 2
    assert "a run of task='single_label', expected language_model" in err
