"""click's commands in our own dress: help laid out from help.toml, and wrong use as an error of ours.

click's own strings are English and spread over its code; here nothing of them reaches a person.
"""

from __future__ import annotations

import difflib
import importlib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from mailbot.cli.words import help_words
from mailbot.errors import ConfigError


class Command(click.Command):
    """A command whose help stands in help.toml under its name ('correspondents import')."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(_home_option())

    def get_help(self, ctx: click.Context) -> str:
        return help_page(self, ctx)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.allow_extra_args = True
        try:
            rest = super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise
        if rest and not isinstance(self, click.Group):
            raise wrong_use("cli_extra_argument", ctx, argument=rest[0])
        return rest


class Group(Command, click.Group):
    """Commands under one name.  `lazy` names module and variable: imported when the command is called."""

    def __init__(self, *args: Any, lazy: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lazy = dict(lazy or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self._lazy, *self.commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._lazy:
            return self.commands.get(cmd_name)
        module, _, variable = self._lazy[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), variable)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name.startswith("-"):
            raise wrong_use("cli_no_such_option", ctx, option=name)
        command = self.get_command(ctx, name)
        if command is None:
            near = difflib.get_close_matches(name, self.list_commands(ctx), n=1)
            raise wrong_use("cli_no_such_command", ctx, command=name, hint=near[0] if near else "")
        return name, command, args[1:]


def _home_option() -> click.Option:
    """--home may stand before or behind the command's name."""

    def keep(ctx: click.Context, param: click.Parameter, value: Path | None) -> None:
        if value is not None:
            ctx.find_root().meta["mailbot.home"] = value

    return click.Option(["--home"], type=click.Path(path_type=Path), expose_value=False, callback=keep)


# ---- wrong use ---------------------------------------------------------------------------------------------


def wrong_use(code: str, ctx: click.Context | None, **details: object) -> ConfigError:
    """A ConfigError that also says which --help to read."""
    path = " ".join(("mailbot", *_names(ctx))) if ctx else "mailbot"
    return ConfigError(code, command_path=path, **{"hint": "", **details})


def translated(error: click.ClickException) -> ConfigError:
    """click's complaint as an error of ours."""
    ctx = getattr(error, "ctx", None)
    if isinstance(error, click.NoSuchOption):
        near = [name for name in error.possibilities or () if name.startswith("--")][:1]
        return wrong_use("cli_no_such_option", ctx, option=error.option_name, hint="".join(near))
    if isinstance(error, click.MissingParameter):
        return wrong_use("cli_missing", ctx, parameter=_shown(error.param, ctx))
    if isinstance(error, click.BadParameter):
        choices = getattr(getattr(error.param, "type", None), "choices", ())
        code = "cli_not_a_choice" if choices else "cli_bad_value"
        return wrong_use(code, ctx, parameter=_shown(error.param, ctx), choices=" ".join(map(str, choices)))
    if isinstance(error, click.BadOptionUsage):
        return wrong_use("cli_option_usage", ctx, option=error.option_name)
    return wrong_use("cli_usage", ctx)


def _shown(param: click.Parameter | None, ctx: click.Context | None) -> str:
    """What a person calls a parameter: --by, or the Chinese name of an argument."""
    if param is None:
        return ""
    if isinstance(param, click.Option):
        return max(param.opts, key=len)
    return _described(param, _entry(_names(ctx)) if ctx else {})[0]


# ---- help --------------------------------------------------------------------------------------------------


def help_page(command: click.Command, ctx: click.Context) -> str:
    """Usage, what it does, arguments, options, commands."""
    words, names = help_words()["words"], _names(ctx)
    entry = _entry(names)
    lines = [words["usage"] + _usage(command, ctx, names), "", entry["text"].strip(), ""]
    lines += _block(words["commands"], _subcommands(command, ctx, names))
    params = [param for param in command.get_params(ctx) if not getattr(param, "hidden", False)]
    for title, kind in ((words["arguments"], click.Argument), (words["options"], click.Option)):
        lines += _block(title, (_described(p, entry) for p in params if isinstance(p, kind)))
    if isinstance(command, click.Group):
        lines.append(words["more"].format(command=" ".join(("mailbot", *names))))
    return "\n".join(lines).rstrip()


def _usage(command: click.Command, ctx: click.Context, names: Sequence[str]) -> str:
    words = help_words()["words"]
    parts = ["mailbot", *names, words["options_placeholder"]]
    if isinstance(command, click.Group):
        parts.append(words["command_placeholder"])
    for param in command.get_params(ctx):
        if isinstance(param, click.Argument):
            shown = _described(param, _entry(names))[0] + (" ..." if param.nargs == -1 else "")
            parts.append(shown if param.required else f"[{shown}]")
    return " ".join(parts)


def _subcommands(
    command: click.Command, ctx: click.Context, names: Sequence[str]
) -> Iterable[tuple[str, str]]:
    if isinstance(command, click.Group):
        for name in command.list_commands(ctx):
            yield name, _entry([*names, name])["summary"]


def _described(param: click.Parameter, entry: Mapping[str, Any]) -> tuple[str, str]:
    """How a parameter is written and what it means, from help.toml: ["FILE", "..."] or, for flags, "..."."""
    name = "help" if param.name and param.name.startswith("_click") else str(param.name)
    said = entry.get("parameters", {}).get(name) or help_words()["common"][name]
    value, meaning = ("", said) if isinstance(said, str) else said
    if isinstance(param, click.Argument):
        return value, meaning
    return ", ".join(param.opts) + (f" {value}" if value else ""), meaning


def _names(ctx: click.Context) -> list[str]:
    """The command's own names, without the program's: ['correspondents', 'import']."""
    names: list[str] = []
    at: click.Context | None = ctx
    while at is not None and at.parent is not None:
        names.insert(0, str(at.info_name))
        at = at.parent
    return names


def _entry(names: Sequence[str]) -> Mapping[str, Any]:
    entry: Mapping[str, Any] = help_words()["commands"][" ".join(names) or "mailbot"]
    return entry


def _block(title: str, rows: Iterable[tuple[str, str]]) -> list[str]:
    shown = list(rows)
    return [title, *table(shown, indent=2), ""] if shown else []


# ---- tables ------------------------------------------------------------------------------------------------


def table(rows: Iterable[Sequence[str]], *, indent: int = 0) -> list[str]:
    """Rows in columns that line up where Chinese is two cells wide."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(*cells, strict=True)]
    return [
        (
            " " * indent + "  ".join(c + " " * (w - width(c)) for c, w in zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]


def width(text: str) -> int:
    """Cells of a terminal that the text takes."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def number_shown(points: Decimal) -> Decimal:
    """With one decimal place, or as many as it has."""
    rounded = points.quantize(Decimal("0.1"))
    return abs(rounded) if not rounded else rounded if rounded == points else points
