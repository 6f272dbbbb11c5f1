from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from groundswell.errors import BaseModelError, RunFolderError
from groundswell.model.outputs import Outputs
from groundswell.model.pretrained import load_encoder
from groundswell.model.saved_model import SavedNetwork, load_model, save_model
from groundswell.model.text_settings import TextSettings, make_text_tokenizer
from groundswell.text.pretrained_tokens import PretrainedTokens, load_tokenizer
from groundswell.training.checkpoints import moving_weights
from groundswell.tuning.trainable import Lora, Parameters, Tuning, choose_trainable, tuned_model

Make = Callable[..., Any]
TUNINGS = {
    "full": Tuning("full"),
    "full, top layer": Tuning("full", layers=1),
    "head": Tuning("head"),
    "lora": Tuning("lora", lora=Lora(rank=4, alpha=8.0)),
    "lora, top layer": Tuning("lora", layers=1, lora=Lora(rank=4, alpha=8.0)),
}


@pytest.fixture(params=TUNINGS)
def tuning(request: pytest.FixtureRequest) -> Tuning:
    """Each way to choose the weights that move."""
    return TUNINGS[request.param]


def declared(model: Any, tuning: Tuning) -> set[str]:
    """Names of the weights the method is documented to move, told from their names alone."""
    names = set()
    for name, _ in model.named_parameters():
        in_encoder = name.startswith("encoder.")
        # layer 1 of 2 is the top one: encoder.layer.1, transformer.layer.1, h.1, layers.1
        in_top = any(part in name for part in ("layer.1.", "layers.1.", ".h.1."))
        moves = {"full": True, "head": False, "lora": "lora_" in name}[tuning.method]
        if not in_encoder or (moves and (tuning.layers is None or in_top)):
            names.add(name)
    return names


def test_exactly_the_declared_weights_move(
    any_tiny: Path, tuning: Tuning, make_classifier: Make, make_documents: Make, make_batches: Make, run_fit: Make
) -> None:
    """Trap L10: after one step a part of the declared weights has moved, after two all of it, and nothing else ever."""
    model = make_classifier(any_tiny, "attention")
    choose_trainable(model, tuning)
    wanted = declared(model, tuning)
    assert {name for name, parameter in model.named_parameters() if parameter.requires_grad} == wanted
    batches = make_batches(make_documents(any_tiny), [list(range(10))])
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    moved: set[str] = set()
    for step in (1, 2):
        run_fit(model, batches, chosen=True)
        moved |= {name for name, parameter in model.named_parameters() if not torch.equal(parameter, before[name])}
        assert moved <= wanted
        if tuning.method == "lora" and step == 1:
            assert not any("lora_A" in name for name in moved), "A gets no gradient while B is zero"
    assert moved == wanted


def test_low_rank_updates_change_no_bit_before_the_first_step(
    any_tiny: Path, make_classifier: Make, make_documents: Make
) -> None:
    """Trap A1."""
    batch = make_documents(any_tiny).collate(range(10))
    model = make_classifier(any_tiny).eval()
    before = model(batch)
    parameters = choose_trainable(model, Tuning("lora"))
    assert parameters.adapted_modules > 0
    assert torch.equal(model.eval()(batch), before)


def moved_lora(model: Any, tuning: Tuning) -> dict[str, Tensor]:
    """Low-rank updates of a size that shows, as after a training."""
    choose_trainable(model, tuning)
    torch.manual_seed(3)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            parameter.data.normal_(std=0.1)
    return moving_weights(model)


@pytest.mark.parametrize("layers", [None, 1])
def test_merged_equals_unmerged(
    any_tiny: Path, make_classifier: Make, make_documents: Make, layers: int | None
) -> None:
    """Trap A3; afterwards the network is of its plain class again."""
    tuning = Tuning("lora", layers=layers, lora=Lora(rank=4, alpha=32.0))
    batch = make_documents(any_tiny).collate(range(10))
    unmerged, merged, untouched = (make_classifier(any_tiny).eval() for _ in range(3))
    weights = moved_lora(unmerged, tuning)
    tuned_model(merged, tuning, weights, None)
    assert type(merged.encoder.network) is type(untouched.encoder.network)
    assert merged.state_dict().keys() == untouched.state_dict().keys()
    expected = unmerged.eval()(batch)
    torch.testing.assert_close(merged.eval()(batch), expected, atol=1e-5, rtol=0)
    assert (expected - untouched(batch)).abs().max() > 1e-3


@pytest.mark.parametrize(
    ("lora", "layers", "modules"),
    [
        (Lora(), None, 12),  # query, key, value, attention.output.dense, intermediate.dense, output.dense; two layers
        (Lora(), 1, 6),
        (Lora(), 2, 12),
        (Lora(targets=("query", "value")), None, 4),
        (Lora(targets=("query", "value")), 1, 2),
        # the end of a name also matches the longer one: output.dense and attention.output.dense
        (Lora(targets=("output.dense",)), None, 4),
        (Lora(targets=("intermediate.dense",)), None, 2),
    ],
)
def test_wrapped_modules_of_bert_by_hand(
    tiny_bert: Path, make_classifier: Make, lora: Lora, layers: int | None, modules: int
) -> None:
    """Trap A9."""
    assert choose_trainable(make_classifier(tiny_bert), Tuning("lora", layers, lora)).adapted_modules == modules


@pytest.mark.parametrize(
    ("kind", "modules"),
    # GPT-2: c_attn, c_proj, c_fc, c_proj; DistilBERT: q, k, v, out, lin1, lin2; Qwen2: q, k, v, o, gate, up, down
    [("gpt2", 4), ("distilbert", 6), ("qwen2", 7)],
)
def test_every_linear_layer_is_wrapped(
    request: pytest.FixtureRequest, make_classifier: Make, kind: str, modules: int
) -> None:
    folder = request.getfixturevalue(f"tiny_{kind}")
    for layers, count in ((None, 2 * modules), (1, modules)):
        assert choose_trainable(make_classifier(folder), Tuning("lora", layers)).adapted_modules == count


def refusal(model: Any, tuning: Tuning) -> str:
    with pytest.raises(BaseModelError) as caught:
        choose_trainable(model, tuning)
    return str(caught.value)


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("bert", "dense, key, query, value"),
        ("gpt2", "c_attn, c_fc, c_proj"),
        ("distilbert", "k_lin, lin1, lin2, out_lin, q_lin, v_lin"),
        ("qwen2", "down_proj, gate_proj, k_proj, o_proj, q_proj, up_proj, v_proj"),
    ],
)
@pytest.mark.parametrize("layers", [None, 1])
def test_targets_that_match_nothing_are_refused(
    request: pytest.FixtureRequest, make_classifier: Make, kind: str, names: str, layers: int | None
) -> None:
    model = make_classifier(request.getfixturevalue(f"tiny_{kind}"))
    assert refusal(model, Tuning("lora", layers, Lora(targets=("querry", "x")))) == (
        "tuning.lora.targets: found querry, x, which matches no linear layer of this encoder. "
        f"Its linear layers: {names}"
    )


def test_one_target_of_several_that_matches_nothing_is_refused(tiny_bert: Path, make_classifier: Make) -> None:
    """peft itself says nothing as long as another one matches."""
    assert refusal(make_classifier(tiny_bert), Tuning("lora", None, Lora(targets=("query", "valu")))) == (
        "tuning.lora.targets: 'valu' matches no linear layer of this encoder; remove it"
    )


def test_more_layers_than_there_are_is_refused(any_tiny: Path, make_classifier: Make) -> None:
    for method in ("full", "lora"):
        assert refusal(make_classifier(any_tiny), Tuning(method, layers=3)) == (
            "tuning.layers: found 3, but the encoder has 2 layers; lower it"
        )


@pytest.mark.parametrize(
    ("tuning", "first"),
    [(Tuning("full"), 0), (Tuning("head"), 6), (Tuning("lora", 2), 4), (Tuning("full", 6), 0), (Tuning("head", 2), 6)],
)
def test_lowest_moving_layer_by_hand(tuning: Tuning, first: int) -> None:
    assert tuning.first_layer(6) == first


def test_moving_weights_are_float32_above_a_bfloat16_base(
    main_tiny: Path, tuning: Tuning, make_classifier: Make, make_documents: Make, make_batches: Make, run_fit: Make
) -> None:  # fmt: skip
    """Trap A10; the mixture trains under autocast."""
    model = make_classifier(main_tiny)
    choose_trainable(model, tuning, frozen_dtype=torch.bfloat16)
    dtypes = {True: set(), False: set()}
    for parameter in model.parameters():
        dtypes[parameter.requires_grad].add(parameter.dtype)
    assert dtypes[True] == {torch.float32}
    assert dtypes[False] <= {torch.bfloat16}
    batches = make_batches(make_documents(main_tiny), [list(range(10))])
    history = run_fit(model, batches, chosen=True, precision="bf16", rate=1e-2, settings={"epochs": 8})
    assert history.epochs[-1]["loss"] < history.epochs[0]["loss"]


def test_counts_by_hand(tiny_bert: Path, make_classifier: Make) -> None:
    """Head: 32 * 2 + 2 weights. LoRA of rank 8 on query: 2 layers * (8 * 32 + 32 * 8) more."""
    model = make_classifier(tiny_bert)
    total = sum(parameter.numel() for parameter in model.parameters())
    assert choose_trainable(model, Tuning("head")) == Parameters(66, total, 0)
    found = choose_trainable(make_classifier(tiny_bert), Tuning("lora", lora=Lora(targets=("query",))))
    assert found == Parameters(66 + 1024, total, 2)
    assert choose_trainable(make_classifier(tiny_bert), Tuning("full")) == Parameters(total, total, 0)


@pytest.mark.parametrize("tuning", [Tuning("full", 1), Tuning("lora", 1)], ids=["full", "lora"])
def test_what_is_frozen_below_runs_without_dropout(
    any_tiny: Path, make_classifier: Make, make_documents: Make, tuning: Tuning
) -> None:
    """Embeddings included: cached states, which have no dropout, are then what training sees without a cache."""
    model = make_classifier(any_tiny, dropout=0.5)
    choose_trainable(model, tuning)
    batch = make_documents(any_tiny).collate(range(10))
    model.train()
    one, other = (model.encoder.states_below(1, batch.token_ids, batch.mask) for _ in range(2))
    assert torch.equal(one, other)
    assert not torch.equal(model.encoder(batch.token_ids, batch.mask), model.encoder(batch.token_ids, batch.mask))


def test_the_adapter_holds_low_rank_updates_only(any_tiny: Path, tmp_path: Path, make_classifier: Make) -> None:
    """Trap A12."""
    tuning = Tuning("lora", lora=Lora(rank=2))
    model = make_classifier(any_tiny)
    weights = moved_lora(model, tuning)
    parameters = tuned_model(make_classifier(any_tiny), tuning, weights, tmp_path)
    kept = load_file(tmp_path / "adapter_model.safetensors")
    assert all("lora_A" in name or "lora_B" in name for name in kept)
    assert sum(tensor.numel() for tensor in kept.values()) == parameters.trainable - 66
    files = {file.suffix for file in tmp_path.iterdir()}
    assert files <= {".json", ".safetensors", ".md"}


@pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing.*:FutureWarning")
def test_the_adapter_loads_on_a_fresh_base(
    tiny_bert: Path, tmp_path: Path, make_classifier: Make, make_documents: Make
) -> None:
    from peft import PeftModel

    tuning = Tuning("lora", layers=1)
    model = make_classifier(tiny_bert).eval()
    tuned_model(make_classifier(tiny_bert), tuning, moved_lora(model, tuning), tmp_path)
    network = PeftModel.from_pretrained(load_encoder(tiny_bert).network, tmp_path).eval()
    batch = make_documents(tiny_bert).collate(range(10))
    found = network(input_ids=batch.token_ids, attention_mask=batch.mask.long()).last_hidden_state
    torch.testing.assert_close(found, model.eval().encoder(batch.token_ids, batch.mask), atol=1e-5, rtol=0)


def test_a_tuned_model_is_the_trained_one_also_after_saving(  # noqa: PLR0913
    main_tiny: Path, tuning: Tuning, tmp_path: Path, make_classifier: Make, make_documents: Make, make_batches: Make,
    run_fit: Make,
) -> None:  # fmt: skip
    """Trap A2: head, pooling and adapter all arrive."""
    documents, trained = make_documents(main_tiny), make_classifier(main_tiny, "attention")
    choose_trainable(trained, tuning)
    run_fit(trained, make_batches(documents, [list(range(10))]), chosen=True, settings={"epochs": 3}, rate=0.05)
    fresh = make_classifier(main_tiny, "attention", seed=1)
    tuned_model(fresh, tuning, moving_weights(trained), None)
    batch = documents.collate(range(10))
    expected = trained.eval()(batch)
    torch.testing.assert_close(fresh.eval()(batch), expected, atol=1e-5, rtol=0)
    settings = TextSettings((), 64, "head", 0)
    tokenizer = make_text_tokenizer(PretrainedTokens(load_tokenizer(main_tiny)), settings)
    save_model(SavedNetwork(fresh, tokenizer, Outputs("single_label", ("a", "b"), (0.5, 0.5)), settings), tmp_path)
    torch.testing.assert_close(load_model(tmp_path).model(batch), expected, atol=1e-5, rtol=0)


def test_weights_of_another_method_are_refused(tiny_bert: Path, make_classifier: Make) -> None:
    model = make_classifier(tiny_bert)
    choose_trainable(model, Tuning("head"))
    with pytest.raises(RunFolderError, match="holds other weights than this recipe moves"):
        tuned_model(make_classifier(tiny_bert), Tuning("full"), moving_weights(model), None)


@pytest.mark.parametrize(
    ("name", "rate", "steps"),
    [("full", 5e-3, 40), ("full, top layer", 1e-2, 40), ("head", 0.3, 150), ("lora", 1e-2, 60),
     ("lora, top layer", 1e-2, 60)],
)  # fmt: skip
def test_learns_one_batch_by_heart(  # noqa: PLR0913
    tiny_bert: Path, make_classifier: Make, make_documents: Make, make_batches: Make, run_fit: Make,
    name: str, rate: float, steps: int,
) -> None:  # fmt: skip
    model = make_classifier(tiny_bert)
    once = [list(range(10))]
    batches = make_batches(make_documents(tiny_bert), once, once * steps, once)
    history = run_fit(model, batches, tuning=TUNINGS[name], rate=rate, settings={"epochs": 3})
    assert history.epochs[0]["loss"] == pytest.approx(0.69, abs=0.2)
    assert history.epochs[2]["loss"] < 0.05
