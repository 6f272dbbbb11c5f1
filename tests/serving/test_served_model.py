"""One served model: what becomes of documents when its worker answers, fails, dies and comes back."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tiny_service import FACTS, StandInWorker, tiny_models

from groundswell.errors import InputError, RequestError
from groundswell.serving import served_model
from groundswell.serving.limits import Limits
from groundswell.serving.metrics import ServiceMetrics
from groundswell.serving.models import Models
from groundswell.serving.served_model import ServedModel, Serving
from groundswell.serving.worker_messages import Analysing, Answered, Query
from groundswell.serving.worker_process import Early


def in_loop(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 10))


async def started(worker: StandInWorker, **limits: float) -> ServedModel:
    model = ServedModel("tiny", Path("runs/tiny"), worker, Serving(Limits(**limits), ServiceMetrics()))
    assert await model.start() == FACTS
    return model


def submit(model: ServedModel, *texts: str, seconds: float = 5.0) -> list[asyncio.Future[object]]:
    rows = [(number, text) for number, text in enumerate(texts)]
    return model.submit(Analysing(), rows, time.monotonic() + seconds)  # type: ignore[return-value]


async def busy(worker: StandInWorker) -> tuple[ServedModel, list[asyncio.Future[object]]]:
    """A model whose worker is at the text `a` until `worker.open` is set, and the answer to that text."""
    worker.open.clear()
    model = await started(worker)
    first = submit(model, "a")
    await asyncio.sleep(0.05)
    return model, first


def labels(found: list[object]) -> list[str]:
    """The label of each answer, or the code of its error."""
    return [one.code if isinstance(one, RequestError) else json.loads(one.record)["label"] for one in found]  # type: ignore[attr-defined]


async def answers(futures: list[asyncio.Future[object]]) -> list[str]:
    return labels(await asyncio.gather(*futures, return_exceptions=True))


def test_documents_are_answered_in_their_order() -> None:
    async def test() -> None:
        model = await started(StandInWorker())
        assert await answers(submit(model, "a", "bb", "ccc")) == ["odd", "even", "odd"]
        await model.drain()

    in_loop(test)


def test_while_a_batch_is_computed_the_next_gathers() -> None:
    async def test() -> None:
        worker = StandInWorker()
        model, first = await busy(worker)
        later = [*submit(model, "b"), *submit(model, "c"), *submit(model, "d")]
        worker.open.set()
        assert await answers([*first, *later]) == ["odd"] * 4
        assert [len(query.rows) for query in worker.queries] == [1, 3]
        await model.drain()

    in_loop(test)


def test_what_is_ready_early_is_answered_before_its_batch_is_done() -> None:
    async def test() -> None:
        worker = StandInWorker()
        worker.handed_out_early = True
        model = await started(worker)
        worker.open.clear()
        batch = submit(model, "a", "bb", "ccc")
        assert await answers(batch[:2]) == ["odd", "even"]
        assert not batch[2].done()
        worker.open.set()
        assert await answers(batch[2:]) == ["odd"]
        await model.drain()

    in_loop(test)


def test_a_worker_that_dies_in_mid_batch_is_asked_for_the_rest_alone() -> None:
    async def test() -> None:
        worker = StandInWorker()
        worker.handed_out_early = True
        model = await started(worker)
        worker.deadly = ["ccc"]
        assert await answers(submit(model, "a", "bb", "ccc")) == ["odd", "even", "odd"]
        assert [len(query.rows) for query in worker.queries] == [3, 1]
        await model.drain()

    in_loop(test)


def test_a_batch_is_sent_again_when_its_worker_dies() -> None:
    async def test() -> None:
        worker = StandInWorker()
        worker.deadly = ["bb"]  # once only
        model = await started(worker)
        assert await answers(submit(model, "a", "bb", "c")) == ["odd", "even", "odd"]
        assert worker.num_starts == 2
        assert [len(query.rows) for query in worker.queries] == [3, 1, 1, 1]
        assert 'groundswell_worker_restarts_total{model="tiny"} 1.0' in rendered(model)
        await model.drain()

    in_loop(test)


def test_a_text_that_kills_twice_is_given_up_and_its_mates_are_answered() -> None:
    async def test() -> None:
        worker = StandInWorker()
        worker.deadly = ["bb", "bb"]
        model = await started(worker)
        found = submit(model, "a", "bb", "c")
        assert await answers(found) == ["odd", "worker_failed", "odd"]
        assert found[1].exception().status == 503  # type: ignore[union-attr]
        assert worker.num_starts == 3
        assert await answers(submit(model, "dd")) == ["even"]
        assert 'outcome="worker_failed"} 1.0' in rendered(model)
        await model.drain()

    in_loop(test)


def test_a_model_that_cannot_be_loaded_again_says_so_until_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served_model, "FIRST_PAUSE", 0.2)

    async def test() -> None:
        worker = StandInWorker()
        model = await started(worker)
        worker.deadly, worker.refusals = ["a"], ["tiny: altered", "tiny: altered"]
        first = submit(model, "a")
        while model.state != "failed":
            await asyncio.sleep(0.01)
        with pytest.raises(RequestError, match=r"the model 'tiny' is not loaded \(failed\)") as caught:
            submit(model, "b")
        assert (caught.value.status, caught.value.code) == (503, "not_ready")
        assert await answers(first) == ["odd"]
        assert model.state == "ready"
        await model.drain()

    in_loop(test)


def test_a_model_that_cannot_be_loaded_at_first_is_an_error() -> None:
    async def test() -> None:
        worker = StandInWorker()
        worker.refusals = ["runs/tiny: there is no such run folder"]
        with pytest.raises(InputError, match="there is no such run folder"):
            await started(worker)

    in_loop(test)


def test_what_does_not_go_with_the_model_is_told_to_all_of_the_batch() -> None:
    async def test() -> None:
        model = await started(StandInWorker())
        found = model.submit(Analysing(aspects=("food",)), [(None, "a"), (None, "b")], time.monotonic() + 5)
        for future in found:
            with pytest.raises(RequestError, match="finds no opinions") as caught:
                await future
            assert (caught.value.status, caught.value.code) == (422, "invalid_options")
        await model.drain()

    in_loop(test)


def test_a_full_queue_says_when_to_come_again() -> None:
    async def test() -> None:
        worker = StandInWorker()
        model = await started(worker, queue_documents=2)
        assert await answers(submit(model, "a")) == ["odd"]
        worker.open.clear()
        waiting = submit(model, "a")
        await asyncio.sleep(0.05)
        waiting += submit(model, "b", "c")
        with pytest.raises(RequestError, match="documents wait for this model") as caught:
            submit(model, "d")
        assert caught.value.retry_after is not None
        assert 1 <= caught.value.retry_after <= 60
        worker.open.set()
        assert await answers(waiting) == ["odd"] * 3
        await model.drain()

    in_loop(test)


def test_who_would_wait_in_vain_is_told_at_once() -> None:
    """A token took 8 s, so two take 16: more than half of 5 s, less than half of 60 s."""

    class Slow(StandInWorker):
        def ask(self, query: Query, early: Early) -> Answered:
            return super().ask(query, early)._replace(seconds=8.0)

    async def test() -> None:
        worker = Slow()
        model = await started(worker)
        assert await answers(submit(model, "a")) == ["odd"]
        worker.open.clear()
        waiting = submit(model, "a")
        await asyncio.sleep(0.05)
        waiting += submit(model, "b")  # nothing else waits: it may try
        with pytest.raises(RequestError, match="an answer would take about 16 s, and 5 s are left") as caught:
            submit(model, "c")
        assert (caught.value.status, caught.value.code) == (429, "overloaded")
        assert len(submit(model, "d", seconds=60.0)) == 1
        worker.open.set()
        assert await answers(waiting) == ["odd", "odd"]
        await model.drain()

    in_loop(test)


def test_clients_that_left_cost_nothing_more() -> None:
    async def test() -> None:
        worker = StandInWorker()
        model, first = await busy(worker)
        left, stays = submit(model, "b"), submit(model, "c")
        left[0].cancel()
        worker.open.set()
        assert await answers([*first, *stays]) == ["odd", "odd"]
        assert [[text for _, text in query.rows] for query in worker.queries] == [["a"], ["c"]]
        assert 'groundswell_dropped_documents_total{model="tiny",reason="client_gone"} 1.0' in rendered(model)
        await model.drain()

    in_loop(test)


def test_draining_answers_what_waits_and_ends_the_worker() -> None:
    async def test() -> None:
        worker = StandInWorker()
        worker.open.clear()
        model = await started(worker)
        found = [*submit(model, "a"), *submit(model, "bb")]
        draining = asyncio.create_task(model.drain())
        await asyncio.sleep(0.05)
        assert not draining.done()
        worker.open.set()
        await draining
        assert await answers(found) == ["odd", "even"]
        assert (worker.ended, model.state) == (True, "ended")

    in_loop(test)


def test_a_swap_drops_nothing_and_the_old_answers_what_it_was_asked(tmp_path: Path) -> None:
    async def test() -> None:
        workers: list[StandInWorker] = []

        def make(run: Path) -> StandInWorker:
            workers.append(StandInWorker(run))
            return workers[-1]

        models = tiny_models("tiny", make=make, runs_folder=run_folder(tmp_path, "newer").parent)
        await loaded(models)
        old = models.pick(None)
        workers[0].open.clear()
        asked_before = submit(old, "a", "bb")
        new = await models.swap(None, "newer")
        assert models.pick("tiny") is new
        assert await answers(submit(new, "ccc")) == ["odd"]
        assert not any(future.done() for future in asked_before)
        workers[0].open.set()
        assert await answers(asked_before) == ["odd", "even"]
        await models.close()
        assert [worker.ended for worker in workers] == [True, True]
        assert 'groundswell_model_swaps_total{model="tiny"} 1.0' in models.serving.metrics.render().decode()

    in_loop(test)


@pytest.mark.parametrize(
    ("name", "run", "status", "message"),
    [
        ("other", "newer", 404, "there is no such model. Served are: tiny"),
        (None, "../secrets", 403, "expected the name of a run below"),
        (None, "/etc", 403, "expected the name of a run below"),
        (None, "a\0b", 403, "expected the name of a run below"),
        (None, ".", 403, "expected the name of a run below"),
        (None, "missing", 422, "there is no such run folder"),
        (None, "newer", 422, "newer: altered"),
    ],
)
def test_a_swap_that_fails_leaves_the_old_one(
    tmp_path: Path, name: str | None, run: str, status: int, message: str
) -> None:
    def make(folder: Path) -> StandInWorker:
        worker = StandInWorker(folder)
        worker.refusals = ["newer: altered"] if folder.name == "newer" else []
        return worker

    async def test() -> None:
        models = tiny_models("tiny", make=make, runs_folder=run_folder(tmp_path, "newer").parent)
        await loaded(models)
        old = models.pick(None)
        with pytest.raises(RequestError, match=message) as caught:
            await models.swap(name, run)
        assert caught.value.status == status
        assert models.pick(None) is old
        assert await answers(submit(old, "a")) == ["odd"]
        await models.close()

    in_loop(test)


def test_one_swap_at_a_time(tmp_path: Path) -> None:
    async def test() -> None:
        models = tiny_models("tiny", runs_folder=run_folder(tmp_path, "newer").parent)
        await loaded(models)
        found = await asyncio.gather(models.swap(None, "newer"), models.swap(None, "newer"), return_exceptions=True)
        refused = [one for one in found if isinstance(one, RequestError)]
        assert [error.status for error in refused] == [409]
        await models.close()

    in_loop(test)


async def loaded(models: Models) -> None:
    models.start()
    assert models.loading is not None
    await models.loading
    assert models.ready


def run_folder(parent: Path, name: str) -> Path:
    """A folder that looks like a run."""
    (parent / name).mkdir()
    (parent / name / "manifest.json").write_text('{"files": {}}')
    return parent / name


def rendered(model: ServedModel) -> str:
    return model._metrics.render().decode()
