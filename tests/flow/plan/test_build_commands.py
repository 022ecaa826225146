from __future__ import annotations

import pytest

from shield_ai.flow.plan.build_commands import build_command_steps
from shield_ai.model.plan import Origin
from shield_ai.project.docker_copies import read_dockerfiles
from shield_ai.project.tree import Tree

STATIC = "FROM python\nRUN pip install -r requirements.txt\nRUN cd a && \\\n  {}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            STATIC.format("python manage.py collectstatic"), ["A_KEY, B_KEY"], id="static"
        ),
        pytest.param(STATIC.format("django-admin check"), ["A_KEY, B_KEY"], id="django-admin"),
        pytest.param(
            STATIC.format("B_KEY=x python manage.py collectstatic"), ["A_KEY"], id="one in the line"
        ),
        pytest.param(
            "ENV A_KEY=x B_KEY=y\n" + STATIC.format("./manage.py collectstatic"), [], id="in ENV"
        ),
        pytest.param(STATIC.format("python manage.py compilemessages"), [], id="no settings"),
        pytest.param("FROM python\nCMD python manage.py runserver\n", [], id="at the start"),
    ],
)
def test_names_commands_of_a_build_without_the_variables(tmp_path, text, expected):
    (tmp_path / "Dockerfile").write_text(text)
    moved = [Origin(locator="code:a.py", field=name) for name in ("A_KEY", "B_KEY", "A_KEY")]
    steps = list(build_command_steps(moved, read_dockerfiles(Tree(tmp_path))))
    assert [step.partition("no longer has ")[2].partition(":")[0] for step in steps] == expected
    assert all(step.startswith("Dockerfile:4: `") for step in steps)


def test_needs_no_step_if_no_literal_moves(tmp_path):
    (tmp_path / "Dockerfile").write_text(STATIC.format("python manage.py collectstatic"))
    assert not list(build_command_steps([], read_dockerfiles(Tree(tmp_path))))
