"""Lay out edited lines as a formatter would."""
