"""Dashboard, alerts, scraping and scaling name metrics, labels and codes that the service has."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from groundswell.serving.metrics import ServiceMetrics

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
SERVING_PAGE = (ROOT / "docs" / "serving.md").read_text(encoding="utf-8")
OPERATIONS_PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
ADDED_BY_PROMETHEUS = {"job", "instance", "namespace", "pod", "le"}
SUFFIXES = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"], "gauge": [""]}


def exported() -> dict[str, set[str]]:
    """The labels of every name that Prometheus reads."""
    found: dict[str, set[str]] = {}
    for metric in vars(ServiceMetrics()).values():
        if isinstance(metric, MetricWrapperBase):
            (family,) = metric.describe()
            for suffix in SUFFIXES[family.type]:
                found[family.name + suffix] = set(metric._labelnames)
    return found


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DEPLOY / "grafana" / "groundswell.json").read_text(encoding="utf-8"))
    return found


def alerts() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text(encoding="utf-8"))["groups"]
    return list(group["rules"])


def expressions() -> Iterator[tuple[str, str]]:
    """Every query of deploy/, with what it is called."""
    board = dashboard()
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            yield f"{panel['title']} {target['refId']}", target["expr"]
    for each in board["annotations"]["list"]:
        yield each["name"], each["expr"]
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            yield f"${variable['name']}", variable["definition"]
    for rule in alerts():
        yield rule["alert"], rule["expr"]
    for rule in yaml.safe_load((DEPLOY / "prometheus" / "adapter.yaml").read_text(encoding="utf-8"))["rules"]["custom"]:
        yield "series of the autoscaler", rule["seriesQuery"]
        yield "metric of the autoscaler", rule["metricsQuery"]


ALL = list(expressions())


def labels_used(expression: str) -> set[str]:
    """Labels in braces and in `by (…)`, `on (…)`; `<<…>>` is filled in by the adapter, `$…` by Grafana."""
    inside = re.findall(r"\{([^}]*)\}", expression)
    matched = {name for part in inside for name in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", part)}
    grouped = re.findall(r"\b(?:by|on|without|ignoring) \(([\w, ]+)\)", expression)
    return matched | {name.strip() for part in grouped for name in part.split(",")}


@pytest.mark.parametrize(("name", "expression"), ALL, ids=[name for name, _ in ALL])
def test_queries_name_metrics_and_labels_that_there_are(name: str, expression: str) -> None:
    known = exported()
    metrics = set(re.findall(r"\bgroundswell_\w+", expression))
    assert metrics or expression.startswith("up{")
    assert metrics <= set(known), name
    labels = ADDED_BY_PROMETHEUS.union(*(known[metric] for metric in metrics))
    assert labels_used(expression) <= labels, name
    if "_bucket" in expression:
        assert re.search(r"by \([\w, ]*\ble\b", expression), f"{name}: a quantile needs le"
    for opening, closing in ("()", "{}", "[]"):
        assert expression.count(opening) == expression.count(closing), name
    for counter in re.findall(r"(\w+\()?(groundswell_\w+_(?:total|sum|count|bucket))", expression):
        assert counter[0] in ("rate(", "increase(", "label_values(") or "series" in name, f"{name}: {counter[1]}"


def test_a_wrong_label_would_be_noticed() -> None:
    assert labels_used('sum by (label, model) (rate(x_total{code=~"a|b", route!="c"}[5m]))') == {
        "label", "model", "code", "route"
    }  # fmt: skip


def test_the_page_names_every_metric_with_its_labels() -> None:
    told: dict[str, set[str]] = {}
    for names, labels in re.findall(r"^\| (`groundswell_[^|]+)\|([^|]*)\|", SERVING_PAGE, re.MULTILINE):
        for name in re.findall(r"`(\w+)`", names):
            told[name] = set(re.findall(r"\w+", labels)) - {"or"}
    for name, labels in exported().items():
        base = re.sub(r"_(bucket|sum|count)$", "", name)
        assert base in told, name
        assert labels <= told[base], name


def test_codes_in_queries_are_those_of_the_page() -> None:
    codes = {
        code
        for _, expression in ALL
        for values in re.findall(r'(?:code|outcome)=~?"([^"]+)"', expression)
        for code in values.split("|")
    }
    assert codes >= {"overloaded", "unauthorized", "worker_failed"}
    assert [code for code in codes if f"`{code}`" not in SERVING_PAGE] == []


def test_every_metric_but_the_detailed_ones_is_drawn() -> None:
    drawn = set(re.findall(r"\bgroundswell_\w+", json.dumps(dashboard())))
    bases = {re.sub(r"_(bucket|sum|count)$", "", name) for name in exported()}
    assert bases - {re.sub(r"_(bucket|sum|count)$", "", name) for name in drawn} == set()


def test_panels_stand_beside_each_other_under_names_of_their_own() -> None:
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len({panel["title"] for panel in panels}) == len(panels)
    for panel in panels:
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
    for one, other in itertools.combinations([panel["gridPos"] for panel in panels], 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below, (one, other)


def test_the_dashboard_asks_the_source_that_is_chosen_and_knows_its_variables() -> None:
    board = dashboard()
    text = json.dumps(board)
    assert {panel["datasource"]["uid"] for panel in board["panels"] if panel["type"] != "row"} == {"${datasource}"}
    variables = {variable["name"] for variable in board["templating"]["list"]}
    assert set(re.findall(r"\$\{?([a-z]\w*)", text)) == variables
    assert set(re.findall(r"\$(__\w+)", text)) == {"__rate_interval", "__all"}


def test_what_the_issue_of_an_alert_is_and_what_to_do_is_written() -> None:
    for rule in alerts():
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"]
        assert f"`{rule['alert']}`" in OPERATIONS_PAGE
        told = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
        grouped = re.match(r"(?:abs\(\s*)?(?:histogram_quantile\([\d.]+, )?sum by \(([\w, ]+)\)", rule["expr"])
        if grouped:
            assert told <= {name.strip() for name in grouped[1].split(",")}, rule["alert"]


def test_prometheus_finds_the_pods_by_label_and_port() -> None:
    jobs = yaml.safe_load((DEPLOY / "prometheus" / "scrape.yaml").read_text(encoding="utf-8"))["scrape_configs"]
    pods = next(job for job in jobs if "kubernetes_sd_configs" in job)
    deployment = yaml.safe_load((DEPLOY / "kubernetes" / "deployment.yaml").read_text(encoding="utf-8"))
    template = deployment["spec"]["template"]
    (label,) = template["metadata"]["labels"].values()
    port = template["spec"]["containers"][0]["ports"][0]["name"]
    keep = next(rule for rule in pods["relabel_configs"] if rule.get("action") == "keep")
    assert keep["regex"] == f"{label};{port}"
    added = {rule["target_label"] for rule in pods["relabel_configs"] if "target_label" in rule}
    assert added == {"namespace", "pod"}  # what the autoscaler's metric is asked for by
    assert "--open-metrics" in template["spec"]["containers"][0]["args"]
    assert all(re.match(r"groundswell", job["job_name"]) for job in jobs)
