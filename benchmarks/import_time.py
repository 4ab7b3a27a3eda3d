"""How much time does `import kerasdl` add to `import keras`? Median of seven pairs of processes, interleaved.

python benchmarks/import_time.py
"""

import statistics
import subprocess
import sys
import time

PAIRS = 7


def seconds(code: str) -> float:
    """Wall time of a process that runs `code`."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    return time.perf_counter() - started


def main() -> None:
    """Print both medians and the median difference."""
    # The same kernels for both, so that only the import differs.
    ours, theirs = (
        f"import os; os.environ['TF_ENABLE_ONEDNN_OPTS'] = '1'; import {name}" for name in ("kerasdl", "keras")
    )
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(PAIRS + 1)][1:]
    for name, values in zip(("import kerasdl", "import keras"), zip(*pairs, strict=True), strict=True):
        print(f"{name:16} {statistics.median(values):6.2f} s")
    print(f"{'difference':16} {statistics.median(a - b for a, b in pairs):6.2f} s")


if __name__ == "__main__":
    main()
