"""Values of options for which nothing is trained: one line, before anything is read or written."""

import subprocess
import sys

import pytest

from tests.recipes.test_image_classifier import RECIPES, recipe


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("time_series", {"steps": 0}, "steps must be at least 1"),
        ("time_series", {"units": (8, 0)}, "units must be at least 1"),
        ("time_series", {"units": ()}, "units must be at least 1"),
        ("tabular", {"hidden": (0,)}, "hidden must be at least 1"),
        ("tabular", {"dropout": 1.0}, "dropout must be at least 0 and below 1"),
        ("language_model", {"min_freq": 0}, "min_freq must be at least 1"),
        ("language_model", {"max_vocab": -1}, "max_vocab must be at least 1"),
        ("image_classifier", {"start_size": 0}, "start_size must be at least 1"),
    ],
)
def test_values_out_of_range_are_named(name, options, message):
    with pytest.raises(ValueError, match=rf"{message}. Received: {next(iter(options))}="):
        recipe(name).Config(**options)


def test_a_table_needs_no_hidden_layer():
    assert recipe("tabular").Config(hidden=()).hidden == ()


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.py")), ids=lambda path: path.stem)
def test_a_recipe_ends_by_running(path):
    assert path.read_text().endswith('if __name__ == "__main__":\n    runs.run_recipe(main, Config)\n')


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.py")), ids=lambda path: path.stem)
def test_a_recipe_is_a_script(path):
    assert "--" in subprocess.run([sys.executable, path, "--help"], capture_output=True, text=True, check=True).stdout
