from __future__ import annotations

import pytest

from shield_ai.rewrite.project.deployment.workflow_check import is_exact_workflow_edit

WORKFLOW = b"on: push\njobs:\n  a:\n    steps:\n      - run: echo\n"


@pytest.mark.parametrize(("after", "is_exact"), [(WORKFLOW, True), (WORKFLOW + b"  b: 1\n", False)])
def test_without_edits(after, is_exact):
    assert is_exact_workflow_edit(WORKFLOW, after, {}) is is_exact
