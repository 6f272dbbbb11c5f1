"""The model card: a README in the format of the Hugging Face hub, from the same facts as the report."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from groundswell.evaluation.report_behaviour import fails
from groundswell.evaluation.report_facts import ReportFacts, Values
from groundswell.evaluation.report_markup import between, number, percent, share_with_interval, with_interval
from groundswell.evaluation.report_metrics import headline, metric_name, ordered_splits, result_line
from groundswell.evaluation.report_run import duration, language_shares, recipe_values
from groundswell.evaluation.report_trust import is_weak
from groundswell.evaluation.report_warnings import ranked_warnings
from groundswell.evaluation.report_wording import Say

MOST_LIMITS = 8
LEAST_SHARE_OF_A_LANGUAGE = 0.05
HUB_METRICS = {"macro_f1": "f1", "micro_f1": "f1", "pearson": "pearsonr", "spearman": "spearmanr"}
PIPELINES = {"opinions": "token-classification", "causal": "text-generation", "masked": "fill-mask"}
EXAMPLES = {"zh": "房间一尘不染。", "en": "The room was spotless."}


def model_card(facts: ReportFacts) -> str:
    """The card as Markdown with its YAML front matter; English, as cards are."""
    parts = [f"---\n{_front_matter(facts)}\n---\n", f"# {_plain(facts.name)}\n", _opening(facts)]
    sections = {
        "Use": _use(facts),
        "Training data": _training_data(facts),
        "Metrics": _metrics(facts),
        "Calibration": _calibration(facts),
        "Limits": _bullets(_limits(facts)),
        "Costs": _costs(facts),
        "Warnings": _bullets(warned.text for warned in ranked_warnings(facts, Say())),
    }
    parts += [f"## {title}\n\n{content}" for title, content in sections.items() if content]
    return "\n".join(parts)


def _front_matter(facts: ReportFacts) -> str:
    from huggingface_hub import ModelCardData

    task, recipe = _pipeline(facts), recipe_values(facts.recipe_yaml)
    results = _results(facts, task)
    tuning = recipe.get("tuning") or {}
    tags = ["groundswell", facts.task.replace("_", "-"), *([tuning["method"]] if facts.base_model else [])]
    total = sum(facts.languages.values())
    languages = [
        name
        for name, count in facts.languages.items()
        if name != "other" and count >= LEAST_SHARE_OF_A_LANGUAGE * total
    ]
    data = ModelCardData(
        language=languages or None, library_name="groundswell", pipeline_tag=task, tags=tags,
        base_model=facts.base_model or None,
        model_name=facts.name if results else None,
        eval_results=results or None,
    )  # fmt: skip
    return str(data.to_yaml())


def _results(facts: ReportFacts, task: str) -> list[Any]:
    from huggingface_hub import EvalResult

    data = recipe_values(facts.recipe_yaml).get("data") or {}
    found = []
    for split in ordered_splits(facts.metrics):
        # Of a path only the last part: a card is published.
        file = PurePath(str(data.get(split.rpartition(" ")[2]) or data.get("train") or "unknown")).name
        for key, value in _measured(facts.metrics[split]):
            found.append(
                EvalResult(
                    task_type=task, dataset_type=re.sub(r"[^\w.-]+", "-", file), dataset_name=file,
                    dataset_split=split, metric_type=HUB_METRICS.get(key, key), metric_name=metric_name(key),
                    metric_value=value["value"],
                    metric_args={"low": value["low"], "high": value["high"]},
                )
            )  # fmt: skip
    return found


def _pipeline(facts: ReportFacts) -> str:
    if facts.task == "language_model":
        objective = (recipe_values(facts.recipe_yaml).get("language_model") or {}).get("objective", "causal")
        return PIPELINES.get(objective, "text-generation")
    return PIPELINES.get(facts.task, "text-classification")


def _measured(scores: Values) -> Iterator[tuple[str, Mapping[str, float]]]:
    for key, value in scores.items():
        if isinstance(value, Mapping) and {"value", "low", "high"} <= value.keys():
            yield key, value


def _opening(facts: ReportFacts) -> str:
    best = headline(facts.task, facts.metrics)
    lines = [f"{_sentence(facts.task.replace('_', ' '))}: {result_line(facts.task, facts.metrics)}."]
    if best is not None and best.majority is not None:
        label, share = best.majority
        lines.append(f"Always answering “{_plain(label)}” would be right in {percent(share)}.")
    return " ".join(lines).replace("\u2060", "") + " The figures with their pictures stand in report.html.\n"


def _use(facts: ReportFacts) -> str:
    most = max(facts.languages, key=lambda name: facts.languages[name], default="en")
    text = EXAMPLES.get(most, EXAMPLES["en"])
    if facts.task == "language_model":
        asked = ["groundswell lm perplexity FOLDER reviews.txt", f'groundswell lm generate FOLDER --start "{text}"']
        return _fenced("sh", asked if _pipeline(facts) == "text-generation" else asked[:1])
    python = ["import groundswell as gs", "", 'analyzer = gs.load("FOLDER")', f'print(analyzer("{text}").to_json())']
    shell = ["groundswell predict FOLDER reviews.csv --out analysed.jsonl", "groundswell evaluate FOLDER labelled.csv"]
    return f"{_fenced('python', python)}\n{_fenced('sh', shell)}"


def _training_data(facts: ReportFacts) -> str:
    rows = [
        (split, number(account.get("read")), number(account.get("kept")), number(account.get("dropped")))
        for split, account in facts.accounting.items()
        if not isinstance(account.get("dropped"), Mapping)
    ]
    shares = ", ".join(f"{name} {share}" for name, share in language_shares(facts).items())
    told = f"Languages of the texts: {shares}.\n\n" if shares else ""
    return told + _table(("split", "rows read", "kept", "dropped"), rows) if rows else told


def _metrics(facts: ReportFacts) -> str:
    rows = [
        (metric_name(key), split, number(value["value"]), between(number(value["low"]), number(value["high"])))
        for split in ordered_splits(facts.metrics)
        for key, value in _measured(facts.metrics[split])
    ]
    return _table(("metric", "split", "value", "interval"), rows) if rows else ""


def _calibration(facts: ReportFacts) -> str:
    for split in ordered_splits(facts.metrics):
        found = facts.metrics[split].get("calibration")
        if found:
            names = {"ece": "Expected calibration error", "brier": "Brier score", "log_loss": "Log loss"}
            said = [f"{name} {with_interval(found[key])}" for key, name in names.items() if found.get(key)]
            sets = [
                f"sets of labels promised to hold the right one in {percent(one['coverage'], 0)} do so in "
                f"{share_with_interval(one.get('achieved'))}"
                for one in found.get("conformal") or []
            ]
            return f"On {split}, after temperature scaling: " + _clean("; ".join([*said, *sets])) + ".\n"
    return ""


def _limits(facts: ReportFacts) -> Iterator[str]:
    """The worst slices, failed capabilities, changed labels and what an attack does."""
    best = headline(facts.task, facts.metrics)
    scores = {} if best is None else facts.metrics[best.split]
    weak = [one for one in scores.get("slices") or [] if is_weak(one, scores.get(one["metric"]))]
    for one in sorted(weak, key=lambda one: float(one["value"]))[:MOST_LIMITS]:
        measured = f"{metric_name(one['metric'])} {with_interval(one)}"
        yield f"{one['by']} “{one['name']}”: {measured}, {one['num_rows']:,} rows"
    capabilities = (facts.findings.get("behaviour") or {}).get("capabilities") or []
    failing = sorted(filter(fails, capabilities), key=lambda one: float(one["rate"]["value"]))
    for one in failing[:MOST_LIMITS]:
        yield f"{one['capability']} ({one['language']}): {one['num_passed']} of {one['num_cases']} cases pass"
    for one in facts.findings.get("bias") or []:
        changed = share_with_interval(one["labels_changed"])
        yield f"{one['first']} → {one['second']} ({one['attribute']}): {changed} of the labels change"
    attack = (facts.findings.get("robustness") or {}).get("attack")
    if attack:
        accuracy = with_interval(attack["accuracy"])
        yield f"under attack ({attack.get('name')}, {attack.get('budget')}): accuracy {accuracy}"


def _costs(facts: ReportFacts) -> str:
    entries = []
    for key, value in facts.costs.items():
        name = re.sub("_(seconds|megabytes|mb)$", "", key).replace("_", " ")
        if isinstance(value, Mapping):
            shown = ", ".join(f"{number(inner)} {inner_name}" for inner_name, inner in value.items())
        elif key.endswith("seconds") and isinstance(value, int | float):
            shown = duration(float(value))
        else:
            shown = f"{number(value, 1)} MB" if key.endswith(("megabytes", "_mb")) else number(value)
        entries.append((name, shown))
    return _table(("what", "how much"), entries) if entries else ""


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(map(_plain, cells)) + " |\n" for cells in lines)


def _bullets(lines: Iterator[str]) -> str:
    return "".join(f"- {_plain(line)}\n" for line in lines)


def _fenced(language: str, lines: Sequence[str]) -> str:
    return f"```{language}\n" + "\n".join(lines) + "\n```\n"


def _plain(text: object) -> str:
    """A text that neither ends a table's cell nor becomes markup."""
    written = _clean(str(text)).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]|#])", r"\\\1", written) if not re.fullmatch("-+", written) else written


def _clean(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\u2060", "")).strip()


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
