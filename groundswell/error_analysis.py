"""Errors worth reading: sure mistakes, labels that are probably wrong, and what errors have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundswell.analyzer import Analyzer
from groundswell.data.leakage import normal_form
from groundswell.data.splitting import stratified_draw
from groundswell.errors import DataError
from groundswell.evaluation.error_clusters import cluster_rows
from groundswell.evaluation.mistakes import confident_mistakes
from groundswell.evaluation.typical_words import typical_words
from groundswell.label_checking import LEAST_ACCURACY, LabelCheck, check_labels, doubts_of
from groundswell.representation.nearest_texts import Neighbours, nearest_rows
from groundswell.representation.ngram_features import learn_ngrams
from groundswell.representation.text_tfidf import learn_rows
from groundswell.text.language import main_language
from groundswell.text.segmentation import Segmentation
from groundswell.types import Example

MOST_CLUSTERED = 1_000  # errors, the most confident ones; more take minutes to encode
_SHOWN_OF_CLUSTER = 3
_MOST_WORDS = 50_000

Floats = NDArray[np.float64]
OnStage = Callable[[str, int, int], None]


@dataclass(frozen=True)
class ErrorSettings:
    """How much is looked for.

    top            confident mistakes to keep
    nearest        training examples beside each confident mistake
    label_errors   check labels: of evaluated rows by the run itself, of training rows by cross-validation (seconds
                   for 5,000 rows)
    most_doubts    likely label errors to keep, of evaluated and of training rows each
    most_training  training texts that are encoded to look for the nearest, a seeded draw
    """

    top: int = 10
    nearest: int = 3
    label_errors: bool = True
    most_doubts: int = 100
    most_training: int = 2_000
    seed: int = 0


def error_findings(
    analyzer: Analyzer,
    examples: Sequence[Example],
    training_examples: Sequence[Example] = (),
    settings: ErrorSettings = ErrorSettings(),
    *,
    probabilities: Floats | None = None,
    on_stage: OnStage = lambda name, done, total: None,
) -> dict[str, Any]:
    """`{"confident": [...], "label_errors": [...], "clusters": [...], "num_rows", "num_wrong", "space", ...}`.

    confident      the surest mistakes: {"id", "row", "text", "gold", "predicted", "confidence", "nearest": [{"id",
                   "row", "text", "label", "similarity"}]}, nearest first, cosine in `space`
    label_errors   {"id", "row", "text", "label", "suggested", "probability", "source"}; source `evaluated` for the
                   examples, judged by the run, which has not seen them, and `training` for the training examples,
                   judged by cross-validation. Examples that stand among the training ones are judged there alone
    clusters       groups of errors, largest first: {"num_rows", "words", "examples": [{"id", "text", "gold",
                   "predicted"}]}, words typical of the group against all other examples
    not_checked    why the labels of a source were not checked, as a clause
    space          `encoder`: what the run's head reads; `tfidf` for a run without an encoder
    searched       {"training": texts that were searched for the nearest, "of": all}

    probabilities  (N, C) of the examples, where they are known already
    on_stage       called with a stage's name, how many texts are done, and how many there are

    Raises DataError for a run that does not give one label to a whole text, and for no examples.
    """
    _check_can_err(analyzer, examples)
    if probabilities is None:
        probabilities = _probabilities(analyzer, examples, on_stage)
    gold = analyzer.outputs.targets(examples).numpy()
    wrong = confident_mistakes(gold, probabilities)
    space = _Space(analyzer, examples, wrong[:MOST_CLUSTERED], _drawn(training_examples, settings), on_stage)
    named = [_described(analyzer, examples, probabilities, row) for row in wrong[:MOST_CLUSTERED]]
    found: dict[str, Any] = {
        "confident": _with_nearest(named[: settings.top], space, settings.nearest),
        "label_errors": [],
        "clusters": _clusters(named, space, examples, settings.seed),
        "num_rows": len(examples),
        "num_wrong": len(wrong),
        "space": space.name,
        "searched": {"training": len(space.training), "of": len(training_examples)},
    }
    if settings.label_errors:
        found |= _label_errors(analyzer, examples, probabilities, training_examples, settings)
    return found


def _check_can_err(analyzer: Analyzer, examples: Sequence[Example]) -> None:
    if analyzer.outputs.task != "single_label":
        raise DataError(
            f"{analyzer.name}: gives {analyzer.outputs.task.replace('_', ' ')} answers, expected one label for each "
            "text. Errors are explained for runs with task=single_label"
        )
    if not examples:
        raise DataError(f"{analyzer.name}: found no labelled rows to look for errors in. Name data with some")


class _Space:
    """The wrong examples and the training examples as rows of one space.

    wrong      (W, D) of the given rows of the examples; training_rows (T, D)
    """

    def __init__(
        self, analyzer: Analyzer, examples: Sequence[Example], wrong: Sequence[int], training: Sequence[Example],
        on_stage: OnStage,
    ) -> None:  # fmt: skip
        self.training, self.wrong_rows = training, wrong
        self.name = "encoder" if analyzer.has_vectors else "tfidf"
        texts = [*(examples[row].text for row in wrong), *(example.text for example in training)]
        if not wrong:
            self.wrong = self.training_rows = np.empty((0, 1))
            return
        rows = self._encoded(analyzer, texts, on_stage) if analyzer.has_vectors else _tfidf(examples, texts)
        self.wrong, self.training_rows = rows[: len(wrong)], rows[len(wrong) :]

    @staticmethod
    def _encoded(analyzer: Analyzer, texts: Sequence[str], on_stage: OnStage) -> Any:
        return analyzer.vectors(texts, _counted("encoding", len(texts), on_stage)).double().numpy()


def _tfidf(examples: Sequence[Example], texts: Sequence[str]) -> Any:
    """(T, F) rows of texts; the words are those of all examples and these texts."""
    return learn_rows([*texts, *(example.text for example in examples)]).values[: len(texts)]


def _probabilities(analyzer: Analyzer, examples: Sequence[Example], on_stage: OnStage) -> Floats:
    texts = [example.text for example in examples]
    logits = analyzer.score(texts, _counted("scoring", len(texts), on_stage))
    found: Floats = analyzer.outputs.values(logits).numpy()
    return found


def _counted(name: str, total: int, on_stage: OnStage) -> Callable[[int], None]:
    done = 0

    def advance(texts: int) -> None:
        nonlocal done
        done += texts
        on_stage(name, done, total)

    return advance


def _drawn(training: Sequence[Example], settings: ErrorSettings) -> list[Example]:
    """The training examples that are searched."""
    if not training or not settings.nearest:
        return []
    return stratified_draw(training, settings.most_training, settings.seed)


def _described(analyzer: Analyzer, examples: Sequence[Example], probabilities: Floats, row: int) -> dict[str, Any]:
    example, best = examples[row], int(probabilities[row].argmax())
    return {
        "id": example.id,
        "row": example.row,
        "text": example.text,
        "gold": str(example.target),
        "predicted": analyzer.outputs.labels[best],
        "confidence": float(probabilities[row, best]),
    }


def _with_nearest(mistakes: list[dict[str, Any]], space: _Space, count: int) -> list[dict[str, Any]]:
    near: Neighbours = nearest_rows(space.wrong[: len(mistakes)], space.training_rows, count)
    return [
        {
            **mistake,
            "nearest": [
                {"id": one.id, "row": one.row, "text": one.text, "label": str(one.target), "similarity": float(cosine)}
                for one, cosine in zip((space.training[row] for row in rows), cosines, strict=True)
            ],
        }
        for mistake, rows, cosines in zip(mistakes, near.rows.tolist(), near.cosines.tolist(), strict=True)
    ]


def _clusters(
    mistakes: list[dict[str, Any]], space: _Space, examples: Sequence[Example], seed: int
) -> list[dict[str, Any]]:
    """Groups of errors with what is typical of them; the surest errors stand for each."""
    if not mistakes:
        return []
    numbers = cluster_rows(space.wrong, seed=seed)
    presence, words = _word_presence([example.text for example in examples])
    total = np.asarray(presence.sum(axis=0)).ravel()
    found = []
    for number in range(int(numbers.max()) + 1):
        members = np.flatnonzero(numbers == number)
        rows = np.array(space.wrong_rows)[members]
        inside = np.asarray(presence[rows].sum(axis=0)).ravel()
        shown = [mistakes[member] for member in members[:_SHOWN_OF_CLUSTER]]
        found.append(
            {
                "num_rows": len(members),
                "words": typical_words(inside, total - inside, words),
                "examples": [{key: one[key] for key in ("id", "text", "gold", "predicted")} for one in shown],
            }
        )
    return found


def _word_presence(texts: Sequence[str]) -> tuple[Any, tuple[str, ...]]:
    """Which word stands in which text, (N, F) sparse of 0 and 1; Chinese is cut into words by jieba."""
    cut = Segmentation("jieba" if main_language(texts) == "zh" else "words")([text.lower() for text in texts])
    features, rows = learn_ngrams(cut, sizes=(1, 1), weighting="binary", min_count=1, max_features=_MOST_WORDS)
    return rows, features.grams


def _label_errors(
    analyzer: Analyzer, examples: Sequence[Example], probabilities: Floats, training: Sequence[Example],
    settings: ErrorSettings,
) -> dict[str, Any]:  # fmt: skip
    """The likeliest errors of both sources, and why one was not checked; the run judges no text it was trained on."""
    known = {normal_form(example.text) for example in training}
    unseen = [place for place, example in enumerate(examples) if normal_form(example.text) not in known]
    of_run = _judged_by_run(analyzer, [examples[place] for place in unseen], probabilities[unseen])
    checks = {"evaluated": of_run, "training": check_labels(training, seed=settings.seed)}
    doubts = [
        {**doubt, "source": source}
        for source, check in checks.items()
        for doubt in check.doubts[: settings.most_doubts]
    ]
    return {"label_errors": doubts, "not_checked": {name: one.why_not for name, one in checks.items() if one.why_not}}


def _judged_by_run(analyzer: Analyzer, examples: Sequence[Example], probabilities: Floats) -> LabelCheck:
    if not examples:
        return LabelCheck([], why_not="every row is one the run was trained on")
    gold = analyzer.outputs.targets(examples).numpy()
    accuracy = float((probabilities.argmax(axis=1) == gold).mean())
    if accuracy < LEAST_ACCURACY:
        return LabelCheck([], len(examples), accuracy, f"the run is right in {accuracy:.0%} only")
    return LabelCheck(doubts_of(examples, probabilities, gold, analyzer.outputs.labels), len(examples), accuracy)
