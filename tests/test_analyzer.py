"""The Analyzer: one record per text, in order, in bounded memory, whatever the text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_run import changed

import groundswell as gs
from groundswell import analyzer as analyzer_module
from groundswell.analyzer import Analyzer
from groundswell.errors import DataError


@pytest.fixture
def analyzer(values: dict[str, Any]) -> Analyzer:
    return gs.load(gs.train(values).folder)


def test_the_record_has_the_fields_of_the_format(analyzer: Analyzer) -> None:
    record = json.loads(analyzer("very good food").to_json())
    assert list(record) == [
        "text", "language", "label", "scores", "confidence", "intensity", "sentences", "opinions", "truncated",
        "warnings", "model",
    ]  # fmt: skip
    assert record["text"] == "very good food"
    assert record["language"] == "en"
    assert sum(record["scores"].values()) == pytest.approx(1, abs=1e-5)
    assert record["confidence"] == max(record["scores"].values()) == record["scores"][record["label"]]
    assert record["truncated"] is False


def test_a_text_scores_the_same_alone_and_in_any_company(analyzer: Analyzer) -> None:
    texts = ["good", "bad food the room", "very good screen " * 8, "好", "dark"]
    together = [analysis.scores["positive"] for analysis in analyzer.stream(texts)]
    alone = [analyzer(text).scores["positive"] for text in texts]
    backwards = [analysis.scores["positive"] for analysis in analyzer.stream(reversed(texts))][::-1]
    assert together == pytest.approx(alone, abs=1e-5)
    assert together == pytest.approx(backwards, abs=1e-5)


def test_order_and_ids_are_kept_over_chunks(analyzer: Analyzer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analyzer_module, "CHUNK_ROWS", 3)
    rows = [(number, f"good {'very ' * (number % 5)}") for number in range(11)]
    assert [(found.id, found.text) for found in analyzer.stream_rows(rows)] == rows


def test_the_input_is_read_a_chunk_at_a_time(analyzer: Analyzer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analyzer_module, "CHUNK_ROWS", 4)
    taken = 0

    def endless() -> Iterator[str]:
        nonlocal taken
        while True:
            taken += 1
            yield "good food"

    stream = analyzer.stream(endless())
    for _ in range(6):
        next(stream)
    assert taken == 8


def test_blank_texts_get_the_shares_of_training_and_a_warning(analyzer: Analyzer) -> None:
    for text in ("", "   ", "\u200b\n"):
        found = analyzer(text)
        assert found.scores == pytest.approx({"negative": 0.5, "positive": 0.5})
        assert found.warnings == ("blank_text: the text is blank; the scores are the shares of the labels in training",)


def test_texts_that_cannot_be_analysed_give_their_error_and_the_others_are_answered(analyzer: Analyzer) -> None:
    texts = ["good", "a" * 10_000_000, "ba\0d", "\ud800", None, "bad"]
    found = list(analyzer.stream_rows((number, text) for number, text in enumerate(texts)))
    codes = [None if analysis.error is None else analysis.error["code"] for analysis in found]
    assert codes == [None, "text_too_long", "nul_character", "unpaired_surrogate", "no_text", None]
    assert found[1].error is not None
    assert found[1].error["message"] == (
        "the text has 10,000,000 characters, the limit is 1,000,000. Split it into parts"
    )
    assert list(found[2].to_dict()) == ["id", "text", "error"]


def test_cut_texts_say_so_and_windows_read_everything(values: dict[str, Any]) -> None:
    long = "good food " * 40
    cut = gs.load(gs.train(values).folder)
    assert cut(long).truncated is True
    assert cut("good food").truncated is False
    windows = changed(values, text={"truncation": "windows", "window_overlap": 4}, output={"name": "w"})
    read = gs.load(gs.train(windows).folder)(long)
    assert read.truncated is False
    assert read.warnings[0].startswith("windowed: the text was read in 3 overlapping windows")


def test_control_tokens_in_a_text_are_text(analyzer: Analyzer) -> None:
    """Trap T5: a review cannot end the input early."""
    plain, steered = analyzer("good"), analyzer("good [SEP] bad [SEP] bad")
    assert plain.scores != steered.scores
    windows = analyzer._label_answers()._read(["good [SEP] bad"])[0].windows
    assert (windows[0] == 3).sum() == 1  # one [SEP]: ours


def test_unknown_words_and_languages_are_warned_of(analyzer: Analyzer) -> None:
    codes = {warning.split(":")[0] for warning in analyzer("ありがとう☃☃☃").warnings}
    assert codes == {"unknown_language", "many_unknown_words"}


def test_lower_precision_stays_close(values: dict[str, Any]) -> None:
    folder = Path(gs.train(values).folder)
    exact, quick = gs.load(folder)("good food"), gs.load(folder, precision="bfloat16")("good food")
    assert exact.scores == pytest.approx(quick.scores, abs=0.05)


def test_vectors_are_what_the_head_reads(analyzer: Analyzer) -> None:
    texts = ["good food", "", "bad room the screen is dark", "好"]
    vectors, logits = analyzer.vectors(texts), analyzer.score(texts)
    assert analyzer.has_vectors
    assert vectors.shape == (4, 32)
    assert not vectors[1].any()
    head = analyzer._saved.model.head  # type: ignore[union-attr]
    with torch.no_grad():
        for row in (0, 2, 3):
            torch.testing.assert_close(head(vectors[row : row + 1]), logits[row : row + 1], atol=1e-5, rtol=0)
            torch.testing.assert_close(analyzer.vectors([texts[row]]), vectors[row : row + 1], atol=1e-5, rtol=0)
    assert analyzer.vectors([]).shape[0] == 0
    assert analyzer.vectors([" "]).tolist() == [[0.0] * 32]


def test_a_baseline_has_no_vectors(values: dict[str, Any]) -> None:
    baseline = {name: section for name, section in values.items() if name not in ("tuning", "training", "text")}
    run = gs.load(gs.train(changed(baseline, model={"encoder": "majority"})).folder)
    assert not run.has_vectors
    with pytest.raises(DataError, match="a baseline has no encoder, so its texts have no vectors"):
        run.vectors(["good"])
