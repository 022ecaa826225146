"""Classes with settings: of pydantic, django-configurations, and one class for each stage."""
