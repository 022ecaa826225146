from __future__ import annotations

import pytest

HEAD = """\
import os
from pydantic import BaseModel, Field
from pydantic_settings import BaseSettings
from shield_runtime.pydantic import SecretsManagerSource
from shop.models import Mail
class Database(BaseModel):
    dial: str = compute()
"""
SOURCE = """\
    @classmethod
    def settings_customise_sources(cls, settings_cls, init_settings, env_settings, **others):
        secrets = SecretsManagerSource(settings_cls, {"VALUE": "a", "DB__DIAL": "b", "MAIL__DIAL": "c"})
        return init_settings, secrets, env_settings
"""


@pytest.mark.parametrize(
    ("field", "variables"),
    [
        pytest.param("value: str = secrets.token_hex()", ["VALUE"], id="a generated default"),
        pytest.param("value: str = os.environ.get('X', '')", ["VALUE"], id="another variable"),
        pytest.param("value: int = 1", ["VALUE"], id="a number"),
        pytest.param("value: Mode = Mode.A", ["VALUE"], id="an object"),
        pytest.param("x: str = Field(alias='VALUE')", ["VALUE"], id="an alias"),
        pytest.param(
            "x: str = Field(validation_alias=AliasChoices('X', 'value'))", ["VALUE"], id="aliases"
        ),
        pytest.param("db: Database", ["DB__DIAL"], id="a nested model"),
        pytest.param("mail: Mail | None = None", ["MAIL__DIAL"], id="a model of another file"),
        pytest.param("other: str = compute()", [], id="not in the source"),
    ],
)
@pytest.mark.parametrize("inherited", [False, True])
def test_the_fields_of_the_settings_source_are_read(scanned, field, variables, inherited):
    """A field is served for any name, type and default."""
    config = "    model_config = {'env_nested_delimiter': '__'}\n"
    if inherited:
        text = f"{HEAD}class Base(BaseSettings):\n    {field}\nclass S(Base):\n{config}{SOURCE}"
    else:
        text = f"{HEAD}class S(BaseSettings):\n{config}    {field}\n{SOURCE}"
    models = "from pydantic import BaseModel\nclass Mail(BaseModel):\n    dial: str = compute()\n"
    files = {"shop/__init__.py": "", "shop/config.py": text, "shop/models.py": models}
    assert list(scanned(files).migrated) == variables
