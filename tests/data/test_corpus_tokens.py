from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundswell.data.corpus.document_tokens import DocumentTokens, learn_document_tokens, load_document_tokens
from groundswell.data.corpus.token_file import TokenWriter, open_tokens
from groundswell.errors import DataError, RunFolderError
from groundswell.text.vocabulary import UNKNOWN_ID

TEXTS = [
    "The room was clean, and the staff were friendly.",
    "The food was good but the room was dark.",
    "房间很干净，服务也很好。",
    "电池很耐用，但屏幕太暗。",
] * 5


@pytest.fixture(scope="module")
def tokens() -> DocumentTokens:
    return learn_document_tokens(lambda: iter(TEXTS), size=360)


def test_ids_are_below_the_size_and_marks_stand_at_both_ends(tokens: DocumentTokens) -> None:
    assert len(tokens) <= 360
    for ids in tokens.ids(TEXTS):
        assert ids[0] == tokens.start_id
        assert ids[-1] == tokens.end_id
        assert ids.count(tokens.start_id) == ids.count(tokens.end_id) == 1
        assert max(ids) < len(tokens)


def test_an_empty_document_is_its_two_marks(tokens: DocumentTokens) -> None:
    assert tokens.ids(["", " \t"]) == [[tokens.start_id, tokens.end_id]] * 2


@pytest.mark.parametrize("text", ["zürich Ω 👍🏽 很", "<s> </s> <pad> <unk> <0x41>", "\x00\ufeff"])
def test_nothing_is_unknown_and_no_text_writes_a_mark(tokens: DocumentTokens, text: str) -> None:
    ids = tokens.ids([text])[0]
    marks = {tokens.start_id, tokens.end_id, tokens.pad_id, UNKNOWN_ID}
    assert not marks & set(ids[1:-1])
    assert tokens.text(ids) == " ".join(text.split())


@settings(max_examples=200, deadline=None)
@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="▁")))
def test_decoding_gives_the_text_with_single_blanks(tokens: DocumentTokens, text: str) -> None:
    """Line breaks stay. U+001C to U+001F are blanks to Python, but not to Unicode; they stay too."""
    single = re.sub(r"[^\S\x1c-\x1f]+", lambda run: "\n" * run[0].count("\n") or " ", text).strip(" ")
    assert tokens.text(tokens.ids([text])[0]) == single


def test_the_alphabet_leaves_room_for_merges(tokens: DocumentTokens) -> None:
    """Of more different characters than fit, the frequent ones are pieces, the others bytes."""
    many = [chr(0x4E00 + number) * (1000 - number) for number in range(500)]
    learned = learn_document_tokens(lambda: iter(many), size=400)
    assert len(learned) <= 400
    known = learned.tokens.vocabulary.numbers
    assert chr(0x4E00) in known
    assert chr(0x4E00 + 499) not in known
    assert learned.text(learned.ids([many[-1]])[0]) == many[-1]


def test_documents_are_streamed(tokens: DocumentTokens) -> None:
    def texts() -> Iterator[str]:
        yield from TEXTS

    assert learn_document_tokens(texts, size=360).sha256 == tokens.sha256


def test_saved_and_loaded(tokens: DocumentTokens, tmp_path: Path) -> None:
    tokens.save(tmp_path)
    loaded = load_document_tokens(tmp_path)
    assert loaded.sha256 == tokens.sha256
    assert loaded.ids(TEXTS) == tokens.ids(TEXTS)


def test_nothing_to_learn_from_is_refused() -> None:
    with pytest.raises(DataError, match="no text to learn tokens from"):
        learn_document_tokens(lambda: iter([" "]), size=400)
    with pytest.raises(DataError, match="vocabulary_size: found 100, expected at least 300"):
        learn_document_tokens(lambda: iter(TEXTS), size=100)


def write(folder: Path, size: int = 10) -> None:
    with TokenWriter(folder, size) as writer:
        writer.add("a", [[8, 2, 9], [8, 9]])
        writer.add("a", [[8, 3, 4, 9]])
        writer.add("b", [[8, 5, 9]])
        writer.finish(start_id=8, end_id=9, pad_id=0, tokenizer="abc")


def test_a_token_file_gives_back_its_documents(tmp_path: Path) -> None:
    write(tmp_path)
    tokens = open_tokens(tmp_path, check=True)
    assert [tokens.document(number).tolist() for number in range(len(tokens))] == [
        [8, 2, 9], [8, 9], [8, 3, 4, 9], [8, 5, 9],
    ]  # fmt: skip
    assert [(source.name, source.documents, source.tokens) for source in tokens.index.sources] == [
        ("a", 3, 9), ("b", 1, 3),
    ]  # fmt: skip
    assert isinstance(tokens.ids, np.memmap)


@pytest.mark.parametrize(("size", "width"), [(2**16, 2), (2**16 + 1, 4)])
def test_ids_take_two_bytes_as_long_as_they_fit(tmp_path: Path, size: int, width: int) -> None:
    with TokenWriter(tmp_path, size) as writer:
        writer.add("a", [[0, size - 1]])
        writer.finish(start_id=0, end_id=1, pad_id=2, tokenizer="")
    assert (tmp_path / "tokens.bin").stat().st_size == 2 * width
    assert open_tokens(tmp_path).document(0).tolist() == [0, size - 1]


def test_ids_that_do_not_fit_and_sources_in_two_places_are_refused(tmp_path: Path) -> None:
    with TokenWriter(tmp_path, 10) as writer:
        with pytest.raises(DataError, match="found ids 3 to 10, expected 0 to 9"):
            writer.add("a", [[3, 10]])
        writer.add("b", [[1]])
        with pytest.raises(DataError, match="documents of 'a' in two places"):
            writer.add("a", [[1]])


def test_damaged_folders_are_refused(tmp_path: Path) -> None:
    write(tmp_path)
    content = (tmp_path / "tokens.bin").read_bytes()
    (tmp_path / "tokens.bin").write_bytes(content[:-2])
    with pytest.raises(RunFolderError, match=r"tokens\.bin: found 22 bytes, expected 24"):
        open_tokens(tmp_path)
    (tmp_path / "tokens.bin").write_bytes(content[:-1] + b"\x01")
    open_tokens(tmp_path)
    with pytest.raises(RunFolderError, match=r"tokens\.bin: altered"):
        open_tokens(tmp_path, check=True)
    index = json.loads((tmp_path / "index.json").read_text())
    (tmp_path / "index.json").write_text(json.dumps({**index, "format": 99}))
    with pytest.raises(RunFolderError, match="another version"):
        open_tokens(tmp_path)
    (tmp_path / "lengths.bin").unlink()
    (tmp_path / "index.json").write_text(json.dumps(index))
    with pytest.raises(RunFolderError, match=r"lengths\.bin: missing"):
        open_tokens(tmp_path)
    with pytest.raises(RunFolderError, match=r"index\.json: cannot be read"):
        open_tokens(tmp_path / "nowhere")
