"""YAML as recipes are written."""

from __future__ import annotations

import yaml
from hypothesis import given
from hypothesis import strategies as st

from groundswell.recipe_yaml import read_yaml

# PyYAML itself loses U+0085 and its like in keys, and refuses unpaired surrogates
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x85\u2028\u2029"), max_size=8)
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)


@given(plain)
def test_what_the_safe_writer_writes_is_read_the_same(value: object) -> None:
    """Nothing of what YAML quotes for others is lost on us; compared as written, for nan equals nothing."""
    found, repeated = read_yaml(yaml.safe_dump(value, allow_unicode=True, sort_keys=False))
    assert repr(found) == repr(value)
    assert not repeated
