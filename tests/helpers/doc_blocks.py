"""Run the code blocks of the pages in docs/, each page in a separate folder and shell.

The language of a fence says how to use it, and the words after it are options::

    ```console                        run each line after "$ " and compare the output with the lines
                                      below it; "..." matches any text, or any lines
    $ shield scan    # exits with 1   the expected exit code, in a comment; the default is 0
    ```python                         run as a program; lines like "# > text" are the output
    ```toml title="shield.toml"       write to this file; works with every language
    ```console not-run="reason"       do not run; a test limits the number of such blocks
"""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
TIMEOUT = 60.0  # seconds for one command
EXIT_CODE = re.compile(r"# exits with (\d+)$")
OUTPUT = re.compile(r"# > ?(.*)")


@dataclass(frozen=True)
class Block:
    page: str
    line: int
    language: str
    text: str
    title: str
    not_run: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """Return all pages except the generated ones in reference/."""
    return [path for path in sorted(DOCS.rglob("*.md")) if path.parent.name != "reference"]


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page, in order."""
    found = []
    for token in MarkdownIt().parse(page.read_text("utf-8")):
        if token.type != "fence":
            continue
        options = dict(re.findall(r'([a-z-]+)="([^"]*)"', token.info))
        block = Block(
            page=str(page.relative_to(ROOT)),
            line=token.map[0] + 1,
            language=token.info.split(maxsplit=1)[0] if token.info else "",
            text=token.content,
            title=options.get("title", ""),
            not_run=options.get("not-run", ""),
        )
        found.append(block)
    return found


def steps(text: str) -> list[tuple[str, list[str]]]:
    """Return the commands of a console block, each with its expected output."""
    found: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
            continue
        command, output = found[-1]
        if command.endswith("\\") and not output:
            found[-1] = (f"{command}\n{line}", [])
        else:
            output.append(line)
    return found


def matches(expected: list[str], output: str) -> bool:
    """Tell whether an output matches the lines on the page."""
    if not expected:
        return True
    pattern = ""
    for line in expected:
        pattern += r"(?:[^\n]*\n)*?" if line == "..." else _line_pattern(line) + "\n"
    lines = [line.rstrip() for line in output.strip("\n").splitlines()]
    return re.fullmatch(pattern, "\n".join(lines) + "\n") is not None


def _line_pattern(line: str) -> str:
    return "[^\n]*".join(re.escape(part) for part in line.rstrip().split("..."))


class Shell:
    """A bash process that runs one command after the other."""

    MARK = "\x1e"

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            ["bash", "--norc", "--noprofile"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Close the input, which also ends nested shells."""
        self._process.stdin.close()
        try:
            self._process.wait(TIMEOUT)
        finally:
            with suppress(ProcessLookupError):  # also ends jobs in the background
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.stdout.close()
            self._process.wait()

    def run(self, command: str) -> tuple[str, int]:
        """Run a command; return its output and its exit code."""
        self._process.stdin.write(f"{command}\nprintf '{self.MARK}%s{self.MARK}' $?\n".encode())
        self._process.stdin.flush()
        raw = b""
        end = time.monotonic() + TIMEOUT
        while raw.count(self.MARK.encode()) < 2:
            remaining = max(0, end - time.monotonic())
            ready, _, _ = select.select([self._process.stdout], [], [], remaining)
            chunk = self._process.stdout.read1() if ready else b""
            assert chunk, f"{command!r} timed out or ended the shell: {raw.decode()}"
            raw += chunk
        output, code, _ = raw.decode().split(self.MARK)
        return output, int(code)


def follow(page: Path, shell: Shell, scratch: Path) -> None:
    """Run all blocks of a page."""
    for block in blocks(page):
        if block.not_run:
            continue
        if block.title:
            folder = shell.run("pwd")[0].strip()
            path = Path(folder) / block.title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, "utf-8")
        elif block.language == "console":
            for command, expected in steps(block.text):
                _run(block, shell, command, expected)
        elif block.language == "python":
            program = scratch / "block.py"
            program.write_text(block.text, "utf-8")
            command = f"PYTHONPATH=.:$PYTHONPATH {sys.executable} {program}"
            _run(block, shell, command, printed_lines(block.text))


def printed_lines(program: str) -> list[str]:
    """Return the output that a program declares in its comments."""
    found = [OUTPUT.fullmatch(line) for line in program.splitlines()]
    return [match[1] for match in found if match]


def _run(block: Block, shell: Shell, command: str, expected: list[str]) -> None:
    output, code = shell.run(command)
    declared = EXIT_CODE.search(command)
    end = "\n".join(output.splitlines()[-30:])
    assert code == int(declared[1] if declared else 0), (
        f"{block}: {command!r} exited with {code}:\n{end}"
    )
    wanted = "\n".join(expected)
    assert matches(expected, output), (
        f"{block}: {command!r} printed:\n{end}\nbut the page has:\n{wanted}"
    )
