"""Run a program with every sentence in the code of the tool reworded.

`python reworded.py shield ARGUMENT...` runs a command.
`python reworded.py controls` prints the state and the sources of each control as JSON.

The bytecode has other sentences than the source, so PYTHONPYCACHEPREFIX has to be a folder for it.
"""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import json
import re
import sys
from pathlib import Path

PACKAGE = "shield_ai"
NOT_SENTENCES = {
    "shield_ai.flow.apply.probe_program",
    "shield_ai.flow.apply.probe_guard",
}  # holds the source of a program
PROSE = re.compile(r"[a-z] [a-z]")


class Rewording(ast.NodeTransformer):
    """Replace each sentence by another one, which differs from that of every other place."""

    def __init__(self) -> None:
        self.count = 0

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        if not isinstance(node.value, str) or not PROSE.search(node.value) or "\n" in node.value:
            return node
        self.count += 1
        words = f"{self.count}-{node.lineno}"
        text = PROSE.sub(lambda match: match[0].replace(" ", f" {words} ", 1), node.value)
        return ast.copy_location(ast.Constant(text), node)


class RewordingLoader(importlib.machinery.SourceFileLoader):
    def source_to_code(self, data, path, *, _optimize=-1):
        tree = Rewording().visit(ast.parse(data))
        return compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)


class RewordingFinder(importlib.abc.MetaPathFinder):
    def find_spec(self, fullname, path, target=None):
        if not f"{fullname}.".startswith(f"{PACKAGE}.") or fullname in NOT_SENTENCES:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec and isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            spec.loader = RewordingLoader(spec.loader.name, spec.loader.path)
        return spec


def controls_json() -> str:
    import datetime as dt

    from shield_ai.flow.access_audit import TrailQuery
    from shield_ai.flow.app_context import AppContext
    from shield_ai.reports.app_report.collect import collect_report
    from shield_ai.reports.app_report.rollout import rollout
    from shield_ai.reports.compliance.controls import controls

    query = TrailQuery(since=None, trails=(), now=dt.datetime.now(dt.UTC))
    data = collect_report(AppContext(Path()), query)
    states = []
    for control in controls(data):
        sources = [str(item.source) for item in getattr(control.result, "evidence", ())]
        states.append([control.result.state.name, sources])
    return json.dumps([states, [step.state for step in rollout(data)]])


if __name__ == "__main__":
    if sys.argv[1] == "reworded":
        del sys.argv[1]
        sys.meta_path.insert(0, RewordingFinder())
    if sys.argv[1] == "controls":
        sys.stdout.write(controls_json())
    else:
        from shield_ai.__main__ import main

        sys.exit(main(sys.argv[2:]))
