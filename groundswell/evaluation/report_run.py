"""What was trained, on which rows, how it went and what it cost, as parts of the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from groundswell.evaluation.report_charts import Series, line_chart
from groundswell.evaluation.report_markup import Html, number, pairs, table, tag
from groundswell.evaluation.report_metrics import metric_name
from groundswell.recipe_defaults import BASELINES

Values = Mapping[str, Any]


def recipe_values(recipe_yaml: str) -> Values:
    """The sections of a recipe; empty when there is none or it cannot be read."""
    try:
        values = yaml.safe_load(recipe_yaml)
    except yaml.YAMLError:
        return {}
    return values if isinstance(values, Mapping) else {}


def recipe_part(recipe: Values) -> list[Html]:
    """What was trained on what, in a few lines; the whole recipe stands at the end of the page."""
    data, text, model = _section(recipe, "data"), _section(recipe, "text"), _section(recipe, "model")
    is_baseline = model.get("encoder") in BASELINES
    heads = _section(recipe, "heads").items()
    of_language = recipe.get("task") == "language_model"
    no_pooling = is_baseline or of_language or recipe.get("task") == "opinions"
    predicted = _section(recipe, "language_model") if of_language else {}
    entries = {
        "task": str(recipe.get("task", "")).replace("_", " "),
        "heads": "; ".join(map(_head, heads)),
        "objective": _joined(predicted.get("objective"), "whole words" if predicted.get("whole_words") else None),
        "training data": _joined(data.get("train"), _unless_none("at most {:,} rows, drawn", data.get("limit"))),
        "dev data": data.get("dev") or _unless_none("{:.0%} of the training data, held out", data.get("dev_share")),
        "test data": data.get("test"),
        "text": _joined(
            _unless_none("cleaning: {}", ", ".join(text.get("cleaning") or []) or None),
            _unless_none("at most {:,} tokens", text.get("max_tokens")),
            _unless_none("tokens: {}", text.get("tokens")),
            None if of_language else _unless_none("longer texts: {}", text.get("truncation")),
        ),
        "encoder": _joined(
            model.get("encoder"),
            None if no_pooling else _unless_none("{} pooling", model.get("pooling")),
        ),
        "tuning": None if is_baseline else _tuning(_section(recipe, "tuning")),
        "training": None if is_baseline else _training(_section(recipe, "training")),
        "seed": recipe.get("seed"),
    }
    filled = {name: value for name, value in entries.items() if value not in (None, "")}
    return [pairs(filled)] if filled else []


def history_part(history: Sequence[Values], metric: str | None, best_epoch: float | None) -> list[Html]:
    """Curves of the loss and of the dev metric per epoch, and the numbers behind them."""
    if not history:
        return []
    chosen = _chart_metric(history, metric)
    loss = [Series("training", _points(history, "loss")), Series("dev", _dev_points(history, "loss"))]
    charts = [line_chart("Loss", loss, best_epoch)]
    if chosen:
        title = f"{metric_name(chosen)} on dev".capitalize() if chosen.islower() else metric_name(chosen)
        charts.append(line_chart(title, [Series("dev", _dev_points(history, chosen))], best_epoch))
    return [
        tag("div", *charts, class_="charts"),
        tag("details", tag("summary", "The numbers of every epoch"), _history_table(history)),
    ]


def accounting_part(accounting: Mapping[str, Values]) -> list[Html]:
    """What became of every row of every split, with the reasons and the first row numbers."""
    if not accounting:
        return []
    totals = [
        (
            split,
            *(
                number(count)
                for count in (rows.get("read"), rows.get("kept"), _total(rows, "cut"), _total(rows, "dropped"))
            ),
        )
        for split, rows in accounting.items()
    ]
    reasons = [
        (split, f"{fate}: {reason}", number(found.get("count")), _first_rows(found))
        for split, rows in accounting.items()
        for fate, by_reason in (("cut", rows.get("cut")), ("dropped", rows.get("reasons") or rows.get("dropped")))
        if isinstance(by_reason, Mapping)
        for reason, found in by_reason.items()
    ]
    limits = {rows["max_tokens"] for rows in accounting.values() if rows.get("max_tokens")}
    notes = [
        tag("p", f"Cut rows are kept; the model reads up to {limit:,} tokens of them.", class_="note")
        for limit in sorted(limits)
    ]
    header = ("split", "read", "kept", "of these cut", "dropped")
    parts = [table("Rows of every split", header, totals, numbers=(1, 2, 3, 4)), *notes]
    if reasons:
        parts.append(table("Why", ("split", "what happened", "rows", "first rows"), reasons, numbers=(2,)))
    return parts


def costs_part(costs: Values, hardware: Values | str, versions: Mapping[str, str]) -> list[Html]:
    """What the run cost and what it ran on."""
    entries = {_cost_name(key): _cost(key, value) for key, value in costs.items()}
    if isinstance(hardware, str):
        entries |= {"hardware": hardware} if hardware else {}
    else:
        entries |= {key.replace("_", " "): _plain(value) for key, value in hardware.items()}
    if versions:
        entries["versions"] = ", ".join(f"{name} {version}" for name, version in versions.items())
    return [pairs(entries)] if entries else []


def _section(recipe: Values, name: str) -> Values:
    section = recipe.get(name)
    return section if isinstance(section, Mapping) else {}


def _head(named: tuple[str, Values]) -> str:
    """`arousal: regression on A of ratings.csv`."""
    name, head = named
    data, task = _section(head, "data"), str(head.get("task", "")).replace("_", " ")
    column = "" if head.get("task") == "opinions" else f" on {data.get('label')}"
    return f"{name}: {task}{column} of {data.get('train')}"


def _unless_none(template: str, value: object) -> str | None:
    return None if value is None else template.format(value)


def _joined(*parts: object) -> str:
    return "; ".join(str(part) for part in parts if part)


def _tuning(tuning: Values) -> str:
    method, lora = tuning.get("method"), _section(tuning, "lora")
    names = {"lora": "LoRA", "full": "all weights", "head": "head only"}
    rank = f"rank {lora.get('rank')}, alpha {lora.get('alpha'):g}" if method == "lora" and lora else None
    return _joined(names.get(str(method), method), rank, _unless_none("top {} layers", tuning.get("layers")))


def _training(training: Values) -> str:
    return _joined(
        _unless_none("{} epochs", training.get("epochs")),
        _unless_none("learning rate {:g}", training.get("learning_rate")),
        _unless_none("{} schedule", training.get("schedule")),
        _unless_none("{:,} tokens a batch", training.get("batch_tokens")),
        _unless_none("best epoch by dev {}", metric_name(training["metric"]) if training.get("metric") else None),
    )


def _chart_metric(history: Sequence[Values], metric: str | None) -> str | None:
    measured = [key for epoch in history for key in epoch.get("dev") or {} if key != "loss"]
    return metric if metric in measured else next(iter(measured), None)


def _points(history: Sequence[Values], key: str) -> list[tuple[float, float]]:
    return [(epoch["epoch"], epoch[key]) for epoch in history if epoch.get(key) is not None]


def _dev_points(history: Sequence[Values], key: str) -> list[tuple[float, float]]:
    dev = [(epoch["epoch"], (epoch.get("dev") or {}).get(key)) for epoch in history]
    return [(epoch, value) for epoch, value in dev if value is not None]


def _history_table(history: Sequence[Values]) -> Html:
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
    header = ("epoch", "training loss", *(f"dev {metric_name(key)}" for key in keys), "seconds")
    return table("Every epoch", header, rows, numbers=range(1, len(header)))


def _total(rows: Values, fate: str) -> object:
    found = rows.get(fate)
    return sum(reason["count"] for reason in found.values()) if isinstance(found, Mapping) else found


def _first_rows(found: Values) -> str:
    first = found.get("first_rows") or []
    more = found.get("count", 0) - len(first)
    return ", ".join(map(str, first)) + (f" and {more:,} more" if first and more > 0 else "")


def _cost_name(key: str) -> str:
    for ending in ("_seconds", "_megabytes", "_mb"):
        key = key.removesuffix(ending)
    return {"seconds": "training time", "megabytes": "model size"}.get(key, key.replace("_", " "))


def _cost(key: str, value: object) -> str:
    if isinstance(value, Mapping) and {"trainable", "total"} <= value.keys():
        share = value["trainable"] / value["total"] if value["total"] else 0.0
        return f"{value['trainable']:,} trainable of {value['total']:,} ({share:.2%})"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _plain(value)
    if key.endswith("seconds"):
        return _duration(float(value))
    if key.endswith(("megabytes", "_mb")):
        return f"{value:,.1f} MB"
    return number(value)


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_plain(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(_plain(inner) for inner in value)
    return number(value)
