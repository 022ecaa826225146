"""The code of the rotation function and of `shield rotate`. Imports no other shield_ai package."""
