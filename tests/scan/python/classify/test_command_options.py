from __future__ import annotations

import pytest

from shield_ai.model.skip import SkipId

COMMAND = """import os
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    def handle(self, *args, **options):
        value = {}
"""
READ = 'os.environ.get("USER_PASSWORD")'


@pytest.mark.parametrize(
    ("value", "is_option"),
    [
        pytest.param(f'options["password"] or {READ}', True, id="or"),
        pytest.param(f'{READ} or options.get("user_password")', True, id="the variable first"),
        pytest.param('os.environ.get("USER_PASSWORD", options["password"])', True, id="default"),
        pytest.param(f'options["password"] if options["password"] else {READ}', True, id="if"),
        pytest.param(f'options["db_password"] or {READ}', False, id="password of a database"),
        pytest.param(f'options["api_key"] or {READ}', False, id="another option"),
        pytest.param(f'defaults["password"] or {READ}', False, id="not an option"),
        pytest.param(READ, False, id="no option"),
    ],
)
def test_reads_that_stand_for_an_option(scanned, value, is_option):
    path = "shop/management/commands/add_user.py"
    found = scanned({path: COMMAND.format(value), "shop/settings.py": ""})
    reasons = [site.reason and site.reason.id for _, site in found.sites]
    assert (SkipId.COMMAND_OPTION in reasons) is is_option


def test_the_password_of_createsuperuser_stays_a_variable(scanned):
    text = 'import os\nPASSWORD = os.environ["DJANGO_SUPERUSER_PASSWORD"]\n'
    found = scanned({"shop/settings.py": text})
    assert [site.reason.id for _, site in found.sites] == [SkipId.COMMAND_OPTION]
