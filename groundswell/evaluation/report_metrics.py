"""How good the model is, as parts of the report: the result, metrics with intervals, confusion, labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from groundswell.evaluation.report_charts import interval_bar
from groundswell.evaluation.report_markup import Html, joined, number, scrolling, table, tag

SplitScores = Mapping[str, Any]

NAMES = {
    "accuracy": "accuracy",
    "macro_f1": "macro F1",
    "micro_f1": "micro F1",
    "weighted_f1": "weighted F1",
    "macro_precision": "macro precision",
    "macro_recall": "macro recall",
    "mcc": "Matthews correlation",
    "auroc": "area under ROC",
    "pearson": "Pearson r",
    "spearman": "Spearman rho",
    "ccc": "concordance",
    "mae": "mean absolute error",
    "rmse": "root mean square error",
    "f1": "F1, exact spans",
    "masked_accuracy": "left-out tokens foreseen",
    "masked_perplexity": "perplexity of left-out tokens",
}
SCALES = {
    "accuracy": (0.0, 1.0),
    "masked_accuracy": (0.0, 1.0),
    "macro_f1": (0.0, 1.0),
    "micro_f1": (0.0, 1.0),
    "weighted_f1": (0.0, 1.0),
    "macro_precision": (0.0, 1.0),
    "macro_recall": (0.0, 1.0),
    "mcc": (-1.0, 1.0),
    "auroc": (0.0, 1.0),
    "pearson": (-1.0, 1.0),
    "spearman": (-1.0, 1.0),
    "ccc": (-1.0, 1.0),
}
HEADLINES = {"single_label": "accuracy", "multi_label": "macro_f1", "regression": "pearson"}
OF_LANGUAGE = ("perplexity", "masked_accuracy")  # of the one objective, and of the other
SPLIT_ORDER = ("test", "dev", "train")
MOST_CONFUSION_CLASSES = 16
MOST_CONFUSED_PAIRS = 30


def metric_name(key: str) -> str:
    """The name of a metric for people.

    >>> metric_name("explicit_quad_f1@span")
    'explicit quad F1, exact spans'
    """
    return NAMES.get(key, key.replace("_", " ").replace("f1@span", "F1, exact spans"))


def ordered_splits(metrics: Mapping[str, SplitScores]) -> list[str]:
    """The splits that were measured, the one that counts most first: test, dev, train, others by name."""
    return sorted(metrics, key=lambda split: (SPLIT_ORDER.index(split) if split in SPLIT_ORDER else 3, split))


def result_line(task: str, metrics: Mapping[str, SplitScores]) -> str:
    """The result in one sentence, from the split that counts most.

    >>> result_line("single_label", {"test": {"accuracy": {"value": 0.91, "low": 0.9, "high": 0.92}, "num_rows": 1200}})
    'accuracy 0.91 (0.90–0.92) on test, 1,200 rows'
    """
    for split in ordered_splits(metrics):
        scores = metrics[split]
        found = (name for name in scores if name.endswith("_f1@span") or name in OF_LANGUAGE)
        key = HEADLINES.get(task) or next(found, "accuracy")
        if key in scores:
            value, low, high = (f"{scores[key][part]:.2f}" for part in ("value", "low", "high"))
            rows = (
                f", {scores['num_rows']:,} {'texts' if key in OF_LANGUAGE else 'rows'}" if "num_rows" in scores else ""
            )
            return f"{metric_name(key)} {value} ({_between(low, high)}) on {split}{rows}"
    return "not measured"


def metrics_part(metrics: Mapping[str, SplitScores]) -> list[Html]:
    """The table of every metric of every split with its interval, and what always guessing would reach."""
    rows = [
        _metric_row(split, key, value)
        for split in ordered_splits(metrics)
        for key, value in metrics[split].items()
        if isinstance(value, Mapping) and "value" in value
    ]
    if not rows:
        return []
    header = ("metric", "split", "value", "interval", tag("span", "on its scale", class_="wide"))
    guesses = [tag("p", text, class_="note") for text in _guesses(metrics)]
    return [table("Each value with its interval", header, rows, numbers=(2, 3)), *guesses]


def labels_part(metrics: Mapping[str, SplitScores]) -> list[Html]:
    """Confusion and label scores of the split that counts most; those of other splits can be unfolded."""
    splits = [split for split in ordered_splits(metrics) if metrics[split].get("per_class")]
    parts = [(split, _split_labels(split, metrics[split])) for split in splits]
    return [
        tag("details", tag("summary", f"The same on {split}"), part) if order else part
        for order, (split, part) in enumerate(parts)
    ]


def _metric_row(split: str, key: str, value: Mapping[str, float]) -> tuple[object, ...]:
    low, high = value.get("low"), value.get("high")
    strong = tag("span", number(value["value"]), class_="strong")
    if low is None or high is None:
        return metric_name(key), split, strong, "–", ""
    scale = (0.0, 1.0) if key.endswith("_f1@span") else SCALES.get(key)
    bar = "" if scale is None else interval_bar(value["value"], low, high, scale)
    return metric_name(key), split, strong, _between(number(low), number(high)), bar


def _between(low: str, high: str) -> str:
    return f"{low} to {high}" if low.startswith("-") or high.startswith("-") else f"{low}–{high}"


def _guesses(metrics: Mapping[str, SplitScores]) -> Iterable[str]:
    for split in ordered_splits(metrics):
        labels = metrics[split].get("per_class") or {}
        num_rows = sum(sum(row) for row in metrics[split].get("confusion") or [])
        if labels and num_rows:
            most = max(labels, key=lambda name: labels[name]["support"])
            share = labels[most]["support"] / num_rows
            yield f"For comparison: always answering “{most}” would reach accuracy {share:.3f} on {split}."


def _split_labels(split: str, scores: SplitScores) -> Html:
    names = list(scores["per_class"])
    confusion = scores.get("confusion")
    parts = [_label_table(split, scores["per_class"])]
    if confusion:
        small = len(names) <= MOST_CONFUSION_CLASSES
        parts.insert(0, _confusion_table(split, names, confusion) if small else _pair_table(split, names, confusion))
    return joined(parts)


def _label_table(split: str, labels: Mapping[str, Mapping[str, float]]) -> Html:
    rows = [
        (
            name,
            number(s["precision"]),
            number(s["recall"]),
            tag("span", number(s["f1"]), class_="strong"),
            number(s["support"]),
        )
        for name, s in labels.items()
    ]
    return table(f"Labels on {split}", ("label", "precision", "recall", "F1", "rows"), rows, numbers=(1, 2, 3, 4))


def _confusion_table(split: str, names: Sequence[str], confusion: Sequence[Sequence[int]]) -> Html:
    caption = f"Confusion on {split}: gold labels in rows, predicted labels in columns, with the share of the row"
    head = [
        tag("th", Html("gold ↓<br>predicted →"), scope="col"),
        *(tag("th", name, scope="col", dir="auto") for name in names),
        tag("th", "rows", scope="col", class_="total"),
    ]
    body = []
    for gold, (name, counts) in enumerate(zip(names, confusion, strict=True)):
        total = sum(counts)
        cells = [_confusion_cell(count, total, gold == predicted) for predicted, count in enumerate(counts)]
        body.append(
            tag("tr", tag("th", name, scope="row", dir="auto"), *cells, tag("td", number(total), class_="total"))
        )
    content = tag(
        "table", tag("caption", caption), tag("thead", tag("tr", *head)), tag("tbody", *body), class_="confusion"
    )
    return scrolling(caption, content)


def _confusion_cell(count: int, total: int, hit: bool) -> Html:
    share = count / total if total else 0.0
    return tag(
        "td",
        tag("b", number(count)),
        tag("span", f"{share:.1%}" if total else "–"),
        class_="hit" if hit else None,
        style=f"--share:{share:.3f}",
    )


def _pair_table(split: str, names: Sequence[str], confusion: Sequence[Sequence[int]]) -> Html:
    """The most frequent confusions: a whole matrix of many labels cannot be read."""
    found = [
        (count, names[gold], names[predicted], count / sum(counts))
        for gold, counts in enumerate(confusion)
        for predicted, count in enumerate(counts)
        if count and gold != predicted
    ]
    found.sort(key=lambda pair: -pair[0])
    shown = found[:MOST_CONFUSED_PAIRS]
    rows = [(gold, predicted, number(count), f"{share:.1%}") for count, gold, predicted, share in shown]
    caption = (
        f"Confusion on {split}: the {len(shown)} most frequent of {len(found)} confused pairs; metrics.json has all"
    )
    return table(caption, ("gold", "predicted", "rows", "share of gold"), rows, numbers=(2, 3))
