"""The examples of the documentation: found in its pages, and run as a reader would run them.

A page is a story. Its blocks are followed from top to bottom in one folder: a block that names a
file writes it, and a ``console`` block runs its commands and compares what they print. The info
string of a block says which it is::

    ```yaml modules/web/module.yaml     a file
    ```yaml                             a piece of a module or Compose file; see page_yaml.py
    ```console                          commands, and what they print
    ```console engine                   the same, which needs an Engine
    ```console fails                    the last command ends with another code than 0
    ```console restic                   commands that need this program
    ```sh elsewhere                     commands for another machine, or for the network
    ```text                             neither

The first line of a page may be ``<!-- begins with: modules -->``: then the folder holds the
modules of this repository.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
BEGINS = "<!-- begins with: modules -->"
_FENCE = MarkdownIt()
_NUMBERS = re.compile(r"\b\d+(?:\.\d+)? ?s\b|\b[0-9a-f]{64}\b")
_RULES = re.compile(r"([=_-])\1{2,}")
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_ANY_LINES = "..."
TOOLS = {"restic", "borg"}
"""Programs that a machine may lack; ``tests/run`` installs them."""


@dataclass(frozen=True)
class Block:
    """One fenced block of a page. ``line`` counts from 1."""

    page: Path
    line: int
    language: str
    words: tuple[str, ...]
    text: str

    @property
    def place(self) -> str:
        """Where it stands, as ``docs/tutorial.md:12``."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def file(self) -> str | None:
        """The file that it writes."""
        named = self.words[0] if self.words else ""
        is_file = ("." in named or "/" in named) and not self.of_sphinx
        return named if is_file else None

    @property
    def of_sphinx(self) -> bool:
        """Whether it is a directive, such as ``{toctree}``."""
        return self.language.startswith("{")


def hand_written() -> list[Path]:
    """Return the pages that are written by hand, in the order of their names."""
    generated = {"codes.md", "architecture.md"}
    pages = [one for one in DOCS.rglob("*.md") if one.name not in generated]
    return [ROOT / "README.md", *sorted(one for one in pages if not _is_generated(one))]


def _is_generated(page: Path) -> bool:
    return "This page is generated" in page.read_text(encoding="utf-8")


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page."""
    tokens = _FENCE.parse(page.read_text(encoding="utf-8"))
    found = []
    for token in tokens:
        if token.type in {"fence", "code_block"}:
            language, *words = token.info.split() or [""]
            line = token.map[0] + 1 if token.map else 1
            found.append(Block(page, line, language, tuple(words), token.content))
    return found


def needs_engine(page: Path) -> bool:
    """Tell whether a page has commands that need an Engine."""
    return any("engine" in one.words for one in blocks(page))


def has_commands(page: Path) -> bool:
    """Tell whether a page has commands that need no Engine."""
    found = (one for one in blocks(page) if one.language == "console")
    return any("engine" not in one.words for one in found)


@dataclass
class Story:
    """A page that is followed in a folder. ``swap`` replaces words, as the project's name."""

    page: Path
    folder: Path
    env: Mapping[str, str]
    swap: Mapping[str, str] = field(default_factory=dict)
    engine: bool = False

    def follow(self) -> None:
        """Write the files of the page and run its commands.

        Raises:
            AssertionError: a command ended, or printed, otherwise than the page says.
        """
        self._begin()
        for block in blocks(self.page):
            if block.file and block.language != "console":
                self._write(block.file, block.text)
            elif block.language == "console" and self._can_run(block):
                self._run(block)

    def _can_run(self, block: Block) -> bool:
        if "engine" in block.words and not self.engine:
            return False
        return all(shutil.which(tool) for tool in TOOLS & set(block.words))

    def _begin(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if BEGINS not in self.page.read_text(encoding="utf-8"):
            return
        for name in ("modules", "smoke"):
            shutil.copytree(ROOT / name, self.folder / name, ignore=_NOT_COPIED)
        for path in self.folder.rglob("*.yaml"):
            path.write_text(self._swapped(path.read_text(encoding="utf-8")), encoding="utf-8")
        (self.folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")

    def _swapped(self, text: str) -> str:
        for word, other in self.swap.items():
            text = text.replace(word, other)
        return text

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self._swapped(text), encoding="utf-8")

    def _run(self, block: Block) -> None:
        asked = list(commands(self._swapped(block.text)))
        for number, (command, expected) in enumerate(asked, 1):
            code, printed = self.shell(command)
            fails = "fails" in block.words and number == len(asked)
            shown = f"{block.place}: $ {command}\nexit code {code}\n{printed}"
            assert (code != 0) is fails, shown
            if expected:
                assert matches(expected, printed), f"{shown}\n--- the page says:\n{expected}"

    def shell(self, command: str) -> tuple[int, str]:
        """Run a command; return its exit code and all that it printed."""
        # Compose comes from the package index here, where it is no plugin of docker.
        script = command.replace("docker compose", "docker-compose --progress quiet")
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env={**self.env, "COLUMNS": "80"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=600,
            check=False,
        )
        return done.returncode, done.stdout.decode()


_NOT_COPIED = shutil.ignore_patterns("__pycache__", ".env")


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Yield each command of a console block, with the output that follows it.

    A command goes on after a backslash, and in lines that are indented by two blanks.
    """
    command, output = "", ""
    continued = False
    for line in text.splitlines():
        if line.startswith("$ "):
            if command:
                yield command, output.rstrip("\n")
            command, output = line[2:], ""
        elif continued or (line.startswith("  ") and command and not output):
            command += "\n" + line
        else:
            output += line + "\n"
        continued = (line.startswith("$ ") or continued) and line.endswith("\\")
    if command:
        yield command, output.rstrip("\n")


def matches(expected: str, printed: str) -> bool:
    """Tell whether output is as a page shows it.

    ``...`` in a line stands for any text, and alone for any lines. Durations, digests and the
    length of rules may differ.
    """
    lines = [_plain(line) for line in expected.splitlines()]
    # A line of its own ends with its newline; any lines take theirs with them.
    pattern = "".join(
        r"(?:.*\n)*?" if one == _ANY_LINES else _pattern(one) + r"\n" for one in lines
    )
    seen = "".join(_plain(line) + "\n" for line in printed.splitlines())
    return re.fullmatch(pattern, seen) is not None


def _pattern(line: str) -> str:
    return re.escape(line).replace(re.escape(_ANY_LINES), ".*")


def _plain(line: str) -> str:
    line = _NUMBERS.sub("N", _COLOUR.sub("", line))
    return _RULES.sub(r"\1\1", line).rstrip()
