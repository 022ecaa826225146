"""Find the scripts and configuration files, other than Python code, that read secret variables."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.deployment import DeploymentKind, Use
from shield_ai.model.name_meaning import is_secret
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.file_format import COMPOSE_FILE, file_format
from shield_ai.scan.deployment.limits import MAX_SIZE
from shield_ai.scan.deployment.production import path_use
from shield_ai.scan.files.walk import display_path, walk_all
from shield_ai.scan.text.reader import reader

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

# A read of a variable: $NAME, ${NAME, $(NAME) and printenv NAME in shell and make; env.NAME,
# env["NAME"], env?.NAME and env?.["NAME"] in JavaScript; ENV["NAME"] and ENV.fetch("NAME") in Ruby;
# environ["NAME"] and environ.get("NAME") in Python; env("NAME"), also as the end of getenv("NAME").
READ = regex(
    rb"(?:\$[{(]?(?!printenv[ \t])|\benv\??\.|\bprintenv[ \t]{1,9}"
    rb"|(?:\b(?:ENV|env|environ)(?:\?\.)?\[|\bENV\.fetch[( ]|\benviron\.get\(|env\()"
    rb"[ \t]{0,9}\\?[\"'`])"
    rb"(?P<name>[A-Za-z_][A-Za-z0-9_]{0,200})"
)
# const { NAME, OTHER: alias } = process.env in JavaScript.
DESTRUCTURED = regex(
    rb"(?P<names>\{[^{}]*+)\}\s{0,9}=\s{0,9}(?:process|import\.meta|Bun)\??\.env\b"
)
PROPERTY = regex(rb"[{,]\s*(?P<name>[A-Za-z_]\w{0,200})")
# In JavaScript without `process.env` or `import { env } from "process"`, `env` is another object.
JAVASCRIPT = regex(r".*\.(?:[cm]?[jt]sx?|vue|svelte)", re.IGNORECASE)
PROCESS_ENV = regex(
    rb"\b(?:process|meta|Bun|Deno)\??\.env\b|\benv\b[^{}]{0,100}\}\s{0,9}(?:=|from)\s{0,9}[\"']?(?:node:)?process\b"
)
ENV_MEMBER = regex(rb"\benv\??(?=[.\[])")
# Python code and copies of it (settings.py.bak), documents, assets, files that only developers use,
# and CI configuration.
NOT_SEARCHED = regex(
    r".*\.pyi?(?:[._-]\w{1,40}){0,3}|.*\.(?:md|rst|txt|adoc|html|css|svg|lock|map|min\.js)|(?:.*/)?justfile"
    r"|(?:.*/)?\.(?:env[^/]*|envrc|github/.*|gitlab/.*)",
    re.IGNORECASE,
)
# The platform, not the container, substitutes the references in these files.
PLATFORM_FORMATS = frozenset({"yaml", "json", "terraform", "systemd"})
# Dockerfile instructions that run in the container; the others run when the image is built.
# Comments and empty lines do not end an instruction that continues on the next line.
RUNTIME_INSTRUCTION = regex(
    rb"(?im)^[ \t]*(?:cmd|entrypoint|healthcheck)\b"
    rb"(?:[^\n]*\\[ \t]*\r?\n(?:[ \t\r]*(?:#[^\n]*)?\n)*+)*+[^\n]*$"
)
# A makefile sees environment variables, except those that it assigns. Lines that start with a tab
# are commands.
MAKEFILE = regex(r"(?:.*/)?(?:gnu)?makefile", re.IGNORECASE)
MAKE_ASSIGNMENT = regex(
    rb"(?m)^ *(?:(?:export|override)[ \t]+)?(?P<name>[A-Za-z_]\w{0,200})[ \t]*(?:::?:?|!)?="
)
# These files start programs; `MAKE` is a call of make in one of them.
STARTERS = frozenset({"dockerfile", "procfile", "systemd", "shell", "fly"})
MAKE = regex(rb"(?m)(?:^|[\s\"'\[;&|/(])make[\"']?[,\s][^\n]{0,20}[\w-]")

# The names of scripts that start the app: docker-entrypoint.sh, start, start_worker.sh.
START_SCRIPT = regex(
    r"(?:[\w-]{0,100}[_-])?(?:entry[_-]?point|start|launch)(?:[_-][\w-]{0,100})?(?:\.(?:ba)?sh)?",
    re.IGNORECASE,
)
# A comment, or the variables that a script sets: A=1, export A=1 B=2, read -r A B.
ASSIGNMENT = regex(
    rb"(?m)(?:^|[\s;])#[^\n]*|^[ \t]*(?P<set>[A-Za-z_]\w{0,200}=)"
    rb"|(?:^|[\s;&|({])(?:(?:export|local|readonly|declare|typeset)[ \t](?P<declared>[^\n;&|]*)"
    rb"|read[ \t](?P<read>[^\n;&|<]*))"
)
# A variable that a script sets: export URL="postgres://$USER:$PASSWORD@db".
SET_BY_SCRIPT = regex(rb"(?m)^[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_]\w{0,200})=(?P<value>.*)$")
START_KINDS = frozenset({"dockerfile", "procfile"})
NOT_NEWLINE = regex(rb"[^\n]")


class DerivedVariable(NamedTuple):
    """A variable that a script builds from other variables."""

    variable: str
    path: str
    line: int


class CommandReads(NamedTuple):
    """The first place in each file that reads a variable, as `path:line`, by variable."""

    production: Mapping[str, Sequence[str]]
    development: Mapping[str, Sequence[str]]  # in files for development or tests
    # other variables with the names of secrets, in scripts that start the app in production
    start_scripts: Mapping[str, Sequence[str]] = MappingProxyType({})
    # from a variable in start_scripts to the searched variable that the script builds from it
    derived: Mapping[str, DerivedVariable] = MappingProxyType({})

    @property
    def preferred(self) -> dict[str, Sequence[str]]:
        """The places for production, or those for development if a variable has no others."""
        return {**self.development, **self.production}


def find_command_reads(root: Path, names: Collection[str]) -> CommandReads:
    """Return the places that read variables.

    A makefile is for development unless a file for production calls make.

    Args:
        root: The app's folder.
        names: The variables to search for.

    Raises:
        SourceError: The folder can't be listed.
    """
    search = _Search(names)
    read = reader(str(root))
    for entry in walk_all(root) if names else ():
        if not NOT_SEARCHED.fullmatch(entry.path) and _may_run_commands(entry.path):
            raw = read(entry.path)
            if raw is not None and len(raw) <= MAX_SIZE and b"\0" not in raw:
                search.add(entry.path, raw)
    return search.reads()


def _may_run_commands(path: str) -> bool:
    return file_format(path) not in PLATFORM_FORMATS or _is_starter(path)


def _is_starter(path: str) -> bool:
    is_compose = COMPOSE_FILE.fullmatch(path, path.rfind("/") + 1) is not None
    return is_compose or file_format(path) in STARTERS


class _Search:
    """Collects the reads of variables.

    Args:
        names: The variables.
    """

    def __init__(self, names: Collection[str]) -> None:
        self._names = names
        self._production: dict[str, list[str]] = {}
        self._development: dict[str, list[str]] = {}
        self._start_scripts: dict[str, list[str]] = {}
        self._derived: dict[str, DerivedVariable] = {}
        self._in_makefiles: dict[str, dict[str, int]] = {}
        self._calls_make = False

    def add(self, path: str, raw: bytes) -> None:
        """Add the reads of a file, and whether it calls make."""
        kind = file_format(path)
        if kind == "dockerfile":
            raw = _blank_build_steps(raw)
        elif JAVASCRIPT.fullmatch(path) and not PROCESS_ENV.search(raw):
            raw = ENV_MEMBER.sub(b"", raw)
        is_production = path_use(path, DeploymentKind.SHELL, ()) is not Use.DEVELOPMENT
        if is_production:
            self._calls_make |= _is_starter(path) and bool(MAKE.search(raw))
            self._add_start_script(path, raw)
        if MAKEFILE.fullmatch(path):
            assigned = {match["name"].decode() for match in MAKE_ASSIGNMENT.finditer(raw)}
            self._in_makefiles[path] = _first_lines(raw, set(self._names) - assigned)
        elif kind not in PLATFORM_FORMATS:
            found = self._production if is_production else self._development
            _add_places(found, path, _first_lines(raw, self._names))

    def _add_start_script(self, path: str, raw: bytes) -> None:
        is_script = START_SCRIPT.fullmatch(path.rpartition("/")[2])
        if is_script or file_format(path) in START_KINDS:
            others = self._other_secrets(raw)
            _add_places(self._start_scripts, path, _first_lines(raw, others))
            self._add_derived(path, raw, others)

    def _add_derived(self, path: str, raw: bytes, others: set[str]) -> None:
        for match in SET_BY_SCRIPT.finditer(raw):
            name = match["name"].decode()
            if name not in self._names:
                continue
            line = raw.count(b"\n", 0, match.start()) + 1
            for part in _first_lines(match["value"], others):
                self._derived.setdefault(part, DerivedVariable(name, display_path(path), line))

    def _other_secrets(self, raw: bytes) -> set[str]:
        """Return the names of other secrets that a script reads, and does not set itself."""
        read = {name for _, name in _reads(raw)}
        read.difference_update(self._names, _assigned_names(raw))
        return {name for name in read if name.isupper() and is_secret(name)}

    def reads(self) -> CommandReads:
        """Return the reads of all files."""
        found = self._production if self._calls_make else self._development
        for path, lines in self._in_makefiles.items():
            _add_places(found, path, lines)
        return CommandReads(self._production, self._development, self._start_scripts, self._derived)


def _add_places(found: dict[str, list[str]], path: str, lines: Mapping[str, int]) -> None:
    for name, line in lines.items():
        found.setdefault(name, []).append(f"{display_path(path)}:{line}")


def _first_lines(raw: bytes, names: Collection[str]) -> dict[str, int]:
    """Return the first line of a file that reads each variable."""
    lines: dict[str, int] = {}
    for start, name in _reads(raw):
        if name in names and name not in lines:
            lines[name] = raw.count(b"\n", 0, start) + 1
    return lines


def _reads(raw: bytes) -> list[tuple[int, str]]:
    """Return the offset and the variable of each read, in order."""
    reads = [(match.start(), match["name"].decode()) for match in READ.finditer(raw)]
    for names in DESTRUCTURED.finditer(raw):
        for match in PROPERTY.finditer(raw, *names.span("names")):
            reads.append((match.start("name"), match["name"].decode()))
    return sorted(reads)


def _assigned_names(script: bytes) -> set[str]:
    names: set[bytes] = set()
    for match in ASSIGNMENT.finditer(script):
        names.update((match["read"] or b"").split())
        words = (match["set"] or match["declared"] or b"").split()
        names.update(word.partition(b"=")[0] for word in words if b"=" in word)
    return {name.decode(errors="replace") for name in names}


def _blank_build_steps(raw: bytes) -> bytes:
    """Blank the lines of a Dockerfile that run when the image is built."""
    kept = bytearray(NOT_NEWLINE.sub(b" ", raw))
    for match in RUNTIME_INSTRUCTION.finditer(raw):
        kept[match.start() : match.end()] = match[0]
    return bytes(kept)
