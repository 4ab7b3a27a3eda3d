import pytest
from kerasdl.data import text
from kerasdl.data.splits import Part
from kerasdl.errors import BadInput


@pytest.fixture
def write(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def documents(texts):
    found = [""] * len(texts)
    for number, piece in texts.read():
        found[number] += piece
    return found


def test_each_file_is_a_document(write):
    files = [write(f"{name}.txt", f"{name} text\r\n") for name in ("train", "valid", "test")]
    texts = text.from_files(files[0], files[1], test=files[2])
    assert documents(texts) == ["train text\n", "valid text\n", "test text\n"]
    assert (texts.names, texts.parts.tolist()) == ([str(file) for file in files], [0, 1, 2])
    assert (texts.labels, texts.size) == (None, 35)


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ("one\ntwo\nthree\nfour\n", ["one\ntwo\n", "three\nfour\n"]),
        ("one\r\ntwo\r\nsix\r\n", ["one\n", "two\nsix\n"]),
        ("a line that is long\nb\n", ["a line", " that is long\nb\n"]),
        ("all in one line", ["all in", " one line"]),
        ("größe\n大きさ\nsize\n", ["größe\n", "大きさ\nsize\n"]),
    ],
)
def test_the_end_of_the_training_file_validates_from_the_beginning_of_a_line_or_word(write, content, parts):
    path = write("all.txt", content)
    texts = text.from_files(path, valid_share=0.5)
    assert documents(texts) == parts
    assert texts.names == [f"{path} (training)", f"{path} (validation)"]
    assert texts.parts.tolist() == [Part.TRAIN, Part.VALID]


def test_a_long_file_is_divided_exactly_and_read_in_pieces(write):
    lines = "".join(f"{number} lines of words\n" for number in range(200_000))
    texts = text.from_files(write("long.txt", lines))
    train, valid = documents(texts)
    assert train + valid == lines
    assert 0.1 * len(lines) <= len(valid) < 0.1 * len(lines) + 22
    assert train.endswith("\n")
    assert max(len(piece) for _, piece in texts.read()) < 2**20 + 2**16


def test_a_test_file_beside_a_training_file_that_is_divided(write):
    texts = text.from_files(write("a.txt", "one\ntwo\nsix\n"), test=write("b.txt", "test"))
    assert documents(texts) == ["one\ntwo\n", "six\n", "test"]


def test_any_encoding(write):
    path = write("wide.txt", "größe\nzwei\ndrei\n".encode("utf-16"))
    assert documents(text.from_files(path, valid_share=0.4)) == ["größe\n", "zwei\ndrei\n"]
    path = write("old.txt", "größe\nzwei\n".encode("cp1252"))
    assert documents(text.from_files(path, encoding="cp1252", valid_share=0.4)) == ["größe\n", "zwei\n"]
    with pytest.raises(BadInput, match="Line 1 is not utf-8"):
        text.from_files(path)


def test_the_identity_changes_with_file_encoding_and_share(write):
    path = write("a.txt", "one\ntwo\nsix\n")
    one = text.from_files(path).identity
    assert one == text.from_files(path).identity
    assert one not in {
        text.from_files(path, valid_share=0.5).identity,
        text.from_files(path, encoding="cp1252").identity,
    }
    path.write_text("one\ntwo\nten\n")
    assert one != text.from_files(path).identity


@pytest.mark.parametrize("changed", ["a.txt", "b.txt"])
def test_a_file_that_changed_is_not_read(write, changed):
    texts = text.from_files(write("a.txt", "one\ntwo\n"), write("b.txt", "three"))
    assert documents(texts) == ["one\ntwo\n", "three"]
    write(changed, "another text")
    with pytest.raises(BadInput, match=f"has changed since.*{changed}"):
        list(texts.read())


def test_errors(write, tmp_path):
    path, blank = write("a.txt", "one\ntwo\n"), write("blank.txt", " \n\n")
    for wrong in (tmp_path / "none.txt", tmp_path):
        with pytest.raises(BadInput, match=f"No such file, .* Received: '{wrong}'"):
            text.from_files(wrong)
    with pytest.raises(BadInput, match="There is no text. Received: .*blank.txt"):
        text.from_files(path, blank)
    with pytest.raises(BadInput, match="files of their own. Received: .*a.txt.*a.txt"):
        text.from_files(path, path)
    with pytest.raises(BadInput, match="no line or word.*Received: .*with 9 characters"):
        text.from_files(write("word.txt", "unbounded"))
    with pytest.raises(BadInput, match="There is no text. Received: .*validation"):
        text.from_files(write("end.txt", "one two\n \n \n \n"), valid_share=0.4)
    with pytest.raises(BadInput, match="valid_share must be"):
        text.from_files(path, valid_share=1)
