from __future__ import annotations

import pytest

from shield_ai.project.runtime_names import (
    accessor_modules,
    database_backends,
    is_copied_file,
    is_runtime_module,
    runtime_package,
    settings_source_modules,
)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param(
            b"AWS_SECRETS_FALLBACK\nclass SecretsManagerClient:\n    pass\n", True, id="one file"
        ),
        pytest.param(b"from ._shield_runtime import get_secret\n", True, id="next to a copy"),
        pytest.param(
            b"from a._shield_runtime import SecretNotFoundError\n", False, id="another name"
        ),
        pytest.param(
            b'"""\nfrom ._shield_runtime import get_secret\n"""\n', False, id="in a docstring"
        ),
        pytest.param(
            b"from ._shield_runtime import SecretsManagerClient\ndef get_secret(name): ...\n",
            False,
            id="another get_secret",
        ),
        pytest.param(b"def get_secret(name): ...", False, id="same name"),
        pytest.param(None, False, id="missing"),
    ],
)
def test_is_runtime_module(raw, expected):
    assert is_runtime_module(raw) is expected


@pytest.mark.parametrize(
    ("module", "package"),
    [
        ("shield_runtime", "shield_runtime"),
        ("shield_ai", "shield_runtime"),
        ("shop.utils.secrets", "shop.utils._shield_runtime"),
        ("aws_secrets", "_shield_runtime"),
        ("..utils.secrets", "..utils._shield_runtime"),
        ("..secrets", ".._shield_runtime"),
    ],
)
def test_runtime_package(module, package):
    assert runtime_package(module) == package


def test_former_names():
    assert accessor_modules("shield_runtime") == (
        "shield_runtime",
        "shield_ai",
        "shield_ai.runtime",
    )
    assert accessor_modules("aws_secrets") == ("aws_secrets",)
    assert settings_source_modules("shield_runtime") == (
        "shield_runtime.pydantic",
        "shield_ai.pydantic",
    )
    assert database_backends("shop.aws_secrets", "mysql") == (
        "shop._shield_runtime.django.mysql",
        "shop.aws_secrets_mysql",
    )


def test_is_copied_file():
    assert is_copied_file("shop/_shield_runtime/client.py")
    assert not is_copied_file("shop/_shield_runtime")
