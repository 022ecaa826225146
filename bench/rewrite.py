"""The rewrite of settings files beside django-upgrade and pyupgrade: one process, the same files, in turns.

    python bench/rewrite.py [APP…] [--rounds 5]

Without a folder, on sample apps that are made here, the same ones each time. Every file is in memory before a clock
starts. Ours scans the app, drafts shield.toml, wraps each secret and checks the result against the file before; a peer
parses and rewrites file by file. `make bench` brings the peers; one that is not installed is left out.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import random
import site
import time
from pathlib import Path

from shield_ai.flow.draft import draft
from shield_ai.project.python_source import Source, apply_edits
from shield_ai.rewrite.python.wrap import wrap_secrets
from shield_ai.scan.files.walk import walk
from shield_ai.scan.python.app_scan import scan_files

HERE = Path(__file__).parent
TARGET = 150  # files a second

PLAIN = [
    'INSTALLED_APPS = [\n    "django.contrib.admin",\n    "django.contrib.auth",\n    "shop",\n]\n',
    'MIDDLEWARE = [\n    "django.middleware.security.SecurityMiddleware",\n    "django.middleware.common.CommonMiddleware",\n]\n',
    'STATIC_URL = "/static/"\nSTATIC_ROOT = BASE_DIR / "static"\n',
    'ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "").split(",")\n',
    'LANGUAGE_CODE = "en-us"\nTIME_ZONE = "UTC"\nUSE_I18N = True\nUSE_L10N = True\nUSE_TZ = True\n',
    'LOGGING = {\n    "version": 1,\n    "handlers": {"console": {"class": "logging.StreamHandler"}},\n    "root": {"handlers": ["console"]},\n}\n',
    'if DEBUG:\n    INSTALLED_APPS += ["debug_toolbar"]\n    INTERNAL_IPS = ["127.0.0.1"]\n',
    "class Pages(object):\n    size = 20\n    def __init__(self, size=None):\n        self.size = size or self.size\n",
]
SECRET = [
    '{N}_API_KEY = os.environ["{N}_API_KEY"]\n',
    '{N}_TOKEN = os.getenv("{N}_TOKEN", "")\n',
    '{N}_URL = config("{N}_DATABASE_URL", default=None)\n',
    'CACHES["{n}"] = env.cache("{N}_REDIS_URL")\n',
    'if "{N}_SECRET" in os.environ:\n    {N} = {{"secret": os.environ["{N}_SECRET"], "retries": int(os.environ.get("{N}_RETRIES", 3))}}\n',
    'DATABASES["{n}"] = {{\n    "ENGINE": "django.db.backends.postgresql",\n    "NAME": os.environ.get("{N}_DB_NAME", "{n}"),\n    "USER": os.environ["{N}_DB_USER"],\n    "PASSWORD": os.environ["{N}_DB_PASSWORD"],\n}}\n',
    "sentry(dsn=f\"https://{{os.environ['{N}_SENTRY_KEY']}}@example.com/1\")\n",
]
HEAD = "import os\nfrom pathlib import Path\n\nimport environ\nfrom decouple import config\n\nenv = environ.Env()\nBASE_DIR = Path(__file__).parent\nDEBUG = False\nCACHES = {}\nDATABASES = {}\n"


def sample(chance):
    """Make one app's files: path -> bytes."""
    files = {
        "manage.py": b'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings.base")\n'
    }
    files["shop/__init__.py"] = b""
    for name in ("base", "production", "local", "worker"):
        parts = chance.choices(PLAIN, k=20) + [
            text.format(N=f"{name}_{i}".upper(), n=f"{name}_{i}")
            for i, text in enumerate(chance.choices(SECRET, k=chance.randint(2, 10)))
        ]
        chance.shuffle(parts)
        files[f"shop/settings/{name}.py"] = "\n".join([HEAD, *parts]).encode()
    return files


def read(folder):
    return {path: (folder / path).read_bytes() for path in walk(folder)}


def ours(apps):
    changed = 0
    for files in apps:
        scan = scan_files("app", list(files), files.get)
        manifest = draft(scan.findings, None, scan.facts)
        line = scan.facts.accessor_import(manifest)
        for path in sorted({finding.path for finding in scan.findings if finding.site}):
            source = Source.from_bytes(path, files[path])
            found = wrap_secrets(
                source, [f for f in scan.findings if f.path == path], manifest, line
            )
            changed += apply_edits(source.raw, found.edits, source.encoding) != source.raw
    return changed


def by_file(fix):
    def run(apps):
        changed = 0
        for files in apps:
            for path, raw in files.items():
                if path.endswith(".py"):
                    text = raw.decode("utf-8", "replace")
                    changed += fix(text, path) != text
        return changed

    return run


def django_upgrade():
    from django_upgrade.data import Settings
    from django_upgrade.main import apply_fixers

    settings = Settings(target_version=(5, 2), only_fixers=None, skip_fixers=None)
    return by_file(lambda text, path: apply_fixers(text, settings, path))


def pyupgrade():
    from pyupgrade._data import Settings
    from pyupgrade._main import _fix_plugins, _fix_tokens

    return by_file(lambda text, _: _fix_tokens(_fix_plugins(text, Settings(min_version=(3, 10)))))


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("apps", nargs="*", type=Path, metavar="APP")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    for folder in HERE.parent.glob(".venv-bench/lib/python*/site-packages"):
        site.addsitedir(str(folder))
    chance = random.Random(34)
    apps = [read(folder) for folder in args.apps] or [sample(chance) for _ in range(50)]
    runs = {"shield": ours}
    for name, make in {"django_upgrade": django_upgrade, "pyupgrade": pyupgrade}.items():
        if importlib.util.find_spec(name):
            runs[name] = make()
        else:
            print(f"{name} is not installed")
    count = sum(path.endswith(".py") for files in apps for path in files)
    best, changed = dict.fromkeys(runs, float("inf")), {}
    for _ in range(args.rounds):
        for name in chance.sample(list(runs), len(runs)):
            gc.collect()
            start = time.perf_counter()
            changed[name] = runs[name](apps)
            best[name] = min(best[name], time.perf_counter() - start)
    lines = sum(
        raw.count(b"\n") for files in apps for path, raw in files.items() if path.endswith(".py")
    )
    print(f"{count} files, {lines} lines, best of {args.rounds} rounds")
    for name, seconds in best.items():
        rate = count / seconds
        print(
            f"{name:15} {rate:7.0f} files/s  {best['shield'] / seconds:5.2f} x shield  {changed[name]} files changed"
        )
    print(f"target: {TARGET} files/s, {'met' if count / best['shield'] >= TARGET else 'missed'}")


if __name__ == "__main__":
    main()
