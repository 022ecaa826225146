from __future__ import annotations

import itertools
import os

import pathspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scaling import assert_linear

from shield_ai.scan.files.gitignore import GitIgnore
from shield_ai.scan.files.walk import walk_all


def walk(root):
    return [entry.path for entry in walk_all(root) if entry.is_app_file]


def test_utf_16_lines_in_gitignore_are_skipped(tmp_path):
    (tmp_path / ".gitignore").write_bytes(
        b"*.log\r\nbuild/\r\n" + ".env\r\n".encode("utf-16-le") * 2
    )
    for name in ("a.py", "a.log", "build/b.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert list(walk(tmp_path)) == [".gitignore", "a.py"]


@pytest.mark.parametrize("target", ["/dev/zero", "../everything", "pipe"])
def test_linked_gitignore_does_not_count(tmp_path, target):
    """Git doesn't follow it, and it could lead anywhere."""
    (tmp_path / "everything").write_text("*.py\n")
    app = tmp_path / "app"
    app.mkdir()
    os.mkfifo(app / "pipe")
    (app / ".gitignore").symlink_to(target)
    (app / "a.py").touch()
    assert "a.py" in list(walk(app))


@pytest.mark.parametrize(
    ("pattern", "is_ignored"),
    [
        pytest.param("*a" * 30 + "*b", False, id="one name"),
        pytest.param("**/a/" * 30 + "b", False, id="folders"),
        pytest.param("*" * 40 + "b", False, id="adjacent"),
        pytest.param("*\n!" + "*a" * 30 + "*b", False, id="negated"),
        pytest.param("*a*a*b", False, id="three wildcards that do not match"),
        pytest.param("*a*a*a", True, id="three wildcards"),
    ],
)
def test_patterns_that_need_too_long_do_not_count(tmp_path, pattern, is_ignored):
    name = "a" * 250
    folder = tmp_path / "/".join(["a"] * 40)
    folder.mkdir(parents=True)
    (folder / name).touch()
    (tmp_path / ".gitignore").write_text(f"{pattern}\n")
    paths = list(walk(tmp_path))
    assert any(path.endswith(name) for path in paths) != is_ignored


PIECE = st.sampled_from(
    ["a", "b", "a*", "?b", "[ab]", "[!b]", "[]a]", "*", "**", "*.a", "x.[a-c]", "\\#a", "\\a", "a "]
)
PATTERN = st.builds(
    lambda negated, rooted, parts, folder: negated + rooted + "/".join(parts) + folder,
    st.sampled_from(["", "", "", "!"]),
    st.sampled_from(["", "/"]),
    st.lists(PIECE, min_size=1, max_size=3),
    st.sampled_from(["", "/"]),
).filter(lambda pattern: pattern.count("**") < 3)  # more take too long, and don't count
PATHS = [
    p
    for n in (1, 2, 3)
    for p in map("/".join, itertools.product(["a", "b", "ab", "x.a", "#a"], repeat=n))
]


@example(["**/a/b"], "")
@given(st.lists(PATTERN, max_size=5), st.sampled_from(["", "sub"]))
def test_name_filter_agrees_with_pathspec(patterns: list[str], folder: str) -> None:
    """Test only paths in folders that are not ignored themselves, as the walk does."""
    gitignore = GitIgnore()
    gitignore.add(folder, "\n".join(patterns))
    spec = pathspec.GitIgnoreSpec.from_lines(patterns, backend="simple")
    before = folder and f"{folder}/"
    out = {""}
    for path in PATHS:
        above, _, name = path.rpartition("/")
        if above in out - {""}:
            out.add(path)
            continue
        assert gitignore.matches(before + path, name) == bool(spec.check_file(path).include), path
        if gitignore.matches(f"{before}{path}/", name):
            out.add(path)


@pytest.mark.parametrize("wrong", ["[z-a]", "a\\", "\\", "[[a]"])
def test_invalid_gitignore_pattern_is_skipped(tmp_path, wrong: str) -> None:
    (tmp_path / ".gitignore").write_text(f"gen*\n{wrong}\n")
    for name in ("gen.py", "a.py", "z.py"):
        (tmp_path / name).write_text("")
    assert [p for p in walk(tmp_path) if p.endswith(".py")] == ["a.py", "z.py"]


def test_name_with_a_line_break_is_ignored() -> None:
    gitignore = GitIgnore()
    gitignore.add("", "a*\n")
    assert gitignore.matches("a\nb", "a\nb")


def test_many_files_take_linear_time():
    def match_paths(count):
        gitignore = GitIgnore()
        for number in range(count):
            gitignore.add(str(number), "*.log\n/build\n")
            assert not gitignore.matches(f"{number}/a.py", "a.py")

    assert_linear(match_paths, 1500)
