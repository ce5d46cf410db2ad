"""The audit of a run: what its explanations are worth over a seeded sample, stored with the run."""
