"""The rules of the house: who may import whom, where libraries, SQL and the clock live, what people read."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "mailbot"
MODULES = sorted(PACKAGE.rglob("*.py"))

# Each layer may import from the layers after it, and from itself where `within` says so.
FLOORS: tuple[frozenset[str], ...] = (
    frozenset({"cli", "worker", "console", "__main__"}),
    frozenset({"app"}),
    frozenset({"workflow"}),
    frozenset({"intake", "scoring", "render", "store", "transport"}),
    frozenset({"roster", "lexicon", "marking", "policy", "config"})
    | frozenset({"_config_checks", "_sources", "_toml", "_wording"}),
    frozenset({"facts", "model", "errors", "clock"}),
)
PURE = {"intake", "scoring", "render"}
HOMES = {
    "imapclient": {"transport/imap.py"},
    "smtplib": {"transport/smtp.py"},
    "poplib": {"transport/pop3.py"},
    "mailparser": {"intake/message.py"},
    "olefile": {"intake/"},
    "docx": {"render/official.py"},
    "sqlite3": {"store/"},
    "sqlite_utils": {"store/"},
    "apscheduler": {"worker.py"},
    "jinja2": {"render/", "console/"},
    "flask": {"console/"},
    "flask_wtf": {"console/"},
    "waitress": {"console/"},
    "openpyxl": {"render/sheets.py", "workflow/office/register.py"},
    "click": {"cli"},
    "tomllib": {"_toml.py", "cli/words.py"},
}


def part_of(module: Path) -> str:
    """mailbot/intake/word.py -> intake; mailbot/cli.py -> cli."""
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(module: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{module}:{node.lineno}: relative import"
            if node.module == "mailbot":
                for alias in node.names:
                    yield f"mailbot.{alias.name}", node.lineno
            else:
                yield node.module, node.lineno


def floor_of(part: str) -> int:
    return next(i for i, floor in enumerate(FLOORS) if part in floor)


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(PACKAGE)))
def test_imports_go_one_way(module: Path) -> None:
    """Doors -> app -> workflow -> the five -> data -> model; the five never import each other."""
    part = part_of(module)
    if part == "__init__":
        return
    for name, line in imports_of(module):
        if not name.startswith("mailbot.") or name == "mailbot.__version__":
            continue
        other = name.split(".")[1]
        if other == part:
            continue
        mine, theirs = floor_of(part), floor_of(other)
        sideways = mine == theirs and part in FLOORS[4] | {"worker", "cli", "__main__", "facts"}
        assert theirs > mine or sideways, f"{module.name}:{line} imports {name}"


WORKFLOW = ("office", "marks", "solicitations", "mail", "bulletins", "demo")
UNDER_ALL = {"desk", "letterbox"}


@pytest.mark.parametrize(
    "module", [m for m in MODULES if part_of(m) == "workflow"], ids=lambda m: str(m.relative_to(PACKAGE))
)
def test_the_packages_of_workflow_stand_on_those_before_them(module: Path) -> None:
    """As workflow/__init__.py has it.  The Desk knows none of them, and a letter only asks of a restore."""
    package = module.relative_to(PACKAGE / "workflow").parts[0].removesuffix(".py")
    below = {"desk": (), "letterbox": WORKFLOW[:1]}.get(package)
    if below is None and package in WORKFLOW:
        below = WORKFLOW[: WORKFLOW.index(package) + 1]
    for name, line in imports_of(module):
        if name.startswith("mailbot.workflow."):
            other = name.split(".")[2]
            assert other in UNDER_ALL | set(below or ()), f"{module.name}:{line} imports {name}"


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(PACKAGE)))
def test_each_library_has_one_home(module: Path) -> None:
    """A second user of a library would be a second opinion on what it is for."""
    path = module.relative_to(PACKAGE).as_posix()
    for name, line in imports_of(module):
        homes = HOMES.get(name.split(".")[0])
        if homes is not None:
            assert any(path == h or path.startswith(h) for h in homes), f"{path}:{line} imports {name}"


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(PACKAGE)))
def test_only_clock_reads_the_time(module: Path) -> None:
    """Everything else is handed `now` (promise P11)."""
    if module.name == "clock.py":
        return
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            call = ast.unparse(node.func)
            assert not re.search(
                r"\b(datetime|date)\.(now|utcnow|today)$|^time\.(time|localtime|sleep)$", call
            ), f"{module.name}:{node.lineno} calls {call}"


@pytest.mark.parametrize(
    "module", [m for m in MODULES if part_of(m) in PURE], ids=lambda m: str(m.relative_to(PACKAGE))
)
def test_pure_parts_open_nothing(module: Path) -> None:
    """intake, scoring and render open no file, socket, database or clock."""
    for name, line in imports_of(module):
        top = name.split(".")[0]
        assert top not in {
            "os",
            "pathlib",
            "socket",
            "ssl",
            "logging",
            "subprocess",
            "urllib",
            "http",
            "time",
        } or (name in {"urllib.parse"}), f"{module.name}:{line} imports {name}"
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"open", "print", "input"}, f"{module.name}:{node.lineno}"


SQL = re.compile(
    r"\b(SELECT\s.+\sFROM|INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+TABLE)\b",
    re.S,
)


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(PACKAGE)))
def test_sql_lives_in_the_store(module: Path) -> None:
    """The only SQL is in store/."""
    if part_of(module) == "store":
        return
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert not SQL.search(node.value), f"{module.name}:{node.lineno}"


MATCHED = {
    "roster.py": "how units off the roster are written",
    "render/_ooxml.py": "names of fonts",
    "transport/imap.py": "names of the Sent folder",
}
"""Chinese that is matched against or names a thing of the format: nobody reads it."""

HAN = re.compile(r"[\u4e00-\u9fff]")


def literals_of(module: Path) -> Iterator[tuple[str, int]]:
    """String literals that are no docstrings."""
    tree = ast.parse(module.read_text("utf-8"))
    docs = {
        id(node.value)
        for parent in ast.walk(tree)
        if isinstance(parent, ast.Module | ast.ClassDef | ast.FunctionDef)
        for node in parent.body
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value, node.lineno


@pytest.mark.parametrize(
    "module",
    [m for m in MODULES if part_of(m) != "intake" and m.relative_to(PACKAGE).as_posix() not in MATCHED],
    ids=lambda m: str(m.relative_to(PACKAGE)),
)
def test_what_people_read_is_not_in_code(module: Path) -> None:
    """Chinese wording lives in templates/ and data/policy/ (intake holds what it matches against)."""
    for text, line in literals_of(module):
        assert not HAN.search(text), f"{module.relative_to(PACKAGE)}:{line}: {text[:30]}"


TESTS = sorted(Path(__file__).parent.glob("*.py"))
TIMED = {
    "office.py": "waits for a process, up to a limit",
    "servers.py": "waits for a server, up to a limit",
    "test_folder.py": "that a wait ends early",
    "test_imap.py": "that a wait ends early, or lasts as asked",
    "test_worker.py": "that a worker stops, wakes and pauses in time",
}
"""Where time itself is the subject."""


CLOCKS = {"perf_counter", "perf_counter_ns", "process_time", "process_time_ns", "thread_time", "timeit"}


@pytest.mark.parametrize("module", TESTS, ids=lambda m: m.name)
def test_no_test_measures_speed(module: Path) -> None:
    """Speed is measured in bench/; tests count calls and stop what hangs (steps.py)."""
    clocks = CLOCKS if module.name in TIMED else CLOCKS | {"monotonic", "monotonic_ns"}
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "time":
            assert node.attr not in clocks, f"{module.name}:{node.lineno} reads time.{node.attr}"
        elif isinstance(node, ast.ImportFrom) and node.module in {"time", "timeit"}:
            assert not {alias.name for alias in node.names} & clocks, f"{module.name}:{node.lineno}"


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(PACKAGE)))
def test_no_module_is_longer_than_400_lines(module: Path) -> None:
    """What grows beyond is split by noun."""
    assert len(module.read_text("utf-8").splitlines()) <= 400
