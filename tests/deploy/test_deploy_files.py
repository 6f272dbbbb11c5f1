"""The files of deploy/ against the program that they start: options, paths, ports, times, users, places."""

from __future__ import annotations

import itertools
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from fastapi.testclient import TestClient
from tiny_service import tiny_models

from groundswell.cli.main import app
from groundswell.serving.app import create_app
from groundswell.serving.limits import Limits, read_limits
from groundswell.serving.models import named_runs
from groundswell.serving.worker_process import SECONDS_TO_END

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
LIMITS = Limits()
# what was accepted is answered, then what still waits in the queues, then the workers end
SECONDS_TO_STOP = 2 * LIMITS.drain_seconds + SECONDS_TO_END
YAML_FILES = sorted(DEPLOY.rglob("*.yaml"))


def instructions(path: Path) -> list[tuple[str, str]]:
    """Name and words of every instruction of a Containerfile, in order."""
    text = re.sub(r"^#.*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n", " ", text).splitlines()
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in lines if line.strip()]


def words_of(path: Path, name: str) -> list[str]:
    return [words for found, words in instructions(path) if found == name]


def serve_options(words: list[str]) -> dict[str, Any]:
    """What `groundswell serve` makes of these words; every wrong one is an error."""
    command: Any = typer.main.get_command(app)
    parsed = command.commands["serve"].commands["run"].make_context("serve", list(words)).params
    assert named_runs(parsed["runs"])
    assert read_limits(parsed["limit"] or [])
    return dict(parsed)


def environment(path: Path) -> dict[str, str]:
    """The variables that a Containerfile leaves set."""
    return dict(word.split("=", 1) for words in words_of(path, "ENV") for word in shlex.split(words))


@pytest.fixture(scope="module")
def manifests() -> dict[str, dict[str, Any]]:
    """Every object by its kind."""
    listed = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text(encoding="utf-8"))["resources"]
    found = [yaml.safe_load((KUBERNETES / name).read_text(encoding="utf-8")) for name in listed]
    assert {path.name for path in KUBERNETES.glob("*.yaml")} == {*listed, "kustomization.yaml"}
    return {each["kind"]: each for each in found}


@pytest.fixture(scope="module")
def pod(manifests: dict[str, dict[str, Any]]) -> dict[str, Any]:
    spec: dict[str, Any] = manifests["Deployment"]["spec"]["template"]["spec"]
    return spec


@pytest.fixture(scope="module")
def container(pod: dict[str, Any]) -> dict[str, Any]:
    (only,) = pod["containers"]
    found: dict[str, Any] = only
    return found


@pytest.mark.parametrize("path", YAML_FILES, ids=lambda path: path.name)
def test_yaml_is_valid_and_names_nothing_twice(path: Path) -> None:
    def names(node: yaml.Node) -> Iterator[None]:
        if isinstance(node, yaml.MappingNode):
            keys = [key.value for key, _ in node.value]
            assert len(keys) == len(set(keys)), f"{path.name}: {keys}"
        for child in node.value if isinstance(node.value, list) else []:
            for each in child if isinstance(child, tuple) else (child,):
                yield from names(each)

    (document,) = yaml.compose_all(path.read_text(encoding="utf-8"), yaml.SafeLoader)
    assert not list(names(document))


def test_no_keys_lie_beside_the_files() -> None:
    files = subprocess.run(["git", "ls-files", "deploy"], cwd=ROOT, capture_output=True, text=True, check=False)
    if files.returncode:
        pytest.skip("no checkout")
    assert "gsw_" not in "".join((ROOT / name).read_text(encoding="utf-8") for name in files.stdout.split())
    assert not [name for name in files.stdout.split() if "keys.json" in name]


def test_the_image_is_built_from_what_there_is_and_gets_nothing_else() -> None:
    path = DEPLOY / "Containerfile"
    copied = {source for words in words_of(path, "COPY") if "--from=" not in words for source in words.split()[:-1]}
    assert copied
    assert [name for name in copied if not (ROOT / name).exists()] == []
    ignore = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert ignore[0] == "*"
    assert {line[1:] for line in ignore if line.startswith("!")} == {Path(name).name for name in copied}


def test_stages_are_named_before_they_are_copied_from() -> None:
    path, known = DEPLOY / "Containerfile", set[str]()
    for name, words in instructions(path):
        if name == "FROM":
            assert words.startswith("${PYTHON_IMAGE} AS ")
            known.add(words.split()[-1])
        elif name == "COPY" and "--from=" in words:
            assert re.findall(r"--from=(\w+)", words)[0] in known
    assert known == {"build", "service"}


def test_what_is_installed_is_pinned_and_the_extras_exist() -> None:
    installs = [
        part for words in words_of(DEPLOY / "Containerfile", "RUN") for part in re.findall(r"pip install[^&]*", words)
    ]
    assert len(installs) == 3
    torch, setuptools, package = installs
    assert "--no-deps" in torch
    assert "grep '^torch==' constraints.txt" in torch
    assert "whl/cpu" in torch
    for each in (setuptools, package):
        assert "-c constraints.txt" in each
    pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert len([line for line in pinned if line.startswith("torch==")]) == 1
    assert [line for line in pinned if line.startswith("setuptools==")]
    assert "--no-build-isolation" in package
    extras = re.findall(r"'\.\[(.+)\]'", package)[0].split(",")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(extras) <= set(project["optional-dependencies"])
    assert "serve" in extras


def test_the_image_runs_as_nobody_special_and_starts_the_service() -> None:
    path = DEPLOY / "Containerfile"
    final = instructions(path)[[name for name, _ in instructions(path)].index("FROM", 3) :]
    names = [name for name, _ in final]
    (user,) = words_of(path, "USER")
    assert user == "10001:10001"
    assert "RUN" not in names[names.index("USER") :]
    assert words_of(path, "ENTRYPOINT") == ['["groundswell", "serve"]']
    options = serve_options(yaml.safe_load(words_of(path, "CMD")[-1]))
    assert words_of(path, "EXPOSE") == [str(options["port"])]
    assert options["host"] == "0.0.0.0"
    assert not options["no_auth"]
    run_target = words_of(DEPLOY / "Containerfile.run", "COPY")[0].split()[-1]
    assert [Path(run) for run in options["runs"]] == [Path(run_target)]
    written = environment(path)
    assert {written["HOME"], written["TMPDIR"], str(Path(written["GROUNDSWELL_CACHE"]).parent)} == {"/scratch"}


def test_the_health_check_of_the_image_asks_for_readiness() -> None:
    (words,) = words_of(DEPLOY / "Containerfile", "HEALTHCHECK")
    options, _, command = words.partition(" CMD ")
    start = int(re.findall(r"--start-period=(\d+)s", options)[0])
    assert start > LIMITS.load_seconds
    program = yaml.safe_load(command)
    assert program[:2] == ["python", "-c"]
    compile(program[2], "health check", "exec")
    refused = subprocess.run([sys.executable, "-c", program[2].replace("8000", "1")], capture_output=True, check=False)
    assert refused.returncode != 0
    assert "'/readyz'" in program[2]


def test_no_key_stands_in_an_image() -> None:
    for name in ("Containerfile", "Containerfile.run"):
        assert not any("keys.json" in words for words in words_of(DEPLOY / name, "COPY"))


def test_the_pod_starts_what_the_image_has(pod: dict[str, Any], container: dict[str, Any]) -> None:
    path = DEPLOY / "Containerfile"
    sources = {each["name"]: each["valueFrom"]["resourceFieldRef"] for each in container["env"]}
    assert sources == {"CORES": {"containerName": container["name"], "resource": "limits.cpu"}}
    options = serve_options([word.replace("$(CORES)", "2") for word in container["args"]])
    assert options["threads"] == int(container["resources"]["limits"]["cpu"])
    assert container["ports"] == [{"name": "http", "containerPort": options["port"]}]
    mounts = {each["mountPath"]: each for each in container["volumeMounts"]}
    assert str(options["keys"].parent) in mounts
    assert "subPath" not in mounts["/keys"]
    assert mounts["/keys"]["readOnly"]
    assert environment(path)["TMPDIR"] in mounts
    assert {each["name"] for each in container["volumeMounts"]} == {each["name"] for each in pod["volumes"]}
    user, group = words_of(path, "USER")[0].split(":")
    security = pod["securityContext"]
    assert (security["runAsUser"], security["runAsGroup"], security["fsGroup"]) == (int(user), int(group), int(group))
    run = options["runs"][0].partition("=")[2]
    assert words_of(DEPLOY / "Containerfile.run", "COPY")[0].endswith(f" {run}/")


def test_the_keys_are_those_of_the_secret(pod: dict[str, Any]) -> None:
    customs = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text(encoding="utf-8"))
    (secret,) = customs["secretGenerator"]
    (volume,) = [each["secret"] for each in pod["volumes"] if "secret" in each]
    assert secret["files"] == ["keys.json"]
    assert secret["options"] == {"disableNameSuffixHash": True}
    assert (volume["secretName"], volume["defaultMode"]) == (secret["name"], 0o440)
    assert "keys.json" in (KUBERNETES / ".gitignore").read_text(encoding="utf-8").split()
    assert [each["name"] for each in customs["images"]] == [pod["containers"][0]["image"]]


def test_the_pod_may_do_nothing_but_serve(pod: dict[str, Any], container: dict[str, Any]) -> None:
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}
    }  # fmt: skip


@pytest.mark.parametrize("name", ["requests", "limits"])
def test_the_pod_says_what_it_needs(container: dict[str, Any], name: str) -> None:
    assert set(container["resources"][name]) == {"cpu", "memory", "ephemeral-storage"}


def test_probes_ask_addresses_that_there_are(container: dict[str, Any]) -> None:
    client = TestClient(create_app(tiny_models()), base_url="http://127.0.0.1")  # loads nothing: never ready
    probes = {name: container[f"{name}Probe"] for name in ("startup", "readiness", "liveness")}
    answers = {name: client.get(probe["httpGet"]["path"]).status_code for name, probe in probes.items()}
    assert answers == {"startup": 503, "readiness": 503, "liveness": 200}
    assert {probe["httpGet"]["port"] for probe in probes.values()} == {container["ports"][0]["name"]}
    startup = probes["startup"]
    assert startup["periodSeconds"] * startup["failureThreshold"] > LIMITS.load_seconds


def test_a_pod_has_the_time_to_answer_what_it_accepted(pod: dict[str, Any], container: dict[str, Any]) -> None:
    pause = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pause + SECONDS_TO_STOP <= pod["terminationGracePeriodSeconds"] <= pause + SECONDS_TO_STOP + 10


def test_objects_find_the_pods(manifests: dict[str, dict[str, Any]]) -> None:
    deployment = manifests["Deployment"]
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert deployment["spec"]["selector"]["matchLabels"] == labels
    assert manifests["Service"]["spec"]["selector"] == labels
    assert manifests["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    assert manifests["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == labels
    names = {port["name"] for port in deployment["spec"]["template"]["spec"]["containers"][0]["ports"]}
    assert {port["targetPort"] for port in manifests["Service"]["spec"]["ports"]} == names
    assert {port["port"] for rule in manifests["NetworkPolicy"]["spec"]["ingress"] for port in rule["ports"]} == names
    assert manifests["NetworkPolicy"]["spec"]["egress"] == []


def test_the_autoscaler_scales_the_deployment_alone(manifests: dict[str, dict[str, Any]]) -> None:
    deployment, scaler = manifests["Deployment"], manifests["HorizontalPodAutoscaler"]["spec"]
    assert scaler["scaleTargetRef"] == {
        "apiVersion": deployment["apiVersion"], "kind": "Deployment", "name": deployment["metadata"]["name"]
    }  # fmt: skip
    assert "replicas" not in deployment["spec"]
    assert scaler["minReplicas"] > manifests["PodDisruptionBudget"]["spec"]["maxUnavailable"]
    rules = yaml.safe_load((DEPLOY / "prometheus" / "adapter.yaml").read_text(encoding="utf-8"))["rules"]["custom"]
    assert [each["pods"]["metric"]["name"] for each in scaler["metrics"]] == [rule["name"]["as"] for rule in rules]


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="needs kubectl")
def test_kubectl_builds_all_objects(tmp_path: Path) -> None:
    folder = shutil.copytree(KUBERNETES, tmp_path / "kubernetes")
    (folder / "keys.json").write_text("{}")
    command = ["kubectl", "kustomize", str(folder)]
    outside = {**os.environ, "KUBECONFIG": os.devnull}
    built = subprocess.run(command, capture_output=True, text=True, env=outside, timeout=60, check=True).stdout
    objects = list(yaml.safe_load_all(built))
    assert len(objects) == 7
    assert {each["metadata"].get("namespace") for each in objects if each["kind"] != "Namespace"} == {"groundswell"}


def unit() -> dict[str, list[str]]:
    """The values of every directive of the unit."""
    text = (DEPLOY / "systemd" / "groundswell.service").read_text(encoding="utf-8")
    found: dict[str, list[str]] = {}
    for line in re.sub(r"\\\n", " ", text).splitlines():
        if line and line[0] not in "#[":
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def test_the_unit_starts_the_service_in_its_own_places() -> None:
    found = unit()
    program, *words = shlex.split(found["ExecStart"][0])
    assert (program, words[0]) == ("/opt/groundswell/bin/groundswell", "serve")
    options = serve_options(words[1:])
    assert options["host"] == "127.0.0.1"
    assert options["keys"].parent == Path("/var/lib") / found["StateDirectory"][0]
    assert options["audit_log"].parent == Path("/var/log") / found["LogsDirectory"][0]
    cache = f"/var/cache/{found['CacheDirectory'][0]}"
    assert {f"HOME={cache}", f"GROUNDSWELL_CACHE={cache}"} <= set(found["Environment"])
    assert SECONDS_TO_STOP <= float(found["TimeoutStopSec"][0]) <= SECONDS_TO_STOP + 10
    assert found["OOMPolicy"] == ["continue"]


@pytest.mark.parametrize(
    "directive",
    ["DynamicUser=yes", "ProtectSystem=strict", "ProtectHome=yes", "NoNewPrivileges=yes", "CapabilityBoundingSet=",
     "PrivateTmp=yes", "PrivateDevices=yes", "SystemCallFilter=@system-service", "IPAddressDeny=any"],
)  # fmt: skip
def test_the_unit_may_do_nothing_but_serve(directive: str) -> None:
    name, _, value = directive.partition("=")
    assert unit()[name] == [value]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    copy = tmp_path / "groundswell.service"
    text = (DEPLOY / "systemd" / "groundswell.service").read_text(encoding="utf-8")
    copy.write_text(text.replace("/opt/groundswell/bin/groundswell ", f"{sys.executable} "))
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(copy)]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_keys_are_made_by_the_user_of_the_unit_and_where_it_reads_them() -> None:
    path, found = DEPLOY / "systemd" / "groundswell-keys", unit()
    assert os.access(path, os.X_OK)
    words = shlex.split(re.sub(r"\\\n", " ", path.read_text(encoding="utf-8")), comments=True)
    given = [word.split("=", 1) for flag, word in itertools.pairwise(words) if flag == "-p"]
    assert {name: [value] for name, value in given} == {name: found[name] for name, _ in given}
    assert {"DynamicUser", "User", "StateDirectory"} <= {name for name, _ in given}
    exec_start = shlex.split(found["ExecStart"][0])
    assert words[words.index("-E") + 1] == f"GROUNDSWELL_KEYS={exec_start[exec_start.index('--keys') + 1]}"
    assert words[words.index("-E") + 2 :] == [exec_start[0], "serve", "keys", "$@"]
