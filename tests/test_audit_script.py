"""`.ci/audit`: findings stop a build, a database that cannot be reached does not, and whatever else happens does."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / ".ci" / "audit"
WRITE = 'while [ "$1" != -o ]; do shift; done; '  # then $2 is the file for findings


@pytest.mark.parametrize(
    ("does", "code", "out", "err"),
    [
        ("exit 0", 0, "constraints.txt: no known vulnerability\n", ""),
        (
            WRITE + 'echo "torch 1.0 CVE-1" > "$2"; exit 1', 1, "torch 1.0 CVE-1\n",
            "constraints.txt: known vulnerabilities, expected none. Pin the version that mends each of them\n",
        ),
        (
            "echo 'requests.exceptions.ConnectionError: Failed to resolve' >&2; exit 1", 0, "",
            "skipped: the database of advisories cannot be reached from here\n",
        ),
        ("echo 'ValueError: odd' >&2; exit 1", 2, "",
         "ValueError: odd\nthe audit failed, expected a list of findings or none\n"),
    ],
)  # fmt: skip
def test_what_becomes_of_an_audit(tmp_path: Path, does: str, code: int, out: str, err: str) -> None:
    stand_in = tmp_path / "pip-audit"
    stand_in.write_text(f"#!/usr/bin/env bash\n{does}\n")
    stand_in.chmod(0o755)
    environment = {**os.environ, "AUDIT": str(stand_in)}
    finished = subprocess.run([str(SCRIPT)], capture_output=True, text=True, env=environment, timeout=60)
    assert (finished.returncode, finished.stdout, finished.stderr) == (code, out, err)


def test_a_program_that_is_missing_is_no_clean_bill(tmp_path: Path) -> None:
    environment = {**os.environ, "AUDIT": str(tmp_path / "none")}
    finished = subprocess.run([str(SCRIPT)], capture_output=True, text=True, env=environment, timeout=60)
    assert finished.returncode == 2
    assert finished.stderr.endswith("the audit failed, expected a list of findings or none\n")
