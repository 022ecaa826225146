"""What the secrets cost: usage, prices and the bill."""
