"""The fonts, style names and fixed words of official documents: templates/bulletin/official.j2 as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from mailbot.errors import ConfigError
from mailbot.render.wording import Wording

SOURCE = "bulletin/official.j2"


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
    found = wording.settings(SOURCE)
    return Typography(
        fonts=_mapping(found, "fonts"),
        stand_ins=_mapping(found, "stand_ins"),
        rare_fonts=_mapping(found, "rare_fonts"),
        styles=_mapping(found, "styles"),
        attachment=_text(found, "attachment"),
        day_form=_text(found, "date"),
        copies=_text(found, "copies"),
        printed=_text(found, "printed"),
        phrasing=Phrasing(
            words=tuple(_text(found, "words").split()),
            break_before=tuple(_text(found, "break_before").split()),
            break_after=tuple(_text(found, "break_after").split()),
        ),
    )


def _mapping(found: Mapping[str, object], key: str) -> Mapping[str, str]:
    value = found.get(key)
    if not isinstance(value, Mapping) or not all(isinstance(part, str) for part in value.values()):
        raise ConfigError("template_error", file=SOURCE, line=0, detail=key)
    return value


def _text(found: Mapping[str, object], key: str) -> str:
    value = found.get(key)
    if not isinstance(value, str):
        raise ConfigError("template_error", file=SOURCE, line=0, detail=key)
    return value
