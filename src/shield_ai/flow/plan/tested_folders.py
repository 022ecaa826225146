"""Find the folders of tests that CI runs, or else the other commands or settings of the project."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from shield_ai.project.git import files_around, prefix_of
from shield_ai.project.layout import is_test
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.files_around import MAX_FILES, read_around
from shield_ai.scan.deployment.limits import MAX_SIZE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from shield_ai.project.tree import Tree

UP = r"(?:\.\./)*"
WORKFLOW = regex(UP + r"(?:\.github/workflows/[^/]+\.ya?ml|\.gitlab-ci\.yml)")
SCRIPT = regex(UP + r"(?:Makefile|tox\.ini|(?:docker-)?compose[\w.-]*\.ya?ml|scripts?/[^/]+)")
FOLDERS = ("", ".github/workflows", "script", "scripts")
CONFIGS = ("pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
TESTPATHS = regex(
    rb"(?m)^[ \t]*testpaths[ \t]*=[ \t]*"
    rb"(?P<paths>\[[^\]]{0,2000}\]|[^\n\[]{0,2000}(?:\n[ \t]+[^\n]{1,200}){0,50})"
)
COMMAND = regex(
    rb"(?:manage\.py[ \t]+test|(?<![\w.-])py\.?test)(?=[\s\"'])"
    rb"(?P<arguments>(?:[^\n;&|#\\]|\\\n?){0,1000})"
)
NO_COMMAND = regex(rb"#|\bname:|\b(?:install|echo)\b")
WORDS = ("manage.py test", "pytest", "py.test")
SEPARATOR = regex(r"[\s,\"'\[\]\\]+")
# Options with a value after a space.
WITH_VALUE = regex(
    r"-[cdkmnopWt]|--(?:cov|ignore|deselect|rootdir|settings|tag|exclude-tag|parallel|ds|maxfail"
    r"|durations|junitxml|junit-xml|verbosity|testrunner|cov-config|cov-report|config-file)"
)


def find_tested_folders(tree: Tree, paths: Collection[str]) -> list[str]:
    """Return the folders with the tests that run; an empty list for all folders.

    The workflows of CI decide if they contain commands that run tests, or else scripts. Without
    any, it is the setting `testpaths` of pytest.

    Args:
        tree: The app's folder.
        paths: All Python files of the app.
    """
    folders = {posixpath.dirname(path) for path in paths if is_test(path)}
    known = {parent for folder in folders for parent in _with_parents(folder)} | {
        path for path in paths if is_test(path)
    }
    configured = _folders(_configured(tree), known)
    prefix = f"{prefix_of(tree.root)}/"
    files = _files(tree)
    for place in (WORKFLOW, SCRIPT):
        runs: list[set[str]] = []
        for path in filter(place.fullmatch, files):
            raw = read_around(tree.root, path) or b""
            runs += _runs(raw[:MAX_SIZE], known, prefix)
        if runs:
            chosen = [folders or configured for folders in runs]
            return sorted(set().union(*chosen)) if all(chosen) else []
    return sorted(configured)


def _files(tree: Tree) -> list[str]:
    """Return the files that may contain commands, in the app or above it."""
    inside = [
        posixpath.join(folder, name) for folder in FOLDERS for name in tree.file_names(folder)
    ]
    return [*inside, *(files_around(tree.root, WORDS) or ())][:MAX_FILES]


def _configured(tree: Tree) -> list[str]:
    """Return the value of `testpaths` in the first file with it."""
    for name in CONFIGS:
        if match := TESTPATHS.search((tree.read(name) or b"")[:MAX_SIZE]):
            return SEPARATOR.split(match["paths"].decode("utf-8", "replace"))
    return []


def _runs(raw: bytes, known: Collection[str], prefix: str) -> Iterator[set[str]]:
    """Yield the folders of each command that runs tests; an empty set for all folders."""
    for match in COMMAND.finditer(raw):
        line = raw[raw.rfind(b"\n", 0, match.start()) + 1 : match.start()]
        if NO_COMMAND.search(line):
            continue
        words = SEPARATOR.split(match["arguments"].decode("utf-8", "replace"))
        arguments = [
            word.removeprefix("./").removeprefix(prefix)
            for before, word in zip(["", *words], words, strict=False)
            if not WITH_VALUE.fullmatch(before) and not word.startswith("-")
        ]
        dotted = [word.replace(".", "/") for word in arguments if "/" not in word]
        yield _folders([*arguments, *dotted], known)


def _folders(words: Iterable[str], known: Collection[str]) -> set[str]:
    """Return the folders with tests among the words of a command, also of single files."""
    found = set()
    for word in words:
        path = posixpath.normpath(word.partition("::")[0]) if word else ""
        if path in known:
            found.add(posixpath.dirname(path) if path.endswith(".py") else path)
    return found


def _with_parents(folder: str) -> Iterator[str]:
    while folder:
        yield folder
        folder = posixpath.dirname(folder)
