"""Layers that lost heads and neurons: what is left computes as in the whole layer, on disk too."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
import torch

from groundswell.compression.choice import skipped
from groundswell.compression.importance import masked
from groundswell.errors import BaseModelError
from groundswell.model.encoder import Encoder
from groundswell.model.from_scratch import EncoderSettings, FromScratchEncoder, load_from_scratch
from groundswell.model.layer_parts import LayerShape, keep_parts, parts_of, shapes_of
from groundswell.model.pretrained import LAYER_SHAPES, encoder_without_weights, load_encoder

# Of each of two layers the heads (of 4) and the neurons that stay.
HEADS = ([0, 2], [1, 2, 3])
NEURONS = ([*range(5, 40)], [*range(0, 48, 2)])


def own_transformer() -> FromScratchEncoder:
    torch.manual_seed(0)
    encoder = FromScratchEncoder(EncoderSettings("transformer", 40, 12, 16, layers=2, heads=4)).eval()
    for parameter in encoder.parameters():
        torch.nn.init.normal_(parameter, std=0.4)
    return encoder


def read(encoder: Encoder) -> torch.Tensor:
    """States of two texts, one of them padded."""
    token_ids = torch.tensor([[5, 7, 9, 11, 6], [8, 6, 5, 0, 0]])
    mask = torch.tensor([[True] * 5, [True] * 3 + [False] * 2])
    with torch.no_grad():
        states = encoder(token_ids, mask)
    return states[mask]


def without_parts(encoder: Encoder) -> torch.Tensor:
    """What the whole encoder gives with the other parts masked to zero."""
    with ExitStack() as stack:
        for layer, heads, neurons in zip(encoder.layers, HEADS, NEURONS, strict=True):
            parts = parts_of(layer)
            assert parts is not None
            lost_heads = [head for head in range(parts.shape.heads) if head not in heads]
            lost = [number for number in range(parts.shape.neurons) if number not in neurons]
            stack.enter_context(masked(parts.from_heads, parts.head_width, lost_heads))
            stack.enter_context(masked(parts.from_neurons, 1, lost))
        return read(encoder)


def prune(encoder: Encoder) -> None:
    for layer, heads, neurons in zip(encoder.layers, HEADS, NEURONS, strict=True):
        keep_parts(layer, heads, neurons)


@pytest.fixture(params=["bert", "distilbert", "own"])
def encoder_and_loader(
    request: pytest.FixtureRequest,
) -> tuple[Encoder, Callable[[Path], Encoder]]:
    """Each kind of layer, and what loads an encoder of this kind from a folder."""
    if request.param == "own":
        return own_transformer(), load_from_scratch
    return load_encoder(request.getfixturevalue(f"tiny_{request.param}")).eval(), load_encoder


def test_what_is_left_computes_as_the_whole_with_the_rest_masked(
    encoder_and_loader: tuple[Encoder, Callable[[Path], Encoder]], tmp_path: Path
) -> None:
    encoder, load = encoder_and_loader
    whole, expected = read(encoder), without_parts(encoder)
    assert (whole - expected).abs().max() > 1e-2
    prune(encoder)
    torch.testing.assert_close(read(encoder), expected, atol=1e-5, rtol=1e-5)
    assert shapes_of(encoder.layers) == [LayerShape(2, 35), LayerShape(3, 24)]
    encoder.save(tmp_path)
    loaded = load(tmp_path).eval()
    torch.testing.assert_close(read(loaded), read(encoder), atol=0, rtol=0)
    assert shapes_of(loaded.layers) == shapes_of(encoder.layers)


def test_layers_are_taken_away_whole(
    encoder_and_loader: tuple[Encoder, Callable[[Path], Encoder]], tmp_path: Path
) -> None:
    encoder, load = encoder_and_loader
    with skipped([encoder.layers[0]]):
        expected = read(encoder)
    encoder.keep_layers([1])  # type: ignore[operator]
    torch.testing.assert_close(read(encoder), expected, atol=1e-6, rtol=1e-6)
    encoder.save(tmp_path)
    assert len(load(tmp_path).layers) == 1
    torch.testing.assert_close(read(load(tmp_path).eval()), expected, atol=1e-6, rtol=1e-6)


def test_a_smaller_encoder_is_smaller_on_disk_and_whole_ones_say_nothing_of_shapes(
    tiny_bert: Path, tmp_path: Path
) -> None:
    encoder = load_encoder(tiny_bert)
    (tmp_path / "whole").mkdir()
    (tmp_path / "small").mkdir()
    encoder.save(tmp_path / "whole")
    prune(encoder)
    encoder.save(tmp_path / "small")
    assert not (tmp_path / "whole" / LAYER_SHAPES).exists()
    whole, small = ((tmp_path / name / "model.safetensors").stat().st_size for name in ("whole", "small"))
    # two and one heads of 8 of q, k, v (33 numbers a row) and o (32); 13 and 24 neurons of 65 numbers; float32
    assert whole - small == pytest.approx(4 * (24 * (3 * 33 + 32) + 37 * 65), abs=200)
    without_weights = encoder_without_weights(tmp_path / "small")
    assert shapes_of(without_weights.layers) == shapes_of(encoder.layers)
    assert {weight.device.type for weight in without_weights.parameters()} == {"meta"}


def test_only_the_lowest_layers_are_loaded_when_asked(tiny_bert: Path) -> None:
    whole = load_encoder(tiny_bert).eval()
    with skipped([whole.layers[1]]):
        expected = read(whole)
    one = load_encoder(tiny_bert, layers=1).eval()
    assert one.num_layers == 1
    torch.testing.assert_close(read(one), expected, atol=1e-6, rtol=1e-6)
    assert encoder_without_weights(tiny_bert, 1).num_layers == 1
    with pytest.raises(BaseModelError, match=r"model\.layers: found 3, but the encoder of .* has 2 layers; lower it"):
        load_encoder(tiny_bert, layers=3)


def test_a_damaged_list_of_shapes_is_named(tiny_bert: Path, tmp_path: Path) -> None:
    encoder = load_encoder(tiny_bert)
    prune(encoder)
    encoder.save(tmp_path)
    (tmp_path / LAYER_SHAPES).write_text('[{"heads": 2}]')
    with pytest.raises(BaseModelError, match=r"layer_shapes\.json: cannot be read .*Copy the model folder again"):
        load_encoder(tmp_path)


def test_layers_of_another_kind_are_left_alone(tiny_gpt2: Path) -> None:
    encoder = load_encoder(tiny_gpt2)
    assert shapes_of(encoder.layers) == []
    assert parts_of(encoder.layers[0]) is None
