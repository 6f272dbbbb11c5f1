"""No file that groundswell reads can run code: no pickle, no code from a hub, no YAML that makes objects, no eval."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "groundswell"
FILES = sorted(PACKAGE.rglob("*.py"))
MODULES = {"pickle", "cPickle", "_pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal", "jsonpickle"}
CALLS = {"eval", "exec", "compile", "__import__"}
# gensim keeps its models as pickle, pandas and numpy can
READERS = {"read_pickle", "to_pickle", "unsafe_load", "full_load", "load_all", "KeyedVectors.load", "Word2Vec.load"}
SAFE_LOADERS = {"yaml.SafeLoader", "yaml.CSafeLoader"}
SETTINGS = {"allow_pickle": True, "trust_remote_code": True, "weights_only": False}


def dotted(node: ast.expr) -> str:
    """`torch.load` of the call `torch.load(...)`; nothing of what is computed."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def dangers(source: str) -> Iterator[str]:
    """What in a module could run code that stands in a file it reads."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (f"import {name.name}" for name in node.names if name.name.partition(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in MODULES:
            yield f"from {node.module} import"
        elif isinstance(node, ast.Call):
            yield from dangers_of_a_call(node)


def dangers_of_a_call(node: ast.Call) -> Iterator[str]:
    """What a call could run."""
    name = dotted(node.func)
    given = {keyword.arg: keyword.value for keyword in node.keywords}
    if name in CALLS or any(name == reader or name.endswith(f".{reader}") for reader in READERS):
        yield name
    if name == "torch.load" and not is_constant(given.get("weights_only"), True):
        yield "torch.load without weights_only=True"
    if name == "yaml.load" and dotted(given.get("Loader", node.args[-1])) not in SAFE_LOADERS:
        yield "yaml.load without a safe loader"
    yield from (
        f"{name}({setting}={value})"
        for setting, value in SETTINGS.items()
        if setting in given and not is_constant(given[setting], not value)
    )


def is_constant(node: ast.expr | None, value: object) -> bool:
    """Whether an argument is written as this very value."""
    return isinstance(node, ast.Constant) and node.value is value


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_can_be_made_to_run_what_it_reads(path: Path) -> None:
    assert list(dangers(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "import joblib as j",
        "from dill import loads",
        "import torch\ntorch.load(path)",
        "torch.load(path, weights_only=False)",
        "torch.load(path, weights_only=flag)",
        "numpy.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=wanted)",
        "KeyedVectors.load(path)",
        "gensim.models.Word2Vec.load(path)",
        "pandas.read_pickle(path)",
        "AutoModel.from_pretrained(name, trust_remote_code=True)",
        "yaml.load(text, Loader=yaml.Loader)",
        "yaml.load(text, yaml.UnsafeLoader)",
        "eval(text)",
    ],
)
def test_each_danger_would_be_seen(source: str) -> None:
    assert list(dangers(source))


@pytest.mark.parametrize(
    "source",
    ["torch.load(path, weights_only=True)", "np.load(path)", "np.load(path, allow_pickle=False)", "re.compile(pattern)",
     "model.eval()", "yaml.load(text, Loader=yaml.SafeLoader)", "json.load(file)"],
)  # fmt: skip
def test_what_is_harmless_passes(source: str) -> None:
    assert not list(dangers(source))
