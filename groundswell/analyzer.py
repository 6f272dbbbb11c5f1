"""A run folder in, an Analysis per text out: the one way to predict."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from groundswell.model.saved_model import SavedModel, load_model
from groundswell.model.scorer import ReadText
from groundswell.run_folder import MODEL, check_files, read_manifest
from groundswell.runtime import pick_device, pick_precision
from groundswell.text.blank import is_blank
from groundswell.text.cleaning import clean
from groundswell.text.language import detect_language
from groundswell.types import Analysis

# A chunk is tokenized, sorted by length and scored at once: larger wastes memory, smaller wastes padding.
CHUNK_ROWS = 2048
CHUNK_CHARACTERS = 4_000_000
MAX_CHARACTERS = 1_000_000
MANY_UNKNOWN = 0.2

TextRow = tuple[str | int | None, str | None]


class Analyzer:
    """Analyses texts with a trained model.

    >>> analyzer = load("runs/minilm-lora")          # doctest: +SKIP
    >>> analyzer("The room was spotless.").label     # doctest: +SKIP
    'positive'

    precision   `float32` gives the same scores on every machine; `bfloat16` is faster where the processor has it,
                and moves a score by about 0.01; `auto` is bfloat16 where there is hardware for it
    """

    def __init__(
        self, saved: SavedModel, name: str, *, precision: Literal["auto", "float32", "bfloat16"] = "float32"
    ) -> None:
        self.device = pick_device()
        self.precision = pick_precision(precision, self.device)
        self.name = name
        self.outputs = saved.outputs
        self._cleaning = saved.cleaning
        self._scorer = saved.scorer(self.device, bfloat16=self.precision == "bfloat16")

    def __call__(self, text: str) -> Analysis:
        """The analysis of one text."""
        return self._analyse([(None, text)])[0]

    def stream(self, texts: Iterable[str]) -> Iterator[Analysis]:
        """One analysis per text, in order, in memory that does not grow with their number."""
        return self.stream_rows((None, text) for text in texts)

    def stream_rows(self, rows: Iterable[TextRow]) -> Iterator[Analysis]:
        """One analysis per (id, text), in order; a text that cannot be analysed gives a record with its error."""
        for chunk in _chunks(rows):
            yield from self._analyse(chunk)

    def score(self, texts: Sequence[str], on_batch: Callable[[int], None] = lambda texts: None) -> Tensor:
        """Logits (N, C) float32 of texts; a blank text gives the logits of the training prior."""
        parts = []
        for chunk in _chunks((None, text) for text in texts):
            found = [text or "" for _, text in chunk]
            parts.append(self._logits(found, self._read(found), on_batch))
        return torch.cat(parts) if parts else torch.empty(0, len(self.outputs.labels))

    def _analyse(self, rows: Sequence[TextRow]) -> list[Analysis]:
        errors = [_find_error(text) for _, text in rows]
        texts = [text or "" for (_, text), error in zip(rows, errors, strict=True) if error is None]
        read = self._read(texts)
        values = self.outputs.values(self._logits(texts, read, lambda done: None))
        finished = iter(zip(read, values.tolist(), strict=True))
        analyses = []
        for (row_id, text), error in zip(rows, errors, strict=True):
            if error is not None:
                analyses.append(Analysis(text or "", id=row_id, error=error))
            else:
                seen, scores = next(finished)
                analyses.append(self._record(row_id, text or "", seen, scores))
        return analyses

    def _read(self, texts: Sequence[str]) -> Sequence[ReadText]:
        return self._scorer.read([clean(text, self._cleaning) for text in texts])

    def _logits(self, texts: Sequence[str], read: Sequence[ReadText], on_batch: Callable[[int], None]) -> Tensor:
        """Logits (N, C); blank texts are answered without the model."""
        written = [number for number, text in enumerate(texts) if not is_blank(text)]
        logits = self._prior_logits().repeat(len(texts), 1)
        if written:
            logits[torch.tensor(written)] = self._scorer.logits([read[number] for number in written], on_batch)
        return logits

    def _prior_logits(self) -> Tensor:
        prior = torch.tensor(self.outputs.prior)
        if self.outputs.task == "regression":
            return torch.zeros(1)
        return prior.clamp(1e-6, 1 - 1e-6).log() if self.outputs.task == "single_label" else prior.logit(1e-6)

    def _record(self, row_id: str | int | None, text: str, seen: ReadText, values: list[float]) -> Analysis:
        scores = dict(zip(self.outputs.labels, values, strict=True))
        language = detect_language(text)
        single = self.outputs.task == "single_label"
        label = max(scores, key=scores.__getitem__) if single else None
        labels = tuple(name for name, score in scores.items() if score >= 0.5)
        return Analysis(
            text,
            language=language,
            label=label,
            scores=scores,
            confidence=None if label is None else scores[label],
            truncated=seen.truncated,
            warnings=tuple(_warnings(text, language, seen)),
            model=self.name,
            labels=labels if self.outputs.task == "multi_label" else None,
            id=row_id,
        )


def load(
    run: str | Path, *, precision: Literal["auto", "float32", "bfloat16"] = "float32", verify: bool = True
) -> Analyzer:
    """The Analyzer of a run folder; RunFolderError names a missing or altered file with its hash.

    verify   compare every file with the manifest's hashes first (a second for a small model)
    """
    folder = Path(run)
    manifest = read_manifest(folder)
    if verify:
        check_files(folder, manifest)
    return Analyzer(load_model(folder / MODEL), str(manifest["model"]), precision=precision)


def _chunks(rows: Iterable[TextRow]) -> Iterator[list[TextRow]]:
    """Rows in lists of bounded number and size."""
    waiting = iter(rows)
    while True:
        chunk: list[TextRow] = []
        characters = 0
        for row in itertools.islice(waiting, CHUNK_ROWS):
            chunk.append(row)
            characters += len(row[1] or "")
            if characters > CHUNK_CHARACTERS:
                break
        if not chunk:
            return
        yield chunk


def _find_error(text: str | None) -> dict[str, str] | None:
    if not isinstance(text, str):
        return {"code": "no_text", "message": "the row has no text. Give every row a text, or check --text-column"}
    if len(text) > MAX_CHARACTERS:
        message = f"the text has {len(text):,} characters, the limit is {MAX_CHARACTERS:,}. Split it into parts"
        return {"code": "text_too_long", "message": message}
    if "\0" in text:
        place = text.index("\0")
        message = f"a NUL character stands at code point {place}. The file may be damaged or in another encoding"
        return {"code": "nul_character", "message": message}
    if any("\ud800" <= character <= "\udfff" for character in text):
        message = "the text holds an unpaired surrogate, which is no character. Read the file in its right encoding"
        return {"code": "unpaired_surrogate", "message": message}
    return None


def _warnings(text: str, language: str, seen: ReadText) -> Iterator[str]:
    if is_blank(text):
        yield "blank_text: the text is blank; the scores are the shares of the labels in training"
        return
    if language == "other":
        yield "unknown_language: the text is neither Chinese nor English as far as can be told"
    if seen.num_windows > 1:
        yield f"windowed: the text was read in {seen.num_windows} overlapping windows whose scores were averaged"
    if seen.unknown > MANY_UNKNOWN:
        yield f"many_unknown_words: {seen.unknown:.0%} of the tokens are unknown to the model"
