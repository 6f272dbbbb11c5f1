"""WordNet as the system's package brings it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from groundswell.errors import MissingExtraError
from groundswell.representation.wordnet import (
    HOW_TO_GET_IT,
    LEXNAMES,
    closure,
    open_wordnet,
    path_similarity,
    wu_palmer_similarity,
)


@pytest.fixture(scope="module")
def wordnet() -> Any:
    try:
        return open_wordnet()
    except MissingExtraError:
        pytest.skip("needs WordNet's files: apt-get install wordnet-base")


def test_senses_of_a_word(wordnet: Any) -> None:
    found = wordnet.synsets("frog")
    assert found[0].name() == "frog.n.01"
    assert found[0].lexname() == "noun.animal"
    assert "toad" in found[0].lemma_names()
    assert wordnet.synsets("no-such-word") == []


def test_inflected_words_are_found(wordnet: Any) -> None:
    assert wordnet.synset("leaf.n.01") in wordnet.synsets("leaves")


def test_relations(wordnet: Any) -> None:
    good = wordnet.synset("good.a.01").lemmas()[0]
    assert [lemma.name() for lemma in good.antonyms()] == ["bad"]
    hand = wordnet.synset("hand.n.01")
    assert wordnet.synset("finger.n.01") in hand.part_meronyms()


def test_the_closure_of_hypernyms_ends_at_the_root_and_agrees_with_nltks(wordnet: Any) -> None:
    dog = wordnet.synset("dog.n.01")
    found = list(closure(dog))
    assert found[-1].name() == "entity.n.01"
    assert len(found) == len(set(found))
    assert set(found) == set(dog.closure(lambda synset: synset.hypernyms()))
    assert wordnet.synset("puppy.n.01") in closure(dog, "hyponyms")


def test_similarities_by_hand(wordnet: Any) -> None:
    """dog - canine - carnivore - feline - cat: 4 steps, and both stand two below carnivore."""
    dog, cat = wordnet.synset("dog.n.01"), wordnet.synset("cat.n.01")
    assert path_similarity(dog, cat) == pytest.approx(1 / 5)
    carnivore = wordnet.synset("carnivore.n.01").max_depth() + 1
    assert wu_palmer_similarity(dog, cat) == pytest.approx(2 * carnivore / (2 * (carnivore + 2)))
    assert path_similarity(dog, dog) == 1.0


def test_senses_of_two_kinds_are_far_apart(wordnet: Any) -> None:
    dog = wordnet.synset("dog.n.01")
    assert path_similarity(dog, wordnet.synset("good.a.01")) < path_similarity(dog, wordnet.synset("frog.n.01"))


def test_the_names_of_the_files_are_complete() -> None:
    assert len(LEXNAMES) == 45
    assert (LEXNAMES[5], LEXNAMES[29], LEXNAMES[44]) == ("noun.animal", "verb.body", "adj.ppl")


def test_a_missing_folder_names_three_ways_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(MissingExtraError) as error:
        open_wordnet(tmp_path)
    assert str(error.value) == f"{HOW_TO_GET_IT}. Looked in {tmp_path}"
    for way in ("apt-get install wordnet-base", "nltk.downloader wordnet", "NLTK_DATA"):
        assert way in HOW_TO_GET_IT
