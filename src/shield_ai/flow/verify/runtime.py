"""Check that the app's copy of the runtime and its map file are as apply wrote them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.flow.verify.check import (
    Check,
    CheckInfo,
    Status,
    join_names,
    make_check,
    ok_or_failed,
)
from shield_ai.flow.verify.registry import CodeCheck
from shield_ai.flow.verify.usage import reads_secrets
from shield_ai.model.errors import SourceError
from shield_ai.project.importable_files import importable_files, overriding_files
from shield_ai.project.runtime_names import COPY
from shield_ai.project.secret_map import SecretMap, parse_map
from shield_ai.rewrite.project.copy_files import copy_folder, needed_files
from shield_ai.rewrite.project.copy_parts import CopyParts, names_django_part
from shield_ai.rewrite.project.runtime_source import CopyState, compare_with_source, runtime_files
from shield_ai.rewrite.project.secret_map import map_matches_manifest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from shield_ai.flow.app_context import AppContext
    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Manifest
    from shield_ai.project.tree import Tree

RUNTIME_UNMODIFIED = CheckInfo(
    "runtime-unmodified",
    "the vendored runtime is unchanged",
    "the files of the vendored runtime",
)
MAP_CURRENT = CheckInfo(
    "map-current",
    "the map of secrets matches shield.toml",
    "the map file and `shield.toml`",
)

MISSING_HINT = (
    "if shield apply was run elsewhere, commit the files that it created there; otherwise, run"
    " shield apply, which creates them"
)
_UNLISTED_HINT = (
    "restore the entry of {} in shield.toml, or replace its get_secret() calls by reads of the"
    " variable; then run shield apply"
)


def verify_runtime(
    manifest: Manifest, tree: Tree, copies: Sequence[str], *, is_used: bool, django: bool
) -> Iterator[Check]:
    """Check that the app's copy of the runtime is unmodified, and that its map file is current.

    Args:
        manifest: shield.toml.
        tree: The app's files.
        copies: The folders of all copies of the runtime in the app. They are not scanned.
        is_used: Whether the code reads secrets with get_secret().
        django: Whether the code names the copy's package for Django.
    """
    path = manifest.app.runtime
    if path == "package":
        if copies:
            yield _verify_copies([], [], copies, tree)
        return
    raw = tree.read(path)
    # Modules for pydantic and MySQL are not required: without one, loading the settings fails.
    parts = CopyParts(django=django, pydantic=False, mysql=False)
    needed = needed_files(tree.read, path, parts)
    missing = [place for place in needed if tree.read(place) is None]
    if raw is None and not copies and not is_used and len(missing) == len(needed):
        detail = "not applied yet: the app has no copy of the runtime"
        yield make_check(RUNTIME_UNMODIFIED, Status.UNKNOWN, detail, "run shield apply")
        return
    overriding = [f"{place} takes precedence over {path}" for place in overriding_files(tree, path)]
    yield _verify_copies(overriding, missing, {copy_folder(path), *copies}, tree)
    yield _verify_map(raw, manifest)


def _verify_map(raw: bytes | None, manifest: Manifest) -> Check:
    path = manifest.app.runtime
    problem = ""
    if raw is None:
        problem = f"{path} is missing"
    elif not map_matches_manifest(raw, manifest):
        problem = f"the mapping in {path} differs from shield.toml"
    unlisted = (parse_map(raw) or SecretMap()).unlisted_variables(manifest)
    hint = _UNLISTED_HINT.format(join_names(unlisted)) if unlisted else "run shield apply"
    if raw is None:
        hint = MISSING_HINT
    return ok_or_failed(MAP_CURRENT, problem, hint)


def _verify_copies(
    problems: list[str], missing: Sequence[str], folders: Collection[str], tree: Tree
) -> Check:
    places = _places_by_state(folders, tree)
    edited = places[CopyState.EDITED]
    other_version = places[CopyState.OTHER_VERSION]
    if other_version and not (edited or problems or missing):
        detail = f"{other_version[0]} is from another version of shield-ai"
        hint = "shield apply replaces the copy"
        return make_check(RUNTIME_UNMODIFIED, Status.UNKNOWN, detail, hint)
    problems += [f"{place} {_edit(place)}" for place in edited]
    hint = MISSING_HINT
    if problems:
        hint = "remove edited and added files; shield apply writes missing ones"
    problems += [f"{place} is missing" for place in missing]
    return ok_or_failed(RUNTIME_UNMODIFIED, join_names(problems), hint)


def _edit(place: str) -> str:
    is_known = place.partition(f"{COPY}/")[2] in runtime_files()
    return "was edited" if is_known else "is not part of the runtime"


def _places_by_state(folders: Collection[str], tree: Tree) -> Mapping[CopyState, list[str]]:
    places: dict[CopyState, list[str]] = {state: [] for state in CopyState}
    for folder in sorted(folders):
        for place in importable_files(tree, folder):
            places[_state_in_copy(folder, place, tree.read)].append(place)
    return places


def _state_in_copy(folder: str, place: str, read: FileReader) -> CopyState:
    try:
        raw = read(place) or b""
    except SourceError:  # a link to a folder, for example
        return CopyState.EDITED
    return compare_with_source(folder, place, raw)


def _check(app: AppContext) -> Iterator[Check]:
    scan = app.scan_result
    yield from verify_runtime(
        app.manifest,
        app.tree,
        scan.copies,
        is_used=reads_secrets(scan),
        django=names_django_part(app.tree.read, scan.python_files),
    )


CHECKS = (CodeCheck(20, _check, (RUNTIME_UNMODIFIED, MAP_CURRENT)),)
