"""The cases that come with the package: Chinese, English, and the same said in both."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

from groundswell.evaluation.behaviour.capabilities import CaseLanguage
from groundswell.evaluation.behaviour.case_file import Cases, read_cases

CASES = Path(__file__).parent / "cases"
# In the order in which a person would read the results: words first, then what is done to them.
ORDER = ("words", "negation", "structure", "tone", "invariance", "translations", "people")


def shipped_paths(language: CaseLanguage) -> list[Path]:
    """The files of a language, to be read, copied and edited."""
    return sorted((CASES / language).glob("*.yaml"), key=lambda path: ORDER.index(path.stem))


@functools.cache
def shipped_cases(language: CaseLanguage) -> Cases:
    """What the files of a language hold."""
    return joined([read_cases(path) for path in shipped_paths(language)])


def joined(files: Sequence[Cases]) -> Cases:
    """The cases of several files, in their order."""
    return Cases(
        tuple(capability for file in files for capability in file.capabilities),
        tuple(attribute for file in files for attribute in file.attributes),
    )
