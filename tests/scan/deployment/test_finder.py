from __future__ import annotations

import os
import subprocess
import time

import msgspec
import pytest
from scaling import assert_linear

from shield_ai.model.manifest import Secret
from shield_ai.model.skip import SkipId
from shield_ai.scan.deployment.finder import find_deployment

VALUE = "tr0ub4dor-and-3"
SECRETS = (
    Secret(name="key", env="SECRET_KEY"),
    Secret(name="db", fields={"password": "DB_PASSWORD", "host": "DB_HOST"}),
)
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
        - name: app
          env:
            - name: SECRET_KEY
              valueFrom: {secretKeyRef: {name: app, key: SECRET_KEY}}
            - {name: DB_PASSWORD, value: VALUE}
            - {name: DB_HOST, valueFrom: {configMapKeyRef: {name: app, key: DB_HOST}}}
---
apiVersion: v1
kind: Secret
metadata: {name: app}
data: {SECRET_KEY: VkFMVUU=}
stringData:
  DB_PASSWORD: VALUE
"""
WORKFLOW = """\
on: {workflow_call: {secrets: {SECRET_KEY: {required: true}}}}
env:
  DB_HOST: db
jobs:
  test:
    services:
      postgres: {image: postgres, env: {DB_PASSWORD: VALUE}}
    env: {SECRET_KEY: VALUE}
    steps: [{run: pytest}]
  ship:
    environment: production
    steps:
      - uses: docker/build-push-action@v6
        with:
          build-args: |
            OTHER=1
            SECRET_KEY=VALUE
      - env: {DB_PASSWORD: "${{ secrets.DB_PASSWORD }}"}
        run: |
          SECRET_KEY=plain
          echo "SECRET_KEY=VALUE" >> .env
  call:
    uses: ./.github/workflows/deploy.yml
    secrets: {SECRET_KEY: "${{ secrets.SECRET_KEY }}"}
"""
TERRAFORM = """\
# SECRET_KEY = "comment"
resource "aws_lambda_function" "api" {
  environment {
    variables = {
      SECRET_KEY  = "VALUE" # why
      DB_PASSWORD = data.aws_secretsmanager_secret_version.db.secret_string
      DB_HOST     = var.host == "" ? "a" : "b"
    }
  }
}
resource "aws_ecs_task_definition" "web" {
  container_definitions = jsonencode([{
    name        = "web"
    environment = [{ name = "SECRET_KEY", value = "VALUE" }]
    secrets     = [{ name = "DB_PASSWORD", valueFrom = aws_secretsmanager_secret.db.arn }]
  }])
}
resource "aws_ecs_task_definition" "worker" {
  container_definitions = <<EOF
[{"environment": [{"name": "SECRET_KEY", "value": "VALUE"}]}]
EOF
}
"""
SCRIPT = """\
#!/bin/sh
# export SECRET_KEY=VALUE
: << 'usage'
export SECRET_KEY=VALUE
usage
export SECRET_KEY="VALUE"
DB_HOST=VALUE
DB_PASSWORD=$(aws secretsmanager get-secret-value --secret-id db)
DB_PASSWORD='VALUE' ./migrate
docker run -e DB_HOST=$DB_HOST app
if [ "$SECRET_KEY" == "" ]; then echo SECRET_KEY missing; fi
cat > .env <<END
DB_PASSWORD=VALUE
END
"""


def find(root, files):
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace("VALUE", VALUE))
    return find_deployment(root, SECRETS)


def rows(deployment):
    return [
        (item.line, item.unit, item.variable or item.env_file, str(item.form))
        for item in deployment.variables
    ]


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        pytest.param(
            "docker-compose.yml",
            "x-env: &env\n  SECRET_KEY: VALUE\nservices:\n  web:\n    build:\n      args: {DB_HOST: a}\n"
            "    environment:\n      <<: *env\n      DB_PASSWORD:\n  job:\n    environment:\n"
            "      - SECRET_KEY=${SECRET_KEY:-VALUE}\n      - 'DB_PASSWORD=${DB_PASSWORD:?}'\n      - DB_HOST\n"
            "  # - SECRET_KEY=VALUE\n",
            [(2, "web", "SECRET_KEY", "literal"), (6, "web", "DB_HOST", "literal"), (9, "web", "DB_PASSWORD", "reference"),
             (12, "job", "SECRET_KEY", "default"), (13, "job", "DB_PASSWORD", "reference"), (14, "job", "DB_HOST", "reference")],
            id="Docker Compose",
        ),
        pytest.param(
            "Dockerfile",
            "FROM python AS base\nARG SECRET_KEY\nARG DB_HOST=a\nENV A=1 \\\n    DB_PASSWORD='VALUE'\n# ENV SECRET_KEY=VALUE\n"
            "ENV SECRET_KEY VALUE\nRUN SECRET_KEY=build python manage.py collectstatic\n",
            [(2, "base", "SECRET_KEY", "reference"), (3, "base", "DB_HOST", "literal"), (5, "base", "DB_PASSWORD", "literal"),
             (7, "base", "SECRET_KEY", "literal"), (8, "base", "SECRET_KEY", "literal")],
            id="Dockerfile",
        ),
        pytest.param(
            "k8s/web.yaml",
            DEPLOYMENT,
            [(10, "app", "SECRET_KEY", "secret-store"), (12, "app", "DB_PASSWORD", "literal"), (13, "app", "DB_HOST", "reference"),
             (18, "app", "SECRET_KEY", "literal"), (20, "app", "DB_PASSWORD", "literal")],
            id="Kubernetes",
        ),
        pytest.param(
            "k8s/secrets.yaml",
            "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nspec:\n  data:\n    - secretKey: SECRET_KEY\n      remoteRef: {key: app}\n"
            "---\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nspec:\n  encryptedData:\n    DB_PASSWORD: AgBy3i4O\n"
            "---\napiVersion: v1\nkind: Service\nspec:\n  data: {SECRET_KEY: $(KEY)}\n",
            [(5, "", "SECRET_KEY", "secret-store"), (12, "", "DB_PASSWORD", "secret-store")],
            id="Kubernetes operators",
        ),
        pytest.param(
            "chart/values.yaml",
            "web:\n  env:\n    - name: SECRET_KEY\n      value: VALUE\n  extraEnv:\n    DB_PASSWORD: VALUE\nDB_HOST: ''\n",
            [(3, "web", "SECRET_KEY", "literal"), (6, "web", "DB_PASSWORD", "literal"), (7, "", "DB_HOST", "empty")],
            id="Helm values",
        ),
        pytest.param(
            "chart/templates/web.yaml",
            "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - name: {{ .Chart.Name }}\n      env:\n        {{- if .Values.key }}\n"
            "        - name: SECRET_KEY\n          value: {{ .Values.key | quote }}\n        {{- end }}\n        - name: DB_PASSWORD\n          value: VALUE\n",
            [(8, "{{…}}", "SECRET_KEY", "reference"), (11, "{{…}}", "DB_PASSWORD", "literal")],
            id="Helm template",
        ),
        pytest.param(
            "task-definition.json",
            '{"containerDefinitions": [{"name": "web",\n "environment": [{"value": "VALUE", "name": "SECRET_KEY"}],\n'
            ' "secrets": [{"name": "DB_PASSWORD", "valueFrom": "arn:aws:secretsmanager:us-east-1:1:secret:db:password::"}]}]}',
            [(2, "web", "SECRET_KEY", "literal"), (3, "web", "DB_PASSWORD", "secret-store")],
            id="ECS",
        ),
        pytest.param(
            "template.yaml",
            "Resources:\n  Api:\n    Type: AWS::Serverless::Function\n    Properties:\n      Environment:\n        Variables:\n          SECRET_KEY: VALUE\n"
            "          DB_PASSWORD: '{{resolve:secretsmanager:db:SecretString:password}}'\n          DB_HOST: !Ref Host\n"
            "  Job:\n    Properties:\n      Environment: {Variables: {DB_PASSWORD: !Sub '{{resolve:secretsmanager:${Db}}}', SECRET_KEY: {Ref: Key}}}\n",
            [(7, "Api", "SECRET_KEY", "literal"), (8, "Api", "DB_PASSWORD", "secret-store"), (9, "Api", "DB_HOST", "reference"),
             (12, "Job", "DB_PASSWORD", "secret-store"), (12, "Job", "SECRET_KEY", "reference")],
            id="SAM",
        ),
        pytest.param(
            "template.yaml",
            "Globals:\n  Function:\n    Environment:\n      Variables: {SECRET_KEY: VALUE}\n"
            "Resources:\n  Task:\n    Type: AWS::ECS::TaskDefinition\n    Properties:\n      ContainerDefinitions:\n"
            "        - Name: web\n          Environment:\n            - {Name: DB_PASSWORD, Value: VALUE}\n"
            "        - Name: !Ref Name\n          Secrets:\n            - {Name: SECRET_KEY, ValueFrom: !Ref Key}\n"
            "  Job:\n    Properties:\n      Environment:\n        Variables:\n          Fn::If: [Live, {SECRET_KEY: VALUE}, {DB_HOST: VALUE}]\n",
            [(4, "Globals.Function", "SECRET_KEY", "literal"), (12, "web", "DB_PASSWORD", "literal"),
             (15, "Task", "SECRET_KEY", "secret-store"), (20, "Job", "SECRET_KEY", "literal"), (20, "Job", "DB_HOST", "literal")],
            id="CloudFormation",
        ),
        pytest.param(
            "serverless.yml",
            "provider:\n  environment:\n    SECRET_KEY: ${ssm:/app/key}\nfunctions:\n  api:\n    environment:\n      DB_PASSWORD: VALUE\n      DB_HOST: ${env:DB_HOST}\n",
            [(3, "provider", "SECRET_KEY", "secret-store"), (7, "api", "DB_PASSWORD", "literal"), (8, "api", "DB_HOST", "reference")],
            id="Serverless Framework",
        ),
        pytest.param(
            "copilot/web/manifest.yml",
            "name: web\nvariables:\n  SECRET_KEY: VALUE\nsecrets:\n  DB_PASSWORD: /shop/password\nenvironments:\n  prod:\n    variables:\n      DB_HOST: VALUE\n",
            [(3, "", "SECRET_KEY", "literal"), (5, "", "DB_PASSWORD", "secret-store"), (9, "environments.prod", "DB_HOST", "literal")],
            id="AWS Copilot",
        ),
        pytest.param(
            "infra/main.tf",
            TERRAFORM,
            [(5, "aws_lambda_function.api", "SECRET_KEY", "literal"), (6, "aws_lambda_function.api", "DB_PASSWORD", "secret-store"),
             (7, "aws_lambda_function.api", "DB_HOST", "reference"), (14, "aws_ecs_task_definition.web", "SECRET_KEY", "literal"),
             (15, "aws_ecs_task_definition.web", "DB_PASSWORD", "secret-store"), (20, "aws_ecs_task_definition.worker", "SECRET_KEY", "literal")],
            id="Terraform",
        ),
        pytest.param(
            "deploy/web.service",
            '[Service]\n#Environment=SECRET_KEY=VALUE\nEnvironment=SECRET_KEY=VALUE "DB_PASSWORD=VALUE"\nPassEnvironment=DB_HOST\n'
            "EnvironmentFile=-/etc/web.env\n",
            [(3, "web", "SECRET_KEY", "literal"), (3, "web", "DB_PASSWORD", "literal"), (4, "web", "DB_HOST", "reference"),
             (5, "web", "/etc/web.env", "env-file")],
            id="systemd",
        ),
        pytest.param(
            "etc/shop@.service.d/override.conf",
            "[Service]\nEnvironment=SECRET_KEY=VALUE\n",
            [(2, "shop@", "SECRET_KEY", "literal")],
            id="drop-in of systemd",
        ),
        pytest.param(
            "Procfile",
            "web: SECRET_KEY=VALUE gunicorn app\nworker: rq worker\n",
            [(1, "web", "SECRET_KEY", "literal")],
            id="Procfile",
        ),
        pytest.param(
            "deploy.sh",
            SCRIPT,
            [(6, "", "SECRET_KEY", "literal"), (9, "", "DB_PASSWORD", "literal"), (10, "", "DB_HOST", "reference"), (13, "", "DB_PASSWORD", "literal")],
            id="shell script",
        ),
        pytest.param("production/entrypoint", '#!/bin/sh\nexport SECRET_KEY="x-${DB_HOST}"\n', [(2, "", "SECRET_KEY", "reference")], id="script without extension"),
        pytest.param("start", "#!/usr/bin/dumb-init /bin/bash\nexport SECRET_KEY=VALUE\n", [(2, "", "SECRET_KEY", "literal")], id="script of an init program"),
        pytest.param(".profile", "export SECRET_KEY=$(vcap key)\n", [(1, "", "SECRET_KEY", "reference")], id=".profile"),
        pytest.param("web/.bash_profile", "export SECRET_KEY=VALUE\n", [(1, "", "SECRET_KEY", "literal")], id=".bash_profile"),
        pytest.param(
            "deployment/deployment.yml",
            "containers:\n  - name: web\n    properties:\n      environmentVariables:\n        - name: DB_PASSWORD\n          secureValue: VALUE\n",
            [(5, "containers.properties", "DB_PASSWORD", "literal")],
            id="Azure container group",
        ),
        pytest.param(
            "terraform/task-definitions/shop.json",
            '[{"name": "shop", "secrets": [\n{"name": "SECRET_KEY", "valueFrom": "${key}"}]}]\n',
            [(2, "shop", "SECRET_KEY", "secret-store")],
            id="folder of task definitions",
        ),
        pytest.param(
            "aws/web.json",
            '{"containerDefinitions": [{"name": "shop", "secrets": [\n{"name": "SECRET_KEY", "valueFrom": "arn"}]}]}\n',
            [(2, "shop", "SECRET_KEY", "secret-store")],
            id="folder for AWS",
        ),
        pytest.param("deploy/data.json", '[{"model": "shop.key", "name": "SECRET_KEY", "value": "VALUE"}]', [], id="data of an app"),
        pytest.param("notes", "export SECRET_KEY=VALUE\n", [], id="text without extension"),
        pytest.param("tool", "#!/usr/bin/env python3\nSECRET_KEY=VALUE\n", [], id="Python without extension"),
        pytest.param(
            ".github/workflows/ci.yml",
            WORKFLOW,
            [(3, "", "DB_HOST", "literal"), (7, "test/postgres", "DB_PASSWORD", "literal"), (8, "test", "SECRET_KEY", "literal"),
             (17, "ship", "SECRET_KEY", "literal"), (18, "ship", "DB_PASSWORD", "secret-store"), (21, "ship", "SECRET_KEY", "literal"),
             (24, "call", "SECRET_KEY", "secret-store")],
            id="GitHub Actions",
        ),
        pytest.param(".gitlab/names.yml", "- SECRET_KEY\n", [], id="list for GitLab"),
        pytest.param(".gitlab/name.yml", "SECRET_KEY\n", [], id="text for GitLab"),
        pytest.param(
            ".gitlab-ci.yml",
            "variables:\n  DB_HOST: db\n  SECRET_KEY: {value: VALUE, description: key}\ndeploy:\n  variables: {DB_PASSWORD: $DB_PASSWORD}\n  script:\n    - SECRET_KEY=VALUE ./deploy\n",
            [(2, "", "DB_HOST", "literal"), (3, "", "SECRET_KEY", "literal"), (5, "deploy", "DB_PASSWORD", "reference"), (7, "deploy", "SECRET_KEY", "literal")],
            id="GitLab CI",
        ),
        pytest.param(
            ".gitlab-ci.yml",
            "variables: {DB_HOST: db}\ndeploy:\n  image: x:$DB_PASSWORD # $SECRET_KEY\n  script:\n    - |\n"
            "      curl -H ${SECRET_KEY} $DB_HOST\n    - y $SECRET_KEY SENTRY_DSN\ntest:\n  script: [x $SECRET_KEY]\n",
            [(1, "", "DB_HOST", "literal"), (3, "deploy", "DB_PASSWORD", "read"), (6, "deploy", "DB_HOST", "read"),
             (6, "deploy", "SECRET_KEY", "read"), (9, "test", "SECRET_KEY", "read")],
            id="reads in GitLab CI",
        ),
        pytest.param(
            ".gitlab-ci.yml",
            "deploy:\n  script: &run\n    - x $SECRET_KEY\ntest:\n  script: *run\n"
            ".login: &login\n  - y $DB_PASSWORD\nship:\n  script: *login\n",
            [(3, "deploy", "SECRET_KEY", "read"), (3, "test", "SECRET_KEY", "read"),
             (7, "ship", "DB_PASSWORD", "read")],
            id="aliases in GitLab CI",
        ),
        pytest.param(
            ".gitlab-ci.yml",
            "test:\n  script:\n    - x $env:DB_PASSWORD\n    - x ${Env:SECRET_KEY} %DB_HOST%\n",
            [(3, "test", "DB_PASSWORD", "read"), (4, "test", "DB_HOST", "read"), (4, "test", "SECRET_KEY", "read")],
            id="PowerShell and cmd in GitLab CI",
        ),
        pytest.param(
            "app.json",
            '{"env": {"SECRET_KEY": {"generator": "secret"},\n "DB_PASSWORD": {"value": "VALUE"},\n "DB_HOST": ""}}',
            [(1, "", "SECRET_KEY", "reference"), (2, "", "DB_PASSWORD", "literal"), (3, "", "DB_HOST", "empty")],
            id="app.json",
        ),
        pytest.param(
            "app.json",
            '{"env": {"SECRET_KEY": {"description": "key", "required": false},\n "DB_PASSWORD": {"description": "a", "value": ""}}}',
            [(2, "", "DB_PASSWORD", "empty")],
            id="inputs of app.json",
        ),
        pytest.param(
            "roles/app/templates/.env.j2",
            "# DB_HOST=a\nSECRET_KEY={{ key | default('VALUE') }}\n{% if db %}\nexport DB_PASSWORD=\"{{ vault_password }}\"\n{% endif %}\nDB_HOST=VALUE # a\n",
            [(2, "", "SECRET_KEY", "default"), (4, "", "DB_PASSWORD", "reference"), (6, "", "DB_HOST", "literal")],
            id="template of an env file",
        ),
        pytest.param(
            "deploy/app.env.production.tmpl",
            "SECRET_KEY=${SECRET_KEY}\nDB_PASSWORD = 'VALUE'\nDB_HOST=\n",
            [(1, "", "SECRET_KEY", "reference"), (2, "", "DB_PASSWORD", "literal"), (3, "", "DB_HOST", "empty")],
            id="template of an env file for envsubst",
        ),
        pytest.param(
            "devops/vaults.gcp.env",
            '# keys\nSECRET_KEY="op://key/$APP_ENV/base/SECRET_KEY"\nDB_PASSWORD=vault:secret/data/db#DB_PASSWORD\nDB_HOST=VALUE\n',
            [(2, "", "SECRET_KEY", "secret-store"), (3, "", "DB_PASSWORD", "secret-store"), (4, "", "DB_HOST", "literal")],
            id="env file with references",
        ),
        pytest.param("deploy/app.env", "SECRET_KEY=VALUE\n", [], id="env file with values"),
        pytest.param(
            ".env.production",
            "SECRET_KEY=ref+vault://secret/key#/SECRET_KEY\n",
            [(1, "", "SECRET_KEY", "secret-store")],
            id="references of vals",
        ),
        pytest.param(
            ".github/workflows/ci.yml",
            'jobs:\n  deploy:\n    steps:\n      - uses: acme/agent@v1\n        with:\n          settings: |-\n            {\n              "env": {\n'
            '                "SECRET_KEY": "${KEY}",\n                "DB_HOST": "VALUE"\n              }\n            }\n',
            [(9, "deploy", "SECRET_KEY", "reference"), (10, "deploy", "DB_HOST", "literal")],
            id="JSON in an input of an action",
        ),
        pytest.param(
            "config/deploy.yml",
            "<% require 'dotenv' %>\nservice: app\nimage: acme/app\nregistry:\n  password:\n    - DB_PASSWORD\nbuilder:\n  args:\n"
            "    DB_HOST: <%= ENV['DB_HOST'] %>\n  secrets:\n    - SECRET_KEY\nenv:\n  clear:\n    DB_HOST: VALUE\n  secret:\n    - SECRET_KEY\n"
            "  tags:\n    replica:\n      DB_HOST: VALUE\naccessories:\n  db:\n    env:\n      secret:\n        - DB_PASSWORD:MAIN_PASSWORD\n"
            "  cache:\n    env:\n      DB_PASSWORD: VALUE\n",
            [(9, "builder", "DB_HOST", "reference"), (11, "builder", "SECRET_KEY", "secret-store"), (14, "env", "DB_HOST", "literal"),
             (16, "env", "SECRET_KEY", "secret-store"), (19, "env.tags", "DB_HOST", "literal"), (24, "accessories.db.env", "DB_PASSWORD", "secret-store"),
             (27, "accessories.cache", "DB_PASSWORD", "literal")],
            id="Kamal",
        ),
        pytest.param(
            "render.yaml",
            "services:\n  - type: web\n    envVars:\n      - key: SECRET_KEY\n        generateValue: true\n      - key: DB_PASSWORD\n        sync: false\n"
            "      - key: DB_HOST\n        fromDatabase: {name: db, property: host}\nenvVarGroups:\n  - name: a\n    envVars:\n"
            "      - key: DB_PASSWORD\n        value: VALUE\n",
            [(4, "services", "SECRET_KEY", "secret-store"), (6, "services", "DB_PASSWORD", "secret-store"), (8, "services", "DB_HOST", "reference"),
             (13, "envVarGroups", "DB_PASSWORD", "literal")],
            id="Render",
        ),
        pytest.param(
            "fly.toml",
            "app = 'a'\n[build.args]\n  DB_HOST = 'VALUE'\n[env]  # of all processes\n  SECRET_KEY = \"VALUE\"\n  # DB_PASSWORD = 'VALUE'\n  'DB_PASSWORD' = ''\n"
            "[[services]]\n  DB_HOST = 1\n",
            [(3, "build.args", "DB_HOST", "literal"), (5, "env", "SECRET_KEY", "literal"), (7, "env", "DB_PASSWORD", "empty")],
            id="Fly.io",
        ),
        pytest.param(
            "run.tf",
            'resource "google_cloud_run_v2_service" "a" {\n  env {\n    name = "SECRET_KEY"\n    value_source {\n      secret_key_ref { secret = "a" }\n    }\n  }\n'
            '  env {\n    name = "DB_PASSWORD"\n    value_from {\n      secret_key_ref { key = "a" }\n    }\n  }\n'
            '  env {\n    name        = "DB_PASSWORD"\n    secret_name = "a"\n  }\n'
            '  env {\n    name = "DB_HOST"\n    value_from {\n      config_map_key_ref { key = "a" }\n    }\n  }\n}\n'
            'locals {\n  a = local.values["SECRET_KEY"]\n  b = jsondecode(local.text)["DB_PASSWORD"]\n  c = local.values[0]["DB_HOST"]\n}\n',
            [(3, "google_cloud_run_v2_service.a", "SECRET_KEY", "secret-store"), (9, "google_cloud_run_v2_service.a", "DB_PASSWORD", "secret-store"),
             (15, "google_cloud_run_v2_service.a", "DB_PASSWORD", "secret-store"), (19, "google_cloud_run_v2_service.a", "DB_HOST", "reference")],
            id="containers of Terraform",
        ),
        pytest.param(
            "modules.tf",
            'module "api" {\n  environment_variables = { SECRET_KEY = "VALUE" }\n}\nmodule "web" {\n'
            "  map_secrets = { SECRET_KEY = aws_ssm_parameter.key.arn }\n"
            '  environment = concat([{ name = "DB_PASSWORD", value = "VALUE" }], var.env)\n}\n'
            'resource "helm_release" "app" {\n  set {\n    name  = "app.env.SECRET_KEY"\n    value = "VALUE"\n  }\n}\n',
            [(2, "module.api", "SECRET_KEY", "literal"), (5, "module.web", "SECRET_KEY", "secret-store"),
             (6, "module.web", "DB_PASSWORD", "literal"), (10, "helm_release.app", "SECRET_KEY", "literal")],
            id="modules of Terraform",
        ),
        pytest.param(
            "Dockerfile", "FROM --platform=linux/amd64 a AS web\nENV SECRET_KEY=VALUE\n", [(2, "web", "SECRET_KEY", "literal")], id="stage with a platform",
        ),
        pytest.param(
            "Dockerfile_base", "FROM a\nENV SECRET_KEY=VALUE\n", [(2, "", "SECRET_KEY", "literal")], id="Dockerfile with an underscore",
        ),
        pytest.param(
            "vars/production.yml",
            "instances: 2\nSECRET_KEY: VALUE\nDB_PASSWORD: ((password))\nDB_HOST: [a]\nmore: {DB_HOST: VALUE}\n",
            [(2, "", "SECRET_KEY", "literal"), (3, "", "DB_PASSWORD", "reference")],
            id="file of variables",
        ),
    ],
)  # fmt: skip
def test_lines_that_set_a_variable(tmp_path, path, text, expected):
    deployment = find(tmp_path, {path: text})
    assert sorted(rows(deployment)) == sorted(expected)
    assert deployment.unread == ()
    assert VALUE not in msgspec.json.encode(deployment).decode()


@pytest.mark.parametrize(
    ("path", "text", "form"),
    [
        pytest.param("Dockerfile", "ENV A=1 \\\n# comment\n\n  SECRET_KEY=VALUE\n", "literal", id="comment in an instruction"),
        pytest.param("Dockerfile", "ENV\tSECRET_KEY\tVALUE\n", "literal", id="tabs"),
        pytest.param("Dockerfile", "ENV \\\n  SECRET_KEY \\\n  VALUE\n", "literal", id="a word on each line"),
        pytest.param("Dockerfile", "ENV \nENV SECRET_KEY VALUE\n", "literal", id="an empty ENV"),
        pytest.param("Dockerfile", "ONBUILD ENV SECRET_KEY VALUE\n", "literal", id="ONBUILD"),
        pytest.param("Dockerfile", 'CMD ["sh", "-c", "SECRET_KEY=VALUE app"]\n', "literal", id="CMD"),
        pytest.param("a.service", "[Service]\nEnvironment=A=1 \\\n; comment\n SECRET_KEY=VALUE\n", "literal", id="comment in a directive"),
        pytest.param("a.service", '[Service]\nEnvironment="SECRET_KEY=VALUE${X}VALUE"\n', "literal", id="systemd does not expand"),
        pytest.param("fly.toml", "[env]\nSECRET_KEY = '''\nVALUE'''\n", "literal", id="long text of TOML"),
        pytest.param("fly.toml", "[env]\nSECRET_KEY = '\"VALUE\"'\n", "literal", id="quotes in TOML"),
        pytest.param("fly.toml", "[env]\nSECRET_KEY = '' # VALUE\n", "empty", id="comment in TOML"),
        pytest.param("config/deploy.yml", "service: a\nenv: {clear: {SECRET_KEY: VALUE}}\n", "literal", id="Kamal"),
        pytest.param("compose.yml", 'services: {a: {environment: {SECRET_KEY: "VALUE$x"}}}\n', "mixed", id="partly literal"),
        pytest.param("main.tf", 'locals {\n  SECRET_KEY = nonsensitive("VALUE")\n}\n', "mixed", id="function of Terraform"),
        pytest.param("main.tf", "locals {\n  SECRET_KEY = chomp(<<EOT\nVALUE\nEOT\n)\n}\n", "mixed", id="heredoc of Terraform"),
        pytest.param("main.tf.json", '{"resource": {"aws_lambda_function": {"a": {"environment": {"variables": {"SECRET_KEY": "VALUE"}}}}}}', "literal", id="Terraform in JSON"),
        pytest.param("main.tf.json", '{"locals": {"SECRET_KEY": "${var.key}"}}', "reference", id="reference in JSON"),
        pytest.param("main.tf.json", '{"variable": {"SECRET_KEY": {"type": "string", "default": "VALUE"}}}', "literal", id="default in JSON"),
        pytest.param("a.auto.tfvars.json", '{"SECRET_KEY": "VALUE"}', "literal", id="variables in JSON"),
        pytest.param("serverless.yml", "service: a\nprovider: {environment: {SECRET_KEY: \"${param:key, 'VALUE'}\"}}\n", "default", id="default of a parameter"),
        pytest.param("serverless.yml", "service: a\nprovider: {environment: {SECRET_KEY: '${self:custom.key, \"VALUE\"}'}}\n", "default", id="default of a setting"),
        pytest.param("serverless.yml", "service: a\nprovider: {environment: {SECRET_KEY: '${param:key, ssm:/a/key}'}}\n", "reference", id="no default"),
        pytest.param("chart/templates/a.yaml", 'a:\n  env:\n    SECRET_KEY: {{ .Values.key | default "VALUE" }}\n', "default", id="default of Helm"),
        pytest.param("chart/templates/a.yaml", 'a:\n  env:\n    SECRET_KEY: {{ .Values.key | default "" | quote }}\n', "reference", id="empty default"),
        pytest.param("env.yml.j2", "a:\n  env:\n    SECRET_KEY: VALUE\n", "literal", id="template of a YAML file of an environment"),
        pytest.param("values.yaml.gotmpl", "a:\n  env:\n    SECRET_KEY: VALUE\n", "literal", id="Go template of Helm values"),
        pytest.param("deploy/a.yml.j2", "a:\n  env:\n    SECRET_KEY: \"{{ key | default('VALUE') }}\"\n", "default", id="default of Jinja"),
        pytest.param("template.yaml", "Resources: {a: {Variables: {SECRET_KEY: !Sub VALUE}}}\n", "literal", id="!Sub"),
        pytest.param("template.yaml", 'Resources: {a: {Variables: {SECRET_KEY: {"Fn::Sub": VALUE}}}}\n', "literal", id="Fn::Sub"),
        pytest.param("template.yaml", "Resources: {a: {Variables: {SECRET_KEY: !Sub '${Key}'}}}\n", "reference", id="!Sub of a parameter"),
        pytest.param("template.yaml", "Resources: {a: {Variables: {SECRET_KEY: !Base64 VALUE}}}\n", "literal", id="!Base64"),
        pytest.param("template.yaml", "Resources: {a: {Variables: {SECRET_KEY: !Join ['', [VALUE, !Ref a]]}}}\n", "mixed", id="!Join"),
        pytest.param("template.yaml", 'Resources: {a: {Variables: {SECRET_KEY: {"Fn::Join": ["", [{"Ref": a}, VALUE]]}}}}\n', "mixed", id="Fn::Join"),
        pytest.param("template.yaml", "Resources: {a: {Variables: {SECRET_KEY: !If [IsProduction, VALUE, !Ref Key]}}}\n", "mixed", id="!If"),
        pytest.param("template.yaml", "Resources: {a: {Variables: {SECRET_KEY: !If [IsProduction, !Ref ProductionKey, !GetAtt [LongName, Attribute]]}}}\n", "reference", id="!If of references"),
        pytest.param("template.yaml", "Resources: {a: {Variables: {DB_PASSWORD: !Join ['', ['postgres://', !Ref DatabaseUser, '@', {'Fn::GetAtt': [Database, Endpoint]}, /app]]}}}\n", "reference", id="!Join of references"),
        pytest.param("template.yaml", "Resources: {a: {Variables: {SECRET_KEY: !Join ['', ['{{resolve:secretsmanager:', !Ref LongSecret, ':SecretString}}']]}}}\n", "secret-store", id="!Join of a secret"),
    ],
)  # fmt: skip
def test_forms_of_values(tmp_path, path, text, form):
    (found,) = find(tmp_path, {path: text}).variables
    assert found.form == form


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param("Dockerfile", 'ENV "SECRET_KEY"=VALUE\n', id="quotes"),
        pytest.param("Dockerfile", "ENV SECRET\\\n_KEY=VALUE\n", id="continued name"),
        pytest.param("Dockerfile", "# escape=`\nENV SECRET`\n_KEY=VALUE\n", id="other escape character"),
        pytest.param("Dockerfile", "LABEL SECRET_KEY=VALUE\n", id="other instruction"),
        pytest.param("compose.yml", 'services: {a: {environment: {"SECRET\\x5fKEY": VALUE}}}\n', id="escape of YAML"),
        pytest.param("task.json", '{"containerDefinitions": [{"environment": [{"name": "SECRET\\u005fKEY", "value": "VALUE"}]}]}', id="escape of JSON"),
        pytest.param("compose.yml", "services: {a: {environment: {SECRET_KEY: VALUE}}}".encode("utf-16"), id="UTF-16"),
        pytest.param("compose.yml", "services: " + "{a: " * 70 + "{environment: {SECRET_KEY: VALUE}}" + "}" * 70, id="deep"),
        pytest.param("compose.yml", "services: {a: {command: sh -c 'SECRET_KEY=VALUE app'}}\n", id="command of Compose"),
        pytest.param("compose.yml", "services: {a: {}}\nconfigs: {a: {content: 'SECRET_KEY: VALUE'}}\n", id="config of Compose"),
        pytest.param("k8s.yaml", "kind: ConfigMap\napiVersion: v1\ndata: {app.env: 'SECRET_KEY=VALUE'}\n", id="file in a ConfigMap"),
        pytest.param("k8s.yaml", "kind: Pod\napiVersion: v1\nspec: {command: [sh, -c, 'SECRET_KEY=VALUE app']}\n", id="command of Kubernetes"),
        pytest.param("k8s.yaml", "kind: Odd\napiVersion: v1\nspec: {vars: [{id: SECRET_KEY, value: VALUE}]}\n", id="name beside a value"),
        pytest.param("template.yaml", "Resources: {}\nParameters: {SECRET_KEY: {Type: String, Default: VALUE}}\n", id="default of a parameter"),
        pytest.param("deploy.sh", "helm upgrade --set env.SECRET_KEY=VALUE app\n", id="option"),
        pytest.param("deploy.sh", "export SECRET_KEY+=VALUE\n", id="appended"),
        pytest.param("deploy.sh", "docker run -eSECRET_KEY=VALUE app\n", id="option without a space"),
        pytest.param("deploy.sh", "gh secret set SECRET_KEY --body VALUE\n", id="separate value"),
        pytest.param("deploy.sh", ": ${SECRET_KEY:=VALUE}\n", id="assigned default"),
        pytest.param("main.tf", 'x = {\n  "app/SECRET_KEY" = "VALUE"\n}\n', id="key of Terraform"),
        pytest.param("helmfile.yaml", "releases:\n- name: a\n  env: {}\n  set:\n  - name: env.SECRET_KEY\n    value: VALUE\n", id="set of helmfile"),
        pytest.param("deploy.sh", "export $'SECRET\\137KEY'=VALUE\n", id="octal escape"),
        pytest.param("fly.toml", '[[processes]]\nSECRET_KEY = "VALUE"\n', id="other table of Fly.io"),
        pytest.param("fly.toml", 'env = {SECRET_KEY = "VALUE"}\n', id="inline table"),
        pytest.param("a.service", "[Service]\nSetCredential=SECRET_KEY:VALUE\nEnvironment=A=1 x-SECRET_KEY=VALUE\n", id="systemd"),
    ],
)  # fmt: skip
def test_names_beside_unknown_values_are_reported(tmp_path, path, text):
    if isinstance(text, bytes):
        (tmp_path / path).write_bytes(text)
        found = find_deployment(tmp_path, SECRETS)
    else:
        found = find(tmp_path, {path: text})
    assert [skip.path for skip in found.unread] == [path]
    assert VALUE not in str(found.unread)
    assert "SECRET_KEY" in found.unread[0].reason or "UTF-8" in found.unread[0].reason


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param("Dockerfile", "# ENV SECRET_KEY=VALUE\nARG SECRET_KEY\nRUN echo SECRET_KEY: VALUE\nCMD app $SECRET_KEY\n", id="Dockerfile"),
        pytest.param("compose.yml", "services:\n  a:\n    secrets: [SECRET_KEY]\n    # SECRET_KEY: VALUE\n    command: app --key ${SECRET_KEY}\nsecrets: {SECRET_KEY: {file: ./key.txt}}\n", id="Compose"),
        pytest.param("compose.yml", "services:\n  a:\n    environment:\n      SECRET_KEY: ${SECRET_KEY:-VALUE}\n", id="own default"),
        pytest.param("compose.yml", "services:\n  a:\n    command: sh -c 'SECRET_KEY=$OTHER SECRET_KEY=${KEY} app'\n    command: |\n      export SECRET_KEY=`aws ssm get-parameter --name SECRET_KEY`\n", id="references"),
        pytest.param("k8s.yaml", "kind: Pod\napiVersion: v1\nspec: {args: ['$(SECRET_KEY)'], items: [{key: SECRET_KEY, path: VALUE}]}\n", id="Kubernetes"),
        pytest.param("chart/templates/a.yaml", 'a:\n  {{- if .Values.SECRET_KEY }}\n  b: {{ index .Values "SECRET_KEY" | quote }}\n  {{- end }}\n', id="Helm"),
        pytest.param("helmfile.yaml", "releases:\n- name: a\n  env: {}\n  set:\n  - name: env.SECRET_KEY\n    value: '{{ .key }}'\n", id="helmfile"),
        pytest.param("template.yaml", "Resources: {}\nParameters: {SECRET_KEY: {Type: String, NoEcho: true}}\n", id="parameter"),
        pytest.param("main.tf", 'variable "SECRET_KEY" {\n  type = string\n}\n# SECRET_KEY = "VALUE"\nlocals {\n  a = var.SECRET_KEY == "" ? null : var.SECRET_KEY\n  b = x["SECRET_KEY"]\n  c = {\n    "app/SECRET_KEY" = aws_ssm_parameter.key.arn\n  }\n}\n', id="Terraform"),
        pytest.param("deploy.sh", 'usage() { echo "SECRET_KEY: the key"; }\n: "${SECRET_KEY:?SECRET_KEY is missing}"\nexport SECRET_KEY\nunset SECRET_KEY\ndocker run -e SECRET_KEY app # SECRET_KEY=VALUE\nif [ -z ${SECRET_KEY+x} ]; then grep -q \'^SECRET_KEY=\' .env; fi\n', id="shell"),
        pytest.param(".github/workflows/deploy.yml", "on: {workflow_call: {secrets: {SECRET_KEY: {required: true}}}}\njobs:\n  deploy:\n    steps:\n      - run: |\n          SECRET_KEY=plain\n          echo SECRET_KEY\n", id="GitHub"),
        pytest.param(".github/workflows/ci.yml", "jobs:\n  test:\n    steps:\n      - run: docker run --env=SECRET_KEY=VALUE app\n  deploy:\n    steps: [{run: deploy}]\n", id="job for tests"),
        pytest.param("a.service", "[Unit]\n; SECRET_KEY=VALUE\nDescription=needs SECRET_KEY\n", id="systemd"),
        pytest.param("a.yaml", "env: {OTHER: 1}\nx: {SECRET_KEY: VALUE}  # shield: ignore[CRED] of the demo\n", id="suppressed"),
    ],
)  # fmt: skip
def test_names_without_a_value(tmp_path, path, text):
    assert find(tmp_path, {path: text}).unread == ()


def test_an_env_file_sets_the_variables_that_it_contains(tmp_path):
    compose = (
        "services:\n  web:\n    env_file: [{path: ./app.env}]\n  job:\n    env_file:\n"
        "      - other.env\n      - missing.env\n      - ../outside.env\n"
    )
    env = "SECRET_KEY=VALUE\nDB_HOST=\nOTHER=1\n"
    found = find(tmp_path, {"compose.yml": compose, "app.env": env, "other.env": "OTHER=1\n"})
    assert [(item.line, item.variable, item.env_file) for item in found.variables] == [
        (3, "SECRET_KEY", "./app.env"),
        (7, "", "missing.env"),
        (8, "", "../outside.env"),
    ]


def test_the_env_files_of_kustomize(tmp_path):
    text = (
        "secretGenerator:\n  - name: app\n    envs:\n      - app.env\n    literals: [DB_HOST=a]\n"
    )
    found = find(tmp_path, {"kustomization.yaml": text, "app.env": "SECRET_KEY=VALUE\n"})
    assert rows(found) == [(4, "app", "SECRET_KEY", "env-file"), (5, "app", "DB_HOST", "literal")]


@pytest.mark.parametrize(
    ("path", "values", "expected"),
    [
        pytest.param("kustomization.yaml", "envs: [prod.env]", ("", "prod.env", "env-file"), id="only env files"),
        pytest.param("Kustomization", "literals: [SECRET_KEY=VALUE]", ("SECRET_KEY", "", "literal"), id="file without extension"),
        pytest.param("kustomization.yml", "files: [SECRET_KEY=key.txt]", ("SECRET_KEY", "", "reference"), id="file"),
        pytest.param("kustomization.yml", "files: [keys/SECRET_KEY]", ("SECRET_KEY", "", "reference"), id="name of a file"),
    ],
)  # fmt: skip
def test_the_secret_generators_of_kustomize(tmp_path, path, values, expected):
    found = find(tmp_path, {path: f"secretGenerator:\n- name: app\n  {values}\n"})
    rows = [(item.variable, item.env_file, str(item.form)) for item in found.variables]
    assert rows == [expected]
    assert not found.unread


def test_merge_keys_in_a_list_of_variables(tmp_path):
    text = """\
kind: Template
apiVersion: template.openshift.io/v1
x-token: &token
  valueFrom: {secretKeyRef: {name: app, key: token}}
objects:
  - kind: Deployment
    spec:
      containers:
        - name: app
          env:
            - <<: *token
              name: SECRET_KEY
            - name: DB_PASSWORD
              <<: [*token]
            - name: DB_HOST
              value: VALUE
              <<: *token
"""
    found = rows(find(tmp_path, {"openshift.yaml": text}))
    assert found[:2] == [
        (12, "app", "SECRET_KEY", "secret-store"),
        (13, "app", "DB_PASSWORD", "secret-store"),
    ]
    assert (15, "app", "DB_HOST", "literal") in found


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param("settings.json", '{"env": {"SECRET_KEY": "VALUE"}}', id="other JSON"),
        pytest.param("compose.yml", "# SECRET_KEY: VALUE\n", id="only comments"),
        pytest.param("compose.yml", "secrets: {SECRET_KEY: {file: a}}\n", id="secrets of Compose"),
        pytest.param("node_modules/a/compose.yml", "services: {a: {environment: {SECRET_KEY: VALUE}}}", id="installed"),
    ],
)  # fmt: skip
def test_files_that_set_no_variable(tmp_path, path, text):
    assert find(tmp_path, {path: text}).variables == ()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("services: {web: [SECRET_KEY\n", SkipId.DEPLOYMENT_INVALID_YAML, id="invalid"),
        pytest.param(
            "SECRET_KEY: {{ a }\n- b: [", SkipId.DEPLOYMENT_INVALID_YAML, id="broken template"
        ),
        pytest.param(
            "SECRET_KEY: x\n" + "#" * 400_000, SkipId.DEPLOYMENT_TOO_LARGE, id="too large"
        ),
    ],
)
def test_files_that_cannot_be_read_are_reported(tmp_path, text, reason):
    found = find(tmp_path, {"compose.yml": text, "tests/compose.yml": text})
    assert found.variables == ()
    assert [(skip.path, skip.id) for skip in found.unread] == [("compose.yml", reason)]


@pytest.mark.parametrize(
    ("comment", "use"),
    [
        pytest.param("shield: ignore[CRED] only for development", "suppressed", id="pattern"),
        pytest.param("shield: ignore the key of the demo", "suppressed", id="all rules"),
        pytest.param("pragma: allowlist secret", "suppressed", id="detect-secrets"),
        pytest.param("shield: ignore[CRED]", "production", id="no reason"),
        pytest.param("shield: ignore[CSEC34] of the code", "production", id="another pattern"),
    ],
)
def test_suppression_comments(tmp_path, comment, use):
    text = f"services:\n  web:\n    environment:\n      SECRET_KEY: VALUE  # {comment}\n"
    (found,) = find(tmp_path, {"compose.yml": text}).variables
    assert found.use == use


CIRCLE = "version: 2\njobs:\n  {}:\n    docker:\n      - image: python\n        environment:\n          SECRET_KEY: a\n    environment:\n      A: b\n    steps: []\n"


@pytest.mark.parametrize(
    ("path", "text", "use"),
    [
        pytest.param(".circleci/config.yml", CIRCLE.format("build"), "development", id="job that tests"),
        pytest.param(".circleci/config.yml", CIRCLE.format("deploy"), "production", id="job that deploys"),
        pytest.param(".travis.yml", "env:\n  global:\n    - SECRET_KEY=a\nscript: x\n", "development", id="Travis"),
        pytest.param(".travis.yml", "env:\n  - SECRET_KEY=a\ndeploy: x\n", "unknown", id="Travis that deploys"),
        pytest.param("azure-pipelines.yml", "variables:\n  SECRET_KEY: a\n", "unknown", id="Azure"),
        pytest.param("bitbucket-pipelines.yml", "pipelines:\n  default:\n    - variables:\n        SECRET_KEY: a\n", "unknown", id="Bitbucket"),
    ],
)  # fmt: skip
def test_ci_of_other_services_is_not_production_by_itself(tmp_path, path, text, use):
    found = {(item.kind, item.use) for item in find(tmp_path, {path: text}).variables}
    assert found == {("ci", use)}


def test_links_out_of_the_folder_are_not_followed(tmp_path):
    app = tmp_path / "app"
    app.mkdir()
    outside = "services: {a: {environment: {SECRET_KEY: VALUE}}}"
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/compose.yml").write_text(outside)
    (app / "compose.yml").symlink_to(tmp_path / "outside/compose.yml")
    (app / "deploy").symlink_to(tmp_path / "outside")
    os.mkfifo(app / "deploy.sh")
    found = find_deployment(app, SECRETS)
    assert found.variables == ()
    assert [skip.path for skip in found.unread] == ["compose.yml"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param("a.json", '{"a":' * 60_000 + '"SECRET_KEY"', id="deep JSON"),
        pytest.param("task.json", "[" * 390_000 + "SECRET_KEY", id="deep lists"),
        pytest.param("a.tf", 'SECRET_KEY = {"a" = ' * 20_000, id="deep HCL"),
        pytest.param("a.tf", "SECRET_KEY\n" + "<<A\n" * 90_000, id="heredocs"),
        pytest.param("b.tf", "SECRET_KEY = f(" + "<<A\n" * 90_000, id="heredocs of an expression"),
        pytest.param("a.sh", "SECRET_KEY=$(" * 30_000, id="open substitutions"),
        pytest.param("b.sh", 'SECRET_KEY="' * 30_001, id="open quotes"),
        pytest.param("c.sh", "a <<B SECRET_KEY=1\n" * 20_000, id="open heredocs"),
        pytest.param("a.yaml", "SECRET_KEY: " + "{{ a }" * 60_000, id="open templates"),
        pytest.param(
            "compose.yml",
            "a0: &a0 {SECRET_KEY: x}\n"
            + "".join(f"a{i}: &a{i} {{<<: [*a{i - 1}, *a{i - 1}]}}\n" for i in range(1, 40))
            + "services: {web: {environment: *a39}}\n",
            id="aliases",
        ),
        pytest.param(
            ".gitlab-ci.yml",
            ".a: &a\n"
            + "  - x $SECRET_KEY\n" * 10_000
            + "".join(f"j{i}: *a\n" for i in range(9_999)),
            id="aliases in GitLab CI",
        ),
    ],
)
def test_hostile_files_are_read_in_bounded_time(tmp_path, path, text):
    start = time.process_time()
    find(tmp_path, {path: text})
    assert time.process_time() - start < 10


def test_a_file_with_an_invalid_name_is_reported(tmp_path):
    (tmp_path / os.fsdecode(b"caf\xe9.yml")).write_text("env: {SECRET_KEY: a}\n")
    found = find_deployment(tmp_path, SECRETS)
    assert found.variables == ()
    [skip] = found.unread
    assert (skip.path, skip.id) == ("caf\\xe9.yml", SkipId.DEPLOYMENT_INVALID_NAME)


def test_deployment_files_around_the_app_are_reported(tmp_path):
    (tmp_path / "back").mkdir()
    (tmp_path / "chart").mkdir()
    files = {
        "back/compose.yml": "services: {a: {environment: {SECRET_KEY: VALUE}}}\n",
        "compose.yml": "services: {a: {environment: {SECRET_KEY: VALUE}}}\n",
        "chart/_helpers.tpl": "- name: SECRET_KEY\n",
        "other.yml": "a: MY_SECRET_KEY\nDB_HOST: VALUE\n",
        "README.md": "SECRET_KEY\n",
        "compose.test.yml": "a: SECRET_KEY\n",
    }
    for path, text in files.items():
        (tmp_path / path).write_text(text)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "-A"], cwd=tmp_path, check=True)
    found = find_deployment(tmp_path / "back", SECRETS)
    assert [variable.path for variable in found.variables] == ["compose.yml"]
    assert [skip.path for skip in found.unread] == ["../chart/_helpers.tpl", "../compose.yml"]
    assert find_deployment(tmp_path, SECRETS).unread == ()
    (tmp_path / ".git/config").write_text("[core]\nrepositoryFormatVersion = 99\n")
    found = find_deployment(tmp_path / "back", SECRETS)
    assert [(skip.path, skip.id) for skip in found.unread] == [("..", SkipId.AROUND_NOT_SEARCHED)]


def test_jobs_of_the_repository_around_the_app_are_searched(tmp_path):
    workflow = (
        "jobs:\n  deploy:\n    env:\n      SECRET_KEY: VALUE\n"
        "      DB_PASSWORD: ${{ secrets.DB_PASSWORD }}\n    steps: [{run: x}]\n"
    )
    files = {
        "services/back/a.py": "",
        ".github/workflows/deploy.yml": workflow,
        ".github/workflows/broken.yml": "a: [SECRET_KEY\n",
        ".gitlab-ci.yml": "deploy:\n  script: [x $SECRET_KEY]\n",
        "services/.gitlab-ci.yml": "deploy:\n  script: [x]\n",
        "other/.github/workflows/a.yml": "env: {SECRET_KEY: a}\n",
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "-A"], cwd=tmp_path, check=True)
    found = find_deployment(tmp_path / "services/back", SECRETS)
    assert [
        (item.path, item.line, item.unit, item.variable, item.form, item.use)
        for item in found.variables
    ] == [
        ("../../.github/workflows/deploy.yml", 4, "deploy", "SECRET_KEY", "literal", "unknown"),
        (
            "../../.github/workflows/deploy.yml",
            5,
            "deploy",
            "DB_PASSWORD",
            "secret-store",
            "unknown",
        ),
        ("../../.gitlab-ci.yml", 2, "deploy", "SECRET_KEY", "read", "unknown"),
    ]
    assert [(skip.path, skip.id) for skip in found.unread] == [
        ("../../.github/workflows/broken.yml", SkipId.DEPLOYMENT_INVALID_YAML),
        ("../../other/.github/workflows/a.yml", SkipId.DEPLOYMENT_OUTSIDE),
    ]


def test_no_file_is_read_without_secrets(tmp_path):
    assert find_deployment(tmp_path / "missing", ()).variables == ()


@pytest.mark.parametrize("character", [r"\u0000", r"\ud800"], ids=["NUL", "surrogate"])
def test_env_file_with_an_invalid_path(tmp_path, character):
    container = (
        '{"environment": [{"name": "SECRET_KEY"}], "environmentFiles": [{"value": "a%s/b"}]}'
    )
    text = '{"containerDefinitions": [' + container % character + "]}"
    (item,) = find(tmp_path, {"task.json": text}).variables
    assert (item.variable, item.form) == ("", "env-file")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param(
            "task.json",
            lambda n: (
                '{"containerDefinitions": {' + '"environment": "", ' * n + '"SECRET_KEY": 1}}'
            ),
            id="keys of a container",
        ),
        pytest.param(
            "a.yaml",
            lambda n: "data: a\n" * n + "b: SECRET_KEY\napiVersion: v1\nkind: Secret\n",
            id="data of a Secret",
        ),
    ],
)
def test_time_is_linear(tmp_path, path, text):
    assert_linear(lambda n: find(tmp_path, {path: text(n)}), 2000)
