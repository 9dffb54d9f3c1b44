"""Killed at any system call, mailbot loses nothing and repeats at most one letter, under its Message-ID."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from conftest import need

sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))

STEPS = {"fdatasync": 5, "pwrite64": 23, "rename": 1, "fsync": 2, "sendto": 4}


@pytest.mark.slow
@pytest.mark.wire
@pytest.mark.parametrize("call", list(STEPS))
def test_a_kill_at_any_step_loses_nothing(call: str) -> None:
    """Each mail registered and answered, at most one repeat under the same Message-ID, a sound database."""
    need("strace")
    import crash

    figures = crash.loop((call,), every=STEPS[call], said=lambda text: None)[call]
    assert figures.kills >= 3
    assert not figures.bad, figures.notes
    assert figures.repeated <= figures.kills
    assert figures.to_person == 0
