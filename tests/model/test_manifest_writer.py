from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from manifest_samples import GOOD

from shield_ai.model.errors import ManifestError
from shield_ai.model.finding import Kind
from shield_ai.model.manifest import App, Environment, Functions, Manifest, Rotation, Secret
from shield_ai.model.manifest_parser import parse_manifest
from shield_ai.model.manifest_writer import SCHEDULE_NOTE, render_manifest
from shield_ai.model.printable import printable_lines


def test_update_preserves_the_text_and_appends():
    old = parse_manifest(GOOD)
    new = Manifest(
        app=old.app,
        secret=(*old.secret, Secret(name="stripe-key", kind=Kind.API_KEY, env="STRIPE_KEY")),
    )
    text = render_manifest(new, GOOD)
    assert text.startswith(GOOD)
    assert parse_manifest(text) == new
    assert render_manifest(new, text) == text


def test_the_first_line_says_how_to_install_shield():
    text = render_manifest(Manifest(app=App(name="shop")))
    assert "Shield AI (pip install shield-ai)" in text.splitlines()[0]


def test_appended_lines_have_the_newlines_of_the_file():
    old = '[app]\r\nname = "shop"\r\n'
    secret = Secret(name="stripe-key", env="STRIPE_KEY")
    text = render_manifest(Manifest(app=App(name="shop"), secret=(secret,)), old)
    added = '\r\n[[secret]]\r\nname = "stripe-key"\r\nenv = "STRIPE_KEY"\r\n'
    assert text == old + added


def test_no_table_is_appended_to_an_inline_array():
    old = 'secret = [{name = "mail-key", env = "MAIL_KEY"}]\n[app]\nname = "shop"\n'
    secret = Secret(name="stripe-key", env="STRIPE_KEY")
    with pytest.raises(ManifestError, match="inline array"):
        render_manifest(Manifest(app=App(name="shop"), secret=(secret,)), old)


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        pytest.param(1, 'settings = ["shop/settings/stage0.py"]\n', id="short"),
        pytest.param(4, 'settings = [\n    "shop/settings/stage0.py",\n', id="long"),
    ],
)
def test_a_long_array_has_a_line_for_each_entry(count, expected):
    settings = tuple(f"shop/settings/stage{number}.py" for number in range(count))
    manifest = Manifest(app=App(name="shop", settings=settings))
    text = render_manifest(manifest)
    assert expected in text
    assert parse_manifest(text) == manifest


descriptions = st.text(max_size=9).filter(lambda text: printable_lines(text) == text)
names = st.from_regex(r"[a-z]{1,8}-[a-z]{7,9}", fullmatch=True)
variables = st.from_regex(r"[A-Z][A-Z0-9_]{0,9}", fullmatch=True)


@given(st.dictionaries(names, variables, max_size=5), descriptions, st.booleans())
def test_parses_what_it_renders(entries, description, optional):
    secrets = tuple(
        Secret(name=name, env=variable, description=description, optional=optional)
        for name, variable in entries.items()
    )
    manifest = Manifest(
        app=App(name="shop", settings=("a.py",), tags={"team": "x"}), secret=secrets
    )
    assert parse_manifest(render_manifest(manifest)) == manifest


def test_explains_the_first_name_that_would_end_like_an_arn():
    names = ("mail-value", "client-secret-value", "webhook-secret-value")
    secrets = tuple(Secret(name=name, env=name.upper().replace("-", "_")) for name in names)
    text = render_manifest(Manifest(app=App(name="shop"), secret=secrets))
    reason = 'because AWS can take the end of "client-secret" for the suffix of an ARN'
    comment = f'# ends in "-value" {reason}'
    assert f'name = "client-secret-value" {comment}\n' in text
    assert text.count("because AWS") == 1
    assert [secret.name for secret in parse_manifest(text).secret] == list(names)


@pytest.mark.parametrize(
    ("app", "line"),
    [
        (App(name="a"), '# region = "us-east-1" # the default: set it before apply creates '),
        (
            App(name="a", region="eu-west-2"),
            'region = "eu-west-2" # found in the app or in your AWS configuration: check it',
        ),
    ],
)
def test_writes_the_region(app, line):
    text = render_manifest(Manifest(app=app))
    assert line in text
    assert parse_manifest(text) == Manifest(app=app)


def test_proposes_a_prefix_in_a_comment():
    comment = (
        '# prefix = "shop/" # of all names in AWS, if apps share the account: set it before apply'
    )
    text = render_manifest(Manifest(app=App(name="shop")))
    assert f"\n{comment}\n" in text
    assert parse_manifest(text.replace("# prefix", "prefix")).app.prefix == "shop/"


@pytest.mark.parametrize(
    "manifest",
    [
        Manifest(app=App(name="shop", prefix="shop/live/")),
        Manifest(app=App(name="shop"), environments={"live": Environment(prefix="shop/live/")}),
    ],
    ids=["a prefix of all", "a prefix of each environment"],
)
def test_proposes_no_prefix_beside_another(manifest):
    assert "# prefix" not in render_manifest(manifest)


def test_says_that_a_drafted_schedule_is_not_in_force():
    rotate = Rotation(every="30 days", engine="postgres")
    secrets = tuple(
        Secret(name=name, kind=Kind.DATABASE, fields={"password": name.upper()}, rotate=rotate)
        for name in ("a", "b")
    )
    manifest = Manifest(app=App(name="shop", region="eu-west-2"), secret=secrets)
    text = render_manifest(manifest)
    assert text.count(f"}} # {SCHEDULE_NOTE}\n") == 1
    assert parse_manifest(text) == manifest
    deployed = msgspec.structs.replace(manifest, rotation=Functions())
    assert SCHEDULE_NOTE not in render_manifest(
        deployed, render_manifest(msgspec.structs.replace(deployed, secret=()))
    )
