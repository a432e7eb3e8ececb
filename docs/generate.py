"""Write the pages of docs/reference/ that come from the code.

python docs/generate.py            write them
python docs/generate.py --check    exit with 1 where one is not as the code is
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from pytest_platform.cli import COMMANDS
from pytest_platform.cli.schema import audit_schema_json, defaults_schema_json, report_schema_json
from pytest_platform.module.reference import reference_page
from pytest_platform.plugin import ini, options

FOLDER = Path(__file__).resolve().parent / "reference"
NOTE = "This page is generated with `python docs/generate.py`; a test compares."


class Argument:
    """An argument that was declared; argcomplete is told on it what completes it."""

    completer: Any = None


@dataclass
class Recorder:
    """A parser that notes what is declared: of argparse, of pytest, or one of its groups.

    Help texts differ between versions of Python, and what is declared does not.
    """

    declared: list[tuple[tuple[str, ...], Mapping[str, Any]]] = field(default_factory=list)
    ini: list[tuple[str, str, str]] = field(default_factory=list)

    def add_argument(self, *names: str, **about: Any) -> Argument:
        """Note an argument of a command."""
        self.declared.append((names, about))
        return Argument()

    addoption = add_argument

    def getgroup(self, *_: str) -> Recorder:
        """Return itself: all options are of one group."""
        return self

    def addini(self, name: str, help: str, type: str = "string", default: Any = "") -> None:  # noqa: A002 - pytest's names
        """Note a value of the ini file."""
        self.ini.append((name, help, "" if type == "linelist" else str(default)))


def table(head: Sequence[str], rows: Iterator[tuple[str, ...]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def cell(text: str) -> str:
    """Write help text so that it may stand in a table."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def written(names: Sequence[str], about: Mapping[str, Any]) -> str:
    """Return an argument as it is written: ``--plan[=PATH]``, ``--module NAME``, ``FILE…``."""
    choices = "{" + ",".join(about["choices"]) + "}" if about.get("choices") else ""
    value = about.get("metavar") or choices or names[-1].lstrip("-").upper().replace("-", "_")
    flag = str(about.get("action", "")).startswith("store_")
    many = " …" if about.get("nargs") in {"*", "+"} else ""
    if not names[-1].startswith("-"):
        return f"[{value}{many}]" if about.get("nargs") in {"*", "?"} else f"{value}{many}"
    if flag:
        return ", ".join(names)
    return f"{names[-1]}[={value}]" if about.get("nargs") == "?" else f"{names[-1]} {value}"


def rows(recorder: Recorder) -> Iterator[tuple[str, ...]]:
    """Yield a row for each argument."""
    for names, about in recorder.declared:
        yield f"`{written(names, about)}`".replace("|", "\\|"), cell(about.get("help", ""))


def options_page() -> str:
    """Return the page of pytest's options and ini values."""
    recorder = Recorder()
    options.add_options(cast("Any", recorder))
    ini.add(cast("Any", recorder))
    values = (
        (f"`{name}`", cell(about), default and f"`{default}`")
        for name, about, default in recorder.ini
    )
    return "\n".join(
        [
            "# Options\n",
            f"What `pytest` takes from this plugin, in the group `platform`. {NOTE}",
            "How they work together is in [](running.md).\n",
            table(("option", "meaning"), rows(recorder)),
            "## Values of the ini file\n",
            "The command line wins over the environment, and that over the ini file.\n",
            table(("name", "meaning", "default"), values),
        ]
    )


def commands_page() -> str:
    """Return the page of the commands beside pytest."""
    head = (
        "# Commands\n\n`python -m pytest_platform COMMAND`, also as `pytest-platform COMMAND`."
        f" {NOTE}\n\nA number in the description of a command is its exit code. It is 0 where"
        " all went well, and 2 for arguments that cannot be used.\n"
    )
    return "\n".join([head, *(_command(name, module) for name, module in COMMANDS.items())])


def _command(name: str, module: ModuleType) -> str:
    recorder = Recorder()
    module.add_arguments(recorder)
    about, _, more = (module.__doc__ or "").strip().partition("\n")
    about = about.partition(": ")[2]
    does = (module.run.__doc__ or "").strip().partition("\n")[0]
    positional = [written(names, one) for names, one in recorder.declared if names[0][0] != "-"]
    parts = [f"## {name}\n", f"```text\n{' '.join(['pytest-platform', name, *positional])}\n```\n"]
    parts += [f"{about[:1].upper()}{about[1:]} {more.strip()}".strip() + "\n", f"{does}\n"]
    return "\n".join([*parts, table(("argument", "meaning"), rows(recorder))])


def _schema_page(generate: Callable[[], str], intro: str) -> Callable[[], str]:
    return lambda: reference_page(readable(json.loads(generate())), intro=f"{intro} {NOTE}")


def readable(schema: dict[str, Any]) -> dict[str, Any]:
    """Say in the description of each key what its title says, and give each object a title."""
    for part in [schema, *schema["$defs"].values()]:
        for key, found in part.get("properties", {}).items():
            title = found.get("title", "")
            if title and title.casefold() != key.replace("_", " "):
                found["description"] = f"{title}. {found.get('description', '')}".strip()
            if "properties" in found.get("items", {}):
                found["items"].setdefault("title", f"Item of {key}")
    return schema


PAGES: Mapping[str, Callable[[], str]] = {
    "options.md": options_page,
    "commands.md": commands_page,
    "report.md": _schema_page(report_schema_json, "What `--json` writes."),
    "defaults.md": _schema_page(defaults_schema_json, "What may stand in `modules/defaults.yaml`."),
    "audit.md": _schema_page(audit_schema_json, "What a line of the audit log holds."),
}
"""Every generated page and what generates it; a new one is one line here."""


def stale() -> list[str]:
    """Return the names of pages that are not as the code is."""
    paths = {name: FOLDER / name for name in PAGES}
    return [
        name
        for name, path in paths.items()
        if not path.is_file() or path.read_text(encoding="utf-8") != PAGES[name]()
    ]


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or with ``--check`` name those that are stale."""
    if "--check" in arguments:
        sys.stderr.write("".join(f"{name} is stale: python docs/generate.py\n" for name in stale()))
        return bool(stale())
    for name, generate in PAGES.items():
        (FOLDER / name).write_text(generate(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
