"""Test which findings are graded low by the text around them."""

from __future__ import annotations

import base64
import hashlib
import json

import msgspec
import pytest

from shield_ai.model.finding import Confidence, Finding, Severity
from shield_ai.scan.rules.pattern import credential_pattern
from shield_ai.scan.text.detector import Detector
from shield_ai.scan.text.grading import grade
from shield_ai.scan.text.place import LINE_WINDOW, create_place

CRITICAL, HIGH, MEDIUM, LOW = reversed(Severity)
RANDOM = "q7Vd0zLk3PxT9mWb"
YAML = "private_key:\n"  # makes the detector parse the file
DIGEST = hashlib.sha256(b"shop").hexdigest()
AWS_ID = "AKIA" + "Q7IODE3ZIX6FGTPA"  # made up
KEY = "-----BEGIN PRIVATE KEY-----\n" + "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcw\n" * 4


def jwt(exp):
    parts = ({"alg": "RS256", "kid": "q7Vd0zLk3PxT9mWb"}, {"sub": RANDOM, "exp": exp})
    encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()) for part in parts)
    return ".".join([*(part.decode().rstrip("=") for part in encoded), 3 * RANDOM])


@pytest.fixture(scope="module")
def detector():
    return Detector([credential_pattern()])


def graded(path, text, findings):
    raw = text.encode()
    return [finding.severity for finding in grade(findings, {path: raw}.get)]


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        pytest.param("k8s.yaml", "database_password: password\n", LOW, id="password"),
        pytest.param("k8s.yaml", "database_password: Password1000\n", LOW, id="password and digits"),
        pytest.param("k8s.yaml", f"database_password: {RANDOM}\n", HIGH, id="random"),
        pytest.param("shop.py", 'SECRET_KEY = "mysecret"\n', HIGH, id="weak key in code"),
        pytest.param("docker-compose.yml", "DB_PASSWORD: opensesame\n", LOW, id="word in compose"),
        pytest.param("docker-compose.yml", f"DB_PASSWORD: {RANDOM}\n", HIGH, id="random in compose"),
        pytest.param("docker-compose.dev.yml", f"DB_PASSWORD: {RANDOM}\n", MEDIUM, id="development"),
        pytest.param("compose.override.yaml", f"API_KEY: {RANDOM}\n", MEDIUM, id="override"),
        pytest.param("shop.local.yml", f"api_key: {RANDOM}\n", MEDIUM, id="local"),
        pytest.param("dev/compose.yml", f"API_KEY: {RANDOM}\n", MEDIUM, id="folder for development"),
        pytest.param("docker-compose.dev.yml", f"AWS_ID: {AWS_ID}\n", CRITICAL, id="token"),
        pytest.param("bin/local_dev_setup", f"export API_KEY={RANDOM}\n", MEDIUM, id="script of developers"),
        pytest.param("bin/local_dev_setup", f"export SECRET_KEY={RANDOM}\n", LOW, id="signing key of developers"),
        pytest.param("bin/local_dev_setup", f"# export API_KEY={RANDOM}\n", LOW, id="comment for developers"),
        pytest.param("bin/run_ci_setup", f"export FLASK_SECRET_KEY={RANDOM}\n", LOW, id="signing key of CI"),
        pytest.param("bin/setup", f"# export API_KEY={RANDOM}\n", HIGH, id="comment"),
        pytest.param("bin/setup", f"export API_KEY={RANDOM}\nexport SHOP_ENV=unit_testing\n", LOW, id="stage of tests"),
        pytest.param("bin/setup", f"export API_KEY={RANDOM}\nexport SHOP_ENV=development\n", MEDIUM, id="stage of development"),
        pytest.param("bin/setup", f"export API_KEY={RANDOM}\nexport SHOP_ENV=production\n", HIGH, id="other stage"),
        pytest.param("a.sh", f"CLIENT_ID=testing-shop\nCLIENT_SECRET={RANDOM}\n", LOW, id="client of tests"),
        pytest.param(".circleci/config.yml", f"run: echo \"SIGNING_KEY = '{RANDOM}'\" >> test.cfg\n", LOW, id="written for tests"),
        pytest.param(".circleci/config.yml", f"run: echo \"SIGNING_KEY = '{RANDOM}'\" >> shop.cfg\n", MEDIUM, id="written for CI"),
        pytest.param("charts/shop/values.yaml", f"# apiKey: {RANDOM}\n", LOW, id="comment in a chart"),
        pytest.param("shoptest/functional/upload.py", f'API_KEY = "{RANDOM}"\n', LOW, id="functional test"),
        pytest.param("keycloak/testing-realm.json", f'{{"secret": "{RANDOM}"}}\n', LOW, id="realm for tests"),
        pytest.param("bin/rundev.sh", 'jwt_secret="bookstore"\n', LOW, id="word of a developer"),
        pytest.param("a.env", "SHOP_SECRET=change_me_s3_secret\n", LOW, id="to change"),
        pytest.param("a.yaml", "tlsSecret: shop.internal-tls\n", LOW, id="certificate"),
        pytest.param("a.yaml", 'default-server-secret: "shop/website-ssl"\n', LOW, id="certificate of a namespace"),
        pytest.param("a.sh", f"x {jwt(1657138370)}\n", LOW, id="expired token"),
        pytest.param("a.sh", f"x {jwt(99999999999)}\n", MEDIUM, id="valid token"),
        pytest.param("a.sh", f"x {jwt(None)}\n", MEDIUM, id="token without an end"),
        pytest.param("settings/local.py", f'SECRET_KEY = env(\n    "SECRET_KEY",\n    default="{RANDOM}",\n)\n', LOW, id="wrapped default of developers"),
        pytest.param("device.yml", f"api_key: {RANDOM}\n", HIGH, id="other word"),
        pytest.param("shop.py", 'DB_PASSWORD = "opensesame"\n', HIGH, id="word in code"),
        pytest.param("tests/test_token_filter.py", f'x = "{AWS_ID}"\n', LOW, id="test of a filter"),
        pytest.param("tests/redaction/test_a.py", f'x = "{AWS_ID}"\n', LOW, id="test of a redaction"),
        pytest.param("tests/test_upload.py", f'x = "{AWS_ID}"\n', CRITICAL, id="another test"),
        pytest.param("shop/token_filter.py", f'x = "{AWS_ID}"\n', CRITICAL, id="filter"),
        pytest.param("a.py", 'x(r\'("secret": ")(.*?)(",)\', rf"\\1{yellow}\\2{reset}")\n', LOW, id="replacement of a regex"),
        pytest.param("a.js", f"algolia: {{ apiKey: '{RANDOM}', indexName: 'shop' }}\n", LOW, id="key of a search"),
        pytest.param("a.js", "x = { auth_token: '123456789abcdef' }\n", LOW, id="digits and letters in order"),
        pytest.param("a.yml", "db-user: c2hvcHNob3A=\ndb-password: c2hvcHNob3A=\n", LOW, id="user name in base64"),
        pytest.param("a.py", 'DB = {"USER": "shop", "PASSWORD": "shop"}\n', LOW, id="user name"),
        pytest.param("a.py", 'DB = {"USER": "admins", "PASSWORD": "shop"}\n', HIGH, id="other user"),
        pytest.param("a.py", 'u = "amqp://guest:guest@mq.example.com/"\n', LOW, id="guest"),
        pytest.param("a.py", f'u = "amqp://shop:{RANDOM}@mq.example.com/"\n', HIGH, id="url"),
        pytest.param("a.py", 'u = "amqp://shop:rabbits@localhost/"\n', LOW, id="local host"),
        pytest.param("a.py", 'u = "amqp://shop:rabbits@mq.example.com/"\n', HIGH, id="remote host"),
        pytest.param("a.py", 'def f(db, passphrase: "Diceware") -> str: ...\n', LOW, id="annotation"),
        pytest.param("a.py", 'x = f(passphrase="Diceware")\n', HIGH, id="argument"),
        pytest.param("a.py", f'  >>> f(password="{RANDOM}")\n', LOW, id="doctest"),
        pytest.param("a.py", f'  >>> f("{AWS_ID}")\n', Severity.CRITICAL, id="token in a doctest"),
        pytest.param("a.py", f'  f(password="{RANDOM}")\n', HIGH, id="no doctest"),
        pytest.param("a.yaml", f"test_secret: {RANDOM}\n", LOW, id="name says test"),
        pytest.param("a.yaml", f"latest_secret: {RANDOM}\n", HIGH, id="name contains test"),
        pytest.param("a.yaml", "pullSecret: shop-database\n", LOW, id="Kubernetes reference"),
        pytest.param("a.yaml", "clientSecret: shop-database\n", HIGH, id="no reference"),
        pytest.param("a.conf", 'uwsgi_pass = "shop_server"\n', LOW, id="nginx directive"),
        pytest.param("a.yml", "API_SECRET: ${API_SECRET:-something_at_least_16_characters}\n", LOW, id="says its length"),
        pytest.param("a.py", 'API_SECRET = "hijklmnop"\n', LOW, id="letters in order"),
        pytest.param("a.py", 'CLIENT_SECRET = "supersecretclientsecret"\n', LOW, id="words instead of an issued value"),
        pytest.param("a.py", 'PLACEHOLDER_SECRET = "bookstore1234"\n', LOW, id="name of a placeholder"),
        pytest.param("a.py", 'HOST_AWS_KEY = "ORKVYERN_SMTP_HOST_AWS_SES"\n', LOW, id="name of a constant"),
        pytest.param("a.py", 'SHOP_LICENSE_KEY = "K7Q2_X9ZB_4WTR_8MND"\n', HIGH, id="parts of a key"),
        pytest.param("a.py", f'HOST_AWS_KEY = "{RANDOM}"\n', HIGH, id="key of a constant"),
        pytest.param("k8s/main.ts", "const shopSecret = 'shop-database';\n", LOW, id="secret of a cluster"),
        pytest.param("k8s/main.ts", f"const shopSecret = '{RANDOM}';\n", HIGH, id="value in the code of a cluster"),
        pytest.param(".github/workflows/a.yml", 'run: echo "SHOP_SECRET=batman\\n" >> shop.env\n', LOW, id="word in CI"),
        pytest.param(".github/workflows/a.yml", 'run: echo "SHOP_SECRET=Batman2024x!" >> shop.env\n', MEDIUM, id="word and digits in CI"),
        pytest.param("settings.py", 'SECRET_KEY = "hijklmnop"\n', HIGH, id="signing key in order"),
        pytest.param("a.py", 'x = r"zoom.us/j/x(\\?pwd=[A-z,0-9]*)?"\n', LOW, id="regex of a URL"),
        pytest.param("a.conf", 'smtp_pass = "shop_server1"\n', HIGH, id="no directive"),
        pytest.param("a.py", 'css["password"] = "input"\n', LOW, id="form field"),
        pytest.param("a.py", 'css["password"] = "inputs9"\n', HIGH, id="no form field"),
        pytest.param("a.js", "x = {'secret': '\\u3299\\ufe0f'}\n", LOW, id="emoji"),
        pytest.param("a.py", 'x = {"app_secret": "provider=ovh"}\n', LOW, id="condition"),
        pytest.param("a.py", 'RELEASE_KEYS = ["2359E6538C0613E652955E6C188EDD3B7B22E6A3"]\n', LOW, id="fingerprint"),
        pytest.param("a.py", 'API_KEYS = ["2359e6538c0613e652955e6c188edd3b7b22e6a3"]\n', HIGH, id="lower-case hex"),
        pytest.param("a.vue", 'v-model:password_2="passwordRepeat"\n', LOW, id="name of a field"),
        pytest.param("static/vendor/pay.js", 'x = {analyticsKey: "8b03159305e2c0f49bf7481c073a4819"}\n', LOW, id="vendored script"),
        pytest.param("static/pay.js", 'x = {analyticsKey: "8b03159305e2c0f49bf7481c073a4819"}\n', HIGH, id="own script"),
        pytest.param("static/openapi/v2.yaml", f"session_token: {RANDOM}\n", LOW, id="API description"),
        pytest.param("config/v2.yaml", f"session_token: {RANDOM}\n", HIGH, id="no API description"),
        pytest.param("a.ts", "const mutationKey = ['shopBrowserV1AuthEmailVerifyPost']\n", LOW, id="mutation key"),
        pytest.param("a.ts", f"const storageApiKey = '{RANDOM}'\n", HIGH, id="API key"),
        pytest.param("a.py", 'd = [("misago_oauth2_keys", "0002_sso2_subjects")]\n', LOW, id="migration"),
        pytest.param("iata.py", "x = ('PWD', 'PWD (Sherwood, Montana)')\n", LOW, id="label"),
        pytest.param("h.sh", f"tool --password {RANDOM} x\n", HIGH, id="option"),
        pytest.param("lang/hu_HU.json", '{"user-password": "Felhasználó jelszava"}\n', LOW, id="translation"),
        pytest.param("h.py", 'HUBSPOT_FORM_ID = "562ee023-fb3f-4645-a217-4d8c9b4e45be"\n', LOW, id="ID near a vendor"),
        pytest.param("h.py", 'HUBSPOT_KEY = "562ee023-fb3f-4645-a217-4d8c9b4e45be"\n', HIGH, id="key of a vendor"),
        pytest.param("a.baseline", '{"hashed_secret": "dc76e9f0c0006e8f919e0c515c66dbba3982f785"}\n', LOW, id="digest"),
        pytest.param("a.js", "x = {'icon-secret' : '&#xe08a;'}\n", LOW, id="entity"),
        pytest.param("a.ts", 'x = {Fail: "red", Pass: "green"}\n', LOW, id="verdict"),
        pytest.param("a.ts", 'x = {User: "red", Pass: "green"}\n', HIGH, id="no verdict"),
        pytest.param("a.ts", "x = {\n PT: 'Portugal',\n PW: 'palau',\n PY: 'Paraguay'}\n", LOW, id="country"),
        pytest.param("regions.json", '{"pt": "Portugal",\n "pw": "Palau",\n "py": "Paraguay"}\n', LOW, id="country in JSON"),
        pytest.param("login.json", '{"pt": "Portugal",\n "pw": "Palau"}\n', HIGH, id="no list of countries"),
        pytest.param("a.py", 'x = {"password": "sec:password"}\n', LOW, id="term of an ontology"),
        pytest.param("pyproject.toml", 'detect-secrets = "^1.5.0"\n', LOW, id="version"),
        pytest.param("a.py", 'if SECRET_KEY == "mysecretkey": pass\n', LOW, id="constant compared with its default"),
        pytest.param("compose.yml", "SHOP_SECRET_KEY: insecure_secret\n", LOW, id="weak value with the form of a field"),
        pytest.param("a.ts", "x = {\n US: 'shop',\n PW: 'Palau7'}\n", HIGH, id="no country"),
        pytest.param("a.py", 'if status(data["secret"]) != "Actives": pass\n', LOW, id="comparison"),
        pytest.param("a.py", f'if password != "{RANDOM}": pass\n', HIGH, id="compared secret"),
        pytest.param("a.yml", "DEPLOY_SECRET: project/shop/code-review/release\n", LOW, id="path of a secret"),
        pytest.param("a.sh", 'DB_SECRET="${DB_SECRET:-shop-prod-db-password:latest}"\n', LOW, id="version of a secret"),
        pytest.param("a.yml", "CACHE_TOKEN_SECRET: shop-staging-cache-url:17\n", LOW, id="number of a version"),
        pytest.param("a.sh", 'run --set-secrets "DB_PASSWORD=shop-prod-db-password:latest"\n', LOW, id="version of a secret in an option"),
        pytest.param("a.sh", 'DB_PASSWORD="hunter-x9q2-zk:77"\n', HIGH, id="password with a number"),
        pytest.param("a.py", 'x = {"shop_secret": "TV.Show/4/13"}\n', LOW, id="path with numbers"),
        pytest.param("a.yml", "DEPLOY_SECRET: hJq/vXz/Kpw/Qbd/rT\n", HIGH, id="slashes in a random text"),
        pytest.param("a.py", 'x = {"k": "6Lc' + "q7Vd0zLk3PxT9mWbH2sYf8RnJ4uKc1Gv5XeAq" + '"}\n', LOW, id="reCAPTCHA site key"),
        pytest.param("a.py", 'x = {"recaptcha_secret": "6Lc' + "q7Vd0zLk3PxT9mWbH2sYf8RnJ4uKc1Gv5XeAq" + '"}\n', Severity.MEDIUM, id="reCAPTCHA secret"),
        pytest.param("a.py", 'x = {"recaptcha_secret": "6Lcq7Vd0' + "AAAAALk3PxT9mWbH2sYf8RnJ4uKc1Gv5" + '"}\n', Severity.MEDIUM, id="zeros in a reCAPTCHA secret"),
        pytest.param("a.py", 'x = {"recaptcha_secret": "6Lcq7Vd0' + "AAAAALk3PxT9mWbHxxxxxxxxJ4uKc1Gv" + '"}\n', LOW, id="filled reCAPTCHA secret"),
        pytest.param(".yarn/releases/yarn-4.1.0.cjs", 'x = {apiKey: "8b03159305e2c0f49bf7481c073a4819"}\n', LOW, id="copy of Yarn"),
        pytest.param("a.py", 'x = {"github_token": r"[0-9a-fA-F]{40}"}\n', LOW, id="regular expression"),
        pytest.param("a.py", 'CAPTCHA_SECRET = "0x0000000000000000000000000000000000000000"\n', LOW, id="repeated character"),
        pytest.param("a.ipynb", f"?X-Amz-Credential={AWS_ID}%2F20230304%2Fus-east-1%2Fs3%2Faws4_request&\n", LOW, id="AWS scope in a URL"),
        pytest.param("a.py", f'def f():\n    """Log in.\n\n    password="{RANDOM}"\n    """\n', LOW, id="docstring"),
        pytest.param("a.py", "TOKEN_LOCKED = b'\\x8b>\\x96\\xf2q7Vd0zLk3PxT9mWb'\n", LOW, id="topic of an event"),
        pytest.param("a.py", "SHOP_SALT = b'\\x8b>\\x96\\xf2q7Vd0zLk3PxT9mWb'\n", HIGH, id="salt in bytes"),
        pytest.param("a.py", "SECRET_TOKEN = b'\\x8b>\\x96\\xf2q7Vd0zLk3PxT9mWb'\n", HIGH, id="secret in bytes"),
        pytest.param("a.py", "if token == 'eip155:1/erc20:0x9f3B6a1C4d8E2A7b5c0D1e9F8a6B3C7d2E4f5A60': pass\n", LOW, id="address of a token"),
        pytest.param("k8s.yaml", "password: cGFzc3dvcmQ=\n", LOW, id="weak in base64"),
        pytest.param("k8s.yaml", "password: cTdWZDB6TGszUHhUOW1XYg==\n", HIGH, id="random in base64"),
        pytest.param("a.py", """re.search('name="pass" value="(.+?)"', x)\n""", LOW, id="group of a regular expression"),
        pytest.param("a.py", f'T = """\npassword="{RANDOM}"\n"""\n', HIGH, id="multi-line text"),
        pytest.param("a.py", f'class A:\n    json_schema_extra = {{"example": {{"a": [1],\n        "refresh_token": "{RANDOM}"}}}}\n', LOW, id="example of a schema"),
        pytest.param("a.py", f'class A:\n    json_schema_extra = {{"example": {{"a": 1}}}}\n    refresh_token = "{RANDOM}"\n', HIGH, id="after an example"),
        pytest.param("a.py", f'def f():\n    """Log in."""\n    g(password="{RANDOM}")\n', HIGH, id="after a docstring"),
        pytest.param("a.vue", """<F name="password"\n  :label="t('login.title')"\n""", LOW, id="Vue attribute"),
        pytest.param("a.yml", f"POSTHOG_API_KEY: phc_{RANDOM}{RANDOM}q7Vd\n", LOW, id="public key of PostHog"),
        pytest.param("a.py", "x = {'linkedin_url': Linked4URLFie8dx}\n", LOW, id="URL of a vendor"),
        pytest.param("docker-compose.yml", "DB_PASSWORD: ${DB_PASSWORD:-'insecure'}\n", LOW, id="quoted default"),
        pytest.param("a.go", 'var SHARED_SECRET = "redhat1234"\n', LOW, id="word and 1234"),
        pytest.param(".circleci/config.yml", "JWT_SIGNING_KEY: ThisIsAnExampleKeyForDevPurposeOnly\n", LOW, id="says example"),
        pytest.param(".gitleaks.toml", f"regexes = [\"'secret': '{RANDOM}'\"]\n", LOW, id="configuration of a scanner"),
        pytest.param("a.ts", f"x = 'pk.eyJ1{RANDOM * 4}.{RANDOM}Kx7Pq2'\n", LOW, id="public key of Mapbox"),
        pytest.param("docker-compose.yml", "JWE_SECRET: TrianglesAre5Squares\n", LOW, id="words with a digit in compose"),
        pytest.param("docker-compose.yml", "DB_PASSWORD: P0sTgr3s\n", HIGH, id="letters and digits in compose"),
        pytest.param("k8s.yml", "JWE_SECRET: TrianglesAre5Squares\n", HIGH, id="words with a digit"),
        pytest.param("a.yml", "DB_PASSWORD: supersecret123456\n", LOW, id="weak with six digits"),
        pytest.param("a.yml", "shop_password: '!!changeme!!'\n", LOW, id="weak with punctuation"),
        pytest.param("a.yml", "shop_password: deadc0dedeadc0dedeadc0de\n", LOW, id="repeated"),
        pytest.param("tests/a.py", f'x = "{AWS_ID}/20200225/eu-west-1/s3/aws4_request"\n', LOW, id="AWS scope"),
        pytest.param("tests/a.py", 'x = "ghp_' + "mockTokenToFakeCredentialsForTesting" + '"\n', LOW, id="mock token"),
        pytest.param("a/hook_dummy.txt", f'"secret_key":"{RANDOM}{RANDOM}Kx7/Pq2Z"\n', LOW, id="key in a file of dummies"),
        pytest.param("a/hook.txt", f'"secret_key":"{RANDOM}{RANDOM}Kx7/Pq2Z"\n', Severity.CRITICAL, id="key of AWS"),
        pytest.param("a.py", 'x = "xoxb-' + 'real-secret"\n', LOW, id="token of words"),
        pytest.param("a.py", 'x = "xoxb-' + '17653285-q7Vd0zLk3PxT9mWb"\n', Severity.CRITICAL, id="token of Slack"),
        pytest.param("a.toml", 'shop-secrets = "2026-08-09T23:59:59Z"\n', LOW, id="time"),
        pytest.param("a.toml", 'init-secrets = "shop.scripts.init_secrets:main"\n', LOW, id="entry point"),
        pytest.param("a.yaml", "imagePullSecrets: dockerhub-pull\n", LOW, id="pull secret of Kubernetes"),
        pytest.param("a.ts", 'x = {SECRETS: "hsl(var(--syntax-secret))"}\n', LOW, id="variable of CSS"),
        pytest.param("a/tests/key.pem", KEY, LOW, id="private key of a test"),
        pytest.param("a/local/key.pem", KEY, Severity.CRITICAL, id="private key"),
        pytest.param("a.html", f"a?SubscriptionId={AWS_ID}&tag=x\n", LOW, id="AWS ID in a URL"),
        pytest.param("a.py", f'KEY = "{AWS_ID}"\n', Severity.CRITICAL, id="AWS ID"),
        pytest.param("tests/a.py", f'KEY = "{AWS_ID}"\n', Severity.CRITICAL, id="AWS ID in a test"),
        pytest.param("a.go", 'x["BitbucketBuildTrigger"] = newBitbucketBuildTriggerFieldGroup\n', LOW, id="camel case near a vendor"),
        pytest.param("a.py", 'create_user("shop", "password", "me+1@shop.net")\n', LOW, id="address in a login call"),
        pytest.param("a.py", 'create_user("shop", "shop@example.com", "xPuppies42")\n', HIGH, id="password in a login call"),
        pytest.param("a.py", 'x = {"Key": "RegistrationToken", "Value": token[:36]}\n', LOW, id="expression beside a name"),
        pytest.param("a.pug", 'input(name="password", value=server.password, x="y")\n', LOW, id="attribute beside a name"),
        pytest.param("a.py", f'x = {{"Key": "RegistrationToken", "Value": "{RANDOM}"}}\n', HIGH, id="text beside a name"),
        pytest.param("a.yml", "db_password: p@ssw0rd\n", LOW, id="weak with symbols"),
        pytest.param("a.yml", "password: tester\n", LOW, id="tester"),
        pytest.param("a.go", f'x = {{"https://cdn.example/cl100k.tiktoken": "{RANDOM}"}}\n', LOW, id="address as a key"),
        pytest.param("a.py", f'f("http://localhost:9382/mcp", headers={{"api_key": "{RANDOM}"}})\n', LOW, id="key for the own computer"),
        pytest.param("a.py", f'f(getenv("URL", "http://localhost:9382"), headers={{"api_key": "{RANDOM}"}})\n', HIGH, id="default address"),
        pytest.param("a.py", f'f("http://example.com/mcp", headers={{"api_key": "{RANDOM}"}})\n', HIGH, id="key for a server"),
        pytest.param("helm/values.yaml", "MYSQL_PASSWORD: shop_cart_flow\n", LOW, id="words in a chart"),
        pytest.param("charts/shop/values.yaml", f"MYSQL_PASSWORD: {RANDOM}\n", HIGH, id="random in a chart"),
        pytest.param("helm/values-live.yaml", "MYSQL_PASSWORD: shop_cart_flow\n", HIGH, id="values of a stage"),
        pytest.param("docker/.env.x", "OPENSEARCH_PASSWORD=shop_cart_flow_OS_01\n", LOW, id="words and a number"),
        pytest.param("a.yml", "user: cart_flow\npassword: shop_cart_flow\n", LOW, id="user inside a password"),
        pytest.param("a.go", 'c.User = "cartflow"\nc.Password = "shop_cart_flow"\n', LOW, id="joined user"),
        pytest.param("a.yml", "user: cart_flow\npassword: shop_chart_flow\n", HIGH, id="another user"),
        pytest.param("a.yml", "- SENTRY_KEY=${SENTRY_KEY:-8b03159305e2c0f49bf7481c073a4819}\n", LOW, id="public key of Sentry"),
        pytest.param("docker/fixtures.json", '{"client_secret": "bd01adf93cfb"}\n', LOW, id="fixtures"),
        pytest.param("a.py", 'KEY = "ASIA' + 'Q7IODE3ZIX6FGTPA"\n', LOW, id="temporary key ID of AWS"),
        pytest.param("a.json", '{"text": "{\\"password\\": \\"abcxyz\\"}"}\n', LOW, id="letters in order"),
        pytest.param("a.py", "new_password = 'newpass'\n", LOW, id="new"),
        pytest.param("a/Info.plist", "<key>NSLocationWhenInUseUsageDescription</key>\n<string>x</string>\n", LOW, id="key of a property list"),
        pytest.param("a.xml", f"<key>{RANDOM}{RANDOM}</key>\n", HIGH, id="key in XML"),
        pytest.param("a.scss", 'input[type="password"]:focus,input[type="file"]:focus{}\n', LOW, id="selector"),
        pytest.param("pyproject.toml", 'detect-secrets = ">=1.5.0"\n', LOW, id="version bound"),
        pytest.param("pyproject.toml", 'oauth = [\n    "Flask-Dance>=2.0.0,<7.2.0",\n    "SQLAlchemy-Utils>=0.33.5,<0.43.0",\n]\n', LOW, id="requirement"),
        pytest.param("a.yml", "ADMIN_PASSWORD: admin@123\n", LOW, id="weak with an at sign"),
        pytest.param("a.js", f'x = "https://tiles.example/{{z}}/{{x}}.png?api_key={RANDOM}"\n', LOW, id="key of map tiles"),
        pytest.param("a.js", f'x = "https://tiles.example/list?api_key={RANDOM}"\n', HIGH, id="key in a URL"),
        pytest.param("a/imagery.min.json", f'{{"api_key": "{RANDOM}"}}\n', LOW, id="minified data"),
        pytest.param("a.py", 'DEFAULT_PASSWORD = "p4ssw0rd"\n', LOW, id="weak with digits"),
        pytest.param("shop/spectaql/config.yml", f"headers:\n  Authorization: Bearer {RANDOM}{RANDOM}\n", LOW, id="documentation tool"),
        pytest.param("shop/default_config.py", f"SALT = '$2b$12${RANDOM}q7Vd0z'\n", HIGH, id="defaults of an app"),
        pytest.param("a.py", "zip.file_password = 'infected'\n", LOW, id="archive of malware"),
        pytest.param("a.py", "zip.file_password = 'inspected'\n", HIGH, id="other archive"),
        pytest.param("a.sh", 'docker compose exec web bash -c "DJANGO_SUPERUSER_PASSWORD=plumtree ./manage.py x"\n', LOW, id="word for a container of compose"),
        pytest.param("a.sh", 'ssh web bash -c "DJANGO_SUPERUSER_PASSWORD=plumtree ./manage.py x"\n', HIGH, id="word for a server"),
        pytest.param("init.sql", '\\set u `echo "${PG_USER:-shop}"`\n\\set p `echo "${POSTGRES_PASSWORD:-shop}"`\n', LOW, id="default of the user"),
        pytest.param("init.sql", '\\set u `echo "${PG_USER:-shop}"`\n\\set p `echo "${POSTGRES_PASSWORD:-plum}"`\n', HIGH, id="other default than the user"),
        pytest.param("a.py", f"x = 1\n\n'''\n a.py --password '{RANDOM}!' x\n'''\n", LOW, id="text without a name"),
        pytest.param("a.py", f"x = f(\n'''\n a.py --password '{RANDOM}!' x\n''')\n", HIGH, id="text as an argument"),
        pytest.param(".github/workflows/a.yml", f"SECRET_KEY: {RANDOM}{RANDOM}\n", LOW, id="signing key in CI"),
        pytest.param(".github/workflows/a.yml", f"SHOP_SECRET: {RANDOM}{RANDOM}\n", MEDIUM, id="other secret in CI"),
        pytest.param("a.py", f"KEY = 'sk_test_{RANDOM}q7Vd0z'\n", MEDIUM, id="Stripe's test mode"),
        pytest.param("a.py", f"KEY = 'sk_live_{RANDOM}q7Vd0z'\n", CRITICAL, id="Stripe"),
        pytest.param("k8s.yaml", "DB_PASSWORD: shop_pass\n", LOW, id="unquoted name of a password"),
        pytest.param("k8s.yaml", "DB_PASSWORD: 'shop_pass'\n", HIGH, id="quoted name of a password"),
        pytest.param("compose.yml", "- AWS_SECRET_ACCESS_KEY=minioadmin\n", LOW, id="default of MinIO"),
        pytest.param("shop.py", "s3(aws_secret_access_key='minioadmin')\n", LOW, id="default of MinIO in code"),
        pytest.param("cirun.config.yaml", "DATABASE_SECRET_KEY: anothercrazykey!\n", LOW, id="words in CI"),
    ],
)  # fmt: skip
def test_grades_credentials(detector, path, text, expected):
    found = detector.find(path, text.encode())
    assert found
    assert graded(path, text, found)[0] == expected


REPORT = f'{{"finding_id": "84d871", "rule_name": "AWS", "match": "{AWS_ID}"}}\n'
GITHUB = "gh" + "p_test6ldgmyaglf73gcnbi0kprz7dyjz6nzgn"
TOKEN = "xox" + "b-update-new"  # concatenated, so that no scanner reports this file
SLACK = "xox" + "b"
ELIDED = "xox" + "p-1-Mi0yLTU5MTAx...MDkwN2U0Yjlm"
BINARY = "EAA" + "AABCAQAAAC1HAwCAAAAC0lEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5Erk"
SQUARE = "EAA" + "AEq1XHLwCkR8ZtPvbY3mNkYPhfDwkChwGA60e6kgtVdJsBJRU5ErkWzq2SxLn"


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        pytest.param("a.py", f'f("{TOKEN}")\n', LOW, id="words after the prefix of a vendor"),
        pytest.param("a.py", f'f("{SLACK}-abcdef-qxzvwk")\n', LOW, id="letters instead of digits"),
        pytest.param("a.py", f'f("{SLACK}-3871-7712-78####")\n', LOW, id="number signs at the end"),
        pytest.param("tests/a.py", f'f("{ELIDED}")\n', LOW, id="elided"),
        pytest.param("tests/a.py", f'f("{GITHUB}")\n', LOW, id="says test, in tests"),
        pytest.param("a.py", f'f("{GITHUB}")\n', CRITICAL, id="says test, elsewhere"),
        pytest.param("tests/a.py", f'f("{ELIDED.replace(".", "")}")\n', CRITICAL, id="not elided"),
        pytest.param("a.py", f'f("{AWS_ID[:12]}{"X" * 3}{AWS_ID[15:]}")\n', LOW, id="the letter X three times"),
        pytest.param("a.py", f'f("{AWS_ID}")\n', CRITICAL, id="random"),
        pytest.param(".secretsignore", f"{BINARY}\n", LOW, id="part of an image"),
        pytest.param("a.txt", f"{SQUARE}\n", CRITICAL, id="format of Square"),
        pytest.param("unittests/a.jsonl", REPORT, LOW, id="report of a scanner in tests"),
        pytest.param("unittests/a.jsonl", f'{{"key": "{AWS_ID}"}}\n', CRITICAL, id="no report"),
        pytest.param("out/a.jsonl", REPORT, CRITICAL, id="report of a scanner"),
        pytest.param("tests/a.json", f'{{"arn": "user/canarytokens.com@@x", "id": "{AWS_ID}"}}\n', LOW, id="canary token"),
        pytest.param("a.json", f'{{"arn": "user/canarytokens.com@@x", "id": "{AWS_ID}"}}\n', CRITICAL, id="canary token outside of tests"),
    ],
)  # fmt: skip
def test_grades_made_up_tokens(detector, path, text, expected):
    found = [f for f in detector.find(path, text.encode()) if f.severity is CRITICAL]
    assert found
    assert graded(path, text, found)[0] == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("keys/shop.key", CRITICAL, id="key"),
        pytest.param("dev/tuf/keys/root1", LOW, id="folder dev"),
        pytest.param("keys/shop_dev_private.key", LOW, id="name with dev"),
        pytest.param("certs/development.pem", LOW, id="development"),
        pytest.param("certs/example-com.pem", LOW, id="example"),
        pytest.param("certs/localhost.key", LOW, id="localhost"),
        pytest.param("devices/latest.key", CRITICAL, id="other words"),
        pytest.param("docker/shop.key", CRITICAL, id="docker"),
    ],
)
def test_grades_private_keys_by_path(detector, path, expected):
    assert graded(path, KEY, detector.find(path, KEY.encode())) == [expected]


SIGNED = "MEUCIQD1JCA8lWR9na44" + "q7Vd0zLk3PxT9mWb" * 4 + "Lk3PxT9mWb0zLkxM="


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        pytest.param("m.py", f"EXAMPLES = r'''\n- shop:\n    password: '{RANDOM}'\n'''\n", LOW, id="examples of an Ansible module"),
        pytest.param("m.py", f"DATA = r'''\n- shop:\n    password: '{RANDOM}'\n'''\n", HIGH, id="text with a use"),
        pytest.param("a.py", "if settings.SECRET_KEY == 'permission-denied': exit()\n", LOW, id="comparison with a sentinel"),
        pytest.param("a.py", "if settings.SECRET_KEY == 'opensesame': exit()\n", LOW, id="comparison of a setting"),
        pytest.param("a.py", f"if settings.SECRET_KEY == '{RANDOM}': exit()\n", HIGH, id="comparison with a key"),
        pytest.param("a.py", "if data['password'] == 'opensesame': login()\n", HIGH, id="comparison of a password"),
        pytest.param("a.tsx", 'x = {password: "Passwords don\'t match"}\n', LOW, id="message of a form"),
        pytest.param("a.tsx", 'x = {password: "horse battery staple"}\n', HIGH, id="passphrase"),
        pytest.param("a.sh", "  password = CASE WHEN email LIKE 'a' THEN b ELSE password END\n", LOW, id="SQL"),
        pytest.param("a.sh", "  password = CASEWHEN\n", HIGH, id="not SQL"),
        pytest.param("a.sql", f'{{"envelope":{{"signature":"{SIGNED}","statement":"eyJ"}}}}\n', LOW, id="attestation"),
        pytest.param(".drone.yml", f"{YAML}---\nkind: signature\nhmac: {DIGEST}\n", LOW, id="signature of a CI file"),
        pytest.param("a.yml", f"{YAML}---\nkind: webhook\nhmac: {DIGEST}\n", HIGH, id="key of a webhook"),
        pytest.param("a.json", '{"$$hashKey": "object:1043"}\n', LOW, id="AngularJS"),
        pytest.param("a.sql", f'{{"shop":{{"signature":"{RANDOM}","user":"eyJ"}}}}\n', HIGH, id="signature"),
    ],
)  # fmt: skip
def test_grades_texts_that_are_no_values(detector, path, text, expected):
    found = detector.find(path, text.encode())
    assert found
    assert graded(path, text, found)[0] == expected


BUNDLE = "var a=function(t){return t.exports};" * 60


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        pytest.param("static/js/main.Bx7Q.js", f'{BUNDLE}x={{searchApiKey:"{RANDOM}"}}', LOW, id="key"),
        pytest.param("static/map.mjs", f'{BUNDLE}f("https://maps.example/v8?access_token={RANDOM}&a=1")', LOW, id="token in a URL"),
        pytest.param("static/main.js", f'{BUNDLE}\nx={{searchApiKey:"{RANDOM}"}}', HIGH, id="key on a short line"),
        pytest.param("static/main.py", f'x="{BUNDLE}"; searchApiKey="{RANDOM}"', HIGH, id="not JavaScript"),
        pytest.param("static/main.js", f'{BUNDLE}x={{client_secret:"{RANDOM}"}}', HIGH, id="secret"),
        pytest.param("static/main.js", f'{BUNDLE}x={{password:"{RANDOM}"}}', HIGH, id="password"),
        pytest.param("static/main.js", f'{BUNDLE}x={{awsKey:"{AWS_ID}"}}', CRITICAL, id="token with a format"),
    ],
)  # fmt: skip
def test_grades_keys_in_minified_javascript(detector, path, text, expected):
    found = detector.find(path, text.encode())
    assert found
    assert graded(path, text, found)[0] == expected


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        pytest.param("a.sh", 'echo "Log in as boss@shop.net with the password: \'plum77\'"\n', LOW, id="echo"),
        pytest.param("a.sh", '  printf "The admin password is \'plum77\'"\n', LOW, id="printf"),
        pytest.param("a.py", 'print("Log in with password: \'plum77\'")\n', LOW, id="print"),
        pytest.param("a.js", "console.log('Log in with password: \"plum77\"')\n", LOW, id="console"),
        pytest.param("a.sh", 'echo "Shop user, password: \'plum77\'" > shop.yml\n', HIGH, id="file"),
        pytest.param("a.sh", 'echo "Shop user, password: \'plum77\'" | login\n', HIGH, id="pipe"),
        pytest.param("a.sh", 'echo "  password: \'plum77\'"\n', HIGH, id="configuration"),
        pytest.param("a.sh", 'echo "set SHOP_PASSWORD=\'plum77\'"\n', HIGH, id="variable"),
        pytest.param("a.sh", 'login "Log in with the password: \'plum77\'"\n', HIGH, id="other command"),
    ],
)  # fmt: skip
def test_grades_passwords_in_printed_texts(detector, path, text, expected):
    found = detector.find(path, text.encode())
    assert found
    assert graded(path, text, found)[0] == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param(f'def test_login():\n    f(secret="{RANDOM}")\n\n    assert x\n', LOW, id="test"),
        pytest.param(f'def test_login(\n    a,\n):\n    f(secret="{RANDOM}")\n    assert x\n', LOW, id="long signature"),
        pytest.param(f'def test_login():\n    f(secret="{RANDOM}")\n' + "    f()\n" * 99 + "    assert x\n", LOW, id="long test"),
        pytest.param(f'class A:\n    async def test_login(self):\n        f(secret="{RANDOM}")\n        self.assertTrue(x)\n', LOW, id="method"),
        pytest.param(f'def test_login():\n    return f(secret="{RANDOM}")\nassert x\n', HIGH, id="no assertion"),
        pytest.param(f'def test_login():\n    assert x\n\nf(secret="{RANDOM}")\n', HIGH, id="after a test"),
        pytest.param(f'def login():\n    f(secret="{RANDOM}")\n    assert x\n', HIGH, id="other function"),
        pytest.param(f'def test_login():\n    f("{AWS_ID}")\n    assert x\n', CRITICAL, id="token"),
    ],
)  # fmt: skip
def test_grades_values_in_test_functions(detector, code, expected):
    assert graded("shop/login.py", code, detector.find("shop/login.py", code.encode())) == [
        expected
    ]


@pytest.mark.parametrize(
    ("path", "line", "expected"),
    [
        pytest.param("config.py", "class TestingConfig(Config):", LOW, id="settings"),
        pytest.param("config.py", "class Test:", LOW, id="short name"),
        pytest.param("config.py", "class CIConfig(Config):", LOW, id="CI"),
        pytest.param("config.py", "class ABTestConfig(Config):", HIGH, id="A/B test"),
        pytest.param("config.py", "class ProductionConfig(Config):", HIGH, id="production"),
        pytest.param("config.py", "class Test: pass\nclass Production:", HIGH, id="class after it"),
        pytest.param("config.py", "class Test: pass\nif X:", HIGH, id="after the class"),
        pytest.param("shop/pay.py", "class TestingConfig(Config):", HIGH, id="other module"),
    ],
)
def test_grades_settings_classes_for_tests(detector, path, line, expected):
    code = f'{line}\n    DEBUG = 1\n\n    def f(self): pass\n    SECRET_KEY = "{RANDOM}"\n'
    assert graded(path, code, detector.find(path, code.encode())) == [expected]


@pytest.mark.parametrize(
    ("path", "code", "expected"),
    [
        pytest.param("shop/settings/local.py", f'SECRET_KEY = env("SECRET_KEY", default="{RANDOM}{RANDOM}")', LOW, id="default"),
        pytest.param("conf/dev.py", f'SECRET_KEY = os.environ.get("SECRET_KEY", "{RANDOM}")', LOW, id="second argument"),
        pytest.param("shop/settings/local.py", f'PAY_SECRET = "{RANDOM}"', MEDIUM, id="value"),
        pytest.param("settings_dev.py", f'PAY_SECRET = "{RANDOM}"', MEDIUM, id="name with dev"),
        pytest.param("shop/settings/dev.py", f'AWS_ID = env("AWS_ID", default="{AWS_ID}")', CRITICAL, id="token"),
        pytest.param("shop/settings/prod.py", f'SECRET_KEY = env("SECRET_KEY", default="{RANDOM}{RANDOM}")', HIGH, id="production"),
        pytest.param("shop/local_settings.py", f'PAY_SECRET = "{RANDOM}"', HIGH, id="settings of a machine"),
        pytest.param("shop/local/pay.py", f'PAY_SECRET = "{RANDOM}"', HIGH, id="other code"),
    ],
)  # fmt: skip
def test_grades_settings_for_development(detector, path, code, expected):
    found = detector.find(path, code.encode())
    assert found
    assert graded(path, code, found)[0] == expected


def literal(path, text, value, name, rule="CSEC34.literal"):
    column = text.index(value) + 1
    return Finding(
        rule=rule,
        path=path,
        line=1,
        column=column,
        end_line=1,
        end_column=column + len(value),
        severity=HIGH,
        confidence=Confidence.HIGH,
        message="",
        name=name,
    )


@pytest.mark.parametrize(
    ("path", "name", "value", "expected"),
    [
        pytest.param("app/settings.py", "SECRET_KEY", f'"{RANDOM}"', HIGH, id="random"),
        pytest.param("app/settings.py", "SECRET_KEY", '"changeme"', HIGH, id="weak key"),
        pytest.param("app/settings.py", "SECRET_KEY", f'"{RANDOM}%(y3s(fpx4+ha@"', HIGH, id="random with a template's mark"),
        pytest.param("app/settings.py", "DB_PASSWORD", '"changeme"', LOW, id="weak password"),
        pytest.param("app/settings.py", "DB_PASSWORD", '"******"', LOW, id="mask"),
        pytest.param("app/tests/settings.py", "SECRET_KEY", f'"{RANDOM}"', LOW, id="test settings"),
        pytest.param("app/models.py", "username_and_password", '"username-password"', LOW, id="enum"),
        pytest.param("app/util.py", "SUPPLEMENT_KEY", '"_supplementalDetails"', LOW, id="field"),
        pytest.param("app/util.py", "BLOCKED_LIST_KEY", '"v3-blocked-users-list"', LOW, id="words and a number"),
        pytest.param("app/util.py", "SHOP_API_KEY", '"Shop API ключ (для GPT)"', LOW, id="title"),
        pytest.param("app/util.py", "REGISTRATION_SALT", '"a4a-registration"', LOW, id="namespace"),
        pytest.param("app/util.py", "SECURITY_PASSWORD_SALT", '"Default shop salt"', HIGH, id="salt of words"),
        pytest.param("app/util.py", "RECAPTCHA_KEY", f'"6Lc{RANDOM}{RANDOM}x7Kp2"', LOW, id="site key"),
        pytest.param("app/util.py", "KEY_TOKEN", f'"{RANDOM}00000000"', HIGH, id="padded with zeros"),
        pytest.param("app/util.py", "SHOP_WEBHOOK_URL", '"http://localhost:5000/hooks/"', LOW, id="local URL"),
        pytest.param("app/util.py", "SHOP_WEBHOOK_URL", '"https://chat.example/hooks/q7Vd0z"', HIGH, id="webhook"),
        pytest.param("conf/a.env", "API_KEY", "sssssssssshhhhhhhhhhh", LOW, id="two characters"),
        pytest.param("conf/a.env", "AUTH_KEY", "alias/auth", LOW, id="alias of a key"),
        pytest.param("app/util.py", "DB_PASSWORD", '"projects/shop-12/secrets/DB_1a/versions/1"', LOW, id="path of a Google secret"),
        pytest.param("app/util.py", "DB_PASSWORD", '"shop-prod-db-password:latest"', LOW, id="version of a Google secret"),
        pytest.param("app/util.py", "token", '"random1token2string4test5"', LOW, id="says that it is a test"),
        pytest.param("app/util.py", "SECRET_KEY", '"random1token2string4test5"', HIGH, id="key that says that it is a test"),
        pytest.param("app/util.py", "CONFIG_KEY", '"_shop_encrypted_value_v1"', LOW, id="private name"),
        pytest.param("app/util.py", "OPL_KEY", '"shop:v2_item_index"', LOW, id="name with a colon"),
        pytest.param("app/util.py", "SHOP_TOKEN", f"'{RANDOM}' 'x{RANDOM}'", HIGH, id="two texts"),
        pytest.param("app/util.py", "SHOP_PASSWORD", '"correct horse battery ключ"', HIGH, id="words of a password"),
        pytest.param("app/util.py", "EXPLARA_API_KEY", '"shjbalkfbdskjlbdskljbd"', HIGH, id="letters"),
        pytest.param("app/settings/devstack.py", "SHOP_SECRET", '"shop-backend-secret"', LOW, id="development stack"),
        pytest.param("app/settings/build.py", "SECRET_KEY", '"dummykeyforbuilding"', LOW, id="dummy"),
        pytest.param("app/settings.py", "SECRET_KEY", '"secret key"', HIGH, id="signing key of its name"),
        pytest.param("app/settings.py", "SECRET_KEY", r'"t\xad\xe7%\xd2.=\xec\\2+\xb8Lx"', HIGH, id="escaped bytes"),
        pytest.param("app/settings.py", "API_TOKEN", r'"(\\w\\w)-\\1-x"', LOW, id="reference to a group"),
        pytest.param("app/settings.py", "secret_key", '"secret_key"', LOW, id="field of its name"),
        pytest.param("app/util.py", "V1_COMPAT_KEY", '"v1Compatibility"', LOW, id="camel case with a number"),
        pytest.param("app/settings.py", "RUDDER_WRITE_KEY", f'"{RANDOM}1"', LOW, id="key of an event stream"),
        pytest.param("app/settings.py", "SHOP_WRITE_KEY", f'"{RANDOM}1"', HIGH, id="other key for writing"),
        pytest.param("example/sdk/list_shops.py", "API_KEY", f'"shop-{RANDOM}"', LOW, id="example"),
        pytest.param("utils/example_api.py", "private_token", f'"{RANDOM}"', LOW, id="script named example"),
        pytest.param("example/settings.py", "SECRET_KEY", f'"{RANDOM}"', HIGH, id="settings named example"),
        pytest.param("app/util.py", "URL", '"postgresql://user:pass@host/db"', LOW, id="sample URL"),
        pytest.param("app/settings.py", "SECRET_KEY", '"permission-denied"', LOW, id="sentinel"),
        pytest.param("app/settings.py", "SECRET_KEY", '"open-sesame"', HIGH, id="weak key of words"),
        pytest.param("app/util.py", "URL", f'"postgresql://shop:{RANDOM}@host/db"', HIGH, id="URL"),
    ],
)  # fmt: skip
def test_grades_literals(path, name, value, expected):
    text = f"{name} = {value}\n"
    assert graded(path, text, [literal(path, text, value, name)]) == [expected]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("to_fill", LOW, id="placeholder"),
        pytest.param("changethis", LOW, id="weak"),
        pytest.param("postgresql://a:${DB_PASSWORD}@localhost/app", LOW, id="reference"),
        pytest.param("dev_api_key", LOW, id="its own name"),
        pytest.param("$SHOP_API_KEY", LOW, id="variable"),
        pytest.param(RANDOM, HIGH, id="random"),
    ],
)
def test_grades_dotenv_values(value, expected):
    text = f"API_KEY={value}\n"
    finding = literal(".env", text, value, "API_KEY", "CSEC34.dotenv")
    assert graded(".env", text, [finding]) == [expected]


def test_reads_only_the_part_of_a_long_line_around_a_value():
    text = 'x = "changeme"' + " " * 100_000 + "\n"
    finding = literal("a.py", text + text, '"changeme"', "DB_PASSWORD")
    place = create_place(finding, (text + text).split("\n"))
    assert max(len(text) for text in place if isinstance(text, str)) <= 2 * LINE_WINDOW


@pytest.mark.parametrize(
    ("path", "code", "expected"),
    [
        pytest.param("app/conf/dev.py", 'os.environ.setdefault("KEY", "x")', LOW, id="development"),
        pytest.param("app/conf/prod.py", 'os.environ.setdefault("KEY", "x")', HIGH, id="production"),
        pytest.param("app/conf/dev.py", 'os.environ.get("KEY", "x")', HIGH, id="read"),
        pytest.param("settings/.example.local.py", 'os.environ.get("KEY", "x")', LOW, id="read in settings to copy"),
        pytest.param("shop/api_sample.py", 'os.environ.get("KEY", "x")', HIGH, id="read in a script named sample"),
        pytest.param("loadtest/user.py", 'os.environ.get("KEY", "x")', LOW, id="read in a load test"),
        pytest.param("examples/api/ask.py", 'os.environ.get("KEY", "x")', LOW, id="read in an example"),
        pytest.param("example/settings.py", 'os.environ.get("KEY", "x")', HIGH, id="read in settings named example"),
    ],
)  # fmt: skip
def test_grades_reads_by_path(path, code, expected):
    finding = literal(path, code, code, "KEY", "CSEC34.environ-read")
    assert graded(path, code, [finding]) == [expected]


def test_keeps_findings_of_unreadable_files():
    finding = literal("a.py", 'x = "changeme"', '"changeme"', "DB_PASSWORD")
    assert grade([finding], {}.get) == [finding]


def test_keeps_findings_beyond_the_end_of_a_file():
    finding = msgspec.structs.replace(
        literal("a.py", 'x = "changeme"', '"changeme"', "DB_PASSWORD"), line=9, end_line=9
    )
    assert grade([finding], {"a.py": b"x"}.get) == [finding]


@pytest.mark.parametrize(
    ("path", "code", "expected"),
    [
        pytest.param("local_data/dkim.key", "X = 1\n", LOW, id="unused"),
        pytest.param("certs/jwt.local.pem", "# open('jwt.local.pem')\n", LOW, id="comment"),
        pytest.param("local/a.key", "KEY = path('local/a.key')\n", CRITICAL, id="opened"),
        pytest.param("usr/local/etc/a.key", "X = 1\n", CRITICAL, id="folder of a server"),
        pytest.param("certs/a.key", "X = 1\n", CRITICAL, id="another folder"),
    ],
)
def test_private_keys_of_developers(detector, path, code, expected):
    files = {path: KEY.encode(), "shop/app.py": code.encode()}
    [finding] = grade(detector.find(path, KEY.encode()), files.get, ["shop/app.py"])
    assert finding.severity is expected


@pytest.mark.parametrize(
    ("path", "url", "expected"),
    [
        pytest.param("shop/db.py", "mongodb+srv://shikhar:shikhar@cluster0.6xzlh.mongodb.net/a", HIGH, id="hosted"),
        pytest.param("docs/db.py", "mongodb+srv://shikhar:shikhar@cluster0.6xzlh.mongodb.net/a", LOW, id="documentation"),
        pytest.param("shop/db.py", "mongodb+srv://user:user@cluster0.6xzlh.mongodb.net/a", LOW, id="example"),
        pytest.param("shop/db.py", "mongodb+srv://shikhar:shikhar@cluster0.abcde.mongodb.net/a", LOW, id="example of a host"),
        pytest.param("shop/db.py", "postgres://shikhar:shikhar@db.7f.local/a", LOW, id="another host"),
    ],
)  # fmt: skip
def test_the_password_of_a_hosted_database_is_real(path, url, expected):
    text = f'DB_URL = "{url}"'
    finding = Finding(
        rule="CSEC34.literal", path=path, line=1, column=10, end_line=1, end_column=len(text) + 1,
        severity=HIGH, confidence=Confidence.MEDIUM, message="", name="DB_URL",
    )  # fmt: skip
    assert graded(path, text, [finding]) == [expected]
