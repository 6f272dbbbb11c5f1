"""The one training loop: `fit`. Methods of tuning differ only in which parameters, which loss, which batches."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Protocol, TypeVar

import torch
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list, gather_object
from torch import Tensor, nn

from groundswell.data.batching import Batch
from groundswell.data.head_batch import HeadBatch
from groundswell.data.language_batch import LanguageBatch
from groundswell.data.opinion_batching import OpinionBatch
from groundswell.errors import TrainingError
from groundswell.training import checkpoints, launch, shards
from groundswell.training.checkpoints import Checkpoint, CheckpointFolder
from groundswell.training.losses import Loss
from groundswell.training.progress import ProgressBar
from groundswell.training.schedules import Schedule

Evaluate = Callable[[nn.Module], dict[str, float]]
LOG_SECONDS = 5.0


AnyBatch = TypeVar("AnyBatch", bound=Batch | OpinionBatch | HeadBatch | LanguageBatch, covariant=True)


class BatchesOf(Protocol[AnyBatch]):
    """The order of the training texts and how a batch is made of them."""

    def plan(self, epoch: int) -> Sequence[Sequence[int]]:
        """The micro-batches of an epoch, each the numbers of its texts; depends on the epoch alone."""

    def collate(self, indices: Sequence[int], *, counted: bool = True) -> AnyBatch:
        """The batch of some texts; with `counted=False` none of them has weight."""

    def describe(self, indices: Sequence[int]) -> str:
        """Where these texts stand in the source, for an error message."""


TaskBatches = BatchesOf[Batch | OpinionBatch]
Batches = BatchesOf[Batch | OpinionBatch | HeadBatch | LanguageBatch]


@dataclass(frozen=True)
class FitSettings:
    """How long and how carefully to train.

    accumulation         micro-batches of one optimizer step
    metric               dev metric that chooses the best epoch; `loss` and `mae` are better when smaller
    patience             epochs without a better dev metric before stopping, or None
    checkpoint_seconds   time between checkpoints; there is one at every epoch's end too
    """

    epochs: int
    accumulation: int = 1
    clip_norm: float | None = 1.0
    metric: str = "accuracy"
    patience: int | None = None
    checkpoint_seconds: float = 300.0


@dataclass
class History:
    """What happened: one row per epoch, and which epoch was best (from 1; None without `evaluate`)."""

    epochs: list[dict[str, Any]] = field(default_factory=list)
    best_epoch: int | None = None
    steps: int = 0
    items: int = 0
    seconds: float = 0.0
    resumed_at: int | None = None


@dataclass
class _Position:
    """Where in the run the loop is."""

    epoch: int = 0
    next_batch: int = 0
    loss_sum: float = 0.0
    loss_items: float = 0.0
    epoch_seconds: float = 0.0


def fit(  # noqa: PLR0913  (the parts of a training run; bundling them would only hide them)
    model: nn.Module,
    batches: Batches,
    loss: Loss,
    *,
    optimizer: torch.optim.Optimizer,
    schedule: Schedule,
    accelerator: Accelerator,
    settings: FitSettings,
    evaluate: Evaluate | None = None,
    checkpoint_folder: CheckpointFolder | None = None,
    resume: bool = False,
    log: Callable[[dict[str, Any]], None] | None = None,
    progress: ProgressBar | None = None,
) -> History:
    """The history of the training; afterwards the model holds the weights of its best epoch.

    Each optimizer step takes the gradient of the loss summed over all micro-batches of its group and all processes,
    divided by the number of items in them: the same for any accumulation and any number of processes.
    After a kill, `resume=True` goes on from the newest checkpoint and ends with the same bits.

    Raises TrainingError when a loss is not finite, naming the texts; KeyboardInterrupt after a checkpoint on Ctrl-C.
    """
    run = _Run(model, batches, loss, optimizer, accelerator, settings)
    run.schedule, run.evaluate, run.checkpoint_folder = schedule, evaluate, checkpoint_folder
    run.log, run.progress = log or (lambda row: None), progress or ProgressBar(False)
    if resume:
        run.restore()
    return run.train()


class _Run:
    """The state of one call of `fit`."""

    schedule: Schedule
    evaluate: Evaluate | None
    checkpoint_folder: CheckpointFolder | None
    log: Callable[[dict[str, Any]], None]
    progress: ProgressBar

    def __init__(
        self,
        model: nn.Module,
        batches: Batches,
        loss: Loss,
        optimizer: torch.optim.Optimizer,
        accelerator: Accelerator,
        settings: FitSettings,
    ) -> None:
        self.bare = model
        self.model, self.optimizer = launch.prepare(model, optimizer, accelerator)
        self.batches, self.loss, self.accelerator, self.settings = batches, loss, accelerator, settings
        self.moving = checkpoints.moving_parameters(model)
        self.rates = [group["lr"] for group in optimizer.param_groups]
        self.history = History()
        self.position = _Position()
        self.best: dict[str, Tensor] = {}  # this process's part of each weight
        self.last_checkpoint = self.last_log = time.monotonic()

    def train(self) -> History:
        plans = [self.batches.plan(epoch) for epoch in range(self.settings.epochs)]
        total = sum(math.ceil(len(plan) / self.settings.accumulation) for plan in plans)
        self.progress.begin("training", total, self.history.steps)
        with _interrupt_flag() as interrupted:
            while self.position.epoch < self.settings.epochs and not self._out_of_patience():
                self._epoch(plans[self.position.epoch], interrupted)
        for name, part in self.best.items():
            shards.put_own_part(self.moving[name], part)
        self.bare.eval()
        return self.history

    def _epoch(self, plan: Sequence[Sequence[int]], interrupted: Callable[[], bool]) -> None:
        self.model.train()
        began = time.monotonic() - self.position.epoch_seconds
        while self.position.next_batch < len(plan):
            group = plan[self.position.next_batch : self.position.next_batch + self.settings.accumulation]
            self._step(group)
            self.position.next_batch += len(group)
            self.position.epoch_seconds = time.monotonic() - began
            if self._any_process(interrupted()):
                self._save()
                raise KeyboardInterrupt
            if self._any_process(time.monotonic() - self.last_checkpoint > self.settings.checkpoint_seconds):
                self._save()
        self._finish_epoch()
        if self._any_process(interrupted()):  # pressed while the dev texts were scored
            raise KeyboardInterrupt

    def _step(self, group: Sequence[Sequence[int]]) -> None:
        """One optimizer step over a group of micro-batches."""
        sums = torch.zeros(2, dtype=torch.float64, device=self.accelerator.device)
        for number, indices in enumerate(group):
            last = number == len(group) - 1
            # Where weights are shared out, whole gradients would cost the memory that was saved.
            whole = last or shards.is_shared(self.bare)
            with nullcontext() if whole else self.accelerator.no_sync(self.model):
                total, num_items = self.loss(self.model, self._share(indices))
                self._refuse_non_finite(total, indices)
                self.accelerator.backward(total)
            sums += torch.stack([total.detach().double(), num_items.double()])
        sums = self.accelerator.reduce(sums, reduction="sum")
        loss_sum, items = sums.tolist()
        # Gradients come averaged over processes; the sum over all items divided by their number is wanted.
        factor = self.accelerator.num_processes / (items or 1.0)
        for parameter in self.moving.values():
            if parameter.grad is not None:
                parameter.grad.mul_(factor)
        norm = None
        if self.settings.clip_norm is not None:
            norm = shards.whole(self.accelerator.clip_grad_norm_(list(self.moving.values()), self.settings.clip_norm))
        share = self.schedule(self.history.steps)
        for param_group, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
            param_group["lr"] = rate * share
        if items:  # without any there is no gradient, and decay or momentum alone would move the weights
            self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.history.steps += 1
        self.history.items += int(items)
        self.position.loss_sum += loss_sum
        self.position.loss_items += items
        self.progress.advance(note=f"loss {self.position.loss_sum / (self.position.loss_items or 1.0):.3f}")
        if items and time.monotonic() - self.last_log > LOG_SECONDS:
            self.last_log = time.monotonic()
            row = {"step": self.history.steps, "epoch": self.position.epoch + 1, "loss": loss_sum / items}
            self._log(
                {**row, "learning_rate": self.rates[0] * share, "grad_norm": None if norm is None else float(norm)}
            )

    def _share(self, indices: Sequence[int]) -> Batch | OpinionBatch | HeadBatch | LanguageBatch:
        """This process's texts of a micro-batch; a process without any gets one that counts for nothing."""
        mine = list(indices)[self.accelerator.process_index :: self.accelerator.num_processes]
        batch = self.batches.collate(mine) if mine else self.batches.collate(indices[:1], counted=False)
        return batch.to(self.accelerator.device)

    def _refuse_non_finite(self, total: Tensor, indices: Sequence[int]) -> None:
        if not torch.isfinite(total):
            raise TrainingError(
                f"step {self.history.steps + 1}: the loss is {total.item()}, expected a finite number. "
                f"The batch holds {self.batches.describe(indices)}. Lower training.learning_rate, or look at these rows"
            )

    def _finish_epoch(self) -> None:
        position = self.position
        if not position.loss_items:
            raise TrainingError(
                f"epoch {position.epoch + 1}: found nothing to predict, because no target of the training data counts "
                "for the loss. Give rows with labels, or texts of at least two tokens"
            )
        row: dict[str, Any] = {"epoch": position.epoch + 1, "loss": position.loss_sum / position.loss_items}
        row["seconds"] = round(position.epoch_seconds, 3)
        if self.evaluate is not None:
            self.model.eval()
            # One process's numbers decide for all, so that all stop at the same epoch.
            with shards.callable_in_parts(self.bare):
                row["dev"] = broadcast_object_list([self.evaluate(self.bare)])[0]
            if self._better(row["dev"][self.settings.metric]):
                self.history.best_epoch = position.epoch + 1
                self.best = {name: shards.own_part(parameter) for name, parameter in self.moving.items()}
        self.history.seconds += position.epoch_seconds
        self.history.epochs.append(row)
        self._log({"step": self.history.steps, **row})
        dev = "".join(f"  dev {name} {value:.4f}" for name, value in row.get("dev", {}).items())
        self.progress.say(f"epoch {row['epoch']}: loss {row['loss']:.4f}{dev}  {row['seconds']:.0f} s")
        self.position = _Position(epoch=position.epoch + 1)
        self._save()

    def _better(self, value: float) -> bool:
        if self.history.best_epoch is None:
            return True
        best = self.history.epochs[self.history.best_epoch - 1]["dev"][self.settings.metric]
        return bool(value < best if self.settings.metric in ("loss", "mae") else value > best)

    def _out_of_patience(self) -> bool:
        best, patience = self.history.best_epoch, self.settings.patience
        return best is not None and patience is not None and self.position.epoch - best >= patience

    def _any_process(self, flag: bool) -> bool:
        if self.accelerator.num_processes == 1:
            return flag
        here = torch.tensor(int(flag), device=self.accelerator.device)
        return bool(self.accelerator.reduce(here, reduction="sum").item())

    def _log(self, row: dict[str, Any]) -> None:
        if self.accelerator.is_main_process:
            self.log(row)
            plain = {name: value for name, value in row.items() if isinstance(value, int | float)}
            plain |= {f"dev_{name}": value for name, value in row.get("dev", {}).items()}
            self.accelerator.log(plain, step=row["step"])

    def _save(self) -> None:
        """Write a checkpoint; only ever called between two optimizer steps."""
        self.last_checkpoint = time.monotonic()
        if self.checkpoint_folder is None:
            return
        device = self.accelerator.device
        states = gather_object([checkpoints.random_state(device).tolist()])
        takes_part = self.accelerator.is_main_process or shards.is_shared(self.bare)
        weights, best, tensors = self._tensors() if takes_part else ({}, {}, {})
        if self.accelerator.is_main_process:
            state = {
                "step": self.history.steps,
                "history": vars(self.history),
                "position": vars(self.position),
                "random": checkpoints.python_random_state(),
            }
            random = [torch.tensor(values, dtype=torch.uint8) for values in states]
            self.checkpoint_folder.save(Checkpoint(weights, best, tensors, random, state))
        self.accelerator.wait_for_everyone()

    def _tensors(self) -> tuple[dict[str, Tensor], dict[str, Tensor], dict[str, Tensor]]:
        """The weights now, those of the best epoch, and the optimizer's state."""
        best = shards.gathered(self.best, self.moving)
        return checkpoints.moving_weights(self.bare), best, checkpoints.optimizer_tensors(self.optimizer)

    def restore(self) -> None:
        """Go back to the newest checkpoint, where there is one."""
        found = None if self.checkpoint_folder is None else self.checkpoint_folder.load()
        if found is None:
            return
        if len(found.random) != self.accelerator.num_processes:
            raise TrainingError(
                f"the checkpoint was written by {len(found.random)} processes, now there are "
                f"{self.accelerator.num_processes}. Resume with as many, or start a new run with another --name"
            )
        checkpoints.restore_weights(self.bare, found.weights)
        checkpoints.restore_optimizer(self.optimizer, found.optimizer)
        self.best = {
            name: shards.own_part(shards.part_of(whole, self.moving[name])) for name, whole in found.best.items()
        }
        self.history = History(**found.state["history"])
        self.history.resumed_at = self.history.steps
        self.position = _Position(**found.state["position"])
        checkpoints.restore_python_random_state(found.state["random"])
        checkpoints.restore_random_state(found.random[self.accelerator.process_index], self.accelerator.device)


@contextmanager
def _interrupt_flag() -> Iterator[Callable[[], bool]]:
    """Turns the first Ctrl-C into a flag that is looked at between steps; the second one interrupts at once.

    A process that was started to ignore Ctrl-C, as a shell starts what it runs in the background, goes on ignoring it.
    """
    pressed = threading.Event()
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before is signal.SIG_IGN:
        yield pressed.is_set
        return

    def note(number: int, frame: FrameType | None) -> None:
        pressed.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, note)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)
