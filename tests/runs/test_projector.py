import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format
from kerasdl.errors import BadInput
from kerasdl.runs import RunFolder, projector, save_projector
from tensorboard.plugins.projector import ProjectorConfig

VECTORS = np.arange(20.0).reshape(5, 4)


def config_of(folder):
    return text_format.Parse((folder / "projector_config.pbtxt").read_text(), ProjectorConfig())


def read(folder, name):
    return (folder / "projector" / name).read_bytes().decode()


def test_vectors_and_labels(tmp_path):
    save_projector(tmp_path, VECTORS, {"word": ["sea", "a\tb\r\nc", "", "caf\u00e9\ud83d", "e"], "length": range(5)})
    (written,) = config_of(tmp_path).embeddings
    assert (written.tensor_name, list(written.tensor_shape)) == ("vectors", [5, 4])
    assert written.sprite.image_path == ""
    assert np.array_equal(np.loadtxt(tmp_path / written.tensor_path, delimiter="\t"), VECTORS)
    rows = "word\tlength\tnumber\nsea\t0\t0\na b c\t1\t1\n\t2\t2\ncaf\u00e9?\t3\t3\ne\t4\t4\n"
    assert read(tmp_path, "vectors_labels.tsv") == rows
    assert list(tmp_path.glob("*tfevents*"))


def test_images_stand_in_the_sheet_row_by_row(tmp_path):
    images = np.stack([np.full((2, 3, 1), 10 * number) for number in range(1, 6)])
    save_projector(tmp_path, VECTORS, {"class": "abcde"}, images=images)
    (written,) = config_of(tmp_path).embeddings
    sheet = tf.io.decode_png((tmp_path / written.sprite.image_path).read_bytes()).numpy()[..., 0]
    assert list(written.sprite.single_image_dim) == [3, 2]
    assert sheet.shape == (2 * 2, 3 * 3)
    assert sheet[::2, ::3].tolist() == [[10, 20, 30], [40, 50, 255]]


def test_large_images_keep_their_shape_and_their_mean(tmp_path):
    images = np.zeros((5, 256, 128, 3), np.uint8)
    images[:, ::2] = 100
    save_projector(tmp_path, VECTORS, {"class": "abcde"}, images=images)
    (written,) = config_of(tmp_path).embeddings
    sheet = tf.io.decode_png((tmp_path / written.sprite.image_path).read_bytes()).numpy()
    assert list(written.sprite.single_image_dim) == [32, 64]
    assert (sheet[:64, :32] == 50).all()


def test_of_too_many_some_are_drawn_and_it_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(projector, "MOST_POINTS", 3)
    save_projector(tmp_path, VECTORS, {"class": "abcde"}, images=np.zeros((5, 1, 1, 3)))
    assert capsys.readouterr().out == "Projector: 3 of 5 vectors, drawn at random\n"
    _, *rows = read(tmp_path, "vectors_labels.tsv").splitlines()
    numbers = [int(row.split("\t")[1]) for row in rows]
    assert [row.split("\t")[0] for row in rows] == ["abcde"[number] for number in numbers]
    assert np.array_equal(np.loadtxt(tmp_path / "projector/vectors.tsv", delimiter="\t"), VECTORS[numbers])
    assert len(set(numbers)) == 3


def test_other_vectors_are_kept_and_the_same_are_replaced(tmp_path):
    run = RunFolder(tmp_path)  # whose folder of logs is locked
    for name, count in (("first", 5), ("second", 5), ("first", 4)):
        save_projector(run.logs, VECTORS[:count], {"class": "abcde"[:count]}, name=name)
    written = [(each.tensor_name, each.tensor_shape[0]) for each in config_of(run.logs).embeddings]
    assert written == [("second", 5), ("first", 4)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"vectors": VECTORS[:2]}, r"3 x 3 at least. Received: shape \(2, 4\)"),
        ({"vectors": VECTORS[0]}, r"Received: shape \(4,\)"),
        ({"vectors": np.where(VECTORS == 5, np.nan, VECTORS)}, r"must be finite. Received: .*nan.* as vector 1"),
        ({"labels": {}}, r"must be labels.*Received: 5 vectors, \{\}"),
        ({"labels": {"class": "ab"}}, r"Received: 5 vectors, \{'class': 2\}"),
        ({"labels": {"number": range(5)}}, "Received: a label 'number'"),
        ({"images": np.zeros((4, 2, 2, 3))}, r"'images': 4"),
        ({"images": np.zeros((5, 2, 2))}, r"Received: shape \(5, 2, 2\)"),
        ({"name": "../mine"}, r"Received: '../mine'"),
    ],
)
def test_bad_input_writes_nothing(tmp_path, arguments, message):
    given = {"vectors": VECTORS, "labels": {"class": "abcde"}, **arguments}
    with pytest.raises(BadInput, match=message):
        save_projector(tmp_path, given.pop("vectors"), given.pop("labels"), **given)
    assert list(tmp_path.iterdir()) == []


def test_pictures_are_small_enough_to_be_kept_in_memory():
    picture = np.zeros((1, 128, 256, 1), np.float32)
    picture[0, :, :128] = 200
    found = projector.small(picture)
    assert found.shape == (1, 32, 64, 1)
    assert found[0, 7, 30:34, 0].tolist() == [200, 200, 0, 0]
    assert projector.small(found) is found
