import numpy as np
from kerasdl import runs


def test_a_file_is_read_with_its_options(tmp_path):
    (tmp_path / "a.csv").write_text("x;y\n" + "".join(f"{at};{at * at}\n" for at in range(60)))
    options = runs.SeriesData(data=str(tmp_path / "a.csv"), target=("y",), separator=";", lookback=4, valid_share=0.5)
    data = runs.load_series(options, seed=0)
    assert (data.lookback, data.channels, len(data.valid_origins)) == (4, ("y",), 30)
    assert np.ravel(data.futures(data.valid_origins[:1])) == [900]
