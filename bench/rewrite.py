"""Compare the speed of the rewrite with django-upgrade and pyupgrade.

    python bench/rewrite.py [APP…] [--rounds 5]

Without APP, generated sample apps are used, which are the same in every run. All tools run in one
process, in turns, on files in memory. Shield AI scans the app, drafts shield.toml, wraps each
secret and checks the result; the other tools parse and rewrite each file. `make bench` installs
the other tools; tools that are not installed are skipped.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import random
import site
import time
from pathlib import Path

from shield_ai.flow.draft.manifest_draft import draft_manifest_from_sites
from shield_ai.project.python_source import Source, apply_edits
from shield_ai.rewrite.python.wrap.run import wrap_secrets
from shield_ai.scan.files.walk import walk_all
from shield_ai.scan.python.app.app_paths import select_app_paths
from shield_ai.scan.python.app_scan import scan_files
from shield_ai.scan.text.reader import reader

HERE = Path(__file__).parent
TARGET = 150  # files per second

PLAIN = [
    """\
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "shop",
]
""",
    """\
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
]
""",
    """\
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "static"
""",
    'ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "").split(",")\n',
    """\
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = True
USE_L10N = True
USE_TZ = True
""",
    """\
LOGGING = {
    "version": 1,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"]},
}
""",
    """\
if DEBUG:
    INSTALLED_APPS += ["debug_toolbar"]
    INTERNAL_IPS = ["127.0.0.1"]
""",
    """\
class Pages(object):
    size = 20
    def __init__(self, size=None):
        self.size = size or self.size
""",
]
# Reads of secrets; N and n are a name in upper and lower case.
SECRET = [
    '{N}_API_KEY = os.environ["{N}_API_KEY"]\n',
    '{N}_TOKEN = os.getenv("{N}_TOKEN", "")\n',
    '{N}_URL = config("{N}_DATABASE_URL", default=None)\n',
    'CACHES["{n}"] = env.cache("{N}_REDIS_URL")\n',
    """\
if "{N}_SECRET" in os.environ:
    {N} = {{"secret": os.environ["{N}_SECRET"], "retries": int(os.environ.get("{N}_RETRIES", 3))}}
""",
    """\
DATABASES["{n}"] = {{
    "ENGINE": "django.db.backends.postgresql",
    "NAME": os.environ.get("{N}_DB_NAME", "{n}"),
    "USER": os.environ["{N}_DB_USER"],
    "PASSWORD": os.environ["{N}_DB_PASSWORD"],
}}
""",
    "sentry(dsn=f\"https://{{os.environ['{N}_SENTRY_KEY']}}@example.com/1\")\n",
]
MANAGE = """\
import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings.base")
"""
HEAD = """\
import os
from pathlib import Path

import environ
from decouple import config

env = environ.Env()
BASE_DIR = Path(__file__).parent
DEBUG = False
CACHES = {}
DATABASES = {}
"""


def sample(chance):
    """Generate the files of one app: path -> content."""
    files = {"manage.py": MANAGE.encode(), "shop/__init__.py": b""}
    for name in ("base", "production", "local", "worker"):
        parts = chance.choices(PLAIN, k=20)
        secrets = chance.choices(SECRET, k=chance.randint(2, 10))
        for number, text in enumerate(secrets):
            parts.append(text.format(N=f"{name}_{number}".upper(), n=f"{name}_{number}"))
        chance.shuffle(parts)
        files[f"shop/settings/{name}.py"] = "\n".join([HEAD, *parts]).encode()
    return files


def read(folder):
    paths, _ = select_app_paths(walk_all(folder), reader(str(folder)))
    return {path: (folder / path).read_bytes() for path in paths}


def shield(apps):
    """Scan, draft and rewrite the apps; return the number of changed files."""
    changed = 0
    for files in apps:
        scan = scan_files("app", list(files), files.get)
        manifest = draft_manifest_from_sites(scan.sites, None, scan.facts)
        import_line = scan.facts.accessor_import(manifest)
        for path in sorted({finding.path for finding, _ in scan.sites}):
            source = Source.from_bytes(path, files[path])
            sites = [(finding, site) for finding, site in scan.sites if finding.path == path]
            rewrite = wrap_secrets(source, sites, manifest, import_line)
            changed += apply_edits(source.raw, rewrite.edits, source.encoding) != source.raw
    return changed


def django_upgrade():
    from django_upgrade.data import Settings
    from django_upgrade.main import apply_fixers

    settings = Settings(target_version=(5, 2), only_fixers=None, skip_fixers=None)
    return by_file(lambda text, path: apply_fixers(text, settings, path))


def pyupgrade():
    from pyupgrade._data import Settings
    from pyupgrade._main import _fix_plugins, _fix_tokens

    return by_file(lambda text, _: _fix_tokens(_fix_plugins(text, Settings(min_version=(3, 10)))))


def by_file(fix):
    """Apply a function to each Python file."""

    def run(apps):
        changed = 0
        for path, raw in python_files(apps):
            text = raw.decode("utf-8", "replace")
            changed += fix(text, path) != text
        return changed

    return run


def python_files(apps):
    for files in apps:
        for path, raw in files.items():
            if path.endswith(".py"):
                yield path, raw


def installed_tools():
    for folder in HERE.parent.glob(".venv-bench/lib/python*/site-packages"):
        site.addsitedir(str(folder))
    tools = {"shield": shield}
    for name, make in {"django_upgrade": django_upgrade, "pyupgrade": pyupgrade}.items():
        if importlib.util.find_spec(name):
            tools[name] = make()
        else:
            print(f"{name} is not installed")
    return tools


def measure(tools, apps, rounds, chance):
    """Return the shortest time and the number of changed files of each tool."""
    seconds = dict.fromkeys(tools, float("inf"))
    changed = {}
    for _ in range(rounds):
        for name in chance.sample(list(tools), len(tools)):
            gc.collect()
            start = time.perf_counter()
            changed[name] = tools[name](apps)
            seconds[name] = min(seconds[name], time.perf_counter() - start)
    return seconds, changed


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("apps", nargs="*", type=Path, metavar="APP")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    chance = random.Random(34)
    apps = [read(folder) for folder in args.apps] or [sample(chance) for _ in range(50)]
    files = [raw for _, raw in python_files(apps)]
    seconds, changed = measure(installed_tools(), apps, args.rounds, chance)
    lines = sum(raw.count(b"\n") for raw in files)
    print(f"{len(files)} files, {lines} lines, best of {args.rounds} rounds")
    for name, best in seconds.items():
        rate = len(files) / best
        ratio = seconds["shield"] / best
        print(
            f"{name:15} {rate:7.0f} files/s  {ratio:5.2f} x shield  {changed[name]} files changed"
        )
    met = len(files) / seconds["shield"] >= TARGET
    print(f"target: {TARGET} files/s, {'met' if met else 'missed'}")


if __name__ == "__main__":
    main()
