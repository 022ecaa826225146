"""Check that packages and images that are built from the app contain the vendored runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.flow.image_problems import find_image_problems
from shield_ai.flow.verify.check import CheckInfo, join_names, ok_or_failed
from shield_ai.flow.verify.registry import CodeCheck
from shield_ai.rewrite.project.copy_files import needed_files
from shield_ai.rewrite.project.copy_parts import CopyParts, names_django_part
from shield_ai.rewrite.project.import_names import root_of
from shield_ai.rewrite.project.package_lists import BuiltRuntime, find_missing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.flow.app_context import AppContext
    from shield_ai.flow.verify.check import Check

RUNTIME_BUILT = CheckInfo(
    "runtime-built",
    "packages and images that are built from the app contain the vendored runtime",
    "lists of packages, such as in `pyproject.toml`; Dockerfiles and `.dockerignore`",
)
_HINT = "add what is missing, or run shield apply, which extends what it can"


def _check_build(app: AppContext) -> Iterator[Check]:
    runtime = app.manifest.app.runtime
    scan = app.scan_result
    importers = {path for path, _, _ in scan.call_sites}
    if runtime == "package" or not importers:
        return
    read = app.tree.read
    django = names_django_part(read, scan.python_files)
    parts = CopyParts(django=django, pydantic=False, mysql=False)
    built = BuiltRuntime(
        runtime,
        root_of(read, runtime, scan.facts.module(runtime)),
        needed_files(read, runtime, parts),
        importers,
        scan.python_files,
    )
    problems = [
        f"{missing.listed.path} {missing.reason().text}" for missing in find_missing(read, built)
    ]
    problems += [
        f"{skip.path}:{skip.line} {skip.reason}"
        for skip in find_image_problems(app.tree, importers, runtime)
    ]
    yield ok_or_failed(RUNTIME_BUILT, join_names(problems, "; "), _HINT)


CHECKS = (CodeCheck(22, _check_build, (RUNTIME_BUILT,)),)
