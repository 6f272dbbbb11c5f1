"""8-bit numbers: by hand, against ONNX Runtime's own, and what outliers cost."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from tiny_graphs import classifier_of

from groundswell.compression.onnx_export import export_graph
from groundswell.compression.outlier_channels import choose, error_of, in_steps, rounded_inputs
from groundswell.compression.quantization import quantize_graph
from groundswell.model.graph_encoder import GraphEncoder, onnx_runtime, open_session

NOTHING = np.array([], dtype=np.int64)


def test_inputs_are_rounded_as_by_hand() -> None:
    # from -1 to 4 in 255 steps of 5/255; zero stands at step 51
    found = rounded_inputs(np.array([[-1.0, 0.0, 0.1, 4.0]], dtype=np.float32))
    np.testing.assert_allclose(found, [[-1.0, 0.0, round(0.1 * 51) / 51, 4.0]], atol=1e-6)


def test_inputs_are_rounded_as_onnx_runtime_does() -> None:
    node = onnx.helper.make_node("DynamicQuantizeLinear", ["x"], ["steps", "scale", "zero"])
    back = onnx.helper.make_node("DequantizeLinear", ["steps", "scale", "zero"], ["y"])
    graph = onnx.helper.make_graph(
        [node, back], "g", [onnx.helper.make_tensor_value_info("x", 1, ["T", "K"])],
        [onnx.helper.make_tensor_value_info("y", 1, ["T", "K"])],
    )  # fmt: skip
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=10)
    session = onnx_runtime().InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    inputs = np.random.default_rng(0).normal(size=(9, 7)).astype(np.float32)
    np.testing.assert_allclose(rounded_inputs(inputs), session.run(None, {"x": inputs})[0], atol=1e-6)


def test_weights_have_a_scale_for_each_column() -> None:
    steps, scales = in_steps(np.array([[1.0, 100.0], [-0.5, 50.0], [0.0, 0.0]], dtype=np.float32))
    np.testing.assert_array_equal(steps, [[127, 127], [-64, 64], [0, 0]])
    np.testing.assert_allclose(scales, [1 / 127, 100 / 127], rtol=1e-6)


def test_one_loud_channel_is_taken_out() -> None:
    random = np.random.default_rng(0)
    inputs = random.normal(size=(50, 64)).astype(np.float32)
    inputs[:, 17] *= 300
    weights = random.normal(size=(64, 8)).astype(np.float32)
    weights[17] /= 300
    choice = choose([inputs], weights, largest_error=0.02)
    assert choice.quantize
    assert choice.outliers.tolist() == [17]
    assert choice.error < 0.02 < error_of([inputs], weights, NOTHING)


def test_a_product_that_8_bits_cannot_hold_stays_whole() -> None:
    random = np.random.default_rng(0)
    inputs, weights = random.normal(size=(50, 64)).astype(np.float32), random.normal(size=(64, 8)).astype(np.float32)
    assert choose([inputs], weights, largest_error=0.02).outliers.tolist() == []
    assert not choose([inputs], weights, largest_error=1e-4).quantize


@pytest.mark.parametrize("kind", ["bert", "transformer", "lstm", "bag"])
def test_a_quantized_graph_is_near_the_network_and_smaller(kind: str, tmp_path: Path) -> None:
    saved = classifier_of(kind, width=64)
    settings = export_graph(saved, tmp_path / "float32.onnx")
    random = torch.Generator().manual_seed(1)
    ids = [torch.randint(5, 40, (length,), generator=random).numpy() for length in (3, 9, 30)]
    told = quantize_graph(tmp_path / "float32.onnx", tmp_path / "int8.onnx", settings, ids, largest_error=0.05)
    assert told["in_8_bits"] + len(told["in_float32"]) == told["products"]
    graph = GraphEncoder(tmp_path / "int8.onnx")
    assert graph.settings.precision == "int8"
    assert (tmp_path / "int8.onnx").stat().st_size < (tmp_path / "float32.onnx").stat().st_size
    for token_ids in ids:
        row = torch.from_numpy(token_ids)[None]
        mask = torch.ones_like(row, dtype=torch.bool)
        with torch.no_grad():
            states = saved.model.encoder(row, mask)
        off = (graph(row, mask) - states).norm() / states.norm()
        assert off < 0.1, f"{kind}: {off}"


def test_outliers_beside_the_rest_are_the_same_sum(tmp_path: Path) -> None:
    saved = classifier_of("bert", width=64)
    layer = saved.model.encoder.network.encoder.layer[0]
    with torch.no_grad():  # the same network, one hidden channel a hundred times louder
        layer.output.dense.weight[:, 5] /= 100
        layer.intermediate.dense.weight[5] *= 100
    settings = export_graph(saved, tmp_path / "float32.onnx")
    ids = [torch.randint(5, 40, (length,)).numpy() for length in (9, 30)]
    told = quantize_graph(tmp_path / "float32.onnx", tmp_path / "int8.onnx", settings, ids, largest_error=0.03)
    assert told["with_outliers"] >= 1
    assert told["largest_error"] <= 0.03
    names = {node.name for node in onnx.load(str(tmp_path / "int8.onnx")).graph.node}
    assert any(name.endswith("/beside") for name in names)
    session, whole = open_session(tmp_path / "int8.onnx"), open_session(tmp_path / "float32.onnx")
    found, right = (one.run(["states"], {"token_ids": ids[1][None]})[0] for one in (session, whole))
    assert np.linalg.norm(found - right) < 0.1 * np.linalg.norm(right)
