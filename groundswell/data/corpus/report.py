"""What a corpus is made of: every document of every source, read, kept or dropped and why."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from groundswell.data.accounting import Accounting
from groundswell.data.corpus.mixing import MixedSource


@dataclass(frozen=True)
class SourceReport:
    """What became of a source.

    accounting   documents read, kept, dropped and why, and the share of unknown tokens
    files        name, encoding and number of readable documents of each file
    characters   of the documents that are kept
    tokens       of those, two marks a document included
    """

    accounting: Accounting
    files: tuple[dict[str, Any], ...]
    characters: int
    tokens: int

    @property
    def name(self) -> str:
        """The name of the source."""
        return self.accounting.split


@dataclass(frozen=True)
class TokenizerReport:
    """size: different ids; sha256: of pieces and vocabulary; learned_from: documents, 0 when it was given."""

    size: int
    sha256: str
    learned_from: int


@dataclass(frozen=True)
class CorpusReport:
    """A corpus that was built.

    held_out   texts that were kept out, counted once each
    dev        documents that were kept apart to measure on
    mix        what one training of this mix reads of each source, with the epochs it sees
    seconds    reading and filtering, near copies, learning the tokenizer, writing ids
    """

    folder: Path
    sources: tuple[SourceReport, ...]
    held_out: int
    dev: int
    tokenizer: TokenizerReport
    mix: tuple[MixedSource, ...]
    warnings: tuple[str, ...]
    seconds: dict[str, float]

    @property
    def tokens(self) -> int:
        """Tokens of all documents that are kept."""
        return sum(source.tokens for source in self.sources)

    @property
    def documents(self) -> int:
        """Documents that are kept."""
        return sum(source.accounting.kept for source in self.sources)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for report.json; seconds are left out, so that the same texts give the same file."""
        return {
            "documents": self.documents,
            "tokens": self.tokens,
            "held_out_texts": self.held_out,
            "dev_documents": self.dev,
            "sources": [
                {
                    "name": source.name,
                    "documents": source.accounting.to_dict(),
                    "files": list(source.files),
                    "characters": source.characters,
                    "tokens": source.tokens,
                    "rejected": source.accounting.rejected,
                }
                for source in self.sources
            ],
            "tokenizer": asdict(self.tokenizer),
            "mix": [asdict(source) for source in self.mix],
            "warnings": list(self.warnings),
        }

    def lines(self) -> list[str]:
        """For a person: what was kept of each source, how often a training reads it, and every warning."""
        found = [source.accounting.line() for source in self.sources]
        found += [
            f"{source.name}: {source.weight:.1%} of the tokens, {source.tokens:,} of them, {source.epochs:.2f} epochs"
            for source in self.mix
        ]
        return found + list(self.warnings)
