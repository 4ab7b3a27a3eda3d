from pathlib import Path

import numpy as np
import pytest
from kerasdl.data import text
from kerasdl.data.splits import Part
from kerasdl.errors import BadInput


@pytest.fixture
def made(tmp_path):
    def made(*names, content="a text of {}\n"):
        for name in names:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(content.format(name))
        return tmp_path

    return made


def table(texts):
    """(path, part, class) of each document."""
    labels = [-1] * len(texts) if texts.labels is None else texts.labels
    words = ["" if label < 0 else texts.classes[label] for label in labels]
    rows = zip(texts.names, texts.parts, words, strict=True)
    return [(Path(name).name, Part(part).name, word) for name, part, word in rows]


def test_the_layout_of_movie_reviews(made):
    folder = made("train/pos/1.txt", "train/neg/2.txt", "train/unsup/3.txt", "train/urls_pos.txt", "valid/pos/x/4.TXT")
    made("valid/neg/5.md", "test/neg/6.text", "test/pos/.7.txt", "test/pos/8.feat", "README.txt", "more/9.txt")
    texts = text.from_folder(folder)
    assert table(texts) == [
        ("2.txt", "TRAIN", "neg"),
        ("1.txt", "TRAIN", "pos"),
        ("3.txt", "TRAIN", ""),
        ("5.md", "VALID", "neg"),
        ("4.TXT", "VALID", "pos"),
        ("6.text", "TEST", "neg"),
    ]
    assert list(texts.read()) == [
        (number, f"a text of {Path(name).relative_to(folder)}\n") for number, name in enumerate(texts.names)
    ]
    assert texts.size == sum(Path(name).stat().st_size for name in texts.names)


def test_without_a_validation_folder_a_share_of_every_class_validates(made):
    folder = made(*(f"train/{name}/{number}.txt" for name in ("neg", "pos") for number in range(10)), "unsup/a.txt")
    texts = text.from_folder(folder, valid_share=0.2)
    assert np.bincount(texts.labels[texts.parts == Part.VALID]).tolist() == [2, 2]
    assert table(texts)[-1] == ("a.txt", "TRAIN", "")
    again, other = text.from_folder(folder, valid_share=0.2), text.from_folder(folder, valid_share=0.2, seed=1)
    assert (texts.parts == again.parts).all()
    assert (texts.parts != other.parts).any()


def test_without_a_train_folder_the_folders_are_classes(made):
    folder = made(*(f"{name}/{number}.txt" for name in ("b", "a", "Unlabeled") for number in range(2)))
    assert [(name, word) for name, _, word in table(text.from_folder(folder))] == [
        *[("0.txt", ""), ("1.txt", "")],
        *[("0.txt", "a"), ("1.txt", "a"), ("0.txt", "b"), ("1.txt", "b")],
    ]


@pytest.mark.parametrize("names", [["1.txt", "2.txt"], ["books/1.txt", "2.txt"], ["train/1.txt", "train/unsup/2.txt"]])
def test_without_two_class_folders_all_files_are_texts_without_classes(made, names):
    texts = text.from_folder(made(*names))
    assert len(texts) == 2
    assert (texts.labels, texts.classes) == (None, ())


def test_folders_are_no_classes_if_the_user_says_so(made):
    texts = text.from_folder(made("kafka/1.txt", "woolf/2.txt", "3.txt"), label=False)
    assert (len(texts), texts.labels) == (3, None)


@pytest.mark.parametrize("places", [[""], ["train/"], ["train/", "test/"]])
def test_files_beside_class_folders_are_named(made, places):
    made(*(f"{place}{name}/{number}.txt" for place in places for name in "ab" for number in range(2)))
    folder = made(f"{places[-1]}c.txt", f"{places[-1]}d.md")
    with pytest.raises(BadInput, match=r"beside class folders.*label=False. Received: \S*c\.txt, \S*d\.md$"):
        text.from_folder(folder)
    assert len(text.from_folder(folder, label=False)) == 4 * len(places) + 2


def test_lists_of_addresses_are_no_texts(made):
    folder = made("train/pos/1.txt", "train/pos/2.txt", "train/urls_pos.txt", "train/urls_unsup.txt")
    assert len(text.from_folder(folder, label=False)) == 2


def test_test_documents_may_have_no_class(made):
    names = [f"train/{name}/{number}.txt" for name in ("neg", "pos") for number in range(2)]
    assert table(text.from_folder(made(*names, "test/9.txt")))[-1] == ("9.txt", "TEST", "")


def test_a_file_in_another_encoding_is_named_when_it_is_read(made):
    folder = made("1.txt", "2.txt")
    (folder / "2.txt").write_bytes("one\né".encode("cp1252"))
    texts = text.from_folder(folder)
    with pytest.raises(BadInput, match=r"Line 2 is not utf-8.*2\.txt"):
        list(texts.read())
    assert list(text.from_folder(folder, encoding="cp1252").read())[1] == (1, "one\né")


def test_a_file_that_is_gone_is_named_when_it_is_read(made):
    folder = made("1.txt", "2.txt")
    texts = text.from_folder(folder)
    (folder / "2.txt").unlink()
    with pytest.raises(BadInput, match=r"No such file, .*2\.txt"):
        list(texts.read())


def test_a_file_that_changed_is_named_when_it_is_read(made):
    texts = text.from_folder(made("1.txt", "2.txt"))
    made("2.txt", content="another text\n")
    with pytest.raises(BadInput, match=r"has changed since.*2\.txt"):
        list(texts.read())


def test_the_identity_changes_with_files_and_encoding(made):
    folder = made("1.txt", "2.txt")
    one = text.from_folder(folder).identity
    assert one == text.from_folder(folder, seed=1, valid_share=0.5).identity
    assert one != text.from_folder(folder, encoding="cp1252").identity
    made("2.txt", content="another {}")
    assert one != text.from_folder(folder).identity


def test_errors(made, tmp_path):
    with pytest.raises(BadInput, match="No such folder. Received: .*none"):
        text.from_folder(tmp_path / "none")
    with pytest.raises(BadInput, match=r"No texts for training: .*\.txt.*Received: .* with \['a.pdf'\]"):
        text.from_folder(made("a.pdf"))
    with pytest.raises(BadInput, match="test/ needs a train/ folder"):
        text.from_folder(made("test/pos/1.txt"))
    with pytest.raises(BadInput, match=r"No texts for training.*train' with \['pos'\]"):
        text.from_folder(made("train/pos/1.pdf"))
    made("train/pos/1.txt", "train/neg/2.txt", "valid/readme.pdf")
    with pytest.raises(BadInput, match=r"No texts for validation.*valid' with \['readme.pdf'\]"):
        text.from_folder(tmp_path)


def test_empty_files_are_named(made):
    made(*(f"a/{number}.txt" for number in range(8)), content="")
    with pytest.raises(BadInput, match=r"No text in 8 of the documents.*a/0.txt, .*a/4.txt and 3 more"):
        text.from_folder(made("a/9.txt", "b/1.txt", "b/2.txt"))


def test_classes_without_training_documents_are_named(made):
    with pytest.raises(BadInput, match="No training document has the classes other"):
        text.from_folder(made("train/a/1.txt", "train/b/2.txt", "valid/other/3.txt"))


def test_parts_that_share_a_folder_are_refused(made, tmp_path):
    made("train/pos/1.txt", "train/neg/1.txt")
    (tmp_path / "valid").symlink_to(tmp_path / "train")
    with pytest.raises(BadInput, match="(?s)train/.*valid/"):
        text.from_folder(tmp_path)
