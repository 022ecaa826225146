from __future__ import annotations

import pytest

from shield_ai.project.docker_copies import find_missing_copies
from shield_ai.project.tree import Tree

FROM = "FROM python:3.12\nWORKDIR /srv\n"
BUILDER = "FROM python:3.12 AS builder\nWORKDIR /srv\n"
MAP, COPY = "aws_secrets.py", "_shield_runtime/__init__.py"
BOTH = (MAP, COPY)


def missing(root, files, needed=BOTH):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    copies = find_missing_copies(Tree(root), ["shop/app.py", "worker.py"], needed)
    return [(copy.path, copy.line, copy.missing) for copy in copies]


@pytest.mark.parametrize(
    ("text", "line", "needed"),
    [
        pytest.param(FROM + "COPY shop/ shop/\nCOPY worker.py .\n", 4, BOTH, id="single paths"),
        pytest.param(FROM + "COPY shop shop\nCOPY *.py ./\n", 4, (COPY,), id="a pattern"),
        pytest.param(FROM + 'ADD ["shop", "/srv/shop"]\n', 3, BOTH, id="JSON"),
        pytest.param(FROM + "COPY --chown=a:b \\\n  # comment\n  shop worker.py /srv/\n", 3, BOTH, id="several lines"),
        pytest.param(BUILDER + "COPY . .\nFROM python:3.12\nCOPY --from=builder /srv/shop /srv/shop\n", 5, BOTH, id="from a stage"),
        pytest.param(BUILDER + "COPY . .\nFROM builder AS test\nFROM python:3.12\nCOPY --from=0 /srv/worker.py .\n", 6, BOTH, id="from a number"),
        pytest.param(BUILDER + "COPY aws_secrets.py .\nFROM builder\nCOPY shop shop\n", 5, (COPY,), id="on a stage"),
        pytest.param(FROM + "RUN echo '<<E' $((1<<2))\nRUN echo \"<<E\nCOPY shop .\n", 5, BOTH, id="no here-document"),
        pytest.param(BUILDER + "COPY . .\nWORKDIR /opt/a\nCOPY worker.py /opt\nFROM python\nCOPY --from=builder /opt/worker.py ./\n", 7, BOTH, id="into the working directory"),
        pytest.param(BUILDER + "COPY . .\nCOPY x /a/\nCOPY worker.py /a\nFROM python\nCOPY --from=builder /a/worker.py ./\n", 7, BOTH, id="into an existing folder"),
        pytest.param(BUILDER + "COPY . .\nFROM python:${VERSION}\nCOPY shop .\n", 5, BOTH, id="on an image with a variable"),
        pytest.param(BUILDER + "COPY . .\nFROM runtime-${VERSION}\nCOPY shop .\n", 5, BOTH, id="on no stage"),
        pytest.param("\ufeff" + FROM + "COPY shop shop\n", 3, BOTH, id="byte order mark"),
        pytest.param(FROM + "COPY shop shop \\\n\n# end\n", 3, BOTH, id="escape character at the end"),
        pytest.param(FROM + "COPY --exclude=*_secrets.py . .\n", 3, (MAP,), id="excluded"),
        pytest.param("# escape=`\n" + FROM + "COPY `\n  shop .\n", 4, BOTH, id="another escape character"),
    ],
)  # fmt: skip
def test_reports_the_last_line_that_copies_code(tmp_path, text, line, needed):
    assert missing(tmp_path, {"Dockerfile": text}) == [("Dockerfile", line, needed)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(FROM + "COPY . .\n", id="all"),
        pytest.param(FROM + "ADD ./ /app\n", id="all with ADD"),
        pytest.param(FROM + "COPY shop shop\nCOPY aws_secrets.py _shield_runtime ./\n", id="both"),
        pytest.param(FROM + "COPY $SOURCE .\nCOPY shop shop\n", id="a variable"),
        pytest.param(BUILDER + "COPY . .\nFROM ${TARGET:-builder}\nCOPY shop shop\n", id="a stage in a variable"),
        pytest.param(FROM + "COPY requirements.txt .\n", id="no code"),
        pytest.param(BUILDER + "COPY . .\nFROM python:3.12\nCOPY --from=builder /srv /srv\n", id="from a stage"),
        pytest.param(BUILDER + "COPY . .\nFROM builder\nCOPY shop shop\n", id="on a stage"),
        pytest.param(BUILDER.replace("/srv", "./srv") + "COPY aws_secrets.py /srv\nCOPY _shield_runtime ./_shield_runtime\nFROM python\nCOPY --from=builder /srv/aws_secrets.py /x/\nCOPY --from=builder /srv/_shield_runtime /x/_shield_runtime\nCOPY worker.py /x/\n", id="a working directory with a dot"),
        pytest.param(BUILDER + "COPY shop /a\nCOPY aws_secrets.py /a\nCOPY _shield_runtime /a\nFROM x\nCOPY --from=builder /a/app.py /a/aws_secrets.py /a/__init__.py /b/\n", id="into a copied folder"),
        pytest.param(FROM + "COPY --from=other/image /shop /shop\n", id="another image"),
        pytest.param("COPY shop shop\n", id="no stage"),
        pytest.param(FROM + "COPY *.py _shield_runtime ./\nRUN python - <<E\nfrom x import y\nE\nCOPY shop shop\n", id="a here-document"),
        pytest.param(FROM + "COPY <<-'E' <<\"F\" /x/\nCOPY shop .\n\tE\nCOPY shop .\nF\n", id="two here-documents"),
        pytest.param("# escape=`\n" + FROM + "COPY shop `\n  . .\n", id="another escape character"),
        pytest.param(FROM + "COPY --exclude=tests . .\n", id="other files are excluded"),
        pytest.param(FROM + "COPY shop shop\nCOPY [a]*.py _shield_runtime ./\n", id="a pattern that starts with a bracket"),
        pytest.param(FROM + "COPY shop shop\nCOPY ./[^x]*.py _shield_runtime ./\n", id="a negated class"),
        pytest.param(FROM + "COPY [1] [2]\nCOPY [\nCOPY 'shop\nCOPY\n", id="invalid"),
    ],
)  # fmt: skip
def test_reports_nothing(tmp_path, text):
    assert missing(tmp_path, {"Dockerfile": text}) == []


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        pytest.param("shop/deploy/Dockerfile", FROM + "COPY shop/ .\n", 3, id="two folders deep"),
        pytest.param("shop/a/b/Dockerfile", FROM + "COPY ./shop /srv/shop\n", 3, id="three folders deep"),
        pytest.param("shop/Dockerfile", FROM + 'COPY ["shop", "/srv/shop"]\n', 3, id="one folder deep"),
        pytest.param("shop/deploy/Dockerfile", FROM + "COPY worker.py .\n", 0, id="unknown context"),
        pytest.param("shop/a/b/c/Dockerfile", FROM + "COPY shop/ .\n", 0, id="four folders deep"),
        pytest.param("shop/node_modules/Dockerfile", FROM + "COPY shop/ .\n", 0, id="dependencies"),
    ],
)  # fmt: skip
def test_nested_dockerfiles(tmp_path, path, text, line):
    assert missing(tmp_path, {path: text}) == ([(path, line, BOTH)] if line else [])


def test_a_nested_dockerfile_with_its_folder_as_context(tmp_path):
    compose = "services:\n  shop:\n    build: shop/\n"
    files = {"compose.yml": compose, "shop/Dockerfile": FROM + "COPY shop/ .\n"}
    assert missing(tmp_path, files) == []


def test_code_in_a_copied_package(tmp_path):
    files = {"docker/web.Dockerfile": FROM + "COPY shop/ shop/\n"}
    assert missing(tmp_path, files, ["shop/aws_secrets.py"]) == []


@pytest.mark.parametrize(
    ("patterns", "line"),
    [
        pytest.param("*secret*\n", 1, id="in the folder"),
        pytest.param("\ufeff*secret*\n", 1, id="byte order mark"),
        pytest.param("a\n\n**/*_secrets.py\n", 3, id="everywhere"),
        pytest.param("*\n!shop\n!worker.py\n", 1, id="all but some"),
        pytest.param("[a-c]ws_[^x]ecrets.py\n", 1, id="character classes"),
        pytest.param("[c-a]\n*.py[cod]\n", 0, id="other characters"),
        pytest.param("# *secret*\n", 0, id="a comment"),
        pytest.param("*secret*\n!aws_secrets.py\n", 0, id="an exception"),
        pytest.param("shop/*secret*\n", 0, id="in another folder"),
    ],
)
def test_ignored_files(tmp_path, patterns, line):
    files = {"Dockerfile": FROM + "COPY . .\n", ".dockerignore": patterns}
    found = missing(tmp_path, files, [MAP])
    assert found == ([(".dockerignore", line, (MAP,))] if line else [])


def test_files_that_are_not_copied_beside_an_ignored_one(tmp_path):
    files = {"Dockerfile": FROM + "COPY worker.py .\n", ".dockerignore": "*secret*\n"}
    assert missing(tmp_path, files) == [(".dockerignore", 1, (MAP,)), ("Dockerfile", 3, (COPY,))]


def test_the_ignore_file_of_a_dockerfile(tmp_path):
    files = {"Dockerfile": FROM + "COPY . .\n", ".dockerignore": "*secret*\n"}
    assert missing(tmp_path, {**files, "Dockerfile.dockerignore": "a\n"}) == []


STAGES = (
    FROM.replace("\n", " AS s0\n", 1)
    + "COPY shop /a/shop\n"
    + "".join(
        f"FROM x AS s{i}\nCOPY --from=s{i - 1} / /b/\nCOPY --from=s{i - 1} / /c/\n"
        for i in range(1, 40)
    )
)


def test_stages_that_double_the_places_of_a_file(tmp_path):
    assert len(missing(tmp_path, {"Dockerfile": STAGES}, [MAP])) == 40


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"Dockerfile": FROM + "COPY shop/ /shop/\n" * 600}, id="instructions"),
        pytest.param({"Dockerfile": "FROM x\nCOPY shop/ /shop/\n" * 101}, id="stages"),
        pytest.param(
            {"Dockerfile": FROM + "COPY . .\n", ".dockerignore": "*secret*\n" * 1100}, id="patterns"
        ),
    ],
)
def test_files_with_too_many_lines_are_not_judged(tmp_path, files):
    assert missing(tmp_path, files, [MAP]) == []
