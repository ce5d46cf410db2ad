"""Budgets and ratios: what may not become slow, measured against something on the same machine at the same time."""
