from __future__ import annotations

import pytest

READ = "KEY = os.environ.get('S3_API_KEY', 'local')"
OTHER = "KEY = 'x'"


@pytest.mark.parametrize(
    ("condition", "body", "other", "is_needed"),
    [
        pytest.param("STAGE == 'production'", OTHER, READ, False, id="else of production"),
        pytest.param("STAGE in ['PROD', 'stage']", OTHER, READ, False, id="else of several"),
        pytest.param("STAGE == 'production'", READ, OTHER, True, id="production"),
        pytest.param("STAGE == 'local'", READ, OTHER, False, id="development"),
        pytest.param("STAGE in ('dev', 'staging')", READ, OTHER, True, id="staging, too"),
        pytest.param("STAGE != 'production'", OTHER, READ, True, id="not production"),
        pytest.param("STAGE == NAME", OTHER, READ, True, id="not a text"),
        pytest.param("DEBUG", READ, OTHER, True, id="another condition"),
    ],
)
def test_reads_in_branches_of_other_stages(scanned, condition, body, other, is_needed):
    text = f"import os\nif {condition}:\n    {body}\nelse:\n    {other}\n"
    [site] = [site for _, site in scanned({"settings.py": text}).sites if site.variable]
    assert site.has_alternative_branch is not is_needed
