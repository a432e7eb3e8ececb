"""The values that the files of a repository hold, collected before anything is shown.

Read without Compose, and so also where Compose refuses the files. Too much is read rather than
too little: which services of a file a module uses does not matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct, field

from pytest_platform.compose.env_file import entries, read
from pytest_platform.compose.interpolation import declared, variables
from pytest_platform.compose.literals import in_command, in_value
from pytest_platform.compose.references import included_files, walk
from pytest_platform.compose.tree import Node, documents, is_readable
from pytest_platform.secrets import Secrets
from pytest_platform.secrets.names import says_secret
from pytest_platform.secrets.rule import of_secret, of_text

_MAX_SECRET: Final = 64 * 1024
_SMALL: Final = 1024
"""A file of no more characters, named by a file that cannot be read, may hold a secret alone."""
_ASSIGNED: Final = frozenset({"environment", "labels", "args", "annotations"})
_NAMED: Final = frozenset({"image", "container_name", "hostname", "domainname", "name", "profiles"})
"""Fields that name things, in every part of which are words of every report."""

_SCRIPTS: Final = frozenset({"content", "dockerfile_inline"})
_SECTIONS: Final = frozenset({"services", "networks", "volumes", "secrets", "configs", "models"})
_PARTS: Final = re.compile(r"[/:@._-]")
_NAME: Final = re.compile(r"\$\{?([A-Za-z_]\w*)")
_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_]\w*)[^{}]*\}|\$([A-Za-z_]\w*)")
_WORD: Final = re.compile(r"[A-Za-z_]\w*")
_FLOW: Final = re.compile(r"[\[\]{}\"', \t]+")
_FILE: Final = re.compile(r"[\w./-]+")

_Path = tuple[str, ...]


class _Gathered(Struct):
    """What was found: ``secret`` values, names and values from ``outside``, ``public`` literals."""

    environment: Mapping[str, str]
    secret: dict[str, None] = field(default_factory=dict)
    outside: dict[tuple[str, str], None] = field(default_factory=dict)
    public: set[str] = field(default_factory=set)
    variables: set[str] = field(default_factory=set)
    seen: set[Path] = field(default_factory=set)
    last: dict[str, str] = field(default_factory=dict)
    """The value that was met last, by name."""

    def add(self, values: Iterable[str]) -> None:
        self.secret.update(dict.fromkeys(values))

    def from_outside(self, name: str, value: str | None) -> None:
        if value is None:
            self.variables.add(name)
            return
        self.variables.update(_NAME.findall(value))
        self.outside[name, value] = None
        self.outside[name, declared(value)] = None
        self.last[name] = declared(value)

    def env_file(self, path: Path) -> None:
        if path not in self.seen:
            self.seen.add(path)
            for name, value in entries(path):
                self.from_outside(name, value)


def known_values(
    projects: Iterable[tuple[Path, ...]], folders: Iterable[Path], environment: Mapping[str, str]
) -> Secrets:
    """Collect what is secret in Compose projects and all that they name, and what is public.

    ``projects`` are the Compose files of each, ``folders`` further ones in which Compose may
    look for a ``.env``. Never raises.
    """
    gathered = _Gathered(environment)
    named = environment.get("COMPOSE_ENV_FILES", "").split(",")
    for folder in folders:
        gathered.env_file(folder / ".env")
        for one in filter(None, named):
            gathered.env_file(folder / one.strip())
    for files in dict.fromkeys(projects):
        _Project(files, gathered).read()
    for name in environment:
        if name in gathered.variables or says_secret(name):
            gathered.outside[name, environment[name]] = None
    return Secrets(gathered.secret, gathered.outside).without(gathered.public)


class _Project:
    """One Compose project: its files, and those that they include, extend and name."""

    def __init__(self, files: tuple[Path, ...], gathered: _Gathered) -> None:
        self._files = files
        self._named: list[Path] = []
        self._folder = files[0].parent
        self._gathered = gathered

    def read(self) -> None:
        """Go through all files, each once in a run."""
        for file in walk(self._files, lambda _: self._named):
            self._compose_file(file)

    def _compose_file(self, file: Path) -> None:
        """Read a file, and keep the Compose files that it names: the walk goes on to these."""
        self._named = []
        if file in self._gathered.seen:
            return
        self._gathered.seen.add(file)
        text = read(file)
        for folder in (file.parent, self._folder):
            self._gathered.env_file(folder / ".env")
        self._gathered.variables.update(_NAME.findall(text))
        if not is_readable(text):
            self._unreadable(text, file)
        trees = documents(text)
        for tree in trees:
            self._node(tree, (), file)
        self._named += included_files(trees, file)

    def _unreadable(self, text: str, file: Path) -> None:
        """Take what stands in lines and lists, and what files and variables are named anywhere."""
        for one in (text, _FLOW.sub(" ", text)):
            self._gathered.add(found.value for found in in_command(one))
        self._gathered.variables.update(_WORD.findall(text))
        for word in dict.fromkeys(_FILE.findall(text)):
            self._file(file.parent / word)

    def _file(self, path: Path) -> None:
        if path.suffix in {".yaml", ".yml"}:
            self._named.append(path)
        elif "env" in path.name:
            self._gathered.env_file(path)
        elif held := read(path)[:_MAX_SECRET]:
            self._gathered.add(of_secret(held) if len(held) <= _SMALL else of_text(held))

    def _node(self, node: Node, path: _Path, file: Path) -> None:
        self._refers(node, path, file)
        listed = bool(node.children) and all(name.isdigit() for name, _, _ in node.children)
        if not node.children:
            self._literal(path, node.text, ())
        elif listed and path[-1:] and path[-1] in _ASSIGNED:
            pairs = [child.text.partition("=") for _, _, child in node.children]
            names = [name for name, _, _ in pairs]
            for name, between, text in pairs:
                self._assigned(path, name, text if between else None, names)
        elif listed and not any(child.children for _, _, child in node.children):
            self._words(path, [child.text for _, _, child in node.children])
        else:
            self._mapping(node, path, file)

    def _mapping(self, node: Node, path: _Path, file: Path) -> None:
        names = [name for name, _, _ in node.children]
        if path[-1:] and path[-1] in _SECTIONS:
            self._gathered.public.update(_parts_of(names))
        for name, _, child in node.children:
            if path[-1:] and path[-1] in _ASSIGNED and not child.children:
                self._assigned(path, name, child.text or None, names)
            else:
                self._node(child, (*path, name), file)

    def _words(self, path: _Path, texts: list[str]) -> None:
        if not self._literal(path, " ".join(texts), ()):
            self._gathered.public.update(texts)

    def _assigned(self, path: _Path, name: str, text: str | None, beside: list[str]) -> None:
        if text is None:
            self._gathered.variables.add(name)
        else:
            self._literal((*path, name), text, beside)

    def _literal(self, path: _Path, text: str, beside: Sequence[str]) -> bool:
        """Take up a text; return whether it holds a secret."""
        name = next((one for one in reversed(path) if not one.isdigit()), "")
        found = in_value(name, text, beside)
        for one in found:
            value = one.value.strip(" \t\n'\"")
            self._gathered.add(of_secret(value) if "secret" in one.what else [value])
        if not found:
            self._gathered.public |= {text, declared(text)}
            if name in _SCRIPTS:
                self._gathered.public.update(line.strip() for line in text.splitlines())
            self._gathered.public.update(one.default for one in variables(text) if one.default)
            if name in _NAMED:
                self._gathered.public.update(_parts_of([declared(text)]))
        return bool(found)

    def _refers(self, node: Node, path: _Path, file: Path) -> None:
        """Follow what names a file or a variable from which values come."""
        key = path[-1] if path else ""
        if key in {"env_file", "project_directory"}:
            for one in self._paths(_texts(node), file):
                self._gathered.env_file(one / ".env" if key == "project_directory" else one)
        elif key == "extends":
            found = node.find("file")
            self._named += self._paths([found[1].text] if found else [], file)
        elif len(path) == len(("secrets", "name", "file")) and path[0] in {"secrets", "configs"}:
            self._held(path[0], key, _texts(node), file)

    def _held(self, kind: str, key: str, texts: list[str], file: Path) -> None:
        if key == "file":
            for one in self._paths(texts, file):
                text = read(one)[:_MAX_SECRET]
                self._gathered.add(of_secret(text) if kind == "secrets" else of_text(text))
        elif key == "environment":
            for name in texts:
                value = self._gathered.environment.get(name, "")
                self._gathered.add(of_secret(value))
                self._gathered.variables.add(name)

    def _paths(self, texts: Iterable[str], file: Path) -> Iterator[Path]:
        """Yield where a path may lead: from the file itself, or from the project's folder."""
        for text in filter(None, texts):
            filled = self._filled(text)
            if "\0" not in filled:
                yield from dict.fromkeys((file.parent / filled, self._folder / filled))

    def _filled(self, text: str) -> str:
        def value(found: re.Match[str]) -> str:
            name = found[1] or found[2]
            known = self._gathered.environment.get(name, self._gathered.last.get(name))
            return found[0] if known is None else known

        return declared(_VARIABLE.sub(value, text))


def _texts(node: Node) -> list[str]:
    """Return the text of a node, of its elements, and of the field ``path`` of each of them."""
    texts = [node.text]
    for name, _, child in node.children:
        found = child.find("path")
        texts += [child.text] if name.isdigit() or name == "path" else []
        texts += [found[1].text] if found else []
    return texts


def _parts_of(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from (text, *_PARTS.split(text))
