"""Defaults of a recipe that follow from its other keys: rates from the method, loss and metric from the task, the shape
of an encoder trained from scratch from its kind."""

from __future__ import annotations

from typing import Any

LEARNING_RATES = {"full": 1e-4, "head": 1e-2, "lora": 1e-3}
LEARNING_RATE_FROM_SCRATCH = 1e-3
LOSSES_OF_TASK: dict[str, tuple[str, ...]] = {
    "single_label": ("cross_entropy", "focal"),
    "multi_label": ("bce", "focal"),
    "regression": ("mse",),
    "opinions": ("opinions",),
    "multi_task": ("auto",),
    "language_model": ("language_model",),
}
METRIC_OF_TASK = {
    "multi_label": "macro_f1", "regression": "pearson", "opinions": "f1", "multi_task": "mean",
    "language_model": "loss",
}  # fmt: skip
_RECURRENT = {"width": 128, "hidden": 128, "layers": 1, "bidirectional": True, "token_dropout": 0.0, "static": False}
# What an encoder trained from scratch reads of `model.scratch`.
SHAPES: dict[str, dict[str, Any]] = {
    "bag": {"width": 64, "ngrams": 2, "buckets": 200_000, "token_dropout": 0.0, "static": False},
    "cnn": {"width": 128, "filters": 128, "kernel_sizes": (3, 4, 5), "token_dropout": 0.0, "static": False},
    "rnn": _RECURRENT,
    "lstm": _RECURRENT,
    "gru": _RECURRENT,
    "transformer": {"width": 128, "layers": 2, "heads": 4, "token_dropout": 0.0, "static": False},
}
_RECURRENT_LM = {"width": 256, "hidden": 256, "layers": 1, "tied": True}
# What a language model trained from scratch reads of it.
LANGUAGE_SHAPES: dict[str, dict[str, Any]] = {
    "window": {"width": 256, "hidden": 256, "window": 4, "tied": True},
    "rnn": _RECURRENT_LM,
    "lstm": _RECURRENT_LM,
    "gru": _RECURRENT_LM,
    "decoder": {"width": 256, "hidden": 704, "layers": 4, "heads": 4},
    "bert": {"width": 256, "hidden": 1024, "layers": 4, "heads": 4},
}
CAUSAL = ("window", "rnn", "lstm", "gru", "decoder")
# What a baseline reads of `model.linear`.
BASELINES: dict[str, dict[str, Any]] = {
    "majority": {},
    "lexicon": {"lexicon": "en"},
    "naive_bayes": {"ngrams": 2, "weighting": "binary"},
    "nb_svm": {"ngrams": 3, "weighting": "binary", "strength": 1.0},
    "logistic_regression": {"ngrams": 2, "weighting": "tfidf", "strength": 10.0},
    "linear_svm": {"ngrams": 2, "weighting": "tfidf", "strength": 0.5},
}
LAYERLESS = {*SHAPES, *BASELINES, "window"} - {"transformer"}
POOLING = {"bag": "mean", "cnn": "max", "rnn": "attention", "lstm": "attention", "gru": "attention"}
OWN_TOKENS = {"tokens": "words", "min_count": 2, "vocabulary_size": 30_000}
LANGUAGE_TOKENS = {"tokens": "bpe", "min_count": 1, "vocabulary_size": 16_000}
MOST_NGRAMS = 1_000_000
_OF_HEADS = ("data", "model", "training")
_OF_OPINIONS, _NOT_OF_OPINIONS = ("format", "repair"), ("text", "label", "id", "labels", "max_characters")


def fill_what_follows(values: dict[str, Any]) -> dict[str, Any]:
    """The values with those defaults written out; what is wrong in them is left for the recipe to find."""
    names = ("text", "model", "tuning", "training")
    given = {name: {} if values.get(name) is None else values[name] for name in names}
    if not all(isinstance(section, dict) for section in given.values()):
        return values
    encoder, task = given["model"].get("encoder"), values.get("task", "single_label")
    if task == "language_model":
        given |= _language_model(given, encoder)
    elif isinstance(encoder, str) and encoder in SHAPES:
        given |= _from_scratch(given, SHAPES[encoder], OWN_TOKENS)
        given["model"] |= _missing(given["model"], {"pooling": POOLING.get(encoder, "mean")})
    elif isinstance(encoder, str) and encoder in BASELINES:
        given |= _baseline(given, encoder)
    filled = {**values, "training": _training(given, task, encoder)}
    for name in ("text", "model", "tuning"):
        if given[name]:
            filled[name] = given[name]
    if isinstance(values.get("heads"), dict) and values["heads"]:
        filled["heads"] = _heads(filled)
        filled["data"] = _data_of_heads(filled)
    if task == "language_model":
        filled["language_model"] = _objective(values.get("language_model"), encoder)
        filled["data"] = _data_of_sources(values.get("data"), values.get("corpus"))
    elif isinstance(values.get("domain"), dict):
        filled["domain"] = _domain(filled, values["domain"])
    return filled


def _data_of_heads(values: dict[str, Any]) -> Any:
    """The recipe's own data; where every head brings its own, that of the first stands for all."""
    data, first = values.get("data"), next(iter(values["heads"].values()))
    if isinstance(data, dict) and "train" not in data and isinstance(first, dict) and isinstance(first["data"], dict):
        return {**first["data"], **data}
    return data


def _from_scratch(
    given: dict[str, dict[str, Any]], defaults: dict[str, Any], tokens: dict[str, Any]
) -> dict[str, dict[str, Any]]:
    shape = given["model"].get("scratch")
    shape = {} if shape is None else shape
    if isinstance(shape, dict):
        # The width of given vectors is that of their file.
        missing = {key: value for key, value in defaults.items() if key != "width" or not shape.get("vectors")}
        shape = {**shape, **_missing(shape, missing)}
    return {
        "text": {**given["text"], **_missing(given["text"], tokens)},
        "model": {**given["model"], "scratch": shape},
        "tuning": {**given["tuning"], **_missing(given["tuning"], {"method": "full"})},
    }


def _language_model(given: dict[str, dict[str, Any]], encoder: object) -> dict[str, dict[str, Any]]:
    if isinstance(encoder, str) and encoder in LANGUAGE_SHAPES:
        return _from_scratch(given, LANGUAGE_SHAPES[encoder], LANGUAGE_TOKENS)
    return {"tuning": {**given["tuning"], **_missing(given["tuning"], {"method": "full"})}}


def _objective(section: object, encoder: object) -> Any:
    section = {} if section is None else section
    if not isinstance(section, dict) or section.get("objective", "auto") != "auto":
        return section
    return {**section, "objective": "causal" if encoder in CAUSAL else "masked"}


def _data_of_sources(data: object, corpus: object) -> Any:
    """The recipe's data; several sources stand there by their names."""
    sources = corpus.get("sources") if isinstance(corpus, dict) else None
    if not isinstance(sources, dict) or not sources or not isinstance(data, dict | None):
        return data
    return {"train": ", ".join(map(str, sources)), **(data or {})}


def _domain(values: dict[str, Any], domain: dict[str, Any]) -> dict[str, Any]:
    """The first stage with what it takes from the recipe: its texts, unless it has others, and how they are read."""
    data, own = values.get("data"), domain.get("data", {})
    if isinstance(data, dict) and isinstance(own, dict):
        has_texts = own.get("train") or (isinstance(domain.get("corpus"), dict) and domain["corpus"].get("sources"))
        shared = ("text", "encoding") if has_texts else ("train", "text", "encoding")
        own = _data_of_sources({**{key: data[key] for key in shared if key in data}, **own}, domain.get("corpus"))
    training = {} if domain.get("training") is None else domain["training"]
    if isinstance(training, dict):
        training = _training({"training": training, "tuning": {"method": "full"}}, "language_model", None)
    return {
        **domain,
        "data": own,
        "language_model": _objective(domain.get("language_model"), None),
        "training": training,
    }


def _baseline(given: dict[str, dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    linear = given["model"].get("linear")
    linear = {} if linear is None else linear
    if isinstance(linear, dict):
        linear = {**linear, **_missing(linear, BASELINES[kind])}
    return {
        "text": {**given["text"], **_missing(given["text"], {**OWN_TOKENS, "vocabulary_size": MOST_NGRAMS})},
        "model": {**given["model"], "linear": linear},
        "tuning": {**given["tuning"], **_missing(given["tuning"], {"method": "full"})},
    }


def _training(given: dict[str, dict[str, Any]], task: object, encoder: object) -> dict[str, Any]:
    training = dict(given["training"])
    method = given["tuning"].get("method", "lora")
    rate = training.get("learning_rate")
    if rate is None:
        rate = LEARNING_RATES.get(method, 1e-3) if isinstance(method, str) else 1e-3
        if isinstance(encoder, str) and (encoder in SHAPES or encoder in LANGUAGE_SHAPES):
            rate = LEARNING_RATE_FROM_SCRATCH
        training["learning_rate"] = rate
    if training.get("head_learning_rate") is None and isinstance(rate, int | float | str):
        try:
            training["head_learning_rate"] = max(float(rate), 1e-3)
        except (ValueError, OverflowError):
            training.pop("head_learning_rate", None)
    return training | _loss_and_metric(training, task)


def _loss_and_metric(training: dict[str, Any], task: object) -> dict[str, Any]:
    found = {}
    if training.get("loss", "auto") == "auto" and isinstance(task, str):
        found["loss"] = LOSSES_OF_TASK.get(task, ("auto",))[0]
    if training.get("metric", "auto") == "auto" and isinstance(task, str):
        found["metric"] = METRIC_OF_TASK.get(task, "accuracy")
    return found


def _heads(values: dict[str, Any]) -> dict[str, Any]:
    """Heads with what they take from the recipe: its data, unless they have their own, its pooling and dropout."""
    data, model = values.get("data"), values.get("model", {})
    shared = data if isinstance(data, dict) else {}
    heads = {}
    for name, head in values["heads"].items():
        if not isinstance(head, dict) or not all(isinstance(head.get(key, {}), dict) for key in _OF_HEADS):
            heads[name] = head
            continue
        own, training = head.get("data", {}), head.get("training", {})
        left_out = ("dev", "test") if own.get("train") else ()
        left_out = (*left_out, *(_NOT_OF_OPINIONS if head.get("task") == "opinions" else _OF_OPINIONS))
        taken = {key: value for key, value in shared.items() if key not in left_out}
        read = {key: model[key] for key in ("pooling", "head_dropout") if key in model}
        heads[name] = {
            **head,
            "data": {"split": "text", **taken, **own},
            "model": {**read, **head.get("model", {})},
            "training": {**training, **_loss_and_metric(training, head.get("task"))},
        }
    return heads


def _missing(given: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    return {name: default for name, default in defaults.items() if given.get(name) is None}
