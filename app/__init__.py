"""The screen: the only package that imports streamlit."""

import gc

# Importing the libraries makes a million objects that stay: looking through them again and again for garbage takes a
# fifth of the start.
gc.set_threshold(100_000, 20, 20)
