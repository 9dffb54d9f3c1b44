"""A year of marks: other years, the moment of counting, ranking, issued months, and what always holds."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Sequence
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scenes import (
    END,
    SCHEMES,
    UNITS,
    A,
    B,
    C,
    D,
    Event,
    adopt,
    ask,
    facts_of,
    failure,
    fault,
    instruct,
    labels,
    marks_of,
    month,
    months,
    plain,
    reply,
    report,
    totals,
    training,
    void,
    year_of,
)

from mailbot.facts import Fact, Moment
from mailbot.model import Month
from mailbot.policy import Resources, load_policy
from mailbot.scoring import (
    Assessed,
    IssuedTable,
    Mark,
    MarkState,
    Period,
    marks,
    standings,
    without_reports,
)
from mailbot.scoring.mark import total
from mailbot.scoring.standing import ranks


def in_year(event: Event, year: int) -> Event:
    """The same in another year."""
    return {
        key: value.replace("2019-", f"{year}-") if isinstance(value, str) else value
        for key, value in event.items()
    }


# ---- other years -------------------------------------------------------------------------------------------


def test_events_of_other_years_count_nothing() -> None:
    """Reports of 2018 and 2020: nothing in 2019."""
    assert totals(in_year(report("12-30", "a"), 2018), in_year(report("01-02", "b"), 2020)) == {}


def test_an_item_of_last_year_may_be_adopted_this_year() -> None:
    """Reported in December 2018 (no 0.2 here), adopted in January 2019: 3."""
    assert totals(in_year(report("12-30"), 2018), adopt("01-10", "县普刊")) == {A: "3"}


def test_each_year_has_its_own_ladder() -> None:
    """Adopted 3 in 2018 and 10 in 2019: the difference is for within one year, so 10."""
    events = in_year(report("12-01"), 2018), in_year(adopt("12-30", "县普刊"), 2018), adopt("01-10", "市专报")
    assert totals(*events) == {A: "10"}


def test_a_fault_of_last_year_s_report_belongs_to_last_year() -> None:
    """It replaces the mark of December 2018 in place."""
    assert totals(in_year(report("12-30"), 2018), fault("low_quality", "01-10")) == {}


def test_a_fault_found_next_year_counts_nothing_this_year() -> None:
    """0.2 stays."""
    events = report("12-30"), in_year(fault("low_quality", "01-10"), 2020)
    assert totals(*events) == {A: "0.2"}


def test_a_solicitation_is_of_the_year_of_its_deadline() -> None:
    """Asked in December 2018, due in January 2019: -2 in January. Due in January 2020: nothing in 2019."""
    over_new_year = in_year(ask("12-28", "12-31"), 2018) | {"deadline": "2019-01-05"}
    assert months(over_new_year) == {"01": "-2"}
    assert totals(ask("12-28", "12-31") | {"deadline": "2020-01-05"}) == {}


def test_a_reply_of_last_year_answers_a_solicitation_of_this_year() -> None:
    """Delivered on December 30, 2018, due on January 5, 2019: its +1 is of 2018, and there is no -2."""
    over_new_year = in_year(ask("12-28", "12-31"), 2018) | {"deadline": "2019-01-05"}
    assert totals(over_new_year, in_year(reply("12-30"), 2018)) == {}


def test_days_before_the_first_scheme_are_marked_by_it() -> None:
    """The scheme is of March 4; January's report counts 0.2 all the same."""
    assert months(report("01-05")) == {"01": "0.2"}


# ---- the moment of counting --------------------------------------------------------------------------------


def test_a_deadline_after_the_moment_deducts_nothing_yet() -> None:
    """Due on April 10, counted on the 9th: nothing. Counted on the 10th, which is over then: -2."""
    asked = ask("04-01", "04-10")
    assert totals(asked, as_of="2019-04-09") == {}
    assert totals(asked, as_of="2019-04-10T23:59") == {}
    assert totals(asked, as_of="2019-04-10") == {A: "-2"}
    assert totals(asked, as_of="2019-04-11T00:00") == {A: "-2"}


def test_a_deadline_to_the_minute_has_passed_at_that_minute() -> None:
    """Due at 17:00: nothing at 16:59, -2 at 17:00."""
    asked = ask("04-01", "04-10T17:00")
    assert totals(asked, as_of="2019-04-10T16:59") == {}
    assert totals(asked, as_of="2019-04-10T17:00") == {A: "-2"}


def test_facts_after_the_moment_count_nothing() -> None:
    """On April 1: 0.2 + 3; the fault and the higher adoption of May are not known."""
    events = (
        report("03-05"),
        adopt("03-09", "县普刊"),
        adopt("05-09", "市专报"),
        fault("low_quality", "05-10"),
    )
    assert totals(*events, as_of="2019-04-01") == {A: "3.2"}


# ---- standing ----------------------------------------------------------------------------------------------


def test_ties_share_a_rank_and_the_next_one_skips() -> None:
    """3.2, 3.2, 0.2, 0 -> 1, 1, 3, 4"""
    rows = year_of(
        report("03-05", "a", A),
        adopt("03-06", "县普刊", "a"),
        report("03-05", "b", B),
        adopt("03-06", "报市办", "b"),
        report("03-05", "c", C),
    ).rows
    assert [(row.rank, row.unit) for row in rows] == [(1, A), (1, B), (3, C), (4, D)]


def test_ties_may_be_followed_by_the_next_number() -> None:
    """ties = "dense": 1, 1, 2."""
    points = {"a": Decimal(3), "b": Decimal(3), "c": Decimal(1)}
    assert ranks(points, "dense") == {"a": 1, "b": 1, "c": 2}
    assert ranks(points) == {"a": 1, "b": 1, "c": 3}


def test_groups_are_ranked_by_themselves() -> None:
    """Overall 1, 2, 3, 3; among towns C comes first, among departments A."""
    found = marks_of(report("03-05", "a", A), adopt("03-06", "县普刊", "a"), report("03-05", "c", C))
    units = [
        Assessed(name=A, group="departments"),
        Assessed(name=B, group="departments"),
        Assessed(name=C, group="towns"),
        Assessed(name=D, group="towns"),
    ]
    rows = standings(found, units, Period(year=2019)).rows
    assert [(row.unit, row.rank, row.group_rank) for row in rows] == [
        (A, 1, 1),
        (C, 2, 1),
        (B, 3, 2),
        (D, 3, 2),
    ]


def test_a_failure_takes_a_unit_out_of_the_selection_but_not_of_the_ranking() -> None:
    """A: 0.2 + 30 - 10 = 20.2, first, and not to be chosen."""
    year = year_of(report("03-05"), adopt("03-06", "国办参考"), failure("05-01"), report("03-05", "b", B))
    assert [row.unit for row in year.rows][:2] == [A, B]
    assert year.disqualified == (A,)
    assert year.selection_order == (B, C, D)


def test_a_failure_of_another_year_does_not_disqualify() -> None:
    """取消其年度选优资格: that year's."""
    assert year_of(in_year(failure("05-01"), 2018)).disqualified == ()


def test_months_run_on_to_the_year() -> None:
    """March 3.2, April nothing, May 7: 3.2, 3.2, 10.2 and 10.2 at the end."""
    row = year_of(report("03-05"), adopt("03-06", "县普刊"), adopt("05-06", "市专报")).rows[0]
    running = [str(row.cumulative(month(text))) for text in ("01", "03", "04", "05", "12")]
    assert running == ["0", "3.2", "3.2", "10.2", "10.2"]


def test_a_period_ends_with_its_month() -> None:
    """Up to April: 3.2."""
    found = marks_of(report("03-05"), adopt("03-06", "县普刊"), adopt("05-06", "市专报"))
    assert standings(found, [Assessed(name=A)], Period(year=2019, last=4)).rows[0].total == Decimal("3.2")


def test_typical_cases_are_the_faults_of_solicited_pieces() -> None:
    """Similar, copied and poor pieces, each unit by itself; a void 约稿 and a poor report make none."""
    year = year_of(
        ask("04-01", "04-10", A, B, C),
        reply("04-08", "a", A),
        reply("04-08", "b", B),
        reply("04-08", "c", C),
        void("04-09", C),
        fault("similar", "04-12", "a", "b", "c"),
        fault("poor", "04-13", "b"),
        report("04-01", "d", D),
        fault("low_quality", "04-05", "d"),
    )
    found = {(case.solicitation, case.unit, case.label) for case in year.typical}
    assert found == {("Y1", A, "雷同"), ("Y1", B, "雷同"), ("Y1", B, "低质量信息")}


def test_units_without_any_report_are_known() -> None:
    """A late, a poor and a void one are reports; being asked or trained is none."""
    facts = facts_of(
        [
            ask("04-01", "04-10", A, D),
            reply("04-12", "a", A),
            report("04-01", "b", B),
            fault("low_quality", "04-05", "b"),
            training("03", "某人", unit=C),
        ]
    )
    first = Moment.parse("2019-01-01")
    assert without_reports(facts, UNITS, first, END) == (C, D)
    assert without_reports(facts, UNITS, first, Moment.parse("2019-04-02")) == (A, C, D)


# ---- explaining --------------------------------------------------------------------------------------------


def test_each_mark_names_its_fact_row_and_clause() -> None:
    """What a clerk needs to answer a telephone call."""
    found = marks_of(
        report("03-05"), adopt("03-09", "县普刊"), adopt("05-02", "市专报"), adopt("06-01", "县简讯")
    )
    told = [
        (mark.fact, mark.code, mark.clause, plain(mark.points), mark.state, mark.instead) for mark in found
    ]
    assert told == [
        ("events[0]", "self", "三（一）1", "0.2", MarkState.COUNTED, ""),
        ("events[1]", "adoption.county_journal", "三（二）1（1）", "3", MarkState.COUNTED, ""),
        ("events[2]", "adoption.city_special", "三（二）2（2）", "7", MarkState.DIFFERENCE, ""),
        ("events[3]", "adoption.county_brief", "三（二）1（1）", "0", MarkState.SUPERSEDED, "events[2]"),
    ]


def test_what_does_not_count_names_what_stands_instead() -> None:
    """The report's mark names the fault; the void one names the request."""
    replaced = marks_of(report("03-05"), fault("low_quality", "03-08"))
    assert {(mark.code, mark.superseded, mark.instead) for mark in replaced} == {
        ("self", True, "events[1]"),
        ("demerit.low_quality", False, ""),
    }
    (voided,) = marks_of(ask("04-01", "04-10"), void("04-03"), reply("04-05"))
    assert (voided.state, voided.instead) == (MarkState.VOID, "events[1]")


# ---- months already issued ---------------------------------------------------------------------------------


def issue(events: Sequence[Event], day: str, *texts: str, earlier: dict[Month, IssuedTable] | None = None):
    """The tables of some months as they stood on a day."""
    tables = dict(earlier or {})
    for text in texts:
        found = marks(facts_of(events), SCHEMES, as_of=Moment.parse(day), issued=tables)
        tables[month(text)] = IssuedTable(
            month=month(text), marks=tuple(mark for mark in found if mark.month == month(text))
        )
    return tables


def by_month(events: Sequence[Event], issued: dict[Month, IssuedTable], unit: str = A) -> dict[str, str]:
    found = marks(facts_of(events), SCHEMES, as_of=END, issued=issued)
    mine = [mark for mark in found if mark.unit == unit and mark.points]
    return {
        str(text)[5:]: plain(total(mark for mark in mine if mark.month == text))
        for text in sorted({mark.month for mark in mine})
    }


def test_a_fault_found_after_issue_is_booked_at_its_own_date() -> None:
    """March issued with 0.2; found poor on May 8: May -0.5 - 0.2 = -0.7, the year -0.5 all the same."""
    events = [report("03-05")]
    issued = issue(events, "2019-04-05", "03")
    later = [*events, fault("low_quality", "05-08")]
    assert by_month(later, issued) == {"03": "0.2", "05": "-0.7"}
    assert by_month(later, {}) == {"03": "-0.5"}


def test_a_correction_says_what_it_corrects() -> None:
    """Month, fact and label of the fault; the label appears once, where it is booked."""
    issued = issue([report("03-05")], "2019-04-05", "03")
    found = marks(
        facts_of([report("03-05"), fault("low_quality", "05-08")]), SCHEMES, as_of=END, issued=issued
    )
    corrections = [mark for mark in found if mark.state is MarkState.CORRECTION]
    assert {(mark.fact, str(mark.points), str(mark.corrects)) for mark in corrections} == {
        ("events[0]", "-0.2", "2019-03"),
        ("events[1]", "-0.5", "2019-03"),
    }
    assert [mark.label for mark in corrections if mark.listed] == ["低质量信息"]


def test_a_higher_adoption_after_issue_is_no_correction() -> None:
    """March issued with 3.2, adopted higher in May: May 7."""
    events = [report("03-05"), adopt("03-06", "县普刊")]
    issued = issue(events, "2019-04-05", "03")
    assert by_month([*events, adopt("05-06", "市专报")], issued) == {"03": "3.2", "05": "7"}


def test_a_fact_of_an_issued_month_entered_late_is_booked_in_the_next_open_one() -> None:
    """An adoption of March 20 entered after March and April were issued: May 3."""
    events = [report("03-05")]
    issued = issue(events, "2019-05-05", "03", "04")
    assert by_month([*events, adopt("03-20", "县普刊")], issued) == {"03": "0.2", "05": "3"}


def test_a_fact_withdrawn_after_issue_is_taken_back_in_the_next_open_month() -> None:
    """March issued with 3.2; the adoption is withdrawn: April -3."""
    events = [report("03-05"), adopt("03-06", "县普刊")]
    issued = issue(events, "2019-04-05", "03")
    assert by_month(events[:1], issued) == {"03": "3.2", "04": "-3"}


def test_a_failure_withdrawn_after_issue_disqualifies_no_more() -> None:
    """-10 issued in March, +10 in April, and the unit is in the selection again."""
    events = [report("03-05"), failure("03-20")]
    issued = issue(events, "2019-04-05", "03")
    found = marks(facts_of(events[:1]), SCHEMES, as_of=END, issued=issued)
    year = standings(found, [Assessed(name=A)], Period(year=2019))
    assert year.disqualified == ()
    assert year.rows[0].total == Decimal("0.2")


def test_a_solicitation_void_after_issue_is_taken_back_at_the_request_s_date() -> None:
    """-2 issued in April; the paper comes on June 3: June +2."""
    events = [ask("04-01", "04-10")]
    issued = issue(events, "2019-05-05", "04")
    assert by_month([*events, void("06-03")], issued)["04"] == "-2"
    assert total(m for m in marks(facts_of([*events, void("06-03")]), SCHEMES, as_of=END, issued=issued)) == 0


def test_corrections_once_issued_are_not_made_again() -> None:
    """March 0.2, May -0.7 issued too: nothing left to correct in June."""
    first = [report("03-05")]
    later = [*first, fault("low_quality", "05-08")]
    issued = issue(first, "2019-04-05", "03")
    issued = issue(later, "2019-06-05", "04", "05", earlier=issued)
    assert by_month(later, issued) == {"03": "0.2", "05": "-0.7"}
    assert by_month(first, issued) == {"03": "0.2", "05": "-0.7", "06": "0.7"}


# ---- what always holds -------------------------------------------------------------------------------------

PUBLICATIONS = [row.name for row in SCHEMES[0].publications]
LEVELS = [row.name for row in SCHEMES[0].instructions]
DAYS = [f"{m:02d}-{d:02d}" for m in range(1, 13) for d in (1, 9, 10, 11, 20)]


@st.composite
def years(draw: st.DrawFn) -> list[Event]:
    """Facts of one year about a few items; each item is reported once, by one unit."""
    day = st.sampled_from(DAYS)
    events: list[Event] = [
        report(draw(day), f"i{n}", draw(st.sampled_from(UNITS))) for n in range(draw(st.integers(1, 4)))
    ]
    for code in ("Y1", "Y2")[: draw(st.integers(0, 2))]:
        events.append(ask("03-01", draw(day), *UNITS[:3], code=code))
        for unit in draw(st.sets(st.sampled_from(UNITS))):
            events.append(reply(draw(day), f"{code}{unit}", unit, code))
        if draw(st.booleans()):
            events.append(void(draw(day), draw(st.sampled_from(UNITS)), code=code))
    items = [event["item"] for event in events if "item" in event]
    item = st.sampled_from(items)
    more = st.one_of(
        st.builds(adopt, day, st.sampled_from(PUBLICATIONS), item),
        st.builds(instruct, day, st.sampled_from(LEVELS), item),
        st.builds(
            lambda d, k, i: fault(k, d, i), day, st.sampled_from(["low_quality", "poor", "plagiarised"]), item
        ),
        st.builds(lambda d, i, j: fault("similar", d, i, j), day, item, item),
        st.builds(
            lambda m, p: training(m, *p), st.sampled_from(["02", "05"]), st.sets(st.sampled_from("甲乙"))
        ),
        st.builds(lambda d, u: failure(d, unit=u), day, st.sampled_from(UNITS)),
    )
    return events + draw(st.lists(more, max_size=12))


def summary(events: Sequence[Event]) -> dict[str, dict[str, tuple[str, list[str]]]]:
    """Points and labels by unit and month."""
    return {
        row.unit: {
            str(m.month): (str(m.points.normalize()), sorted(m.labels)) for m in row.months if m.counts
        }
        for row in year_of(*events).rows
    }


@settings(max_examples=150, deadline=None)
@given(years(), st.randoms(use_true_random=False))
def test_the_order_of_entry_does_not_matter(events: list[Event], chance: random.Random) -> None:
    """The same facts in any order make the same marks and labels."""
    shuffled = list(events)
    chance.shuffle(shuffled)
    assert summary(shuffled) == summary(events)


@settings(max_examples=100, deadline=None)
@given(years(), st.data())
def test_withdrawing_a_fact_restores_the_marks(events: list[Event], data: st.DataObject) -> None:
    """Entered and withdrawn, a fact leaves nothing behind: marks depend on the facts that stand alone."""
    extra = adopt("06-15", "国办参考", events[0]["item"])
    facts = facts_of([*events, extra])
    assert marks(facts[:-1], SCHEMES, as_of=END) == marks(facts_of(events), SCHEMES, as_of=END)
    lost = data.draw(st.integers(0, len(events) - 1))
    without = [fact for place, fact in enumerate(facts) if place != lost]
    again = sorted([*without, facts[lost]], key=lambda fact: int(fact.id[7:-1]))
    assert marks(again, SCHEMES, as_of=END) == marks(facts, SCHEMES, as_of=END)


@settings(max_examples=100, deadline=None)
@given(years())
def test_months_add_up_to_the_year_and_ranks_follow_the_marks(events: list[Event]) -> None:
    """For every unit; a higher total has the smaller rank, an equal one the same."""
    rows = year_of(*events).rows
    for row in rows:
        assert sum((m.points for m in row.months), Decimal(0)) == row.total == row.plus + row.minus
        assert all(
            m.cumulative == sum((e.points for e in row.months if e.month <= m.month), Decimal(0))
            for m in row.months
        )
        assert row.rank == 1 + sum(other.total > row.total for other in rows)


@settings(max_examples=100, deadline=None)
@given(years())
def test_no_item_counts_more_than_its_best_adoption(events: list[Event]) -> None:
    """All marks of an item's adoptions in the year together are worth its highest one."""
    found = marks(facts_of(events), SCHEMES, as_of=END)
    for item in {mark.item for mark in found if mark.item}:
        adopted = [mark for mark in found if mark.item == item and mark.code.startswith("adoption.")]
        assert total(adopted) == max((mark.tariff for mark in adopted), default=Decimal(0))


@settings(max_examples=75, deadline=None)
@given(years(), st.integers(1, 12))
def test_issuing_months_changes_no_total(events: list[Event], last: int) -> None:
    """What was issued as it was, plus corrections, is what the facts make of the year."""
    facts = facts_of(events)
    early = [fact for fact in facts if fact.at.month.month <= last]
    issued: dict[Month, IssuedTable] = {}
    for number in range(1, last + 1):
        text = Month(2019, number)
        found = marks(early, SCHEMES, as_of=END, issued=issued)
        issued[text] = IssuedTable(month=text, marks=tuple(m for m in found if m.month == text))
    frozen = marks(facts, SCHEMES, as_of=END, issued=issued)
    derived = marks(facts, SCHEMES, as_of=END)
    for unit in UNITS:
        assert total(m for m in frozen if m.unit == unit) == total(m for m in derived if m.unit == unit)
    for text, table in issued.items():
        assert total(m for m in frozen if m.month == text) == total(table.marks)


# ---- a whole year ------------------------------------------------------------------------------------------


def generated_year(units: Sequence[str], *, per_unit: int = 60) -> list[Event]:
    """A realistic year: weekly reports, a 约稿 to all every month, adoptions up the ladder, some faults."""
    chance = random.Random(20190304)
    events: list[Event] = []
    for place, unit in enumerate(units):
        for number in range(per_unit):
            day = f"{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}"
            name = f"u{place}n{number}"
            events.append(report(day, name, unit))
            if chance.random() < 0.3:
                for publication in chance.sample(PUBLICATIONS, chance.randint(1, 3)):
                    events.append(adopt(f"12-{chance.randint(1, 28):02d}", publication, name))
            if chance.random() < 0.05:
                events.append(fault("low_quality", "12-30", name))
            if chance.random() < 0.05:
                events.append(instruct("12-29", chance.choice(LEVELS), name))
    for number in range(1, 13):
        code = f"Y{number}"
        events.append(ask(f"{number:02d}-01", f"{number:02d}-15T17:00", *units, code=code))
        for place, unit in enumerate(units):
            if chance.random() < 0.9:
                day = f"{number:02d}-{chance.randint(2, 18):02d}"
                events.append(reply(day, f"{code}u{place}", unit, code))
    return events


def calls_made(work: Callable[[], object]) -> int:
    """Function calls of our own that some work takes: a measure that no busy machine disturbs."""
    count = 0

    def count_call(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(count_call)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def test_a_year_of_forty_nine_units_takes_steps_in_proportion_to_its_facts() -> None:
    """Twice the facts, about twice the steps; and no fact more than a hundred."""
    units = [unit.name for unit in load_policy(Resources(None)).roster.units]
    assert len(units) == 49

    def facts(per_unit: int) -> tuple[Fact, ...]:
        return facts_of(generated_year(units, per_unit=per_unit), units=units)

    half, whole = facts(60), facts(120)
    steps = [calls_made(lambda f=f: marks(f, SCHEMES, as_of=END)) for f in (half, whole)]
    assert len(half) > 4000
    assert steps[0] < 100 * len(half)
    assert steps[1] / steps[0] < 1.2 * len(whole) / len(half)


def test_a_generated_year_is_the_same_every_time() -> None:
    """The same facts give the same table, to the tenth."""
    units = [unit.name for unit in load_policy(Resources(None)).roster.units]
    first, second = (
        marks(facts_of(generated_year(units), units=units), SCHEMES, as_of=END) for _ in range(2)
    )
    assert first == second
    assert all(mark.points == mark.points.quantize(Decimal("0.1")) for mark in first)


def test_labels_are_listed_where_the_marks_are() -> None:
    """One label per mark that is listed, in its month."""
    events = report("03-05"), adopt("03-06", "县普刊"), adopt("05-06", "市专报"), instruct("05-06", "市政府")
    assert labels(*events) == {"03": ["报送", "普刊"], "05": ["☆", "市专报采用"]}


@pytest.mark.parametrize("mark", marks_of(report("03-05"), adopt("03-06", "县普刊")))
def test_marks_are_values(mark: Mark) -> None:
    """Frozen, hashable, equal to themselves derived again."""
    assert mark in set(marks_of(report("03-05"), adopt("03-06", "县普刊")))
