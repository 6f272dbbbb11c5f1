"""Predictions by Ray: the lines of one process, whatever happens to a worker."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tiny_run import reviews, write
from tiny_source import tiny_source

import groundswell as gs
from groundswell import runtime
from groundswell.analyzer import load
from groundswell.cli.main import run as run_command
from groundswell.errors import ClusterError, DataError, InputError, MissingExtraError
from groundswell.model.abstention import Abstention
from groundswell.serving.predictions.ray_engine import CHUNK_ROWS, Asking, Reading, lines_of, read_chunks, stream_lines

NUM_ROWS = 12 * CHUNK_ROWS


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Logistic regression on texts it can tell apart."""
    folder = tmp_path_factory.mktemp("ray")
    train, dev = write(folder / "train.jsonl", reviews()), write(folder / "dev.jsonl", reviews(1))
    values = {
        "data": {"train": train, "dev": dev},
        "model": {"encoder": "logistic_regression"},
        "output": {"folder": str(folder), "name": "run"},
    }
    return gs.train(values).folder


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows with and without texts, of many lengths; broken lines also at both ends."""
    path = tmp_path_factory.mktemp("source") / "a.jsonl"
    with path.open("w", encoding="utf-8") as file:
        file.write("{broken\n")
        for number in range(NUM_ROWS):
            kinds = ["{broken", '{"text": null}', '{"id": [1], "text": "half \\ud83d"}', json.dumps({"text": " "})]
            good = json.dumps({"id": number, "text": f"good food {number % 7 * 'bad '}"}, ensure_ascii=False)
            file.write((kinds[number // 10 % 4] if number % 10 == 3 else good) + "\n")
        file.write("[1]\n")
    return path


def asking(run: Path, **options: object) -> Asking:
    return Asking(**{"run": str(run), "precision": "float32", "aspects": None, "abstention": Abstention(), **options})


def written_here(run: Path, source: Path, out: Path, *options: str) -> bytes:
    assert run_command(["predict", str(run), str(source), "--out", str(out), *options]) == 0
    return out.read_bytes()


def test_chunks_hold_every_row_once(run: Path, source: Path, tmp_path: Path) -> None:
    """What a worker makes of the chunks is what one process writes, from the first row or from a later one."""
    expected = written_here(run, source, tmp_path / "out.jsonl")
    analyzer, asked = load(run), asking(run)
    for num_done in (0, 1, CHUNK_ROWS, NUM_ROWS + 2):
        chunks = list(read_chunks(Reading(str(source), "text", "id", "utf-8", num_done)))
        assert len(chunks) == -((num_done - NUM_ROWS - 2) // CHUNK_ROWS)
        found = b"".join(lines_of(analyzer, chunk, asked) for chunk in chunks)
        assert found == b"".join(expected.splitlines(keepends=True)[num_done:])


def test_long_texts_make_short_chunks(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("".join(f"{600_000 * letter}\n" for letter in "abc"))
    chunks = read_chunks(Reading(str(path), "text", None, "utf-8"))
    assert [[text[0] for _, text in json.loads(chunk)] for chunk in chunks] == [["a", "b"], ["c"]]


def test_what_stops_the_reading_is_the_last_chunk(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"good\n" * 3000 + 100_000 * b" " + b"\n\xff\xfe broken\n")
    *chunks, last = read_chunks(Reading(str(path), "text", None, "utf-8"))
    assert sum(len(json.loads(chunk)) for chunk in chunks) > 0
    assert "is not valid utf-8" in json.loads(last)["stopped"]


def test_without_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError) as error:
        next(stream_lines(Reading("a", "text", None, None), asking(Path("run"))))
    assert str(error.value) == '--engine ray needs Ray. Install it: pip install "groundswell[ray]"'


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """Two processors and nothing that leaves this machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "1")
        patch.setenv("RAY_BACKEND_LOG_LEVEL", "fatal")
        import ray

        ray.init(
            address="local", num_cpus=2, include_dashboard=False, log_to_driver=False, object_store_memory=100_000_000
        )
        yield
        ray.shutdown()


def processes(name: str) -> list[int]:
    """Ids of the processes of this name that this process has started, directly or not."""
    parents, named = {}, []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            pid, fields = int(folder.name), (folder / "stat").read_text().rpartition(")")[2].split()
            parents[pid] = int(fields[1])
            named += [pid] if name in (folder / "cmdline").read_text() else []
        except OSError:
            continue  # it has ended

    def is_ours(pid: int) -> bool:
        return pid == os.getpid() or (pid in parents and is_ours(parents[pid]))

    return [pid for pid in named if is_ours(pid)]


@pytest.mark.slow
def test_a_cluster_goes_on_with_what_one_process_wrote(
    cluster: None, run: Path, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first hundred rows by one process, the others by Ray: the lines are those of one process alone."""
    out, options = tmp_path / "out.jsonl", ["--abstain-below", "0.9"]
    expected = written_here(run, source, tmp_path / "local.jsonl", *options)
    command = ["predict", str(run), str(source), "--out", str(out), *options]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("groundswell.serving.predictions.record_file.PartFile.finish", _interrupt)
        assert run_command(command) == 130
    begun = b"".join(expected.splitlines(keepends=True)[:100])
    os.truncate(tmp_path / ".out.jsonl.part", len(begun))
    capsys.readouterr()
    assert written_here(run, source, out, *options, "--engine", "ray", "--workers", "2") == expected
    told = capsys.readouterr().err
    assert "out.jsonl: continuing at row 101\n" in told
    assert f" {NUM_ROWS + 2:,} in all, " in told


def _interrupt(part: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.slow
def test_a_network_says_on_a_cluster_what_it_says_here(cluster: None, source: Path, tmp_path: Path) -> None:
    """Its graph is not there yet when the workers start: each makes it, and none gets half of another one's."""
    model = {"encoder": "transformer", "scratch": {"width": 16, "layers": 2, "heads": 4}}
    short = {"text": {"max_tokens": 32, "min_count": 1}, "training": {"epochs": 1}}
    network = tiny_source(tmp_path, "transformer", model=model, **short)
    expected = written_here(network, source, tmp_path / "local.jsonl")
    graphs = runtime.cache_folder() / "graphs"
    assert list(graphs.glob("*.onnx"))
    shutil.rmtree(graphs)
    lines = stream_lines(Reading(str(source), "text", "id", "utf-8"), asking(network), workers=2)
    assert b"".join(lines) == expected
    (made,) = graphs.iterdir()
    assert made.suffix == ".onnx"


@pytest.mark.slow
def test_killed_workers_are_replaced_and_their_chunks_computed_again(
    cluster: None, run: Path, source: Path, tmp_path: Path
) -> None:
    """The source ends with a byte that stops the reading, which is told after all rows before it."""
    broken = tmp_path / "broken.jsonl"
    shutil.copyfile(source, broken)
    expected = written_here(run, broken, tmp_path / "local.jsonl")
    broken.write_bytes(broken.read_bytes() + 100_000 * b" " + b"\n\xff\xfe\n")
    lines = stream_lines(Reading(str(broken), "text", "id", "utf-8"), asking(run), workers=2)
    found = [next(lines)]
    workers = processes("ray::MapWorker")
    assert len(workers) == 2
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    with pytest.raises(DataError, match="is not valid utf-8"):
        found.extend(lines)
    assert expected.startswith(b"".join(found))
    assert b"".join(found).count(b"\n") > NUM_ROWS - CHUNK_ROWS


@pytest.mark.slow
def test_what_goes_wrong_on_a_cluster_is_told(
    cluster: None, source: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    reading, told = Reading(str(source), "text", "id", "utf-8"), []
    with pytest.raises(InputError) as refused:
        next(stream_lines(reading, asking(tmp_path / "none"), workers=3))
    assert str(refused.value) == "--workers 3: the cluster has 2 processors, and each worker needs one. Ask for fewer"
    with pytest.raises(ClusterError) as failed:
        next(stream_lines(reading, asking(tmp_path / "none"), workers=1, note=told.append))
    assert "none: there is no such run folder" in str(failed.value)
    assert len(str(failed.value).splitlines()) == 1
    assert capfd.readouterr() == ("", "")
    assert all(line.startswith("(raylet") and "\n" not in line for line in told)
