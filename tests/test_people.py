"""The register of 信息员 over time: added, ended, moved to another unit, brought in with their days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from desks import NOW, Office, office, submission

from mailbot.cli.words import messages
from mailbot.errors import ConfigError, MailbotError, NotFound, StateError
from mailbot.model import Correspondent, LetterKind, Month
from mailbot.workflow.bulletins import report
from mailbot.workflow.office import people

ADDRESS = "gs@oa.tancheng.example"
TODAY = NOW.date()
BY = "周某某"


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Office]:
    """12 April 2019; 孙某某 stands for 港上镇."""
    made = office(tmp_path / "var")
    people.add(made.desk, address=ADDRESS, unit="港上镇", name="孙某某", phone="6220001", by=BY)
    yield made
    made.desk.store.close()


def stands_for(made: Office, day: date) -> str | None:
    found = made.desk.store.correspondent(ADDRESS, day)
    return found.unit if found else None


def refused(call: object) -> MailbotError:
    with pytest.raises(MailbotError) as caught:
        call()  # type: ignore[operator]
    return caught.value


def test_who_moves_stands_for_the_new_unit_from_that_day_on(at: Office) -> None:
    """Until the day before for the old one; name and phone stay; an event says who changed it."""
    moved = people.move(at.desk, ADDRESS.upper(), "教体局", first=date(2019, 4, 20), by="吴某某")

    assert (moved.unit, moved.name, moved.phone) == ("县教体局", "孙某某", "6220001")
    assert [stands_for(at, date(2019, 4, day)) for day in (12, 19, 20)] == ["港上镇", "港上镇", "县教体局"]
    (event,) = at.desk.store.events(verb="correspondent_moved")
    assert (event.who, event.details["from"], event.details["unit"]) == ("吴某某", "港上镇", "县教体局")


def test_a_move_takes_effect_today_where_no_day_is_given(at: Office) -> None:
    """The 通报 goes to the new unit from now on, and the old one is without."""
    people.move(at.desk, ADDRESS, "县教体局", by=BY)

    assert stands_for(at, TODAY) == "县教体局"
    listed, without = people.recipients(at.desk)
    assert [one.unit for one in listed] == ["县教体局"]
    assert "港上镇" in without
    assert people.register_of(at.desk).without == tuple(without)


def test_who_moves_back_stands_for_the_first_unit_again(at: Office) -> None:
    """The same entry, reopened."""
    people.move(at.desk, ADDRESS, "县教体局", by=BY)
    people.move(at.desk, ADDRESS, "港上镇", first=date(2019, 5, 1), by=BY)
    assert stands_for(at, date(2019, 5, 1)) == "港上镇"


def test_a_move_that_is_none_changes_nothing(at: Office) -> None:
    """To the same unit, to no unit of the roster, or of nobody."""
    assert isinstance(refused(lambda: people.move(at.desk, ADDRESS, "港上镇", by=BY)), StateError)
    wrong = refused(lambda: people.move(at.desk, ADDRESS, "县气象局", by=BY))
    assert (type(wrong), wrong.code) == (ConfigError, "correspondent_bad_unit")
    assert isinstance(refused(lambda: people.move(at.desk, "x@y.example", "县教体局", by=BY)), NotFound)
    assert stands_for(at, TODAY) == "港上镇"


def test_who_leaves_supplies_nothing_after_their_last_day(at: Office) -> None:
    """All at the address, or those of one unit; a mail of the day after is from an unknown sender."""
    people.add(at.desk, address=ADDRESS, unit="港上镇", name="李某", phone="", by=BY)
    left = people.leave(at.desk, ADDRESS, last=date(2019, 4, 15), by=BY)

    assert {one.name for one in left} == {"孙某某", "李某"}
    assert [stands_for(at, date(2019, 4, day)) for day in (15, 16)] == ["港上镇", None]
    assert isinstance(refused(lambda: people.leave(at.desk, ADDRESS, unit="县教体局", by=BY)), NotFound)


def test_who_is_added_for_later_stands_for_nobody_before(at: Office) -> None:
    """valid_from is the first day."""
    other = "new@oa.tancheng.example"
    first = date(2019, 5, 1)
    people.add_from(at.desk, first, address=other, unit="县教体局", name="李某", phone="", by=BY)
    assert at.desk.store.correspondent(other, date(2019, 4, 30)) is None
    assert at.desk.store.correspondent(other, date(2019, 5, 1)) is not None


def test_a_register_brings_its_days(at: Office) -> None:
    """起始日期 and 截止日期; an address whose time is over may come for another unit."""
    people.leave(at.desk, ADDRESS, by=BY)
    table = f"邮箱,单位,姓名,起始日期,截止日期\n{ADDRESS},县教体局,孙某某,2019/4/12,2019年12月31日\n"
    people.bring_in(at.desk, table.encode(), "r.csv", columns=messages()["register_columns"], by=BY)

    found = at.desk.store.correspondents(unit="县教体局")
    assert found == [
        Correspondent(
            address=ADDRESS,
            unit="县教体局",
            name="孙某某",
            valid_from=date(2019, 4, 12),
            valid_until=date(2019, 12, 31),
        )
    ]


@pytest.mark.parametrize("days", ["四月,", "2019-04-12,2019-04-11", ",2019-02-30"])
def test_days_that_are_none_are_refused(at: Office, days: str) -> None:
    """Naming the row and the column."""
    table = f"邮箱,单位,起始日期,截止日期\nx@y.example,县教体局,{days}\n"
    wrong = refused(
        lambda: people.bring_in(
            at.desk, table.encode(), "r.csv", columns=messages()["register_columns"], by=BY
        )
    )
    assert (wrong.code, wrong.details["row"]) == ("register_bad_day", "2")


def test_a_csv_that_is_none_is_refused(at: Office) -> None:
    """A quotation mark that is never closed makes one endless cell."""
    wrong = refused(
        lambda: people.bring_in(
            at.desk, b'"' + b"x" * 200_000, "r.csv", columns=messages()["register_columns"], by=BY
        )
    )
    assert wrong.code == "register_format"


def test_an_unknown_sender_is_proposed_and_counts_once_confirmed(at: Office) -> None:
    """Learned from a mail that names a roster unit."""
    at.one(submission(sender="新人 <new@oa.tancheng.example>"))
    (proposed,) = people.register_of(at.desk).proposed
    assert (proposed.address, proposed.unit, proposed.name) == (
        "new@oa.tancheng.example",
        "县民政局",
        "彭一鸣",
    )
    assert "县民政局" in people.register_of(at.desk).without

    people.confirm(at.desk, proposed.address, None, by=BY)
    assert "县民政局" not in people.register_of(at.desk).without


def test_one_address_is_proposed_once_and_named_by_a_later_mail(at: Office) -> None:
    """The first mail lacks its sender's name and number, the second has them; a third adds nothing."""
    sender = "新人 <new@oa.tancheng.example>"
    at.one(submission(sender=sender, person="", phone=""))
    (proposed,) = people.register_of(at.desk).proposed
    assert (proposed.name, proposed.phone) == ("", "")
    at.one(submission("推行护学岗制度", sender=sender, lines=("护学岗。" * 30,), phone="6220009"))
    at.one(submission("开展夜校培训", sender=sender, lines=("夜校。" * 30,), person="", phone=""))
    (row,) = [c for c in at.desk.store.correspondents() if c.address == "new@oa.tancheng.example"]
    assert (row.name, row.phone, row.confirmed) == ("彭一鸣", "6220009", False)


def test_a_second_person_at_an_address_is_proposed_beside_the_first(at: Office) -> None:
    """A shared box of a unit: both are known, the 通报 goes there once."""
    sender = "新人 <new@oa.tancheng.example>"
    at.one(submission(sender=sender))
    at.one(submission("推行护学岗制度", sender=sender, lines=("护学岗。" * 30,), person="秦时月"))
    assert [c.name for c in people.register_of(at.desk).proposed] == ["彭一鸣", "秦时月"]
    people.confirm(at.desk, "new@oa.tancheng.example", None, by=BY)
    listed, _ = people.recipients(at.desk)
    assert [c.address for c in listed if c.unit == "县民政局"] == ["new@oa.tancheng.example"]


def test_who_was_entered_by_hand_is_no_longer_proposed_without_a_name(at: Office) -> None:
    """The nameless entry of the same address and unit says nothing any more."""
    at.one(submission(sender="新人 <new@oa.tancheng.example>", person="", phone=""))
    people.add(at.desk, address="new@oa.tancheng.example", unit="县民政局", name="彭一鸣", phone="", by=BY)
    assert people.register_of(at.desk).proposed == ()


def test_a_letter_names_the_first_of_many_units(at: Office) -> None:
    """Eight of those that no 通报 reaches, and how many they are; the console has them all."""
    report.draft_month(at.desk, Month(2019, 3), by=BY)
    body = at.letters(LetterKind.BULLETIN_DRAFT)[0].body
    (task,) = [line for line in body.splitlines() if "批准后收不到通报" in line]
    _, without = people.recipients(at.desk)
    assert len(without) > 40
    assert f"：{'、'.join(without[:8])}等 {len(without)} 个单位" in task
    assert without[8] not in task
    assert len(task) < 150
