"""The sections of a recipe that concern language models: their texts, and what they predict of them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from groundswell.recipe_fields import Number, Section, Whole


class SourceSection(Section):
    """Texts that belong together, such as one shop (task: language_model)."""

    files: tuple[str, ...] = Field(min_length=1, description="files, patterns, folders, `hub:owner/name`")
    text: str = Field("text", min_length=1, description="column of the text")
    layout: Literal["line", "block", "file"] = Field(
        "line", description="what a text is in plain files: a line, a block between blank lines, or the whole file"
    )
    weight: Number | None = Field(None, gt=0, description="of its tokens in training; of all sources or of none")


class CorpusSection(Section):
    """Which texts a language model reads, and how often (task: language_model)."""

    sources: dict[str, SourceSection] = Field(
        default_factory=dict, description="texts from several places by name, instead of data.train"
    )
    least_words: Whole = Field(5, ge=0, description="shorter texts are dropped and counted")
    languages: tuple[Literal["zh", "en", "other"], ...] = Field((), description="those that are kept; empty: all")
    near_copies: Number | None = Field(
        0.8,
        ge=0.75,
        le=1,
        description="texts as similar as this to an earlier one are dropped; null: exact copies only",
    )
    held_out: tuple[str, ...] = Field((), description="files of test texts that no training text may hold")
    quality: bool = Field(True, description="repetitive texts, and those of symbols more than letters, are dropped")
    passes: Number | None = Field(
        None, gt=0, description="how often the texts are read in all, also a part of once; default: training.epochs"
    )


class LanguageModelSection(Section):
    """What a language model predicts (task: language_model)."""

    objective: Literal["auto", "causal", "masked"] = Field(
        "auto", description="the next token, or tokens left out; auto: by the encoder"
    )
    mask_share: Number = Field(0.15, gt=0, lt=1, description="masked: share of the tokens that are to be predicted")
    whole_words: bool = Field(False, description="masked: all pieces of a word are left out together")
