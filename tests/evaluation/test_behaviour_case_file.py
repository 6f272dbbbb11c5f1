"""Files of cases: what they may hold, how slots are filled, and how a mistake is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundswell.errors import DataError
from groundswell.evaluation.behaviour import case_file
from groundswell.evaluation.behaviour.capabilities import Attribute, Capability, Case
from groundswell.evaluation.behaviour.case_file import Cases, read_cases
from groundswell.evaluation.behaviour.templates import TemplateError, expand

WHOLE = """
language: en
slots: {thing: [room, lobby]}
capabilities:
  - name: negated praise
    kind: minimum functionality
    description: praise that is denied
    negative: ["The {thing} was not good.", Not nice.]
    positive: [Not bad.]
  - name: capitals
    kind: invariance
    tolerance: 0.2
    slots: {thing: [bar]}
    same: [["The {thing} is fine.", "THE {thing:upper} IS FINE.", "the {thing} is {{fine}}."]]
  - name: downtoners
    kind: directional
    direction: not higher
    positive: [[A good bar., A fairly good bar.]]
attributes:
  - {name: gender, first: men, second: women, terms: [[man, woman]], sentences: ["The {term} paid for the {thing}."]}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "my.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_with_everything(tmp_path: Path) -> None:
    found = read_cases(written(tmp_path, WHOLE))
    negated, capitals, downtoners = found.capabilities
    assert negated == Capability(
        "negated praise", "minimum functionality", "en", "praise that is denied",
        (
            Case(("Not bad.",), "positive"), Case(("The room was not good.",), "negative"),
            Case(("The lobby was not good.",), "negative"), Case(("Not nice.",), "negative"),
        ),
    )  # fmt: skip
    assert capitals.cases == (Case(("The bar is fine.", "THE BAR IS FINE.", "the bar is {fine}."), None),)
    assert capitals.tolerance == 0.2
    assert downtoners.cases == (Case(("A good bar.", "A fairly good bar."), "positive"),)
    assert (downtoners.direction, downtoners.tolerance) == ("not higher", 0.1)
    (attribute,) = found.attributes
    (pair,) = attribute.pairs
    assert attribute == Attribute("gender", "en", "men", "women", (pair,))
    assert pair[0].replace("man", "woman") == pair[1]
    assert pair[0] in ("The man paid for the room.", "The man paid for the lobby.")


def test_the_example_of_the_module_is_right(tmp_path: Path) -> None:
    example = (case_file.__doc__ or "").partition("\n\n")[2]
    found = read_cases(written(tmp_path, example))
    assert [one.kind for one in found.capabilities] == ["minimum functionality", "invariance", "directional"]
    assert len(found.attributes) == 1


def test_the_example_of_the_page_is_right(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "behaviour.md").read_text(encoding="utf-8")
    found = read_cases(written(tmp_path, page.partition("```yaml\n")[2].partition("```")[0]))
    assert [len(one.cases) for one in found.capabilities] == [3, 2, 2]
    assert len(found.attributes[0].pairs) == 2


def test_slots_take_every_choice_or_a_fixed_draw() -> None:
    slots = {"a": ["1", "2", "3"], "b": ["x", "y"]}
    every = expand(["{a}{b}", "{b}"], slots, 6, "")
    assert every == [("1x", "x"), ("1y", "y"), ("2x", "x"), ("2y", "y"), ("3x", "x"), ("3y", "y")]
    drawn = expand(["{a}{b}", "{b}"], slots, 4, "seed")
    assert len(drawn) == 4
    assert [one for one in every if one in drawn] == drawn
    assert expand(["{a}{b}", "{b}"], slots, 4, "seed") == drawn
    assert any(expand(["{a}{b}", "{b}"], slots, 4, str(seed)) != drawn for seed in range(5))
    assert expand(["no slot"], slots, 1, "") == [("no slot",)]


@pytest.mark.parametrize(
    ("template", "word", "text"),
    [
        ("{x:upper}", "Wi-Fi", "WI-FI"),
        ("{x:lower}", "Wi-Fi", "wi-fi"),
        ("{x:half_width}", "ＷｉＦｉ１２", "WiFi12"),
        ("{x:simplified}", "麵條很軟", "面条很软"),
    ],
)
def test_changes_of_a_slot(template: str, word: str, text: str) -> None:
    assert expand([template], {"x": [word]}, 1, "") == [(text,)]


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{", "expected braces in pairs"),
        ("{}", "found the slot {}, expected a name of letters. Write {{ for a brace"),
        ("{x!r}", "found the slot {x}, expected a name of letters. Write {{ for a brace"),
        ("{x:bold}", "found the change 'bold' in a slot, expected one of upper, lower, half_width, simplified"),
        ("{y}", "found the slot {y}, expected one that `slots` lists (x)"),
    ],
)
def test_slots_that_cannot_be_filled(template: str, message: str) -> None:
    with pytest.raises(TemplateError) as error:
        expand([template], {"x": ["word"]}, 1, "")
    assert message in str(error.value)


MISTAKES = [
    ("language: fr\ncapabilities: []", ["1: language: found 'fr', expected one of en, zh, both"]),
    ("capabilities: []", ["1: language: missing, expected one of en, zh, both"]),
    ("language: en", ["1: found neither capabilities nor attributes, expected at least one"]),
    (
        "language: en\ncapabilites: []",
        ["2: capabilites: unknown key; did you mean 'capabilities'?"],
    ),
    (
        "language: en\nslots: {thing: room}\ncapabilities:\n  - just text",
        [
            "2: slots.thing: found 'room', expected a mapping of names to lists of one or more texts",
            "4: capabilities.0: found 'just text', expected a list of capabilities, each with name and kind",
        ],
    ),
    (
        "language: en\ncapabilities:\n  - name: a\n    kind: invarance\n  - name: b\n    positive: [x]",
        [
            "4: capabilities.0.kind: found 'invarance', expected one of minimum functionality, invariance, "
            "directional; did you mean 'invariance'?",
            "5: capabilities.1.kind: missing, expected one of minimum functionality, invariance, directional",
        ],
    ),
    (
        "language: en\ncapabilities:\n  - kind: minimum functionality\n    positive: [5, [a, b]]\n    tolerance: 0.1",
        [
            "3: capabilities.0.name: missing, expected text",
            "4: capabilities.0.positive.0: found 5, expected a list of texts; if it is text, put it in quotes",
            "4: capabilities.0.positive.1: found the list ['a', 'b'], expected a list of texts",
            "5: capabilities.0.tolerance: unknown key; keys here: name, description, slots, most, kind, positive, "
            "negative, neutral",
        ],
    ),
    (
        "language: en\ncapabilities:\n  - name: a\n    kind: directional\n    direction: up\n    negative:\n"
        "      - one\n      - [a, b, c]",
        [
            "5: capabilities.0.direction: found 'up', expected one of not lower, not higher",
            "7: capabilities.0.negative.0: found 'one', expected a list of pairs of text, each [text, changed text]",
            "8: capabilities.0.negative.1: found the list ['a', 'b', 'c'], expected a list of pairs of text, each "
            "[text, changed text]",
        ],
    ),
    (
        "language: en\ncapabilities:\n  - name: a\n    kind: invariance\n    tolerance: 2\n    same: [[a]]",
        [
            "5: capabilities.0.tolerance: found 2, expected a number of at least 0 and below 1; if it is text, put "
            "it in quotes",
            "6: capabilities.0.same.0: found the list ['a'], expected a list of lists, each of two or more texts "
            "that say the same",
        ],
    ),
    (
        "language: en\ncapabilities:\n  - name: a\n    kind: minimum functionality\n    positive:\n      - fine\n"
        "      - The {thing}.\n      - '  '\n    negative: [fine]",
        [
            "7: capabilities.0.positive.1: found the slot {thing}, expected one that `slots` lists (none)",
            "8: capabilities.0.positive.2: found a blank text, expected one with words",
            "9: capabilities.0.negative.0: found 'fine', which stands further up, there under positive, expected "
            "each once. Remove one of them",
        ],
    ),
    (
        "language: zh\ncapabilities:\n  - {name: a, kind: invariance, slots: {x: [好]}, same: [['{x}', '{x:upper}']]}",
        ["3: capabilities.0.same.0: found '好' twice, expected texts that differ. Change one of them"],
    ),
    (
        "language: en\ncapabilities:\n  - {name: a, kind: minimum functionality}",
        ["3: capabilities.0: found no case, expected texts under positive, negative or neutral"],
    ),
    (
        "language: en\nattributes:\n  - {name: a, first: b, second: c, terms: [[d, e]], sentences: [None here.]}",
        ["3: attributes.0.sentences.0: found 'None here.', expected {term} in it"],
    ),
    (
        "language: en\nattributes:\n  - {name: a, first: b, terms: [[d]], sentences: []}",
        [
            "3: attributes.0.second: missing, expected text",
            "3: attributes.0.sentences: found the list [], expected a list of one or more texts with {term} in each",
            "3: attributes.0.terms.0: found the list ['d'], expected a list of one or more pairs [first, second] of "
            "text",
        ],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "lines"), MISTAKES)
def test_mistakes_are_told_with_their_lines(tmp_path: Path, text: str, lines: list[str]) -> None:
    path = written(tmp_path, text)
    with pytest.raises(DataError) as error:
        read_cases(path)
    assert str(error.value).splitlines() == [f"{path}:{line}" for line in lines]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"language: en\nlanguage: zh\n", "{}:2: the key 'language' stands already in line 1; keep one of them"),
        (b"language: [en\n", "{}:2:1: not YAML: "),
        (b"", "{}: found nothing, expected `language:` and `capabilities:` or `attributes:`"),
        (b"- a\n", "{}: found the list ['a'], expected `language:` and `capabilities:` or `attributes:`"),
        (b"language: en\n# \xff\n", "{}:2: not UTF-8 at byte 15. Save the file as UTF-8"),
    ],
)
def test_files_that_hold_no_cases(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "my.yaml"
    path.write_bytes(content)
    with pytest.raises(DataError) as error:
        read_cases(path)
    assert str(error.value).startswith(message.format(path))


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match=r"none\.yaml: the cases cannot be read \(No such file or directory\)"):
        read_cases(tmp_path / "none.yaml")
    monkeypatch.setattr(case_file, "MOST_BYTES", 10)
    with pytest.raises(DataError, match=r"found 12 bytes, expected cases of at most 10\. Split the file"):
        read_cases(written(tmp_path, "language: en"))


def test_a_byte_order_mark_and_unquoted_no_are_text(tmp_path: Path) -> None:
    text = "\ufefflanguage: en\ncapabilities: [{name: a, kind: minimum functionality, negative: [no, 'yes, no']}]"
    assert read_cases(written(tmp_path, text)) == Cases(
        (Capability("a", "minimum functionality", "en", "",
                    (Case(("no",), "negative"), Case(("yes, no",), "negative"))),), (),
    )  # fmt: skip
