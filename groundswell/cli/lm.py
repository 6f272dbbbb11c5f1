"""`groundswell lm`: language models; learn one, measure it, ask it for the next word, let it write."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from groundswell.cli.terminal import console, note, print_json
from groundswell.errors import DataError

if TYPE_CHECKING:
    from groundswell.stored_language_model import OpenLanguageModel

app = typer.Typer(no_args_is_help=True, help="Language models: learn one, measure it, let it go on with a text.")

Model = Annotated[
    Path, typer.Argument(metavar="MODEL", help="Folder of `lm train`, run of task=language_model, or ARPA file.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
TextColumn = Annotated[str, typer.Option(help="Column of the text.")]


@app.command("train")
def train(  # noqa: PLR0913 - one parameter per option
    sources: Annotated[list[str], typer.Argument(metavar="FILE…", help="Texts: tables, JSON Lines, or one on a line.")],
    out: Annotated[Path, typer.Option(help="Folder to write, or a file: NAME.arpa, NAME.arpa.gz.")],
    order: Annotated[int, typer.Option(min=1, max=6, help="Words of the longest n-grams.")] = 5,
    smoothing: Annotated[
        Literal["kneser_ney", "katz", "add_k"], typer.Option(help="kneser_ney is modified and interpolated.")
    ] = "kneser_ney",
    k: Annotated[float, typer.Option("--k", help="Added to every count (add_k).")] = 0.1,
    min_count: Annotated[int, typer.Option(min=1, help="Rarer words are unknown.")] = 1,
    tokens: Annotated[
        Literal["words", "jieba", "characters", "blanks"],
        typer.Option(help="How texts are cut; blanks: they are already, and are not cleaned."),
    ] = "words",
    keep_case: Annotated[bool, typer.Option("--keep-case", help="Do not turn capitals into small letters.")] = False,
    text_column: TextColumn = "text",
    as_json: Json = False,
) -> None:
    """Learn an n-gram model of texts; prints where it lies.

    Neural models are trained by a recipe, as everything else: groundswell train lm/decoder data.train=FILE
    """
    from groundswell.model.ngram.learning import NgramSettings
    from groundswell.ngram_run import AS_IT_STANDS, LOWER_CASE, Reading, train_ngrams

    cleaning = tuple(step for step in Reading().cleaning if not (keep_case and step == LOWER_CASE))
    run = train_ngrams(
        sources, out, NgramSettings(order, smoothing, k, min_count),
        AS_IT_STANDS if tokens == "blanks" else Reading(cleaning, tokens), text_column=text_column, on_stage=note,
    )  # fmt: skip
    learned = run.learned
    for warning in learned.warnings:
        note(f"warning: {warning}")
    note(
        f"{learned.num_texts:,} texts with {learned.num_tokens:,} tokens, {learned.num_unknown:,} of them unknown; "
        f"{learned.num_blank:,} texts without a token left out; {len(learned.model.words):,} words, "
        f"{sum(learned.model.num_ngrams):,} n-grams in {run.seconds:.1f} s"
    )
    if as_json:
        counted = {key: value for key, value in vars(learned).items() if key != "model"}
        print_json({"model": str(run.path), "num_ngrams": learned.model.num_ngrams, **counted, "seconds": run.seconds})
    else:
        typer.echo(run.path)


@app.command("perplexity")
def perplexity(
    model: Model,
    source: Annotated[str, typer.Argument(metavar="FILE", help="Texts the model has not seen.")],
    text_column: TextColumn = "text",
    as_json: Json = False,
) -> None:
    """How well the model foresees texts."""
    found = _open(model).measure(source, text_column=text_column)
    if as_json:
        print_json(asdict(found))
        return
    typer.echo(f"{found.num_texts:,} texts, {found.num_blank:,} more without a token; {found.num_tokens:,} tokens,")
    typer.echo(f"{found.num_unknown:,} of them unknown ({found.num_unknown / found.num_tokens:.2%})")
    typer.echo(f"perplexity    {found.with_ends:.2f} with the end of each text")
    typer.echo(f"              {found.without_ends:.2f} without")
    typer.echo(f"              {found.with_ends_known:.2f} with ends, unknown tokens left out")
    typer.echo(f"bits per byte {found.bits_per_byte:.4f} over {found.num_bytes:,} bytes")
    if found.sizes:
        shares = ", ".join(f"{size}: {share:.1%}" for size, share in enumerate(found.sizes, start=1))
        typer.echo(f"words of the longest n-gram found: {shares}")
    if found.num_windowed:
        typer.echo(f"{found.num_windowed:,} texts are longer than the model reads at once: read in overlapping windows")


@app.command("next")
def next_word(
    model: Model,
    text: Annotated[str, typer.Argument(metavar="TEXT", help='What comes before, such as "today the".')] = "",
    top: Annotated[int, typer.Option(min=1, help="How many words.")] = 10,
    as_json: Json = False,
) -> None:
    """The likeliest next words with their probabilities."""
    found = _open(model).next_words(text, top)
    _note_unknown(found.unknown, found.unread)
    if as_json:
        print_json(asdict(found))
        return
    from rich.table import Table

    table = Table(f"{text} ___".strip(), "probability")
    for word, probability in found.words:
        table.add_row(word, f"{probability:.6f}")
    console().print(table)


@app.command("sentence")
def sentence(
    model: Model,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="A whole sentence.")],
    as_json: Json = False,
) -> None:
    """The probability of a sentence as the product of its parts."""
    found = _open(model).sentence(text)
    if as_json:
        parts = [{**asdict(part), "probability": part.probability} for part in found.parts]
        print_json({"probability": found.probability, "log10_prob": found.log10_prob, "parts": parts})
        return
    from rich.table import Table

    table = Table("word", "after", "probability")
    for part in found.parts:
        table.add_row(part.word if part.known else f"{part.word} (unknown)", " ".join(part.context),
                      f"{part.probability:.3g}")  # fmt: skip
    console().print(table)
    typer.echo(f"product {found.probability:.6g}, logarithm (base 10) {found.log10_prob:.4f}")


@app.command("generate")
def generate(  # noqa: PLR0913 - one parameter per option
    model: Model,
    start: Annotated[str, typer.Option(help="Text to go on with.")] = "",
    tokens: Annotated[int, typer.Option(min=1, help="Most tokens to write.")] = 50,
    temperature: Annotated[float, typer.Option(help="Below 1 likely words get likelier; 0: always the likeliest.")] = 1,
    top_k: Annotated[int, typer.Option(help="Only so many of the likeliest words; 0: all.")] = 0,
    top_p: Annotated[float, typer.Option(help="Only the likeliest words that together reach this; 1: all.")] = 1.0,
    repetition_penalty: Annotated[
        float, typer.Option(help="Above 1 words that stand in the text already get less likely.")
    ] = 1.0,
    seed: Annotated[int, typer.Option(min=0, help="Of every draw.")] = 0,
    beams: Annotated[int | None, typer.Option(min=1, help="Search for the likeliest text with so many beams.")] = None,
    as_json: Json = False,
) -> None:
    """A text that goes on with another one; printed as it is drawn."""
    from groundswell.model.sampling import Sampling, check_sampling

    sampling = Sampling(temperature, top_k, top_p, repetition_penalty, seed)
    check_sampling(sampling)  # before a large model is read
    if beams is not None and sampling != Sampling():
        raise DataError(
            "generation: --beams searches and draws nothing, so the other settings do nothing. Leave them out"
        )
    opened = _open(model)
    stream = not as_json and beams is None
    if stream and start:
        typer.echo(start, nl=False)
    if beams is not None:
        found = opened.search(start, tokens, beams)
    else:
        found = opened.generate(start, tokens, sampling, _write if stream else lambda text: None)
    if stream:
        typer.echo()
    elif not as_json:
        typer.echo(found.text)
    _note_unknown(found.unknown, found.unread)
    if as_json:
        print_json({"start": start, **asdict(found)})


@app.command("export")
def export(
    model: Model, out: Annotated[Path, typer.Argument(metavar="OUT", help="NAME.arpa, NAME.arpa.gz, or a new folder.")]
) -> None:
    """Write the model as other programs read it: an ARPA file, or a folder for transformers; prints where it lies."""
    _open(model).export(out)
    typer.echo(out)


def _write(text: str) -> None:
    typer.echo(text, nl=False)


def _open(path: Path) -> OpenLanguageModel:
    """The model at a path; what lies there says which kind it is."""
    from groundswell.stored_language_model import open_language_model

    opened = open_language_model(path)
    for warning in opened.warnings:
        note(f"warning: {warning}")
    return opened


def _note_unknown(words: tuple[str, ...], unread: int) -> None:
    if words:
        note(f"unknown words, read as <unk>: {' '.join(json.dumps(word, ensure_ascii=False) for word in words)}")
    if unread:
        note(f"the first {unread:,} tokens of the text were not read: the model has no place for more")
