"""The dashboard as an analyst meets it: the real command, a real browser."""
