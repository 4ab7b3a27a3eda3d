import numpy as np
import pytest
from kerasdl import runs
from kerasdl.data.splits import Part
from kerasdl.errors import BadInput


def test_the_default_data_are_the_language_reference_of_python():
    texts = runs.load_texts(runs.TextData(), seed=0)
    assert len(texts) > 70
    assert texts.size > 400_000
    _, first = next(texts.read())
    assert "assert" in first.lower()


def test_each_kind_of_data(tmp_path):
    # Without a use for classes, an empty cell or a folder of one document is no fault.
    (tmp_path / "reviews.csv").write_text("review,held,label\n" + "good,train,a\n" * 9 + "bad,valid,\n")
    (tmp_path / "play.txt").write_text("To be\nor not\n" * 9)
    for number in range(9):
        (tmp_path / f"chapter{number}").mkdir()
        (tmp_path / f"chapter{number}/page.txt").write_text("a text")
    table = runs.TextData(data=str(tmp_path / "reviews.csv"), text="review", split="held")
    file = runs.TextData(data=str(tmp_path / "play.txt"), valid_share=0.5)
    folder = runs.TextData(data=str(tmp_path), valid_share=0.2)
    found = [str(runs.load_texts(options, seed=0)).split(" documents")[0] for options in (table, file, folder)]
    assert found == ["9 training and 1 validation", "1 training and 1 validation", "8 training and 2 validation"]


def test_the_default_data_with_classes_are_its_paragraphs():
    texts = runs.load_texts(runs.LabelledTextData(), seed=0)
    assert len(texts.classes) == 12
    # Every class has a document for validation.
    assert np.bincount(texts.labels[texts.parts == Part.VALID]).min() >= 1


def test_each_kind_of_data_with_classes(tmp_path):
    (tmp_path / "reviews.csv").write_text("review,mood,label\n" + "fine,a b,x\nso,b,y\n" * 9)
    for number in range(12):
        (tmp_path / f"films/{number % 3}").mkdir(parents=True, exist_ok=True)
        (tmp_path / f"films/{number % 3}/{number}.txt").write_text("a text")
    table, folder = str(tmp_path / "reviews.csv"), str(tmp_path / "films")
    usual, tags, folders = (
        runs.load_texts(runs.LabelledTextData(**options), seed=0)
        for options in ({"data": table}, {"data": table, "label": "mood", "tag_separator": " "}, {"data": folder})
    )
    assert (usual.classes, usual.tags) == (("x", "y"), False)
    assert (tags.classes, tags.tags) == (("a", "b"), True)
    assert folders.classes == ("0", "1", "2")
    with pytest.raises(BadInput, match="A single text has no classes.*0.txt"):
        runs.load_texts(runs.LabelledTextData(data=folder + "/0/0.txt"), seed=0)
    with pytest.raises(BadInput, match="label and tag_separator: only with a CSV file"):
        runs.load_texts(runs.LabelledTextData(data=folder, label="x", tag_separator=" "), seed=0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"text": "review"}, r"text: only with a CSV file. Received: data='python', \{'text': 'review'\}"),
        ({"data": "a.csv", "valid": "b.txt"}, "valid: only with a text file"),
        ({"encoding": "cp1252"}, "encoding: only with files"),
    ],
    ids=str,
)
def test_options_that_do_not_go_with_the_data(options, message):
    with pytest.raises(BadInput, match=message):
        runs.load_texts(runs.TextData(**options), seed=0)
