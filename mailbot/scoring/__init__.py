"""PURE: dated facts + marking schemes -> marks, each naming its fact, and from marks the standings.

Start with derive.marks(), then standing.standings().  Nothing here reads a file, a database or a clock; marks
are derived anew from all facts whenever they are wanted (promise P10).
"""

from __future__ import annotations

from mailbot.scoring.answers import Answer, AnswerState, answers
from mailbot.scoring.derive import marks
from mailbot.scoring.issued import IssuedTable
from mailbot.scoring.mark import Mark, MarkState
from mailbot.scoring.people import PersonRecord, people
from mailbot.scoring.standing import (
    Assessed,
    MonthTotal,
    Period,
    Standing,
    Standings,
    Typical,
    standings,
    without_reports,
)

__all__ = [
    "Answer",
    "AnswerState",
    "Assessed",
    "IssuedTable",
    "Mark",
    "MarkState",
    "MonthTotal",
    "Period",
    "PersonRecord",
    "Standing",
    "Standings",
    "Typical",
    "answers",
    "marks",
    "people",
    "standings",
    "without_reports",
]
