"""Fixtures of the tests of images."""

import pytest

from tests.data.images.pictures import PIXELS, encoded


@pytest.fixture
def files(tmp_path):
    paths = [str(tmp_path / f"{index}.png") for index in range(4)]
    for path, pixels in zip(paths, PIXELS, strict=True):
        (tmp_path / path).write_bytes(encoded(pixels))
    return paths
