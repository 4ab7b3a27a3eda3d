import pytest
from kerasdl.errors import BadInput
from kerasdl.runs import input_files, input_sequences, input_table, input_texts


def test_folders_stand_for_the_images_below_them(tmp_path):
    for name in ("b/2.png", "b/a/1.jpg", "b/notes.txt", "3.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    names = ["3.png", "b", "none.png"]
    expected = ["3.png", "b/2.png", "b/a/1.jpg", "none.png"]
    found = input_files([str(tmp_path / name) for name in names])
    assert found == [str(tmp_path / name) for name in expected]
    # An empty name is not the working folder; a text may be too long for a name.
    assert input_files(["", "a" * 5000]) == ["", "a" * 5000]


def test_texts_are_lines_of_files_or_texts_themselves(tmp_path, capsys):
    file, long = tmp_path / "lines.txt", "long " * 1000
    file.write_text("one\n\n  \ntwo \n")
    assert input_texts(["a text", str(file), "", long]) == ["a text", "one", "two ", "", long]
    assert capsys.readouterr().err == f"{file}: 2 empty lines left out\n"
    file.write_text("\n")
    for names, message in (
        ([], "trained on texts: give texts, or files of a text on each line. Received: []"),
        ([str(file)], "trained on texts"),
        ([str(tmp_path)], "Give files of a text on each line, not their folder"),
    ):
        with pytest.raises(BadInput, match=message.replace("[", r"\[")):
            input_texts(names)


def test_a_table_is_one_file(tmp_path):
    file = tmp_path / "people.csv"
    file.write_text("age;job\n31;clerk\n", "utf-16")
    assert input_table([str(file)], encoding="utf-16", separator=";")["age"].tolist() == ["31"]
    for names in ([], ["a.csv", "b.csv"]):
        with pytest.raises(BadInput, match="give one CSV file with its columns. Received: "):
            input_table(names)


def test_sequences_are_read_with_the_columns_of_the_run(tmp_path):
    (tmp_path / "walks.csv").write_text("who;speed;gait\na;1,5;x\na;2;x\n")
    trained = {"sequence": "who", "channels": ["speed"], "label": "gait", "time": None, "separator": None}
    names, (values,) = input_sequences([str(tmp_path / "walks.csv")], trained, separator=";")
    assert (names, values.tolist()) == (["who a"], [[1.5], [2.0]])
    with pytest.raises(BadInput, match=r"give one .ts, .npz or CSV file of them. Received: \[\]"):
        input_sequences([], trained)
