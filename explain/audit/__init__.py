"""The audit of a run: what its explanations are worth over a seeded sample, stored with the run."""

from explain.audit.audit import audit

__all__ = ["audit"]
