"""How good the model is, as parts of the report: the headline, metrics with intervals, confusion, labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from groundswell.evaluation import plots
from groundswell.evaluation import report_wording as words
from groundswell.evaluation.report_facts import ReportFacts, Values
from groundswell.evaluation.report_markup import Html, between, captioned, details, joined, number, table, tag
from groundswell.evaluation.report_wording import Say

SCALES = {"pearson": (-1.0, 1.0), "spearman": (-1.0, 1.0), "mcc": (-1.0, 1.0), "ccc": (-1.0, 1.0)}
SHARES = ("accuracy", "masked_accuracy", "auroc", "macro_precision", "macro_recall")  # beside what ends in f1
HEADLINES = {"single_label": "accuracy", "multi_label": "macro_f1", "regression": "pearson"}
OF_LANGUAGE = ("perplexity", "masked_accuracy")  # of the one objective, and of the other
SPLIT_ORDER = ("test", "dev", "train")
MOST_CONFUSION_CLASSES = 16
MOST_DRAWN_CLASSES = 60
MOST_CONFUSED_PAIRS = 15
MOST_WEAK_LABELS = 10


class Headline(NamedTuple):
    """The one figure that counts most.

    value, low, high   of the metric `key` on `split`
    majority           the most frequent label and its share, for the accuracy of single labels
    """

    key: str
    split: str
    num_rows: int
    value: float
    low: float
    high: float
    majority: tuple[str, float] | None = None


def metric_name(key: str, say: Say | None = None) -> str:
    """The name of a metric for people.

    >>> metric_name("explicit_quad_f1@span")
    'explicit quad F1, exact spans'
    """
    say = say or Say()
    head, mark, _ = key.partition("f1@span")
    return f"{head.replace('_', ' ')}{say.term('f1')}" if mark else say.term(key)


def scale_of(key: str) -> tuple[float, float] | None:
    """The ends that the values of a metric lie between; None where there are none."""
    if key in SHARES or key.endswith(("f1", "f1@span")):
        return 0.0, 1.0
    return SCALES.get(key)


def ordered_splits(metrics: Mapping[str, Values]) -> list[str]:
    """The splits that were measured, the one that counts most first: test, dev, train; heads in their own order."""

    def rank(split: str) -> int:
        last = split.rpartition(" ")[2]
        return SPLIT_ORDER.index(last) if last in SPLIT_ORDER else len(SPLIT_ORDER)

    return sorted(metrics, key=rank)


def headlines(task: str, metrics: Mapping[str, Values]) -> list[Headline]:
    """The figure that counts most of each head, from its split that counts most; a single task is one head."""
    found: dict[str, Headline] = {}
    for split in ordered_splits(metrics):
        head, scores = split.rpartition(" ")[0], metrics[split]
        named = (name for name in scores if name.endswith("_f1@span") or name in OF_LANGUAGE)
        key = HEADLINES.get(task) or next(named, "accuracy" if "accuracy" in scores else "pearson")
        if head not in found and key in scores:
            value, low, high = (scores[key][part] for part in ("value", "low", "high"))
            majority = majority_of(scores) if key == "accuracy" else None
            found[head] = Headline(key, split, scores.get("num_rows") or 0, value, low, high, majority)
    return list(found.values())


def headline(task: str, metrics: Mapping[str, Values]) -> Headline | None:
    """The figure that counts most, that of the first head; None when nothing was measured."""
    return next(iter(headlines(task, metrics)), None)


def result_line(task: str, metrics: Mapping[str, Values], say: Say | None = None) -> str:
    """The result in one sentence, of each head from its split that counts most.

    >>> accuracy = {"value": 0.91, "low": 0.9, "high": 0.92}
    >>> result_line("single_label", {"test": {"accuracy": accuracy, "num_rows": 1200}}).replace("\u2060", "")
    'accuracy 0.91 (0.90–0.92), test, 1,200 texts'
    """
    say = say or Say()
    lines = []
    for found in headlines(task, metrics):
        figures = f"{found.value:.2f} ({between(f'{found.low:.2f}', f'{found.high:.2f}')})"
        told = {"metric": metric_name(found.key, say), "figures": figures, "split": split_name(found.split, say)}
        lines.append(say(words.RESULT_LINE, **told, rows=found.num_rows))
    return "; ".join(lines) or say(words.NOT_MEASURED)


def split_name(split: str, say: Say) -> str:
    """A split for people; that of a head keeps the head's name before it."""
    head, _, last = split.rpartition(" ")
    return f"{head} {say.term(last)}".strip()


def majority_of(scores: Values) -> tuple[str, float] | None:
    """The most frequent label and its share of the rows; None without labels of which each row has one."""
    labels, confusion = scores.get("per_class") or {}, scores.get("confusion") or []
    num_rows = sum(map(sum, confusion))
    if not labels or not num_rows:
        return None
    most = max(labels, key=lambda name: labels[name]["support"])
    return most, labels[most]["support"] / num_rows


def metrics_part(facts: ReportFacts, say: Say) -> list[Html]:
    """The table of every metric of every split with its interval, and what always guessing would reach."""
    rows = [
        _metric_row(split, key, value, say)
        for split in ordered_splits(facts.metrics)
        for key, value in facts.metrics[split].items()
        if isinstance(value, Mapping) and {"value", "low", "high"} <= value.keys()
    ]
    if not rows:
        return []
    wide = tag("span", say(words.ON_ITS_SCALE), class_="wide")
    header = (say(words.METRIC), say(words.SPLIT), say(words.VALUE), say(words.INTERVAL), wide)
    guesses = [tag("p", text, class_="note") for text in _guesses(facts.metrics, say)]
    return [table(say(words.METRIC_CAPTION), header, rows, numbers=(2, 3)), *guesses]


def interval_bar(
    found: Mapping[str, float], scale: tuple[float, float], say: Say, *, kind: str = "wide", mark: float | None = None
) -> Html:
    """An interval as a band with its value as a stroke, on a scale of fixed ends; `mark` is a dashed line."""
    start, end = scale

    def place(number: float) -> str:
        return f"{(min(max(number, start), end) - start) / (end - start):.4f}"

    parts = ("value", "low", "high")
    style = ";".join(f"--{name}:{place(found[name])}" for name in parts)
    told = say(words.SCALE, **{name: f"{found[name]:.3f}" for name in parts}, start=start, end=end)
    dashed = None if mark is None else tag("u", style=f"--at:{place(mark)}")
    return tag("span", tag("i"), dashed, tag("b"), class_=f"interval {kind}", style=style, role="img", aria_label=told)


def labels_part(facts: ReportFacts, say: Say) -> list[Html]:
    """Confusion and label scores of the split that counts most; those of other splits can be unfolded."""
    metrics = facts.metrics
    splits = [split for split in ordered_splits(metrics) if metrics[split].get("per_class")]
    return [
        details(say(words.SAME_ON, split=split_name(split, say)), _split_labels(split, metrics[split], say, False))
        if order
        else _split_labels(split, metrics[split], say, True)
        for order, split in enumerate(splits)
    ]


def _metric_row(split: str, key: str, value: Mapping[str, float], say: Say) -> tuple[object, ...]:
    low, high, scale = value["low"], value["high"], scale_of(key)
    strong = tag("span", number(value["value"]), class_="strong")
    bar = "" if scale is None or None in (low, high) else interval_bar(value, scale, say)
    return metric_name(key, say), split_name(split, say), strong, between(number(low), number(high)), bar


def _guesses(metrics: Mapping[str, Values], say: Say) -> Iterable[str]:
    for split in ordered_splits(metrics):
        if (most := majority_of(metrics[split])) is not None:
            yield say(words.GUESS, label=most[0], share=most[1], split=split_name(split, say))


def _split_labels(split: str, scores: Values, say: Say, drawn: bool) -> Html:
    """`drawn` is false inside what is folded away: there a plot would have no width."""
    names, name = list(scores["per_class"]), split_name(split, say)
    confusion = scores.get("confusion")
    labels = scores["per_class"]
    parts = [_label_table(say(words.LABELS_ON, split=name), labels, say)]
    if len(labels) > MOST_CONFUSION_CLASSES:
        weakest = dict(sorted(labels.items(), key=lambda found: float(found[1]["f1"]))[:MOST_WEAK_LABELS])
        first = _label_table(say(words.WEAKEST_LABELS, shown=len(weakest), all=len(labels), split=name), weakest, say)
        parts = [first, details(say(words.LABELS_ON, split=name), *parts)]
    if confusion and len(names) <= MOST_CONFUSION_CLASSES:
        parts.insert(0, _confusion_table(name, names, confusion, say))
    elif confusion:
        parts.insert(0, _pair_table(name, names, confusion, say))
        if drawn and len(names) <= MOST_DRAWN_CLASSES:
            titles = (say(words.GOLD), say(words.PREDICTED), say(words.ROWS))
            title = say(words.CONFUSION_PLOT, split=name)
            parts.insert(0, plots.figure(title, plots.matrix(names, confusion, titles)))
    return joined(parts)


def _label_table(caption: str, labels: Mapping[str, Mapping[str, float]], say: Say) -> Html:
    with_intervals = any("f1_low" in scores for scores in labels.values())
    rows = [
        (
            name,
            number(s["precision"]),
            number(s["recall"]),
            tag("span", number(s["f1"]), class_="strong"),
            *([between(number(s.get("f1_low")), number(s.get("f1_high")))] if with_intervals else []),
            number(s["support"]),
        )
        for name, s in labels.items()
    ]
    titles = (words.LABEL, words.PRECISION, words.RECALL, words.F1, *([words.INTERVAL] if with_intervals else []))
    header = (*map(say, titles), say(words.ROWS))
    return table(caption, header, rows, numbers=range(1, len(header)))


def _confusion_table(split: str, names: Sequence[str], confusion: Sequence[Sequence[int]], say: Say) -> Html:
    caption = say(words.CONFUSION, split=split)
    head = [
        tag("th", Html(say(words.CONFUSION_CORNER)), scope="col"),
        *(tag("th", name, scope="col", dir="auto") for name in names),
        tag("th", say(words.ROWS), scope="col", class_="total"),
    ]
    body = []
    for gold, (name, counts) in enumerate(zip(names, confusion, strict=True)):
        total = sum(counts)
        cells = [_confusion_cell(count, total, gold == predicted) for predicted, count in enumerate(counts)]
        body.append(
            tag("tr", tag("th", name, scope="row", dir="auto"), *cells, tag("td", number(total), class_="total"))
        )
    content = tag("table", tag("thead", tag("tr", *head)), tag("tbody", *body), class_="confusion")
    return captioned(caption, content)


def _confusion_cell(count: int, total: int, hit: bool) -> Html:
    share = count / total if total else 0.0
    return tag(
        "td",
        tag("b", number(count)),
        tag("span", f"{share:.1%}" if total else "–"),
        class_="hit" if hit else None,
        style=f"--share:{share:.3f}",
    )


def _pair_table(split: str, names: Sequence[str], confusion: Sequence[Sequence[int]], say: Say) -> Html:
    """The most frequent confusions: a whole matrix of many labels cannot be read."""
    found: list[tuple[int, str, str, float]] = [
        (count, names[gold], names[predicted], count / sum(counts))
        for gold, counts in enumerate(confusion)
        for predicted, count in enumerate(counts)
        if count and gold != predicted
    ]
    found.sort(key=lambda pair: -pair[0])
    shown = found[:MOST_CONFUSED_PAIRS]
    rows: list[tuple[Any, ...]] = [
        (gold, predicted, number(count), f"{share:.1%}") for count, gold, predicted, share in shown
    ]
    caption = say(words.CONFUSED_PAIRS, split=split, shown=len(shown), all=len(found))
    header = tuple(map(say, (words.GOLD, words.PREDICTED, words.ROWS, words.SHARE_OF_GOLD)))
    return table(caption, header, rows, numbers=(2, 3))
