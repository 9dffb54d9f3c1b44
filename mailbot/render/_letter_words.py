"""Templates of letters, compiled once for each set of wording, and the forms that values take in them."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from functools import lru_cache

from jinja2 import DictLoader, StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment

from mailbot.errors import ConfigError
from mailbot.model import Reason
from mailbot.policy import Wording

_INNER = str.maketrans("“”‘’", "‘’“”")
_BLANK_LINES = re.compile(r"\n{3,}")
_UNPRINTABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff\ud800-\udfff]+"
)


class Words:
    """The wording of letters, ready for use.  Rendering changes nothing."""

    def __init__(self, wording: Wording) -> None:
        self.wording = wording
        sources = dict(wording.templates)
        for reason, texts in wording.reasons.items():
            sources[f"{reason}.sentence"] = texts.sentence
            sources[f"{reason}.remedy"] = texts.remedy
            sources[f"{reason}.section"] = texts.section or texts.sentence
        sources |= {f"phrase.{key}": text for key, text in wording.words.items() if "{" in text}
        self._environment = SandboxedEnvironment(
            loader=DictLoader(sources),
            undefined=StrictUndefined,
            autoescape=False,
            trim_blocks=True,
            lstrip_blocks=True,
            cache_size=-1,
            auto_reload=False,
        )
        self._environment.globals["words"] = dict(wording.words)

    def __getitem__(self, key: str) -> str:
        """A word of words.toml."""
        try:
            return self.wording.words[key]
        except KeyError:
            raise ConfigError("config_missing_key", file="letters/words.toml", key=key, line=0) from None

    def phrase(self, key: str, **values: object) -> str:
        """A word of words.toml that is itself a template."""
        return self.render(f"phrase.{key}", values)

    def render(self, name: str, values: Mapping[str, object]) -> str:
        """The template filled in, without blank lines beyond one.  ConfigError 'template_error'."""
        with _explaining(name):
            text = self._environment.get_template(name).render(values)
        lines = "\n".join(line.rstrip() for line in text.split("\n"))
        return _BLANK_LINES.sub("\n\n", lines).strip("\n")

    def sentence(self, reason: Reason, part: str, values: Mapping[str, object]) -> str:
        """`part` is sentence, remedy or section."""
        return self.render(f"{reason}.{part}", values)

    def joined(self, values: Iterable[str]) -> str:
        """'甲、乙、丙', each on one line."""
        return self["comma"].join(clean(value) for value in values)

    def listed(self, values: Iterable[str]) -> str:
        """'甲、乙和丙'"""
        *some, last = [clean(value) for value in values]
        return f"{self['comma'].join(some)}{self['and']}{last}" if some else last

    def day(self, day: date) -> str:
        """2019年4月12日"""
        return self["day"].format(year=day.year, month=day.month, day=day.day)

    def moment(self, when: datetime) -> str:
        """2019年4月12日 09:41"""
        time = f"{when:%H:%M}"
        return self["moment"].format(year=when.year, month=when.month, day=when.day, time=time)

    def compile_all(self) -> None:
        """ConfigError for the first template that does not compile; those of the 通报 are not ours."""
        for name in self._environment.list_templates():
            if not name.startswith("bulletin/"):
                with _explaining(name):
                    self._environment.get_template(name)


@lru_cache(maxsize=8)
def words_of(wording: Wording) -> Words:
    """Compiled once: a Wording is one object for as long as it is loaded."""
    return Words(wording)


@contextmanager
def _explaining(name: str) -> Iterator[None]:
    """Whatever fails while a template is compiled or run is its own fault: told with its file and line."""
    try:
        yield
    except TemplateSyntaxError as error:
        raise _fault(error.name or name, error.lineno, error.message or "") from error
    except TemplateNotFound as error:
        raise _fault(str(error.name), 0, "missing") from error
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise _fault(name, _line_of(error), str(error)) from error


def _fault(name: str, line: int, detail: str) -> ConfigError:
    if "/" in name:
        return ConfigError("template_error", file=name, key="", line=line, detail=detail)
    file = "letters/words.toml" if name.startswith("phrase.") else "letters/reasons.toml"
    return ConfigError(
        "template_error", file=file, key=name.removeprefix("phrase."), line=line, detail=detail
    )


def _line_of(error: BaseException) -> int:
    """The template's line that raised: jinja2 puts template lines into the traceback under '<template>'."""
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == "<template>"]
    return lines[-1] or 0 if lines else 0


def clean(text: str) -> str:
    """One line without controls, invisible or direction marks: what may stand in a letter."""
    return " ".join(_UNPRINTABLE.sub(" ", text).split())


def quoted(text: str) -> str:
    """“甲‘乙’丙”: quotation marks of the text itself are the inner ones."""
    return f"“{inner(text)}”"


def inner(text: str) -> str:
    """What is to stand inside “ ”: its own marks of either kind change places."""
    return text.translate(_INNER)


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, the last of them … where something was cut."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def cut_name(name: str, limit: int = 60) -> str:
    """A file name cut in its middle, so that its extension stays."""
    return name if len(name) <= limit else f"{name[: limit - 16].rstrip()}…{name[-15:]}"
