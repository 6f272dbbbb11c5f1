"""5-gram models by modified Kneser-Ney: ours beside KenLM, on the same tokens, by turns.

    python benchmarks/ngram_vs_kenlm.py [--lmplz PATH] [--repeats 3] [--order 5] [--reviews 25000]

Three corpora: Penn Treebank and WikiText-2 (validation texts only, four fifths to learn, the rest to measure), and IMDB
reviews (learned on the training file, measured on reviews of test_a), cut into words and in small letters. `<unk>` of
the first two is an ordinary word here, for KenLM's estimator refuses it in texts.

Compared are the perplexity (KenLM's own query of its own model), the seconds from a file of tokens to an ARPA file and,
ours only, to a model in memory, and tokens scored a second. Needs `pip install kenlm`; its source package
(`pip download kenlm --no-binary kenlm`) holds the estimator too, which cmake builds as `lmplz` with Boost's headers.
Without --lmplz our own ARPA file is read by KenLM: that checks the file and the query, and not the estimate.
"""

from __future__ import annotations

import argparse
import math
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rows import SHARED, imdb, print_row

from groundswell.model.ngram.arpa_reading import read_arpa
from groundswell.model.ngram.arpa_writing import write_arpa
from groundswell.model.ngram.learning import NgramSettings, SmoothingName, learn_ngrams
from groundswell.model.ngram.ngram_model import NgramModel
from groundswell.model.ngram.perplexity import measure_perplexity
from groundswell.model.perplexity import Perplexity
from groundswell.ngram_run import Reading

Tokens = list[list[str]]
TEST_REVIEWS = 5_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lmplz", help="KenLM's estimator; without it only our ARPA file is checked")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--order", type=int, default=5)
    parser.add_argument("--reviews", type=int, default=25_000)
    options = parser.parse_args()
    try:
        import kenlm  # noqa: F401
    except ImportError:
        raise SystemExit(
            "kenlm is not installed. Install it into an environment of its own: pip install kenlm"
        ) from None
    figures = {
        name: compare(train, test, options.order, options.lmplz, options.repeats)
        for name, (train, test) in corpora(options.reviews).items()
    }
    print_row("ngram_vs_kenlm", order=options.order, estimator="lmplz" if options.lmplz else None, **figures)


def corpora(num_reviews: int) -> dict[str, tuple[Tokens, Tokens]]:
    """Texts to learn and texts to measure."""
    found = {}
    for name in ("ptb", "wikitext-2"):
        lines = (SHARED / "lm" / f"{name}.valid.txt").read_text(encoding="utf-8").splitlines()
        texts = [line.replace("<unk>", "UNKNOWN").split() for line in lines if line.strip()]
        end = len(texts) * 4 // 5
        found[name] = texts[:end], texts[end:]
    read = Reading()
    train, test = ([read(row["text"])[0] for row in imdb(part)[:most]] for part, most in
                   (("train", num_reviews), ("test_a", TEST_REVIEWS)))  # fmt: skip
    return {**found, "imdb": (train, test)}


def compare(train: Tokens, test: Tokens, order: int, lmplz: str | None, repeats: int) -> dict[str, Any]:
    """The figures of one corpus."""
    import kenlm

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text, ours, theirs = folder / "train.txt", folder / "ours.arpa", folder / "theirs.arpa"
        text.write_text("".join(" ".join(tokens) + "\n" for tokens in train), encoding="utf-8")
        builds: dict[str, Callable[[], object]] = {
            "ours_in_memory": lambda: learn(text, order),
            "ours": lambda: write_arpa(learn(text, order), ours),
        }
        if lmplz:
            builds["kenlm"] = lambda: estimate(lmplz, text, theirs, order, folder)
        seconds = by_turns(builds, repeats)
        model = learn(text, order)
        peer = kenlm.Model(str(theirs if lmplz else ours))
        figures = {
            "train_tokens": sum(map(len, train)), "words": len(model.words), "ngrams": sum(model.num_ngrams),
            **perplexities(model, peer, test), "smoothings_min_count_2": smoothings(text, test, order),
            "build_seconds": {who: round(value, 2) for who, value in seconds.items()},
            "tokens_per_second": speeds(model, peer, test, repeats),
        }  # fmt: skip
        if lmplz:
            figures["build_ratio"] = round(seconds["ours"] / seconds["kenlm"], 2)
            figures["same_ngrams"] = read_arpa(str(theirs)).model.num_ngrams == model.num_ngrams
        return figures


def perplexities(model: NgramModel, peer: Any, test: Tokens) -> dict[str, Any]:
    """Ours in every way of counting, and KenLM's with the end of each text."""
    found = measure(model, test)
    log10_prob, num_predicted = kenlm_score(peer, test)
    theirs = 10 ** (-log10_prob / num_predicted)
    return {
        "test_tokens": found.num_tokens, "test_unknown": found.num_unknown,
        "perplexity": round(found.with_ends, 4), "kenlm_perplexity": round(theirs, 4),
        "perplexity_ratio": round(found.with_ends / theirs, 6), "without_ends": round(found.without_ends, 4),
        "known_tokens_only": round(found.with_ends_known, 4), "bits_per_byte": round(found.bits_per_byte, 4),
    }  # fmt: skip


def lines_of(path: Path) -> Iterator[list[str]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield line.split()


def learn(text: Path, order: int) -> NgramModel:
    return learn_ngrams(lines_of(text), NgramSettings(order)).model


def smoothings(text: Path, test: Tokens, order: int) -> dict[str, float]:
    """Perplexities on one vocabulary in which `<unk>` was counted: words that stand once.

    Without that they do not compare: Katz gives what single words leave to `<unk>`, Kneser-Ney a share of the uniform
    distribution, and texts to measure hold many unknown words.
    """
    names: tuple[SmoothingName, ...] = ("kneser_ney", "katz", "add_k")
    settings = (NgramSettings(order, name, min_count=2) for name in names)
    models = (learn_ngrams(lines_of(text), each).model for each in settings)
    return {name: round(measure(model, test).with_ends, 2) for name, model in zip(names, models, strict=True)}


def measure(model: NgramModel, test: Tokens) -> Perplexity:
    return measure_perplexity(model, ((tokens, len(" ".join(tokens).encode())) for tokens in test))


def estimate(lmplz: str, text: Path, arpa: Path, order: int, folder: Path) -> None:
    command = [lmplz, "-o", str(order), "-S", "4G", "-T", str(folder), "--text", str(text), "--arpa", str(arpa)]
    subprocess.run([*command, "--discount_fallback"], check=True, stderr=subprocess.DEVNULL)


def by_turns(work: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """The median seconds of each, one after the other in every round."""
    seconds: dict[str, list[float]] = {who: [] for who in work}
    for _ in range(repeats):
        for who, run in work.items():
            began = time.perf_counter()
            run()
            seconds[who].append(time.perf_counter() - began)
    return {who: statistics.median(values) for who, values in seconds.items()}


def kenlm_score(peer: Any, test: Tokens) -> tuple[float, int]:
    """The logarithm of all texts with their ends, and how many predictions that is."""
    total = math.fsum(peer.score(" ".join(tokens), bos=True, eos=True) for tokens in test)
    return total, sum(len(tokens) + 1 for tokens in test)


def speeds(model: NgramModel, peer: Any, test: Tokens, repeats: int) -> dict[str, int]:
    """Tokens scored a second: ours from words and from their numbers, KenLM's from words through its Python package."""
    ids = model.words.flat_ids(test)
    seconds = by_turns(
        {
            "ours": lambda: model.score(test),
            "ours_from_numbers": lambda: model.score_ids(ids),
            "kenlm_python": lambda: kenlm_score(peer, test),
        },
        repeats,
    )
    num_tokens = sum(map(len, test))
    return {who: round(num_tokens / value) for who, value in seconds.items()}


if __name__ == "__main__":
    main()
