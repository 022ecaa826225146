"""The journey, one stage a module: draft, plan, apply, verify, rotate, roll back."""
