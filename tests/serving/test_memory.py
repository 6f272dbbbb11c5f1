"""What a service says of its memory."""

from __future__ import annotations

import subprocess
import sys

from groundswell.serving.memory import resident_bytes

MEGABYTE = 1_000_000


def test_what_a_process_that_was_started_holds_is_counted_as_long_as_it_runs() -> None:
    before = resident_bytes()
    holding = "import sys; held = b'x' * 100_000_000; print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", holding], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        during = resident_bytes()
        process.communicate()
    after = resident_bytes()
    assert before > 5 * MEGABYTE
    assert 100 * MEGABYTE < during - before < 150 * MEGABYTE
    assert during - after > 100 * MEGABYTE
