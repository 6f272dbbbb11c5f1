"""MB of text a second from files to token ids, on the IMDB reviews: reading, filters, copies, held-out text, packing.

    python benchmarks/corpus_speed.py [--files train unsup] [--documents 0]

Text counts in UTF-8 bytes of all documents read. `reading` is decompression, filters, exact copies and the search for
spans of the test reviews; all in one thread; on a busy machine processor seconds say more than
the clock. Recall and precision of near copies are measured on planted ones.
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
from itertools import combinations
from pathlib import Path

from rows import SHARED, imdb, print_row, write_jsonl

from groundswell.data.corpus.building import CorpusSettings, build_corpus, open_blocks
from groundswell.data.corpus.copies import NearCopies
from groundswell.data.corpus.documents import TextSource
from groundswell.data.leakage import LEAST_SIMILARITY, normal_form
from groundswell.data.near_duplicates import similarity

BLOCK_TOKENS = 512


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", nargs="+", default=["train", "unsup"])
    parser.add_argument("--documents", type=int, default=0, help="of each file; 0: all")
    parser.add_argument("--vocabulary", type=int, default=16_000)
    parser.add_argument("--tokenizer-documents", type=int, default=20_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = {file: chosen(folder, file, options.documents) for file in options.files}
        megabytes = sum(len(row["text"].encode()) for file in options.files for row in part(file, options)) / 1e6
        cpu_began = time.process_time()
        report = build_corpus(
            CorpusSettings(
                folder=folder / "corpus",
                sources=[TextSource(file, (str(path),)) for file, path in files.items()],
                held_out=[TextSource("test", (str(SHARED / "imdb/test_a.jsonl.xz"),))],
                vocabulary_size=options.vocabulary,
                tokenizer_documents=options.tokenizer_documents,
            )
        )
        cpu_seconds = time.process_time() - cpu_began
        packed, seconds = packing(report.folder)
    judged = report.seconds["reading"] + report.seconds["near copies"]
    print_row(
        "corpus_speed", files=options.files, megabytes=round(megabytes, 1), seconds=report.seconds,
        cpu_seconds=round(cpu_seconds, 1),
        megabytes_per_second={
            "reading": round(megabytes / report.seconds["reading"], 2),
            "with near copies": round(megabytes / judged, 2),
            "writing ids": round(megabytes / report.seconds["writing ids"], 2),
        },
        packed_tokens_per_second=round(packed / seconds), tokens=report.tokens,
        sources={source.name: source.accounting.to_dict()["reasons"] for source in report.sources},
        kept={source.name: source.accounting.kept for source in report.sources},
        near_copies=near_copy_quality(options.files[0]),
        peak_memory_mb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    )  # fmt: skip


def part(file: str, options: argparse.Namespace) -> list[dict[str, object]]:
    """The rows of a file that are read."""
    rows = imdb(file)
    return rows[: options.documents] if options.documents else rows


def chosen(folder: Path, file: str, documents: int) -> Path:
    """The file itself, or one with its first documents."""
    if not documents:
        return SHARED / "imdb" / f"{file}.jsonl.xz"
    return write_jsonl(folder / f"{file}.jsonl", imdb(file)[:documents])


def packing(folder: Path) -> tuple[int, float]:
    """Tokens of one epoch of blocks, and the seconds they take."""
    began = time.perf_counter()
    blocks, _ = open_blocks(folder, block_tokens=BLOCK_TOKENS)
    return sum(found.token_ids.size for found in blocks.stream(64)), time.perf_counter() - began


def near_copy_quality(file: str, size: int = 150) -> dict[str, float]:
    """Recall and precision on reviews and near copies planted among them, against the similarity of every pair."""
    chances = random.Random(0)
    forms = [normal_form(str(row["text"])) for row in chances.sample(imdb(file), size)]
    strangers = [similarity(left, right) for left, right in combinations(forms[:100], 2)]
    for form in list(forms):
        letters = list(form)
        for _ in range(chances.randint(1, len(form) // 25)):
            letters[chances.randrange(len(letters))] = chances.choice("aeiourstln")
        forms.append("".join(letters))
    true = [number for number in range(size, 2 * size) if similarity(forms[number - size], forms[number]) >= 0.8]
    copies = NearCopies(LEAST_SIMILARITY)
    for number, form in enumerate(forms):
        copies.add(number, form)
    found = {copy.number: copy.of for copy in copies.find(lambda number: forms[number])}
    right = sum(similarity(forms[number], forms[of]) >= LEAST_SIMILARITY for number, of in found.items())
    return {
        "planted": len(true),
        "recall": round(sum(number in found for number in true) / len(true), 4),
        "precision": round(right / len(found), 4),
        "mean_similarity_of_strangers": round(sum(strangers) / len(strangers), 3),
        "largest_similarity_of_strangers": round(max(strangers), 3),
    }


if __name__ == "__main__":
    main()
