"""Time of one subject: typical ones, and hostile ones of 20 kB (only the first 1,000 characters are read).

python bench/subjects.py [FILE.jsonl]
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path

from mailbot.intake.fields import read_subject
from mailbot.lexicon import Lexicon
from mailbot.policy import Resources, load_struct
from mailbot.roster import Roster, RosterFile

SAMPLES = Path(__file__).parents[1] / "tests/data/subjects.jsonl"
HOSTILE = ("(", "—", "、", "1", "县", "郯城县", "《", "13800000000", "报送人：", " ", "-张三", "县教体局")


def main() -> None:
    resources = Resources(None)
    roster = Roster(load_struct(resources, "data/policy/roster.toml", RosterFile))
    lexicon = load_struct(resources, "data/policy/lexicon.toml", Lexicon)
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES
    subjects = [json.loads(line)["subject"] for line in path.read_text("utf-8").splitlines()]

    def seconds(subject: str) -> float:
        began = time.perf_counter()
        read_subject(subject, roster, lexicon)
        return time.perf_counter() - began

    for subject in subjects:
        seconds(subject)
    times = sorted(min(seconds(s) for _ in range(3)) for s in subjects)
    print(
        f"{len(times)} subjects: median {statistics.median(times) * 1e3:.2f} ms, "
        f"worst {times[-1] * 1e3:.2f} ms"
    )
    for unit in HOSTILE:
        short, long = unit * (500 // len(unit)), unit * (20_000 // len(unit))
        print(
            f"{unit!r:>14}: 500 characters {seconds(short) * 1e3:6.2f} ms, "
            f"20,000 {seconds(long) * 1e3:6.2f} ms"
        )


if __name__ == "__main__":
    main()
