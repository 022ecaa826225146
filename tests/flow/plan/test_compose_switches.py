from __future__ import annotations

import subprocess

import pytest
from shield_helpers import shield

SETTINGS = "import os\nSECRET_KEY = os.environ.get('SECRET_KEY', 'set-in-production')\n"
LISTED = "services:\n  web:\n    build: .\n    environment:\n      - SECRET_KEY\n"
STEP = (
    "docker-compose.yml: its services get only the variables that the file lists: "
    "add USE_AWS_SECRETS, AWS_SECRETS_ENV and AWS_REGION to the services of the app"
)


@pytest.mark.parametrize(
    ("compose", "is_named"),
    [
        pytest.param(LISTED, True, id="names"),
        pytest.param(LISTED.replace("- SECRET_KEY", "SECRET_KEY: ${SECRET_KEY}"), True, id="map"),
        pytest.param(f"{LISTED}      - USE_AWS_SECRETS\n", False, id="with the switch"),
        pytest.param(LISTED.replace("environment:", "env_file: .env\n    x-e:"), False, id="env file"),
        pytest.param("services:\n  web:\n    build: .\n", False, id="no variables"),
        pytest.param(LISTED.replace("build: .", "image: shop"), True, id="image"),
        pytest.param(LISTED.replace("build: .", "image: postgres:16"), False, id="image of a server"),
    ],
)  # fmt: skip
def test_names_compose_files_that_list_variables(tmp_path, compose, is_named):
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / "config.py").write_text(SETTINGS)
    (tmp_path / "docker-compose.yml").write_text(compose)
    shown = " ".join(shield("plan", "--only", "code", cwd=tmp_path).text.split())
    assert (STEP in shown) == is_named, shown


@pytest.mark.parametrize(
    ("text", "is_named"),
    [
        pytest.param("SECRET_KEY=op://shop/web/key\n", True, id="references"),
        pytest.param("SECRET_KEY=op://shop/web/key\nUSE_AWS_SECRETS=true\n", False, id="on"),
        pytest.param("SECRET_KEY=swordfish\n", False, id="values"),
    ],
)
def test_names_env_files_with_references(tmp_path, text, is_named):
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / "config.py").write_text(SETTINGS)
    (tmp_path / "vaults.env").write_text(text)
    shown = " ".join(shield("plan", "--only", "code", cwd=tmp_path).text.split())
    step = "vaults.env: if production gets its variables from this file, add USE_AWS_SECRETS, AWS_"
    assert (step in shown) == is_named, shown


POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web
      image: shop
      env:
        - {name: SECRET_KEY, valueFrom: {secretKeyRef: {name: shop, key: key}}}
"""


@pytest.mark.parametrize(
    ("pod", "is_named"),
    [
        pytest.param(POD, True, id="listed"),
        pytest.param(POD + "        - {name: USE_AWS_SECRETS, value: 'true'}\n", False, id="on"),
        pytest.param(POD + "      envFrom: [{configMapRef: {name: shop}}]\n", False, id="all"),
    ],
)
def test_names_kubernetes_files_that_list_variables(tmp_path, pod, is_named):
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / "config.py").write_text(SETTINGS)
    (tmp_path / "k8s.yaml").write_text(pod)
    shown = " ".join(shield("plan", "--only", "code", cwd=tmp_path).text.split())
    step = STEP.replace("docker-compose.yml", "k8s.yaml").replace("services", "containers")
    assert (step in shown) == is_named, shown


HELPERS = """\
{{/*
Shared variables
*/}}
{{- define "shop.env" -}}
- name: SECRET_KEY
  valueFrom: {secretKeyRef: {name: shop, key: key}}
{{- end }}
"""
SCRIPT = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: shop}
data:
  env.sh: |
    export SECRET_KEY=${KEY}-${TAG}
"""
CONFIG_MAP = SCRIPT.replace(
    "  env.sh: |\n    export SECRET_KEY=${KEY}-${TAG}\n", "  SECRET_KEY: {{ .Values.key }}\n"
)
RANGE = (
    "  {{- range $name, $value := .Values.more.env }}\n  {{ $name }}: {{ $value }}\n  {{- end }}\n"
)
SERVER = POD.replace("name: SECRET_KEY", "name: POSTGRES_PASSWORD").replace(
    "key: key", "key: SECRET_KEY"
)
TEMPLATE_STEP = "this template names variables of secrets: add USE_AWS_SECRETS, AWS_SECRETS_ENV"


@pytest.mark.parametrize(
    ("path", "text", "step"),
    [
        pytest.param("helm/templates/_helpers.tpl", HELPERS, TEMPLATE_STEP, id="named template"),
        pytest.param("helm/templates/config.yaml", SCRIPT, TEMPLATE_STEP, id="script"),
        pytest.param("helm/templates/web.yaml", POD.replace("shop", "{{ .Values.name }}"), "its containers get only", id="container"),
        pytest.param("helm/templates/map.yaml", CONFIG_MAP, "the app gets its variables from this ConfigMap: add USE_AWS_SECRETS, AWS_SECRETS_ENV and AWS_REGION to its data", id="ConfigMap"),
        pytest.param("helm/templates/map.yaml", CONFIG_MAP + RANGE, "this ConfigMap passes on what the chart's values list in more.env: add USE_AWS_SECRETS", id="values of the chart"),
        pytest.param("helm/templates/key.yaml", CONFIG_MAP.replace("ConfigMap", "Secret"), "the app gets its variables from this Secret: add", id="Secret"),
        pytest.param("helm/templates/db.yaml", SERVER, "", id="database server"),
        pytest.param("helm/templates/tests/a.tpl", HELPERS, "", id="tests"),
        pytest.param("helm/templates/a.tpl", f"{HELPERS}# USE_AWS_SECRETS\n", "", id="on"),
        pytest.param("helm/templates/a.tpl", HELPERS.replace("SECRET_KEY", "A_SECRET_KEY"), "", id="another variable"),
        pytest.param("helm/values.yaml", "env: {SECRET_KEY: abc}\n", "", id="values"),
        pytest.param("templates/a.tpl", HELPERS, "", id="no chart"),
    ],
)  # fmt: skip
def test_names_the_templates_of_a_helm_chart(tmp_path, path, text, step):
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text(text)
    (tmp_path / "helm").mkdir(exist_ok=True)
    (tmp_path / "helm/Chart.yaml").write_text("name: shop\n")
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / "config.py").write_text(SETTINGS)
    shown = " ".join(shield("plan", "--only", "code", cwd=tmp_path).text.split())
    assert (f"{path}: {step}" in shown) == bool(step), shown


def test_names_no_secret_beside_a_config_map(tmp_path):
    folder = tmp_path / "k8s"
    folder.mkdir()
    text = CONFIG_MAP.replace("{{ .Values.key }}", "abc")
    (folder / "map.yaml").write_text(text)
    (folder / "secret.yaml").write_text(text.replace("ConfigMap", "Secret"))
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / "config.py").write_text(SETTINGS)
    shown = " ".join(shield("plan", "--only", "code", cwd=tmp_path).text.split())
    assert "k8s/map.yaml: the app gets its variables from this ConfigMap" in shown
    assert "k8s/secret.yaml: " not in shown


def test_names_the_prefix_that_environments_remove_from_the_map(tmp_path):
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / "config.py").write_text(SETTINGS)
    (tmp_path / "docker-compose.yml").write_text(LISTED)
    assert shield("draft", cwd=tmp_path).code == 0
    manifest = tmp_path / "shield.toml"
    manifest.write_text(manifest.read_text().replace("[app]\n", '[app]\nprefix = "shop/"\n'))
    done = shield("apply", "--only", "code", "--yes", "--no-proof", cwd=tmp_path)
    assert "AWS_SECRETS_PREFIX" not in done.text
    with manifest.open("a") as file:
        file.write('\n[environments.staging]\nprefix = "shop/staging/"\n')
        file.write("\n[environments.production]\n")
    shown = " ".join(shield("plan", "--only", "code", cwd=tmp_path).text.split())
    assert (
        "set AWS_SECRETS_PREFIX=shop/staging/ in staging or AWS_SECRETS_PREFIX=shop/ in production"
    ) in shown
    assert STEP.replace(" and AWS_REGION", ", AWS_SECRETS_PREFIX and AWS_REGION") in shown


def test_names_no_compose_file_that_is_edited(tmp_path):
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / "config.py").write_text(SETTINGS)
    (tmp_path / "docker-compose.yml").write_text(LISTED)
    assert shield("draft", cwd=tmp_path).code == 0
    with (tmp_path / "shield.toml").open("a") as file:
        file.write('\n[deployment]\nedit = ["compose"]\ncontainers = ["web"]\n')
    shown = shield("plan", "--only", "code", cwd=tmp_path).text
    assert ("~ docker-compose.yml" in shown) != (STEP in " ".join(shown.split())), shown


@pytest.mark.parametrize(
    ("compose", "is_named"),
    [
        pytest.param(LISTED.replace("build: .", "build: ./backend/shop"), True, id="folder"),
        pytest.param(LISTED.replace("build: .", "build: {context: backend}"), True, id="above"),
        pytest.param(LISTED.replace("build: .", "build: {target: web}"), True, id="default"),
        pytest.param(LISTED.replace("build: .", "build: ./frontend"), False, id="other folder"),
        pytest.param(LISTED.replace("build: .", "image: shop"), False, id="image"),
        pytest.param(LISTED.replace("environment:", "env_file: .env\n    x-e:"), False, id="env file"),
        pytest.param(f"{LISTED}      - USE_AWS_SECRETS\n", False, id="with the switch"),
        pytest.param("x-env: &env {SECRET_KEY: $S}\nservices: {web: {build: ., environment: {<<: *env}}}\n", True, id="anchor"),
    ],
)  # fmt: skip
def test_names_compose_files_above_the_app(tmp_path, compose, is_named):
    app = tmp_path / "backend/shop"
    app.mkdir(parents=True)
    (app / "requirements.txt").write_text("flask\n")
    (app / "config.py").write_text(SETTINGS)
    (tmp_path / "docker-compose.yml").write_text(compose)
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    subprocess.run(["git", "-C", tmp_path, "add", "."], check=True)
    shown = " ".join(shield("plan", "--only", "code", cwd=app).text.split())
    assert (f"../../{STEP}" in shown) == is_named, shown


@pytest.mark.parametrize(
    ("line", "is_named"),
    [
        pytest.param("ENV SECRET_KEY=only-for-the-build", True, id="environment"),
        pytest.param("ENV SECRET_KEY 'only for the build'", True, id="former syntax"),
        pytest.param("RUN SECRET_KEY=build python manage.py collectstatic", False, id="command"),
    ],
)
def test_names_values_that_stay_in_an_image(tmp_path, line, is_named):
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / "config.py").write_text(SETTINGS)
    (tmp_path / "Dockerfile").write_text(f"FROM python:3.12\nCOPY . .\n{line}\n")
    shown = " ".join(shield("plan", "--only", "code", cwd=tmp_path).text.split())
    step = "remove SECRET_KEY from Dockerfile:3, or set it only for the RUN command that needs it"
    assert (step in shown) == is_named, shown


def test_names_all_values_in_an_image_in_one_line(tmp_path):
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / "config.py").write_text(f"{SETTINGS}MAIL_KEY = os.environ['MAIL_KEY']\n")
    image = "FROM python:3.12\nENV SECRET_KEY=a-b-c\nENV MAIL_KEY=d-e-f\nCOPY . .\n"
    (tmp_path / "Dockerfile").write_text(image)
    shown = " ".join(shield("plan", "--only", "code", cwd=tmp_path).text.split())
    step = "remove SECRET_KEY (line 2), MAIL_KEY (line 3) from Dockerfile, or set them only for the"
    assert f"{step} RUN command that needs them: otherwise, the app can use these values" in shown
