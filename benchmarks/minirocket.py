"""MiniRocket for `sequence_classification.py`, which runs this file with the Python of an environment with aeon.

Arguments: the training and the test file, and the seeds. Prints [accuracy, CPU seconds] of each seed as JSON.
"""

import json
import sys
import time

from aeon.classification.convolution_based import MiniRocketClassifier
from aeon.datasets import load_from_ts_file


def main(train: str, test: str, *seeds: str) -> None:
    """Train with each seed and predict the test file."""
    (x, y), (x_test, y_test) = load_from_ts_file(train), load_from_ts_file(test)
    # Numba compiles once.
    MiniRocketClassifier(random_state=0).fit(x[:20], y[:20])
    results = []
    for seed in seeds:
        started = time.process_time()
        found = MiniRocketClassifier(random_state=int(seed)).fit(x, y).predict(x_test)
        results.append([float((found == y_test).mean()), time.process_time() - started])
    print(json.dumps(results))


if __name__ == "__main__":
    main(*sys.argv[1:])
