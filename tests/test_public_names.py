"""The public face of the package: what it promises is there, and nothing else is promised by accident."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

import groundswell


def test_all_is_sorted_and_every_name_has_a_home() -> None:
    assert groundswell.__all__ == sorted(set(groundswell.__all__))
    assert set(groundswell.__all__) == set(groundswell._HOMES)


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse(Path(groundswell.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    seen = {alias.name: node.module for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert seen == {name: f"groundswell.{home}" for name, home in groundswell._HOMES.items()}


@pytest.mark.parametrize("name", groundswell.__all__)
def test_a_public_name_is_what_its_home_defines(name: str) -> None:
    home = f"groundswell.{groundswell._HOMES[name]}"
    found = getattr(groundswell, name)
    assert found is getattr(importlib.import_module(home), name)
    assert found.__module__ == home, "its home must define it, not import it"
    assert found.__doc__, "a public name says what it is"


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(AttributeError) as caught:
        groundswell.trian  # noqa: B018
    assert str(caught.value) == (
        "module 'groundswell' has no attribute 'trian'; public names: Abstention, Analysis, Analyzer, AsyncClient, "
        "Client, Example, Explanation, GroundswellError, Opinion, Recipe, Run, Span, evaluate, explain, load, "
        "load_recipe, train"
    )
