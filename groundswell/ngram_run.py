"""Texts in, an n-gram model out, and texts put to it: reads, cleans, cuts, learns, writes, measures."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast, get_args

from groundswell import run_folder
from groundswell.data.readers import open_rows
from groundswell.errors import DataError, RunFolderError
from groundswell.model.language_answers import Generated, NextWords, Sentence
from groundswell.model.ngram.arpa_writing import write_arpa
from groundswell.model.ngram.generation import generate
from groundswell.model.ngram.learning import LearnedNgrams, NgramSettings, learn_ngrams
from groundswell.model.ngram.next_words import next_words, sentence_parts
from groundswell.model.ngram.ngram_model import NgramModel
from groundswell.model.ngram.perplexity import measure_perplexity
from groundswell.model.ngram.saved_ngrams import load_ngrams, save_ngrams
from groundswell.model.perplexity import Perplexity
from groundswell.model.sampling import Sampling
from groundswell.text.cleaning import CLEANING_STEPS, clean
from groundswell.text.segmentation import Segmentation, TokenKind

LOWER_CASE = "lower_case"
_TEXTS_PER_NOTE = 100_000


@dataclass(frozen=True)
class Reading:
    """How texts become words; kept with the model, so that whoever uses it reads alike.

    tokens   words, jieba, characters, or blanks for texts that are cut already
    """

    cleaning: tuple[str, ...] = ("html", "control_characters", LOWER_CASE, "blanks")
    tokens: TokenKind = "words"

    def __call__(self, text: str) -> tuple[list[str], int]:
        """The tokens of a text, and its bytes in UTF-8 after cleaning."""
        # an unpaired surrogate, which JSON can hold and UTF-8 cannot, becomes a question mark
        cleaned = clean(text, self.cleaning).encode("utf-8", "replace")
        return self._segmentation([cleaned.decode("utf-8")])[0], len(cleaned)

    def described(self) -> dict[str, Any]:
        """What must be written down to read alike."""
        return {"tokens": self.tokens, "cleaning": list(self.cleaning)}

    @cached_property
    def _segmentation(self) -> Segmentation:
        return Segmentation(self.tokens)


AS_IT_STANDS = Reading((), "blanks")  # for ARPA files that do not say how their texts were read


@dataclass(frozen=True)
class OpenNgrams:
    """A stored model, ready to be asked."""

    model: NgramModel
    reading: Reading
    warnings: tuple[str, ...]

    def measure(self, source: str, *, text_column: str = "text") -> Perplexity:
        """The perplexity of the texts of a source."""
        return measure_perplexity(self.model, _read([source], self.reading, text_column, lambda stage: None))

    def next_words(self, text: str, count: int) -> NextWords:
        """The likeliest next words after the beginning of a text."""
        return next_words(self.model, self._tokens(text), count)

    def sentence(self, text: str) -> Sentence:
        """The probability of each word of a text and of its end."""
        return sentence_parts(self.model, self._tokens(text))

    def generate(
        self, start: str, num_tokens: int, sampling: Sampling, on_text: Callable[[str], None] = lambda text: None
    ) -> Generated:
        """Words that go on with a text."""
        return generate(self.model, self._tokens(start), num_tokens, sampling, on_text)

    def search(self, start: str, num_tokens: int, beams: int) -> Generated:
        """Nothing; raises DataError: an n-gram model draws."""
        raise DataError("generation: found --beams, but an n-gram model draws its words. Leave it out")

    def export(self, out: Path) -> None:
        """Write the model as an ARPA file."""
        if not out.name.endswith((".arpa", ".arpa.gz")):
            raise DataError(
                f"{out}: an n-gram model is exported as an ARPA file. Name one that ends in .arpa or .arpa.gz"
            )
        write_arpa(self.model, out, self.reading.described())

    def _tokens(self, text: str) -> list[str]:
        """The tokens of a text, read as the training texts were."""
        return self.reading(text)[0]


@dataclass(frozen=True)
class NgramRun:
    """What came of a training.

    seconds   from the first text read to the model in memory
    """

    path: Path
    learned: LearnedNgrams
    seconds: float


def train_ngrams(
    sources: Sequence[str],
    out: Path,
    settings: NgramSettings,
    reading: Reading,
    *,
    text_column: str = "text",
    on_stage: Callable[[str], None] = lambda stage: None,
) -> NgramRun:
    """An n-gram model of the texts of some sources, as a new ARPA file (.arpa, .arpa.gz) or as a new folder.

    on_stage   called with what begins now, in words

    Raises DataError for a source or a setting, RunFolderError when the place is taken.
    """
    if out.exists():
        raise RunFolderError(f"{out}: exists already. Choose another --out, or remove it")
    began = time.monotonic()
    texts = (tokens for tokens, _ in _read(sources, reading, text_column, on_stage))
    learned = learn_ngrams(texts, settings, on_stage=on_stage)
    seconds = time.monotonic() - began
    on_stage(f"writing {out}")
    if out.name.endswith((".arpa", ".arpa.gz")):
        write_arpa(learned.model, out, reading.described())
    else:
        with run_folder.whole_folder(out) as aside:
            save_ngrams(learned.model, reading.described(), asdict(settings), aside)
    return NgramRun(out, learned, seconds)


def open_ngrams(path: Path) -> OpenNgrams:
    """The model of an ARPA file or of a folder; DataError or RunFolderError when there is none."""
    saved = load_ngrams(path)
    reading = AS_IT_STANDS if saved.reading is None else _reading(path, saved.reading)
    return OpenNgrams(saved.model, reading, saved.warnings)


def _read(
    sources: Sequence[str], reading: Reading, text_column: str, on_stage: Callable[[str], None]
) -> Iterator[tuple[list[str], int]]:
    num_texts = 0
    for source in sources:
        for row in open_rows(source, text_column=text_column):
            text = row.values.get(text_column)
            yield reading(text) if isinstance(text, str) else ([], 0)
            num_texts += 1
            if num_texts % _TEXTS_PER_NOTE == 0:
                on_stage(f"{num_texts:,} texts read")


def _reading(path: Path, described: dict[str, Any]) -> Reading:
    tokens, cleaning = described.get("tokens"), described.get("cleaning")
    kinds = [kind for kind in get_args(TokenKind) if kind not in ("bpe", "unigram")]
    if tokens in kinds and isinstance(cleaning, list) and set(map(str, cleaning)) <= set(CLEANING_STEPS):
        return Reading(tuple(cleaning), cast("TokenKind", tokens))
    raise DataError(
        f"{path}: says that texts are read with {described}, expected tokens (one of {', '.join(kinds)}) and cleaning "
        f"(a list of {', '.join(CLEANING_STEPS)}). Mend that line, or train again"
    )
