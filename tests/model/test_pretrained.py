from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import BertConfig, Qwen2Config, RobertaConfig, T5Config

from groundswell.errors import BaseModelError
from groundswell.model.pretrained import load_encoder, usable_positions
from groundswell.text.pretrained_tokens import load_tokenizer


@pytest.fixture
def batch(any_tiny: Path, make_documents: Callable[..., Any]) -> Any:
    """Ten padded texts for each tiny model."""
    return make_documents(any_tiny).collate(range(10))


def test_states_are_those_of_the_network(any_tiny: Path, batch: Any) -> None:
    """Against the network as `AutoModel` loads it, with its own attention."""
    from transformers import AutoModel

    encoder, network = load_encoder(any_tiny).eval(), AutoModel.from_pretrained(any_tiny, attn_implementation="eager")
    states = encoder(batch.token_ids, batch.mask)
    expected = network.eval()(input_ids=batch.token_ids, attention_mask=batch.mask.long()).last_hidden_state
    assert states.shape == (*batch.token_ids.shape, encoder.width)
    torch.testing.assert_close(states[batch.mask], expected[batch.mask], atol=1e-5, rtol=0)


@pytest.mark.parametrize("layer", [0, 1])
def test_cached_lower_states_give_the_states_of_the_whole_encoder(any_tiny: Path, batch: Any, layer: int) -> None:
    encoder = load_encoder(any_tiny).eval()
    with torch.no_grad():
        expected = encoder(batch.token_ids, batch.mask)
        entry = encoder.states_below(layer, batch.token_ids, batch.mask)
        assert entry.shape == expected.shape
        encoder.drop_layers_below(layer)
        # wrong ids show that nothing below is computed any more
        found = encoder(torch.ones_like(batch.token_ids), batch.mask, entry)
    assert torch.equal(found, expected)


def test_states_below_compute_nothing_above(any_tiny: Path, batch: Any) -> None:
    encoder = load_encoder(any_tiny).eval()
    encoder.layers[1].register_forward_hook(lambda *anything: pytest.fail("the upper layer was computed"))
    encoder.states_below(1, batch.token_ids, batch.mask)


def test_dropped_layers_release_their_weights(any_tiny: Path) -> None:
    encoder = load_encoder(any_tiny)
    assert encoder.num_layers == len(encoder.layers) == 2
    encoder.drop_layers_below(1)
    assert sum(parameter.numel() for parameter in encoder.layers[0].parameters()) == 0
    assert sum(parameter.numel() for parameter in encoder.layers[1].parameters()) > 0


def test_weights_are_float32_whatever_the_checkpoint_holds(tiny_bert: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(tiny_bert, tmp_path / "m"))
    weights = load_file(copy / "model.safetensors")
    save_file(
        {name: tensor.bfloat16() for name, tensor in weights.items()}, copy / "model.safetensors", {"format": "pt"}
    )
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps({**config, "dtype": "bfloat16"}))
    assert {parameter.dtype for parameter in load_encoder(copy).parameters()} == {torch.float32}


def test_no_dropout_unless_asked_for(any_tiny: Path, batch: Any) -> None:
    encoder = load_encoder(any_tiny).train()
    first, second = (encoder(batch.token_ids, batch.mask) for _ in range(2))
    assert torch.equal(first, second)
    assert torch.equal(first, encoder.eval()(batch.token_ids, batch.mask))


def test_dropout_reaches_the_network(any_tiny: Path, batch: Any) -> None:
    encoder = load_encoder(any_tiny, dropout=0.5).train()
    assert not torch.equal(encoder(batch.token_ids, batch.mask), encoder(batch.token_ids, batch.mask))
    assert {part.p for part in encoder.modules() if isinstance(part, nn.Dropout)} <= {0.5}
    encoder.eval()
    assert torch.equal(encoder(batch.token_ids, batch.mask), encoder(batch.token_ids, batch.mask))


def test_a_missing_weight_is_refused(tiny_bert: Path, tmp_path: Path) -> None:
    """Trap M8: transformers would fill it with random numbers and print a table."""
    copy = Path(shutil.copytree(tiny_bert, tmp_path / "m"))
    weights = load_file(copy / "model.safetensors")
    for name in ("encoder.layer.0.output.dense.weight", "encoder.layer.1.output.dense.bias"):
        del weights[name]
    save_file(weights, copy / "model.safetensors", {"format": "pt"})
    with pytest.raises(BaseModelError) as caught:
        load_encoder(copy)
    assert str(caught.value) == (
        f"{copy}: 2 weights are missing (encoder.layer.0.output.dense.weight, encoder.layer.1.output.dense.bias …) and "
        "would be random. Use a complete checkpoint of this architecture"
    )


def test_encoder_decoders_are_refused(tmp_path: Path) -> None:
    T5Config(d_model=8, num_layers=1, num_heads=2, d_kv=4, d_ff=8, vocab_size=10).save_pretrained(tmp_path)
    with pytest.raises(BaseModelError) as caught:
        load_encoder(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: 't5' is an encoder-decoder; classification needs an encoder (BERT-like) or a decoder (GPT-like)"
    )


def test_a_folder_without_tokenizer_is_refused(any_tiny: Path, tmp_path: Path) -> None:
    """transformers would read every text as unknown tokens, or as nothing."""
    copy = Path(shutil.copytree(any_tiny, tmp_path / "m", ignore=shutil.ignore_patterns("tokenizer*")))
    with pytest.raises(BaseModelError) as caught:
        load_tokenizer(copy)
    assert str(caught.value) == (
        f"{copy}: holds no tokenizer. Save the one the model was trained with: `tokenizer.save_pretrained(folder)`"
    )


def test_a_tokenizer_that_cannot_be_read_is_refused(tiny_bert: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(tiny_bert, tmp_path / "m"))
    (copy / "tokenizer_config.json").write_text('{"tokenizer_class": "NoSuchTokenizer"}')
    (copy / "tokenizer.json").unlink()
    (copy / "config.json").write_text("{}")
    with pytest.raises(BaseModelError, match="the tokenizer cannot be loaded: "):
        load_tokenizer(copy)


def test_nothing_is_written_while_loading(tiny_bert: Path, capfd: pytest.CaptureFixture[str]) -> None:
    load_encoder(tiny_bert)
    load_tokenizer(tiny_bert)
    assert capfd.readouterr() == ("", "")


def test_usable_positions_by_hand() -> None:
    """RoBERTa's positions begin behind its pad id 1: of 514 rows, 512 can be used."""
    assert usable_positions(BertConfig(max_position_embeddings=512)) == 512
    assert usable_positions(RobertaConfig(max_position_embeddings=514, pad_token_id=1)) == 512
    assert usable_positions(Qwen2Config(max_position_embeddings=4096)) == 4096


def test_a_text_of_all_usable_positions_runs(any_tiny: Path) -> None:
    encoder = load_encoder(any_tiny)
    assert encoder.positions == 64
    states = encoder(torch.ones(1, 64, dtype=torch.int64), torch.ones(1, 64, dtype=torch.bool))
    assert torch.isfinite(states).all()
