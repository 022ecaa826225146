"""The vendored runtime in images: additions to Dockerfiles and .dockerignore files."""

from __future__ import annotations

import pytest
from fixer_helpers import manifest, run
from shield_helpers import make_app
from shield_helpers import run as shield

from shield_ai.project.docker_copies import read_dockerfiles
from shield_ai.project.tree import Tree
from shield_ai.rewrite.project.fixer import AppFiles, FixContext
from shield_ai.rewrite.project.images import fix

FROM = "FROM python:3.12\nWORKDIR /srv\n"
RUN = "RUN python -m shop\n"
BOTH = "COPY aws_secrets.py ./\nCOPY _shield_runtime _shield_runtime\n"
STAGES = FROM.replace("\n", " AS base\n", 1) + "COPY shop shop\n{}FROM base\nCOPY worker.py .\n"
ALL = "COPY . .\n"


def fixed(root, files, runtime="aws_secrets.py", importers=("shop/app.py", "worker.py")):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    found = {name: text.encode() for name, text in files.items()}
    skipped = []
    for _ in range(2):
        dockerfiles = read_dockerfiles(Tree(root))
        app = AppFiles(importers=importers, dockerfiles=dockerfiles)
        skipped = run(fix(FixContext(found.get, manifest(runtime=runtime), app)), found)
        for name, raw in found.items():
            (root / name).write_bytes(raw)
    return {name: raw.decode() for name, raw in found.items()}, skipped


@pytest.mark.parametrize(
    ("before", "after", "added"),
    [
        pytest.param(FROM + "COPY shop/ shop/\n", RUN, BOTH, id="a folder"),
        pytest.param(FROM + "COPY worker.py .\n", RUN + "COPY shop shop\n", BOTH, id="after the first instruction"),
        pytest.param(FROM + "COPY shop shop", "", f"\n{BOTH}", id="no line ending"),
        pytest.param("FROM x\nCOPY worker.py x.sh ./\n", RUN, BOTH, id="folder of the base image"),
        pytest.param(FROM + "COPY *.py ./\n", RUN, BOTH.partition("\n")[2], id="only one is missing"),
        pytest.param("# escape=`\n" + FROM + "COPY shop `\n  shop/\n", RUN, BOTH, id="another escape character"),
        pytest.param(FROM + "COPY shop <<E ./shop/\nCOPY . .\nE\n", RUN, BOTH, id="here-document"),
        pytest.param("FROM x\nCOPY worker.py /app/\n", RUN, "COPY aws_secrets.py /app/\nCOPY _shield_runtime /app/_shield_runtime\n", id="absolute"),
        pytest.param("FROM x\nCOPY worker.py app/\n", RUN, "COPY aws_secrets.py app/\nCOPY _shield_runtime app/_shield_runtime\n", id="relative"),
        pytest.param(FROM + "COPY --chown=a:b \\\n  # comment\n  shop \\\n  shop/\n", RUN, BOTH.replace("COPY", "COPY --chown=a:b"), id="options and lines"),
        pytest.param(FROM + 'ADD ["shop", "/srv/shop"]\n', RUN, "COPY aws_secrets.py /srv/\nCOPY _shield_runtime /srv/_shield_runtime\n", id="JSON"),
    ],
)  # fmt: skip
def test_adds_instructions(tmp_path, before, after, added):
    for end in ("\n", "\r\n"):
        texts = [text.replace("\n", end) for text in (before, after, added)]
        files, skipped = fixed(tmp_path, {"Dockerfile": texts[0] + texts[1]})
        text = texts[0] + texts[2] + texts[1]
        if not after:
            text = text.removesuffix(end) + (end if before.endswith("\n") else "")
        assert files["Dockerfile"].rstrip() == text.rstrip()
        assert not skipped


def test_escape_character_at_the_end(tmp_path):
    files = {"Dockerfile": FROM + "COPY shop shop \\\n# end\n"}
    found, skipped = fixed(tmp_path, files)
    assert found == files
    assert len(skipped) == 1


def test_stages(tmp_path):
    text = STAGES.format("")
    files, skipped = fixed(tmp_path, {"docker/web.Dockerfile": text})
    assert files == {"docker/web.Dockerfile": STAGES.format(BOTH)}
    assert not skipped


def test_code_in_a_subfolder(tmp_path):
    runtime, importers = "src/shop/aws_secrets.py", ["src/shop/app.py"]
    files = {"Dockerfile": "FROM x\nCOPY src/shop/app.py /app/shop/\n"}
    found, skipped = fixed(tmp_path, files, runtime, importers)
    assert found["Dockerfile"] == files["Dockerfile"] + (
        "COPY src/shop/aws_secrets.py /app/shop/\n"
        "COPY src/shop/_shield_runtime /app/shop/_shield_runtime\n"
    )
    assert not skipped


@pytest.mark.parametrize(
    ("text", "ignored", "added"),
    [
        pytest.param(ALL, "*secret*\n", "!aws_secrets.py\n", id="a pattern"),
        pytest.param(ALL, "*\r\n!shop\r\n", "!aws_secrets.py\r\n!_shield_runtime\r\n", id="all but some"),
        pytest.param(ALL, "*secret*", "\n!aws_secrets.py\n", id="no line ending"),
    ],
)  # fmt: skip
def test_adds_exceptions(tmp_path, text, ignored, added):
    files, skipped = fixed(tmp_path, {"Dockerfile": FROM + text, ".dockerignore": ignored})
    assert files[".dockerignore"] == ignored + added
    assert files["Dockerfile"] == FROM + text
    assert not skipped


def test_ignored_and_not_copied(tmp_path):
    files = {"Dockerfile": FROM + "COPY shop shop\n", ".dockerignore": "*\n!shop\n"}
    files["web.Dockerfile"] = files["Dockerfile"]
    found, skipped = fixed(tmp_path, files)
    assert found == {
        ".dockerignore": "*\n!shop\n!aws_secrets.py\n!_shield_runtime\n",
        **dict.fromkeys(["Dockerfile", "web.Dockerfile"], files["Dockerfile"] + BOTH),
    }
    assert not skipped


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(FROM + "COPY worker.py main.py\n", id="another name"),
        pytest.param(FROM + "COPY worker.py ../x/\n", id="outside of the folder"),
        pytest.param(FROM + "COPY --exclude=x shop shop\n", id="unknown option"),
        pytest.param(FROM + "COPY shop shop\nCOPY worker.py /x/\n", id="two folders"),
        pytest.param(FROM.replace("\n", " AS a\n", 1) + "COPY . .\nFROM x\nCOPY --from=a /srv/shop /srv/shop\n", id="from a stage"),
    ],
)  # fmt: skip
def test_skips_what_is_not_certain(tmp_path, text):
    files, skipped = fixed(tmp_path, {"Dockerfile": text})
    assert files == {"Dockerfile": text}
    assert "does not copy aws_secrets.py and _shield_runtime" in skipped["Dockerfile"]


def test_skips_other_encodings(tmp_path):
    path = tmp_path / "Dockerfile"
    path.write_bytes(f"{FROM}COPY shop shop\n# \xe9\n".encode("latin-1"))
    app = AppFiles(importers=["shop/a.py"], dockerfiles=read_dockerfiles(Tree(tmp_path)))
    files = {"Dockerfile": path.read_bytes()}
    assert run(fix(FixContext(files.get, manifest(runtime="aws_secrets.py"), app)), files)
    assert files["Dockerfile"] == path.read_bytes()


def test_applies_and_rolls_back(tmp_path):
    make_app(tmp_path)
    (tmp_path / "Dockerfile").write_text("FROM x\nCOPY shop/settings.py shop/\n")
    (tmp_path / ".dockerignore").write_text("*\n!shop/settings.py\n")
    before = {name: (tmp_path / name).read_bytes() for name in ("Dockerfile", ".dockerignore")}
    assert shield("apply", "--only", "code", "--yes", "--no-proof", cwd=tmp_path).code == 0
    copied, included = [(tmp_path / name).read_text() for name in before]
    assert "COPY shop/aws_secrets.py shop/\n" in copied
    assert "\n!shop/aws_secrets.py\n" in included
    assert shield("rollback", "--only", "code", "--yes", cwd=tmp_path).code == 0
    assert {name: (tmp_path / name).read_bytes() for name in before} == before


def test_a_dockerfile_with_many_stages_is_left_alone(tmp_path):
    text = "".join(f"FROM x AS s{number}\nCOPY shop shop\n" for number in range(100))
    files, skipped = fixed(tmp_path, {"Dockerfile": text})
    assert files == {"Dockerfile": text}
    assert list(skipped) == ["Dockerfile"]
