from __future__ import annotations

import pytest
from scaling import assert_linear

from shield_ai.scan.deployment.command_reads import find_command_reads


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        pytest.param("entrypoint", "#!/bin/sh\nwait $DB_HOST\n", "entrypoint:2", id="script"),
        pytest.param("a/run.sh", "psql ${DB_HOST:-db}\n", "a/run.sh:1", id="braces"),
        pytest.param("server.js", "x = process.env.DB_HOST\n", "server.js:1", id="JavaScript"),
        pytest.param("web/a.js", "if (env.DB_HOST) f(env.DB_HOST);\n", None, id="object in JavaScript"),
        pytest.param("a.ts", "const env = process.env;\nf(env.DB_HOST);\n", "a.ts:2", id="alias in TypeScript"),
        pytest.param("a.js", "f(process.env['DB_HOST'])\n", "a.js:1", id="brackets in JavaScript"),
        pytest.param("a.js", "f(process?.env?.DB_HOST)\n", "a.js:1", id="optional chaining"),
        pytest.param("a.js", "f(process.env?.[`DB_HOST`])\n", "a.js:1", id="optional brackets"),
        pytest.param("a.js", "f(env['DB_HOST'])\n", None, id="brackets of an object in JavaScript"),
        pytest.param("a.js", "const { DB_HOST } = process.env\n", "a.js:1", id="destructuring"),
        pytest.param("a.js", "const {\n  A = 'a',\n  DB_HOST: host,\n} = process.env\n", "a.js:3", id="destructuring with a new name"),
        pytest.param("a.js", "const { a: DB_HOST } = process.env\n", None, id="only the new name"),
        pytest.param("a.js", "const { DB_HOST } = options\n", None, id="destructuring of an object"),
        pytest.param("a.vue", "f(import.meta.env.DB_HOST)\n", "a.vue:1", id="import.meta.env"),
        pytest.param("a.mjs", "exec('echo $DB_HOST', env.DB_HOST)\n", "a.mjs:1", id="shell in JavaScript"),
        pytest.param("config.rb", "ENV['DB_HOST']\n", "config.rb:1", id="Ruby"),
        pytest.param("config.rb", "ENV.fetch('DB_HOST', 'db')\n", "config.rb:1", id="fetch in Ruby"),
        pytest.param("config.rb", "ENV.fetch 'DB_HOST'\n", "config.rb:1", id="fetch without brackets"),
        pytest.param("main.go", 'os.Getenv("DB_HOST")\n', "main.go:1", id="Go"),
        pytest.param("run.sh", "python -c 'import os; print(os.environ[\"DB_HOST\"])'\n", "run.sh:1", id="Python in a script"),
        pytest.param("run.sh", "python <<END\nwait(os.environ.get('DB_HOST'))\nEND\n", "run.sh:2", id="Python in a heredoc"),
        pytest.param("run.sh", 'python -c "os.getenv(\\"DB_HOST\\")"\n', "run.sh:1", id="escaped quotes"),
        pytest.param("run.sh", "wait $(printenv DB_HOST)\n", "run.sh:1", id="printenv"),
        pytest.param("Dockerfile", 'FROM a\nCMD ["sh", "-c", "printenv DB_HOST"]\n', "Dockerfile:2", id="printenv in a command"),
        pytest.param("Dockerfile", "FROM a\nCMD wait $DB_HOST\n", "Dockerfile:2", id="command"),
        pytest.param("Dockerfile", "FROM a\nCMD wait \\\n  $DB_HOST\n", "Dockerfile:3", id="continued command"),
        pytest.param("Dockerfile", "FROM a\nCMD wait \\\n  # db\n\n  --db \\\n  # a \\\n  $DB_HOST\n", "Dockerfile:7", id="comments in a continued command"),
        pytest.param("Dockerfile", "FROM a\nCMD wait\n# db\nRUN echo $DB_HOST\n", None, id="build after a comment"),
        pytest.param("Dockerfile", "RUN echo \\\n  $DB_HOST\nCMD wait\n", None, id="continued build"),
        pytest.param("Dockerfile", "ARG DB_HOST\nRUN echo $DB_HOST\n", None, id="build"),
        pytest.param("run.sh", "wait $DB_HOST_2 DB_HOST\n", None, id="another variable"),
        pytest.param("run.sh", "os.environ_of['DB_HOST'] myprintenv DB_HOST\n", None, id="another function"),
        pytest.param("README.md", "`echo $DB_HOST`\n", None, id="documentation"),
        pytest.param("compose.yml", "a: ${DB_HOST}\n", None, id="interpolation"),
        pytest.param("settings.py", "x = '$DB_HOST'\n", None, id="Python"),
        pytest.param("settings.py.shield_ai_backup", 'os.environ["DB_HOST"]\n', None, id="copy of Python code"),
        pytest.param("Makefile", "run:\n\tpsql $(DB_HOST)\n", "Makefile:2", id="Makefile"),
        pytest.param("Makefile", 'run:\n\tpsql "$$DB_HOST"\n', "Makefile:2", id="shell in a Makefile"),
        pytest.param("Makefile", "DB_HOST ?= db\nrun:\n\tpsql $(DB_HOST)\n", "Makefile:3", id="default in a Makefile"),
        pytest.param("Makefile", "export DB_HOST := db\nrun:\n\tpsql $$DB_HOST\n", None, id="set by a Makefile"),
        pytest.param("Makefile", "run:\n\tDB_HOST=$(DB_HOST) ./run\n", "Makefile:2", id="set for a command"),
        pytest.param("Procfile", "web: serve $DB_HOST\n", "Procfile:1", id="Procfile"),
        pytest.param("justfile", "run:\n  psql $DB_HOST\n", None, id="justfile"),
        pytest.param(".github/workflows/a.sh", "echo $DB_HOST\n", None, id="workflow"),
    ],
)  # fmt: skip
def test_files_that_read_a_variable(tmp_path, path, text, expected):
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    assert find_command_reads(tmp_path, {"DB_HOST"}).preferred.get("DB_HOST", [None])[0] == expected


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        pytest.param(["a_test.sh", "z_prod.sh"], ["z_prod.sh:2"], id="test"),
        pytest.param(["run-tests.sh", "start.sh", "worker"], ["start.sh:2", "worker:2"], id="several"),
        pytest.param(["compose/local/start", "compose/production/start"], ["compose/production/start:2"], id="folder"),
        pytest.param(["dev.sh"], ["dev.sh:2"], id="only development"),
    ],
)  # fmt: skip
def test_scripts_for_production_come_first(tmp_path, paths, expected):
    for path in paths:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("#!/bin/sh\nwait $DB_HOST && wait $DB_HOST\n")
    assert find_command_reads(tmp_path, {"DB_HOST"}).preferred == {"DB_HOST": expected}


def test_many_reads_of_a_variable_take_linear_time(tmp_path):
    def find(count):
        (tmp_path / "run.cfg").write_text("\n$SECRET_KEY" * count)
        reads = find_command_reads(tmp_path, ["SECRET_KEY"])
        assert reads.production == {"SECRET_KEY": ["run.cfg:2"]}

    assert_linear(find, 7000)


@pytest.mark.parametrize(
    ("path", "text", "is_production"),
    [
        pytest.param("compose.yml", "services: {web: {command: make run}}\n", True, id="Compose"),
        pytest.param("compose.yml", 'services: {web: {command: ["make", "run"]}}\n', True, id="list"),
        pytest.param("Dockerfile", "FROM a\nCMD make run\n", True, id="Dockerfile"),
        pytest.param("Dockerfile", "FROM a\nRUN make install\n", False, id="build"),
        pytest.param("Procfile", "web: make run\n", True, id="Procfile"),
        pytest.param("compose.dev.yml", "services: {web: {command: make run}}\n", False, id="development"),
        pytest.param("compose.yml", "services: {web: {command: cmake run}}\n", False, id="other"),
        pytest.param(".github/workflows/a.yml", "jobs: {a: {steps: [{run: make a}]}}\n", False, id="CI"),
    ],
)  # fmt: skip
def test_makefiles_count_for_production_where_make_starts_the_app(
    tmp_path, path, text, is_production
):
    (tmp_path / "Makefile").write_text("run:\n\tserve $$DB_HOST\n")
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    reads = find_command_reads(tmp_path, {"DB_HOST"})
    found = reads.production if is_production else reads.development
    assert found == {"DB_HOST": ["Makefile:2"]}


@pytest.mark.parametrize(
    ("path", "text", "is_found"),
    [
        pytest.param("docker-entrypoint.sh", "echo $GCP_KEY | base64 -d > a\n", True, id="script"),
        pytest.param("start", "echo ${GCP_KEY}\n", True, id="no suffix"),
        pytest.param("Procfile", "web: serve --key $GCP_KEY\n", True, id="Procfile"),
        pytest.param("start.sh", "GCP_KEY=$(cat key)\necho $GCP_KEY\n", False, id="set by it"),
        pytest.param("start.sh", "\tlocal GCP_KEY=a\necho $GCP_KEY\n", False, id="local"),
        pytest.param("start.sh", "readonly GCP_KEY=a\necho $GCP_KEY\n", False, id="readonly"),
        pytest.param("start.sh", "export A=1 GCP_KEY=2\necho $GCP_KEY\n", False, id="second"),
        pytest.param("start.sh", "declare -rx GCP_KEY=a\necho $GCP_KEY\n", False, id="declare"),
        pytest.param("start.sh", "a; export GCP_KEY=a\necho $GCP_KEY\n", False, id="semicolon"),
        pytest.param("start.sh", "read -r GCP_KEY <key\necho $GCP_KEY\n", False, id="read"),
        pytest.param("start.sh", "while IFS= read -r GCP_KEY; do a $GCP_KEY\n", False, id="loop"),
        pytest.param("start.sh", "# export GCP_KEY=a\necho $GCP_KEY\n", True, id="comment"),
        pytest.param("start.sh", "export GCP_KEY\necho $GCP_KEY\n", True, id="only exported"),
        pytest.param("start.sh", "run -e GCP_KEY=$GCP_KEY\n", True, id="argument"),
        pytest.param("start.sh", "echo $GCP_PROJECT $gcp_key\n", False, id="not a secret"),
        pytest.param("release.sh", "echo $GCP_KEY\n", False, id="another script"),
        pytest.param("start-dev.sh", "echo $GCP_KEY\n", False, id="development"),
    ],
)
def test_secrets_that_only_a_start_script_reads(tmp_path, path, text, is_found):
    (tmp_path / path).write_text(text)
    found = find_command_reads(tmp_path, {"DB_HOST"}).start_scripts
    assert list(found) == ["GCP_KEY"] * is_found


def test_a_variable_that_a_script_builds_from_a_secret(tmp_path):
    script = "local API_TOKEN=$(cat a)\nexport DB_URL=postgres://$DB_PASSWORD:$API_TOKEN@db\n"
    (tmp_path / "start.sh").write_text(script)
    found = find_command_reads(tmp_path, {"DB_URL"})
    assert found.derived == {"DB_PASSWORD": ("DB_URL", "start.sh", 2)}
