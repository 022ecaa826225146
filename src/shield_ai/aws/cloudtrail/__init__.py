"""Read CloudTrail events about secrets and audit them."""
