"""MSPA and its peers on one split in one run: run.py plans, jobs.py fits, store.py keeps, figures.py adds up."""
