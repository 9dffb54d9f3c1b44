"""The fonts, style names and fixed words of official documents: templates/bulletin/official.j2 as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from mailbot.errors import ConfigError
from mailbot.policy import Wording
from mailbot.render.wording import templates_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrasing:
    """What holds together where a title is broken, and where a break reads well."""

    words: tuple[str, ...] = ()
    break_before: tuple[str, ...] = ()
    break_after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Typography:
    """Fonts by part (title, body, first, second, pages, latin), what stands in for them, and fixed words."""

    fonts: Mapping[str, str]
    stand_ins: Mapping[str, str]
    """Font -> w:altName, for machines that lack it."""
    rare_fonts: Mapping[str, str]
    """Font that holds GB 2312 only -> font of the same hand that holds more."""
    styles: Mapping[str, str]
    """Style id -> the name people see."""
    attachment: str
    day_form: str
    """How a date is written: {year}, {month} and {day} are filled in."""
    copies: str
    printed: str
    phrasing: Phrasing = Phrasing()

    def day(self, day: date) -> str:
        """成文日期 (7.3.5.4): the year in full, month and day without zeros."""
        return self.day_form.format(year=day.year, month=day.month, day=day.day)


def typography_of(wording: Wording) -> Typography:
    """ConfigError 'template_error' where official.j2 lacks something or holds the wrong kind of thing."""
    found = templates_of(wording).settings("bulletin/official.j2")
    fonts = found.mapping("fonts")
    for part in ("title", "body", "first", "second", "pages", "latin"):
        if part not in fonts:
            raise ConfigError("template_error", file=found.source, key="", line=0, detail=f"fonts: {part}")
    return Typography(
        fonts=fonts,
        stand_ins=found.mapping("stand_ins"),
        rare_fonts=found.mapping("rare_fonts"),
        styles=found.mapping("styles"),
        attachment=found.text("attachment"),
        day_form=found.text("date"),
        copies=found.text("copies"),
        printed=found.text("printed"),
        phrasing=Phrasing(
            words=found.words("words"),
            break_before=found.words("break_before"),
            break_after=found.words("break_after"),
        ),
    )
