"""A stored language model of any kind, ready to be asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from groundswell.data.corpus.documents import TextSource
from groundswell.data.language_texts import read_language_texts
from groundswell.errors import DataError, RunFolderError
from groundswell.language_objectives import causal_perplexity
from groundswell.model.exported_language_model import export_for_transformers
from groundswell.model.language_answers import Generated, NextWords, Sentence
from groundswell.model.masked_lm import MaskedLanguageModel
from groundswell.model.neural_lm.answers import NeuralAnswers
from groundswell.model.perplexity import Perplexity
from groundswell.model.sampling import Sampling
from groundswell.model.saved_language_model import SavedLanguageModel, load_saved_language_model
from groundswell.ngram_run import open_ngrams
from groundswell.run_folder import MANIFEST, MODEL, RECIPE, check_files, read_manifest
from groundswell.text.cleaning import clean


class OpenLanguageModel(Protocol):
    """What every stored language model can be asked."""

    @property
    def warnings(self) -> tuple[str, ...]: ...

    def measure(self, source: str, *, text_column: str = "text") -> Perplexity:
        """The perplexity of the texts of a source."""

    def next_words(self, text: str, count: int) -> NextWords:
        """The likeliest next words after the beginning of a text."""

    def sentence(self, text: str) -> Sentence:
        """The probability of each word of a text and of its end."""

    def generate(
        self, start: str, num_tokens: int, sampling: Sampling, on_text: Callable[[str], None] = lambda text: None
    ) -> Generated:
        """Words that go on with a text, drawn; `on_text` is called with what is new as it comes."""

    def search(self, start: str, num_tokens: int, beams: int) -> Generated:
        """The best text of a beam search."""

    def export(self, out: Path) -> None:
        """Write the model as other programs read it."""


def open_language_model(path: Path) -> OpenLanguageModel:
    """The model of an ARPA file, of a folder of n-grams, or of a run; its files are compared with their hashes."""
    if not path.is_dir() or not any((path / name).exists() for name in (MANIFEST, RECIPE)):
        return open_ngrams(path)
    manifest = read_manifest(path)
    if manifest.get("task") != "language_model":
        raise RunFolderError(
            f"{path}: a run of task={manifest.get('task')!r}, expected language_model. Name another run"
        )
    check_files(path, manifest)
    return OpenNeural(path, load_saved_language_model(path / MODEL))


@dataclass(frozen=True)
class OpenNeural:
    """The language model of a run."""

    path: Path
    saved: SavedLanguageModel
    warnings: tuple[str, ...] = ()

    def measure(self, source: str, *, text_column: str = "text") -> Perplexity:
        """The perplexity of the texts of a source."""
        answers = self._answers()
        texts = read_language_texts(
            TextSource("texts", (source,), text_column=text_column),
            self.saved.tokens,
            self.saved.cleaning,
            split="texts",
        )
        return causal_perplexity(answers.model, self.saved.tokens, texts)

    def next_words(self, text: str, count: int) -> NextWords:
        """The likeliest next tokens after the beginning of a text."""
        return self._answers().next_words(self._cleaned(text), count)

    def sentence(self, text: str) -> Sentence:
        """The probability of each token of a text and of its end."""
        return self._answers().sentence(self._cleaned(text))

    def generate(
        self, start: str, num_tokens: int, sampling: Sampling, on_text: Callable[[str], None] = lambda text: None
    ) -> Generated:
        """Tokens that go on with a text."""
        return self._answers().generate(self._cleaned(start), num_tokens, sampling, on_text)

    def search(self, start: str, num_tokens: int, beams: int) -> Generated:
        """The best text of a beam search."""
        return self._answers().search(self._cleaned(start), num_tokens, beams)

    def export(self, out: Path) -> None:
        """Write a folder that `transformers` loads with the head that predicts tokens."""
        export_for_transformers(self.saved, self.path / MODEL, out)

    def _answers(self) -> NeuralAnswers:
        if isinstance(self.saved.model, MaskedLanguageModel):
            raise DataError(
                f"{self.path}: foresees tokens that are left out, not the next one. Name a model of objective causal; "
                "how good this one is stands in its metrics.json"
            )
        return NeuralAnswers(self.saved.model, self.saved.tokens)

    def _cleaned(self, text: str) -> str:
        # an unpaired surrogate, which JSON can hold and UTF-8 cannot, becomes a question mark
        return clean(text, self.saved.cleaning).encode("utf-8", "replace").decode("utf-8")
