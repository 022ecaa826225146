from __future__ import annotations

import pytest

from shield_ai.project.runtime_path import choose_runtime_path

RUNTIME = b"AWS_SECRETS_FALLBACK\nclass SecretsManagerClient:\n    pass\n"


@pytest.mark.parametrize(
    ("settings", "root", "files", "place"),
    [
        ("shop/settings.py", "", {}, "shop/aws_secrets.py"),
        ("shop/settings/base.py", "", {}, "shop/aws_secrets.py"),
        ("backend/shop/settings.py", "backend", {}, "backend/shop/aws_secrets.py"),
        ("settings.py", "", {}, "aws_secrets.py"),
        ("app/config.py", "app", {}, "app/aws_secrets.py"),
        (
            "shop/settings.py",
            "",
            {"shop/utils/__init__.py": b'"""Doc."""\n# why\n'},
            "shop/utils/secrets.py",
        ),
        (
            "shop/settings.py",
            "",
            {"shop/utils/__init__.py": b"from shop.models import X\n"},
            "shop/aws_secrets.py",
        ),
        ("shop/settings.py", "", {"shop/utils.py": b""}, "shop/aws_secrets.py"),
        ("shop/settings.py", "", {"shop/util/__init__.py": b"import x\n"}, "shop/aws_secrets.py"),
        ("shop/settings.py", "", {"shop/util/__init__.py": b""}, "shop/util/secrets.py"),
        ("settings/common.py", "", {"settings/__init__.py": b""}, "settings/aws_secrets.py"),
        ("config/settings/base.py", "", {"config/urls.py": b""}, "config/aws_secrets.py"),
        (
            "config/settings/base.py",
            "",
            {"config/utils/__init__.py": b"", "config/utils/env.py": b""},
            "config/utils/secrets.py",
        ),
        ("shop/settings.py", "", {"shop/common/__init__.py": b""}, "shop/common/secrets.py"),
        (
            "shop/settings.py",
            "",
            {"shop/common/__init__.py": b"", "shop/utils/__init__.py": b""},
            "shop/utils/secrets.py",
        ),
        (
            "shop/settings.py",
            "",
            {"shop/core/__init__.py": b"", "shop/core/models.py": b""},
            "shop/aws_secrets.py",
        ),
        (
            "shop/settings.py",
            "",
            {"shop/lib/__init__.py": b"import x\n"},
            "shop/aws_secrets.py",
        ),
        ("shop/settings.py", "", {"utils/__init__.py": b"import x\n"}, "shop/aws_secrets.py"),
        (
            "shop/settings.py",
            "",
            {"shop/core/__init__.py": b"import x\n", "shop/core/utils.py": b""},
            "shop/aws_secrets.py",
        ),
        ("shop/settings.py", "", {"tools/utils/__init__.py": b""}, "shop/aws_secrets.py"),
        ("settings.py", "", {"utils/__init__.py": b""}, "utils/secrets.py"),
        ("bot.py", "src", {"src/utils/__init__.py": b""}, "src/utils/secrets.py"),
        ("src/shop/settings.py", "src", {"src/utils/__init__.py": b""}, "src/utils/secrets.py"),
        (
            "shop/settings.py",
            "",
            {
                "shop/core/__init__.py": b"",
                "shop/core/models.py": b"",
                "shop/core/utils/__init__.py": b"",
            },
            "shop/core/utils/secrets.py",
        ),
        (
            "shop/settings.py",
            "",
            {"shop/core/utils/__init__.py": b""},
            "shop/aws_secrets.py",
        ),
        ("shop/settings.py", "", {"shop/utils/secrets.py": b"KEY = 1"}, "shop/aws_secrets.py"),
        ("shop/settings.py", "", {"shop/utils/secrets/__init__.py": b""}, "shop/aws_secrets.py"),
        (
            "shop/settings.py",
            "",
            {"shop/utils/__init__.py": b"", "shop/utils/secrets.py": RUNTIME},
            "shop/utils/secrets.py",
        ),
        (
            "shop/app/models/config.py",
            "",
            {"shop/app/__init__.py": b"import flask\n", "shop/app/utils/__init__.py": b""},
            "shop/app/utils/secrets.py",
        ),
        (
            "shop/app/config.py",
            "",
            {"shop/app/lib/__init__.py": b"", "shop/utils/__init__.py": b""},
            "shop/app/lib/secrets.py",
        ),
        (
            "shop/app/config.py",
            "",
            {"shop/app/utils/__init__.py": b"import x\n", "shop/helpers/__init__.py": b""},
            "shop/helpers/secrets.py",
        ),
        (
            "shop/app/config.py",
            "",
            {"shop/api/utils/__init__.py": b""},
            "shop/aws_secrets.py",
        ),
        (
            "shop/settings/base.py",
            "",
            {"shop/settings/common/__init__.py": b""},
            "shop/aws_secrets.py",
        ),
    ],
)
def test_choose_runtime_path(settings, root, files, place):
    assert choose_runtime_path(settings, root, set(files), files.get) == place


@pytest.mark.parametrize(
    ("init", "other", "place"),
    [
        (b"import flask\n", "shop/app/test_config.py", "shop/app/utils/secrets.py"),
        (b"import flask\n", "shop/worker/config.py", "shop/aws_secrets.py"),
        (b"", "shop/worker/config.py", "shop/app/utils/secrets.py"),
    ],
)
def test_other_settings_do_not_run_a_package_to_import_the_runtime(init, other, place):
    files = {"shop/app/__init__.py": init, "shop/app/utils/__init__.py": b""}
    settings = "shop/app/config.py"
    found = choose_runtime_path(settings, "", set(files), files.get, (settings, other))
    assert found == place
