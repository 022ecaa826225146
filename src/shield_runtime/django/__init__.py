"""Django integration: database backends for rotation, system checks, a health view, a command.

Add "shield_runtime.django" to INSTALLED_APPS for the checks and `manage.py shield`.
"""
