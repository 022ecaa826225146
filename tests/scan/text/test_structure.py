"""Find the secrets of real configuration files: those marked «like this», and no others."""

from __future__ import annotations

import base64
import re

import pytest

from shield_ai.model.finding import Confidence
from shield_ai.scan.rules import pattern
from shield_ai.scan.rules.examples import fill
from shield_ai.scan.text.detector import Detector

DETECTOR = Detector([pattern.credential_pattern()])
MARK = re.compile("«(.*?)»", re.DOTALL)
ENCODED = base64.b64encode(fill("{alnum:14}").encode()).decode()
URL = base64.b64encode(fill("postgres://shop:{alnum:14}@db/shop").encode()).decode()
SHORT = base64.b64encode(b"changeme").decode()
PW = "«{alnum:14}»"

YAML = [
    pytest.param("password: PW\n", id="plain"),
    pytest.param("password: PW # of the shop\n", id="comment behind"),
    pytest.param("password: «a#b{alnum:9}»\n", id="number sign within"),
    pytest.param("# password: PW\nname: shop\n", id="in a comment"),
    pytest.param('password: "PW"\n', id="double quotes"),
    pytest.param("password: 'PW'\n", id="single quotes"),
    pytest.param("password: '«it''s {alnum:9}»'\n", id="a quote in single quotes"),
    pytest.param('password: "«{alnum:9}\\"{alnum:3}»"\n', id="escaped quote"),
    pytest.param("password: «correct horse battery»\n", id="words"),
    pytest.param("name: shop\npassword: |\n  PW\nuser: me\n", id="literal block"),
    pytest.param("password: >-\n  PW\n", id="folded block"),
    pytest.param("password:\n  PW\n", id="next line"),
    pytest.param('password:\n  "PW"\n', id="next line, quoted"),
    pytest.param("password: |2-\n\n    PW\n", id="block with an indent and an empty line"),
    pytest.param('password: "«correct\n  horse {alnum:6}»"\n', id="quoted over two lines"),
    pytest.param(
        "script: |\n  set -e\n  export DB_PASSWORD=PW\n  psql\n", id="a script in a block"
    ),
    pytest.param("app.ini: |-\n  [db]\n  password = PW\n", id="a file in a block"),
    pytest.param("a:\n  password: &pw PW\nb:\n  password: *pw\n", id="anchor"),
    pytest.param("password: !!str PW\n", id="tag"),
    pytest.param(
        "password: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6231386237\n", id="ansible vault"
    ),
    pytest.param(
        "MasterUserPassword: !Ref DBPassword\npassword: !secret wifi_password\n",
        id="tags of others",
    ),
    pytest.param(
        "password: !Sub '${Db}-password'\ntoken: !reference [.setup, token]\n",
        id="more tags of others",
    ),
    pytest.param("password: !unsafe PW\n", id="a tag that changes nothing"),
    pytest.param("password: [required, 'min:8', confirmed]\n", id="rules for a field"),
    pytest.param("db: {user: shop, password: PW}\n", id="flow"),
    pytest.param('db: {"user": "shop", "password": "PW"}\n', id="flow, quoted"),
    pytest.param('"db password": PW\n', id="key of two words"),
    pytest.param("? password\n: PW\n", id="long form"),
    pytest.param("DBPassword:\n  Type: String\n  Default: PW\n", id="parameter of CloudFormation"),
    pytest.param("passwords:\n  - PW\n  - «{alnum:12}»\n", id="list"),
    pytest.param("passwords: [PW, «{alnum:12}»]\n", id="flow list"),
    pytest.param("- password: PW\n  user: me\n-   password: PW\n", id="in a list"),
    pytest.param("a: 1\n---\npassword: PW\n", id="second document"),
    pytest.param("\ufeffpassword: PW\r\nuser: me\r\n", id="byte order mark and CRLF"),
    pytest.param("{über: ü, password: PW}\n", id="letters of two bytes in front"),
    pytest.param("password: ~\nsecret: null\ntoken: true\npasswd: ''\n", id="empty"),
    pytest.param(
        "password:\n  type: string\n  description: The password of the user\n  minLength: 8\n",
        id="schema",
    ),
    pytest.param("api_key:\n  from_file: /run/secrets/key\n", id="map below the name"),
    pytest.param(
        "password: ${DB_PASSWORD}\ntoken: $TOKEN\nsecret: '{{ vault_secret }}'\n",
        id="filled in later",
    ),
    pytest.param("  {{- if .Values.a }}\n  password: PW\n  {{- end }}\n", id="a template of Helm"),
    pytest.param(
        "db:\n  password: {{ .Values.password | quote }}\n  token: PW\n",
        id="a template, and a value",
    ),
    pytest.param("password: PW\n  bad: : [indent\n", id="not YAML"),
    pytest.param("ansible_become_pass: PW\nvault_db_password: PW\n", id="ansible"),
    pytest.param("- name: log in\n  shell: docker login -u me --password PW\n", id="command"),
    pytest.param("url: postgres://shop:PW@db:5432/shop\n", id="URL"),
    pytest.param("password: «31415926»\n", id="digits alone"),
]
KUBERNETES = [
    pytest.param(
        "- name: DB_SECRET\n  displayName: The Secret\n  value: shop-db-1\n",
        id="the name of a Secret",
    ),
    pytest.param(
        "- name: CLIENT_SECRET\n  displayName: The secret\n  value: «{alnum:24}»\n", id="a secret"
    ),
    pytest.param("Environment:\n  - Name: DB_PASSWORD\n    Value: PW\n", id="ECS"),
    pytest.param("env:\n  - name: DB_PASSWORD\n    value: PW\n", id="name, value"),
    pytest.param("env:\n  - value: PW\n    name: DB_PASSWORD\n", id="value, name"),
    pytest.param('env:\n  - name: DB_PASSWORD\n    value: "«correct horse battery»"\n', id="words"),
    pytest.param('env:\n  - {name: DB_PASSWORD, value: "PW"}\n', id="flow"),
    pytest.param(
        "env:\n  - name: DB_PASSWORD # why\n    # the password\n    value: PW\n",
        id="comments between",
    ),
    pytest.param(
        "env:\n  - name: DB_PASSWORD\n    valueFrom:\n      secretKeyRef:\n        name: shop-secrets\n        key: db-password\n",
        id="from a Secret",
    ),
    pytest.param("env:\n  - name: DB_HOST\n    value: db.internal.example\n", id="no secret"),
    pytest.param(f"kind: Secret\ndata:\n  password: «{ENCODED}»\n", id="Secret"),
    pytest.param(f"kind: Secret\ndata:\n  DATABASE_URL: «{URL}»\n", id="Secret with a URL"),
    pytest.param(f"kind: Secret\ndata:\n  settings: {SHORT}\n", id="Secret with something else"),
    pytest.param("kind: Secret\nstringData:\n  password: PW\n", id="Secret in text"),
    pytest.param(f"kind: Secret\ndata:\n  shop: «{ENCODED}»\n", id="Secret with any name"),
    pytest.param("kind: Secret\nstringData:\n  shop: PW\n", id="Secret in text with any name"),
    pytest.param(
        "kind: Secret\nstringData:\n  user: postgres\n  host: db-1.example\n", id="no secrets"
    ),
    pytest.param("kind: ConfigMap\ndata:\n  shop: {alnum:14}\n", id="ConfigMap"),
    pytest.param(
        "kind: Secret\nstringData:\n  app.ini: |\n    password=PW\n", id="Secret with a line"
    ),
    pytest.param(
        "kind: Secret\nstringData:\n  .env: |\n    A=b\n    DB_PASSWORD=PW\n",
        id="Secret with a file",
    ),
    pytest.param(
        "kind: SealedSecret\nspec:\n  encryptedData:\n    password: AgBy{b64:400}\n",
        id="SealedSecret",
    ),
    pytest.param(
        "kind: Secret\nmetadata:\n  name: shop-token-x7f9k2q\ntype: Opaque\n", id="only names"
    ),
]
COMPOSE = [
    pytest.param("services:\n  db:\n    environment:\n      POSTGRES_PASSWORD: PW\n", id="map"),
    pytest.param("services:\n  db:\n    environment:\n      - POSTGRES_PASSWORD=PW\n", id="list"),
    pytest.param(
        'services:\n  db:\n    environment:\n      - "POSTGRES_PASSWORD=PW"\n', id="list, quoted"
    ),
    pytest.param(
        "services:\n  db:\n    environment:\n      - POSTGRES_PASSWORD=«correct horse»\n",
        id="list, words",
    ),
    pytest.param(
        "services:\n  db:\n    environment:\n      - POSTGRES_PASSWORD\n      - API_KEY=\n",
        id="from outside",
    ),
    pytest.param(
        "services:\n  db:\n    environment:\n      - POSTGRES_PASSWORD=${DB_PASSWORD}\n",
        id="variable",
    ),
    pytest.param(
        "services:\n  db:\n    environment:\n      POSTGRES_PASSWORD: ${P:-PW}\n",
        id="default of a variable",
    ),
    pytest.param(
        "services:\n  db:\n    environment:\n      - A=b c\n      - DB_PASSWORD=${P:-PW}\n      - TOKEN=x y\n",
        id="list, default",
    ),
    pytest.param(
        "services:\n  db:\n    environment:\n      POSTGRES_PASSWORD_FILE: /run/secrets/db\n",
        id="file",
    ),
    pytest.param("services:\n  db:\n    command: redis-server --requirepass PW\n", id="command"),
    pytest.param("secrets:\n  db_password:\n    file: ./db_password.txt\n", id="secrets"),
]
CI = [
    pytest.param("env:\n  API_KEY: «{hex:32}»\n", id="github, env"),
    pytest.param("env:\n  API_KEY: ${{ secrets.API_KEY }}\n", id="github, secret"),
    pytest.param("permissions:\n  id-token: write\n", id="github, permissions"),
    pytest.param(
        "inputs:\n  token:\n    description: The token\n    default: ${{ github.token }}\n",
        id="github, input",
    ),
    pytest.param(
        "steps:\n  - run: |\n      export TOKEN=«{alnum:32}»\n      curl x\n", id="github, run"
    ),
    pytest.param("variables:\n  DB_PASSWORD: PW\n", id="gitlab"),
    pytest.param(
        "variables:\n  DB_PASSWORD:\n    value: PW\n    description: of the test\n",
        id="gitlab, long form",
    ),
    pytest.param("deploy:\n  script:\n    - export DB_PASSWORD=PW && make\n", id="gitlab, script"),
]
JSON = [
    pytest.param('{"db": {"user": "shop", "password": "PW"}}', id="nested"),
    pytest.param('{\n\t"db": {\n\t\t"password":\n\t\t\t"PW"\n\t}\n}', id="tabs and lines"),
    pytest.param('{"a": 1, "password": "PW", "api_key": "«{hex:32}»", "b": [2]}', id="one line"),
    pytest.param('{"password": "«{alnum:6}\\"{alnum:6}»"}', id="escaped quote"),
    pytest.param('{"password": "«{alnum:6}\\u00e9{alnum:6}»"}', id="escapes"),
    pytest.param('{"name": "DB_PASSWORD", "value": "PW"}', id="name, value"),
    pytest.param('{"value": "PW", "name": "DB_PASSWORD"}', id="value, name"),
    pytest.param('{"Name": "DB_PASSWORD", "Value": "«correct horse battery»"}', id="words"),
    pytest.param('{"DB_PASSWORD": {"value": "PW", "type": "String"}}', id="value below the name"),
    pytest.param('{"tokens": ["«{alnum:32}»", "«{alnum:31}»"]}', id="list"),
    pytest.param('{"password": null, "token": true, "api_key": "", "secret": {}}', id="empty"),
    pytest.param('{"password": {"type": "string", "description": "The password"}}', id="schema"),
    pytest.param(
        '{"ConnectionStrings": {"Db": "Server=db;User Id=sa;Password=PW;"}}', id="connection string"
    ),
    pytest.param(
        '{"source": ["api_key = \\"«{hex:32}»\\"\\n", "x = 1\\n"]}', id="a cell of a notebook"
    ),
    pytest.param('{"a": "b",\n // a comment\n "password": "PW",\n}', id="with a comment"),
    pytest.param('{"password": "PW"', id="not closed"),
    pytest.param('{"name": "password", "in": "query", "type": "string"}', id="parameter"),
    pytest.param(f'{{"kind": "Secret", "data": {{"shop": "«{ENCODED}»"}}}}', id="Secret"),
    pytest.param(
        f'{{"data": {{"DATABASE_URL": "«{URL}»"}}, "kind":"Secret"}}', id="kind at the end"
    ),
    pytest.param('{"kind": "Secret", "stringData": {"shop": "PW"}}', id="Secret in text"),
    pytest.param(
        f'{{"kind": "List", "items": [{{"kind": "Secret", "data": {{"a": "«{ENCODED}»"}}}},\n'
        '{"kind": "ConfigMap", "data": {"a": "b"}}]}',
        id="Secret in a List",
    ),
    pytest.param(
        '{"kind": "SealedSecret", "spec": {"encryptedData": {"password": "AgBy{b64:400}"}}}',
        id="SealedSecret",
    ),
    pytest.param('{"kind": "Secret", "metadata": {"name": "shop-token-x7f9k2q"}}', id="only names"),
    pytest.param('{"kind": "ConfigMap", "data": {"shop": "c2hvcDpwdw=="}}', id="ConfigMap"),
]
TOML = [
    pytest.param('[db]\npassword = "PW"\n', id="basic"),
    pytest.param("[db]\npassword = 'PW'  # why\n", id="literal"),
    pytest.param('password = """PW"""\n', id="three quotes"),
    pytest.param('password = """\nPW"""\nuser = "me"\n', id="three quotes, next line"),
    pytest.param("password = '''\nPW\n'''\n", id="three single quotes"),
    pytest.param('db.password = "PW"\n', id="dotted"),
    pytest.param('db."password" = "PW"\n', id="dotted and quoted"),
    pytest.param('db = { user = "shop", password = "PW" }\n', id="inline"),
    pytest.param('tokens = [\n  "«{alnum:32}»",\n  "«{alnum:31}»",\n]\n', id="list"),
    pytest.param('password = ""\ntoken = false\nkey = 3\n', id="empty"),
    pytest.param("[password]\nmin_length = 8\n", id="table"),
]
INI = [
    pytest.param("[db]\npassword = PW\n", id="plain"),
    pytest.param("[db]\npassword=PW\n", id="tight"),
    pytest.param("[db]\npassword: PW\n", id="colon"),
    pytest.param("[db]\npassword = PW ; why\n", id="comment behind"),
    pytest.param("[db]\npassword = «correct horse battery»\n", id="words"),
    pytest.param("[db]\npassword =\n    PW\nuser = me\n", id="next line"),
    pytest.param(
        "[db]\ntokens =\n    «{alnum:32}»\n    «{alnum:31}»\nuser = me\n", id="several lines"
    ),
    pytest.param("[db]\npassword = %(other)s\n", id="interpolation"),
    pytest.param("[db]\npassword =\nuser = me\n", id="empty"),
    pytest.param("[db]\n; password = PW\n", id="commented"),
    pytest.param("[alembic]\nsqlalchemy.url = postgresql://shop:PW@db/shop\n", id="URL"),
]
DOCKERFILE = [
    pytest.param("FROM x\nENV DB_PASSWORD=PW\n", id="equals"),
    pytest.param("ENV DB_PASSWORD PW\n", id="space"),
    pytest.param("ENV API_KEY «{hex:32}»\n", id="space, key"),
    pytest.param('ENV DB_PASSWORD="«correct horse»"\n', id="quoted"),
    pytest.param("ENV A=b DB_PASSWORD=PW C=d\n", id="several"),
    pytest.param("ENV A=b \\\n    DB_PASSWORD=PW \\\n    # why\n    C=d\n", id="continued"),
    pytest.param("ENV DB_PASSWORD=\\\nPW\n", id="continued in the middle"),
    pytest.param("ARG DB_PASSWORD=PW\nARG TOKEN\n", id="argument"),
    pytest.param("ENV DB_PASSWORD=$DB_PASSWORD\nENV TOKEN ${TOKEN}\n", id="variable"),
    pytest.param("ENV DB_PASSWORD_FILE /run/secrets/password-of-db\n", id="file"),
    pytest.param("RUN DB_PASSWORD=PW make\n", id="run"),
    pytest.param("RUN --mount=type=secret,id=token pip install x\n", id="mount"),
    pytest.param("LABEL a=b\nenv db_password=PW\n", id="lower case"),
]
DOTENV = [
    pytest.param("DB_PASSWORD=PW\n", id="plain"),
    pytest.param("export DB_PASSWORD=PW\n", id="export"),
    pytest.param("DB_PASSWORD = PW\n", id="spaces"),
    pytest.param("DB_PASSWORD='PW'\n", id="single quotes"),
    pytest.param('DB_PASSWORD="PW" # why\n', id="double quotes, comment"),
    pytest.param("DB_PASSWORD=PW # why\n", id="comment"),
    pytest.param("DB_PASSWORD=«correct horse battery»\n", id="words"),
    pytest.param(
        'KEY="«-----BEGIN EC PRIVATE KEY-----\n{b64:64}\n-----END EC PRIVATE KEY-----»"\nA=b\n',
        id="several lines",
    ),
    pytest.param("#DB_PASSWORD=PW\n", id="commented"),
    pytest.param("DB_PASSWORD=\nAPI_KEY=''\nTOKEN\n", id="empty"),
    pytest.param("DB_PASSWORD=${OTHER}\n", id="variable"),
    pytest.param("DATABASE_URL=postgres://shop:PW@db/shop\n", id="URL"),
]
SHELL = [
    pytest.param("export DB_PASSWORD=PW\n", id="export"),
    pytest.param("export A=b DB_PASSWORD=PW C=d\n", id="several"),
    pytest.param("DB_PASSWORD='PW' psql -h db\n", id="in front"),
    pytest.param("DB_PASSWORD=${DB_PASSWORD:-PW}\n", id="default"),
    pytest.param('DB_PASSWORD="${DB_PASSWORD:-PW}"\n', id="default, quoted"),
    pytest.param("DB_PASSWORD=$(pass show db)\n", id="command"),
    pytest.param("DB_PASSWORD=`cat /run/secrets/db`\n", id="old command"),
    pytest.param('DB_PASSWORD="$1"\nTOKEN=$2\n', id="argument"),
    pytest.param("read -s DB_PASSWORD\n", id="read"),
    pytest.param("set -x API_KEY «{hex:32}»\n", id="fish"),
    pytest.param("declare -r DB_PASSWORD=PW\n", id="declare"),
    pytest.param("cat > a <<EOF\npassword = PW\nEOF\n", id="here document"),
    pytest.param('curl -H "Authorization: Bearer «{alnum:40}»" x\n', id="header"),
]
TFVARS = [
    pytest.param('db_password = "PW"\n', id="plain"),
    pytest.param('db = {\n  user     = "shop"\n  password = "PW"\n}\n', id="map"),
    pytest.param("password = <<EOT\nPW\nEOT\nuser = 1\n", id="here document"),
    pytest.param("password = <<-EOT\n  PW\n  EOT\n", id="here document, indented"),
    pytest.param('tokens = ["«{alnum:32}»", "«{alnum:31}»"]\n', id="list"),
    pytest.param("password = var.db_password\ntoken = module.a.token\n", id="reference"),
    pytest.param(
        'variable "db_password" {\n  default = "PW"\n  sensitive = true\n}\n', id="variable"
    ),
    pytest.param('environment {\n  variables = {\n    DB_PASSWORD = "PW"\n  }\n}\n', id="lambda"),
]
OTHERS = [
    pytest.param("Procfile", "web: DB_PASSWORD=PW gunicorn shop\n", id="Procfile"),
    pytest.param("a.properties", "spring.datasource.password=PW\n", id="properties"),
    pytest.param("a.properties", "db.password=\\\n  PW\n", id="properties, continued"),
    pytest.param(".pypirc", "[pypi]\nusername = me\npassword = PW\n", id="pypirc"),
    pytest.param(".npmrc", "//registry.example/:_authToken=«{alnum:36}»\n", id="npmrc"),
    pytest.param("a.xml", "<db><password>PW</password></db>", id="xml"),
    pytest.param("a.xml", '<x><password enc="no" a="b">PW</password></x>', id="xml, attributes"),
    pytest.param("a.xml", "<password>{«{alnum:40}=»}</password>", id="xml, braces of Jenkins"),
    pytest.param("a.xml", "<password>«Kq7 {alnum:18}»</password>", id="xml, space"),
    pytest.param("a.xml", "<password>Mot de passe</password>", id="xml, text of a label"),
    pytest.param("a.php", "define( 'DB_PASSWORD', 'PW' );", id="define with spaces"),
    pytest.param(
        "package.json",
        '{"scripts": {"d": "a NPM_TOKEN=«{alnum:36}» npm publish"}}',
        id="npm script",
    ),
    pytest.param("a.xml", "<db>\n  <password>\n    PW\n  </password>\n</db>", id="xml, lines"),
    pytest.param("a.ps1", '$env:DB_PASSWORD = "PW"\n', id="powershell"),
    pytest.param("a.bat", "set DB_PASSWORD=PW\n", id="batch"),
]
TABLES = {
    "app.yml": YAML,
    "k8s/shop.yaml": KUBERNETES,
    "docker-compose.yml": COMPOSE,
    ".github/workflows/ci.yml": CI,
    "config.json": JSON,
    "config.toml": TOML,
    "app.ini": INI,
    "Dockerfile": DOCKERFILE,
    ".env": DOTENV,
    "deploy.sh": SHELL,
    "prod.tfvars": TFVARS,
}
CASES = [
    *(
        pytest.param(path, param.values[0], id=f"{path}: {param.id}", marks=param.marks)
        for path, table in TABLES.items()
        for param in table
    ),
    *OTHERS,
]


@pytest.mark.parametrize(("path", "marked"), CASES)
def test_value_has_its_byte_offsets(path: str, marked: str) -> None:
    marked = fill(marked.replace("PW", PW))
    expected, text = [], ""
    for i, part in enumerate(MARK.split(marked)):
        start = len(text)
        text += part
        if i % 2:
            expected.append((place(text, start), place(text, len(text))))
    found = [f for f in DETECTOR.find(path, text.encode()) if f.confidence is not Confidence.LOW]
    assert [((f.line, f.column), (f.end_line, f.end_column)) for f in found] == expected


def place(text: str, at: int) -> tuple[int, int]:
    """Count lines and columns from 1, in characters, without the byte order mark."""
    line = text.count("\n", 0, at) + 1
    return line, at - text.rfind("\n", 0, at) - (line == 1 and text.startswith("\ufeff"))
