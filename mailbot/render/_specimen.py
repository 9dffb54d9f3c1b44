"""Figures that have something of everything, so that each passage is tried before it is needed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from mailbot.model import Month
from mailbot.render.figures import (
    Adopted,
    AnnualFigures,
    Case,
    Changed,
    Commended,
    CorrectionFigures,
    InstantFigures,
    ItemFigures,
    MonthlyFigures,
    Notes,
    SolicitationFigures,
    Solicited,
    UnitFigures,
)
from mailbot.roster import UnitKind

_DAY = date(2019, 3, 4)
_BUSY = UnitFigures(
    unit="A",
    kind=UnitKind.TOWN,
    submissions=1,
    cumulative_submissions=2,
    solicited=Solicited(due=4, on_time=1, late=1, missed=1, void=1),
    adopted=Adopted(county=1, city=1, province=1, state=1),
    instructions=1,
    plus=Decimal(1),
    minus=Decimal(1),
    month_marks=Decimal(1),
    cumulative_marks=Decimal(1),
    rank=1,
)
_OTHER = replace(_BUSY, unit="B", kind=UnitKind.DEPARTMENT)
_MODEL = replace(
    _BUSY, unit="Q", minus=Decimal(0), adopted=Adopted(county=1), solicited=Solicited(due=1, on_time=1)
)
_MODEL_OTHER = replace(_MODEL, unit="R", kind=UnitKind.DEPARTMENT)
_IDLE = UnitFigures(unit="K", kind=UnitKind.DEPARTMENT)

MONTHS = (
    MonthlyFigures(month=Month.of(_DAY), office="C", date=_DAY, units=(_IDLE,)),
    MonthlyFigures(month=Month.of(_DAY), office="C", date=_DAY, units=(_BUSY, _IDLE)),
    MonthlyFigures(month=Month.of(_DAY), office="C", date=_DAY, units=(_OTHER,)),
    MonthlyFigures(
        month=Month.of(_DAY),
        office="C",
        date=_DAY,
        units=(_MODEL, replace(_MODEL, unit="S"), _MODEL_OTHER, replace(_MODEL_OTHER, unit="T")),
    ),
    MonthlyFigures(month=Month.of(_DAY), office="C", date=_DAY, units=(_MODEL, _BUSY)),
    MonthlyFigures(month=Month.of(_DAY), office="C", date=_DAY, units=(replace(_BUSY, submissions=0),)),
    MonthlyFigures(
        month=Month.of(_DAY),
        office="C",
        date=_DAY,
        units=(_BUSY, _OTHER, _IDLE),
        items=(ItemFigures(number="1", unit="A", title="D", date=_DAY, labels=("E",)),),
        earlier_items=(ItemFigures(number="2", unit="B", title="L", date=_DAY, labels=("E",)),),
        solicitations=(SolicitationFigures(topic="F", source="G", deadline=_DAY, counts=_BUSY.solicited),),
        legend=(("E", "H"),),
        notes=Notes(overview=("M",), problems=("N", "O"), next_steps=("P",)),
    ),
)
YEARS = (
    AnnualFigures(year=2019, office="C", date=_DAY, units=(_IDLE, replace(_IDLE, unit="U"))),
    AnnualFigures(year=2019, office="C", date=_DAY, units=(_MODEL, _IDLE, replace(_IDLE, unit="U"))),
    AnnualFigures(year=2019, office="C", date=_DAY, units=(_MODEL_OTHER,)),
    AnnualFigures(year=2019, office="C", date=_DAY, units=(_MODEL, replace(_MODEL, unit="S"))),
    AnnualFigures(
        year=2019,
        office="C",
        date=_DAY,
        units=(_BUSY, _OTHER, _IDLE),
        commended_units=("A", "B"),
        commended_persons=(Commended(unit="A", name="I"),),
        disqualified=("B",),
        received=(1, 2),
        notes=Notes(overview=("M",), problems=("N", "O"), next_steps=("P",)),
    ),
)
CHANGES = tuple(
    CorrectionFigures(
        month=Month.of(_DAY),
        office="C",
        date=_DAY,
        issued=_DAY,
        changed=(Changed(unit="A", submissions=(1, 2), marks=(Decimal(1), Decimal(2))),) * count,
        notes=notes,
    )
    for count, notes in ((0, Notes(overview=("M",))), (1, Notes()), (9, Notes()))
)
CASES = InstantFigures(
    office="C", date=_DAY, cases=(Case(units=("A", "B"), label="E", topic="F", date=_DAY, detail="J"),)
)
