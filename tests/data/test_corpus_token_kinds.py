"""Documents fall into tokens of any kind, learned or of a pretrained model, and a corpus is built with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from groundswell.data.corpus.building import CorpusSettings, build_corpus
from groundswell.data.corpus.document_tokens import DocumentTokens, learn_document_tokens, load_document_tokens
from groundswell.data.corpus.documents import TextSource
from groundswell.data.corpus.filters import Quality
from groundswell.data.corpus.token_file import open_tokens
from groundswell.errors import DataError, RecipeError, RunFolderError
from groundswell.text.pretrained_tokens import PretrainedTokens, load_tokenizer
from groundswell.text.segmentation import TokenKind
from groundswell.text.standard_tokenizer import write_standard_tokenizer

TEXTS = ["The room was clean, and the staff were friendly.", "It isn't\nbad at all.", "房间很干净，服务也很好 OK。"] * 5
_PIECES = ["The room was clean, and the staff were friendly.", "It isn't\nbad at all.", "房间很干净，服务也很好 OK。"]
_WORDS = ["The room was clean , and the staff were friendly .", "It isn't bad at all .", "房间很干净，服务也很好 OK 。"]
READ_BACK: dict[TokenKind, list[str]] = {
    "bpe": _PIECES,
    "unigram": _PIECES,
    "words": _WORDS,
    "jieba": _WORDS,
    "blanks": [text.replace("\n", " ") for text in _PIECES],
    "characters": ["".join(text.split()) for text in _PIECES],
}


def learn(kind: TokenKind, **changes: Any) -> DocumentTokens:
    return learn_document_tokens(lambda: iter(TEXTS), kind=kind, **{"size": 400, **changes})


@pytest.mark.parametrize("with_mask", [False, True])
@pytest.mark.parametrize("kind", READ_BACK)
def test_every_kind_is_read_back_and_loaded_again(kind: TokenKind, with_mask: bool, tmp_path: Path) -> None:
    tokens = learn(kind, with_mask=with_mask)
    ids = tokens.ids(TEXTS)
    assert [tokens.text(found) for found in ids[:3]] == READ_BACK[kind]
    assert all(found[0] == tokens.start_id and found[-1] == tokens.end_id for found in ids)
    assert (tokens.mask_id == len(tokens) - 1) == with_mask
    marks = {0, 1, len(tokens.tokens), len(tokens.tokens) + 1} | ({len(tokens) - 1} if with_mask else set())
    assert tokens.special_ids == marks
    tokens.save(tmp_path)
    loaded = load_document_tokens(tmp_path)
    assert (loaded.sha256, loaded.mask_id, len(loaded)) == (tokens.sha256, tokens.mask_id, len(tokens))
    assert loaded.ids([*TEXTS, "never seen 龙"]) == tokens.ids([*TEXTS, "never seen 龙"])


def test_a_mask_is_another_tokenizer() -> None:
    assert learn("words", with_mask=True).sha256 != learn("words").sha256


@pytest.mark.parametrize("kind", ["words", "characters", "unigram"])
def test_a_vocabulary_is_closed_and_keeps_to_its_size(kind: TokenKind) -> None:
    tokens = learn(kind, size=24, min_count=2, with_mask=True)
    assert len(tokens) <= 24
    (ids,) = tokens.ids(["房间 zebra 龙"])
    assert tokens.unknown_id in ids
    assert tokens.text(ids).count("<unk>") >= 2


def test_a_rare_word_is_unknown() -> None:
    texts = ["good room", "good view"]
    tokens = learn_document_tokens(lambda: iter(texts), kind="words", size=50, min_count=2)
    assert tokens.ids(["good view"]) == [[tokens.start_id, 2, tokens.unknown_id, tokens.end_id]]


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(DataError, match="user_words: has no effect on tokens of kind 'words'"):
        learn("words", user_words=("蓝瘦香菇",))
    with pytest.raises(DataError, match="vocabulary_size: found 9, expected at least 10"):
        learn("words", size=9)
    with pytest.raises(DataError, match="no text to learn tokens from"):
        learn_document_tokens(lambda: iter(["\n \n"]), kind="unigram", size=50)
    with pytest.raises(DataError, match="the vocabulary is empty"):
        learn_document_tokens(lambda: iter(["\n \n"]), kind="words", size=50)


def test_a_damaged_file_of_marks_is_named(tmp_path: Path) -> None:
    learn("words").save(tmp_path)
    (tmp_path / "marks.json").write_text("[]")
    with pytest.raises(RunFolderError, match=r"marks\.json: cannot be read"):
        load_document_tokens(tmp_path)


def test_tokens_of_a_bert(tiny_bert: Path) -> None:
    """[CLS] and [SEP] stand around a document, as around any text."""
    tokens = load_document_tokens(tiny_bert)
    tokenizer: Any = load_tokenizer(tiny_bert)
    assert tokens.ids(["good food 很好"]) == tokenizer(["good food 很好"])["input_ids"]
    assert (tokens.start_id, tokens.end_id) == (tokenizer.cls_token_id, tokenizer.sep_token_id)
    assert (tokens.pad_id, tokens.unknown_id) == (tokenizer.pad_token_id, tokenizer.unk_token_id)
    assert tokens.mask_id == tokenizer.mask_token_id
    assert tokens.special_ids == set(tokenizer.all_special_ids)
    assert tokens.text(tokens.ids(["good food"])[0]) == "good food"
    assert not tokens.special_ids & set(tokens.ids(["[MASK] good [SEP]"])[0][1:-1]) - {tokens.unknown_id}


def test_tokens_of_a_gpt2(tiny_gpt2: Path, tmp_path: Path) -> None:
    """One mark is beginning and end, nothing is unknown, nothing can be masked."""
    tokens = load_document_tokens(tiny_gpt2)
    tokenizer: Any = load_tokenizer(tiny_gpt2)
    assert tokens.start_id == tokens.end_id == tokenizer.eos_token_id
    assert tokens.unknown_id is None
    assert tokens.mask_id is None
    assert tokens.end_id in tokens.special_ids
    text = "The room.\n\n很好 👍🏽"
    (ids,) = tokens.ids([text])
    assert tokens.text(ids) == text
    assert max(ids) < len(tokens)
    tokens.save(tmp_path)
    loaded = load_document_tokens(tmp_path)
    assert loaded.sha256 == tokens.sha256
    assert loaded.ids(TEXTS) == tokens.ids(TEXTS)


def test_a_tokenizer_without_marks_is_refused(tiny_gpt2: Path) -> None:
    tokenizer: Any = load_tokenizer(tiny_gpt2)
    tokenizer.bos_token = tokenizer.eos_token = None
    with pytest.raises(DataError, match="marks neither beginning nor end of a text"):
        DocumentTokens(PretrainedTokens(tokenizer))


def test_own_tokens_come_back_from_transformers_as_pretrained_ones(tmp_path: Path) -> None:
    """What was written for transformers has our ids, marks and size."""
    tokens = learn("bpe", with_mask=True)
    write_standard_tokenizer(tokens, tmp_path, max_tokens=64)
    found = load_document_tokens(tmp_path)
    assert isinstance(found.tokens, PretrainedTokens)
    texts = [*TEXTS, "龙 <mask> </s>"]
    assert found.ids(texts) == tokens.ids(texts)
    assert [found.text(ids) for ids in found.ids(texts)] == [tokens.text(ids) for ids in tokens.ids(texts)]
    assert (found.start_id, found.end_id, found.pad_id, found.unknown_id, found.mask_id, len(found)) == (
        tokens.start_id, tokens.end_id, tokens.pad_id, tokens.unknown_id, tokens.mask_id, len(tokens),
    )  # fmt: skip
    assert found.special_ids == tokens.special_ids
    write_standard_tokenizer(found, tmp_path / "again", max_tokens=64)
    assert load_document_tokens(tmp_path / "again").sha256 == found.sha256


def corpus(place: Path, **changes: Any) -> CorpusSettings:
    values: dict[str, Any] = {
        "folder": place / "corpus",
        "sources": [TextSource(name, (str(place / f"{name}.txt"),)) for name in ("web", "shop")],
        "quality": Quality(least_words=2),
        "vocabulary_size": 400,
    }
    return CorpusSettings(**{**values, **changes})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lines = {
        name: [f"<b>The {name}</b> &amp; number {number * 7919:o} &amp; word{number} are good." for number in range(40)]
        for name in ("web", "shop")
    }
    for name, written in lines.items():
        (tmp_path / f"{name}.txt").write_text("\n".join(written))
    return tmp_path


def texts_of(folder: Path) -> list[str]:
    tokens, file = load_document_tokens(folder / "tokenizer"), open_tokens(folder)
    return [tokens.text(file.document(number)) for number in range(len(file))]


def test_documents_and_held_out_texts_are_cleaned_first(folder: Path) -> None:
    test = folder / "test.txt"
    test.write_text("<i>The web</i> &#38; number 0 & word0 are good.")  # spelled otherwise, the same when cleaned
    report = build_corpus(corpus(folder, cleaning=("html",), held_out=[TextSource("test", (str(test),))]))
    assert report.sources[0].accounting.dropped["equals a held-out text"].first_rows == [1]
    texts = texts_of(report.folder)
    assert texts[0] == f"The web & number {7919:o} & word1 are good."
    assert not any("<b>" in text or "&amp;" in text for text in texts)
    with pytest.raises(RecipeError, match="unknown step 'htm'"):
        build_corpus(corpus(folder, cleaning=("htm",)))


def test_a_share_is_kept_apart_and_counted(folder: Path) -> None:
    settings = {"cleaning": ("html",), "least_similarity": None, "dev_share": 0.1}
    report = build_corpus(corpus(folder, **settings))
    dev = [json.loads(line)["text"] for line in (report.folder / "dev.jsonl").read_text("utf-8").splitlines()]
    texts = texts_of(report.folder)
    assert (len(dev), report.dev, report.documents, len(texts)) == (8, 8, 72, 72)
    assert not set(dev) & set(texts)
    assert all(text.startswith("The ") and "&amp;" not in text for text in dev)
    apart = [source.accounting.dropped["kept apart for dev"].count for source in report.sources]
    assert sum(apart) == 8
    assert json.loads((report.folder / "report.json").read_text())["dev_documents"] == 8
    again = build_corpus(corpus(folder, folder=folder / "again", **settings))
    assert (again.folder / "dev.jsonl").read_bytes() == (report.folder / "dev.jsonl").read_bytes()
    other = build_corpus(corpus(folder, folder=folder / "other", seed=1, **settings))
    assert (other.folder / "dev.jsonl").read_bytes() != (report.folder / "dev.jsonl").read_bytes()
    assert build_corpus(corpus(folder, **{**settings, "dev_share": 1e-6})).dev == 1


def test_nothing_is_learned_of_what_is_kept_apart(folder: Path) -> None:
    report = build_corpus(corpus(folder, dev_share=0.2, token_kind="words", least_similarity=None))
    known = load_document_tokens(report.folder / "tokenizer").tokens.vocabulary.numbers  # type: ignore[union-attr]
    dev = [json.loads(line)["text"] for line in (report.folder / "dev.jsonl").read_text().splitlines()]
    web = next(text for text in dev if "web" in text).split("word")[1].split()[0]
    shop = {text.split("word")[1].split()[0] for text in texts_of(report.folder) if "shop" in text}
    assert (f"word{web}" in known) == (web in shop)


def test_a_source_of_which_nothing_is_left_for_training_is_refused(folder: Path) -> None:
    (folder / "shop.txt").write_text("One good document.")
    with pytest.raises(DataError, match=r"source 'web' .*no document is left of 40 read \(kept apart for dev 40\)"):
        build_corpus(corpus(folder, dev_share=0.99))


def test_a_corpus_of_words_tells_what_is_unknown(folder: Path) -> None:
    """`wordN` and the number of each of 80 documents: 'word0' to 'word39' stand twice, so do the numbers."""
    report = build_corpus(corpus(folder, token_kind="words", min_count=3, least_similarity=None, with_mask=True))
    tokens = load_document_tokens(report.folder / "tokenizer")
    assert tokens.mask_id == len(tokens) - 1
    file = open_tokens(report.folder)
    first = file.ids[: file.index.sources[0].tokens].tolist()
    share = first.count(1) / (len(first) - 2 * 40)
    assert report.sources[0].accounting.unknown == share > 0
    assert "of the tokens unknown" in report.lines()[0]
    assert json.loads((report.folder / "report.json").read_text())["sources"][0]["documents"]["unknown_tokens"] > 0


def test_a_corpus_in_the_ids_of_a_pretrained_model(folder: Path, tiny_gpt2: Path) -> None:
    tokens = load_document_tokens(tiny_gpt2)
    report = build_corpus(corpus(folder, tokens=tokens))
    assert texts_of(report.folder)[0] == (folder / "web.txt").read_text().splitlines()[0]
    assert open_tokens(report.folder).index.tokenizer == report.tokenizer.sha256 == tokens.sha256
    assert report.sources[0].accounting.unknown == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dev_share": 1.0}, "dev_share: found 1.0"),
        ({"dev_share": -0.1}, "dev_share: found -0.1"),
        ({"token_kind": "words", "vocabulary_size": 5}, "vocabulary_size: found 5"),
        ({"tokens": "given", "with_mask": True}, "with_mask: the given tokens have no mark"),
    ],
)
def test_settings_that_do_not_fit_are_refused(folder: Path, changes: dict[str, Any], message: str) -> None:
    if "tokens" in changes:
        changes = {**changes, "tokens": learn("words")}
    with pytest.raises(DataError, match=message):
        build_corpus(corpus(folder, **changes))
