"""A network whose products of matrices are in 8-bit numbers where measured errors allow it."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from groundswell.compression.onnx_export import export_graph, write_metadata
from groundswell.compression.outlier_channels import Choice, Matrix, choose, in_steps
from groundswell.errors import DataError, MissingExtraError
from groundswell.model.graph_encoder import TOKEN_IDS, GraphEncoder, GraphSettings, onnx_runtime, open_session
from groundswell.model.saved_extractor import SavedExtractor
from groundswell.model.saved_model import SavedBaseline, SavedHeads, SavedModel, SavedNetwork
from groundswell.text.blank import is_blank
from groundswell.text.cleaning import clean

LARGEST_ERROR = 0.02
# The longer a text, the wider the range that 8 bits must cover; what they cover is held for some products at a time.
SAMPLE_TEXTS, SAMPLE_TOKENS, PLACES_AT_ONCE = 8, 512, 8
Precision = Literal["float32", "int8"]


def as_graph(
    saved: SavedModel, precision: Precision, texts: Sequence[str], folder: Path, *, largest_error: float = LARGEST_ERROR
) -> tuple[SavedModel, dict[str, Any]]:
    """The same model with its encoder as a graph in a folder, and what was done, as plain values.

    texts           of the kind that will be read; some of them show how large the numbers inside get
    folder          the model reads its graph from there until it is saved elsewhere
    largest_error   of a product in 8 bits, as a share of its size; more precise ones are chosen until it holds

    The second: {"precision"} and, of int8, what `quantize_graph` returns. Raises as `export_graph`.
    """
    _need_onnx()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "float32.onnx"
    settings = export_graph(saved, path)
    told: dict[str, Any] = {"precision": precision}
    if precision == "int8":
        told |= quantize_graph(path, folder / "int8.onnx", settings, _sample(saved, texts), largest_error=largest_error)
        path.unlink()
        path = folder / "int8.onnx"
    encoder = GraphEncoder(path)
    if isinstance(saved, SavedHeads):
        return replace(saved, heads={name: _over(encoder, head) for name, head in saved.heads.items()}), told
    assert not isinstance(saved, SavedBaseline)
    return _over(encoder, saved), told


def _over(encoder: GraphEncoder, head: SavedNetwork | SavedExtractor) -> SavedNetwork | SavedExtractor:
    if isinstance(head, SavedNetwork):
        return replace(head, model=head.model.over(encoder))
    return replace(head, model=head.model.over(encoder))


def quantize_graph(
    source: Path, target: Path, settings: GraphSettings, sample: Sequence[NDArray[np.int64]],
    *, largest_error: float = LARGEST_ERROR,
) -> dict[str, Any]:  # fmt: skip
    """Write a graph with 8-bit products; what was chosen, as plain values.

    sample   token ids (T,) of texts

    Of each product with constant weights the error is measured on the numbers that the sample brings there. Channels
    with outliers are multiplied in float32 beside the rest; a product that is off even so stays as it was, and so do
    convolutions and the cells of recurrent networks. Tables of vectors have a scale for each vector.

    {"products", "in_8_bits", "with_outliers", "in_float32": [names], "largest_error"}
    """
    import onnx

    graph = onnx.load(str(source))
    products = _products(graph)
    choices: dict[str, Choice] = {}
    places = [*products]
    for start in range(0, len(places), PLACES_AT_ONCE):
        for place, inputs in _inputs(graph, places[start : start + PLACES_AT_ONCE], sample).items():
            weights = np.hstack([product.weights for product in products[place]])
            choices[place] = choose(inputs, weights, largest_error)
    _split_outliers(graph, choices)
    _tables_to_8_bits(graph)
    kept_whole = {place for place, choice in choices.items() if not choice.quantize}
    in_bits = [product.name for place, found in products.items() if place not in kept_whole for product in found]
    aside = target.with_suffix(".split.onnx")
    onnx.save(graph, str(aside))
    if in_bits:  # ONNX Runtime takes an empty list for everything
        _to_8_bits(aside, target, in_bits)
        aside.unlink()
    else:
        aside.rename(target)
    write_metadata(target, replace(settings, precision="int8"))
    return {
        "products": sum(map(len, products.values())),
        "in_8_bits": len(in_bits),
        "with_outliers": sum(
            len(found) for place, found in products.items() if place not in kept_whole and len(choices[place].outliers)
        ),
        "in_float32": sorted(product.name for place in kept_whole for product in products[place]),
        "largest_error": max((choice.error for choice in choices.values() if choice.quantize), default=0.0),
    }


class _Product(NamedTuple):
    """X W with constant W (K, N): the node's name."""

    name: str
    weights: Matrix


def _products(graph: Any) -> dict[str, list[_Product]]:
    """The products of a graph by the name of their X; those of one X share its scale."""
    import onnx

    constants = {found.name: found for found in graph.graph.initializer}
    found: dict[str, list[_Product]] = defaultdict(list)
    for node in graph.graph.node:
        if node.op_type == "MatMul" and node.input[1] in constants:
            weights = onnx.numpy_helper.to_array(constants[node.input[1]])
            if weights.ndim == 2:
                found[node.input[0]].append(_Product(node.name, weights))
    return dict(found)


def _tables_to_8_bits(graph: Any) -> None:
    """Tables that vectors are looked up in become 8-bit ones with a scale for each vector, in place."""
    import onnx

    make, constant = onnx.helper.make_node, onnx.numpy_helper.from_array
    tables = {found.name: onnx.numpy_helper.to_array(found) for found in graph.graph.initializer}
    nodes: list[Any] = []
    for node in graph.graph.node:
        table = tables.get(node.input[0]) if node.op_type == "Gather" else None
        if table is None or table.ndim != 2 or table.dtype != np.float32:
            nodes.append(node)
            continue
        (name, ids), vectors = node.input, node.output[0]
        steps, scales = in_steps(table.T)
        graph.graph.initializer.append(constant(steps.T.copy(), f"{name}/steps"))
        graph.graph.initializer.append(constant(scales[:, None], f"{name}/scales"))
        for part in ("steps", "scales"):
            nodes.append(make("Gather", [f"{name}/{part}", ids], [f"{vectors}/{part}"], f"{vectors}/{part}"))
        nodes.append(make("Cast", [f"{vectors}/steps"], [f"{vectors}/numbers"], to=onnx.TensorProto.FLOAT))
        nodes.append(make("Mul", [f"{vectors}/numbers", f"{vectors}/scales"], [vectors], f"{vectors}/scaled"))
    _replace(graph.graph.node, nodes)
    _drop_unused(graph)


def _drop_unused(graph: Any) -> None:
    used = {name for node in graph.graph.node for name in node.input}
    _replace(graph.graph.initializer, [found for found in graph.graph.initializer if found.name in used])


def _inputs(graph: Any, places: Sequence[str], sample: Sequence[NDArray[np.int64]]) -> dict[str, list[Matrix]]:
    """What stands at some places of a graph while it reads each text, each (T, K)."""
    import onnx

    if not places:
        return {}
    probed = onnx.ModelProto()
    probed.CopyFrom(graph)
    del probed.graph.output[:]
    probed.graph.output.extend(onnx.helper.make_empty_tensor_value_info(name) for name in places)
    found: dict[str, list[Matrix]] = defaultdict(list)
    session = open_session(probed.SerializeToString())
    for token_ids in sample:
        for name, values in zip(places, session.run(list(places), {TOKEN_IDS: token_ids[None]}), strict=True):
            found[name].append(values.reshape(-1, values.shape[-1]))
    return found


def _split_outliers(graph: Any, choices: Mapping[str, Choice]) -> None:
    """X W becomes (X without its outlier channels) W + (those channels) (their rows of W), in place.

    The rows of W that are multiplied beside it become 0, so that they do not stretch the scales of the others.
    """
    import onnx

    make, constant = onnx.helper.make_node, onnx.numpy_helper.from_array
    weights = {found.name: found for found in graph.graph.initializer}
    nodes: list[Any] = []
    begun: set[str] = set()
    for node in graph.graph.node:
        choice = choices.get(node.input[0]) if node.op_type == "MatMul" and node.input[1] in weights else None
        if choice is None or not choice.quantize or not len(choice.outliers):
            nodes.append(node)
            continue
        (place, matrix), product, name = node.input, node.output[0], node.name
        whole = onnx.numpy_helper.to_array(weights[matrix])
        kept = np.ones(len(whole), dtype=np.float32)
        kept[choice.outliers] = 0.0
        if place not in begun:
            begun.add(place)
            graph.graph.initializer.append(constant(kept, f"{place}/kept"))
            graph.graph.initializer.append(constant(choice.outliers, f"{place}/channels"))
            nodes.append(make("Mul", [place, f"{place}/kept"], [f"{place}/inside"], f"{place}/inside"))
            gathered = [place, f"{place}/channels"], [f"{place}/outside"]
            nodes.append(make("Gather", *gathered, f"{place}/outside", axis=-1))
        graph.graph.initializer.append(constant(whole * kept[:, None], f"{name}/rest"))
        graph.graph.initializer.append(constant(whole[choice.outliers], f"{name}/rows"))
        nodes.append(make("MatMul", [f"{place}/inside", f"{name}/rest"], [f"{name}/in_bits"], name))
        nodes.append(make("MatMul", [f"{place}/outside", f"{name}/rows"], [f"{name}/beside"], f"{name}/beside"))
        nodes.append(make("Add", [f"{name}/in_bits", f"{name}/beside"], [product], f"{name}/sum"))
    _replace(graph.graph.node, nodes)
    _drop_unused(graph)


def _replace(field: Any, wanted: Sequence[Any]) -> None:
    """Other members for a repeated field; those that stay in it are copied first, since deleting frees them."""
    copies = [type(one).FromString(one.SerializeToString()) for one in wanted]
    del field[:]
    field.extend(copies)


def _to_8_bits(source: Path, target: Path, names: Sequence[str]) -> None:
    import onnx

    onnx_runtime()
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with _without_advice():
        quantize_dynamic(
            str(source), str(target), weight_type=QuantType.QInt8, per_channel=True, nodes_to_quantize=list(names),
            extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
        )  # fmt: skip


@contextmanager
def _without_advice() -> Iterator[None]:
    """Without what ONNX Runtime advises to do first; it gains nothing here."""
    logger = logging.getLogger()
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _sample(saved: SavedModel, texts: Sequence[str]) -> list[NDArray[np.int64]]:
    """The first window of some texts, spread over all of them."""
    head = next(iter(saved.heads.values())) if isinstance(saved, SavedHeads) else saved
    assert not isinstance(head, SavedBaseline)
    written = [text for text in texts if not is_blank(text)]
    if not written:
        raise DataError("found no text to measure 8-bit numbers on. Name rows by data.train=FILE")
    some = written[:: max(1, len(written) // SAMPLE_TEXTS)][:SAMPLE_TEXTS]
    read = head.tokenizer([clean(text, head.text.cleaning) for text in some])
    return [text.windows[0][:SAMPLE_TOKENS].astype(np.int64) for text in read]


def _need_onnx() -> None:
    try:
        import onnx  # noqa: F401
    except ImportError as error:
        raise MissingExtraError('making a graph needs onnx. Install it: pip install "groundswell[compress]"') from error
