import pytest


@pytest.fixture
def prepared(tmp_path):
    """Prepares a dataset of TensorFlow Datasets by its builder; returns the folder."""

    def prepare(builder):
        builder(data_dir=tmp_path).download_and_prepare()
        return str(tmp_path)

    return prepare
