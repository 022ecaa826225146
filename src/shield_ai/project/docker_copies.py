"""Find imported files that an app's Dockerfiles do not copy into the image."""

from __future__ import annotations

import fnmatch
import functools
import posixpath
import re
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.errors import SourceError
from shield_ai.project.docker_contexts import contexts_of, find_contexts
from shield_ai.project.dockerfile_instructions import read_instructions, split_arguments
from shield_ai.project.globs import has_too_many_wildcards
from shield_ai.project.image_folders import (
    DOCKERFILE,
    docker_folders,
    find_nested_folders,
    names_own_folder,
)
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from shield_ai.project.dockerfile_instructions import Instruction
    from shield_ai.project.tree import Tree

_STAGE = regex(r"(?:--\S+\s+)*(?P<base>\S+)(?:\s+AS\s+(?P<name>\S+))?\s*", re.IGNORECASE)
_VARIABLE = regex(r"\$(?:\{[^}]{0,200}\}|\w+)")
_IMAGE_CHARACTERS = regex(r"[/:@]")  # that names of stages can't have
_UNKNOWN = "?"  # a path in the image that depends on a variable
IGNORE_FILE = ".dockerignore"
_MAX_SIZE = 100_000  # bytes; the rest of a larger file is ignored
# A Dockerfile or .dockerignore file above the next limits is treated as empty.
_MAX_STAGES = 100
_MAX_SOURCES = 500  # per Dockerfile, in all instructions
_MAX_PATTERNS = 1000  # of a .dockerignore file
# Each stage can double the places of a file; more than these count as unknown.
_MAX_PLACES = 8
_WILDCARDS = regex(r"\*\*/?|\*|\?|\[\^?(?:\w-\w|[\w.])+\]|.", re.DOTALL)
_TRANSLATED = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


class Dockerfile(NamedTuple):
    """A Dockerfile, and the .dockerignore file that applies to it."""

    path: str
    text: str
    ignore_path: str
    ignore_text: str  # empty without such a file
    contexts: tuple[str, ...] = ("",)  # the folders that may be the context; "": the app's folder


class MissingCopy(NamedTuple):
    """An instruction that copies code into an image, but not the files that the code imports."""

    path: str  # the Dockerfile
    line: int
    missing: tuple[str, ...]  # the files
    is_ignored: bool  # a .dockerignore file excludes all: `path` and `line` are of a pattern


def find_missing_copies(
    tree: Tree, importers: Collection[str], needed: Sequence[str]
) -> Iterator[MissingCopy]:
    """Yield the instructions that copy code into an image without the files that it imports.

    The context of a build is assumed to be the app's folder. A source with a variable may copy any
    file that fits the folder before the variable, and FROM with one may name any earlier stage.

    Args:
        tree: The app's folder.
        importers: The files that import others.
        needed: The files that they import, which may not exist yet.
    """
    for dockerfile in read_dockerfiles(tree):
        yield from missing_copies(dockerfile, importers, needed)


def missing_copies(
    dockerfile: Dockerfile, importers: Collection[str], needed: Sequence[str]
) -> Iterator[MissingCopy]:
    """Yield the incomplete instructions of a Dockerfile; see find_missing_copies()."""
    path, text, ignore_path, ignore_text, _ = dockerfile
    files = {*importers, *needed}
    patterns = ignore_patterns(ignore_text)
    excluded = {file: line for file in files if (line := excluding_line(file, patterns))}
    stages = read_stages(text, files - excluded.keys())
    found = {(stage.line_of(importers), stage.missing(needed)) for stage in stages}
    for line, missing in sorted(found):
        ignored = tuple(file for file in missing if file in excluded)
        if line and ignored:
            first = min(excluded[file] for file in ignored)
            yield MissingCopy(ignore_path, first, ignored, is_ignored=True)
        others = tuple(file for file in missing if file not in excluded)
        if line and others:
            yield MissingCopy(path, line, others, is_ignored=False)


class ContextCopy(NamedTuple):
    """An instruction that copies a file of the context."""

    instruction: Instruction
    file: str
    folder: str  # the working directory of the image
    place: str  # the path of the file in the image


class Stage:
    """The copied files of a stage, with their places in the image."""

    def __init__(self, parent: Stage | None) -> None:
        self.folder: str = parent.folder if parent else "/"
        inherited = parent.places if parent else {}
        self.places: dict[str, set[str]] = {file: {*paths} for file, paths in inherited.items()}
        # Existing folders of the image, as far as the instructions name them.
        self.folders: set[str] = {*parent.folders} if parent else set()
        self.context_copies: list[ContextCopy] = []
        self._lines: dict[str, int] = {}

    def missing(self, files: Iterable[str]) -> tuple[str, ...]:
        """Return the files that the stage lacks."""
        return tuple(file for file in files if file not in self.places)

    def line_of(self, files: Iterable[str]) -> int:
        """Return the last line of the stage that copies any of the files; 0: none."""
        return max((self._lines.get(file, 0) for file in files), default=0)

    def change_folder(self, text: str) -> None:
        """Change the working directory, as WORKDIR does."""
        folder = text.strip().strip("\"'")
        self.folder = posixpath.normpath(posixpath.join(self.folder, folder))

    def _copies_to_folder(self, paths: Sequence[str], target: str) -> bool:
        """Return whether the target is a folder, which then exists."""
        is_folder = len(paths) > 2 or paths[-1].endswith(("/", ".")) or self._has_folder(target)
        if is_folder:
            self.folders.add(target)
        return is_folder

    def _has_folder(self, path: str) -> bool:
        return any(f"{folder}/".startswith(f"{path}/") for folder in (self.folder, *self.folders))

    def copy(self, instruction: Instruction, files: Iterable[str], others: _Stages) -> None:
        """Copy files as COPY or ADD does.

        Args:
            instruction: The instruction.
            files: The files of the context.
            others: The other stages, by name and number.
        """
        origin, excluded, paths = split_arguments(instruction.arguments)
        if len(paths) < 2 or (origin and origin not in others):
            return  # no destination, or a file of another image
        target = posixpath.normpath(posixpath.join(self.folder, paths[-1]))
        is_folder = self._copies_to_folder(paths, target)
        for file, place in list(_places(files, others[origin] if origin else None)):
            for source in paths[:-1]:
                copied = _copied_place(source, place, target, excluded, is_folder=is_folder)
                if copied:
                    self._add(file, copied, instruction)
                    if not origin:
                        copy = ContextCopy(instruction, file, self.folder, copied)
                        self.context_copies.append(copy)

    def _add(self, file: str, place: str, instruction: Instruction) -> None:
        self._lines[file] = instruction.line
        self.folders.add(posixpath.dirname(place))
        places = self.places.setdefault(file, set())
        places.add(place)
        if len(places) > _MAX_PLACES:
            self.places[file] = {_UNKNOWN}


_Stages = dict[str, Stage]


def _places(files: Iterable[str], stage: Stage | None) -> Iterator[tuple[str, str]]:
    """Yield the files of the context or of a stage, with their places there."""
    if stage is None:
        for file in files:
            yield file, file
        return
    for file, places in stage.places.items():
        for place in places:
            yield file, place


def read_stages(text: str, files: Collection[str]) -> list[Stage]:
    """Return the stages of a Dockerfile; none if it has too many instructions.

    Args:
        text: The Dockerfile.
        files: The files of the context that matter.
    """
    stages: list[Stage] = []
    named: _Stages = {}
    sources = 0
    for instruction in read_instructions(text):
        arguments = instruction.arguments
        if instruction.keyword == "FROM":
            match = _STAGE.match(arguments)
            stages.append(Stage(_find_base(match["base"].lower(), named) if match else None))
            if len(stages) > _MAX_STAGES:
                return []
            named[str(len(stages) - 1)] = stages[-1]
            if match and match["name"]:
                named[match["name"].lower()] = stages[-1]
        elif stages and instruction.keyword == "WORKDIR":
            stages[-1].change_folder(arguments)
        elif stages:
            sources += (len(arguments.split()) - 1) * (1 + arguments.count("--exclude"))
            if sources > _MAX_SOURCES:
                return []
            stages[-1].copy(instruction, files, named)
    return stages


def _find_base(base: str, named: _Stages) -> Stage | None:
    """Return the stage that FROM names; None for an image.

    For a variable, this is a stage with the files of all stages that it can name.
    """
    prefix, *others = _VARIABLE.split(base)
    if not others or _IMAGE_CHARACTERS.search("".join([prefix, *others])):
        return named.get(base)
    found = Stage(None)
    for name, stage in named.items():
        if name.startswith(prefix) and name.endswith(others[-1]) and not name.isdigit():
            found.places |= {file: {_UNKNOWN} for file in stage.places}
    return found


def _copied_place(
    source: str, place: str, target: str, excluded: list[tuple[int, str]], *, is_folder: bool
) -> str:
    """Return where a source of COPY puts a file; empty if it does not copy the file."""
    if place == _UNKNOWN:
        return _UNKNOWN
    if "$" in source:
        return _UNKNOWN if _may_contain(source, place) else ""
    inside = _part_inside(source, place)
    name = posixpath.basename(place)
    if inside is None or excluding_line(inside or name, excluded):
        return ""
    if "$" in target:
        return _UNKNOWN
    if inside:  # the source is a folder: its content is copied
        return posixpath.normpath(posixpath.join(target, inside))
    return posixpath.join(target, name) if is_folder else target


def _may_contain(source: str, place: str) -> bool:
    """Return whether a source with a variable can contain a file.

    The folder before the variable decides.
    """
    folder = source.partition("$")[0].rpartition("/")[0]
    return not folder or _part_inside(folder, place) is not None


def _part_inside(source: str, place: str) -> str | None:
    """Return the path of a file inside a source; empty: the file itself; None: not in it."""
    root = "/" if place.startswith("/") else ""
    parts = [part for part in posixpath.normpath(source).split("/") if part not in {"", "."}]
    names = place.removeprefix(root).split("/")
    if len(parts) > len(names) or has_too_many_wildcards(source):
        return None
    pairs = zip(names, parts, strict=False)
    # Docker negates a class of characters with ^, fnmatch with !.
    if not all(fnmatch.fnmatchcase(name, part.replace("[^", "[!")) for name, part in pairs):
        return None
    return "/".join(names[len(parts) :])


def read_dockerfiles(tree: Tree) -> list[Dockerfile]:
    """Return the Dockerfiles of an app."""
    named = find_contexts(tree)
    found: list[Dockerfile] = []
    for folder in ("", *docker_folders(tree)):
        found += _dockerfiles_in(tree, folder, named)
    for folder in find_nested_folders(tree):
        for dockerfile in _dockerfiles_in(tree, folder, named):
            has_root = "" in dockerfile.contexts
            if has_root and names_own_folder(dockerfile.path, dockerfile.text):
                found.append(dockerfile)
    return found


def _dockerfiles_in(tree: Tree, folder: str, named: Collection[str]) -> Iterator[Dockerfile]:
    for name in tree.file_names(folder):
        if DOCKERFILE.fullmatch(name) and not name.endswith(".dockerignore"):
            path = f"{folder}/{name}" if folder else name
            own = f"{path}.dockerignore"
            ignore_path = own if _read(tree, own) else IGNORE_FILE
            texts = (path, _read(tree, path), ignore_path, _read(tree, ignore_path))
            yield Dockerfile(*texts, contexts_of(path, named))


def _read(tree: Tree, path: str) -> str:
    try:
        raw = tree.read(path) or b""
    except SourceError:  # for example, a broken symbolic link
        return ""
    return raw[:_MAX_SIZE].decode("utf-8-sig", "replace")


def ignore_patterns(text: str) -> list[tuple[int, str]]:
    """Return the patterns of a .dockerignore file, with their lines."""
    lines = enumerate(text.splitlines(), 1)
    patterns = [(number, line.strip()) for number, line in lines if line[:1] not in {"", "#"}]
    return patterns if len(patterns) <= _MAX_PATTERNS else []


def excluding_line(file: str, patterns: Iterable[tuple[int, str]]) -> int:
    """Return the line of the pattern that excludes a file from a build; 0: it is included."""
    found = 0
    for number, pattern in patterns:
        text = pattern.removeprefix("!").strip()
        if not has_too_many_wildcards(text) and _compile_pattern(text).fullmatch(file):
            found = 0 if pattern.startswith("!") else number
    return found


@functools.lru_cache(maxsize=_MAX_PATTERNS)
def _compile_pattern(pattern: str) -> re.Pattern[str]:
    """Compile a pattern of .dockerignore or `--exclude`."""
    parts = _WILDCARDS.findall(posixpath.normpath(pattern).removeprefix("/"))
    expression = "".join(map(_translate_token, parts))
    try:
        return re.compile(rf"{expression}(?:/.*)?")
    except re.error:  # an invalid range, such as [z-a]
        return re.compile("(?!)")


def _translate_token(part: str) -> str:
    is_class = part.startswith("[") and len(part) > 1
    return part if is_class else _TRANSLATED.get(part) or re.escape(part)
