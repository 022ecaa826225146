"""The controls of compliance frameworks, evaluated from results, and their formats."""
