"""Copy the vendored runtime into the images that have code which imports it."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from shield_ai.model.edit import Edit
from shield_ai.model.skip import SkipId
from shield_ai.project.docker_copies import missing_copies, read_stages
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.python_source import file_change
from shield_ai.rewrite.project.copy_files import copy_folder
from shield_ai.rewrite.project.file_edits import NOTHING, Outcome, newline

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from shield_ai.model.edit import FileChange
    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.skip import SkipReason
    from shield_ai.project.docker_copies import ContextCopy, Dockerfile, MissingCopy
    from shield_ai.rewrite.project.fixer import FixContext

_INIT = "/__init__.py"
_MAX_PROBLEMS = 10  # of a Dockerfile; a hostile one has more stages than any other
_OPTIONS = regex(r"(?:--(?:chown|chmod|link)\b\S*\s+)*(?!--)")
_PLAIN = regex(r"[\w./-]+")


def sample_files(runtime: str) -> list[str]:
    """Return the map file and one file of the copy: an image with both has the whole runtime.

    Args:
        runtime: The path of the map file.
    """
    return [runtime, f"{copy_folder(runtime)}{_INIT}"]


def skip_reason(copy: MissingCopy) -> SkipReason:
    """Return the reason to report a missing copy: it names what the user can add."""
    paths = [path.removesuffix(_INIT) for path in copy.missing]
    names = " and ".join(paths)
    if not copy.is_ignored:
        return SkipId.NOT_COPIED.reason(names=names)
    exceptions = " and ".join(f"!{path}" for path in paths)
    return SkipId.IMAGE_IGNORES.reason(names=names, exceptions=exceptions)


def fix(context: FixContext) -> Outcome:
    """Add instructions to Dockerfiles, and exceptions to .dockerignore files."""
    runtime = context.manifest.app.runtime
    if runtime == "package" or not context.app.importers:
        return NOTHING
    needed = sample_files(runtime)
    texts: dict[str, str] = {}
    skipped = []
    for dockerfile in context.app.dockerfiles:
        ignore_text = texts.get(dockerfile.ignore_path, dockerfile.ignore_text)
        current = dockerfile._replace(ignore_text=ignore_text)
        fixed = _fix_image(current, context.app.importers, needed)
        if fixed and _are_complete(context.read, dockerfile):
            texts |= {fixed.path: fixed.text, fixed.ignore_path: fixed.ignore_text}
        else:
            for copy in missing_copies(current, context.app.importers, needed):
                skipped.append(skip_reason(copy).entry(copy.path, copy.line))
    changes = [_insertions(path, context.read(path), text) for path, text in texts.items()]
    return [change for change in changes if change.edits], skipped


def _are_complete(read: FileReader, dockerfile: Dockerfile) -> bool:
    """Return whether the texts equal the files, which can be longer or invalid UTF-8."""
    files = [(dockerfile.path, dockerfile.text), (dockerfile.ignore_path, dockerfile.ignore_text)]
    return all((read(path) or b"") == text.encode() for path, text in files)


def _fix_image(
    dockerfile: Dockerfile, importers: Collection[str], needed: Sequence[str]
) -> Dockerfile | None:
    """Add what the image lacks to its Dockerfile and .dockerignore; None if that is not certain."""
    problems = list(missing_copies(dockerfile, importers, needed))
    if len(problems) > _MAX_PROBLEMS:
        return None
    while problems:
        if problems[0].is_ignored:
            dockerfile = _include(dockerfile, problems[0])
        else:
            dockerfile = _add_copies(dockerfile, problems[0], importers)
        previous, problems = problems, list(missing_copies(dockerfile, importers, needed))
        if _size(problems) >= _size(previous):
            return None
    return dockerfile


def _size(problems: Collection[MissingCopy]) -> tuple[int, int]:
    """Return the number of problems, and of those with ignored files: each edit must reduce it."""
    return len(problems), sum(problem.is_ignored for problem in problems)


def _include(dockerfile: Dockerfile, problem: MissingCopy) -> Dockerfile:
    """Add exceptions at the end of .dockerignore: the last pattern that matches a file applies."""
    paths = [path.removesuffix(_INIT) for path in problem.missing]
    if not all(map(_PLAIN.fullmatch, paths)):
        return dockerfile
    text = dockerfile.ignore_text
    added = [f"!{path}" for path in paths]
    return dockerfile._replace(ignore_text=_insert_lines(text, len(text.splitlines()), added))


def _add_copies(
    dockerfile: Dockerfile, problem: MissingCopy, importers: Collection[str]
) -> Dockerfile:
    """Add instructions after the first one that copies code into the stage."""
    for stage in read_stages(dockerfile.text, importers):
        if stage.line_of(importers) != problem.line or not stage.context_copies:
            continue
        added = {_instructions(copy, problem.missing) for copy in stage.context_copies}
        lines = added.pop()
        after = stage.context_copies[0].instruction.last_line
        if lines and not added and not _continues(dockerfile.text, after):
            text = _insert_lines(dockerfile.text, after, lines)
            return dockerfile._replace(text=text)
    return dockerfile


def _continues(text: str, line: int) -> bool:
    """Return whether a line ends with an escape character, as the last instruction may do."""
    return text.splitlines()[line - 1].rstrip().endswith(("\\", "`"))


def _instructions(copy: ContextCopy, files: Iterable[str]) -> tuple[str, ...]:
    """Return instructions that copy files to where an importer finds them.

    Returns:
        () if they can't be derived with certainty from the form of the existing instruction.
    """
    arguments = copy.instruction.arguments
    options = _OPTIONS.match(arguments)
    roots = _import_roots(copy)
    if options is None or roots is None:
        return ()
    source_root, target_root = roots
    instruction = " ".join(["COPY", *options[0].split()])
    lines = []
    for path in files:
        source = path.removesuffix(_INIT)
        target = target_root + source.removeprefix(source_root)
        if not source.startswith(source_root) or not _PLAIN.fullmatch(source + target):
            return ()
        if source == path:
            target = f"{posixpath.dirname(target) or '.'}/"
        lines.append(f"{instruction} {source} {target}")
    return tuple(lines)


def _import_roots(copy: ContextCopy) -> tuple[str, str] | None:
    """Return the folders of the context and of the image below which the paths are the same.

    Returns:
        None if the target is relative and the place is outside the working directory.
    """
    names, places = copy.file.split("/"), copy.place.split("/")
    while names and places and names[-1] == places[-1]:
        names.pop()
        places.pop()
    source_root = "".join(f"{name}/" for name in names)
    target_root = "".join(f"{name}/" for name in places)
    words = copy.instruction.arguments.split()
    if words[-1].startswith(("/", '"/')):
        return source_root, target_root
    # The base image may set a working directory, so a relative path stays relative.
    folder = f"{copy.folder.rstrip('/')}/"
    if not target_root.startswith(folder):
        return None
    return source_root, target_root.removeprefix(folder)


def _insert_lines(text: str, after: int, added: Iterable[str]) -> str:
    """Insert lines after a line, which is counted from 1."""
    end = newline(text.encode())
    lines = text.splitlines(keepends=True)
    new = [f"{line}{end}" for line in added]
    if after == len(lines) and not text.endswith(("\n", "\r")):
        new.insert(0, end)
    return "".join([*lines[:after], *new, *lines[after:]])


def _insertions(path: str, before: bytes | None, after: str) -> FileChange:
    """Return the insertions that turn a file into a text with additional lines."""
    raw = before or b""
    edits = []
    offset = 0
    for line in after.encode().splitlines(keepends=True):
        if raw.startswith(line, offset):
            offset += len(line)
            continue
        rest = raw[offset:]
        kept = rest if line.startswith(rest) else b""  # the last line had no line ending
        offset += len(kept)
        text = line.removeprefix(kept).decode()
        edits.append(Edit(path=path, start=offset, end=offset, replacement=text))
    return file_change(path, raw, edits)
