from __future__ import annotations

import pytest

from shield_ai.scan.python.app.development_files import development_files

LOCAL = "shop/local_settings.py"


def development(files):
    raws = {path: text.encode() for path, text in files.items()}
    return set(development_files(raws, raws, raws.get))


@pytest.mark.parametrize(
    ("text", "is_development"),
    [
        ("from .local_settings import *", False),
        ("if ENV == 'LOCAL':\n    x = 1\n\n    from .local_settings import *", True),
        ("if DEBUG:\n    from shop.local_settings import *", True),
        ("try:\n    from local_settings import *\nexcept ImportError:\n    pass", True),
        ("try:  # our own\n    from local_settings import *\nexcept ImportError:\n    pass", True),
        ("if not DEBUG:\n    from .local_settings import *", False),
        ("if ENV in ('LOCAL', 'PRODUCTION'):\n    from .local_settings import *", False),
        ("if DEBUG:\n    pass\nelse:\n    from .local_settings import *", False),
        ("x = 1", False),
        ("if DEBUG is False:\n    from .local_settings import *", False),
        ("if os.environ['DEBUG'] == '0':  # live\n    from .local_settings import *", False),
        ("if DEVICE:\n    from .local_settings import *", False),
        (
            "if not DEBUG:\n    try:\n        from .local_settings import *\n    except E: pass",
            False,
        ),
        ("if DEBUG:\n    try:\n        from .local_settings import *\n    except E: pass", True),
        ("if USE_FILE:\n    try:\n        from .local_settings import *\n    except E: pass", True),
        ("if DEBUG:\n    if USE_FILE:\n        from .local_settings import *", True),
        ("if X:\n    pass\nelif DEBUG:\n    from .local_settings import *", True),
        ("if DEBUG:\n# our own\n    from .local_settings import *", True),
        ("if DEBUG and f(\n  x):\n    from .local_settings import *", False),
    ],
)
def test_local_settings_are_for_development_by_their_import(text, is_development):
    found = development({"shop/settings.py": text, LOCAL: ""})
    assert found == ({LOCAL} if is_development else set())


@pytest.mark.parametrize(
    ("files", "found"),
    [
        pytest.param(
            {"settings/testing.py": "", "settings/circle.py": "from .testing import *"},
            {"settings/testing.py", "settings/circle.py"},
            id="extends test settings",
        ),
        pytest.param(
            {"settings/testing.py": "", "settings/base.py": "if T:\n    from .testing import *"},
            {"settings/testing.py"},
            id="test settings under a condition",
        ),
        pytest.param(
            {
                "settings/dev.py": "",
                "settings/prod.py": "",
                "settings/staging.py": "from .dev import *",
            },
            set(),
            id="staging needs it",
        ),
        pytest.param(
            {
                "settings/dev.py": "",
                "settings/prod.py": "",
                "settings/local.py": "from .dev import *",
            },
            {"settings/dev.py", "settings/local.py"},
            id="development needs it",
        ),
        pytest.param(
            {"settings/devstack.py": "from .base import *", "settings/production.py": ""},
            {"settings/devstack.py"},
            id="Open edX",
        ),
        pytest.param(
            {"settings/test.py": "", "settings/__init__.py": "from .test import *"},
            set(),
            id="the package imports it",
        ),
    ],
)
def test_star_imports_decide(files, found):
    assert development(files) == found
