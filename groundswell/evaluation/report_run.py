"""What was trained, on which rows, how it went and what it cost, as parts of the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import yaml

from groundswell.evaluation import plots
from groundswell.evaluation import report_wording as words
from groundswell.evaluation.plots import Axis, Line
from groundswell.evaluation.report_facts import ReportFacts, Values
from groundswell.evaluation.report_markup import Html, details, number, pairs, table, tag
from groundswell.evaluation.report_metrics import metric_name, scale_of, split_name
from groundswell.evaluation.report_wording import Phrase, Say
from groundswell.recipe_defaults import BASELINES

MOST_STEPS = 1000


def recipe_values(recipe_yaml: str) -> Values:
    """The sections of a recipe; empty when there is none or it cannot be read."""
    try:
        values = yaml.safe_load(recipe_yaml)
    except yaml.YAMLError:
        return {}
    return values if isinstance(values, Mapping) else {}


def recipe_part(facts: ReportFacts, say: Say) -> list[Html]:
    """What was trained on what, in a few lines; the whole recipe stands at the end of the page."""
    recipe = recipe_values(facts.recipe_yaml)
    data, text, model = _section(recipe, "data"), _section(recipe, "text"), _section(recipe, "model")
    is_baseline = model.get("encoder") in BASELINES
    of_language = recipe.get("task") == "language_model"
    no_pooling = is_baseline or of_language or recipe.get("task") == "opinions"
    predicted = _section(recipe, "language_model") if of_language else {}
    told = partial(_unless_none, say)
    entries = {
        "task": say.term(recipe.get("task", "")),
        "heads": "; ".join(_head(named, say) for named in _section(recipe, "heads").items()),
        "objective": _joined(
            predicted.get("objective"), say(words.WHOLE_WORDS) if predicted.get("whole_words") else None
        ),
        "training data": _joined(data.get("train"), told(words.DRAWN_ROWS, data.get("limit"))),
        "languages": ", ".join(f"{say.term(name)} {share}" for name, share in language_shares(facts).items()),
        "dev data": data.get("dev") or told(words.HELD_OUT, data.get("dev_share")),
        "test data": data.get("test"),
        "text": _joined(
            told(words.CLEANING, ", ".join(text.get("cleaning") or []) or None),
            told(words.MOST_TOKENS, text.get("max_tokens")),
            told(words.TOKENS, text.get("tokens")),
            None if of_language else told(words.LONGER_TEXTS, text.get("truncation")),
        ),
        "encoder": _joined(model.get("encoder"), None if no_pooling else told(words.POOLING, model.get("pooling"))),
        "tuning": None if is_baseline else _tuning(_section(recipe, "tuning"), say),
        "training": None if is_baseline else _training(_section(recipe, "training"), say),
        "seed": recipe.get("seed"),
        **facts.provenance,
    }
    filled = {say.term(name): value for name, value in entries.items() if value not in (None, "")}
    return [pairs(filled)] if filled and (recipe or facts.provenance) else []


def language_shares(facts: ReportFacts) -> dict[str, str]:
    """Each language of the training texts with its share, the most frequent first; those below 1% are left out."""
    total = sum(facts.languages.values())
    counted = sorted(facts.languages.items(), key=lambda found: -found[1])
    return {name: f"{count / total:.0%}" for name, count in counted if count / total >= 0.01}


def history_part(facts: ReportFacts, say: Say) -> list[Html]:
    """Curves of the loss and of the dev metric per epoch, and the numbers behind them."""
    history = facts.history
    if not history:
        return []
    mark = None if facts.best_epoch is None else (float(facts.best_epoch), say(words.WEIGHTS_KEPT))
    epoch = Axis(say(words.EPOCH), "~g")
    losses = [
        Line(say(words.TRAINING_LOSS), _points(history, "loss")),
        Line(say.term("dev"), _dev_points(history, "loss")),
        Line(say(words.STEP_LOSS), _step_points(facts), dots=False),
    ]
    drawn = {say(words.LOSS): plots.curves(losses, epoch, Axis(""), mark)}
    if chosen := _chart_metric(history, _section(recipe_values(facts.recipe_yaml), "training").get("metric")):
        title = say(words.DEV_METRIC, metric=metric_name(chosen, say))
        axis = Axis("", ".1%" if scale_of(chosen) == (0.0, 1.0) else "")
        drawn[title] = plots.curves([Line(title, _dev_points(history, chosen))], epoch, axis, mark)
    figures = [plots.figure(title, spec) for title, spec in drawn.items() if spec is not None]
    return [
        tag("div", *figures, class_="charts"),
        details(say(words.EPOCH_NUMBERS), _history_table(history, say)),
    ]


def accounting_part(facts: ReportFacts, say: Say) -> list[Html]:
    """What became of every row of every split, with the reasons and the first row numbers."""
    accounting = facts.accounting
    if not accounting:
        return []
    totals = [
        (
            split_name(split, say),
            *(
                number(count)
                for count in (rows.get("read"), rows.get("kept"), _total(rows, "cut"), _total(rows, "dropped"))
            ),
        )
        for split, rows in accounting.items()
    ]
    reasons = [
        (split_name(split, say), f"{say.term(fate)}: {say.term(reason)}", number(found.get("count")),
         _first_rows(found, say))
        for split, rows in accounting.items()
        for fate, by_reason in (("cut", rows.get("cut")), ("dropped", rows.get("reasons") or rows.get("dropped")))
        if isinstance(by_reason, Mapping)
        for reason, found in by_reason.items()
    ]  # fmt: skip
    limits = {rows["max_tokens"] for rows in accounting.values() if rows.get("max_tokens")}
    notes = [tag("p", say(words.CUT_LIMIT, limit=limit), class_="note") for limit in sorted(limits)]
    header = tuple(map(say, (words.SPLIT, words.READ, words.KEPT, words.CUT, words.DROPPED)))
    parts = [table(say(words.ROWS_OF_SPLITS), header, totals, numbers=(1, 2, 3, 4)), *notes]
    if reasons:
        titles = tuple(map(say, (words.SPLIT, words.WHAT_HAPPENED, words.ROWS, words.FIRST_ROWS)))
        parts.append(table(say(words.WHY), titles, reasons, numbers=(2,)))
    return parts


def costs_part(facts: ReportFacts, say: Say) -> list[Html]:
    """What the run cost and what it ran on."""
    entries = {say.term(_cost_name(key)): _cost(key, value, say) for key, value in facts.costs.items()}
    if isinstance(facts.hardware, str):
        entries |= {say.term("hardware"): facts.hardware} if facts.hardware else {}
    else:
        entries |= {say.term(key): _plain(value, say) for key, value in facts.hardware.items()}
    if facts.versions:
        entries[say.term("versions")] = ", ".join(f"{name} {version}" for name, version in facts.versions.items())
    return [pairs(entries)] if entries else []


def _section(recipe: Values, name: str) -> Values:
    section = recipe.get(name)
    return section if isinstance(section, Mapping) else {}


def _head(named: tuple[str, Values], say: Say) -> str:
    """`arousal: regression on A of ratings.csv`."""
    name, head = named
    data = _section(head, "data")
    phrase = words.HEAD_LINE if head.get("task") == "opinions" else words.HEAD_COLUMN
    return say(phrase, name=name, task=say.term(head.get("task")), column=data.get("label"), data=data.get("train"))


def _unless_none(say: Say, phrase: Phrase, value: object) -> str | None:
    return None if value is None else say(phrase, value)


def _joined(*parts: object) -> str:
    return "; ".join(str(part) for part in parts if part)


def _tuning(tuning: Values, say: Say) -> str:
    method, lora = tuning.get("method"), _section(tuning, "lora")
    names = {"lora": "LoRA", "full": say(words.ALL_WEIGHTS), "head": say(words.HEAD_ONLY)}
    rank = say(words.RANK, lora.get("rank"), lora.get("alpha")) if method == "lora" and lora else None
    layers = _unless_none(say, words.TOP_LAYERS, tuning.get("layers"))
    return _joined(names.get(str(method), method), rank, layers)


def _training(training: Values, say: Say) -> str:
    told = {
        words.EPOCHS: training.get("epochs"),
        words.LEARNING_RATE: training.get("learning_rate"),
        words.SCHEDULE: training.get("schedule"),
        words.BATCH_TOKENS: training.get("batch_tokens"),
        words.BEST_EPOCH_BY: metric_name(training["metric"], say) if training.get("metric") else None,
    }
    return _joined(*(_unless_none(say, phrase, value) for phrase, value in told.items()))


def _chart_metric(history: Sequence[Values], metric: str | None) -> str | None:
    measured = [key for epoch in history for key in epoch.get("dev") or {} if key != "loss"]
    return metric if metric in measured else next(iter(measured), None)


def _points(history: Sequence[Values], key: str) -> list[tuple[float, float]]:
    return [(epoch["epoch"], epoch[key]) for epoch in history if epoch.get(key) is not None]


def _dev_points(history: Sequence[Values], key: str) -> list[tuple[float, float]]:
    dev = [(epoch["epoch"], (epoch.get("dev") or {}).get(key)) for epoch in history]
    return [(epoch, value) for epoch, value in dev if value is not None]


def _step_points(facts: ReportFacts) -> list[tuple[float, float]]:
    """The losses of single steps at their places between the epochs, thinned out."""
    ends = {epoch["epoch"]: epoch["step"] for epoch in facts.history if epoch.get("step")}
    points = []
    for row in facts.steps:
        first, last = ends.get(row["epoch"] - 1, 0), ends.get(row["epoch"])
        if last is not None and first < row["step"] <= last:
            points.append((round(row["epoch"] - 1 + (row["step"] - first) / (last - first), 4), row["loss"]))
    return points[:: -(-len(points) // MOST_STEPS) or 1]


def _history_table(history: Sequence[Values], say: Say) -> Html:
    keys = list(dict.fromkeys(key for epoch in history for key in epoch.get("dev") or {}))
    rows = [
        (
            number(epoch.get("epoch")),
            number(epoch.get("loss")),
            *(number((epoch.get("dev") or {}).get(key)) for key in keys),
            number(epoch.get("seconds"), 1),
        )
        for epoch in history
    ]
    measured = (say(words.DEV_METRIC, metric=metric_name(key, say)) for key in keys)
    header = (say(words.EPOCH), f"{say(words.TRAINING_LOSS)}: {say(words.LOSS)}", *measured, say(words.SECONDS))
    return table(say(words.EVERY_EPOCH), header, rows, numbers=range(1, len(header)))


def _total(rows: Values, fate: str) -> object:
    found = rows.get(fate)
    return sum(reason["count"] for reason in found.values()) if isinstance(found, Mapping) else found


def _first_rows(found: Values, say: Say) -> str:
    first = found.get("first_rows") or []
    more = found.get("count", 0) - len(first)
    rows = ", ".join(map(str, first))
    return say(words.MORE_ROWS, rows=rows, more=more) if first and more > 0 else rows


def _cost_name(key: str) -> str:
    for ending in ("_seconds", "_megabytes", "_mb"):
        key = key.removesuffix(ending)
    return {"seconds": "training time", "megabytes": "model size"}.get(key, key.replace("_", " "))


def _cost(key: str, value: object, say: Say) -> str:
    if isinstance(value, Mapping) and {"trainable", "total"} <= value.keys():
        share = value["trainable"] / value["total"] if value["total"] else 0.0
        return say(words.TRAINABLE, trainable=value["trainable"], total=value["total"], share=share)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _plain(value, say)
    if key.endswith("seconds"):
        return duration(float(value))
    if key.endswith(("megabytes", "_mb")):
        return f"{number(value, 1)} MB"
    return number(value)


def duration(seconds: float) -> str:
    """Seconds as people say them.

    >>> duration(5.25), duration(157.3), duration(7260)
    ('5.2 s', '2 min 37 s', '2 h 1 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def _plain(value: object, say: Say) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{say.term(key)} {_plain(inner, say)}" for key, inner in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(_plain(inner, say) for inner in value) or say(words.NONE)
    return number(value)
