"""Estimate what the secrets of an app cost: prices, and a monthly bill."""
