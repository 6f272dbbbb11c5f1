"""`groundswell vectors`: word vectors from text, and what they know."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from groundswell.cli.option_names import ENCODING, naming_options, text_column_named
from groundswell.cli.terminal import console, note, print_json
from groundswell.errors import InputError

if TYPE_CHECKING:
    from groundswell.representation.similarity import WordSpace
    from groundswell.vector_run import VectorRun

app = typer.Typer(no_args_is_help=True, help="Word vectors: learn them, look at them, measure them.")

Vectors = Annotated[Path, typer.Argument(metavar="VECTORS", help="Folder of `vectors train`, or a word2vec file.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]

_OPTIONS = (
    *text_column_named(),
    *ENCODING,
    (r" min_count, ", " --min-count, "),
    (r" (model|objective|width)=", r" --\1 "),
)


@app.command("train")
def train(  # noqa: PLR0913 - one parameter per option
    source: Annotated[str, typer.Argument(metavar="FILE", help="Texts: a table, JSON Lines, or one on each line.")],
    out: Annotated[Path, typer.Option(help="Folder to write.")],
    model: Annotated[Literal["skip_gram", "cbow"], typer.Option(help="Which predicts which.")] = "skip_gram",
    objective: Annotated[
        Literal["negative", "hierarchical", "full"],
        typer.Option(help="full: the softmax over all words, for small vocabularies; the others stand in for it."),
    ] = "negative",
    width: Annotated[int, typer.Option(min=1, help="Of a vector.")] = 100,
    window: Annotated[int, typer.Option(min=1, help="Most words to each side.")] = 5,
    min_count: Annotated[int, typer.Option(min=1, help="Rarer words are left out.")] = 5,
    subsample: Annotated[float, typer.Option(min=0, help="Frequent words are skipped by chance; 0 keeps all.")] = 1e-3,
    negatives: Annotated[int, typer.Option(min=1, help="Words drawn for each pair (negative).")] = 5,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the texts.")] = 5,
    tokens: Annotated[Literal["words", "jieba", "characters"], typer.Option(help="How texts are cut.")] = "words",
    phrases: Annotated[bool, typer.Option("--phrases", help="Join pairs such as new_york.")] = False,
    user_dictionary: Annotated[str | None, typer.Option(help="File of words that jieba keeps whole.")] = None,
    text_column: Annotated[str, typer.Option(help="Column of the text.")] = "text",
    encoding: Annotated[str | None, typer.Option(help="Of the file; otherwise it is detected.")] = None,
    start: Annotated[Path | None, typer.Option("--continue", help="Go on with the vectors of this folder.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Threads; with more than one no two runs are alike.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Of every draw.")] = 0,
) -> None:
    """Learn vectors of the words of many texts; prints the folder."""
    from groundswell.representation.word2vec import VectorSettings
    from groundswell.vector_run import Reading, train_vectors

    settings = VectorSettings(
        model, objective, width, window, min_count, subsample, negatives, epochs, workers=workers, seed=seed
    )
    reading = Reading(tokens=tokens, phrases=phrases, user_dictionary=user_dictionary)
    with naming_options(_OPTIONS):
        run = train_vectors(
            source, out, settings, reading, text_column=text_column, encoding=encoding, start=start,
            on_epoch=lambda epoch: note(f"epoch {epoch} of {epochs}"),
        )  # fmt: skip
    note(_accounting(run, epochs))
    typer.echo(run.folder)


@app.command("similar")
def similar(
    vectors: Vectors,
    words: Annotated[list[str], typer.Argument(metavar="WORD…", help="Words whose neighbours are wanted.")],
    count: Annotated[int, typer.Option(min=1, help="Neighbours of each.")] = 10,
    as_json: Json = False,
) -> None:
    """The nearest words by cosine."""
    space = _space(vectors)
    space.rows(words)  # all unknown words at once
    found = {word: space.similar(word, count) for word in words}
    _print_neighbours(found, as_json)


@app.command("analogy")
def analogy(
    vectors: Vectors,
    first: Annotated[str, typer.Argument(help="man")],
    second: Annotated[str, typer.Argument(help="king")],
    third: Annotated[str, typer.Argument(help="woman: what is to it as king is to man?")],
    count: Annotated[int, typer.Option(min=1, help="Answers.")] = 5,
    as_json: Json = False,
) -> None:
    """What is to the third word as the second is to the first."""
    found = _space(vectors).analogy(first, second, third, count)
    _print_neighbours({f"{first} : {second} = {third} : ?": found}, as_json)


@app.command("show")
def show(
    vectors: Vectors,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[WORD]…", help="Words whose numbers are wanted.")
    ] = None,
    as_json: Json = False,
) -> None:
    """What a file of vectors holds, and the numbers of some words; only these are read."""
    from groundswell.representation.learned_vectors import vector_path
    from groundswell.representation.similarity import unknown_words
    from groundswell.representation.vector_file import open_vectors

    file = open_vectors(vector_path(vectors))
    unknown_words(words or [], file.numbers, file.words)
    rows = file.rows(words or [])
    if as_json:
        described = {"words": len(file), "width": file.width, "binary": file.binary}
        print_json({**described, "vectors": dict(zip(words or [], rows.tolist(), strict=True))})
        return
    kind = "binary" if file.binary else "text"
    typer.echo(f"{len(file):,} words, {file.width} numbers each, {kind}; the first: {' '.join(file.words[:10])}")
    for word, row in zip(words or [], rows, strict=True):
        typer.echo(f"{word} {' '.join(f'{value:.4f}' for value in row)}")


@app.command("evaluate")
def evaluate(vectors: Vectors, as_json: Json = False) -> None:
    """Agreement with people on English word pairs (WordSim-353, SimLex-999), and Google's analogies solved."""
    from groundswell.evaluation.word_vectors import evaluate_vectors

    space = _space(vectors)
    found = evaluate_vectors(space.words, space.vectors)
    if as_json:
        print_json(found)
        return
    from rich.table import Table

    table = Table("test", "figure", "value", "used", "of")
    for name, figure in found.items():
        value = "none" if figure["value"] is None else f"{figure['value']:.4f}"
        table.add_row(name, figure["figure"], value, f"{figure['used']:,}", f"{figure['of']:,}")
    console().print(table)


@app.command("project")
def project(
    vectors: Vectors,
    out: Annotated[Path, typer.Option(help="Name of the pictures; .png and .html are added.")],
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[WORD]…", help="Default: the first of the file.")
    ] = None,
    count: Annotated[int, typer.Option(min=3, help="How many of the first words, where none are named.")] = 100,
    method: Annotated[Literal["pca", "tsne"], typer.Option(help="pca keeps distances, tsne neighbours.")] = "pca",
) -> None:
    """Words as points in a plane: a picture and a page."""
    from groundswell.evaluation.word_picture import draw_words
    from groundswell.representation.projection import project as place_words

    _check_place(out)
    space = _space(vectors)
    rows = space.rows(words) if words else list(range(min(count, len(space.words))))
    chosen = [space.words[row] for row in rows]
    places = place_words(space.vectors[rows], method)
    for warning in draw_words(chosen, places, out, f"{len(chosen)} words of {vectors}, {method}"):
        note(f"warning: {warning}")
    typer.echo(out.with_suffix(".png"))
    typer.echo(out.with_suffix(".html"))


def _accounting(run: VectorRun, epochs: int) -> str:
    return (
        f"{run.num_texts:,} texts read, {run.num_blank:,} of them without a word; {run.num_words:,} words, "
        f"{len(run.vectors.words):,} of them with a vector; {run.num_words * epochs / run.seconds:,.0f} words/s"
    )


def _check_place(out: Path) -> None:
    if not out.parent.is_dir():
        raise InputError(f"--out {out}: there is no folder {str(out.parent)!r}. Create it, or name another place")


def _space(path: Path) -> WordSpace:
    from groundswell.representation.learned_vectors import vector_path
    from groundswell.representation.similarity import WordSpace
    from groundswell.representation.vector_file import open_vectors

    file = open_vectors(vector_path(path))
    return WordSpace(file.words, file.matrix())


def _print_neighbours(found: dict[str, list[tuple[str, float]]], as_json: bool) -> None:
    if as_json:
        print_json({word: [[near, round(cosine, 6)] for near, cosine in nearest] for word, nearest in found.items()})
        return
    from rich.table import Table

    for word, nearest in found.items():
        table = Table(word, "cosine")
        for near, cosine in nearest:
            table.add_row(near, f"{cosine:.4f}")
        console().print(table)
