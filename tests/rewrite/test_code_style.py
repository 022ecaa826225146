from __future__ import annotations

import pytest

from shield_ai.model.errors import SourceError
from shield_ai.project.tree import Tree
from shield_ai.rewrite.code_style import CodeStyle, ImportHeadings, read_code_style


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({}, CodeStyle(), id="not configured"),
        pytest.param({"pyproject.toml": '[tool.ruff.format]\nquote-style = "single"'}, CodeStyle(line_length=88, quote="'"), id="quotes of ruff format"),
        pytest.param({".ruff.toml": '[lint.flake8-quotes]\ninline-quotes = "single"'}, CodeStyle(line_length=88, quote="'"), id="quotes of the linter"),
        pytest.param({"pyproject.toml": '[tool.isort]\nlines_after_imports = 2\nimport_heading_localfolder = "Local"'}, CodeStyle(usual_sources=("", "src/"), lines_after_imports=2, headings=ImportHeadings(local_folder="# Local")), id="isort"),
        pytest.param({".isort.cfg": "[settings]\nimport_heading_stdlib = Standard\nimport_heading_thirdparty = Others\nimport_heading_firstparty = Ours"}, CodeStyle(usual_sources=("", "src/"), headings=ImportHeadings("# Standard", "# Others", "# Ours")), id="headings"),
        pytest.param({".isort.cfg": "[settings]\nknown_django = django,rest_framework\nknown_first_party = shop\nknown_third_party = x"}, CodeStyle(usual_sources=("", "src/"), first_party=("shop",), section_packages=("django", "rest_framework")), id="own section"),
        pytest.param({".ruff.toml": '[lint.isort.sections]\ndjango = ["django"]'}, CodeStyle(line_length=88, quote='"', section_packages=("django",)), id="own section of ruff"),
        pytest.param({".ruff.toml": '[lint.isort.import-heading]\nstandard-library = "Standard"\nlocal-folder = "Local"'}, CodeStyle(line_length=88, quote='"', headings=ImportHeadings(stdlib="# Standard", local_folder="# Local")), id="headings of ruff"),
        pytest.param({".isort.cfg": "[settings]\nforce_single_line = True\nknown_first_party =\n  shop\n  lib"}, CodeStyle(usual_sources=("", "src/"), force_single_line=True, first_party=("shop", "lib")), id="isort.cfg"),
        pytest.param({".isort.cfg": "[isort]\nlines_after_imports = 2"}, CodeStyle(usual_sources=("", "src/"), lines_after_imports=2), id="isort.cfg with the section of setup.cfg"),
        pytest.param({"tox.ini": "[tool:isort]\nlines_after_imports = 2"}, CodeStyle(usual_sources=("", "src/"), lines_after_imports=2), id="isort in tox.ini"),
        pytest.param({".isort.cfg": "[settings]\nlines_after_imports = 2", "pyproject.toml": "[tool.isort]\nlines_after_imports = 3"}, CodeStyle(usual_sources=("", "src/"), lines_after_imports=2), id="isort.cfg before pyproject.toml"),
        pytest.param({"pyproject.toml": "[tool.isort]", "setup.cfg": "[isort]\nlines_after_imports = 3"}, CodeStyle(usual_sources=("", "src/"), lines_after_imports=3), id="isort without options in pyproject.toml"),
        pytest.param({"ruff.toml": '[lint.isort]\nlines-after-imports = 2\nknown-first-party = ["shop"]\nknown-local-folder = ["lib"]'}, CodeStyle(line_length=88, quote='"', lines_after_imports=2, first_party=("shop",), local_folder=("lib",)), id="isort of ruff"),
        pytest.param({"ruff.toml": '[lint.isort]\nrequired-imports = ["from __future__ import annotations"]'}, CodeStyle(line_length=88, quote='"', imports_annotations=True), id="required import"),
        pytest.param({"setup.cfg": "[isort]\nadd_imports = from __future__ import annotations"}, CodeStyle(usual_sources=("", "src/"), imports_annotations=True), id="added import"),
        pytest.param({"ruff.toml": "[lint.isort]\nlines-after-imports = -1"}, CodeStyle(line_length=88, quote='"'), id="isort's default"),
        pytest.param({"ruff.toml": '[lint]\nselect = ["E", "COM"]'}, CodeStyle(line_length=88, quote='"', has_trailing_commas=True), id="trailing commas"),
        pytest.param({".pre-commit-config.yaml": "repos: [{repo: a, hooks: [{id: add-trailing-comma}]}]"}, CodeStyle(has_trailing_commas=True), id="trailing commas of a hook"),
        pytest.param({"ruff.toml": '[lint]\nselect = ["C"]'}, CodeStyle(line_length=88, quote='"'), id="the code of two other linters"),
        pytest.param({"ruff.toml": '[lint]\nselect = ["ALL"]\nignore = ["COM812", "D1", "PT"]'}, CodeStyle(package_sources=("", "src/"), line_length=88, quote='"', bans_parent_imports=True), id="ignored rules"),
        pytest.param({"ruff.toml": '[lint]\nselect = ["ALL"]\nignore = ["COM", "D", "PT", "TID", "I"]\nextend-select = ["D104"]'}, CodeStyle(line_length=88, quote='"', has_package_docstrings=True), id="selected rule of an ignored linter"),
        pytest.param({"ruff.toml": '[lint]\nselect = ["COM8"]\nignore = ["COM8"]'}, CodeStyle(line_length=88, quote='"'), id="selected and ignored"),
        pytest.param({"pyproject.toml": "[tool.ruff]\nsrc = ['back']\nlint.extend-select = ['I']"}, CodeStyle(line_length=88, quote='"', package_sources=("back/",)), id="src of ruff"),
        pytest.param({".isort.cfg": "[settings]\nsrc_paths=isort,test"}, CodeStyle(package_sources=("isort/", "test/")), id="src_paths of isort"),
        pytest.param({"../setup.cfg": "[isort]\nsrc_paths=back"}, CodeStyle(package_sources=("../back/",)), id="src_paths above the app"),
        pytest.param({".isort.cfg": "[settings]\nsrc_paths=packages/*"}, CodeStyle(), id="a pattern in src_paths"),
        pytest.param({"ruff.toml": 'lint.select = ["D"]\nlint.flake8-tidy-imports.ban-relative-imports = "all"'}, CodeStyle(line_length=88, quote='"', has_package_docstrings=True, bans_relative_imports=True), id="imports and docstrings"),
        pytest.param({"shop/ruff.toml": "[format]\nquote-style = 'single'", "pyproject.toml": "[tool.ruff.format]\nquote-style = 'double'"}, CodeStyle(line_length=88, quote="'"), id="nearest file"),
        pytest.param({"ruff.toml": "lint = 1\nselect = 2", "pyproject.toml": "tool = 1", "setup.cfg": "[isort"}, CodeStyle(line_length=88, quote='"'), id="invalid"),
        pytest.param({"pyproject.toml": "[tool.black]\nline-length = 99"}, CodeStyle(line_length=99, quote='"'), id="black"),
        pytest.param({"pyproject.toml": "[tool.black]\nskip-string-normalization = true"}, CodeStyle(line_length=88), id="black without quotes"),
        pytest.param({"pyproject.toml": "[tool.black]\nskip_string_normalization = true\nline_length = 99"}, CodeStyle(line_length=99), id="black's names with underscores"),
        pytest.param({"ruff.toml": "format.quote-style = 'preserve'"}, CodeStyle(line_length=88), id="any quotes"),
        pytest.param({"../ruff.toml": "line-length = 99", "../../ruff.toml": "line-length = 77"}, CodeStyle(line_length=99, quote='"'), id="above the app"),
        pytest.param({"shop/ruff.toml": "extend = '../ruff.toml'\nlint.extend-select = ['D104']\nlint.isort.force-single-line = true", "ruff.toml": "line-length = 99\nsrc = ['a']\nlint.select = ['COM', 'I']\nlint.ignore = ['D']\nlint.isort.lines-after-imports = 2"}, CodeStyle(line_length=99, quote='"', has_trailing_commas=True, has_package_docstrings=True, lines_after_imports=2, force_single_line=True), id="extended configuration"),
        pytest.param({"ruff.toml": "extend = '../pyproject.toml'\nlint.select = ['D']", "../pyproject.toml": "[tool.ruff]\nline-length = 99\nlint.select = ['COM']\nlint.ignore = ['D']"}, CodeStyle(line_length=99, quote='"', has_package_docstrings=True), id="extended above the app"),
        pytest.param({"ruff.toml": "extend = 'ruff.toml'\nline-length = 99"}, CodeStyle(line_length=99, quote='"'), id="configuration that extends itself"),
        pytest.param({"ruff.toml": "extend = 'gone.toml'\nline-length = 99"}, CodeStyle(line_length=99, quote='"'), id="extended configuration without a file"),
        pytest.param({".ruff.toml": "line-length = 99", "pyproject.toml": "[tool.ruff]\nline-length = 77"}, CodeStyle(line_length=99, quote='"'), id=".ruff.toml before pyproject.toml"),
        pytest.param({"tox.ini": "[flake8]\nimport-order-style = google\napplication-import-names = shop, lib"}, CodeStyle(line_length=79, max_line_length=79, import_order="google", first_party=("shop", "lib")), id="flake8-import-order"),
        pytest.param({".flake8": "[flake8]\nmax-doc-length = 72\nextend-ignore = E501"}, CodeStyle(max_doc_length=72), id="length of docstrings"),
        pytest.param({"ruff.toml": "lint.select = ['TID']"}, CodeStyle(line_length=88, quote='"', bans_parent_imports=True), id="imports of parents"),
    ],
)  # fmt: skip
def test_read_code_style(files, expected):
    raws = {path: text.encode() for path, text in files.items()}
    assert read_code_style(raws.get, "shop/settings/base.py") == expected


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        pytest.param("lint.select = ['I']", ("shop",), id="ruff"),
        pytest.param("lint.select = ['E']", (), id="ruff without isort"),
        pytest.param(
            "lint.select = ['I']\nlint.isort.detect-same-package = false", (), id="switched off"
        ),
    ],
)
def test_ruff_places_the_package_of_a_file_with_the_app(config, expected):
    inits = {"shop/__init__.py": b"", "shop/settings/__init__.py": b""}
    files = {"../ruff.toml": config.encode(), **inits}
    assert read_code_style(files.get, "shop/settings/base.py").first_party == expected


def test_style_of_one_folder_does_not_change_that_of_others():
    files = {
        "pyproject.toml": b"[tool.isort]\nprofile = 'black'\n",
        "jobs/ruff.toml": b"[lint.isort]\nlines-after-imports = 2\n",
    }
    assert read_code_style(files.get, "jobs/run.py").lines_after_imports == 2
    assert read_code_style(files.get, "shop/run.py").lines_after_imports == 1


@pytest.mark.parametrize("name", ["a\\u0000b", "a" * 300, "../../.git/config"])
def test_extended_configuration_that_can_not_be_read(tmp_path, name):
    (tmp_path / "ruff.toml").write_text(f'extend = "{name}"\nline-length = 99\n')
    assert read_code_style(Tree(tmp_path).read, "shop/settings.py").line_length == 99


def test_deep_tables_of_an_extended_configuration():
    deep = f"lint.{'a.' * 990}b = 1\n".encode()
    files = {
        "ruff.toml": b"extend = 'base.toml'\n" + deep,
        "base.toml": b"line-length = 99\n" + deep,
    }
    assert read_code_style(files.get, "shop.py").line_length == 99


def test_a_broken_link_is_no_configuration():
    def read(path):
        if path == ".ruff.toml":
            raise SourceError(".ruff.toml is a broken symbolic link", "remove or fix it")
        return b"[tool.black]\nline-length = 99\n" if path == "pyproject.toml" else None

    assert read_code_style(read, "shop/settings.py") == CodeStyle(line_length=99, quote='"')
