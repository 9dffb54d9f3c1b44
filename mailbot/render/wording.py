"""Templates of the 通报, through a sandbox: what a person of the office may reword without touching code.

Templates come as a mapping of path below templates/ to text, since render/ opens no file.  A mistake in one
is ConfigError 'template_error' with file, line and detail, so that it can be found by who made it.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache

from jinja2 import DictLoader, StrictUndefined, Template, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment

from mailbot.errors import ConfigError
from mailbot.policy import Wording

_GIVEN = re.compile(r"\{%[-+]?\s*(?:set|block)\s+(\w+)")


@dataclass(frozen=True, slots=True)
class Texts:
    """What one template gave, by name.  What is missing or of the wrong kind is the template's mistake."""

    source: str
    found: Mapping[str, object]
    lines: Mapping[str, int] = field(default_factory=dict)
    """Where in the template each name is given."""

    def text(self, key: str) -> str:
        value = self.found.get(key)
        if not isinstance(value, str):
            raise self._mistake(key)
        return value

    def filled(self, key: str, **values: object) -> str:
        """The text with its {names} filled in."""
        try:
            return self.text(key).format(**values)
        except (LookupError, ValueError, AttributeError) as error:
            raise self._mistake(key, f"{key}: {error}") from error

    def words(self, key: str) -> tuple[str, ...]:
        return tuple(self.text(key).split())

    def mapping(self, key: str) -> Mapping[str, str]:
        value = self.found.get(key)
        if not isinstance(value, Mapping) or not all(isinstance(part, str) for part in value.values()):
            raise self._mistake(key)
        return value

    def _mistake(self, key: str, detail: str = "") -> ConfigError:
        line = self.lines.get(key, 0)
        return ConfigError("template_error", file=self.source, key="", line=line, detail=detail or key)


class Templates:
    """Templates by path ('bulletin/monthly.j2').  Compiled once; rendering changes nothing."""

    def __init__(self, templates: Mapping[str, str]) -> None:
        self._texts = dict(templates)
        self._environment = SandboxedEnvironment(
            loader=DictLoader(self._texts),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            autoescape=False,
        )

    def passages(self, name: str, values: Mapping[str, object]) -> Texts:
        """Each `{% block %}` of the template, rendered with `values`, without blank lines."""
        with self._explaining(name):
            template = self._environment.get_template(name)
            context = template.new_context(dict(values))
            for _ in template.root_render_func(context):
                pass  # defines the macros that blocks use
            found = {key: _tidy("".join(block(context))) for key, block in template.blocks.items()}
            return Texts(name, found, self._lines(name))

    def settings(self, name: str) -> Texts:
        """What the template gives names to with `{% set %}`."""
        with self._explaining(name):
            module = self._environment.get_template(name).make_module()
            return Texts(name, vars(module), self._lines(name))

    def _lines(self, name: str) -> dict[str, int]:
        text = self._texts[name]
        return {match[1]: text.count("\n", 0, match.start()) + 1 for match in _GIVEN.finditer(text)}

    @contextmanager
    def _explaining(self, name: str) -> Iterator[None]:
        """Any failure while a template is compiled or run is the template's: told with its file and line."""
        try:
            yield
        except TemplateSyntaxError as error:
            file, line, detail = error.name or name, error.lineno, (error.message or "").rstrip(".")
            raise ConfigError("template_error", file=file, key="", line=line, detail=detail) from error
        except TemplateNotFound as error:
            raise ConfigError("template_error", file=error.name, key="", line=0, detail="missing") from error
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
            line = _line_of(error, self._environment.get_template(name), self._texts[name])
            detail = str(error).rstrip(".")
            raise ConfigError("template_error", file=name, key="", line=line, detail=detail) from error


@lru_cache(maxsize=8)
def templates_of(wording: Wording) -> Templates:
    """Compiled once: a Wording is one object for as long as it is loaded."""
    return Templates(wording.templates)


def _line_of(error: BaseException, template: Template, text: str) -> int:
    """The template's line that raised: compiled templates appear in a traceback as '<template>'.

    jinja2 tells of an unknown filter at the condition around it, and of what a macro was not given inside the
    macro; people look for the mistake where they made it.
    """
    if (unknown := _UNKNOWN.match(str(error))) and (place := re.search(rf"\|\s*{unknown[1]}\b", text)):
        return text.count("\n", 0, place.start()) + 1
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "<template>"
    ]
    innermost = -2 if len(lines) > 1 and _NOT_GIVEN in str(error) else -1
    return template.get_corresponding_lineno(lines[innermost] or 0) if lines else 0


_UNKNOWN = re.compile(r"No filter named '(\w+)'")
_NOT_GIVEN = "was not provided"


def _tidy(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())
