from __future__ import annotations

import json

from django_project import create_project, run_manage

ASK = "from django.test import Client; r = Client().get('/health/secrets'); print(r.status_code, r['Cache-Control'], r.content.decode())"


def probe(root, **env):
    done = run_manage(root, "shell", "-c", ASK, **env)
    last = done.stdout.splitlines()[-1]
    code, cache, text = last.split(" ", 2)
    assert (code, cache) == ("200", "no-store")
    return json.loads(text)


def test_ok_on_a_laptop(tmp_path):
    found = probe(create_project(tmp_path))
    assert (found["status"], found["aws"]) == ("ok", False)


def test_degraded_while_the_environment_serves(tmp_path, aws):
    found = probe(create_project(tmp_path), USE_AWS_SECRETS="true", DJANGO_ENV="production")
    assert (found["status"], found["fallbacks"]) == ("degraded", 1)
    assert "django-secret-key" not in json.dumps(found)
