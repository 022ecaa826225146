"""The rotation function of Lambda and `shield rotate`; imports nothing from other packages."""
