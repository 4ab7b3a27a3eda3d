import os

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from kerasdl.data import images
from kerasdl.errors import BadInput


def listed(folder, header, *rows):
    (folder / "table.csv").write_text("\n".join([header, *rows]))
    return folder / "table.csv"


def test_classes_with_a_split_column(image_folder):
    folder = image_folder({"x": 6})
    rows = [f"{index},{'ab'[index % 2]},{['train', 'train', 'valid'][index // 2]}" for index in range(6)]
    table = listed(folder, "file,kind,part", *rows[:5], "5,b,test")
    data = images.from_csv(table, "kind", folder=folder / "x", suffix=".png", split="part")
    assert (data.classes, data.counts["train_images"]) == (("a", "b"), 4)
    assert [name.rsplit("/", 1)[1] for name in data.valid_names] == ["4.png"]
    assert [name.rsplit("/", 1)[1] for name in data.test_pictures.names] == ["5.png"]


def test_tags_in_one_cell_or_in_columns(image_folder):
    folder = image_folder({"x": 6})
    table = listed(folder, "file,tags", *(f"x/{i}.png,{['red', 'red round', ''][i % 3]}" for i in range(6)))
    data = images.from_csv(table, "tags", tag_separator=" ", augment=None)
    assert (data.classes, data.tags, str(data).endswith("in 2 tags")) == (("red", "round"), True, True)
    assert isinstance(data.loss, keras.losses.BinaryCrossentropy)
    for name, label in zip(data.train_names, data.train_pictures.labels, strict=True):
        assert label.tolist() == [[1, 0], [1, 1], [0, 0]][int(name[-5]) % 3]
    flags = listed(folder, "file,red,round", *(f"x/{i}.png,{int(i % 3 < 2)},{int(i % 3 == 1)}" for i in range(6)))
    again = images.from_csv(flags, ["red", "round"])
    assert (again.classes, again.train_names) == (data.classes, data.train_names)
    assert np.array_equal(again.train_pictures.labels, data.train_pictures.labels)


def test_numbers_with_a_group_column(image_folder):
    folder = image_folder({"x": 12})
    table = listed(folder, "file,age,who", *(f"x/{i}.png,{i + 0.5},{'pqr'[i % 3]}" for i in range(12)))
    data = images.from_csv(table, "age", group="who", valid_share=0.3)
    assert (data.numbers, data.classes, str(data).endswith("with age")) == (("age",), (), True)
    assert isinstance(data.loss, keras.losses.MeanSquaredError)
    y = next(iter(data.valid))[1]
    assert (y.dtype, y.shape) == (tf.float32, (len(data.valid_names), 1))
    assert len({int(value) % 3 for value in y[:, 0].numpy()}) == 1


@pytest.mark.parametrize(
    ("header", "rows", "options", "message"),
    [
        ("file,kind", ["x/0.png,a", "x/1.png,b"], {"target": "colour"}, "No such column: 'colour'"),
        ("file,kind", ["x/0.png,a", ",b"], {"target": "kind"}, r"No file name in line 3. Received: column 'file'"),
        ("file,kind", ["x/0.png,a", "x\0.png,b"], {"target": "kind"}, r"No file name in line 3"),
        ("file,kind", ["x/0.png,a", "x/1.png,"], {"target": "kind"}, r"1 rows have no target, the first line 3"),
        ("kind", ["a", "b"], {"target": "kind"}, "Give the column of file names as image. Received: image=None"),
        (
            "file,kind,s",
            ["x/0.png,a,train", "x/1.png,b,dev"],
            {"target": "kind", "split": "s"},
            r"must hold 'train' or 'valid' in every row. Received: 'dev' in line 3",
        ),
        ("file,tags", ["x/0.png,1", "x/1.png,2"], {"target": "tags", "task": "tags"}, r"Received: '2' in line 3"),
        ("file,kind", ["x/0.png,a", "x/9.png,b"], {"target": "kind"}, r"1 of 2 files .*x/9.png in line 3 \(No such"),
        ("file,age", ["x/0.png,1.5", "x/1.png,2.5"], {"target": "age", "balanced": True}, "needs one class per image"),
    ],
)  # fmt: skip
def test_tables_that_cannot_be_used(image_folder, header, rows, options, message):
    folder = image_folder({"x": 2})
    with pytest.raises(BadInput, match=message):
        images.from_csv(listed(folder, header, *rows), **options)


@pytest.mark.parametrize("check", ["auto", False])
def test_what_is_no_file_is_never_read(check, image_folder, monkeypatch):
    """However large the files are: a pipe or a device may never end."""
    monkeypatch.setattr("kerasdl.data.images.build.CHECKED_BYTES", 0)
    folder = image_folder({"x": 1})
    os.mkfifo(folder / "x/pipe.png")
    table = listed(folder, "file,kind", "x/0.png,a", "/dev/zero,b", "x/pipe.png,b")
    message = r"2 of 3 files .*: /dev/zero in line 3 \(Not a file\); .*pipe.png in line 4 \(Not a file\)\. Fix"
    with pytest.raises(BadInput, match=message):
        images.from_csv(table, "kind", check=check)


def test_flags_of_any_type_are_tags(image_folder):
    folder = image_folder({"x": 4})
    frame = pd.DataFrame({"file": [f"x/{i}.png" for i in range(4)], "red": [True, False] * 2, "new": [0.0, 1.0] * 2})
    data = images.from_frame(frame, ["red", "new"], folder=folder)
    assert (data.tags, data.classes) == (True, ("red", "new"))


def test_only_the_columns_in_use_are_read(image_folder):
    folder = image_folder({"x": 4})
    frame = pd.DataFrame(
        {0: [f"x/{i}.png" for i in range(4)], 1: ["a", "b"] * 2, "boxes": [[1, 2]] * 4, 3: [["a"]] * 4}
    )
    assert images.from_frame(frame, 1, image=0, folder=folder).classes == ("a", "b")
    with pytest.raises(BadInput, match=r"Column '3' \(object\) holds values of type list"):
        images.from_frame(frame, 3, folder=folder, tag_separator=" ")
    for table, message in (
        (frame.to_dict(), "Pass a pandas DataFrame"),
        (frame[[0, 1, 1]], "make column names unique"),
    ):
        with pytest.raises(BadInput, match=message):
            images.from_frame(table, 1, folder=folder)
