"""The command as a whole: what is loaded, exit codes, and that no expected error shows a traceback."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

import groundswell
from groundswell.errors import DataError, LeakageError, RecipeError, TrainingError

MAIN = "from groundswell.cli.main import main; main()"
HEAVY = {"torch", "transformers", "numpy", "pydantic", "yaml", "sklearn", "datasets", "pyarrow", "peft", "accelerate"}


def start(*arguments: str, code: str = MAIN, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # type: ignore[call-overload, no-any-return]
        [sys.executable, "-c", code, *arguments],
        capture_output="stdout" not in options,
        text=True,
        check=False,
        **options,
    )


@pytest.mark.parametrize(
    "arguments", [["--help"], ["train", "--help"], ["predict", "-h"], ["data", "--help"], ["--version"]]
)
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    heavy = HEAVY if arguments[0].startswith("--") else HEAVY - {"pydantic"}  # typer asks it about a verb's options
    code = (
        "import sys; from groundswell.cli.main import run; code = run(sys.argv[1:]);"
        f"print('heavy:', [name for name in {heavy!r} if name in sys.modules], code, file=sys.stderr)"
    )
    done = start(*arguments, code=code)
    assert done.stderr == "heavy: [] 0\n"
    assert "groundswell" in done.stdout


def test_help_takes_less_than_a_third_of_a_second() -> None:
    """Processor time, which other work on the machine does not lengthen much; the best of three."""
    seconds = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start("--help")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(seconds) < 0.3


def test_help_names_every_verb(command) -> None:
    out = command("--help").out
    assert all(verb in out for verb in ("demo", "train", "evaluate", "predict", "data", "doctor"))


def test_version(command) -> None:
    assert command("--version") == (0, f"groundswell {groundswell.__version__}\n", "")


def test_a_misspelt_verb(command) -> None:
    code, out, err = command("trian")
    assert (code, out) == (2, "")
    assert "No such command 'trian'. Did you mean 'train'?" in err


def test_five_mistakes_in_a_recipe_are_five_lines_and_exit_code_2(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(
        "data: {labl: stars}\ntraining: {epochs: 0, learnig_rate: 1e-4}\ntuning: {method: lorra}\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(groundswell.__file__).parent.parent)}
    done = start("train", "recipe.yaml", cwd=tmp_path, env=environment)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "groundswell: recipe.yaml: missing key 'data.train'; set it to file, `-`, `sample:en`, `hub:owner/name#split`, "
        "or `FILE#split`",
        "groundswell: recipe.yaml: unknown key 'data.labl'; did you mean 'data.label'?",
        (
            "groundswell: recipe.yaml: tuning.method: found 'lorra', expected one of full, head, lora; did you mean "
            "'lora'?"
        ),
        "groundswell: recipe.yaml: training.epochs: found 0, expected a whole number of at least 1 and at most 10000",
        "groundswell: recipe.yaml: unknown key 'training.learnig_rate'; did you mean 'training.learning_rate'?",
    ]


@pytest.fixture
def failing(tmp_path: Path, command, replace_stage):
    """Runs `groundswell train` with a library that raises."""
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("data: {train: a.csv}\n")

    def fail_with(error: BaseException):
        def train(*_: object, **__: object) -> None:
            raise error

        replace_stage("pipeline", train=train)
        outcome = command("train", recipe, "seed=1")
        return outcome._replace(err=outcome.err.replace(str(recipe), "recipe.yaml"))

    return fail_with


@pytest.mark.parametrize(
    ("error", "code", "err"),
    [
        (DataError("reviews.csv: no such file"), 2, "groundswell: reviews.csv: no such file\n"),
        (RecipeError(["one", "two"]), 2, "groundswell: one\ngroundswell: two\n"),
        (LeakageError("train and test share 3 texts"), 1, "groundswell: train and test share 3 texts\n"),
        (TrainingError("the loss is nan"), 1, "groundswell: the loss is nan\n"),
        (KeyboardInterrupt(), 130, "groundswell: stopped; go on with: groundswell train recipe.yaml seed=1 --resume\n"),
        (
            OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "runs/a/log.jsonl"),
            1,
            "groundswell: runs/a/log.jsonl: No space left on device; free some space and run it again\n",
        ),
        (
            OSError(errno.ENOSPC, "the disk is full. Free some space and run it again", "runs/a"),
            1,
            "groundswell: runs/a: the disk is full. Free some space and run it again\n",
        ),
        (
            PermissionError(errno.EACCES, os.strerror(errno.EACCES), "runs"),
            2,
            "groundswell: runs: Permission denied; name another place or mend its permissions\n",
        ),
    ],
)
def test_what_becomes_of_errors(failing, error: BaseException, code: int, err: str) -> None:
    assert failing(error) == (code, "", err)


def test_an_error_nobody_expected_is_not_hidden(failing) -> None:
    with pytest.raises(ZeroDivisionError):
        failing(ZeroDivisionError())
    with pytest.raises(OSError, match="Bad file descriptor"):
        failing(OSError(errno.EBADF, os.strerror(errno.EBADF)))


def test_stopping_a_resumed_training_repeats_no_option(tmp_path: Path, command, replace_stage) -> None:
    def train(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    replace_stage("pipeline", train=train)
    recipe = tmp_path / "my recipe.yaml"
    recipe.write_text("data: {train: a.csv}\n")
    outcome = command("train", recipe, "--resume")
    assert outcome.err == f"groundswell: stopped; go on with: groundswell train '{recipe}' --resume\n"


def test_stopping_another_verb(command, replace_stage) -> None:
    def evaluate(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    replace_stage("pipeline", evaluate=evaluate)
    assert command("evaluate", "runs/a", "a.csv") == (130, "", "groundswell: stopped\n")


def test_a_reader_that_has_gone_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("data: {train: a.csv}\n")
    reader, writer = os.pipe()
    os.close(reader)
    done = start("train", str(tmp_path / "recipe.yaml"), "--dry-run", stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_under_standard_output(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("data: {train: a.csv}\n")
    with open("/dev/full", "w") as full:
        done = start("train", str(tmp_path / "recipe.yaml"), "--dry-run", stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert done.stderr == "groundswell: No space left on device; free some space and run it again\n"


def test_chinese_is_written_as_utf_8_whatever_the_locale(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("data: {train: 评论.csv}\n", encoding="utf-8")
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    done = subprocess.run(
        [sys.executable, "-c", MAIN, "train", str(tmp_path / "recipe.yaml"), "--dry-run"],
        capture_output=True, env=environment, check=True,
    )  # fmt: skip
    assert "  train: 评论.csv\n" in done.stdout.decode("utf-8")
