"""Templates of the 通报, through a sandbox: what a person of the office may reword without touching code.

Templates come as a mapping of path below templates/ to text, since render/ opens no file.  A mistake in one
is ConfigError 'template_error' with file, line and detail, so that it can be found by who made it.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from jinja2 import DictLoader, StrictUndefined, Template, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment

from mailbot.errors import ConfigError


class Wording:
    """Templates by path ('bulletin/monthly.j2').  Compiled once; rendering changes nothing."""

    def __init__(self, templates: Mapping[str, str]) -> None:
        self._environment = SandboxedEnvironment(
            loader=DictLoader(dict(templates)),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            autoescape=False,
        )

    def passages(self, name: str, values: Mapping[str, object]) -> Mapping[str, str]:
        """Each `{% block %}` of the template, rendered with `values`, without blank lines."""
        with self._explaining(name):
            template = self._environment.get_template(name)
            context = template.new_context(dict(values))
            for _ in template.root_render_func(context):
                pass  # defines the macros that blocks use
            return {key: _tidy("".join(block(context))) for key, block in template.blocks.items()}

    def settings(self, name: str) -> Mapping[str, object]:
        """What the template gives names to with `{% set %}`."""
        with self._explaining(name):
            module = self._environment.get_template(name).make_module()
            return {key: value for key, value in vars(module).items() if not key.startswith("_")}

    @contextmanager
    def _explaining(self, name: str) -> Iterator[None]:
        """Any failure while a template is compiled or run is the template's: told with its file and line."""
        try:
            yield
        except TemplateSyntaxError as error:
            file, line = error.name or name, error.lineno
            raise ConfigError("template_error", file=file, line=line, detail=error.message) from error
        except TemplateNotFound as error:
            raise ConfigError("template_error", file=error.name, line=0, detail="missing") from error
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
            line = _line_of(error, self._environment.get_template(name))
            raise ConfigError("template_error", file=name, line=line, detail=error) from error


def _line_of(error: BaseException, template: Template) -> int:
    """The template's line that raised: compiled templates appear in a traceback as '<template>'."""
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "<template>"
    ]
    return template.get_corresponding_lineno(lines[-1] or 0) if lines else 0


def _tidy(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())
