# Development is the default; wsgi.py picks storefront.settings.production.
from .base import *  # noqa: F401,F403
