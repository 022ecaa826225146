"""Find the folders that Compose files and pipelines use as contexts of image builds."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from shield_ai.model.errors import SourceError
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from shield_ai.project.tree import Tree

MAX_SIZE = 400_000  # bytes of a file that are searched
WORKFLOWS = ".github/workflows"
COMPOSE = regex(r"(?:docker-)?compose\b.*\.ya?ml")
WORKFLOW = regex(r".*\.ya?ml")
PIPELINE = regex(r"\.gitlab-ci\.yml|Makefile")
# `build: FOLDER` of a service, or `context: FOLDER` of a build or of docker/build-push-action.
CONTEXT = regex(
    rb"(?m)(?:^|[\s{,])(?:build|context):[ \t]+[\"']?(?P<folder>[^\s\"'#,{}][^\s\"'#,}]*)"
)
# `docker build` or `docker buildx build`, which can be on several lines.
COMMAND = regex(
    rb"\bdocker[ \t]+(?:buildx[ \t]+)?build[ \t](?P<words>(?:[^\n]*\\[ \t]*\r?\n)*[^\n]*)"
)
QUOTES = b"\"'"
WORKSPACE = regex(rb"\$\{\{[ \t]*github\.workspace[ \t]*\}\}/?")


def find_contexts(tree: Tree) -> frozenset[str]:
    """Return the folders that builds use as contexts; "" for the app's folder.

    A folder that depends on a variable counts as the app's folder.

    Args:
        tree: The app's folder.
    """
    found = set()
    for path in _build_files(tree):
        # The paths in a workflow are relative to the repository.
        base = "" if path.startswith(f"{WORKFLOWS}/") else posixpath.dirname(path)
        raw = WORKSPACE.sub(b"./", _content(tree, path))
        for match in CONTEXT.finditer(raw):
            found.add(_folder(base, match["folder"]))
        for match in COMMAND.finditer(raw):
            # Each word can be the context: which options have a value is not known.
            for word in match["words"].split():
                found.add(_folder(base, word.strip(QUOTES)))
    return frozenset(found)


def contexts_of(path: str, named: Collection[str]) -> tuple[str, ...]:
    """Return the folders that may be the contexts of a Dockerfile.

    Args:
        path: The Dockerfile.
        named: The folders that builds use as contexts.
    """
    around = []
    folder = posixpath.dirname(path)
    while folder:
        if folder in named:
            around.append(folder)
        folder = posixpath.dirname(folder)
    return (*around, "") if not around or "" in named else tuple(around)


def _build_files(tree: Tree) -> Iterator[str]:
    for name in tree.file_names(""):
        if COMPOSE.fullmatch(name) or PIPELINE.fullmatch(name):
            yield name
    for folder in tree.folder_names(""):
        for name in tree.file_names(folder):
            if COMPOSE.fullmatch(name):
                yield f"{folder}/{name}"
    for name in tree.file_names(WORKFLOWS):
        if WORKFLOW.fullmatch(name):
            yield f"{WORKFLOWS}/{name}"


def _content(tree: Tree, path: str) -> bytes:
    try:
        return (tree.read(path) or b"")[:MAX_SIZE]
    except SourceError:  # for example, a broken symbolic link
        return b""


def _folder(base: str, word: bytes) -> str:
    text = word.decode("utf-8", "replace")
    folder = posixpath.normpath(posixpath.join(base, text))
    return "" if folder == "." or "$" in folder else folder
