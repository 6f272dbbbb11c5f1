"""What is said before training beside other busy processes."""

from __future__ import annotations

import os

import pytest
import torch

from groundswell import runtime


@pytest.mark.parametrize(
    ("load", "threads", "warned"), [(0.4, 2, False), (1.0, 2, True), (3.0, 2, True), (3.0, 1, False)]
)
def test_a_busy_machine_is_warned_of(monkeypatch: pytest.MonkeyPatch, load: float, threads: int, warned: bool) -> None:
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    monkeypatch.setattr(os, "getloadavg", lambda: (load, 0.0, 0.0))
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    found = runtime.busy_warning()
    assert (found is not None) == warned
    if found:
        assert f"load {load:.1f} on 2 cores" in found
        assert "OMP_NUM_THREADS=1" in found


def test_who_has_set_a_policy_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")
    monkeypatch.setattr(os, "getloadavg", lambda: (9.0, 0.0, 0.0))
    assert runtime.busy_warning() is None
