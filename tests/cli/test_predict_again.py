"""`groundswell predict --out` stopped in the middle and run again: no row is lost, none is written twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas
import pytest
from stand_ins import CHUNK_ROWS, StandInAnalyzer

NUM_ROWS = 900
# The command in a process of its own, with the stand-in for the engine; a chunk takes it three milliseconds.
PROCESS = """
import sys, time
from types import SimpleNamespace
from stand_ins import StandInAnalyzer

class Slow(StandInAnalyzer):
    def _analyse(self, row):
        time.sleep(0.001)
        return super()._analyse(row)

sys.modules["groundswell.serving.engine"] = SimpleNamespace(load_engine=lambda *given, **options: Slow())
from groundswell.cli.main import run
sys.exit(run(sys.argv[1:]))
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Good rows, bad rows, rows without a text and texts with an error."""
    path = tmp_path / "in.jsonl"
    kinds = ["{broken", '{"text": null}', '{"id": 1, "text": "boom"}', '{"id": "b", "text": " "}']
    with path.open("w", encoding="utf-8") as file:
        for number in range(NUM_ROWS):
            good = json.dumps({"id": number, "text": f"good 好 {number}"}, ensure_ascii=False)
            file.write((kinds[number // 7 % 4] if number % 7 == 2 else good) + "\n")
    return path


@pytest.fixture
def stopped(command, finished_run: Path, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that a job did not finish which was stopped by Ctrl-C in its hundredth row."""
    out = tmp_path / "out.jsonl"
    with monkeypatch.context() as patch:
        patch.setattr(StandInAnalyzer, "_analyse", _stops_at("good 好 99"))
        outcome = command("predict", finished_run, source, "--out", out)
    assert outcome == (
        130,
        "",
        f"groundswell: {out}: 99 rows are done; go on with the same command\ngroundswell: stopped\n",
    )
    return out


def _stops_at(text: str) -> Callable[..., object]:
    analyse = StandInAnalyzer._analyse

    def stopping(analyzer: StandInAnalyzer, row: tuple[str | None, str]) -> object:
        if row[1] == text:
            raise KeyboardInterrupt
        return analyse(analyzer, row)

    return stopping


def test_a_job_killed_at_random_places_writes_what_one_never_killed_writes(
    command, finished_run: Path, source: Path, tmp_path: Path
) -> None:
    assert command("predict", finished_run, source, "--out", tmp_path / "whole.jsonl").code == 0
    whole = (tmp_path / "whole.jsonl").read_bytes()
    assert whole.count(b"\n") == NUM_ROWS
    out, part = tmp_path / "out.jsonl", tmp_path / ".out.jsonl.part"
    arguments = [sys.executable, "-c", PROCESS, "predict", str(finished_run), str(source), "--out", str(out)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    places = sorted(random.Random(0).sample(range(len(whole) * 9 // 10), 4))
    for place in places:
        process = subprocess.Popen(arguments, env=environment, stderr=subprocess.PIPE)
        while process.poll() is None and (not part.exists() or part.stat().st_size < place):
            time.sleep(0.0005)
        process.send_signal(signal.SIGKILL)
        told = process.communicate(timeout=60)[1].decode()
        assert process.returncode == -signal.SIGKILL, told
        assert not out.exists()
        assert whole.startswith(part.read_bytes())
    last = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=120, check=True)
    assert f"{out}: continuing at row " in last.stderr
    assert out.read_bytes() == whole
    assert not part.exists()


def test_the_rows_that_are_done_are_not_analysed_again(
    command, finished_run: Path, source: Path, stopped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    analysed = []
    analyse = StandInAnalyzer._analyse
    monkeypatch.setattr(
        StandInAnalyzer, "_analyse", lambda analyzer, row: (analysed.append(row[0]), analyse(analyzer, row))[1]
    )
    outcome = command("predict", finished_run, source, "--out", stopped)
    assert outcome.code == 0
    continuing, counts = outcome.err.splitlines()
    assert continuing == f"groundswell: {stopped}: continuing at row 100"
    assert counts.startswith(f"groundswell: {source}: 801 rows in ")
    records = [json.loads(line) for line in stopped.read_text(encoding="utf-8").splitlines()]
    num_errors = sum("error" in record for record in records)
    num_warnings = sum(record["text"] == " " for record in records)
    assert counts.endswith(f", 900 in all, {num_errors} errors, {num_warnings} warnings, encoding utf-8")
    assert next(number for number in analysed if isinstance(number, int) and number > 1) >= 99
    assert len(records) == NUM_ROWS


def test_counts_for_a_person_are_those_of_all_rows(command, finished_run: Path, source: Path, tmp_path: Path) -> None:
    options = [finished_run, source, "--out", tmp_path / "out.jsonl", "--abstain-below", "0.5"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StandInAnalyzer, "_analyse", _stops_at("good 好 500"))
        assert command("predict", *options).code == 130
    told = command("predict", *options).err.splitlines()[-1]
    assert command("predict", *options[:-1], "0.5").err.splitlines()[-1] == told
    assert told.startswith("groundswell: a person should read ")


def test_what_differs_is_called_as_its_option(command, finished_run: Path, source: Path, stopped: Path) -> None:
    code, _, err = command("predict", finished_run, source, "--out", stopped, "--abstain-below", "0.5")
    assert code == 2
    assert ": options.abstain_below was null, is 0.5. Run it as it was to go on" in err


def test_another_job_is_refused_until_it_is_begun_anew(
    command, finished_run: Path, source: Path, stopped: Path
) -> None:
    part = stopped.with_name(".out.jsonl.part").read_bytes()
    outcome = command("predict", finished_run, source, "--out", stopped, "--precision", "auto")
    assert outcome == (
        2,
        "",
        f"groundswell: {stopped}: a job that was stopped left rows of another origin beside it (.out.jsonl.part): "
        'options.precision was "float32", is "auto". '
        "Run it as it was to go on, or with --restart to begin anew\n",
    )
    assert stopped.with_name(".out.jsonl.part").read_bytes() == part
    refused = command("predict", finished_run, "--text", "x", "--out", stopped)
    assert f"source was {source}, is what cannot be read again. Run it as it was" in refused.err
    anew = command("predict", finished_run, source, "--out", stopped, "--precision", "auto", "--restart")
    assert anew.code == 0
    assert "continuing" not in anew.err
    assert len(stopped.read_text(encoding="utf-8").splitlines()) == NUM_ROWS


def test_a_table_goes_on_too(command, finished_run: Path, source: Path, tmp_path: Path) -> None:
    options = [finished_run, source, "--out", tmp_path / "out.parquet"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StandInAnalyzer, "_analyse", _stops_at("good 好 500"))
        assert command("predict", *options).code == 130
    assert command("predict", *options).code == 0
    table = pandas.read_parquet(tmp_path / "out.parquet")
    lines = command("predict", finished_run, source).out.splitlines()
    assert table["text"].tolist() == [json.loads(line)["text"] for line in lines]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["finished", "in.jsonl", "out.parquet"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["in.jsonl", "--restart"], "found --restart without --out FILE, which it begins anew"),
        (["in.jsonl", "--workers", "2"], "found --workers without --engine ray, whose workers it counts"),
        (
            ["--text", "x", "--engine", "ray"],
            "found --engine ray and --text: Ray writes the records of a FILE. Name one",
        ),
        (
            ["-", "--engine", "ray"],
            "found --engine ray and standard input: Ray writes the records of a FILE. Name one",
        ),
        (
            ["--text", "x", "--out", "out.csv"],
            "out.csv: the name ends in .csv, expected one of .jsonl, .ndjson, .parquet",
        ),
    ],
)
def test_options_that_make_no_sense(command, finished_run: Path, options: list[str], message: str) -> None:
    assert command("predict", finished_run, *options) == (2, "", f"groundswell: {message}\n")


def test_each_chunk_is_handed_to_the_system_before_the_next_is_read(
    command, finished_run: Path, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part, seen = tmp_path / ".out.jsonl.part", []
    analyse = StandInAnalyzer._analyse

    def looking(analyzer: StandInAnalyzer, row: tuple[str | None, str]) -> object:
        seen.append(part.read_bytes().count(b"\n"))
        return analyse(analyzer, row)

    monkeypatch.setattr(StandInAnalyzer, "_analyse", looking)
    assert command("predict", finished_run, source, "--out", tmp_path / "out.jsonl").code == 0
    assert all(lines >= number // CHUNK_ROWS * CHUNK_ROWS for number, lines in enumerate(seen))
