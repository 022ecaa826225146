from __future__ import annotations

import pytest

READ = "import os\nTOKEN = os.environ.get('SHOP_TOKEN', '')\n"
REASON = "shop/run.py, line 3, sets the variable: AWS would override it"


@pytest.fixture
def reason_for(scanned):
    """Return a function that scans a file beside one that reads a variable."""

    def explain(text: str, path: str = "shop/run.py") -> str:
        files = {
            "shop/client.py": READ,
            path: f"import os, subprocess\nfrom x import y, environ\n{text}\n",
        }
        sites = scanned(files).sites
        [site] = [site for finding, site in sites if finding.path == "shop/client.py"]
        return site.reason.text if site.reason else ""

    return explain


@pytest.mark.parametrize(
    "write",
    [
        pytest.param("os.environ['SHOP_TOKEN'] = y.token[1]", id="assignment"),
        pytest.param("os.environ.update({'SHOP_TOKEN': y()})", id="update"),
        pytest.param("os.environ.update(SHOP_TOKEN=y())", id="update with a keyword"),
        pytest.param("os.environ |= {'SHOP_TOKEN': y()}", id="union"),
        pytest.param("os.environ.setdefault('SHOP_TOKEN', y())", id="setdefault"),
        pytest.param("os.putenv('SHOP_TOKEN', y())", id="putenv"),
        pytest.param("env = {**os.environ, 'SHOP_TOKEN': y()}", id="extended environment"),
        pytest.param("subprocess.run(['x'], env={'SHOP_TOKEN': y()})", id="of a child process"),
        pytest.param("x = subprocess.run([], env=dict(os.environ, SHOP_TOKEN=y()))", id="dict()"),
        pytest.param("run_env: dict[str, str] = os.environ | {'SHOP_TOKEN': y()}", id="annotated"),
        pytest.param("sandbox_env['SHOP_TOKEN'] = y.token", id="named environment"),
        pytest.param("env_vars.update({'SHOP_TOKEN': y.token})", id="update of a child's"),
        pytest.param("env_vars = {'SHOP_TOKEN': y()}\nrun(env_vars)", id="passed to a function"),
    ],
)
def test_a_variable_that_the_app_sets_stays_in_the_environment(reason_for, write):
    assert reason_for(write).startswith(REASON)


@pytest.mark.parametrize(
    "write",
    [
        pytest.param("os.environ['SHOP_TOKEN'] = 'not-a-token'", id="constant"),
        pytest.param("os.environ.setdefault('SHOP_TOKEN', 'dev')", id="default for development"),
        pytest.param("os.environ['SHOP_TOKEN'] = y.settings.token", id="from the settings"),
        pytest.param("os.environ['SHOP_TOKEN'] = y.SHOP_TOKEN", id="same name"),
        pytest.param("os.environ['SHOP_TOKEN'] = y.get_secret('shop-token')", id="migrated"),
        pytest.param("env = {'SHOP_TOKEN': os.environ['SHOP_TOKEN']}", id="passed on"),
        pytest.param("t = os.environ['SHOP_TOKEN']\nenv = {'SHOP_TOKEN': t}", id="read before"),
        pytest.param("t = x or y.config.t\nenv = {'SHOP_TOKEN': t}", id="name of a setting"),
        pytest.param("cache['SHOP_TOKEN'] = y()", id="another mapping"),
        pytest.param(
            "env_vars = {'SHOP_TOKEN': y()}\nfor name, value in env_vars.items():\n    print(name, value)",
            id="shown to the user",
        ),
        pytest.param("env['SHOP_TOKENS'] = y()", id="another variable"),
        pytest.param("import aws_cdk\nenv = {'SHOP_TOKEN': y()}", id="deployment"),
    ],
)
def test_a_variable_that_the_app_does_not_compute_is_migrated(reason_for, write):
    assert not reason_for(write)


@pytest.mark.parametrize(
    "path", ["tests/test_run.py", "shop/migrations/0001.py", "docs/conf.py", "examples/run.py"]
)
def test_writes_outside_the_app_are_no_evidence(reason_for, path):
    assert not reason_for("os.environ['SHOP_TOKEN'] = y()", path)
