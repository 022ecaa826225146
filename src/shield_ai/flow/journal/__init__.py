"""The record of what apply and rollback did, and the copies of the files before it."""
