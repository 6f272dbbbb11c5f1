from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn import functional

from groundswell.model.scoring import score_documents
from groundswell.training.checkpoints import moving_weights
from groundswell.tuning import cached_features
from groundswell.tuning.cached_features import CacheSettings, cache_frozen
from groundswell.tuning.trainable import Tuning, choose_trainable

Make = Callable[..., Any]
CPU = torch.device("cpu")
TUNINGS = {
    "head": (Tuning("head"), "mean"),
    "head under attention pooling": (Tuning("head"), "attention"),
    "full, top layer": (Tuning("full", layers=1), "mean"),
    "lora, top layer": (Tuning("lora", layers=1), "cls"),
}


@pytest.fixture(params=TUNINGS)
def method(request: pytest.FixtureRequest) -> tuple[Tuning, str]:
    """Each tuning that leaves something to compute once, with a pooling."""
    return TUNINGS[request.param]


@pytest.fixture
def settings(tmp_path: Path) -> CacheSettings:
    return CacheSettings(tmp_path, "0" * 64, torch.float32, 200, CPU)


def prepared(model: Any, tuning: Tuning) -> Any:
    choose_trainable(model, tuning)
    return model


def texts_of_windows(make_documents: Make, folder: Path) -> Any:
    """Ten texts, some of them in several windows."""
    texts = ["good food " * times for times in (1, 9, 2, 7, 1, 5)] + ["bad room", "很好", "slow", "not good"]
    return make_documents(folder, texts, max_tokens=10, truncation="windows", window_overlap=2)


def test_training_with_the_cache_is_training_without_it(  # noqa: PLR0913
    main_tiny: Path, method: tuple[Tuning, str], settings: CacheSettings, make_classifier: Make, make_documents: Make,
    make_batches: Make, run_fit: Make,
) -> None:  # fmt: skip
    tuning, pooling = method
    documents = texts_of_windows(make_documents, main_tiny)
    plan = [[0, 1, 2], [3, 4], [5, 6, 7], [8, 9]]
    results = []
    for cached in (False, True):
        model = prepared(make_classifier(main_tiny, pooling), tuning)
        texts = cache_frozen(model, tuning, [documents], settings)[0] if cached else documents
        seen = texts

        def evaluate(scored: Any, seen: Any = seen) -> dict[str, float]:
            logits = score_documents(scored, seen, device=CPU)
            return {"loss": functional.cross_entropy(logits, seen.targets).item()}

        history = run_fit(
            model, make_batches(texts, plan), chosen=True, evaluate=evaluate, rate=0.01, settings={"epochs": 2}
        )
        results.append((history, moving_weights(model)))
    (plain, weights), (from_cache, others) = results
    for one, other in zip(plain.epochs, from_cache.epochs, strict=True):
        assert other["loss"] == pytest.approx(one["loss"], abs=1e-5)
        assert other["dev"]["loss"] == pytest.approx(one["dev"]["loss"], abs=1e-5)
    for name, tensor in weights.items():
        torch.testing.assert_close(others[name], tensor, atol=2e-3, rtol=0, msg=lambda text, name=name: name + text)


def test_logits_from_the_cache_are_those_of_the_whole_model(
    any_tiny: Path, method: tuple[Tuning, str], settings: CacheSettings, make_classifier: Make, make_documents: Make
) -> None:
    tuning, pooling = method
    documents = texts_of_windows(make_documents, any_tiny)
    model = prepared(make_classifier(any_tiny, pooling), tuning).eval()
    before = score_documents(model, documents, device=CPU)
    (cached,) = cache_frozen(model, tuning, [documents], settings)
    found = score_documents(model.eval(), cached, device=CPU)
    torch.testing.assert_close(found, before, atol=1e-5, rtol=0)


def test_what_is_frozen_is_not_computed_again(
    tiny_bert: Path, method: tuple[Tuning, str], settings: CacheSettings, make_classifier: Make, make_documents: Make
) -> None:
    tuning, pooling = method
    model = prepared(make_classifier(tiny_bert, pooling), tuning).eval()
    (cached,) = cache_frozen(model, tuning, [make_documents(tiny_bert)], settings)
    first = tuning.first_layer(2)
    if first == 2:
        model.encoder.register_forward_hook(lambda *anything: pytest.fail("the frozen encoder was computed"))
    else:
        assert sum(parameter.numel() for parameter in model.encoder.layers[0].parameters()) == 0
    assert score_documents(model, cached, device=CPU).shape == (10, 2)


def cache(folder: Path, make_classifier: Make, documents: Any, settings: CacheSettings, **chosen: Any) -> int:
    """How many texts were computed."""
    tuning = chosen.get("tuning", Tuning("head"))
    model = prepared(make_classifier(folder, chosen.get("pooling", "mean")), tuning)
    done: list[int] = []
    cache_frozen(model, tuning, [documents], settings, done.append)
    return sum(done)


def test_a_second_run_reads_from_disk(
    tiny_bert: Path, method: tuple[Tuning, str], settings: CacheSettings, make_classifier: Make, make_documents: Make
) -> None:
    tuning, pooling = method
    documents = make_documents(tiny_bert)
    assert cache(tiny_bert, make_classifier, documents, settings, tuning=tuning, pooling=pooling) == 10
    assert cache(tiny_bert, make_classifier, documents, settings, tuning=tuning, pooling=pooling) == 0


def test_train_and_dev_are_kept_apart(
    tiny_bert: Path, settings: CacheSettings, make_classifier: Make, make_documents: Make
) -> None:
    train, dev = make_documents(tiny_bert), make_documents(tiny_bert, ["bad food", "good"])
    model = prepared(make_classifier(tiny_bert), Tuning("head"))
    together = cache_frozen(model, Tuning("head"), [train, dev], settings)
    assert [texts.features.shape for texts in together] == [(10, 32), (2, 32)]
    assert cache(tiny_bert, make_classifier, dev, settings) == 0


def test_whatever_the_values_depend_on_makes_another_cache(
    tiny_bert: Path, settings: CacheSettings, make_classifier: Make, make_documents: Make
) -> None:
    """Targets are not among it."""
    documents = make_documents(tiny_bert)
    assert cache(tiny_bert, make_classifier, documents, settings) == 10
    other = replace(documents, targets=1 - documents.targets)
    assert cache(tiny_bert, make_classifier, other, settings) == 0
    variants: list[tuple[Any, CacheSettings, dict[str, Any]]] = [
        (documents, settings, {"pooling": "max"}),
        (documents, settings, {"pooling": "attention"}),
        (documents, settings, {"tuning": Tuning("full", layers=1)}),
        (documents, replace(settings, base="1" * 64), {}),
        (documents, replace(settings, dtype=torch.bfloat16), {}),
        (make_documents(tiny_bert, max_tokens=6), settings, {}),
        (replace(documents, windows=documents.windows[::-1]), settings, {}),
    ]
    for texts, where, chosen in variants:
        assert cache(tiny_bert, make_classifier, texts, where, **chosen) == 10


def test_windows_are_not_confused_with_texts(
    tiny_bert: Path, settings: CacheSettings, make_classifier: Make, make_documents: Make
) -> None:
    """The same windows, cut into texts in another way, have the same vectors; each text finds its own."""
    one = make_documents(tiny_bert, ["good", "bad room"])
    together = replace(one, windows=[one.windows[0] + one.windows[1]], targets=torch.tensor([1]))
    model = prepared(make_classifier(tiny_bert), Tuning("head"))
    apart, joined = cache_frozen(model, Tuning("head"), [one, together], settings)
    assert torch.equal(apart.collate([0, 1]).features, joined.collate([0]).features)


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_a_half_written_cache_is_never_used(
    tiny_bert: Path, settings: CacheSettings, make_classifier: Make, make_documents: Make,
    monkeypatch: pytest.MonkeyPatch, error: BaseException,
) -> None:  # fmt: skip
    documents = make_documents(tiny_bert)

    def interrupted(*anything: Any) -> None:
        raise error

    with monkeypatch.context() as broken:
        broken.setattr(cached_features, "write_json", interrupted)
        with pytest.raises(type(error)):
            cache(tiny_bert, make_classifier, documents, settings)
    assert list((settings.folder / "features").iterdir()) == []
    assert cache(tiny_bert, make_classifier, documents, settings) == 10


def test_a_run_stopped_in_the_middle_computes_everything_again(
    tiny_bert: Path, settings: CacheSettings, make_classifier: Make, make_documents: Make
) -> None:
    documents = make_documents(tiny_bert)
    model = prepared(make_classifier(tiny_bert), Tuning("head"))

    def stop(texts: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache_frozen(model, Tuning("head"), [documents], settings, stop)
    assert cache(tiny_bert, make_classifier, documents, settings) == 10


def test_reading_a_cache_does_not_change_it(
    tiny_bert: Path, settings: CacheSettings, make_classifier: Make, make_documents: Make
) -> None:
    documents = make_documents(tiny_bert)
    model = prepared(make_classifier(tiny_bert), Tuning("head"))
    (cached,) = cache_frozen(model, Tuning("head"), [documents], settings)
    expected = cached.features.clone()
    cached.features.zero_()
    (again,) = cache_frozen(model, Tuning("head"), [documents], settings)
    assert torch.equal(again.features, expected)


@pytest.mark.parametrize("name", ["head", "full, top layer"])
def test_bfloat16_caches_hold_what_was_computed(
    tiny_bert: Path, settings: CacheSettings, make_classifier: Make, make_documents: Make, name: str
) -> None:
    tuning, pooling = TUNINGS[name]
    documents = texts_of_windows(make_documents, tiny_bert)
    model = make_classifier(tiny_bert, pooling)
    choose_trainable(model, tuning, frozen_dtype=torch.bfloat16)
    exact = score_documents(make_classifier(tiny_bert, pooling).eval(), documents, device=CPU)
    (cached,) = cache_frozen(model, tuning, [documents], replace(settings, dtype=torch.bfloat16))
    batch = cached.collate([1, 0])
    assert {part.dtype for part in (batch.features, batch.states) if part is not None} == {torch.bfloat16}
    found = score_documents(model.eval(), cached, device=CPU, bfloat16=True)
    torch.testing.assert_close(found, exact, atol=3e-2, rtol=0)
