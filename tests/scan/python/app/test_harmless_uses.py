from __future__ import annotations

import pytest

HOST = "import os\nhost = os.getenv('REDIS_URL', 'localhost')\nurl = f'redis://{host}'\n"
READ = "import os\nREDIS_URL = os.getenv('REDIS_URL')\n"


@pytest.mark.parametrize(
    ("worker", "is_moved"),
    [
        pytest.param(HOST, False, id="host"),
        pytest.param(HOST.replace("'localhost'", "'redis://localhost'"), True, id="URL"),
        pytest.param(HOST.replace("REDIS", "CACHE"), True, id="another variable"),
        pytest.param(
            f"{HOST}other = os.getenv('REDIS_URL', 'redis://:x@cache')\n", True, id="both"
        ),
    ],
)
def test_a_url_that_is_a_host_in_another_file_is_not_moved(scanned, worker, is_moved):
    files = {"shop/__init__.py": "", "shop/settings.py": READ, "shop/worker.py": worker}
    found = {
        site.reason is None for f, site in scanned(files).sites if f.path.endswith("settings.py")
    }
    assert found == ({True} if is_moved else {False})
