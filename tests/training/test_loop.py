from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from groundswell.errors import TrainingError
from groundswell.model.scoring import score_documents
from groundswell.training import loop
from groundswell.training.checkpoints import moving_weights
from groundswell.training.losses import bce, classification_loss, cross_entropy, focal, mse
from groundswell.training.schedules import make_schedule
from groundswell.tuning.trainable import Tuning

Make = Callable[..., Any]
ROWS = [[0, 4, 2, 7], [5, 1, 8, 3], [6, 9, 0, 1], [2, 3, 4, 5]]  # four steps of four texts of unequal lengths
TASKS: dict[str, tuple[Any, Tensor, int]] = {
    "single label": (cross_entropy(torch.tensor([0.5, 2.0, 1.0]), 0.1), torch.arange(10) % 3, 3),
    "focal": (focal(2.0), torch.arange(10) % 3, 3),
    "multi label": (bce(), (torch.arange(30).view(10, 3) % 4 == 0).float(), 3),
    "regression": (mse, torch.linspace(-1, 1, 10), 1),
}


def sgd(model: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.SGD([part for part in model.parameters() if part.requires_grad], lr=0.05)


def steady_adamw(model: nn.Module) -> torch.optim.Optimizer:
    """With the usual eps of 1e-8, gradients that are zero but for rounding would be blown up to full steps."""
    return torch.optim.AdamW([part for part in model.parameters() if part.requires_grad], lr=1e-2, eps=1e-3)


def split(rows: list[list[int]], size: int) -> list[list[int]]:
    return [group[start : start + size] for group in rows for start in range(0, len(group), size)]


def assert_same_weights(one: nn.Module, other: nn.Module, tolerance: float) -> None:
    for (name, found), (_, expected) in zip(one.named_parameters(), other.named_parameters(), strict=True):
        torch.testing.assert_close(
            found, expected, atol=tolerance, rtol=0, msg=lambda text, name=name: f"{name}: {text}"
        )


def by_hand(model: Any, documents: Any, groups: list[list[int]], row_loss: Any) -> list[float]:
    """Plain gradient descent on the mean over each group's rows; the loss of each step."""
    losses = []
    for rows in groups:
        batch = documents.collate(rows)
        loss = row_loss(model(batch), batch.targets).mean()
        losses.append(loss.item())
        loss.backward()
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.requires_grad:
                    parameter -= 0.05 * parameter.grad
                    parameter.grad = None
    return losses


@pytest.mark.parametrize(
    ("task", "make_optimizer", "method"),
    [
        *((task, optimizer, "full") for task in TASKS for optimizer in (sgd, steady_adamw)),
        ("single label", sgd, "lora"),
        ("regression", steady_adamw, "lora"),
    ],
)
def test_accumulation_changes_nothing(  # noqa: PLR0913
    tiny_bert: Path, make_classifier: Make, make_documents: Make, make_batches: Make, run_fit: Make,
    task: str, make_optimizer: Any, method: Any,
) -> None:  # fmt: skip
    """Trap L1: four rows at once, or one by one and added up."""
    row_loss, targets, outputs = TASKS[task]
    documents = make_documents(tiny_bert, targets=targets)
    models, losses = [], []
    for size in (4, 1):
        model = make_classifier(tiny_bert, num_outputs=outputs)
        history = run_fit(
            model, make_batches(documents, split(ROWS, size)), tuning=Tuning(method), make_optimizer=make_optimizer,
            loss=classification_loss(row_loss), settings={"accumulation": 4 // size, "clip_norm": 0.5},
        )  # fmt: skip
        assert (history.steps, history.items) == (4, 16)
        models.append(model)
        losses.append(history.epochs[0]["loss"])
    assert losses[1] == pytest.approx(losses[0], abs=1e-6)
    assert_same_weights(*models, 2e-6)


def test_texts_of_several_windows_count_once(
    tiny_bert: Path, make_classifier: Make, make_documents: Make, make_batches: Make, run_fit: Make
) -> None:
    texts = ["good food " * times for times in (1, 9, 2, 7, 1, 5, 3, 8)]
    documents = make_documents(tiny_bert, texts, max_tokens=10, truncation="windows", window_overlap=2)
    models = []
    for size in (4, 1):
        models.append(make_classifier(tiny_bert))
        plan = split([[0, 1, 2, 3], [4, 5, 6, 7]], size)
        history = run_fit(
            models[-1], make_batches(documents, plan), make_optimizer=sgd, settings={"accumulation": 4 // size}
        )
        assert history.items == 8
    assert_same_weights(*models, 1e-6)


@pytest.mark.parametrize("task", TASKS)
def test_each_step_is_the_mean_over_its_rows_also_in_the_tail(
    tiny_bert: Path, make_classifier: Make, make_documents: Make, make_batches: Make, run_fit: Make, task: str
) -> None:
    """Trap L2, against plain gradient descent: groups of 3 + 2 + 2, then 3 alone, and ragged batches inside."""
    row_loss, targets, outputs = TASKS[task]
    documents = make_documents(tiny_bert, targets=targets)
    plan = [[0, 4, 2], [7, 5], [1, 8], [3, 6, 9]]
    model, plain = (make_classifier(tiny_bert, num_outputs=outputs) for _ in range(2))
    history = run_fit(
        model, make_batches(documents, plan), make_optimizer=sgd, loss=classification_loss(row_loss),
        settings={"accumulation": 3, "clip_norm": None},
    )  # fmt: skip
    losses = by_hand(plain, documents, [[0, 4, 2, 7, 5, 1, 8], [3, 6, 9]], row_loss)
    assert history.epochs[0]["loss"] == pytest.approx((7 * losses[0] + 3 * losses[1]) / 10, abs=1e-6)
    assert_same_weights(model, plain, 1e-6)


def test_a_text_of_weight_zero_does_not_dilute_a_step(
    tiny_bert: Path, make_classifier: Make, make_documents: Make, make_batches: Make, run_fit: Make
) -> None:
    documents = make_documents(tiny_bert)
    batches = make_batches(documents, [[0, 4, 2, 7]])

    class Weighted:
        plan, describe = batches.plan, batches.describe

        def collate(self, indices: Any, *, counted: bool = True) -> Any:
            batch = documents.collate(indices)
            return batch._replace(weights=torch.tensor([1.0, 0.0, 1.0, 0.0]))

    model, plain = make_classifier(tiny_bert), make_classifier(tiny_bert)
    run_fit(model, Weighted(), make_optimizer=sgd, settings={"clip_norm": None})
    by_hand(plain, documents, [[0, 2]], cross_entropy())
    assert_same_weights(model, plain, 1e-6)


class RecordingSgd(torch.optim.SGD):
    """Notes the rate and the weights' movement of every step."""

    def __init__(self, model: nn.Module, rate: float = 0.05) -> None:
        super().__init__([{"params": list(model.parameters()), "lr": rate}])
        self.rates: list[float] = []
        self.movements: list[float] = []

    def step(self, closure: Any = None) -> Any:
        before = [parameter.detach().clone() for parameter in self.param_groups[0]["params"]]
        self.rates.append(self.param_groups[0]["lr"])
        answer = super().step(closure)
        moved = [p.detach() - old for p, old in zip(self.param_groups[0]["params"], before, strict=True)]
        self.movements.append(math.sqrt(sum(float((part**2).sum()) for part in moved)))
        return answer


@pytest.mark.parametrize("accumulation", [1, 4])
def test_the_schedule_counts_optimizer_steps(
    tiny_bert: Path, make_classifier: Make, make_documents: Make, make_batches: Make, run_fit: Make, accumulation: int
) -> None:
    """Trap L12: ten steps, two of warm-up, at rate 0.5; the same with four micro-batches to a step."""
    optimizers: list[RecordingSgd] = []

    def record(model: nn.Module) -> RecordingSgd:
        optimizers.append(RecordingSgd(model, 0.5))
        return optimizers[0]

    plan = [[number % 10] for number in range(5 * accumulation)]
    history = run_fit(
        make_classifier(tiny_bert), make_batches(make_documents(tiny_bert), plan), make_optimizer=record,
        schedule=make_schedule("linear", total_steps=10, warmup_share=0.2),
        settings={"epochs": 2, "accumulation": accumulation},
    )  # fmt: skip
    assert history.steps == 10
    assert optimizers[0].rates == pytest.approx(
        [0.5 * share for share in (0.5, 1, 1, *(n / 8 for n in range(7, 0, -1)))]
    )


def test_the_gradient_is_clipped_to_its_norm(
    tiny_bert: Path, make_classifier: Make, make_documents: Make, make_batches: Make, run_fit: Make
) -> None:
    optimizers: list[RecordingSgd] = []

    def record(model: nn.Module) -> RecordingSgd:
        optimizers.append(RecordingSgd(model, 1.0))
        return optimizers[-1]

    for clip_norm in (1e-3, None):
        run_fit(
            make_classifier(tiny_bert), make_batches(make_documents(tiny_bert), ROWS[:1]), make_optimizer=record,
            settings={"clip_norm": clip_norm},
        )  # fmt: skip
    assert optimizers[0].movements == pytest.approx([1e-3], rel=1e-3)
    assert optimizers[1].movements[0] > 1e-2


def train(run_fit: Make, model: Any, batches: Any, seed: int, **options: Any) -> Any:
    torch.manual_seed(seed)
    return run_fit(model, batches, **{"settings": {"epochs": 2, "accumulation": 2}, **options})


def test_the_same_seed_gives_the_same_bits(
    tiny_bert: Path, make_classifier: Make, make_documents: Make, make_batches: Make, run_fit: Make
) -> None:
    """Trap L8, with dropout."""
    batches = make_batches(make_documents(tiny_bert), ROWS)
    models = [make_classifier(tiny_bert, dropout=0.3) for _ in range(3)]
    for model, seed in zip(models, (7, 7, 8), strict=True):
        train(run_fit, model, batches, seed)
    same, again, other = (moving_weights(model) for model in models)
    assert all(torch.equal(same[name], again[name]) for name in same)
    assert not all(torch.equal(same[name], other[name]) for name in same)


def test_dev_texts_are_scored_without_dropout_and_training_goes_on_with_it(
    tiny_bert: Path, make_classifier: Make, make_documents: Make, make_batches: Make, run_fit: Make
) -> None:
    """Trap L13."""
    documents, model = make_documents(tiny_bert), make_classifier(tiny_bert, dropout=0.3)
    modes: list[str] = []
    plain = classification_loss(cross_entropy())

    def evaluate(scored: Any) -> dict[str, float]:
        modes.append("dev" if not any(module.training for module in scored.modules()) else "dev with dropout")
        first, second = (score_documents(scored, documents, device=torch.device("cpu")) for _ in range(2))
        assert torch.equal(first, second)
        return {"loss": 1.0}

    def loss(trained: Any, batch: Any) -> Any:
        modes.append("train" if trained.training else "train without dropout")
        return plain(trained, batch)

    run_fit(model, make_batches(documents, ROWS[:2]), evaluate=evaluate, loss=loss, settings={"epochs": 2})
    assert modes == ["train", "train", "dev", "train", "train", "dev"]
    assert not model.training


@pytest.mark.parametrize(
    ("metric", "values", "best"),
    [
        ("accuracy", [0.5, 0.9, 0.9, 0.7], 2),
        ("accuracy", [0.9, 0.8, 0.7, 0.6], 1),
        ("loss", [0.5, 0.9, 0.4, 0.4], 3),
        ("mae", [0.5, 0.4, 0.6, 0.7], 2),
        ("pearson", [-0.5, -0.4, -0.6, 0.1], 4),
    ],
)
def test_the_weights_of_the_best_epoch_come_back_exactly(  # noqa: PLR0913
    tiny_bert: Path, make_classifier: Make, make_documents: Make, make_batches: Make, run_fit: Make,
    metric: str, values: list[float], best: int,
) -> None:  # fmt: skip
    """Trap L14; of equal epochs the first one stays."""
    snapshots: list[dict[str, Tensor]] = []

    def evaluate(model: nn.Module) -> dict[str, float]:
        snapshots.append(moving_weights(model))
        return {metric: values[len(snapshots) - 1]}

    model = make_classifier(tiny_bert, dropout=0.2)
    history = run_fit(
        model, make_batches(make_documents(tiny_bert), ROWS[:1]), evaluate=evaluate,
        settings={"epochs": 4, "metric": metric},
    )  # fmt: skip
    assert history.best_epoch == best
    assert [row["dev"][metric] for row in history.epochs] == values
    found = moving_weights(model)
    assert all(torch.equal(found[name], snapshots[best - 1][name]) for name in found)
    assert not all(torch.equal(found[name], snapshots[best % 4][name]) for name in found)


def test_the_restored_model_reproduces_its_best_score(
    tiny_bert: Path, make_classifier: Make, make_documents: Make, make_batches: Make, run_fit: Make
) -> None:
    documents, model = make_documents(tiny_bert), make_classifier(tiny_bert, dropout=0.3)

    def evaluate(scored: Any) -> dict[str, float]:
        logits = score_documents(scored, documents, device=torch.device("cpu"))
        return {"loss": functional.cross_entropy(logits, documents.targets).item()}

    history = run_fit(model, make_batches(documents, ROWS), evaluate=evaluate, rate=0.1, settings={"epochs": 5})
    assert evaluate(model)["loss"] == min(row["dev"]["loss"] for row in history.epochs)


@pytest.mark.parametrize(
    ("patience", "values", "epochs"),
    [
        (1, [0.5, 0.6, 0.6, 0.9], 3),
        (2, [0.5, 0.4, 0.3, 0.9], 3),
        (2, [0.5, 0.4, 0.6, 0.5, 0.5, 0.9], 5),
        (None, [0.5, 0.4, 0.3, 0.2], 4),
    ],
)
def test_stops_after_epochs_without_progress(  # noqa: PLR0913
    tiny_bert: Path, make_classifier: Make, make_documents: Make, make_batches: Make, run_fit: Make,
    patience: int | None, values: list[float], epochs: int,
) -> None:  # fmt: skip
    answers = iter(values)
    history = run_fit(
        make_classifier(tiny_bert), make_batches(make_documents(tiny_bert), ROWS[:1]), tuning=Tuning("head"),
        evaluate=lambda model: {"accuracy": next(answers)},
        settings={"epochs": len(values), "patience": patience, "metric": "accuracy"},
    )  # fmt: skip
    assert len(history.epochs) == epochs


@pytest.mark.parametrize(("value", "shown"), [(math.nan, "nan"), (math.inf, "inf")])
def test_a_loss_that_is_no_number_stops_and_names_the_rows(  # noqa: PLR0913
    tiny_bert: Path, make_classifier: Make, make_documents: Make, make_batches: Make, run_fit: Make,
    value: float, shown: str,
) -> None:  # fmt: skip
    documents, model = make_documents(tiny_bert), make_classifier(tiny_bert)
    plain = classification_loss(cross_entropy())
    calls: list[dict[str, Tensor]] = []

    def loss(trained: Any, batch: Any) -> Any:
        calls.append(moving_weights(trained))
        total, num_items = plain(trained, batch)
        return type(plain(trained, batch))(total * value if len(calls) == 4 else total, num_items)

    with pytest.raises(TrainingError) as caught:
        run_fit(model, make_batches(documents, split(ROWS, 2)), loss=loss, settings={"accumulation": 2})
    assert str(caught.value) == (
        f"step 2: the loss is {shown}, expected a finite number. The batch holds rows 9, 4. "
        "Lower training.learning_rate, or look at these rows"
    )
    now = moving_weights(model)
    assert all(torch.equal(now[name], calls[-1][name]) for name in now)


def test_history_and_log_tell_the_same_story(
    monkeypatch: pytest.MonkeyPatch, tiny_bert: Path, make_classifier: Make, make_documents: Make, make_batches: Make,
    run_fit: Make,
) -> None:  # fmt: skip
    monkeypatch.setattr(loop, "LOG_SECONDS", -1.0)
    rows: list[dict[str, Any]] = []
    history = run_fit(
        make_classifier(tiny_bert), make_batches(make_documents(tiny_bert), ROWS[:2]), log=rows.append, rate=0.01,
        evaluate=lambda model: {"loss": 0.5}, schedule=make_schedule("linear", total_steps=4, warmup_share=0.0),
        settings={"epochs": 2},
    )  # fmt: skip
    steps = [row for row in rows if "learning_rate" in row]
    assert [row["step"] for row in steps] == [1, 2, 3, 4]
    assert [row["epoch"] for row in steps] == [1, 1, 2, 2]
    assert [row["learning_rate"] for row in steps] == pytest.approx([0.01, 0.0075, 0.005, 0.0025])
    assert all(row["grad_norm"] > 0 for row in steps)
    ends = [row for row in rows if "dev" in row]
    assert ends == [{"step": 2 * row["epoch"], **row} for row in history.epochs]
    for end in ends:
        inside = [row["loss"] for row in steps if row["epoch"] == end["epoch"]]
        assert end["loss"] == pytest.approx(sum(inside) / 2, abs=1e-6)
    assert (history.steps, history.items, history.best_epoch) == (4, 16, 1)
    assert history.seconds >= sum(row["seconds"] for row in history.epochs) - 0.01


def test_each_epoch_follows_its_own_plan(
    tiny_bert: Path, make_classifier: Make, make_documents: Make, make_batches: Make, run_fit: Make
) -> None:
    documents = make_documents(tiny_bert)
    batches = make_batches(documents, [[0, 1], [2]], [[3], [4, 5], [6]])
    seen: list[int] = []
    plain = classification_loss(cross_entropy())

    def loss(trained: Any, batch: Any) -> Any:
        seen.append(len(batch.weights))
        return plain(trained, batch)

    assert run_fit(make_classifier(tiny_bert), batches, loss=loss, settings={"epochs": 2}).items == 7
    assert seen == [2, 1, 1, 2, 1]
