from __future__ import annotations

import json
import lzma
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from groundswell.data.corpus.building import CorpusSettings, build_corpus, open_blocks
from groundswell.data.corpus.document_tokens import load_document_tokens
from groundswell.data.corpus.documents import TextSource
from groundswell.data.corpus.filters import Quality
from groundswell.data.corpus.token_file import open_tokens
from groundswell.errors import DataError

NOUNS = ["room", "staff", "breakfast", "screen", "battery", "garden", "coffee", "harbour", "street", "window", "waiter"]
ADJECTIVES = [
    "clean",
    "dark",
    "friendly",
    "slow",
    "quiet",
    "cheap",
    "lovely",
    "broken",
    "small",
    "warm",
    "noisy",
    "dull",
]
LAST = "房间很大，服务也很好，早餐种类丰富，下次还会再来，推荐给大家！"
FILES = ("web.txt", "shop.jsonl.xz")
TEST = (
    "Nobody told us that the lift had been out of order for a month, and our luggage weighed more than the two of us."
)


def reviews(count: int, seed: int) -> list[str]:
    """Texts of about 25 words, no two alike."""
    chances = random.Random(seed)
    return [
        " ".join(
            f"The {chances.choice(NOUNS)} number {chances.randrange(10**6)} was {chances.choice(ADJECTIVES)}."
            for _ in range(4)
        )
        for _ in range(count)
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two sources with planted copies and leaks, and a test file."""
    web = reviews(60, 0)
    web[10] = web[3].upper() + " !"  # an exact copy
    web[20] = web[4].replace("number", "numbr", 1)  # a near copy
    web[30] = f"As somebody wrote: {TEST} So true, and we had the same with the lift in May."  # a leak
    web[31] = TEST.replace("month", "months")  # nearly the test text, but no long span of it
    web[40] = "bad"
    (tmp_path / "web.txt").write_text("\n".join(web), encoding="utf-8")
    shop = [*reviews(20, 1), web[5], LAST]
    rows = "".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in shop)
    (tmp_path / "shop.jsonl.xz").write_bytes(lzma.compress(rows.encode()))
    (tmp_path / "test.jsonl").write_text(json.dumps({"text": TEST}) + "\n")
    return tmp_path


def settings(folder: Path, name: str = "corpus", **changes: Any) -> CorpusSettings:
    values: dict[str, Any] = {
        "folder": folder / name,
        "sources": tuple(TextSource(file.partition(".")[0], (str(folder / file),)) for file in FILES),
        "held_out": (TextSource("test", (str(folder / "test.jsonl"),)),),
        "vocabulary_size": 500,
    }  # fmt: skip
    return CorpusSettings(**{**values, **changes})


def test_every_document_is_counted_and_planted_copies_and_leaks_are_gone(folder: Path) -> None:
    report = build_corpus(settings(folder))
    web, shop = (source.accounting for source in report.sources)
    assert (web.read, web.kept) == (60, 55)
    assert {reason: rows.first_rows for reason, rows in web.dropped.items()} == {
        "exact copy": [11],
        "near copy": [21],
        "shares a span with a held-out text": [31],
        "nearly equals a held-out text": [32],
        "too short": [41],
    }
    assert (shop.read, shop.kept) == (22, 21)
    assert shop.dropped["exact copy"].first_rows == [21]  # a copy of the other source
    tokens = open_tokens(report.folder, check=True)
    spoken = load_document_tokens(report.folder / "tokenizer")
    texts = [spoken.text(tokens.document(number)) for number in range(len(tokens))]
    assert len(texts) == report.documents == 76
    assert texts[-1] == LAST
    assert not any("luggage weighed" in text for text in texts)
    assert sum(source.tokens for source in report.sources) == len(tokens.ids)


def test_progress_is_told_by_stage(folder: Path) -> None:
    told: list[tuple[str, int, int | None]] = []
    build_corpus(settings(folder), progress=lambda *what: told.append(what))
    assert [stage for stage, _, _ in told][:2] == ["reading web", "reading shop"]
    assert told[-1] == ("writing ids", 76, 76)


def test_the_report_is_kept_with_the_corpus(folder: Path) -> None:
    report = build_corpus(settings(folder))
    kept = json.loads((report.folder / "report.json").read_text(encoding="utf-8"))
    assert kept == report.to_dict()
    assert kept["sources"][0]["files"][0]["encoding"] == "utf-8"
    assert kept["held_out_texts"] == 1
    assert sorted(path.name for path in report.folder.iterdir()) == [
        "index.json", "lengths.bin", "report.json", "tokenizer", "tokens.bin",
    ]  # fmt: skip
    assert report.lines()[0].startswith("web: 60 documents read, 55 kept, 5 dropped (")
    assert report.lines()[2].endswith("1.00 epochs")


def test_sources_are_mixed_by_weight_and_the_epochs_are_said(folder: Path) -> None:
    changes = {"weights": {"web": 1.0, "shop": 1.0}, "num_tokens": 20_000}
    report = build_corpus(settings(folder, **changes))
    blocks, mix = open_blocks(report.folder, block_tokens=64, **changes)  # type: ignore[arg-type]
    assert mix.sources == report.mix
    assert blocks.num_tokens == sum(source.tokens for source in mix.sources)
    web, shop = mix.sources
    assert abs(web.tokens - shop.tokens) < 200
    assert shop.epochs > 4
    assert any("source 'shop' is read" in line for line in report.warnings)


def test_a_tokenizer_can_be_given_and_then_learns_nothing(folder: Path) -> None:
    first = build_corpus(settings(folder))
    (folder / "web.txt").write_text("\n".join(f"{text} zebra quagga okapi" for text in reviews(9, 5)))
    second = build_corpus(settings(folder, "dev", tokens=load_document_tokens(first.folder / "tokenizer")))
    assert second.tokenizer.sha256 == first.tokenizer.sha256
    assert second.tokenizer.learned_from == 0
    assert open_tokens(second.folder).index.tokenizer == first.tokenizer.sha256


def test_the_tokenizer_learns_nothing_of_the_test(folder: Path) -> None:
    """D7: a word that stands in the test only is no part of what is learned."""
    first = build_corpus(settings(folder))
    (folder / "test.jsonl").write_text(
        "".join(
            json.dumps({"text": text}) + "\n" for text in (TEST, "Quaggaquagga everywhere we looked, at all times.")
        )
    )
    assert build_corpus(settings(folder, "again")).tokenizer.sha256 == first.tokenizer.sha256


def test_a_part_of_the_documents_teaches_the_tokenizer(folder: Path) -> None:
    report = build_corpus(settings(folder, tokenizer_documents=10))
    assert report.tokenizer.learned_from <= 10
    spoken = load_document_tokens(report.folder / "tokenizer")
    assert spoken.text(open_tokens(report.folder).document(75)) == LAST  # in bytes, but not unknown


def test_without_near_copies_only_exact_ones_go(folder: Path) -> None:
    web = build_corpus(settings(folder, least_similarity=None, held_out=())).sources[0].accounting
    assert set(web.dropped) == {"exact copy", "too short"}


def test_other_processes_give_the_same_bytes(folder: Path) -> None:
    """Hash seeds differ from process to process; nothing may follow from them."""
    script = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[2]);"
        "from test_corpus_building import build_corpus, settings;"
        "build_corpus(settings(Path(sys.argv[1]), sys.argv[3]))"
    )
    for seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-c", script, str(folder), str(Path(__file__).parent), f"corpus{seed}"],
            check=True, env={**os.environ, "PYTHONHASHSEED": seed}, timeout=60,
        )  # fmt: skip
    for path in sorted(path for path in (folder / "corpus1").rglob("*") if path.is_file()):
        other = folder / "corpus2" / path.relative_to(folder / "corpus1")
        assert path.read_bytes() == other.read_bytes(), path.name


def test_a_failed_build_leaves_an_older_corpus_alone_and_nothing_half_written(folder: Path) -> None:
    build_corpus(settings(folder))
    before = {path.name for path in folder.iterdir()}
    content = (folder / "shop.jsonl.xz").read_bytes()
    (folder / "shop.jsonl.xz").write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match=r"shop\.jsonl\.xz: .*cut off after \d+ decompressed bytes"):
        build_corpus(settings(folder))
    assert {path.name for path in folder.iterdir()} == before
    open_tokens(folder / "corpus", check=True)


def test_empty_corpora_are_refused_with_the_reasons(folder: Path) -> None:
    with pytest.raises(DataError, match=r"source 'web' .*no document is left of 60 read \(too short 60\)"):
        build_corpus(settings(folder, quality=Quality(least_words=1_000)))
    (folder / "web.txt").write_text("")
    with pytest.raises(DataError, match=r"source 'web' .*no document is left of 0 read\. Name other files"):
        build_corpus(settings(folder))
    (folder / "test.jsonl").write_text("")
    with pytest.raises(DataError, match="held-out files: 0 texts, all blank"):
        build_corpus(settings(folder))


def test_a_test_row_that_cannot_be_read_is_refused(folder: Path) -> None:
    (folder / "test.jsonl").write_text('{"text": "one"}\n{"txt": "two"}\n')
    with pytest.raises(DataError, match=r"test\.jsonl:2: 'text' holds NoneType, expected text"):
        build_corpus(settings(folder))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sources": ()}, "sources: found none"),
        ({"weights": {"web": 1.0}}, "weights: source 'shop' has none"),
        ({"weights": {"web": 1.0, "shop": 0.0}}, "'shop' has 0.0, expected a positive number"),
        ({"vocabulary_size": 10}, "vocabulary_size: found 10"),
        ({"num_tokens": 0}, "num_tokens: found 0"),
        ({"tokenizer_documents": 0}, "tokenizer_documents: found 0"),
        ({"least_similarity": 0.1}, "found a least similarity of 0.1"),
        ({"held_out": (TextSource("test", ("nowhere.txt",)),)}, "nowhere.txt: no such file"),
    ],
)
def test_wrong_settings_are_refused_before_anything_is_read(
    folder: Path, changes: dict[str, Any], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("groundswell.data.corpus.reading.CorpusReader.read", None)
    with pytest.raises(DataError, match=message):
        build_corpus(settings(folder, **changes))
