"""Find the Python versions that a project names: for its CI, its images and its package."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.errors import SourceError
from shield_ai.project.image_folders import DOCKERFILE, docker_folders
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from shield_ai.project.tree import Tree

OLDEST_SUPPORTED = (3, 9)  # by the runtime
OLDEST_WORKING = (3, 7)  # older versions can't import the runtime
WORKFLOWS = ".github/workflows"
FOLDERS = ("", WORKFLOWS)
# What a command that installs or runs the project contains.
RUNS_PROJECT = regex(
    rb"requirements|\.(?:txt|py|sh)\b|scripts?/|\.ya?ml@|uses[ \t]*:[ \t]*[\"']?\./"
    rb"|\bpython3?[ \t]+\S|\bpip3?[ \t]+install[^\n]{0,200}[ \t\"']\."
    rb"|\b(?:py\.?test|unittest|coverage|tox|nox|uv|poetry|pipenv|pdm|hatch|rye|make|just|invoke"
    rb"|docker)[ \t\r\n]"
)
YAML = regex(r"(?!\.pre-commit).+\.ya?ml")  # pre-commit runs its hooks, not the project
KEY = rb"(?m)^[ \t-]*python(?:[-_]version)?s?[ \t]*:"
FLOW_KEY = rb"[{,][ \t]*[\"']?python(?:[-_]version)?s?[\"']?[ \t]*:"
# https://docs.docker.com/reference/dockerfile/#understand-how-arg-and-from-interact
ARG = regex(rb"(?im)^[ \t]*ARG[ \t]+(\w+)=[\"']?([^\s\"']*)")
ARG_USE = regex(rb"\$(?:(\w+)|\{(\w+)(?::?-([^{}\n]*))?\})")
# Pairs of patterns: for the name of a file, and for the versions in it on which the project runs.
RUNS_ON = (
    (
        DOCKERFILE,
        regex(
            rb"(?im)^[ \t]*FROM[ \t]+(?:--\S+[ \t]+)?[\"']?(?:[\w.:/-]+[/:])?(python[:-]?\d\.\d+)"
        ),
    ),
    (
        regex(r"Pipfile"),
        regex(rb"(?m)^[ \t]*python_(?:full_)?version[ \t]*=[ \t]*([^#\n]+)"),
    ),
    (regex(r"runtime\.txt|\.python-version"), regex(rb"^([^#\n]+)", re.MULTILINE)),
    (YAML, regex(KEY + rb"[ \t]*([^#\s][^#\n]*)")),
    (YAML, regex(KEY + rb"((?:[ \t]*\n[ \t]*-[ \t]*[\"']?\d[\w.]*[\"']?(?![^#\s]))+)")),
    (YAML, regex(FLOW_KEY + rb"[ \t]*(\[[^\]\n]*|[\"'][^\"'\n]*|[^,}\s#][^,}\n#]*)")),
    (
        YAML,
        regex(
            rb"(?m)^[ \t-]*(?:container|image)[ \t]*:[ \t]*[\"']?(?:[\w.:/-]+/)?(python:\d\.\d+)"
        ),
    ),
)
VERSION = regex(rb"(?<![\d.])(\d)\.(\d{1,2})(?!\d)")
METADATA = regex(r"setup\.(?:py|cfg)|pyproject\.toml")
REQUIRES = regex(
    rb"(?m)^[ \t]*(?:python_requires|requires-python|python)[ \t]*=[ \t]*[\"']?([^\"'\n#]+)"
)
# Versions that the project claims to support. Production may use only one of them, so the oldest
# of them says nothing about production.
CLAIMED = (
    (METADATA, regex(rb"Programming Language :: Python :: (\d\.\d+)")),
    (regex(r"tox\.ini"), regex(rb"(?<!\w)py\{?((?:\d{2,3}[,\s]*)+)")),
)
CLAIM = regex(rb"(\d)\.?(\d{1,2})")
BOUND = regex(rb"(!=|[<>=~^]=?|)\s*(\d)\.(\d{1,2})(?!\d)")


class DeclaredVersion(NamedTuple):
    """A Python version, and the file that names it."""

    version: tuple[int, int]
    path: str
    is_minimum: bool = False  # newer versions are allowed

    def __str__(self) -> str:
        return ".".join(map(str, self.version))


def find_python_versions(tree: Tree, paths: Iterable[str]) -> list[DeclaredVersion]:
    """Return the versions that a project names, oldest first.

    Args:
        tree: The app's folder.
        paths: Files of the app, such as its settings; the folders above them are searched, too.
    """
    own: dict[str, None] = {}
    for path in paths:
        own |= dict.fromkeys(str(parent) for parent in PurePosixPath(path).parents[:-1])
    folders = dict.fromkeys((*FOLDERS, *_image_folders(tree, own), *own))
    found: set[DeclaredVersion] = set()
    for folder in folders:
        for name in tree.file_names(folder):
            path = f"{folder}/{name}" if folder else name
            found.update(_versions_in(tree, path, name))
    return sorted(found)


def oldest_python(versions: Iterable[DeclaredVersion]) -> tuple[int, int]:
    """Return the oldest version that a project names and that can import the runtime.

    If there is none, this is the oldest version that the runtime supports.
    """
    working = [named.version for named in versions if named.version >= OLDEST_WORKING]
    return min(working, default=OLDEST_SUPPORTED)


def newest_python(tree: Tree, versions: Iterable[DeclaredVersion]) -> DeclaredVersion | None:
    """Return the newest version on which a project may run; None if that is not known.

    Args:
        tree: The app's folder.
        versions: The versions that `find_python_versions` returns.
    """
    found = [*versions]
    if all(named.is_minimum for named in found):
        return None
    # CI may also test newer versions than that of the image.
    images = [named for named in found if DOCKERFILE.fullmatch(named.path.rpartition("/")[2])]
    if images:
        return max(images)
    # Classifiers and tox environments are often outdated: they can raise the newest version, but
    # not lower it.
    for name in tree.file_names(""):
        found += _claimed(tree, name)
    return max(found)


def _image_folders(tree: Tree, own: Collection[str]) -> Iterator[str]:
    """Yield the folders with Dockerfiles, without those of other projects than the app's."""
    others: set[str] = set()
    for folder in docker_folders(tree):  # a folder comes before those in it
        is_project = any(METADATA.fullmatch(name) for name in tree.file_names(folder))
        is_other = is_project or str(PurePosixPath(folder).parent) in others
        if is_other and folder not in own:
            others.add(folder)
        else:
            yield folder


def _versions_in(tree: Tree, path: str, name: str) -> Iterator[DeclaredVersion]:
    patterns = [content for file, content in RUNS_ON if file.fullmatch(name)]
    is_metadata = bool(METADATA.fullmatch(name))
    if not patterns and not is_metadata:
        return
    raw = _read(tree, path)
    if path.startswith(WORKFLOWS) and b"run:" in raw and not RUNS_PROJECT.search(raw):
        return  # for example, tests of the deployed app in a browser
    if DOCKERFILE.fullmatch(name):
        raw = _substitute_arguments(raw)
    for pattern in patterns:
        yield from _matched(pattern, raw, path)
    for text in REQUIRES.findall(raw) if is_metadata else ():
        yield from _required(text, path)


def _matched(pattern: re.Pattern[bytes], raw: bytes, path: str) -> Iterator[DeclaredVersion]:
    for text in pattern.findall(raw):
        for major, minor in VERSION.findall(text):
            yield DeclaredVersion((int(major), int(minor)), path)


def _claimed(tree: Tree, name: str) -> Iterator[DeclaredVersion]:
    """Yield the versions in the classifiers of a package, and in the environments of tox."""
    for file, pattern in CLAIMED:
        if file.fullmatch(name):
            for text in pattern.findall(_read(tree, name)):
                for major, minor in CLAIM.findall(text):
                    yield DeclaredVersion((int(major), int(minor)), name)


def _required(text: bytes, path: str) -> Iterator[DeclaredVersion]:
    """Yield the bounds that a requirement includes: 3.6 and 3.8 for ">=3.6,<3.9"."""
    bounds: list[tuple[bytes, tuple[int, int]]] = []
    for operator, major, minor in BOUND.findall(text):
        if operator == b"<" and minor != b"0":
            bounds.append((operator, (int(major), int(minor) - 1)))
        elif operator not in {b"<", b"!="}:
            bounds.append((operator, (int(major), int(minor))))
    has_maximum = any(operator in {b"<", b"<=", b"==", b"=", b"~", b""} for operator, _ in bounds)
    for _, version in bounds:
        yield DeclaredVersion(version, path, not has_maximum)


def _substitute_arguments(raw: bytes) -> bytes:
    """Replace the arguments in a Dockerfile with their defaults: `FROM python:${VERSION}`."""
    defaults: dict[bytes, bytes] = dict(ARG.findall(raw))

    def default_of(use: re.Match[bytes]) -> bytes:
        return defaults.get(use[1] or use[2], use[3] or b"")

    return ARG_USE.sub(default_of, raw)


def _read(tree: Tree, path: str) -> bytes:
    try:
        return tree.read(path) or b""
    except SourceError:  # for example, a broken symbolic link
        return b""
