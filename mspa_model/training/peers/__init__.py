"""Published recommenders that a benchmark sets MSPA beside, made as the baselines are; their packages are optional."""
