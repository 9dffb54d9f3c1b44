"""The counter and the stop that other tests lean on."""

from __future__ import annotations

import signal
import time

import pytest
from steps import calls, stopped_after


def test_work_is_counted_in_calls_of_both_kinds() -> None:
    """Ten times the work is ten times the calls, and the same work the same."""

    def work(times: int) -> None:
        for _ in range(times):
            ord("字")

    few, many = calls(lambda: work(100)), calls(lambda: work(1000))
    assert many - few == 900
    assert calls(lambda: work(100)) == few


def test_what_hangs_is_stopped_even_where_errors_are_swallowed() -> None:
    """A reader that catches every Exception does not catch the stop."""
    with pytest.raises(pytest.fail.Exception, match="still running"), stopped_after(0.05):
        while True:
            try:
                time.sleep(30)
            except Exception:  # noqa: BLE001 (what is shown is that it does not catch the stop)
                continue


def test_a_stop_is_over_with_its_block() -> None:
    """Nothing rings in a later test."""
    before = signal.getsignal(signal.SIGALRM)
    with stopped_after(30):
        pass
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert signal.getsignal(signal.SIGALRM) is before
