"""The audit of a run."""
