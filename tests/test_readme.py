import re
import subprocess
import sys
from pathlib import Path

README = (Path(__file__).parents[1] / "README.md").read_text()


def test_the_example_runs_as_it_stands(tmp_path):
    (example,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    done = subprocess.run([sys.executable, "-c", example], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert re.search(r"\d\d\.\d% right; most confused: \[", done.stdout)
    assert (tmp_path / "runs/readme/digits.keras").exists()


def test_every_file_that_is_named_exists():
    root = Path(__file__).parents[1]
    for name in re.findall(r"\]\(([^)]+)\)", README):
        assert (root / name).exists(), name
    tree = README.split("    kerasdl/\n")[1].split("\n    recipes/")[0]
    named = {line.split()[0].rstrip("/") for line in tree.splitlines()}
    there = {path.name for path in (root / "kerasdl").iterdir() if not path.name.startswith("__")}
    assert named == there
