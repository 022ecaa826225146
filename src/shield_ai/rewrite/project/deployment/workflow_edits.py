"""Edit the text of a workflow: insert steps and permissions, and replace secrets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.aws.export.github_actions import dump
from shield_ai.model.edit import Edit
from shield_ai.model.workflow import Place
from shield_ai.rewrite.project.deployment.block_edits import REST_OF_LINE, EditError
from shield_ai.rewrite.project.file_edits import newline

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from shield_ai.model.workflow import Permissions, SecretUse, WorkflowEnv, WorkflowJob
    from shield_ai.rewrite.project.deployment.workflow_check import JobEdit

LAYOUT = "the lines of the job are not in a form that can be edited with certainty"
INDENT = re.compile(rb"[ \t]*")
DASH = re.compile(rb"[ \t]*-[ \t]+")
REASON = "  # to read its secrets from AWS"
COPIED = "  # as for the whole workflow"
# The variable of the shell, by the quotes around it.
VARIABLES = {"": '"${{{}}}"', '"': "${{{}}}", "'": "'\"${{{}}}\"'"}


class WorkflowEditor:
    """Edits the text of one workflow.

    Args:
        path: The file.
        raw: Its content.
    """

    def __init__(self, path: str, raw: bytes) -> None:
        self._path = path
        self._raw = raw

    def _edit(self, start: int, end: int, text: str = "") -> Edit:
        replacement = text.replace("\n", newline(self._raw))
        return Edit(path=self._path, start=start, end=end, replacement=replacement)

    def job_edits(self, job: WorkflowJob, edit: JobEdit) -> Iterator[Edit]:
        """Yield the edits that insert the steps and the permissions of a job.

        Args:
            job: The job.
            edit: What to insert.

        Raises:
            EditError: The job can't be edited with certainty.
        """
        step = job.steps[edit.position]
        start = self._line_start(step.start)
        if not DASH.fullmatch(self._raw, start, step.start):
            raise EditError(LAYOUT)
        at = self._start_with_comments(start)
        sample = job.steps[max(edit.position, 1)] if len(job.steps) > 1 else step
        gap = "\n" if self._has_empty_line_before(sample.start) else ""
        indent = self._indent(start)
        texts = [_indented(dump([item]), indent) for item in edit.steps]
        yield self._edit(at, at, "".join(text + gap for text in texts))
        if job.permissions.map_start:
            yield self._add_to_permissions(job.permissions)
        elif edit.permissions:
            yield self._new_permissions(job, edit.permissions)

    def replace(self, use: SecretUse, name: str) -> Edit:
        """Return the edit that replaces a secret by an environment variable.

        Args:
            use: Where the secret is.
            name: The variable.
        """
        text = VARIABLES[use.quote].format(name) if use.place is Place.SCRIPT else f"env.{name}"
        return self._edit(use.start, use.end, text)

    def remove(self, env: WorkflowEnv, names: Collection[str]) -> Iterator[Edit]:
        """Yield the edits that remove variables from an `env`.

        Args:
            env: The map.
            names: The variables.

        Raises:
            EditError: A variable shares its line with other text.
        """
        if all(name in names for name, _, _ in env.entries):
            yield self._without_env(env)
            return
        for name, start, end in env.entries:
            if name in names:
                yield self._edit(self._own_line(start), self._end_of_line(end))

    def _without_env(self, env: WorkflowEnv) -> Edit:
        if env.next_key:
            return self._edit(env.key_start, env.next_key)
        start, end = self._own_line(env.key_start), self._end_of_line(env.end)
        if self._has_empty_line_before(start):
            rest = REST_OF_LINE.match(self._raw, end)
            end = rest.end() if rest and not rest[0].strip() else end
        return self._edit(start, end)

    def _add_to_permissions(self, permissions: Permissions) -> Edit:
        start, end = permissions.map_start, permissions.map_end
        entries = [f"{name}: {value}" for name, value in permissions.added.items()]
        if self._raw[start : start + 1] == b"{":
            at, text = start + 1, ", ".join(entries)
            if self._raw[start + 1 : end - 1].strip():
                at = end - 2 if self._raw[end - 2 : end - 1] == b" " else end - 1
                text = f", {text}"
            rest = REST_OF_LINE.match(self._raw, end)
            reason = REASON if rest and not rest[0].strip() else ""
            return self._edit(at, end, text + self._raw[at:end].decode() + reason)
        indent = self._indent(self._own_line(start))
        at = self._end_of_line(end)
        text = "".join(f"{indent}{entry}{REASON}\n" for entry in entries)
        return self._edit(at, at, text)

    def _new_permissions(self, job: WorkflowJob, added: Mapping[str, str]) -> Edit:
        start = self._own_line(job.steps_start)
        at = self._start_with_comments(start)
        indent = self._indent(start)
        lines = [f"{indent}permissions:\n"]
        for name, value in added.items():
            lines.append(f"{indent}  {name}: {value}{_permission_comment(name, value)}\n")
        if self._has_empty_line_before(at):
            lines.append("\n")
        return self._edit(at, at, "".join(lines))

    def _line_start(self, offset: int) -> int:
        return self._raw.rfind(b"\n", 0, offset) + 1

    def _own_line(self, offset: int) -> int:
        """Return the start of the line of a key that is the first on its line."""
        start = self._line_start(offset)
        if not INDENT.fullmatch(self._raw, start, offset):
            raise EditError(LAYOUT)
        return start

    def _end_of_line(self, offset: int) -> int:
        rest = REST_OF_LINE.match(self._raw, offset)
        if not rest or not rest[0].endswith(b"\n"):
            raise EditError(LAYOUT)
        return rest.end()

    def _indent(self, start: int) -> str:
        match = INDENT.match(self._raw, start)
        return match[0].decode() if match else ""

    def _start_with_comments(self, start: int) -> int:
        """Return the start of the comments before a line, with the same indentation."""
        comment = self._raw[start : start + len(self._indent(start))] + b"#"
        while start:
            before = self._line_start(start - 1)
            if not self._raw.startswith(comment, before):
                break
            start = before
        return start

    def _has_empty_line_before(self, offset: int) -> bool:
        start = self._start_with_comments(self._line_start(offset))
        before = self._line_start(start - 1) if start else 0
        return start > 0 and not self._raw[before:start].strip()


def _permission_comment(name: str, value: str) -> str:
    """Return the comment on a permission of a job that had none."""
    if name == "id-token":
        return REASON
    return "" if (name, value) == ("contents", "read") else COPIED


def _indented(text: str, indent: str) -> str:
    return "".join(indent + line for line in text.splitlines(keepends=True))
