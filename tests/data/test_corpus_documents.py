from __future__ import annotations

import gzip
import json
import lzma
import tracemalloc
from pathlib import Path

import pytest
import zstandard

from groundswell.data.accounting import Accounting
from groundswell.data.corpus.documents import SourceRead, TextSource, find_files, read_documents
from groundswell.errors import DataError


def read(*files: Path, **settings: object) -> tuple[list[str], SourceRead]:
    """The texts of files, every one kept, and what was counted."""
    found = SourceRead(Accounting("source", unit="documents"))
    texts = []
    for document in read_documents(TextSource("source", tuple(map(str, files)), **settings), found):  # type: ignore[arg-type]
        assert document.source == "source"
        found.accounting.keep()
        texts.append(document.text)
    found.accounting.check()
    return texts, found


def test_layouts_of_plain_text(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbfone\r\ntwo\n \n\nthree\nfour")
    assert read(path, layout="line")[0] == ["one", "two", " ", "", "three", "four"]
    assert read(path, layout="block")[0] == ["one\ntwo", "three\nfour"]
    assert read(path, layout="file")[0] == ["one\ntwo\n \n\nthree\nfour"]


def test_documents_are_named_by_where_they_begin(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("\none\ntwo\n\n\nthree\n")
    source = TextSource("s", (str(path),), layout="block")
    ids = [document.id for document in read_documents(source, SourceRead(Accounting("s")))]
    assert ids == [f"{path}:2", f"{path}:6"]


def test_every_format_and_compression_in_the_order_given(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text('text,x\n"one, two",1\n')
    (tmp_path / "a.tsv").write_text("text\tx\nthree\t1\n")
    (tmp_path / "c.jsonl.xz").write_bytes(lzma.compress(b'{"text": "four"}\n'))
    (tmp_path / "d.txt.gz").write_bytes(gzip.compress(b"five\nsix\n"))
    (tmp_path / "e.zst").write_bytes(zstandard.ZstdCompressor().compress(b"seven\n"))
    names = ["b.csv", "a.tsv", "c.jsonl.xz", "d.txt.gz", "e.zst"]
    texts, found = read(*(tmp_path / name for name in names))
    assert texts == ["one, two", "three", "four", "five", "six", "seven"]
    assert [file["documents"] for file in found.files] == [1, 1, 1, 2, 1]


def test_patterns_and_folders_are_read_by_name(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt", "c.md", ".hidden"):
        (tmp_path / name).write_text(name)
    by_pattern = find_files(TextSource("s", (str(tmp_path / "*.txt"),)))
    by_folder = find_files(TextSource("s", (str(tmp_path),)))
    assert [Path(name).name for name in by_pattern] == ["a.txt", "b.txt"]
    assert [Path(name).name for name in by_folder] == ["a.txt", "b.txt", "c.md"]


def test_each_file_has_its_own_encoding_and_it_is_said(tmp_path: Path) -> None:
    text = "房间很干净，服务也很好，早餐很不错，下次还会再来。"
    encodings = {"a.txt": "utf-8", "b.txt": "gb18030", "c.txt": "utf-16", "d.txt": "big5"}
    for name, encoding in encodings.items():
        written = "房間很乾淨，我們都很喜歡這個地方，下次還會再來。" if encoding == "big5" else text
        (tmp_path / name).write_bytes(written.encode(encoding))
    texts, found = read(tmp_path)
    assert texts[:3] == [text] * 3
    assert "房間" in texts[3]
    assert [file["encoding"] for file in found.files] == list(encodings.values())


def test_rows_that_cannot_be_read_are_counted_with_their_place(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "one"}\n{"text": \n{"txt": "two"}\n{"text": 3}\n{"text": "four"}\n')
    texts, found = read(path)
    assert texts == ["one", "four"]
    assert {reason: rows.count for reason, rows in found.accounting.dropped.items()} == {
        "unreadable row": 1, "no text": 2,
    }  # fmt: skip
    assert found.accounting.rejected[0]["reason"].startswith(f"{path}:2: not JSON")
    assert found.accounting.rejected[2]["reason"] == f"{path}:4: 'text' holds int, expected text"


def test_a_missing_column_is_refused_with_those_there_are(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("txt,label\none,1\n")
    with pytest.raises(DataError, match=r"a\.csv: no column 'text'.*Did you mean 'txt'\? Name .* as data.text"):
        read(tmp_path / "a.csv")


def test_empty_files_are_said_and_missing_ones_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("")
    (tmp_path / "b.jsonl").write_text("")
    (tmp_path / "c.txt").write_text("one\n")
    texts, found = read(tmp_path)
    assert texts == ["one"]
    assert found.accounting.warnings == [f"{tmp_path / name}: holds no document." for name in ("a.txt", "b.jsonl")]
    for wrong, message in (
        ("d.txt", "no such file"), ("*.csv", "names no file"), ("-", "standard input cannot be read twice"),
    ):  # fmt: skip
        with pytest.raises(DataError, match=message):
            find_files(TextSource("s", (str(tmp_path / wrong) if wrong != "-" else wrong,)))
    with pytest.raises(DataError, match=r"c\.txt is named twice"):
        find_files(TextSource("s", (str(tmp_path), str(tmp_path / "c.txt"))))


def test_a_file_cut_short_inside_a_compressed_stream_is_refused_with_its_place(tmp_path: Path) -> None:
    content = "\n".join(f"line {number} of many" for number in range(20_000)).encode()
    for suffix, compressed in (
        (".gz", gzip.compress(content)), (".xz", lzma.compress(content)),
        (".zst", zstandard.ZstdCompressor().compress(content)),
    ):  # fmt: skip
        path = tmp_path / f"a.txt{suffix}"
        path.write_bytes(compressed[: len(compressed) * 2 // 3])
        with pytest.raises(DataError, match=rf"a\.txt{suffix}: .*cut off after \d+ decompressed bytes"):
            read(path)


def test_broken_utf8_is_refused_with_line_and_byte(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("房间很干净。\n很好\n".encode() * 20_000 + b"a \xff b\n")
    with pytest.raises(DataError, match=r"a\.txt:40001: byte 0xff at offset 520002 is not valid utf-8"):
        read(path)


@pytest.mark.parametrize("layout", ["line", "block", "file"])
def test_a_giant_line_is_counted_and_never_held(tmp_path: Path, layout: str) -> None:
    """50 MB in one line: what is held at a time is bounded by the limit, here 100,000 characters."""
    path = tmp_path / "giant.txt"
    with path.open("w") as file:
        for _ in range(500):
            file.write("word " * 20_000)
        file.write("\n\nafter\n")
    tracemalloc.start()
    texts, found = read(path, layout=layout, most_characters=100_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert texts == {"line": ["", "after"], "block": ["after"], "file": []}[layout]
    assert found.accounting.dropped["longer than can be read"].count == 1
    assert peak < 3_000_000


def test_a_giant_row_is_held_three_times_at_most(tmp_path: Path) -> None:
    path = tmp_path / "giant.jsonl"
    path.write_text(json.dumps({"text": "word " * 2_000_000}) + '\n{"text": "after"}\n')
    tracemalloc.start()
    texts, found = read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert texts == ["after"]
    assert found.accounting.rejected[0]["reason"] == f"{path}:1: more than 1,000,000 characters"
    assert peak < 3.5 * 10_000_000


def test_a_line_of_exactly_the_limit_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"12345\r\n123456\n12345\n1234567890\n\n12345")
    texts, found = read(path, most_characters=5)
    assert texts == ["12345", "12345", "", "12345"]
    assert found.accounting.read == 6


def test_a_file_that_mixes_encodings_is_refused_at_the_line(tmp_path: Path) -> None:
    path = tmp_path / "mixed.txt"
    lines = ["房间很大，服务好。"] * 40
    path.write_bytes("\n".join(lines).encode("gb18030") + "\n房间很大服务很好\n".encode())
    with pytest.raises(DataError, match=r"mixed.txt:41: the file is gb18030 up to here, but this line is UTF-8"):
        list(read_documents(TextSource("a", (str(path),)), SourceRead(Accounting("a"))))
