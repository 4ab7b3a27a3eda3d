"""The readers beside exported models give exactly the numbers of the Keras preprocessing, without Keras."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from kerasdl import export
from kerasdl.errors import BadInput
from kerasdl.export.preprocessing import as_python, save_reader
from kerasdl.export.readers import images, tables, texts
from kerasdl.layers import FitImage, n_gram_buckets, n_gram_codes

from tests.export.zoo import TEXTS, made

STRINGS = [
    *TEXTS,
    "caf\u00e9 DON'T stop: İSTANBUL\u2019S a...b ---- \\\" <br /> 3.14, 1,000. \ud83d",
    "A  B\n\n c\x0bd\x00e x\ty \u2c2f aaaaa AAAA @-@ x #39;s &amp; <unk>",
    "ΟΔΥΣΣΕΥΣ ΑΣ. 日本語 naïve co\u0301o \u0967\u0968 😀😀😀",
]
DATES = ["2016-12-24", "", "nonsense", "2020-02-29 23:59:59", "1969-01-01 00:00:01", "0004-03-01", "9999-12-31 12:00",
         "2019-02-31", "2019-13-01", "2020-1-1"]  # fmt: skip


def facts_of(kind):
    """As they are read from the file."""
    return json.loads(json.dumps(export.numeric_core(made(kind)[0]).facts))


@pytest.mark.parametrize("kind", ["lstm", "ngrams"])
def test_tokens_and_n_grams_of_texts(kind):
    core = export.numeric_core(made(kind)[0])
    clean = [each.encode("utf-8", "replace").decode() for each in STRINGS]
    expected = core.before.predict(tf.constant(clean), verbose=0)
    (found,) = texts.prepare(STRINGS, facts_of(kind)).values()
    assert np.array_equal(found, expected)
    assert len(np.unique(found)) > 8


def test_n_grams_in_buckets():
    tokens = np.array([[2, 5, 6, 5, 6, 0], [2, 7, 0, 0, 0, 0]])
    expected = np.sort(n_gram_buckets(n_gram_codes(tokens, 9, 2), 50), axis=1)
    found = texts.ngrams_of(tokens, 9, 2, buckets=50)
    assert [sorted({*row} - {0}) for row in found.tolist()] == [sorted({*row} - {0}) for row in expected.tolist()]


def test_columns_of_a_table():
    exported, inputs, _ = made("table")
    inputs = {**inputs, "since": tf.constant([[DATES[at % len(DATES)]] for at in range(100)])}
    # Called, not compiled: TensorFlow's optimizer moves the last bit of some scaled numbers.
    expected = export.numeric_core(exported).before(inputs)
    rows = [{name: each[at, 0].numpy() for name, each in inputs.items()} for at in range(100)]
    rows = [{name: each.decode() if isinstance(each, bytes) else each for name, each in row.items()} for row in rows]
    found = tables.prepare(rows, facts_of("table"))
    assert found.keys() == expected.keys()
    assert all(np.array_equal(found[name], expected[name]) for name in found)


@pytest.mark.parametrize(("height", "width"), [(8, 8), (7, 19), (40, 33), (16, 16), (3, 50), (1, 1)])
def test_pixels_of_pictures(height, width):
    picture = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    assert np.array_equal(images.fitted(picture, 8, 8), FitImage(8, 8)(picture[None])[0])


def test_what_is_written_needs_neither_kerasdl_nor_keras(tmp_path):
    core = export.numeric_core(made("lstm")[0])
    save_reader(core.facts, tmp_path)
    code = "import sys, preprocessing; print(preprocessing.prepare(['The cook'])['tokens'].tolist()); "
    code += "print({'keras', 'kerasdl', 'tensorflow'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    expected = core.before.predict(tf.constant(["The cook"]), verbose=0).tolist()
    assert done.stdout.splitlines() == [str(expected), "set()"]
    assert (tmp_path / "preprocessing.py").read_text() == Path(texts.__file__).read_text()


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"(^|\s)x[^a-z\s]+(\s|$)", "(^|[\\t\\n\\f\\r ])x[^a-z\\t\\n\\f\\r ]+([\\t\\n\\f\\r ]|\\Z)"),
        (r"(\S)\$[$]", r"([^\t\n\f\r ])\$[$]"),
        (r"[\pL\pN\pM_]", "[LETTERS_]"),
    ],
)
def test_patterns_of_re2_in_python(pattern, expected):
    assert as_python(pattern) == expected


def test_an_average_of_texts_has_no_reader():
    exported = made("lstm")[0]
    with pytest.raises(BadInput, match="An average of models of strings has no reader"):
        export.numeric_core(export.average([exported, made("ngrams")[0]]))
