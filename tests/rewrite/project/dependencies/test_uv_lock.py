from __future__ import annotations

import tomllib

import pytest
from fixer_helpers import manifest, run
from lock_samples import DJANGO, HEAD, PROJECT, SHOP, URLLIB3, UV_LOCK, ZIPP

from shield_ai.rewrite.project import requirements
from shield_ai.rewrite.project.dependencies.lock_update import releases
from shield_ai.rewrite.project.dependencies.wanted_requirements import InstalledGroups, Target
from shield_ai.rewrite.reverse_edits import reverse_edits

INSTALLED = InstalledGroups(groups={"prod"}, extras={"server"})


def fix(lock, project=PROJECT, **others):
    """Return uv.lock after boto3 was added; None if it is reported as outdated."""
    files = {"pyproject.toml": project.encode(), "uv.lock": lock.encode(), **others}
    found = requirements.add_requirements(files.get, manifest(), target=Target(groups=INSTALLED))
    skipped = run(found, files)
    assert b"boto3" in files["pyproject.toml"]
    assert ("uv.lock" in skipped) == (files["uv.lock"] == lock.encode())
    found = requirements.add_requirements(files.get, manifest(), target=Target(groups=INSTALLED))
    assert found == ([], [])
    return None if "uv.lock" in skipped else files["uv.lock"].decode()


def block(name):
    return releases()[name].texts["uv"]


def test_adds_packages_in_the_order_of_uv():
    after = fix(UV_LOCK)
    shop = SHOP.replace(
        "dependencies = [\n", 'dependencies = [\n    { name = "boto3" },\n'
    ).replace(
        "requires-dist = [\n",
        'requires-dist = [\n    { name = "boto3", specifier = ">=1.26" },\n',
    )
    first = [block("boto3"), block("botocore"), DJANGO, block("jmespath"), block("python-dateutil")]
    second = [block("s3transfer"), shop, block("six"), block("urllib3"), ZIPP]
    assert after == "\n".join([HEAD, *first, *second])
    assert (
        reverse_edits("uv.lock", UV_LOCK.encode(), after.encode(), after.encode())
        == UV_LOCK.encode()
    )


def test_keeps_a_locked_version_and_extends_a_list_of_one():
    shop = SHOP.replace('    { name = "zipp" },\n', "")
    shop = shop.replace(
        '[\n    { name = "django", specifier = ">=5" },\n]',
        '[{ name = "django", specifier = ">=5" }]',
    )
    after = fix(f"{HEAD}\n{DJANGO}\n{shop}\n{URLLIB3}", PROJECT.replace('    "zipp",\n', ""))
    assert URLLIB3 in after
    assert after.count('name = "urllib3"\nversion') == 1
    listed = (
        '{ name = "boto3", specifier = ">=1.26" },\n    { name = "django", specifier = ">=5" },\n'
    )
    assert f"requires-dist = [\n    {listed}]\n" in after


def test_an_upper_bound_is_in_the_order_of_uv():
    head, _, dist = UV_LOCK.replace('">=5"', '">=5,<6"').partition("requires-dist")
    lock = head + "requires-dist" + dist.replace('"zipp" }', '"zipp", specifier = "<4" }', 1)
    after = fix(lock, PROJECT.replace(">=5", ">=5,<6").replace("zipp", "zipp<4"))
    assert '{ name = "boto3", specifier = ">=1.26,<2" },' in after


# uv 0.13.9 wrote these tables, and the same ones with boto3.
EXTRA = '\n[package.optional-dependencies]\nserver = [\n    { name = "attrs" },\n]\n'
EXTRA_ENTRY = '    { name = "attrs", marker = "extra == \'server\'" },\n'
GROUP = '\n[package.dev-dependencies]\nprod = [\n    { name = "zipp" },\n]\n'
REQUIRES_DEV = '\n[package.metadata.requires-dev]\nprod = [{ name = "zipp", specifier = "<4" }]\n'
METADATA = "\n[package.metadata]\nrequires-dist = [\n"
EXTRAS = '[project.optional-dependencies]\nserver = ["attrs"]\n'
GROUPS = '[dependency-groups]\nprod = ["zipp<4"]\n'


def test_adds_to_an_extra():
    lock = UV_LOCK.replace(METADATA, EXTRA + METADATA + EXTRA_ENTRY)
    lock = lock.replace(
        '    { name = "zipp" },\n]\n\n[[',
        '    { name = "zipp" },\n]\nprovides-extras = ["server"]\n\n[[',
    )
    after = fix(lock, PROJECT + EXTRAS)
    assert '\nserver = [\n    { name = "attrs" },\n    { name = "boto3" },\n]\n' in after
    entry = '    { name = "boto3", marker = "extra == \'server\'", specifier = ">=1.26" },\n'
    assert METADATA + EXTRA_ENTRY + entry in after


def test_adds_the_first_extra():
    lock = UV_LOCK.replace('requires-dist = [\n    { name = "django", specifier = ">=5" },\n    { name = "zipp" },\n]', 'requires-dist = [{ name = "django", specifier = ">=5" }]')  # fmt: skip
    one = PROJECT.replace('    "zipp",\n', "")
    for text, project in ((UV_LOCK, PROJECT), (lock, one)):
        package = f'{project}[build-system]\nrequires = ["hatchling"]\n'
        files = {"pyproject.toml": package.encode(), "uv.lock": text.encode()}
        groups = InstalledGroups(extras={"aws"}, new_extra="aws")
        found = requirements.add_requirements(files.get, manifest(), target=Target(groups=groups))
        assert run(found, files).keys() == {"pyproject.toml"}
        after = files["uv.lock"].decode()
        table = '[package.optional-dependencies]\naws = [\n    { name = "boto3" },\n]\n'
        assert f"\n]\n\n{table}{METADATA}" in after
        entry = '    { name = "boto3", marker = "extra == \'aws\'", specifier = ">=1.26" },\n'
        assert METADATA + entry in after
        assert '},\n]\nprovides-extras = ["aws"]\n\n[[package]]' in after


def test_adds_to_a_group():
    lock = UV_LOCK.replace(METADATA, GROUP + METADATA).replace(
        f"\n{ZIPP}", f"{REQUIRES_DEV}\n{ZIPP}"
    )
    after = fix(lock, PROJECT + GROUPS)
    assert '\nprod = [\n    { name = "boto3" },\n    { name = "zipp" },\n]\n' in after
    entries = (
        '    { name = "boto3", specifier = ">=1.26" },\n    { name = "zipp", specifier = "<4" },\n'
    )
    assert f"\n[package.metadata.requires-dev]\nprod = [\n{entries}]\n" in after
    for other in (
        'dev = [{include-group = "prod"}]\n',
        'dev = ["shop[server]"]\n',
        '[tool.uv.dependency-groups]\nprod = {requires-python = ">=3.12"}\n',
    ):
        assert fix(lock, PROJECT + GROUPS + other) is None
    assert fix(lock.replace('"<4"', '"<5"'), PROJECT + GROUPS) is None


def test_an_old_revision_has_no_upload_times():
    after = fix(UV_LOCK.replace("revision = 3", "revision = 1"))
    assert "upload-time" not in after
    assert after.count(".whl") == len(releases())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param('">=3.11"', '">=3.11, <4"', id="Python"),
        pytest.param('\n[[package]]\nname = "dj', '\n[manifest]\nmembers = [\n    "a",\n    "shop",\n]\n\n[[package]]\nname = "a"\nversion = "1"\nsource = { editable = "a" }\n\n[[package]]\nname = "dj', id="workspace"),
        pytest.param("\n[[package]]", '\n[options]\nexclude-newer = "0001-01-01T00:00:00Z"\nexclude-newer-span = "P1W"\n\n[[package]]', id="relative age"),
        pytest.param('{ virtual = "." }', '{ editable = "." }', id="editable"),
        pytest.param("\n[package.metadata]\n", '\n[package.dev-dependencies]\ndev = [\n    { name = "zipp" },\n]\n\n[package.metadata]\n', id="groups"),
    ],
)  # fmt: skip
def test_updates_other_layouts(old, new):
    after = fix(UV_LOCK.replace(old, new, 1))
    assert {package["name"] for package in tomllib.loads(after)["package"]} > set(releases())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("version = 1\n", "version = 2\n", id="version"),
        pytest.param("revision = 3", "revision = 99", id="revision"),
        pytest.param("revision = 3\n", "conflicts = []\nrevision = 3\n", id="unknown key"),
        pytest.param('">=3.11"', '">=3.9, < 3.14"', id="Python too old"),
        pytest.param('">=5"', '">=4"', id="inconsistent"),
        pytest.param('{ virtual = "." }', '{ virtual = "web" }', id="another project"),
        pytest.param(ZIPP, f"{URLLIB3.replace('2.6.1', '1.20')}\n{ZIPP}", id="locked version too old"),
        pytest.param(ZIPP, f"{URLLIB3.replace('2.6.1', '3.0')}\n{ZIPP}", id="locked version too new"),
        pytest.param(ZIPP, f"{URLLIB3}\n{URLLIB3.replace('2.6.1', '2.5.0')}\n{ZIPP}", id="fork"),
        pytest.param(ZIPP, f"{URLLIB3.replace('pypi.org', 'pypi.example')}\n{ZIPP}", id="other index"),
        pytest.param(ZIPP, ZIPP.replace("pypi.org", "pypi.example"), id="other index of another package"),
        pytest.param("\n[[package]]", '\n[options]\nexclude-newer = "2026-01-01T00:00:00Z"\n\n[[package]]', id="date"),
        pytest.param("\n[[package]]", '\n[options]\nresolution-mode = "lowest"\n\n[[package]]', id="oldest versions"),
        pytest.param("\n[[package]]", '\n[manifest]\noverrides = [{ name = "six", specifier = "<1" }]\n\n[[package]]', id="override"),
        pytest.param("\n", "\r\n", id="line endings"),
        pytest.param(HEAD, "", id="no header"),
        pytest.param(SHOP, "", id="no project"),
        pytest.param(UV_LOCK, "", id="empty"),
        pytest.param(UV_LOCK, "version = [", id="invalid"),
        pytest.param('source = { registry = "https://pypi.org/simple" }\n', "source = 1\n", id="wrong type"),
    ],
)  # fmt: skip
def test_reports_a_lock_file_that_is_unusual(old, new):
    assert old in UV_LOCK
    assert fix(UV_LOCK.replace(old, new)) is None


@pytest.mark.parametrize(
    "settings",
    [
        '[[tool.uv.index]]\nurl = "https://pypi.example/simple"\n',
        '[tool.uv]\nextra-index-url = ["https://pypi.example/simple"]\n',
        '[tool.uv.sources]\nsix = { git = "https://example.com/six" }\n',
        "[tool]\nuv = 1\n",
    ],
)
def test_reports_a_lock_file_of_a_project_with_other_sources(settings):
    assert fix(UV_LOCK, PROJECT + settings) is None


def test_options_in_another_file_are_not_known():
    assert fix(UV_LOCK, **{"uv.toml": b"offline = true\n"}) is None


def test_an_explicit_index_is_for_other_packages():
    index = '[[tool.uv.index]]\nurl = "https://pypi.example/simple"\nexplicit = true\n'
    assert fix(UV_LOCK.replace(ZIPP, ZIPP.replace("pypi.org", "pypi.example")), PROJECT + index)
