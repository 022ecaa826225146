"""Django: database backends that survive a rotation, system checks, a health probe, a command.

Add "shield_runtime.django" to INSTALLED_APPS for the checks and `manage.py shield`.
"""
