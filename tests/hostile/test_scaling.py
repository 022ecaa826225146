"""A file with four times as many entries takes about four times as long, in every format."""

from __future__ import annotations

import json

import pytest
from scaling import assert_linear
from shield_helpers import run

from shield_ai.model.manifest import Secret
from shield_ai.scan.deployment.finder import find_deployment

MANIFEST = "[app]\nname = 'x'\n"
SECRET = "[[secret]]\nname = 'sN'\nenv = 'VN'\n"
HEAD = '{"password": {"value": "x"}, "a": 1,\n'
READ = "import os\nKEY = os.environ['SECRET_KEY']\n"


def repeat(template: str, count: int) -> str:
    """Return a text for each number below a count."""
    return "".join(template.replace("N", str(number)) for number in range(count))


NESTED_SETTINGS = (
    "from pydantic import BaseModel\nfrom pydantic_settings import BaseSettings\n"
    "class M0(BaseModel):\n  secret_key: str\n"
)


def nested_models(count: int) -> str:
    """Return a class of settings with five levels of models, each with several fields."""
    models = ""
    for level in range(5):
        models += f"class M{level + 1}(BaseModel):\n" + repeat(f"  aN: M{level}\n", count)
    return f"{NESTED_SETTINGS}{models}class S(BaseSettings):\n" + repeat("  bN: M5\n", count)


CASES = [
    pytest.param(5, lambda n: {"s.py": nested_models(n)}, id="nested models"),
    pytest.param(
        1500,
        lambda n: {"settings.py": READ, "jobs/a.py": repeat("import aN\naN.x()\n", n) + READ},
        id="imports of a script",
    ),
    pytest.param(
        3000,
        lambda n: {
            "settings.py": READ,
            "jobs/b.py": repeat("aN = 1\n", n),
            "jobs/a.py": repeat("from b import aN\n", n) + READ,
        },
        id="imports from a module beside a script",
    ),
    pytest.param(
        1500,
        lambda n: {"s.py": READ + repeat("x = N\n", n) + repeat("y = x('A_KEYN', x)\n", n)},
        id="values of a name",
    ),
    pytest.param(
        150,
        lambda n: {
            "s.py": "import os\ndef env(name):\n"
            + repeat("    xN = os.environ[name]\n", n)
            + "    return x0\n"
            + repeat("KN = env('API_KEYN')\n", n)
        },
        id="reads in a helper",
    ),
    pytest.param(
        800,
        lambda n: {
            "settings.py": "def f():\n" + repeat("    xN = 1\n", n) + "SECRET_KEY = f()\n" * n
        },
        id="values of SECRET_KEY",
    ),
    pytest.param(
        1500,
        lambda n: {
            "settings/dev.py": READ,
            "settings/prod.py": READ,
            "settings/base.py": READ + "if DEBUG:\n" + "    from .dev import *\n" * n,
        },
        id="star imports",
    ),
    pytest.param(
        600,
        lambda n: {
            "config.py": READ,
            "a.py": "from local_settings import " + repeat("API_KEYN, ", n) + "API_KEY\n",
        },
        id="imports of secrets",
    ),
    pytest.param(
        15_000,
        lambda n: {"settings.py": f"{'#' * n}\nSECRET_KEY = 'abcdef-123456-ghijkl'\n"},
        id="long comment",
    ),
    pytest.param(
        12_000,
        lambda n: {"settings.py": READ + "X = {" + "'LOCATION': 1, " * n + "}\n"},
        id="locations of caches",
    ),
    pytest.param(
        1500,
        lambda n: {
            "s.py": READ
            + "from base64 import b64decode\nb64decode(x)\n"
            + repeat("A_N = os.environ['A_N_KEY']\n", n)
        },
        id="settings of a file that decodes",
    ),
    pytest.param(
        1500,
        lambda n: {"settings.py": READ, "jobs/a.py": "from b import (\n" * n + READ},
        id="open imports",
    ),
    pytest.param(
        150,
        lambda n: {
            "settings.py": READ,
            "jobs/b.py": "",
            **{f"jobs/s{i}.py": f"from b import x\n{READ}" for i in range(n)},
        },
        id="scripts",
    ),
    pytest.param(
        1500, lambda n: {"a.json": repeat('{"password":"hunter2hunterN"},', n)}, id="one line"
    ),
    pytest.param(
        5000,
        lambda n: {
            "a.ipynb": json.dumps({"cells": [{"source": [f"PASSWORD='xx{i}'"]} for i in range(n)]})
        },
        id="notebook",
    ),
    pytest.param(
        3000,
        lambda n: {
            "a.ipynb": json.dumps(
                {
                    "cells": [
                        {"outputs": [{"text": [f"\x1b[1mPASSWORD='xx{i}'\n"]} for i in range(n)]}
                    ]
                }
            )
        },
        id="notebook with outputs",
    ),
    pytest.param(
        1500,
        lambda n: {
            "a.ipynb": json.dumps(
                {
                    "cells": [
                        {
                            "source": ["# shield: ignore[CRED.jwt] x\n"] * n,
                            "outputs": [{"text": ["PASSWORD='hunter2hunter'\n"] * n}],
                        }
                    ]
                },
                indent=1,
            )
        },
        id="notebook with suppressions",
    ),
    pytest.param(
        20_000,
        lambda n: {"a.ipynb": '{"outputs": "password=1", "image/png":"iVBORw0KGgo' + '",\n "' * n},
        id="unclosed image",
    ),
    pytest.param(
        3000, lambda n: {"Dockerfile": repeat("ENV DB_PASSWORD hunter2hunterN\n", n)}, id="parsed"
    ),
    pytest.param(
        2000,
        lambda n: {"a.py": repeat("PASSWORD = 'hunter2hunterN'  # shield: ignore x\n", n)},
        id="suppressions",
    ),
    pytest.param(3000, lambda n: {"settings.py": f'PASSWORD = "{"my-" * n}"\n'}, id="long value"),
    pytest.param(
        5000,
        lambda n: {"s.py": f"import os\nT = os.environ['API_TOKEN']\nx = '{'env' * n}'\n"},
        id="words of environments",
    ),
    pytest.param(12_000, lambda n: {"a.json": HEAD + '"' + '\\"' * n}, id="unclosed string"),
    pytest.param(
        10_000,
        lambda n: {"a.json": HEAD + "/* " * n},
        id="unclosed comment",
    ),
    pytest.param(
        10_000,
        lambda n: {"a.cfg": "password " + "A" * 20 + " " * n + "x\n"},
        id="spaces at the end",
    ),
    pytest.param(
        8000,
        lambda n: {"a.ini": "password = ab cdefgh\nx = a" + " " * n + "b\n"},
        id="spaces in a value",
    ),
    pytest.param(
        4000,
        lambda n: {
            "templates/a.py": READ,
            "s.py": "# templates\nfrom " + "." * n + "x\nfrom templates import " + "a, " * n + "\n",
        },
        id="relative import",
    ),
    pytest.param(
        300,
        lambda n: {
            "s.py": "import os\n" + repeat("cN = os.environ.copy()\nKN = cN['SECRET_KEYN']\n", n),
        },
        id="copies of the environment",
    ),
    pytest.param(
        300,
        lambda n: {
            "s.py": "import os\n"
            + repeat("cN = os.environ.copy()\ncN['A'] = ''\nKN = cN['SECRET_KEYN']\n", n),
        },
        id="changed copies of the environment",
    ),
    pytest.param(
        2000,
        lambda n: {
            "s.py": READ + repeat("pN = os.environ['FILE_KEYN']\nopen(pN)\nif pN: pass\n", n)
        },
        id="paths in variables",
    ),
    pytest.param(
        1500,
        lambda n: {
            "shield.toml": MANIFEST + repeat(SECRET, n),
            "s.py": READ,
        },
        id="manifest",
    ),
    pytest.param(
        2000,
        lambda n: {
            "s.py": "from pydantic_settings import BaseSettings\nclass C(BaseSettings):\n"
            + repeat("    api_keyN: str\n", n)
        },
        id="fields",
    ),
    pytest.param(
        700,
        lambda n: {"s.py": "import os\n" + repeat("k = 'API_KEY'\nTOKENN = os.environ[k]\n", n)},
        id="computed names",
    ),
    pytest.param(
        1000,
        lambda n: {
            "s.py": READ + repeat("def fN(name):\n  gN(name)\n  return os.environ[name]\n", n)
        },
        id="functions that read a variable",
    ),
    pytest.param(
        300,
        lambda n: {
            "s.py": "import os\nfor key in ['API_KEY', 'DB_PASSWORD']:\n"
            + repeat("    vN = os.environ[key]\n    t = t.replace(vN, '')\n", n)
        },
        id="masked reads",
    ),
    pytest.param(
        40,
        lambda n: {"s.py": READ + "K = " + "os.environ.get('API_KEY', " * n + "0" + ")" * n + "\n"},
        id="defaults that read variables",
    ),
    pytest.param(
        500,
        lambda n: {
            "s.py": "import os\ndef read_secret(name, default=None):\n"
            + repeat("    xN = 1\n", n)
            + "    return open(name).read()\n"
            + repeat("KN = read_secret('api_keyN', os.getenv('API_KEYN'))\n", n)
        },
        id="calls of a function that reads a file",
    ),
    pytest.param(
        3000,
        lambda n: {
            "settings.py": "import os\n" + repeat("AN = os.getenv('AN_PROXY_URL')\n", n),
            "README.md": repeat("AN_PROXY_URL=http://proxy\n", n),
        },
        id="addresses of proxies",
    ),
    pytest.param(
        20000,
        lambda n: {
            "heroku.yml": "",
            "settings.py": READ
            + "A = os.getenv('DATABASE_URL')"
            + "\n" * n
            + "B = os.getenv('POSTGRES_URL')\n",
        },
        id="lines below the variable of an add-on",
    ),
    pytest.param(
        500,
        lambda n: {
            "s.py": "import os\ndef f():\n"
            + repeat("    if os.getenv('DATABASE_URLN'):\n        return 1\n", n)
            + "    return os.environ['DB_PASSWORD']\n"
        },
        id="returns of URLs",
    ),
    pytest.param(
        1000,
        lambda n: {
            "s.py": "import os\n"
            + repeat("def fN():\n  aN = os.getenv('A_KEYN')\n  return aN == 'true'\n", n)
        },
        id="functions that compare a variable",
    ),
    pytest.param(
        8000,
        lambda n: {"s.py": READ, "Dockerfile": "CMD" + repeat(" uvicorn aN", n)},
        id="run commands",
    ),
    pytest.param(
        300,
        lambda n: {f"p{i}/settings.py": READ.replace("SECRET_KEY", f"KEY_{i}") for i in range(n)},
        id="settings",
    ),
]


def command_on(folder, files, *arguments):
    """Return a function that runs a command on files of a size."""

    def run_command(size):
        root = folder / str(size)
        for name, text in files(size).items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        done = run(*arguments, cwd=root)
        assert done.code in {0, 1}, done.text

    return run_command


@pytest.mark.parametrize(("count", "files"), CASES)
def test_scan_takes_linear_time(tmp_path, count, files):
    assert_linear(command_on(tmp_path, files, "scan", "--jobs", "1"), count)


PLAN_CASES = [
    pytest.param(
        2000,
        lambda n: {"s.py": READ, "requirements.txt": repeat("pN==1\n", n)},
        id="requirements",
    ),
    pytest.param(
        6000,
        lambda n: {"s.py": READ, "requirements.txt": repeat("\n# Development\npN==1\n", n)},
        id="sections of requirements",
    ),
    pytest.param(
        150,
        lambda n: {"s.py": READ + "K = os.environ['API_KEY']; " * n + "\n"},
        id="statements on a line",
    ),
    pytest.param(
        100,
        lambda n: {"s.py": repeat("import os as oN\nKN = oN.environ['API_KEY']\n", n)},
        id="imports",
    ),
    pytest.param(
        4000,
        lambda n: {"s.py": READ, "setup.cfg": "[isort]\na" + " " * n + "b\n"},
        id="spaces in an INI file",
    ),
    pytest.param(
        5000,
        lambda n: {"s.py": READ, "tox.ini": "fail_under" + " " * n + "x\n"},
        id="spaces in tox.ini",
    ),
    pytest.param(
        5000, lambda n: {"s.py": READ + "# password\n" * n + READ.splitlines()[1]}, id="comments"
    ),
    pytest.param(
        100,
        lambda n: {
            "shield.toml": MANIFEST + repeat(SECRET, n),
            "s.py": "import os\nX = [\n" + repeat("os.environ['VN'],\n", n) + "]\n",
        },
        id="reads in one statement",
    ),
]


@pytest.mark.parametrize(("count", "files"), PLAN_CASES)
def test_plan_takes_linear_time(tmp_path, count, files):
    assert_linear(command_on(tmp_path, files, "plan", "--only", "code"), count)


ALIAS_JOB = "jobs:\n  j:\n    steps:\n"
DEPLOYMENT_CASES = [
    pytest.param(
        6000,
        lambda n: {"a.yaml": "kind: D\napiVersion: v1\nm: SECRET_KEY\n" + repeat("aN: 1\n", n)},
        id="keys of an object",
    ),
    pytest.param(
        6000,
        lambda n: {
            "a.yaml": "kind: D\napiVersion: v1\nm: SECRET_KEY\nlist:\n" + repeat(" - data: N\n", n)
        },
        id="data",
    ),
    pytest.param(
        2000,
        lambda n: {
            ".github/workflows/deploy.yml": f'x: &a "{"# SECRET_KEY=1;" * n}"\n{ALIAS_JOB}'
            + "      - run: *a\n" * n
        },
        id="aliases of a script",
    ),
    pytest.param(
        3000,
        lambda n: {
            "a.yaml": "x: &a {SECRET_KE: 1, "
            + repeat("aN: 1, ", n)
            + "}\n# SECRET_KEY\nj:\n"
            + "  - env: *a\n" * n
            + "  - env: {<<: *a}\n" * n
        },
        id="aliases of an environment",
    ),
    pytest.param(3000, lambda n: {"a.tf": "# SECRET_KEY\n" + "/* " * n}, id="open comments"),
    pytest.param(5000, lambda n: {"a.tf": 'SECRET_KEY = "' + '\\"' * n}, id="open text"),
    pytest.param(5000, lambda n: {"a.sh": "echo SECRET_KEY " * n}, id="names in a line"),
    pytest.param(
        100,
        lambda n: {"a.service": "EnvironmentFile=b.env\n" * n, "b.env": "A=1\n" * 10 * n},
        id="env file of many lines",
    ),
    pytest.param(5000, lambda n: {"a.sh": "# SECRET_KEY=1 " * n}, id="names in a comment"),
    pytest.param(
        3000,
        lambda n: {"a.yaml": "m: {" + repeat("aN: SECRET_KEY, ", n) + "}\n"},
        id="names in a map",
    ),
    pytest.param(
        2000,
        lambda n: {
            "a.yaml": "x: &a {" + repeat("aN: 1, ", n) + "}\nm: {" + "SECRET_KEY: *a, " * n + "}\n"
        },
        id="aliases of a value",
    ),
    pytest.param(
        3000,
        lambda n: {
            "compose.yml": "x: &a ["
            + "runserver, " * n
            + "]\n# SECRET_KEY\nservices:\n"
            + repeat("  aN: {command: *a, ports: *a, volumes: *a, build: .}\n", n)
        },
        id="aliases in services",
    ),
    pytest.param(
        1000,
        lambda n: {
            "compose.yml": "x: &a {"
            + repeat("aN_ENV: dev, ", n)
            + "}\n# SECRET_KEY\nservices:\n"
            + repeat("  aN: {environment: {<<: *a}}\n", n)
            + repeat("  bN: {<<: *a}\n", n)
        },
        id="merged environments",
    ),
    pytest.param(
        1000,
        lambda n: {
            "compose.yml": "# SECRET_KEY\nservices:\n  a0: &a0 {}\n"
            + "".join(f"  a{i}: &a{i} {{<<: *a{i - 1}}}\n" for i in range(1, n))
        },
        id="chain of merged services",
    ),
    pytest.param(
        20000,
        lambda n: {
            "compose.yml": "# SECRET_KEY\nservices:\n  a: {command: '" + "gunicorn " * n + "'}\n"
        },
        id="long command",
    ),
    pytest.param(
        300,
        lambda n: {
            f"{i}/compose.yml": "# SECRET_KEY\nservices: {a: {command: runserver}}\n"
            for i in range(n)
        },
        id="many Compose files",
    ),
    pytest.param(
        3000,
        lambda n: {
            "a.yaml": "kind: A\napiVersion: b # SECRET_KEY\nx: &a [" + "runserver, " * n + "]\n"
            "containers:\n" + "- {command: *a, env: *a}\n" * n
        },
        id="aliases in containers",
    ),
    pytest.param(
        3000, lambda n: {"Dockerfile": "# SECRET_KEY\n" + repeat("FROM aN AS bN\n", n)}, id="stages"
    ),
    pytest.param(
        3000,
        lambda n: {"Dockerfile": "FROM a\n# SECRET_KEY\n" + "ENV A_ENV=dev\nCMD flask run\n" * n},
        id="instructions",
    ),
]


@pytest.mark.parametrize(("count", "files"), DEPLOYMENT_CASES)
def test_search_of_deployment_files_takes_linear_time(tmp_path, count, files):
    def search(size):
        root = tmp_path / str(size)
        for name, text in files(size).items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        find_deployment(root, [Secret(name="key", env="SECRET_KEY")])

    assert_linear(search, count)
