"""Apply a plan, and prove that it changes no setting of the app."""
