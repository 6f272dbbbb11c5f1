"""A run folder in, an Analysis per text out: the one way to predict."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from groundswell.errors import DataError
from groundswell.model.abstention import Abstention, Marks, marks_for
from groundswell.model.graph_encoder import GraphEncoder
from groundswell.model.head_answers import HeadAnswers, check_name
from groundswell.model.label_answers import Answer, LabelAnswers
from groundswell.model.opinion_answers import OpinionAnswers
from groundswell.model.outputs import Outputs
from groundswell.model.saved_extractor import SavedExtractor
from groundswell.model.saved_model import SavedBaseline, SavedHeads, SavedModel, SavedNetwork, encoder_of, load_model
from groundswell.model.scorer import ReadText
from groundswell.model.served_calibration import ServedCalibration
from groundswell.run_folder import MODEL, check_files, read_manifest
from groundswell.runtime import pick_device, pick_precision
from groundswell.text.blank import is_blank
from groundswell.text.language import detect_language
from groundswell.types import Analysis, Opinion, Span

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
        # A graph is for the processor; what runs on an accelerator is the network that it came from.
        self.device = pick_device("cpu" if isinstance(encoder_of(saved), GraphEncoder) else "auto")
        self.precision = pick_precision(precision, self.device)
        self.name = name
        self._saved = saved
        kinds: tuple[tuple[type, type], ...] = ((SavedHeads, HeadAnswers), (SavedExtractor, OpinionAnswers))
        answers = next((found for kind, found in kinds if isinstance(saved, kind)), LabelAnswers)
        self._answers: LabelAnswers | OpinionAnswers | HeadAnswers = answers(
            saved, self.device, bfloat16=self.precision == "bfloat16"
        )

    @property
    def outputs(self) -> Outputs:
        """What the logits of `score` mean; DataError for a run that finds opinions or has several heads."""
        return self._label_answers().outputs

    @property
    def calibration(self) -> ServedCalibration | None:
        """What dev allows to promise; None for a run of another task than single label, or without calibration."""
        return self._saved.calibration if isinstance(self._saved, SavedNetwork | SavedBaseline) else None

    @property
    def saved(self) -> SavedModel:
        """The model itself."""
        return self._saved

    @property
    def heads(self) -> tuple[str, ...]:
        """The names of the heads of a multi-task run; of any other run none."""
        return tuple(self._saved.heads) if isinstance(self._saved, SavedHeads) else ()

    def head(self, name: str | None) -> Analyzer:
        """One head of a multi-task run by itself; DataError, naming all, when there is none of that name."""
        if not isinstance(self._saved, SavedHeads):
            raise DataError(f"{self.name}: has no heads. Leave the name of the head out")
        return Analyzer(self._saved.heads[check_name(self._saved, name)], self.name, precision=self.precision)

    def marks(self, abstention: Abstention) -> Marks:
        """What marks analyses as asked for; DataError without one label, and for what dev cannot vouch for."""
        if isinstance(self._answers, OpinionAnswers):
            raise DataError(f"{self.name}: finds opinions, each with a score, and gives no label to abstain from")
        if isinstance(self._answers, HeadAnswers):
            named = ", ".join(self.heads)
            raise DataError(f"{self.name}: has several heads ({named}). Use `head(name)` of one, in Python")
        return marks_for(abstention, self.outputs, self.calibration, self.name)

    def __call__(
        self, text: str, *, aspects: Sequence[str] | None = None, abstention: Abstention | None = None
    ) -> Analysis:
        """The analysis of one text; `aspects` and `abstention` as in `stream_rows`."""
        return next(self.stream([text], aspects=aspects, abstention=abstention))

    def stream(
        self, texts: Iterable[str], *, aspects: Sequence[str] | None = None, abstention: Abstention | None = None
    ) -> Iterator[Analysis]:
        """One analysis per text, in order, in memory that does not grow with their number."""
        return self.stream_rows(((None, text) for text in texts), aspects=aspects, abstention=abstention)

    def stream_rows(
        self, rows: Iterable[TextRow], *, aspects: Sequence[str] | None = None, abstention: Abstention | None = None
    ) -> Iterator[Analysis]:
        """One analysis per (id, text), in order; a text that cannot be analysed gives a record with its error.

        aspects      names that opinions are asked of, wherever they stand in a text; None: aspects are found
        abstention   which texts a person should read, as `abstained` and `prediction_set` of each analysis; None: these
                     stay empty

        Raises DataError for a list with an empty name or one that is given twice, or to a run that gives labels only;
        and as `marks`.
        """
        mark = self.marks(abstention) if abstention else Marks()
        if aspects is not None and not self._answers.takes_aspects:
            raise DataError(f"{self.name}: finds no opinions, so it cannot be asked for aspects. Leave the list out")
        for chunk in _chunks(rows):
            yield from map(mark, self._analyse(chunk, aspects))

    def score(self, texts: Sequence[str], on_batch: Callable[[int], None] = lambda texts: None) -> Tensor:
        """Logits (N, C) float32 of texts; a blank text gives the logits of the training prior."""
        answers = self._label_answers()
        parts = [answers.logits(chunk, on_batch) for chunk in _text_chunks(texts)]
        return torch.cat(parts) if parts else torch.empty(0, len(answers.outputs.labels))

    @property
    def has_vectors(self) -> bool:
        """Whether `vectors` can be asked for: there is an encoder, and one head that labels whole texts."""
        return isinstance(self._answers, LabelAnswers) and self._answers.has_vectors

    def vectors(self, texts: Sequence[str], on_batch: Callable[[int], None] = lambda texts: None) -> Tensor:
        """The vector (N, D) float32 of each text that the head reads: pooled states, the mean over windows.

        Raises DataError for a run without an encoder, one that finds opinions and one with several heads.
        """
        answers = self._label_answers()
        if not answers.has_vectors:
            raise DataError(f"{self.name}: a baseline has no encoder, so its texts have no vectors. Use another run")
        parts = [answers.vectors(chunk, on_batch) for chunk in _text_chunks(texts)]
        return torch.cat(parts) if parts else torch.empty(0, 0)

    def opinions(
        self,
        texts: Sequence[str],
        given: Sequence[tuple[Span, ...]] | None = None,
        on_batch: Callable[[int], None] = lambda texts: None,
    ) -> list[tuple[Opinion, ...]]:
        """The opinions of each text; DataError for a run that gives labels only. `given`: aspects asked for."""
        if isinstance(self._answers, HeadAnswers):
            raise DataError(f"{self.name}: has several heads ({', '.join(self.heads)}). Use `head(name)` of one")
        if isinstance(self._answers, LabelAnswers):
            raise DataError(f"{self.name}: finds no opinions. Train with task=opinions")
        found: list[tuple[Opinion, ...]] = []
        for chunk in _text_chunks(texts):
            asked = None if given is None else given[len(found) : len(found) + len(chunk)]
            found += self._answers.opinions(chunk, asked, on_batch)
        return found

    def _label_answers(self) -> LabelAnswers:
        if not isinstance(self._answers, LabelAnswers):
            raise DataError(
                f"{self.name}: finds opinions and gives no scores of whole texts. Use a run with labels, or "
                "`head(name)` of one with several heads"
            )
        return self._answers

    def _analyse(self, rows: Sequence[TextRow], aspects: Sequence[str] | None = None) -> list[Analysis]:
        errors = [find_error(text) for _, text in rows]
        texts = [text or "" for (_, text), error in zip(rows, errors, strict=True) if error is None]
        answers = iter(self._answers(texts, aspects))
        return [
            self._record(row_id, text or "", next(answers))
            if error is None
            else Analysis(text or "", id=row_id, error=error)
            for (row_id, text), error in zip(rows, errors, strict=True)
        ]

    def _record(self, row_id: str | int | None, text: str, answer: Answer) -> Analysis:
        language = detect_language(text)
        return Analysis(
            text,
            language=language,
            truncated=answer.seen.truncated,
            warnings=(*self._warnings(text, language, answer.seen), *answer.warnings),
            model=self.name,
            id=row_id,
            **answer.fields,
        )

    def _warnings(self, text: str, language: str, seen: ReadText) -> Iterator[str]:
        if is_blank(text):
            yield f"blank_text: the text is blank; {self._answers.on_blank}"
            return
        if language == "other":
            yield "unknown_language: the text is neither Chinese nor English as far as can be told"
        if seen.num_windows > 1:
            windows = f"{seen.num_windows} overlapping windows {self._answers.on_windows}"
            yield f"windowed: the text was read in {windows}"
        if seen.unknown > MANY_UNKNOWN:
            yield f"many_unknown_words: {seen.unknown:.0%} of the tokens are unknown to the model"


def load(
    run: str | Path, *, precision: Literal["auto", "float32", "bfloat16"] = "float32", verify: bool = True,
    graph: Path | None = None,
) -> Analyzer:  # fmt: skip
    """The Analyzer of a run folder; RunFolderError names a missing or altered file with its hash.

    verify   compare every file with the manifest's hashes first (a second for a small model)
    graph    of the run's encoder, made by `groundswell.serving.engine`, to read instead of its weights
    """
    folder = Path(run)
    manifest = read_manifest(folder)
    if verify:
        check_files(folder, manifest)
    return Analyzer(load_model(folder / MODEL, graph), str(manifest["model"]), precision=precision)


def _text_chunks(texts: Sequence[str]) -> Iterator[list[str]]:
    return ([text or "" for _, text in chunk] for chunk in _chunks((None, text) for text in texts))


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


def find_error(text: str | None) -> dict[str, str] | None:
    """Why a text cannot be analysed, as the `error` of its record; None for one that can."""
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
