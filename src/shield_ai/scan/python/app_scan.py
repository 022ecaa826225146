"""Find every secret of an app: in its Python, and in its .env files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.edit import Skipped
from shield_ai.model.errors import SourceError
from shield_ai.model.finding import Finding
from shield_ai.project.layout import (
    BESIDE,
    Facts,
    find_roots,
    is_runtime,
    is_settings,
    is_test,
    named_settings,
    runs,
    runtime_place,
    served_packages,
)
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.python_source import Source
from shield_ai.scan.files.file_filter import (
    ALL,
    LOADS,
    NAMES,
    OWN,
    READS,
    WORDS,
    is_dull,
    is_worth,
    worth_parsing,
)
from shield_ai.scan.files.walk import is_dotenv, readable, walk
from shield_ai.scan.python.cross_file import ProjectContext, listed, settle
from shield_ai.scan.python.findings import (
    absent_finding,
    app_name,
    dotenv_finding,
    findings_of,
    is_label,
    join,
    number,
)
from shield_ai.scan.python.migrated import moved
from shield_ai.scan.python.project import Project
from shield_ai.scan.python.statement_filter import Telling
from shield_ai.scan.python.visitor import SecretVisitor
from shield_ai.scan.text.dotenv import dotenv
from shield_ai.scan.text.engine import reader

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path

    Read = Callable[[str], bytes | None]
    Worth = Mapping[str, tuple[bool, ...]]

ODD = "its name is no UTF-8: only looked through for credentials; rename it"
TOO_LARGE = 2_000_000  # bytes; no hand-written Python file comes near
SOURCE = b"class SecretsManagerSource(EnvSettingsSource)"  # a copy of ours
ACCESSORS = ("get_secret", "aws_get_secret", "shield_get_secret")
OURS = regex(rb"(secrets|shield_ai)\s+import[^\n]*\bget_secret\b")


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """What a scan saw, in the order of paths and lines."""

    findings: tuple[Finding, ...]
    skipped: tuple[Skipped, ...]
    files: tuple[str, ...]  # the Python files that were looked at
    facts: Facts
    # Path, line and column of each call of the runtime; 0 and 0 for a file with a settings source of ours.
    calls: tuple[tuple[str, int, int], ...] = ()
    harmless: tuple[Skipped, ...] = ()  # what sounds like a secret and is none
    # what stayed in the code of secrets that were moved already
    constants: tuple[Finding, ...] = ()


def scan(
    root: Path,
    paths: list[str] | None = None,
    named: Collection[str] = (),
    worth: Worth | None = None,
) -> Scan:
    """Scan an app's folder.

    Args:
        root: The folder.
        paths: Its own files, where a walk has listed them already.
        named: Variables that shield.toml names: secrets, whatever they are called.
        worth: What the patterns of `worth` found in its Python files, where they were looked for already.
    """
    listed_paths = list(walk(root)) if paths is None else paths
    return scan_files(root.resolve().name, listed_paths, reader(str(root)), named, worth)


def scan_files(
    name: str, paths: list[str], read: Read, named: Collection[str] = (), worth: Worth | None = None
) -> Scan:
    """Scan files that something else lists and reads.

    Args:
        name: Of the app.
        paths: Relative, with slashes.
        read: Gives the bytes of each; None where it can't.
        named: Variables that shield.toml names: secrets, whatever they are called.
        worth: What the patterns of `worth` found in the Python files, where they were looked for already.
    """
    paths, skipped = _sorted_out(paths)
    python = [path for path in paths if path.endswith(".py")]
    known = set(paths)
    facts = _facts(name, known, read, worth or {})
    project = Project(set(python), facts, read, _dull(worth or {}))
    settings = set(facts.settings)
    findings: list[Finding] = []
    looked: list[str] = []
    constants: list[Finding] = []
    harmless: list[Skipped] = []
    calls: list[tuple[str, int, int]] = []
    elsewhere = ProjectContext()
    bare: set[str] = set()  # settings files that do not use the runtime
    for path in python:
        if is_test(path, facts.served):
            continue
        worthy = (
            is_worth(worth[path], settings=path in settings) if worth and path in worth else None
        )
        if worthy is False and not named:
            looked.append(path)
            continue
        raw = read(path)
        if raw is None or len(raw) > TOO_LARGE:
            skipped.append(
                Skipped(
                    path=path,
                    line=0,
                    name="",
                    reason="can't be read" if raw is None else "too large",
                )
            )
            continue
        looked.append(path)
        if (
            is_runtime(raw)
            or SOURCE in raw
            or not (worthy or _wanted(raw, named, settings=path in settings))
        ):
            continue
        try:
            source = Source.from_bytes(path, raw)
            module = project.add(source)
        except SourceError as error:
            skipped.append(
                Skipped(path=path, line=0, name="", reason=error.message.removeprefix(f"{path}: "))
            )
            continue
        # Plans, which name variables, are made with all of a file.
        seen = SecretVisitor(
            project, module, Telling(raw) if worthy and not named and path not in settings else None
        )
        findings += findings_of(source, seen.run(), facts, known)
        elsewhere.moved |= seen.moved
        elsewhere.computed |= seen.listed | (listed(source.tree) if seen.computed else set())
        if path in settings:
            elsewhere.assigned.append((path, seen.assigned))
        harmless += _harmless(source, seen, settings=path in settings)
        constants += moved(source, seen.accessors)
        calls += [(path, 0, 0)] if seen.sources else []
        calls += [(path, node.lineno, node.col_offset) for node in seen.accessors]
        if path in settings and b"get_secret" not in raw:
            bare.add(path)
    kept = settle(join(findings, named, elsewhere.computed), elsewhere)
    more = [absent_finding(path) for path in bare & {finding.path for finding in kept}]
    # nothing is left to rewrite
    more += [msgspec.structs.replace(f, site=None) for f in constants if not f.env]
    findings = number([*kept, *more, *_dotenv_findings(paths, read)])
    skipped += [
        Skipped(path=f.path, line=f.line, name=f.env or f.name, reason=f.site.reason)
        for f in findings
        if f.site and f.site.reason
    ]
    return Scan(
        findings=tuple(findings),
        skipped=tuple(sorted(skipped, key=lambda s: (s.path, s.line, s.name))),
        files=tuple(looked),
        facts=facts,
        harmless=tuple(harmless),
        constants=tuple(constants),
        calls=tuple(calls),
    )


def _sorted_out(paths: list[str]) -> tuple[list[str], list[Skipped]]:
    """Leave out files that no import names, and no plan or journal could."""
    odd = [path for path in paths if path != readable(path)]
    skipped = [
        Skipped(path=readable(path), line=0, name="", reason=ODD)
        for path in odd
        if path.endswith(".py")
    ]
    return [path for path in paths if path == readable(path)], skipped


def _dull(worth: Worth) -> set[str]:
    """Name the files that hand nothing on; a package may, whatever it is called that a module in it has."""
    return {
        path for path, found in worth.items() if is_dull(found) and not path.endswith("__init__.py")
    }


def _harmless(source: Source, seen: SecretVisitor, *, settings: bool) -> Iterator[Skipped]:
    """Say what was passed over, each name once; outside the settings, only what is written as a setting is."""
    names: set[str] = set()
    labels = [spot for spot in seen.spots if not settings and is_label(spot)]
    passed = [
        *seen.harmless,
        *((s.node, s.target, "outside the settings, and like no secret") for s in labels),
    ]
    for node, full, reason in passed:
        name = full.rstrip(".0123456789")
        if name not in names and (settings or name.isupper()):
            names.add(name)
            yield Skipped(path=source.path, line=node.lineno, name=name, reason=reason)


def _wanted(raw: bytes, named: Collection[str], *, settings: bool) -> bool:
    """Whether a file can have something to find, also under a name that shield.toml alone knows."""
    return worth_parsing(raw, settings=settings) or any(name.encode() in raw for name in named)


def _dotenv_findings(paths: list[str], read: Read) -> list[Finding]:
    found: list[Finding] = []
    for path in paths:
        base = path.rpartition("/")[2]
        if is_dotenv(base) and (raw := read(path)):
            lines = raw.decode("utf-8-sig", "replace").split("\n")
            found += [
                dotenv_finding(path, line, lines[line - 1], key)
                for line, key in dotenv("\n".join(lines))
            ]
    return found


def _facts(name: str, known: set[str], read: Read, worth: Worth) -> Facts:
    named = named_settings(known, read)
    python = {path for path in known if path.endswith(".py")}
    served = served_packages(known, read)
    settings = {path for path in python if is_settings(path)}
    settings |= {path for path in named if not is_test(path, served)}
    django = bool(named) or any(b"INSTALLED_APPS" in (read(path) or b"") for path in settings)
    roots = find_roots(sorted(settings), named, known, read)
    first = _first(settings, named, roots, read)
    root = next((r for r in roots if not r or first.startswith(r + "/")), "")
    runtime = runtime_place(first, root, known, read) if first else BESIDE

    def those(pattern: re.Pattern[bytes]) -> Iterator[bytes]:
        """Yield the Python files that a pattern matches."""
        for path in python:
            if path not in worth or worth[path][ALL.index(pattern)]:
                raw = read(path) or b""
                if path in worth or pattern.search(raw):
                    yield raw if not is_test(path, served) or pattern is OWN else b""

    raws = [raw for raw in those(OWN) if b"get_secret" in raw and not is_runtime(raw)]
    return Facts(
        name=app_name(name),
        settings=tuple(sorted(settings)),
        named=tuple(sorted(set(named) & settings)),
        roots=roots,
        runtime=runtime,
        django=django,
        dotenv=any(those(LOADS)),
        served=served,
        accessor=_accessor(raws),
        runs=runs(runtime, root, known, read),
    )


def _first(settings: set[str], named: dict[str, str], roots: tuple[str, ...], read: Read) -> str:
    """Choose the settings file whose package the runtime is put into: the one that has most to move.

    Unless another one that reads variables lies directly on `sys.path`: that package may import it, as Flask's do.
    """
    candidates = sorted(set(named) & settings or settings)
    most = next(iter(candidates), "")
    if len(candidates) > 1:
        most = max(candidates, key=lambda path: _weight(read(path) or b""))
    root = next((r for r in roots if not r or most.startswith(r + "/")), "")
    beside = (
        path
        for path in candidates
        if path.rpartition("/")[0] == root and READS.search(read(path) or b"")
    )
    return most if named else next(beside, most)


def _weight(raw: bytes) -> tuple[bool, int]:
    """Say how much of an app's secrets a settings file may hold: one that reads none counts after all that do."""
    reads = b"BaseSettings" in raw or (READS.search(raw) and NAMES.search(raw))
    return bool(reads), len(WORDS.findall(raw))


def _accessor(raws: list[bytes]) -> str:
    """Choose a name for get_secret that no module of the app has for something else."""
    free = (name for name in ACCESSORS if not any(_binds(raw, name) for raw in raws))
    return next(free, ACCESSORS[-1])


def _binds(raw: bytes, name: str) -> bool:
    """Whether a module gives a name a meaning that is not ours."""
    if name.encode() not in raw:
        return False
    bound = rf"(?m)^[ \t]*(?:(?:async )?def {name}\b.*|from .*import .*\b{name}\b.*|{name}\s*=.*|\s+{name},?\s*)$"
    return any(not OURS.search(line) for line in re.findall(bound.encode(), raw))
