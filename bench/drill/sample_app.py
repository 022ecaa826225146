"""The sample app as the subject of a drill."""

from __future__ import annotations

from typing import ClassVar

from shield_ai.sandbox import LocalPostgres, WebApp, copy_sample, load_data, write_env

SETTINGS = """\
from storefront.settings.production import *

for database in DATABASES.values():
    database["CONN_MAX_AGE"] = 0  # so that no open connection hides a dead password
"""


class SampleApp:
    """Storefront, with PostgreSQL."""

    env_file = ".env"
    secret = "database-credentials"
    strategy = "postgres-single-user"
    fields: ClassVar = {}
    optional = ()
    restarts = False
    clients = 4
    pause = 0.05  # seconds between two requests of a client
    pages = ("/", "/health")
    variables: ClassVar = {"DJANGO_SETTINGS_MODULE": "storefront.settings.production"}

    def create(self, folder, stack):
        """Copy the app, with a database and an env file; return its folder and the values."""
        self.server = stack.enter_context(LocalPostgres.start())
        app = copy_sample(folder / "storefront")
        with (app / ".gitignore").open("a") as ignore:
            ignore.write(".env\n*.pyc\n")
        return app, write_env(app, self.server)

    def set_up(self, app, environment, log):
        """Create the tables and load the data."""
        load_data(app, environment, log)

    def edit(self, app):
        """Do nothing: apply makes all edits."""

    undo_edit = edit

    def serve(self, place, environment, log):
        """Start a deployed copy."""
        (place / "under_load.py").write_text(SETTINGS)
        return WebApp.start(place, {**environment, "DJANGO_SETTINGS_MODULE": "under_load"}, log)

    def connect(self, login, password):
        """Log in to the database."""
        self.server.connect(login["database"], login["username"], password).close()
