"""The models of a service by name, and how one run takes the place of another without a dropped request."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from groundswell.errors import InputError, RequestError
from groundswell.run_folder import read_manifest
from groundswell.serving.served_model import ServedModel, Serving
from groundswell.serving.worker_messages import Precision, WorkerOrder
from groundswell.serving.worker_process import Worker, WorkerProcess

_log = logging.getLogger(__name__)
MakeWorker = Callable[[Path], Worker]


def named_runs(given: Sequence[str]) -> dict[str, Path]:
    """Runs by the name they are served under: `NAME=RUN`, or RUN under the name of its folder.

    Raises InputError for a name that is given twice or holds more than letters, digits and `._-`.

    >>> named_runs(["runs/imdb", "shop=runs/second"])
    {'imdb': PosixPath('runs/imdb'), 'shop': PosixPath('runs/second')}
    """
    found: dict[str, Path] = {}
    for one in given:
        name, equals, folder = one.partition("=")
        run = Path(folder if equals else one)
        name = name if equals else run.resolve().name
        if not name or not all(letter.isalnum() or letter in "._-" for letter in name):
            raise InputError(f"{one}: found the name {name!r}, expected letters, digits and ._- . Give it as NAME=RUN")
        if name in found:
            raise InputError(f"{one}: another run is served as {name!r}. Name one of them: NAME=RUN")
        found[name] = run
    return found


def worker_processes(serving: Serving, *, precision: Precision = "float32", threads: int | None = None) -> MakeWorker:
    """What makes the worker process of a run."""
    limits = serving.limits

    def make(run: Path) -> Worker:
        order = WorkerOrder(run, precision, threads)
        return WorkerProcess(order, load_seconds=limits.load_seconds, answer_seconds=limits.hang_seconds)

    return make


class Models:
    """The models that are served.

    runs           by name; the first is the default
    make_worker    what holds the model of a run
    runs_folder    runs that may take the place of others lie here
    """

    def __init__(
        self, runs: Mapping[str, Path], make_worker: MakeWorker, serving: Serving, *, runs_folder: Path | None = None
    ) -> None:
        self.serving = serving
        self.draining = False
        self.loading: asyncio.Task[None] | None = None
        self._make_worker = make_worker
        self._models = {name: ServedModel(name, run, make_worker(run), serving) for name, run in runs.items()}
        self._default = next(iter(self._models))
        self._runs_folder = (runs_folder or next(iter(runs.values())).resolve().parent).resolve()
        self._swapping: set[str] = set()
        self._old: set[asyncio.Task[None]] = set()

    def __iter__(self) -> Iterator[ServedModel]:
        return iter(self._models.values())

    @property
    def ready(self) -> bool:
        """Whether every model is loaded and warm, and the service does not end."""
        return not self.draining and all(model.state == "ready" for model in self)

    def start(self) -> None:
        """Begin to load every model, one after the other; `loading` ends with them, or with the error of one."""
        for model in self:
            model.show_queue()
        self.loading = asyncio.create_task(self._load())

    def pick(self, name: str | None) -> ServedModel:
        """The model of that name, or the default; RequestError 404 when there is none."""
        model = self._models.get(self._default if name is None else name)
        if model is None:
            known = ", ".join(self._models)
            raise RequestError(404, "unknown_model", f"there is no such model. Served are: {known}. Mend `model`")
        return model

    async def swap(self, name: str | None, run: str) -> ServedModel:
        """Serve another run under a name: it is loaded and warmed first, and what the old one was asked it answers.

        run   its path below the folder of runs

        Raises RequestError 403 for a run elsewhere, 404 for an unknown name, 409 while another run is loaded under
        this name, 422 when the run cannot be loaded; then the old one goes on.
        """
        old = self.pick(name)
        folder = self._inside(run)
        if old.name in self._swapping:
            raise RequestError(409, "swap_running", f"another run is being loaded as {old.name!r}. Wait for it")
        self._swapping.add(old.name)
        try:
            _check_run(folder)
            new = ServedModel(old.name, folder, self._make_worker(folder), self.serving)
            await _load_beside(new)
            self._models[old.name] = new
            new.show_queue()
        finally:
            self._swapping.discard(old.name)
        self.serving.metrics.swaps.labels(new.name).inc()
        _log.info("%s: %s takes the place of %s", new.name, new.run.name, old.run.name)
        self._retire(old)
        return new

    async def close(self) -> None:
        """Answer what waits, for at most the seconds that draining may take, then end every worker."""
        self.draining = True
        if self.loading is not None and not self.loading.done():
            self.loading.cancel()
        await asyncio.gather(*(self._drained(model) for model in self), *self._old)

    def kill(self) -> None:
        """End every worker process at once, outside of any event loop."""
        for model in self:
            model.kill()

    async def _load(self) -> None:
        for model in self:
            facts = await model.start()
            _log.info("%s: loaded %s in %.1f s", model.name, facts.model, facts.seconds)

    def _inside(self, run: str) -> Path:
        folder = (self._runs_folder / run).resolve() if "\0" not in run else self._runs_folder
        if self._runs_folder not in folder.parents:
            told = f"expected the name of a run below {self._runs_folder}, the folder of runs (--runs-folder)"
            raise RequestError(403, "run_not_allowed", told)
        return folder

    def _retire(self, old: ServedModel) -> None:
        task = asyncio.create_task(self._drained(old))
        self._old.add(task)
        task.add_done_callback(self._old.discard)

    async def _drained(self, model: ServedModel) -> None:
        if model.state in ("loading", "failed"):
            await model.stop()
            return
        try:
            async with asyncio.timeout(self.serving.limits.drain_seconds):
                await model.drain()
        except TimeoutError:
            _log.warning("%s: ended before everything was answered", model.name)
            await model.stop()


def _check_run(folder: Path) -> None:
    """Tell a wrong folder at once: a worker needs seconds before it can."""
    try:
        read_manifest(folder)
    except InputError as error:
        raise RequestError(422, "cannot_load", str(error)) from error


async def _load_beside(model: ServedModel) -> None:
    try:
        await model.start()
    except InputError as error:
        raise RequestError(422, "cannot_load", str(error)) from error
    except RequestError as error:
        raise RequestError(422, "cannot_load", f"{model.run.name}: {error}") from error
    except asyncio.CancelledError:
        await model.stop()
        raise
