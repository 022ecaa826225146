from __future__ import annotations

import ast
import json
import os
import re
import sys
import types

import environ
import msgspec
import pytest
from rewrite_helpers import PATH, check, map_file, rewritten, rewritten_and_drafted

from shield_ai.flow.draft.manifest_draft import draft_manifest_from_sites
from shield_ai.model.manifest import App, Manifest, Secret
from shield_ai.project.python_source import Source, apply_edits
from shield_ai.rewrite.python.wrap.run import wrap_secrets
from shield_ai.scan.python.app_scan import scan_files
from shield_runtime.testing import fake_secrets

IMPORT = "from shop.aws_secrets import get_secret"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            'X = os.environ["API_KEY"]',
            'X = get_secret("api-key")',
            id="name implies variable",
        ),
        pytest.param(
            "SECRET_KEY = os.environ['DJANGO_KEY']",
            "SECRET_KEY = get_secret('django-key')",
            id="quotes of the expression",
        ),
        pytest.param(
            'X = os.getenv("CLIENT_SECRET")',
            'X = get_secret("client-secret-value", None)',
            id="name that would end like an ARN",
        ),
        pytest.param(
            'API_KEY = "k3y-of-a-test"',
            'API_KEY = get_secret("api-key", default="k3y-of-a-test")',
            id="literal",
        ),
        pytest.param(
            'X = os.environ.get("API_KEY") or "dev"',
            'X = get_secret("api-key", None) or "dev"',
            id="constant after or",
        ),
        pytest.param(
            'X = os.getenv("API_KEY", os.getenv("A_PASS")) or ""',
            'X = get_secret(\n    "api-key", lambda: os.getenv("API_KEY", get_secret("a-pass", None)) or ""\n)',
            id="empty constant after or",
        ),
        pytest.param(
            'SECRET_KEY = os.environ.get("API_KEY") or "dev"',
            'SECRET_KEY = get_secret("api-key", lambda: os.environ.get("API_KEY") or "dev")',
            id="constant after or, Django's key",
        ),
        pytest.param(
            'API_KEY = os.environ.get("API_KEY") or "k3y-f0r-tests"',
            'API_KEY = get_secret("api-key", lambda: os.environ.get("API_KEY") or "k3y-f0r-tests")',
            id="hardcoded secret after or",
        ),
        pytest.param(
            'X = os.environ.get("API_KEY") or os.environ.get("A_TOKEN")',
            'X = get_secret("api-key", None) or get_secret("a-token", None)',
            id="two reads",
        ),
        pytest.param(
            'X = os.getenv("API_KEY", os.getenv("A_TOKEN"))',
            'X = get_secret("api-key", get_secret("a-token", None))',
            id="nested reads",
        ),
        pytest.param(
            "X = tuple(os.environ['PIN_TOKEN'])  # four digits",
            "X = tuple(get_secret('pin-token'))  # four digits",
            id="cast and comment",
        ),
        pytest.param(
            "if 'API_KEY' in os.environ:\n    X = os.environ['API_KEY']",
            "if has_secret('api-key'):\n    X = get_secret('api-key')",
            id="presence",
        ),
        pytest.param(
            "if 'API_KEY' not in os.environ and X:\n    X = os.environ['API_KEY']",
            "if not has_secret('api-key') and X:\n    X = get_secret('api-key')",
            id="negated presence",
        ),
        pytest.param(
            "X = f\"Bearer {os.environ['API_KEY']}\"",
            "X = f\"Bearer {get_secret('api-key')}\"",
            id="f-string",
        ),
        pytest.param(
            "X = f'''{os.environ[\"API_KEY\"]}'''",
            "X = f'''{get_secret(\"api-key\")}'''",
            id="triple-quoted f-string",
        ),
        pytest.param(
            "X = 'é' + f\"ü{os.environ['API_KEY']}\"",
            "X = 'é' + f\"ü{get_secret('api-key')}\"",
            id="f-string after non-ASCII characters",
        ),
        pytest.param(
            'X = (f"a"\n     f"{os.environ[\'API_KEY\']}")',
            'X = (f"a"\n     f"{get_secret(\'api-key\')}")',
            id="second of two f-strings",
        ),
        pytest.param(
            "if x := os.environ.get('API_KEY'):\n    pass",
            "if x := get_secret('api-key', None):\n    pass",
            id="walrus",
        ),
        pytest.param(
            "class C:\n    d = ''\n    X = os.environ.get('API_KEY', d)",
            "class C:\n    d = ''\n    X = get_secret('api-key', lambda d=d: os.environ.get('API_KEY', d))",
            id="names of a class body",
        ),
        pytest.param(
            "class C:\n    X = [os.environ['API_KEY'] for _ in y]",
            "class C:\n    X = [get_secret('api-key') for _ in y]",
            id="comprehension in a class",
        ),
        pytest.param(
            "X = os.environ['API_KEY']; Y = 1",
            "X = get_secret('api-key'); Y = 1",
            id="two statements on a line",
        ),
        pytest.param(
            "def f():\n\treturn os.environ['API_KEY']",
            "def f():\n\treturn get_secret('api-key')",
            id="tabs",
        ),
    ],
)
def test_expressions(before, after):
    name = "get_secret, has_secret" if "has_secret" in after else "get_secret"
    keeps_os = "os." in after or ("os.environ" not in before and "os.getenv" not in before)
    head = f"{'import os' + chr(10) * 2 if keeps_os else ''}from shop.aws_secrets import {name}\n\n"
    check(f"import os\n\n{before}\n", f"{head}{after}\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("X", f"{IMPORT}\n\nX", id="no import yet"),
        pytest.param('"""Doc."""\nX', f'"""Doc."""\n{IMPORT}\n\nX', id="docstring"),
        pytest.param(
            "from __future__ import annotations\n\nX",
            f"from __future__ import annotations\n\n{IMPORT}\n\nX",
            id="future",
        ),
        pytest.param(
            "import re\nimport sys\n\nX",
            f"import re\nimport sys\n\n{IMPORT}\n\nX",
            id="after the last import",
        ),
        pytest.param(
            "import re\n\nfrom .base import *\n\nX",
            f"import re\n\n{IMPORT}\n\nfrom .base import *\n\nX",
            id="before relative imports",
        ),
        pytest.param(
            "from shop.a import b\nfrom shop.z import c\n\nX",
            f"from shop.a import b\n{IMPORT}\nfrom shop.z import c\n\nX",
            id="among first-party imports",
        ),
        pytest.param(
            "import re\nY = 1\nimport sys\nX",
            f"import re\n\n{IMPORT}\nY = 1\nimport sys\nX",
            id="first block only",
        ),
        pytest.param(
            "import re; Y = '''\n'''\nX",
            f"{IMPORT}\n\nimport re; Y = '''\n'''\nX",
            id="statement on the same line",
        ),
        pytest.param(
            "#!/bin/sh\n# why\n\nX", f"#!/bin/sh\n# why\n\n{IMPORT}\n\nX", id="comment at the top"
        ),
        pytest.param(
            "# Licence: MIT\nX",
            f"# Licence: MIT\n{IMPORT}\n\nX",
            id="license comment",
        ),
        pytest.param(
            "# Of it.\n# Long.\nX",
            f"{IMPORT}\n\n# Of it.\n# Long.\nX",
            id="comment of a statement",
        ),
        pytest.param(
            "# a\n\n# Of it.\nX",
            f"# a\n\n{IMPORT}\n\n# Of it.\nX",
            id="comment below a file comment",
        ),
        pytest.param(
            "from a import (\n    b,\n    c,\n)\n\nX",
            f"from a import (\n    b,\n    c,\n)\n\n{IMPORT}\n\nX",
            id="parentheses",
        ),
    ],
)
def test_imports(before, after):
    read = 'T = __import__("os").environ\nAPI_KEY = "k3y-of-a-test"'
    done = 'T = __import__("os").environ\nAPI_KEY = get_secret("api-key", default="k3y-of-a-test")'
    files = {"shop/a.py": b"", "shop/z.py": b""}
    check(before.replace("X", read) + "\n", after.replace("X", done) + "\n", files)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            b'import os\r\nX = os.environ["API_KEY"]\r\n',
            b'from shop.aws_secrets import get_secret\r\nX = get_secret("api-key")\r\n',
            id="crlf",
        ),
        pytest.param(
            b'\xef\xbb\xbfimport os\nX = os.environ["API_KEY"]',
            b'\xef\xbb\xbffrom shop.aws_secrets import get_secret\nX = get_secret("api-key")',
            id="bom, no final newline",
        ),
        pytest.param(
            "# -*- coding: latin-1 -*-\nimport os\nX = 'é', os.environ['API_KEY']\n".encode(
                "latin-1"
            ),
            "# -*- coding: latin-1 -*-\nfrom shop.aws_secrets import get_secret\n"
            "X = 'é', get_secret('api-key')\n".encode("latin-1"),
            id="latin-1",
        ),
        pytest.param(
            b"\x0cimport os\n\x0c\nX = os.environ['API_KEY']\n",
            b"\x0cimport os\n\nfrom shop.aws_secrets import get_secret\n\x0c\n"
            b"X = get_secret('api-key')\n",
            id="form feeds",
        ),
    ],
)
def test_bytes(before, after):
    check(before, after)


def test_breaks_long_lines_like_black():
    before = """\
import os

SOME_LONG_SETTING_OF_A_SERVICE = os.environ.get("SOME_LONG_SERVICE_API_KEY")
A_MUCH_LONGER_SETTING_OF_A_SERVICE = os.environ.get("A_MUCH_LONGER_SERVICE_API_KEY", "a default of it")
DATABASES = {
    "default": {"ENGINE": "x", "USER": os.environ["DB_USER"], "PASSWORD": os.environ["DB_PASSWORD"]},
}
"""
    after = rewritten(before)[0].decode()
    assert '= get_secret("some-long-service-api-key", None)\n' in after
    assert '= get_secret(\n    "a-much-longer-service-api-key", "a default of it"\n)\n' in after
    assert '        "PASSWORD": get_secret("database-credentials:password"),\n    },\n' in after


def test_uses_alias_if_file_defines_get_secret():
    before = "import os\ndef get_secret(x):\n    return x\nX = os.environ['API_KEY']\n"
    after = rewritten(before)[0].decode()
    assert "import get_secret as aws_get_secret\n" in after
    assert "X = aws_get_secret('api-key')" in after


def test_uses_last_alias_if_other_names_are_taken():
    before = "import os\ndef get_secret(x):\n    return x\naws_get_secret = 1\nX = os.environ['API_KEY']\n"
    after = rewritten(before)[0].decode()
    assert "import get_secret as shield_get_secret\n" in after
    assert "X = shield_get_secret('api-key'" in after


def test_uses_alias_if_another_module_defines_get_secret():
    files = {"shop/vault.py": b"def get_secret(x):\n    return x\n"}
    after = rewritten("import os\nX = os.environ['API_KEY']\n", files)[0].decode()
    assert "import get_secret as aws_get_secret" in after


def test_uses_names_in_shield_toml():
    before = "import os\nX = os.environ['API_KEY']\n"
    raws = {PATH: before.encode()}
    scan = scan_files("shop", list(raws), raws.get)
    manifest = draft_manifest_from_sites(scan.sites, None, scan.facts)
    secret = msgspec.structs.replace(manifest.secret[0], name="our/key")
    manifest = msgspec.structs.replace(manifest, secret=(secret,))
    after = rewritten(before, manifest=manifest)[0].decode()
    assert "X = get_secret('our/key')" in after


@pytest.mark.parametrize(
    ("text", "skipped_count"),
    [
        pytest.param("x = f\"{f'{os.environ.get(k)}'}\"\n", 0, id="unknown variable"),
        pytest.param("def f():\n    return os.environ.get('API_KEY', (yield))\n", 1, id="yield"),
        pytest.param("env = {**os.environ}\nX = env['API_KEY']\n", 1, id="a copy"),
    ],
)
def test_does_not_wrap_unsupported_reads(text, skipped_count):
    before = f"import os\n{text}".encode()
    after, skipped = rewritten(before)
    assert after == before
    assert len(skipped) == skipped_count


def test_skips_file_if_result_does_not_compile(monkeypatch):
    from shield_ai.rewrite.python.wrap import call_arguments, call_text

    monkeypatch.setattr(call_arguments, "_lambda_parameters", lambda _: " *a")
    monkeypatch.setattr(call_text, "presence_test", lambda *_: "")
    before = b"import os\nif 'API_KEY' in os.environ: X = os.environ['API_KEY']\n"
    after, skipped = rewritten(before)
    assert after == before
    assert {entry.reason for entry in skipped} == {"the rewritten file would not compile"}


def test_keeps_long_line_if_breaking_it_fails(monkeypatch):
    from shield_ai.rewrite.python.lines import line_breaking

    line = (
        "SHOP_OF_A_VERY_LONG_NAME_API_KEY = config('SHOP_OF_A_VERY_LONG_NAME_API_KEY', cast=str)\n"
    )
    monkeypatch.setattr(line_breaking, "strip", lambda cells: cells[1:])
    after, skipped = rewritten("from decouple import config\n" + line)
    assert (
        after.count(b"get_secret('shop-of-a-very-long-name-api-key', lambda: config"),
        skipped,
    ) == (
        1,
        (),
    )


CONTEXTS = {
    "value of a dict": ("D = {'a': {'k': os.environ['A_TOKEN']}}", 1),
    "attribute of a class": ("class c:\n    d = 'x'\n    T = os.getenv('A_TOKEN', d)\nX = c.T", 1),
    "in a branch": ("if 1:\n    X = os.environ['A_TOKEN']\nelse:\n    X = ''", 1),
    "after or": ("X = '' or os.getenv('A_TOKEN')", 1),
    "before and": ("X = os.getenv('A_TOKEN') and 7", 1),
    "argument": ("X = sorted(os.environ['A_TOKEN'], reverse=True)", 1),
    "test of an if": ("X = os.getenv('A_TOKEN')\nif os.getenv('A_TOKEN'):\n    X = 2", 2),
    "presence": ("X = 1\nif 'A_TOKEN' in os.environ:\n    X = os.environ['A_TOKEN']", 2),
    "in a function": ("def f(d):\n    return os.getenv('A_TOKEN', d)\nX = f('x')", 1),
    "in a list": ("X = [os.getenv('A_TOKEN'), *os.environ['B_TOKEN'].split(',')]", 2),
    "nested default": ("X = env('A_TOKEN', default=env('B_TOKEN'))", 2),
    "json": ("X = json.loads(os.environ.get('A_TOKEN', '[]'))", 1),
    "try": ("try:\n    X = os.environ['A_TOKEN']\nexcept KeyError:\n    X = 'none'", 1),
    "try with an error of django-environ": (
        "try:\n    X = env('A_TOKEN')\nexcept Exception as e:\n    X = type(e)",
        1,
    ),
    "ternary": ("X = os.environ['A_TOKEN'] if os.getenv('A_TOKEN') else 'x'", 2),
    "walrus": ("X = (Y := os.getenv('A_TOKEN')) and Y", 1),
    "f-string": ("X = f'{os.environ[\"A_TOKEN\"]!r:>9}'", 1),
    "percent": ("X = 'Bearer %s' % os.environ['A_TOKEN']", 1),
    "chained": ("X = Y = os.environ['A_TOKEN']", 1),
    "starred": ("X = [*os.environ['A_TOKEN']]", 1),
    "deleted": ("X = os.environ.pop('A_TOKEN', 'x')", 1),
    "initialisation at import": (
        "X = []\ndef init(dsn):\n    X.append(dsn)\ninit(dsn=os.environ.get('A_DSN'))",
        1,
    ),
    "part of a url": ("X = env.email_url()['EMAIL_HOST_PASSWORD']", 1),
    "loop": ("for k in ('A_TOKEN', 'B_TOKEN', 'LANG'):\n    globals()[k] = os.getenv(k)", 1),
    "bound late": (
        "F = [lambda: os.environ[k] for k in ('A_TOKEN', 'B_TOKEN')]\nX = [f() for f in F]\ndel F",
        1,
    ),
    "decorator": ("def d(t):\n    return lambda f: t\n@d(os.environ['A_TOKEN'])\ndef X(): ...", 1),
    "match": (
        "match os.getenv('A_TOKEN'):\n    case None:\n        X = 1\n    case other:\n        X = other",
        1,
    ),
    "with": (
        "import contextlib\nwith contextlib.nullcontext(os.getenv('A_TOKEN')) as X:\n    pass",
        1,
    ),
}


def settings_of(text, variables, monkeypatch):
    """Run settings, and return what they set or the error that they end with."""
    space = {"json": json, "os": os, "env": environ.Env()}
    with monkeypatch.context() as patch:
        for name in VALUES:
            patch.delenv(name, raising=False)
        for name, value in variables.items():
            patch.setenv(name, value)
        try:
            exec(compile(text, "settings.py", "exec"), space)
        except KeyError as error:  # the runtime's error names the variable in a sentence
            return KeyError, re.search(r"[A-Z]+_[A-Z]+", str(error))[0]
        except Exception as error:  # whatever it is, it is compared
            return type(error), str(error)
    return {name: value for name, value in space.items() if name.isupper()}


VALUES = {
    "A_TOKEN": "[1]",
    "B_TOKEN": "b,c",
    "A_DSN": "https://x@h/1",
    "EMAIL_URL": "smtp://u:p@h:25",
}


@pytest.mark.parametrize(
    ("text", "count"), [pytest.param(*case, id=name) for name, case in CONTEXTS.items()]
)
def test_settings_are_unchanged_in_every_context(text, count, monkeypatch):
    before = f"import json, os\nimport environ\nenv = environ.Env()\n{text}\n"
    after, skipped, manifest = rewritten_and_drafted(before)
    assert (after.count(b"_secret("), skipped) == (count, ())
    now = after.decode()
    [(path, raw)] = map_file(manifest).items()
    module = types.ModuleType(path)
    exec(raw.replace(b"._shield_runtime", b"shield_runtime"), module.__dict__)
    for name in ("shop", "shop.utils"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(sys.modules, "shop.aws_secrets", module)
    monkeypatch.setitem(sys.modules, "shop.aws_secrets", module)
    for variables in (VALUES, {}, dict.fromkeys(VALUES, "")):
        assert settings_of(now, variables, monkeypatch) == settings_of(
            before, variables, monkeypatch
        )
    secrets = {name.lower().replace("_", "-"): value for name, value in VALUES.items()} | VALUES
    with fake_secrets(secrets):
        assert settings_of(now, {}, monkeypatch) == settings_of(before, VALUES, monkeypatch)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            'X = os.environ.get(\n    "API_KEY",\n    "",  # none\n)\n',
            'X = get_secret(\n    "api-key",\n    lambda: os.environ.get(\n        "API_KEY",\n        "",  # none\n    ),\n)\n',
            id="indented",
        ),
        pytest.param(
            'if 1:\n\tX = os.environ.get(\n\t\t"API_KEY",\n\t\tos.environ["A_TOKEN"],\n\t)\n',
            'if 1:\n\tX = get_secret(\n\t\t"api-key",\n\t\tget_secret("a-token"),\n\t)\n',
            id="nested, with tabs",
        ),
        pytest.param(
            'X = os.environ.get(\n    "API_KEY",\n    str(\n        os.environ.get(  # former\n            "A_TOKEN",\n            "",\n        )\n    ),\n)\n',
            'X = get_secret(\n    "api-key",\n    lambda: os.environ.get(\n        "API_KEY",\n        str(\n            get_secret(\n'
            '                "a-token",\n                lambda: os.environ.get(  # former\n                    "A_TOKEN",\n'
            '                    "",\n                ),\n            )\n        ),\n    ),\n)\n',
            id="nested, several lines",
        ),
        pytest.param(
            'X = os.environ.get(\n    "API_KEY",\n    os.environ.get(  # former\n        "A_TOKEN",\n        "",\n    ),\n)\n',
            'X = get_secret(\n    "api-key",\n    get_secret(\n        "a-token",\n        lambda: os.environ.get(  # former\n'
            '            "A_TOKEN",\n            "",\n        ),\n    ),\n)\n',
            id="nested default, several lines",
        ),
        pytest.param(
            'X = os.environ.get("API_KEY", """a\n  b""")\n',
            'X = get_secret("api-key", lambda: os.environ.get("API_KEY", """a\n  b"""))\n',
            id="triple-quoted string",
        ),
        pytest.param(
            'X = os.environ.get(\n    "API_KEY",\n    """a\nb\\\n  c""",\n)\n',
            'X = get_secret(\n    "api-key",\n    lambda: os.environ.get(\n        "API_KEY",\n        """a\nb\\\n  c""",\n    ),\n)\n',
            id="triple-quoted string on its own line",
        ),
        pytest.param(
            'X = os.environ.get(\n    "API_KEY",\n    f"""a\n{os.sep}""",\n)\n',
            'X = get_secret(\n    "api-key",\n    lambda: os.environ.get(\n        "API_KEY",\n        f"""a\n{os.sep}""",\n    ),\n)\n',
            id="f-string of two lines",
        ),
        pytest.param(
            'X = os.environ.get(\n    "API_KEY", \\\n    str(1),\n)\n',
            'X = get_secret("api-key", lambda: os.environ.get(\n    "API_KEY", \\\n    str(1),\n))\n',
            id="backslash",
        ),
        pytest.param(
            'SECRET_KEY = (\n    "k3y-"\n    "of-a-test"\n)\n',
            'SECRET_KEY = (\n    get_secret(\n        "app-secret-key",\n        default="k3y-"\n        "of-a-test",\n    )\n)\n',
            id="multiline literal",
        ),
        pytest.param(
            'if (\n    "API_KEY"\n    in os.environ\n):\n    X = os.environ["API_KEY"]\n',
            'if has_secret("api-key"):\n    X = get_secret("api-key")\n',
            id="presence",
        ),
    ],
)
def test_multiline_expressions(before, after):
    name = "get_secret, has_secret" if "has_secret" in after else "get_secret"
    keeps_os = "os." in after or "os." not in before
    head = "import os\n\n" if keeps_os else ""
    check(f"import os\n\n{before}", f"{head}from shop.aws_secrets import {name}\n\n{after}")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "X = (f'é {a}' f\"é {os.environ['API_KEY']}\")\n",
            id="after non-ASCII characters, joined",
        ),
        pytest.param(
            "X = f'''a\n{b}\nc {os.environ[\"API_KEY\"]}'''\n",
            id="on a later line of a triple-quoted string",
        ),
        pytest.param("X = f\"{os.environ['API_KEY']}{os.environ['API_KEY']}\"\n", id="twice"),
        pytest.param("X = f\"{os.environ['API_KEY'] + f'{x}'}\"\n", id="nested f-string"),
        pytest.param("X = rf\"\\d{os.environ['API_KEY']:>{w}}\"\n", id="with a format specifier"),
        pytest.param("X = f\"{x:{os.environ['API_KEY']}}\"\n", id="as a format specifier"),
        pytest.param(
            'X = f"{os.environ[k]}" + os.environ["API_KEY"]\n', id="next to another f-string"
        ),
    ],
)
def test_f_strings_are_wrapped_or_skipped(text):
    before = f"import os\n\n{text}"
    after, skipped = rewritten(before)
    ast.parse(after)
    assert b"get_secret(" in after or skipped
    assert all(entry.reason for entry in skipped)
    assert rewritten(after)[0] == after


def test_skips_variable_without_secret_in_shield_toml():
    before = "import os\nX = os.environ['API_KEY']\nY = os.environ['A_TOKEN']\n"
    raws = {PATH: before.encode()}
    scan = scan_files("shop", list(raws), raws.get)
    manifest = draft_manifest_from_sites(scan.sites, None, scan.facts)
    manifest = msgspec.structs.replace(manifest, secret=manifest.secret[:1])
    source = Source.from_bytes(PATH, before.encode())
    result = wrap_secrets(source, scan.sites, manifest, IMPORT)
    assert [(entry.name, entry.reason) for entry in result.skipped] == [
        ("A_TOKEN", "not in shield.toml: run shield draft to add it")
    ]
    assert b"get_secret('api-key'" in apply_edits(before.encode(), result.edits)


def test_maps_computed_variable_name_to_secret_names():
    before = """\
import os

P = "LIVE" if os.getenv("STAGE") == "live" else "TEST"
API_KEY = os.getenv(f"{P}_API_KEY", "")
"""
    imported = "import os\n\nfrom shop.aws_secrets import get_secret\n"
    call = 'get_secret(env=f"{P}_API_KEY", default="")'
    after = before.replace("import os\n", imported)
    check(before, after.replace('os.getenv(f"{P}_API_KEY", "")', call))


def test_uses_computed_variable_name_as_secret_name_if_they_are_equal():
    """shield.toml can have such names; earlier versions of draft wrote them."""
    text = "import os\nK = 'A_TOKEN' if LIVE else 'B_TOKEN'\nX = os.environ[K]\n"
    names = ("A_TOKEN", "B_TOKEN")
    manifest = Manifest(
        app=App(name="shop", runtime="shop/aws_secrets.py"),
        secret=tuple(Secret(name=name, env=name) for name in names),
    )
    after, [] = rewritten(text, manifest=manifest)
    assert "X = get_secret(K, lambda: os.environ[K])" in after.decode()


def test_maps_computed_variable_name_to_other_secret_names():
    text = "import os\nK = 'A_TOKEN' if LIVE else 'B_TOKEN'\nX = os.environ[K]\n"
    manifest = Manifest(
        app=App(name="shop", runtime="shop/aws_secrets.py"),
        secret=(Secret(name="other", env="B_TOKEN"),),
    )
    after, [] = rewritten(text, manifest=manifest)
    assert "X = get_secret(env=K)\n" in after.decode()


def test_comprehensions_with_the_same_variable_are_told_apart():
    """Only the second one can read the secret."""
    text = """\
import os

PUBLIC = ("ISSUER", "AUDIENCE")
SECRETS = ("CLIENT_SECRET", "ISSUER")
ALL = (*PUBLIC, "DEBUG")


def check():
    a = [name for name in PUBLIC if os.environ.get(name)]
    b = [os.environ.get(name) for name in SECRETS]
    c = [name for name in ALL if not os.environ.get(name)]
    d = [[os.environ.get(name) for name in SECRETS] for name in PUBLIC]
    return a, b, c, d
"""
    after, _ = rewritten(text)
    lines = after.decode().splitlines()
    assert "    a = [name for name in PUBLIC if os.environ.get(name)]" in lines
    assert "    c = [name for name in ALL if not os.environ.get(name)]" in lines
    assert after.count(b"get_secret(env=name, default=None) for name in SECRETS") == 2


LOOPS = {
    "all are secrets": (
        "for k in ('A_TOKEN', 'B_TOKEN'):\n    globals()[k] = os.environ[k]\n",
        ("for k in ('A_TOKEN', 'B_TOKEN'):\n"
        "    globals()[k] = get_secret(env=k)\n"),
    ),
    "some are": (
        "for k in ['DEBUG', 'API_KEY']:\n    globals()[k] = os.getenv(k)\n",
        ("for k in ['DEBUG', 'API_KEY']:\n"
        "    globals()[k] = get_secret(env=k, default=None)\n"),
    ),
    "a comprehension": (
        "X = {k: os.environ.get(k) for k in ['DEBUG', 'API_KEY']}\n",
        "X = {k: get_secret(env=k, default=None) for k in ['DEBUG', 'API_KEY']}\n",
    ),
    "parts of a database among them": (
        ("for k in ['DB_USER', 'DB_PASSWORD', 'LANG']:\n    globals()[k] = os.getenv(k)\n"
        "D = {'USER': os.getenv('DB_USER'), 'PASSWORD': os.getenv('DB_PASSWORD'), 'NAME': 'x'}\n"),
        ("for k in ['DB_USER', 'DB_PASSWORD', 'LANG']:\n"
        "    globals()[k] = get_secret(env=k, default=None)\n"
        "D = {\n"
        "    'USER': get_secret('database-credentials:username', None),\n"
        "    'PASSWORD': get_secret('database-credentials:password', None),\n"
        "    'NAME': 'x',\n"
        "}\n"),
    ),
    "a comprehension below its bracket": (
        "X = [\n    k for k in ['DEBUG', 'SOME_OTHER_LONG_API_KEY'] if not os.environ.get(k)\n]\n",
        ("X = [\n    k\n    for k in ['DEBUG', 'SOME_OTHER_LONG_API_KEY']\n"
        "    if not get_secret(env=k, default=None)\n]\n"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after"), [pytest.param(*pair, id=name) for name, pair in LOOPS.items()]
)
def test_loop_over_known_names(before, after):
    check(f"import os\n{before}", f"from shop.aws_secrets import get_secret\n{after}")


def test_wraps_whole_value_of_django_configurations():
    check(
        "from configurations import Configuration, values\n\n\nclass Base(Configuration):\n    MAIL_PASSWORD = values.Value('')\n",
        "from configurations import Configuration, values\n\nfrom shop.aws_secrets import get_secret\n\n\n"
        "class Base(Configuration):\n"
        "    MAIL_PASSWORD = get_secret('django-mail-password', lambda: values.Value(''))\n",
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "X = dj_database_url.config()",
            'X = get_secret("database-url", dj_database_url.config)',
            id="function",
        ),
        pytest.param(
            "X = dj_database_url.config(conn_max_age=1)",
            'X = get_secret("database-url", lambda: dj_database_url.config(conn_max_age=1))',
            id="with an argument",
        ),
        pytest.param(
            "class C:\n    import dj_database_url as url\n    X = url.config()",
            'class C:\n    import dj_database_url as url\n    X = get_secret("database-url", url.config)',
            id="name of a class body",
        ),
        pytest.param(
            "X = {\n    'default': dj_database_url.config(),  # a database\n}",
            "X = {\n    'default': get_secret('database-url', dj_database_url.config),  # a database\n}",
            id="on one of several lines",
        ),
    ],
)
def test_passes_a_function_that_is_called_without_arguments(before, after):
    head = "import dj_database_url\n\n"
    accessor = "from shop.aws_secrets import get_secret\n\n"
    check(f"{head}{before}\n", f"{head}{accessor}{after}\n")


def test_does_not_wrap_read_inside_read_of_same_variable():
    check(
        "import dj_database_url, os\nD = dj_database_url.config(ssl_require='x' in os.getenv('DATABASE_URL', ''))\n",
        "import dj_database_url, os\n\nfrom shop.aws_secrets import get_secret\nD = get_secret(\n"
        "    'database-url',\n"
        "    lambda: dj_database_url.config(ssl_require='x' in os.getenv('DATABASE_URL', '')),\n)\n",
    )
    text = "import os\nX = f(os.environ['A_TOKEN'], os.getenv('B_TOKEN', os.getenv('A_TOKEN')))\n"
    assert rewritten(text)[0].count(b"get_secret(") == 3
    text = "import dj_database_url, os\nD = dj_database_url.config(f=lambda: os.getenv('DATABASE_URL', ''))\n"
    assert rewritten(text)[0].count(b"get_secret(") == 2  # this one may be asked later


def test_passes_optional_for_optional_secret_with_default():
    spare = Secret(name="spare-key", env="SPARE_KEY", optional=True)
    manifest = Manifest(app=App(name="shop", runtime="shop/aws_secrets.py"), secret=(spare,))
    after, _ = rewritten("import os\nX = os.getenv('SPARE_KEY', 'none')\n", manifest=manifest)
    assert b"X = get_secret('spare-key', 'none')\n" in after


def test_reads_pair_from_one_document():
    mail = Secret(
        name="mail-account",
        fields={"username": "EMAIL_HOST_USER", "password": "EMAIL_HOST_PASSWORD"},
    )
    manifest = Manifest(app=App(name="shop", runtime="shop/aws_secrets.py"), secret=(mail,))
    text = "import os\nUSER = os.getenv('EMAIL_HOST_USER', '')\nPASSWORD = os.getenv('EMAIL_HOST_PASSWORD')\n"
    after = rewritten(text, manifest=manifest)[0].decode()
    assert "USER = get_secret('mail-account:username', '')\n" in after
    assert "PASSWORD = get_secret('mail-account:password', None)\n" in after
    alone, _ = rewritten(text.replace("USER = os.getenv('EMAIL_HOST_USER', '')\n", ""))
    assert b"get_secret('email-host-password', None)" in alone


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "SQLALCHEMY_DATABASE_URI = env('DATABASE_URL',  # why\n                              None)\n",
            "SQLALCHEMY_DATABASE_URI = get_secret(\n    'database-url',\n    lambda: env('DATABASE_URL',  # why\n                None),\n)\n",
            id="moved left",
        ),
        pytest.param(
            "X = env('API_KEY',  # why\n        None)\n",
            "X = get_secret(\n    'api-key',\n    lambda: env('API_KEY',  # why\n                None),\n)\n",
            id="moved right",
        ),
        pytest.param(
            "X = env(  # why\n    'API_KEY', None)\n",
            "X = get_secret(\n    'api-key',\n    lambda: env(  # why\n        'API_KEY', None),\n)\n",
            id="indented if not aligned",
        ),
    ],
)  # fmt: skip
def test_keeps_alignment_with_bracket(before, after):
    check(
        f"from environs import env\n{before}",
        f"from environs import env\n\nfrom shop.aws_secrets import get_secret\n{after}",
    )


def test_a_related_read_without_a_secret_of_its_own_is_not_listed():
    text = """\
import os
DATABASES = {
    "default": {"ENGINE": "x", "HOST": os.environ["DB_HOST"], "PASSWORD": os.environ["DB_PASSWORD"]},
    "a": {"ENGINE": "x", "HOST": os.environ["A_DB_HOST"], "PASSWORD": os.environ["DB_PASSWORD"]},
}
"""
    after, skipped = rewritten(text)
    assert b'os.environ["A_DB_HOST"]' in after
    assert skipped == ()
