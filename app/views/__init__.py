"""The seven pages. Each takes the selection, makes its cached calls and draws; none imports another."""
