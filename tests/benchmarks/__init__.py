"""Speed, measured in a pseudo-terminal beside two baselines: `python -m tests.benchmarks`."""
