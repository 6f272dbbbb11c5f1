"""Capabilities and attributes from a YAML file; every mistake is told with its line.

language: en                                 # en, zh, or both
slots: {thing: [room, lobby]}                # words for {thing}, in every capability
capabilities:
  - name: negated praise
    kind: minimum functionality              # or invariance, or directional
    negative: ["The {thing} was not good."]
  - name: capitals
    kind: invariance
    same: [["The {thing} is fine.", "THE {thing:upper} IS FINE."]]
  - name: intensifiers
    kind: directional                        # P(positive) of the second text may not be lower than that of the first
    positive: [["A good {thing}.", "A very good {thing}."]]
attributes:
  - {name: gender, first: men, second: women, terms: [[man, woman]], sentences: ["The {term} paid."]}
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from groundswell.errors import DataError
from groundswell.evaluation.behaviour.capabilities import Attribute, Capability, Case
from groundswell.evaluation.behaviour.case_mistakes import Mistake, Places, schema_mistakes
from groundswell.evaluation.behaviour.case_sections import (
    AttributeSection,
    CapabilitySection,
    CaseFileSections,
    DirectionalSection,
    InvarianceSection,
)
from groundswell.evaluation.behaviour.templates import Slots, TemplateError, expand, slots_of
from groundswell.recipe_mistakes import KeyPath, shown
from groundswell.recipe_yaml import YamlError, read_yaml
from groundswell.types import Polarity

LABELS: tuple[Polarity, ...] = ("positive", "negative", "neutral")
MOST_BYTES = 5_000_000


@dataclass(frozen=True)
class Cases:
    """What files of cases hold."""

    capabilities: tuple[Capability, ...]
    attributes: tuple[Attribute, ...]


def read_cases(path: str | Path) -> Cases:
    """What one file holds, its texts with slots filled; DataError with one line for each mistake."""
    file = str(path)
    text = _read_text(Path(path))
    try:
        values, repeated = read_yaml(text)
    except YamlError as error:
        raise DataError(f"{file}{error.place}: not YAML: {error}; check indentation and quotes") from error
    if repeated:
        twice = repeated[0]
        raise DataError(
            f"{file}:{twice.line}: the key {twice.key!r} stands already in line {twice.first_line}; keep one of them"
        )
    if not isinstance(values, dict):
        raise DataError(f"{file}: found {shown(values)}, expected `language:` and `capabilities:` or `attributes:`")
    try:
        sections = CaseFileSections.model_validate(values)
    except ValidationError as error:
        raise DataError("\n".join(Places(text).lines(file, schema_mistakes(values, error)))) from error
    mistakes: list[Mistake] = []
    cases = Cases(
        tuple(_capability(one, number, sections, mistakes) for number, one in enumerate(sections.capabilities)),
        tuple(_attribute(one, number, sections, mistakes) for number, one in enumerate(sections.attributes)),
    )
    if not cases.capabilities and not cases.attributes:
        mistakes.append(((), "found neither capabilities nor attributes, expected at least one"))
    if mistakes:
        raise DataError("\n".join(Places(text).lines(file, mistakes)))
    return cases


def _capability(section: CapabilitySection, number: int, file: CaseFileSections, mistakes: list[Mistake]) -> Capability:
    slots = {**file.slots, **section.slots}
    seen: dict[tuple[str, ...], Polarity | None] = {}
    for label, key, texts in _entries(section):
        path = ("capabilities", number, *key)
        try:
            expanded = expand(texts, slots, section.most, f"{section.name} {texts}")
        except TemplateError as error:
            mistakes.append((path, str(error)))
            continue
        for case in expanded:
            mistakes += [(path, what) for what in _wrong(case, label, seen)]
            seen[case] = label
    if not seen and not mistakes:
        mistakes.append((("capabilities", number), "found no case, expected texts under positive, negative or neutral"))
    cases = tuple(Case(texts, label) for texts, label in seen.items())
    told = section.name, section.kind, file.language, section.description, cases
    if isinstance(section, DirectionalSection):
        return Capability(*told, section.tolerance, section.direction)
    return Capability(*told, section.tolerance if isinstance(section, InvarianceSection) else 0.0)


def _entries(section: CapabilitySection) -> Iterator[tuple[Polarity | None, KeyPath, list[str]]]:
    """Label, key and texts of each entry, slots not yet filled."""
    if isinstance(section, InvarianceSection):
        for place, group in enumerate(section.same):
            yield None, ("same", place), group
        return
    for label in LABELS:
        entries: list[str] | list[list[str]] = getattr(section, label)
        for place, entry in enumerate(entries):
            yield label, (label, place), [entry] if isinstance(entry, str) else list(entry)


def _wrong(
    case: tuple[str, ...], label: Polarity | None, seen: dict[tuple[str, ...], Polarity | None]
) -> Iterator[str]:
    if len(set(case)) < len(case):
        yield f"found {shown(case[0])} twice, expected texts that differ. Change one of them"
    if any(not text.strip() for text in case):
        yield "found a blank text, expected one with words"
    if case in seen:
        where = "" if seen[case] == label else f", there under {seen[case]}"
        yield f"found {shown(case[0])}, which stands further up{where}, expected each once. Remove one of them"


def _attribute(section: AttributeSection, number: int, file: CaseFileSections, mistakes: list[Mistake]) -> Attribute:
    pairs: list[tuple[str, str]] = []
    for place, sentence in enumerate(section.sentences):
        path = ("attributes", number, "sentences", place)
        try:
            if "term" not in slots_of(sentence):
                raise TemplateError(f"found {shown(sentence)}, expected {{term}} in it")
            for first, second in section.terms:
                pairs += zip(
                    _with_term(sentence, first, file.slots), _with_term(sentence, second, file.slots), strict=True
                )
        except TemplateError as error:
            mistakes.append((path, str(error)))
    return Attribute(section.name, file.language, section.first, section.second, tuple(pairs))


def _with_term(sentence: str, term: str, slots: Slots) -> list[str]:
    # the same draw for both groups: the seed is the sentence alone
    return [text for (text,) in expand([sentence], {**slots, "term": [term]}, 1, sentence)]


def _read_text(path: Path) -> str:
    try:
        num_bytes = path.stat().st_size
        if num_bytes > MOST_BYTES:
            raise DataError(
                f"{path}: found {num_bytes:,} bytes, expected cases of at most {MOST_BYTES:,}. Split the file"
            )
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DataError(f"{path}: the cases cannot be read ({error.strerror}). Check the path") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise DataError(f"{path}:{line}: not UTF-8 at byte {error.start}. Save the file as UTF-8") from error
