"""The one way from files to a corpus folder that a language model can be trained on.

    tokens.bin  lengths.bin  index.json   the ids, see `token_file`
    tokenizer/                            what made them, see `document_tokens`
    dev.jsonl                             {"text": ...}, documents kept apart to measure on, when some are asked for
    report.json                           every document counted, and the mix

In use:

    shop = TextSource("shop", ("reviews/*.jsonl.xz",))
    report = build_corpus(CorpusSettings(Path("corpora/reviews"), [shop], held_out=[TextSource("test", ("test.csv",))]))
    blocks, mix = open_blocks(report.folder, block_tokens=512, num_tokens=100_000_000)
    for batch in blocks.stream(32, first=next_block): ...

A training that was stopped goes on with the number of its next block: the order follows from the folder and the seed.
"""

from __future__ import annotations

import json
import operator
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path

from groundswell.data.corpus.document_spool import DocumentSpool
from groundswell.data.corpus.document_tokens import DocumentTokens, check_size, learn_document_tokens
from groundswell.data.corpus.documents import SourceRead, TextSource, find_files
from groundswell.data.corpus.filters import Quality
from groundswell.data.corpus.held_out import SPAN, HeldOut
from groundswell.data.corpus.mixing import Mix, mix_documents, weight_shares
from groundswell.data.corpus.packing import PackedBlocks
from groundswell.data.corpus.reading import CorpusReader, Progress, no_progress, read_held_out, refuse_nothing_left
from groundswell.data.corpus.report import CorpusReport, SourceReport, TokenizerReport
from groundswell.data.corpus.token_file import TokenFile, TokenIndex, TokenWriter, open_tokens
from groundswell.data.leakage import LEAST_SIMILARITY
from groundswell.errors import DataError, SelfCheckError
from groundswell.run_folder import whole_folder, write_json
from groundswell.text.cleaning import clean
from groundswell.text.segmentation import TokenKind

TOKENIZER, DEV, REPORT = "tokenizer", "dev.jsonl", "report.json"
_SPOOL = "documents.spool"
_BATCH_BYTES = 500_000


@dataclass(frozen=True)
class CorpusSettings:
    """How a corpus is built.

    sources              of which a copy stays in the first source that has it
    held_out             files of test texts; no document that holds one is kept
    cleaning             steps of `text/cleaning`, taken on every document and held-out text before anything else
    held_out_span        characters of normal form that a document and a test text may not share
    least_similarity     0.75-1, documents as similar as this are near copies; None: only exact copies are dropped,
                         and held-out texts are found only by what they share word for word
    dev_share            0-1, of the documents that are left: so many, at least one when it is more than 0, are kept
                         apart in dev.jsonl, and nothing is learned of them
    tokens               those of another corpus or a pretrained model; None: learned of this one, as the next five say
    token_kind           of what kind; see `learn_document_tokens` for this and the next four
    vocabulary_size      different ids at most
    min_count            how often a token must stand to be known
    user_words           words that jieba keeps whole
    with_mask            whether there is a mark for masked places
    tokenizer_documents  about how many documents it is learned of, spread over all sources; None: all of them
    weights              share of each source in the tokens a training reads; None: by size
    num_tokens           what a training reads; None: as many tokens as there are
    seed                 of the reading order and of what is kept apart
    """

    folder: Path
    sources: Sequence[TextSource]
    quality: Quality = field(default_factory=Quality)
    held_out: Sequence[TextSource] = ()
    held_out_span: int = SPAN
    least_similarity: float | None = LEAST_SIMILARITY
    cleaning: tuple[str, ...] = ()
    dev_share: float = 0.0
    tokens: DocumentTokens | None = None
    token_kind: TokenKind = "bpe"
    vocabulary_size: int = 16_000
    min_count: int = 1
    user_words: tuple[str, ...] = ()
    with_mask: bool = False
    tokenizer_documents: int | None = None
    weights: Mapping[str, float] | None = None
    num_tokens: int | None = None
    seed: int = 0


def build_corpus(settings: CorpusSettings, *, progress: Progress = no_progress) -> CorpusReport:
    """What became of every document; the folder is written whole or not at all.

    progress   called now and then with the stage and how many documents of how many it is through

    The same files and settings give the same bytes, in every process. Documents wait on disk, so memory grows with
    their number (some 500 bytes each) and with the held-out texts, not with their characters.
    Raises DataError for settings that do not fit, for files that cannot be read and when a source has nothing left.
    """
    _check(settings)
    seconds: dict[str, float] = {}
    held_out = read_held_out(settings.held_out, settings.held_out_span, settings.cleaning)
    with whole_folder(settings.folder) as folder, DocumentSpool(folder / _SPOOL) as spool:
        reader = _read(settings, spool, held_out, seconds, progress)
        num_dev = _keep_apart(folder, reader, settings)
        for source, read in zip(settings.sources, reader.reads, strict=True):
            refuse_nothing_left(read, source.files)
        with _timed("tokenizer", seconds):
            progress("learning tokens", 0, None)
            tokens, learned_from = _tokens(settings, spool)
            tokens.save(folder / TOKENIZER)
        with _timed("writing ids", seconds):
            index, characters = _write(folder, spool, tokens, reader.reads, progress)
        mix = _mix(open_tokens(folder), settings)
        report = CorpusReport(
            folder=settings.folder,
            sources=_sources(reader.reads, index, characters),
            held_out=len(held_out.forms) if held_out else 0,
            dev=num_dev,
            tokenizer=TokenizerReport(len(tokens), tokens.sha256, learned_from),
            mix=mix.sources,
            warnings=(*mix.warnings(), *(line for read in reader.reads for line in read.accounting.warnings)),
            seconds=seconds,
        )
        write_json(folder / REPORT, report.to_dict())
    return report


def open_blocks(
    folder: Path,
    *,
    block_tokens: int,
    weights: Mapping[str, float] | None = None,
    num_tokens: int | None = None,
    seed: int = 0,
) -> tuple[PackedBlocks, Mix]:
    """The blocks of a corpus folder in the order of a mix, and what that mix reads of each source."""
    tokens = open_tokens(folder)
    mix = mix_documents(tokens.index.sources, tokens.offsets, weights=weights, num_tokens=num_tokens, seed=seed)
    return PackedBlocks(tokens, mix, block_tokens=block_tokens), mix


def _read(
    settings: CorpusSettings,
    spool: DocumentSpool,
    held_out: HeldOut | None,
    seconds: dict[str, float],
    progress: Progress,
) -> CorpusReader:
    """The reader after all sources, with what it kept in the spool."""
    reader = CorpusReader(
        spool, settings.quality, held_out,
        least_similarity=settings.least_similarity, cleaning=settings.cleaning,
    )  # fmt: skip
    with _timed("reading", seconds):
        for source in settings.sources:
            refuse_nothing_left(reader.read(source, progress), source.files)
    with _timed("near copies", seconds):
        reader.drop_near_copies(progress)
    return reader


def _mix(tokens: TokenFile, settings: CorpusSettings) -> Mix:
    return mix_documents(
        tokens.index.sources,
        tokens.offsets,
        weights=settings.weights,
        num_tokens=settings.num_tokens,
        seed=settings.seed,
    )


def _sources(reads: Sequence[SourceRead], index: TokenIndex, characters: Sequence[int]) -> tuple[SourceReport, ...]:
    """What became of each source; raises SelfCheckError when its documents do not add up."""
    for read, written in zip(reads, index.sources, strict=True):
        read.accounting.check()
        if read.accounting.kept != written.documents:
            raise SelfCheckError(
                f"source {written.name!r}: {read.accounting.kept} documents kept, but {written.documents} written. "
                "Report this as a bug."
            )
    return tuple(
        SourceReport(read.accounting, tuple(read.files), count, written.tokens)
        for read, count, written in zip(reads, characters, index.sources, strict=True)
    )


def _check(settings: CorpusSettings) -> None:
    """Nothing; raises DataError for what would otherwise be noticed after an hour of reading."""
    names = [source.name for source in settings.sources]
    if not names or len(set(names)) < len(names):
        raise DataError(f"sources: found {names or 'none'}, expected at least one, each with a name of its own.")
    if settings.weights is not None:
        weight_shares(names, settings.weights)
    if settings.num_tokens is not None and settings.num_tokens < 1:
        raise DataError(f"num_tokens: found {settings.num_tokens}, expected at least 1. Raise it, or leave it out.")
    if settings.tokenizer_documents is not None and settings.tokenizer_documents < 1:
        raise DataError(f"tokenizer_documents: found {settings.tokenizer_documents}, expected at least 1. Raise it.")
    if not 0 <= settings.dev_share < 1:
        raise DataError(f"dev_share: found {settings.dev_share}, expected 0 up to 1, but not 1. Lower it.")
    if settings.tokens is None:
        check_size(settings.vocabulary_size, settings.token_kind)
    elif settings.with_mask and settings.tokens.mask_id is None:
        raise DataError("with_mask: the given tokens have no mark for masked places. Give others, or leave it out.")
    clean("", settings.cleaning)
    for source in (*settings.sources, *settings.held_out):
        find_files(source)


def _tokens(settings: CorpusSettings, spool: DocumentSpool) -> tuple[DocumentTokens, int]:
    """The tokenizer, and of how many documents it was learned."""
    if settings.tokens is not None:
        return settings.tokens, 0
    num_kept = len(spool.kept())
    stride = -(-num_kept // (settings.tokenizer_documents or num_kept))
    tokens = learn_document_tokens(
        lambda: spool.texts(stride), kind=settings.token_kind, size=settings.vocabulary_size,
        min_count=settings.min_count, user_words=settings.user_words, with_mask=settings.with_mask,
    )  # fmt: skip
    return tokens, -(-num_kept // stride)


def _keep_apart(folder: Path, reader: CorpusReader, settings: CorpusSettings) -> int:
    """How many documents were written to dev.jsonl instead of being learned from."""
    if not settings.dev_share:
        return 0
    texts = reader.keep_apart(settings.dev_share, settings.seed)
    lines = (json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts)
    (folder / DEV).write_text("".join(lines), encoding="utf-8")
    return len(texts)


def _write(
    folder: Path, spool: DocumentSpool, tokens: DocumentTokens, reads: Sequence[SourceRead], progress: Progress
) -> tuple[TokenIndex, list[int]]:
    """The index of the token file, and the characters of each source in it; what is unknown is counted in `reads`."""
    characters, unknown = [0] * len(reads), [0] * len(reads)
    num_kept, num_written = len(spool.kept()), 0
    with TokenWriter(folder, len(tokens)) as writer:
        for batch in spool.batches(_BATCH_BYTES):
            for place in sorted({source for source, _ in batch}):
                texts = [text for source, text in batch if source == place]
                documents = tokens.ids(texts)
                writer.add(reads[place].accounting.split, documents)
                characters[place] += sum(map(len, texts))
                if tokens.unknown_id is not None:
                    unknown[place] += sum(map(operator.countOf, documents, repeat(tokens.unknown_id)))
            num_written += len(batch)
            progress("writing ids", num_written, num_kept)
        index = writer.finish(
            start_id=tokens.start_id, end_id=tokens.end_id, pad_id=tokens.pad_id, tokenizer=tokens.sha256
        )
    for read, source, count in zip(reads, index.sources, unknown, strict=True):
        read.accounting.unknown = count / max(1, source.tokens - 2 * source.documents)  # marks are no tokens of a text
    return index, characters


@contextmanager
def _timed(what: str, seconds: dict[str, float]) -> Iterator[None]:
    began = time.perf_counter()
    yield
    seconds[what] = round(time.perf_counter() - began, 3)
