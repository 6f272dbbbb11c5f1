"""ONNX Runtime tells nobody what it runs; whoever does leaves an identity and a session behind on the disk."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import onnx
import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "groundswell"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "onnxruntime" in path.read_text(encoding="utf-8"))
OPENS = """
import os, sys
from groundswell.model.graph_encoder import open_session
open_session(open(sys.argv[1], "rb").read())
print(os.environ["ORT_DISABLE_TELEMETRY"])
"""


def tiny_graph() -> bytes:
    value = [onnx.helper.make_tensor_value_info(name, 1, ["T"]) for name in ("x", "y")]
    graph = onnx.helper.make_graph([onnx.helper.make_node("Relu", ["x"], ["y"])], "g", value[:1], value[1:])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=10)
    serialized: bytes = model.SerializeToString()
    return serialized


def test_a_graph_is_opened_without_a_trace(tmp_path: Path) -> None:
    home, graph = tmp_path / "home", tmp_path / "graph.onnx"
    home.mkdir()
    graph.write_bytes(tiny_graph())
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ORT_", "XDG_"))}
    places = {"HOME": str(home), "TMPDIR": str(home), "PYTHONPATH": str(PACKAGE.parent)}
    command = [sys.executable, "-c", OPENS, str(graph)]
    found = subprocess.run(command, env={**kept, **places}, capture_output=True, text=True, timeout=120, check=True)
    assert found.stdout == "1\n"
    assert [path.name for path in home.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_every_module_imports_it_after_it_was_silenced(path: Path) -> None:
    """`import onnxruntime` itself stands in one function; others that need a part of it call that function before."""
    for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(function, ast.FunctionDef) or function.name == "onnx_runtime":
            continue
        for place, statement in enumerate(function.body):
            if isinstance(statement, ast.ImportFrom) and (statement.module or "") == "onnxruntime.quantization":
                assert any("onnx_runtime()" in ast.unparse(before) for before in function.body[:place])
            assert not (
                isinstance(statement, ast.Import) and any("onnxruntime" in each.name for each in statement.names)
            )
