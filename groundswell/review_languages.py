"""Which languages a run was trained on, as far as that can still be told."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from groundswell.analyzer import Analyzer
from groundswell.data.readers import open_rows
from groundswell.data.splits import locate
from groundswell.errors import InputError
from groundswell.evaluation.behaviour.checking import texts_of
from groundswell.evaluation.behaviour.shipped import shipped_cases
from groundswell.recipe_reading import load_recipe
from groundswell.run_folder import RECIPE
from groundswell.text.language import count_languages

ReviewLanguage = Literal["en", "zh"]
LANGUAGES: tuple[ReviewLanguage, ...] = ("en", "zh")

LEAST_SHARE = 0.05  # of the texts; a language with fewer is not what a model was trained for
NUM_ROWS = 500
NUM_PROBES = 60
UNREADABLE = 0.5  # share of probes with many unknown tokens from which on a language is left out


def languages_of(texts: Iterable[str]) -> tuple[ReviewLanguage, ...]:
    """The languages, of Chinese and English, that at least a twentieth of the texts is written in.

    >>> languages_of(["不错", "很好用", "Gut."])
    ('zh',)
    """
    return main_languages(count_languages(list(texts)))


def main_languages(counts: Mapping[Any, int]) -> tuple[ReviewLanguage, ...]:
    """The same of numbers of texts by language; the most frequent first.

    >>> main_languages({"en": 2, "zh": 40, "other": 3})
    ('zh',)
    """
    least = max(1.0, LEAST_SHARE * sum(counts.values()))
    found = [language for language in LANGUAGES if counts.get(language, 0) >= least]
    return tuple(sorted(found, key=lambda language: -counts[language]))


def languages_of_run(
    folder: Path, manifest: dict[str, Any], analyzer: Analyzer
) -> tuple[tuple[ReviewLanguage, ...], str]:
    """The languages of a run, and how they were told.

    The manifest says so under data.languages; else the first rows of the training file do, if it is still there; else
    the languages whose words the model knows, which may be more than it was trained on.
    """
    if told := manifest.get("data", {}).get("languages"):
        return main_languages(told), "as the manifest says"
    if texts := _training_texts(folder):
        return languages_of(texts), "as in the training file"
    return readable_languages(analyzer), "those whose words the model knows"


def readable_languages(analyzer: Analyzer) -> tuple[ReviewLanguage, ...]:
    """The languages in which the model knows most tokens of most texts."""
    return tuple(language for language in LANGUAGES if _reads(analyzer, language))


def _reads(analyzer: Analyzer, language: ReviewLanguage) -> bool:
    texts = list(dict.fromkeys(texts_of(shipped_cases(language).capabilities)))
    probes = texts[:: max(1, len(texts) // NUM_PROBES)]
    strange = sum(
        any(warning.startswith("many_unknown_words") for warning in analysis.warnings)
        for analysis in analyzer.stream(probes)
    )
    return strange < UNREADABLE * len(probes)


def _training_texts(folder: Path) -> list[str]:
    """The first texts of the training file; none when it is elsewhere by now or another one."""
    try:
        data = load_recipe(folder / RECIPE).data
        path, _ = locate(data.train)
        if not Path(path).is_file():
            return []
        rows = open_rows(path, text_column=data.text, encoding=data.encoding)
        read = itertools.islice(rows, NUM_ROWS)
        return [text for row in read if isinstance(text := row.values.get(data.text), str)]
    except InputError:
        return []
