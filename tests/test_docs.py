"""The documents keep up with the code: generated pages, commands, links, code blocks."""

from __future__ import annotations

import ast
import importlib.util
import re
import shlex
from functools import cache
from pathlib import Path

import pytest
import typer

import groundswell
from groundswell.cli.main import app
from groundswell.recipe_reading import apply_overrides, find_recipe, load_recipe, recipe_from_values
from groundswell.recipe_yaml import read_yaml

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
RECIPES = sorted((ROOT / "recipes").rglob("*.yaml"))
COMMANDS = typer.main.get_command(app)

every_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def blocks(path: Path, language: str) -> list[str]:
    """The fenced code blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def check_command(words: list[str]) -> None:
    """Nothing; AssertionError when `groundswell` would not take these words."""
    command, verb = COMMANDS, words[:1]
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]  # type: ignore[attr-defined]
    if words and hasattr(command, "default_command"):
        command = command.commands[command.default_command]  # type: ignore[attr-defined]
    assert not getattr(command, "commands", {}) or words[:1] in ([], ["--help"]), f"no such verb: {words}"
    options = {name for parameter in command.params for name in [*parameter.opts, *parameter.secondary_opts]}
    for word in words:
        if word.startswith("--"):
            assert word in {*options, "--help"}, f"{command.name} has no option {word}"
        elif re.match(r"[a-z_]+(\.\w+)+=", word):
            apply_overrides({}, [word])
    if verb == ["train"] and words and words[0] != "RECIPE":
        assert find_recipe(words[0]).is_file()


@every_document
def test_commands_in_shell_blocks_exist(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    for line in "".join(blocks(path, "sh")).splitlines():
        program, *words = shlex.split(line, comments=True) or [""]
        if program == "make":
            assert {word for word in words if "=" not in word} <= targets, line
        elif program == "groundswell":
            check_command(words)
        elif program:
            assert (ROOT / program).is_file(), line


@every_document
def test_commands_in_sentences_exist(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    for written in re.findall(r"`groundswell ([a-z][^`]*)`", path.read_text(encoding="utf-8")):
        check_command(shlex.split(written))


@pytest.mark.parametrize("words", [["trian"], ["train", "RECIPE", "--dry"], ["predict", "RUN", "--txt", "good"]])
def test_a_wrong_command_would_be_noticed(words: list[str]) -> None:
    with pytest.raises(AssertionError):
        check_command(words)


@every_document
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://")):
            assert (path.parent / target.partition("#")[0]).exists(), f"{path}: {target}"


def test_the_recipe_page_is_current() -> None:
    script = ROOT / "docs" / "generate_recipe_table.py"
    spec = importlib.util.spec_from_file_location("generate_recipe_table", script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    page = (ROOT / "docs" / "recipe.md").read_text(encoding="utf-8")
    assert page == module.render(), "run: .venv/bin/python docs/generate_recipe_table.py"


def test_every_key_of_the_recipe_page_has_a_meaning() -> None:
    rows = re.findall(
        r"^\| `([\w.]+)` \| (.+) \| (.+) \| (.*) \|$", (ROOT / "docs/recipe.md").read_text(), re.MULTILINE
    )
    assert len(rows) > 50
    assert [key for key, *_, meaning in rows if not meaning] == []


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_shipped_recipes_are_right_and_say_how_to_run_them(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    load_recipe(path)
    heading = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    assert any(line.startswith("# Needs: ") for line in heading)
    command = heading[-1].removeprefix("#   groundswell ")
    check_command(shlex.split(command))
    assert shlex.split(command)[1] == path.relative_to(ROOT / "recipes").with_suffix("").as_posix()


def test_yaml_blocks_are_recipes() -> None:
    found = blocks(ROOT / "README.md", "yaml")
    assert found
    for block in found:
        values, repeated = read_yaml(block)
        assert not repeated
        recipe_from_values(values, "README.md")


def test_python_blocks_use_public_names() -> None:
    used = [
        node.attr
        for block in blocks(ROOT / "README.md", "python")
        for node in ast.walk(ast.parse(block))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "gs"
    ]
    assert {"train", "load"} <= set(used) <= set(groundswell.__all__)


def test_the_readme_begins_with_the_two_commands_and_is_short() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [line.split()[:2] for line in blocks(ROOT / "README.md", "sh")[0].splitlines()] == [
        ["make", "demo"],
        ["make", "test"],
    ]
    assert text.index("```sh") < 300
    assert len(text.splitlines()) <= 150


def test_the_flow_page_links_every_module() -> None:
    page = (ROOT / "docs" / "flow.md").read_text(encoding="utf-8")
    modules = [path for path in (ROOT / "groundswell").rglob("*.py") if path.stem != "__init__"]
    missing = [str(path.relative_to(ROOT)) for path in modules if f"(../{path.relative_to(ROOT)})" not in page]
    assert not missing, f"docs/flow.md says nothing of {', '.join(missing)}"


def test_every_trap_has_a_test_that_exists() -> None:
    """A row of the page is a trap and at least one `file::test`, linked to its file."""
    page = ROOT / "docs" / "traps.md"
    lines = page.read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| ") and not line.startswith("| what goes wrong")]
    assert len(rows) > 70
    assert len(lines) <= 170
    for row in rows:
        named = re.findall(r"\[([\w/]+\.py)::(\w+)\]\(\.\./tests/([\w/]+\.py)\)", row)
        assert named, f"no test: {row}"
        assert len(named) == row.count("::"), f"not a link to its file: {row}"
        for file, name, target in named:
            assert file == target
            assert name in names_of_tests(ROOT / "tests" / file), f"{file} has no {name}"


@cache
def names_of_tests(path: Path) -> set[str]:
    """Names of the test functions of a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_decisions_are_numbered_and_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    place = DECISIONS.index(path) + 1
    assert path.name.startswith(f"{place:04d}-")
    assert text.startswith(f"# {place}. ")
    assert len(text.splitlines()) <= 40
    headings = [line for line in text.splitlines() if line.startswith("## ") and line != "## What was measured"]
    assert headings == ["## Context", "## Decision", "## Consequences"]
