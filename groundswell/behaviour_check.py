"""Behaviour tests and bias slices of an Analyzer: which of the shipped and the user's cases it passes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from groundswell.analyzer import Analyzer, load
from groundswell.data.suggestion import did_you_mean
from groundswell.errors import DataError
from groundswell.evaluation.behaviour.bias import measure_bias, texts_of_pairs
from groundswell.evaluation.behaviour.capabilities import Capability
from groundswell.evaluation.behaviour.case_file import Cases, read_cases
from groundswell.evaluation.behaviour.checking import MOST_FAILURES, Answers, check_capabilities, texts_of
from groundswell.evaluation.behaviour.label_polarity import columns_of, gather, grows_with_praise, polarities_of
from groundswell.evaluation.behaviour.shipped import joined, shipped_cases
from groundswell.review_languages import LANGUAGES, ReviewLanguage, languages_of_run
from groundswell.run_folder import read_manifest
from groundswell.training.progress import ProgressBar
from groundswell.types import Polarity

_Floats = NDArray[np.float64]


def behaviour_findings(
    analyzer: Analyzer, languages: Sequence[ReviewLanguage], *, bar: ProgressBar | None = None
) -> dict[str, Any]:
    """`behaviour` and `bias` of a run as plain values; for one without polarities only a warning that says why."""
    try:
        if not languages:
            raise DataError("the training texts are neither Chinese nor English, for which there are cases")
        _judge(analyzer, {})
    except DataError as error:
        warnings = [f"behaviour tests left out: {error}"]
        return {"behaviour": {"capabilities": [], "skipped": [], "warnings": warnings}}
    return check_behaviour(analyzer, languages, bar=bar)


def check_behaviour(
    analyzer: Analyzer,
    languages: Sequence[ReviewLanguage],
    *,
    own: Sequence[str | Path] = (),
    labels: Mapping[str, str] | None = None,
    only: str | None = None,
    bar: ProgressBar | None = None,
) -> dict[str, Any]:
    """{"behaviour": {"labels", "capabilities", "skipped", "warnings"}, "bias": [...]}, each as plain values.

    languages       of the shipped cases
    own             files of cases, which are asked whatever their language
    labels          label -> polarity, where its name does not tell; for a single value its name -> positive
    only            a capability, which alone is asked, and all its failures are told, not three
    raises          DataError for a run without polarities, a file of cases that is wrong, or nothing to ask
    """
    polarities, score, told = _judge(analyzer, labels or {})
    cases, skipped = _cases(languages, own)
    if only is not None:
        cases, skipped = _alone(cases, only), []
    texts = [*texts_of(cases.capabilities), *texts_of_pairs(cases.attributes)]
    if bar is not None:
        bar.begin("behaviour tests", len(set(texts)))
    answers = Answers(texts, lambda asked: score(asked, bar.advance if bar else lambda _: None), polarities)
    most = MOST_FAILURES if only is None else None
    checked, without_label = check_capabilities(cases.capabilities, answers, most_failures=most)
    return {
        "behaviour": {
            "labels": told,
            "capabilities": checked,
            "skipped": [*skipped, *without_label],
            "warnings": [],
        },
        "bias": [measure_bias(attribute, answers) for attribute in cases.attributes],
    }


def check_run(
    run: str | Path,
    language: Literal["auto", "en", "zh", "both", "none"] = "auto",
    *,
    head: str | None = None,
    say: Callable[[str], None] = lambda line: None,
    progress: bool | None = None,
    **options: Any,
) -> dict[str, Any]:
    """`check_behaviour` of a run folder, with its `options`.

    language   of the shipped cases; auto: those it was trained on, as far as that can be told; none: only `own` ones
    head       of a run with several, the one that is asked
    say        is given a line about what was chosen and why
    """
    folder = Path(run)
    manifest = read_manifest(folder)
    analyzer = load(folder)
    if head is not None or analyzer.heads:
        analyzer = analyzer.head(head)
    if language == "auto":
        languages, why = languages_of_run(folder, manifest, analyzer)
        say(f"cases in {' and '.join(languages) or 'no language'} ({why}; --language chooses)")
    else:
        languages = LANGUAGES if language == "both" else tuple(one for one in LANGUAGES if one == language)
    with ProgressBar(progress) as bar:
        return check_behaviour(analyzer, languages, bar=bar, **options)


def _cases(languages: Sequence[ReviewLanguage], own: Sequence[str | Path]) -> tuple[Cases, list[dict[str, Any]]]:
    """The cases to ask, and what is left out and why."""
    files = [read_cases(path) for path in own]
    chosen = [language for language in LANGUAGES if language in languages]
    if not chosen and not files:
        raise DataError(
            "behaviour: found neither a language nor a file of cases, expected one. Choose --language en, zh or both, "
            "or name --cases FILE"
        )
    in_both = shipped_cases("both")
    if len(chosen) == len(LANGUAGES):
        return joined([*map(shipped_cases, chosen), in_both, *files]), []
    why = f"for models of both languages, and only {chosen[0]} was asked" if chosen else ""
    skipped = [_skipped(one, why) for one in in_both.capabilities] if chosen else []
    return joined([*map(shipped_cases, chosen), *files]), skipped


def _alone(cases: Cases, name: str) -> Cases:
    found = tuple(one for one in cases.capabilities if one.name.casefold() == name.casefold())
    if not found:
        names = [one.name for one in cases.capabilities]
        raise DataError(
            f"behaviour: found no capability {name!r}, expected one of: {', '.join(names)}.{did_you_mean(name, names)}"
        )
    return Cases(found, ())


def _skipped(capability: Capability, why: str) -> dict[str, Any]:
    return {"language": capability.language, "capability": capability.name, "why": why}


_Score = Callable[[Sequence[str], Callable[[int], None]], _Floats]


def _judge(
    analyzer: Analyzer, given: Mapping[str, str]
) -> tuple[tuple[Polarity, ...], _Score, dict[str, Polarity | Literal["none"]]]:
    """The polarities that a run tells apart, their probabilities of texts, and what each of its labels stands for."""
    outputs = analyzer.outputs
    if outputs.task == "multi_label":
        raise DataError(
            f"{analyzer.name}: gives several labels at once, expected one label that is positive or negative. "
            "Use a single-label run or head"
        )
    if outputs.task == "regression":
        rises = grows_with_praise(outputs.labels[0], given, analyzer.name)

        def from_value(texts: Sequence[str], on_batch: Callable[[int], None]) -> _Floats:
            # the share of training values below this one, had they been normal: 0.5 at their mean
            place = norm.cdf(analyzer.score(texts, on_batch).double().numpy()[:, 0])
            return np.stack([place, 1 - place] if rises else [1 - place, place], axis=1)

        return ("positive", "negative"), from_value, {outputs.labels[0]: "positive" if rises else "negative"}
    polarities = polarities_of(outputs.labels, given, analyzer.name)

    def from_labels(texts: Sequence[str], on_batch: Callable[[int], None]) -> _Floats:
        return gather(outputs.values(analyzer.score(texts, on_batch)).numpy(), polarities)

    return columns_of(polarities), from_labels, {label: polarity or "none" for label, polarity in polarities.items()}
