"""Time of one monthly 通报 of a full year: all units, one month of 500 items.

python bench/bulletins.py
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import busy

from mailbot.model import Month
from mailbot.workflow.bulletins import report

COUNTS = {month: 500 if month == 4 else 24 + month for month in range(1, 13)}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        desk = busy.year(Path(folder) / "var", COUNTS).desk
        units = len(desk.policy.roster.units)
        times = []
        for _ in range(5):
            began = time.perf_counter()
            composed = report.compose_month(desk, Month(2019, 4))
            times.append(time.perf_counter() - began)
    size = len(composed.content) / 1e3
    print(f"{units} units, 500 items: median {statistics.median(times):.2f} s, {size:.0f} kB")


if __name__ == "__main__":
    main()
