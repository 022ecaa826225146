from __future__ import annotations

import pytest
from hostile_git import git

from shield_ai.project.git_objects import BATCH, BlobReader

MAX_SIZE = 1000


@pytest.fixture
def repository(tmp_path):
    for number in range(3 * BATCH):
        (tmp_path / f"{number}.txt").write_text(f"{number}\n")
    (tmp_path / "large.txt").write_text("x" * (MAX_SIZE + 1))
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    return tmp_path


def blobs(repository) -> dict[str, str]:
    """Return the IDs of the objects by file, without its suffix."""
    lines = git(repository, "ls-files", "--format=%(path) %(objectname)").splitlines()
    return dict(line.replace(".txt", "").split() for line in lines)


@pytest.mark.parametrize("count", [0, 1, BATCH, BATCH + 1, 3 * BATCH])
def test_reads_objects_in_order(repository, count):
    ids = blobs(repository)
    names = [ids[str(number)] for number in range(count)]
    objects = BlobReader(repository)
    expected = [f"{number}\n".encode() for number in range(count)]
    assert list(objects.read_all(names, MAX_SIZE)) == expected
    objects.close()


@pytest.mark.parametrize("position", [0, 1, BATCH - 1, BATCH, 2 * BATCH + 5])
def test_reads_the_objects_after_one_that_can_not_be_read(repository, position):
    ids = blobs(repository)
    names = [ids[str(number)] for number in range(3 * BATCH)]
    path = repository / ".git/objects" / names[position][:2] / names[position][2:]
    path.chmod(0o644)
    path.write_bytes(b"garbage")
    objects = BlobReader(repository)
    found = list(objects.read_all(names, MAX_SIZE))
    objects.close()
    assert found.pop(position) is None
    assert found == [f"{n}\n".encode() for n in range(3 * BATCH) if n != position]


@pytest.mark.parametrize("name", ["0" * 40, "no object", "a\nb", "large"])
def test_missing_and_large_objects_are_none(repository, name):
    ids = blobs(repository)
    name = ids.get(name, name)
    objects = BlobReader(repository)
    contents = objects.read_all([name, ids["1"], name], MAX_SIZE)
    assert list(contents) == [None, b"1\n", None]
    objects.close()


def test_reads_after_an_iterator_that_was_not_exhausted(repository):
    ids = blobs(repository)
    objects = BlobReader(repository)
    iterator = objects.read_all([ids["1"], ids["2"]], MAX_SIZE)
    assert next(iterator) == b"1\n"
    assert objects.read(ids["3"], MAX_SIZE) == b"3\n"
    objects.close()
