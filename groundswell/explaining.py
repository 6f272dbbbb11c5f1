"""Why a trained model says what it says, word by word: an Analyzer or a run folder and texts in, explanations out."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundswell.analyzer import Analyzer, TextRow, find_error, load
from groundswell.errors import DataError, RunFolderError
from groundswell.explanation.explained_output import explained_outputs
from groundswell.explanation.gradients import STEPS
from groundswell.explanation.methods import Weighed, pick_method, weigh
from groundswell.explanation.opinion_evidence import opinion_evidence
from groundswell.explanation.record import Explanation, WordWeight
from groundswell.explanation.text_words import TextWords
from groundswell.explanation.word_scorer import BaselineWords, NetworkWords, whole, word_scorer
from groundswell.model.opinion_answers import OpinionAnswers
from groundswell.model.saved_extractor import SavedExtractor
from groundswell.model.saved_model import SavedBaseline, SavedNetwork
from groundswell.run_folder import FINDINGS
from groundswell.text.blank import is_blank
from groundswell.text.language import detect_language

CHUNK_ROWS = 32


@dataclass(frozen=True)
class Question:
    """What is asked about texts.

    method    integrated_gradients, occlusion, attention, weights, or auto: what measured best
    label     the label that is explained; None: the one that is given, of multi label every one that is
    head      of a run with several heads, the one that is explained
    aspects   of a run that is asked for the opinions of aspects, their names
    """

    method: str = "auto"
    label: str | None = None
    head: str | None = None
    aspects: tuple[str, ...] | None = None


def explain(
    source: Analyzer | str | Path,
    texts: str | Iterable[str],
    *,
    method: str = "auto",
    label: str | None = None,
    head: str | None = None,
    aspects: Sequence[str] | None = None,
) -> list[Explanation]:
    """Why a model says what it says: one explanation per text, of multi label per label, of opinions per opinion.

    source   an Analyzer, or the run folder of one
    texts    one or several; a text that cannot be read gives an explanation with its `error`

    The rest as in `Question`. Raises DataError for a method, label, head or aspect that does not go with the model.

    >>> explain("runs/minilm-lora", "The room was spotless.")[0].top(1)    # doctest: +SKIP
    (WordWeight(text='spotless', start=13, end=21, weight=3.1),)
    """
    rows = ((None, text) for text in ([texts] if isinstance(texts, str) else texts))
    question = Question(method, label, head, None if aspects is None else tuple(aspects))
    return list(explain_rows(source, rows, question))


def explain_rows(
    source: Analyzer | str | Path,
    rows: Iterable[TextRow],
    question: Question = Question(),
    on_text: Callable[[int], None] = lambda texts: None,
    *,
    best: str | None = None,
) -> Iterator[Explanation]:
    """The explanations of (id, text) rows as they come, in order; see `explain`.

    best   of an Analyzer, the method that `measured_best` found for its run; a run folder is asked itself
    """
    analyzer = source if isinstance(source, Analyzer) else load(source)
    best = best if isinstance(source, Analyzer) else measured_best(Path(source))
    if question.head is not None or analyzer.heads:
        analyzer = analyzer.head(question.head)
    explainer = _explainer(analyzer, question, best)
    waiting = iter(rows)
    while chunk := list(itertools.islice(waiting, CHUNK_ROWS)):
        found = iter(explainer([text or "" for _, text in chunk if find_error(text) is None], on_text))
        for row_id, text in chunk:
            error = find_error(text)
            if error is not None:
                yield Explanation(text or "", model=analyzer.name, id=row_id, error=error)
                on_text(1)
            else:
                yield from (replace(one, id=row_id, model=analyzer.name) for one in next(found))


def measured_best(run: Path) -> str | None:
    """The method that measured most faithful on this run, by its findings; None where nobody measured."""
    path = run / FINDINGS
    try:
        found = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except ValueError as error:
        raise RunFolderError(f"{path}: cannot be read ({error}). Delete it, or measure again") from error
    measured: dict[str, Any] = found.get("evidence", {}).get("faithfulness", {})
    scores = {
        name: each["comprehensiveness"]["value"] - each["sufficiency"]["value"] for name, each in measured.items()
    }
    return max(scores, key=scores.__getitem__, default=None)


Explainer = Callable[[Sequence[str], Callable[[int], None]], list[list[Explanation]]]


def _explainer(analyzer: Analyzer, question: Question, best: str | None) -> Explainer:
    """What explains texts that can be read: a list of explanations of each."""
    saved = analyzer.saved
    if isinstance(saved, SavedExtractor):
        return _OpinionExplainer(saved, analyzer, question)
    assert isinstance(saved, SavedNetwork | SavedBaseline)  # several heads are one by one
    if question.aspects is not None:
        raise DataError(f"{analyzer.name}: finds no opinions, so it cannot be asked for aspects. Leave the list out")
    return _LabelExplainer(word_scorer(saved, analyzer.device), question, best)


class _LabelExplainer:
    """Explains labels and values."""

    def __init__(self, scorer: NetworkWords | BaselineWords, question: Question, best: str | None) -> None:
        self._scorer, self._label = scorer, question.label
        self._method = pick_method(scorer, question.method, best)
        # whoever asks for the method by name waits until its sum is right
        self._steps = None if question.method == "auto" else STEPS

    def __call__(self, texts: Sequence[str], on_text: Callable[[int], None]) -> list[list[Explanation]]:
        every = self._scorer.read(texts)
        logits = self._scorer.logits([whole(words) for words in every])
        explained: list[list[Explanation]] = []
        for text, words, row in zip(texts, every, logits, strict=True):
            outputs = explained_outputs(self._scorer.outputs, row, self._label)
            if is_blank(text):
                explained.append([_blank(text)])
            else:
                found = weigh(self._scorer, self._method, [words] * len(outputs), outputs, steps=self._steps)
                explained.append([
                    _explanation(
                        words, weighed, method=self._method, label=output.name,
                        value=float(output.values(row[None])), score=float(output.scores(row[None])),
                    )
                    for output, weighed in zip(outputs, found, strict=True)
                ])  # fmt: skip
            on_text(1)
        return explained


class _OpinionExplainer:
    """Explains opinions: the words whose loss costs each most."""

    def __init__(self, saved: SavedExtractor, analyzer: Analyzer, question: Question) -> None:
        if question.label is not None:
            raise DataError(f"{analyzer.name}: finds opinions, each is explained. Leave --label out")
        if question.method not in ("auto", "occlusion"):
            raise DataError(f"found the method {question.method!r}, expected occlusion for opinions. Mend --method")
        self._saved, self._device, self._aspects = saved, analyzer.device, question.aspects
        self._answers = OpinionAnswers(saved, analyzer.device, bfloat16=False)

    def __call__(self, texts: Sequence[str], on_text: Callable[[int], None]) -> list[list[Explanation]]:
        located = self._answers.read(texts, self._answers.asked(texts, self._aspects))
        explained = []
        for text, one in zip(texts, located, strict=True):
            found = opinion_evidence(self._saved, one, self._device)
            shown = self._answers.fields(text, [evidence.opinion for evidence in found])["opinions"]
            explained.append([
                replace(
                    _explanation(
                        evidence.words, Weighed(evidence.weights), method="occlusion", label=opinion.polarity,
                        value=opinion.score, score=opinion.score,
                    ),
                    opinion=opinion,
                )
                for evidence, opinion in zip(found, shown, strict=True)
            ] or [_without_opinions(text)])  # fmt: skip
            on_text(1)
        return explained


def _explanation(
    words: TextWords, weighed: Weighed, *, method: str, label: str, value: float, score: float
) -> Explanation:
    warnings = list(_unread(words)) + ([] if weighed.warning is None else [weighed.warning])
    return Explanation(
        words.text,
        language=detect_language(words.text),
        label=label,
        value=value,
        score=score,
        start=weighed.start,
        gap=weighed.gap,
        steps=weighed.steps,
        method=method,
        words=_word_weights(words, weighed.weights),
        warnings=tuple(warnings),
    )


def _word_weights(words: TextWords, weights: NDArray[np.float64]) -> tuple[WordWeight, ...]:
    return tuple(
        WordWeight(words.text[start:end], start, end, None if math.isnan(weight) else float(weight))
        for (start, end), weight in zip(words.words, weights.tolist(), strict=True)
    )


def _unread(words: TextWords) -> Iterator[str]:
    missing = int((~words.read).sum())
    if missing:
        yield (
            f"unread_words: {missing:,} of {len(words.words):,} words are not read by the model (text.max_tokens); "
            "they have no weight"
        )


def _blank(text: str) -> Explanation:
    return Explanation(text, warnings=("blank_text: the text is blank; there is nothing to weigh",))


def _without_opinions(text: str) -> Explanation:
    if is_blank(text):
        return _blank(text)
    told = "no_opinions: the model finds no opinion in this text"
    return Explanation(text, language=detect_language(text), warnings=(told,))
