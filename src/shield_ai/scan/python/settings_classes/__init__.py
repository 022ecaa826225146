"""Analyze settings classes: of pydantic, of django-configurations, and classes for stages."""
