"""`groundswell lm`: from a file of texts to a model, its perplexity, next words and new text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

TEXTS = ["Today the room was good.", "Today the food was bad.", "", "the room was very good!"] * 5


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    path = tmp_path / "texts.txt"
    path.write_text("\n".join(TEXTS) + "\n", encoding="utf-8")
    return path


@pytest.fixture(params=["model", "model.arpa", "model.arpa.gz"])
def model(request: pytest.FixtureRequest, texts: Path, tmp_path: Path, command) -> Path:
    out = tmp_path / request.param
    code, printed, err = command("lm", "train", str(texts), "--order", "3", "--out", str(out))
    assert (code, printed) == (0, f"{out}\n")
    assert "groundswell: counting 90 tokens" in err
    assert "groundswell: warning: 1-grams: none counts 3, so the discounts are 0.5, 1.0, 1.5 instead" in err
    assert "15 texts with 90 tokens, 0 of them unknown; 5 texts without a token left out; 13 words" in err
    return out


def test_every_kind_of_model_answers(model: Path, texts: Path, command) -> None:
    code, out, _ = command("lm", "perplexity", str(model), str(texts), "--json")
    assert code == 0
    found = json.loads(out)
    assert (found["num_texts"], found["num_blank"], found["num_tokens"], found["num_unknown"]) == (15, 5, 90, 0)
    assert 1 < found["with_ends"] < 5
    code, out, err = command("lm", "next", str(model), "TODAY the", "--top", "2", "--json")
    assert (code, err) == (0, "")
    assert {word for word, _ in json.loads(out)["words"]} == {"room", "food"}
    code, out, _ = command("lm", "generate", str(model), "--start", "Today", "--temperature", "0", "--tokens", "2")
    assert (code, out.split()[:2]) == (0, ["Today", "the"])


def test_for_people(model: Path, texts: Path, command) -> None:
    code, out, _ = command("lm", "perplexity", str(model), str(texts))
    assert code == 0
    assert "15 texts, 5 more without a token; 90 tokens,\n0 of them unknown (0.00%)" in out
    assert "with the end of each text" in out
    assert "bits per byte" in out
    code, out, err = command("lm", "next", str(model), "today the zoo")
    assert code == 0
    assert "today the zoo ___" in out
    assert err == 'groundswell: unknown words, read as <unk>: "zoo"\n'


def test_a_sentence_is_the_product_of_its_parts(model: Path, command) -> None:
    code, out, _ = command("lm", "sentence", str(model), "the zoo")
    assert code == 0
    assert "zoo (unknown)" in out
    assert "product" in out
    code, out, _ = command("lm", "sentence", str(model), "the zoo", "--json")
    found = json.loads(out)
    product = 1.0
    for part in found["parts"]:
        product *= part["probability"]
    assert product == pytest.approx(found["probability"])


def test_the_same_seed_writes_the_same(model: Path, command) -> None:
    options = ["--seed", "4", "--top-k", "5", "--top-p", "0.9", "--tokens", "8", "--json"]
    one, other = (command("lm", "generate", str(model), *options) for _ in range(2))
    assert one == other
    assert json.loads(one[1])["start"] == ""


def test_several_files_and_what_was_learned(texts: Path, tmp_path: Path, command) -> None:
    """Each file in its own encoding; together they are one corpus."""
    chinese = tmp_path / "评论.txt"
    chinese.write_bytes("房间很干净，服务也很好。\n早餐一般，但是价格便宜。\n".encode("gb18030"))
    out = str(tmp_path / "both")
    options = ["--order", "2", "--smoothing", "add_k", "--k", "0.5", "--min-count", "2", "--out", out, "--json"]
    code, printed, _ = command("lm", "train", str(texts), str(chinese), *options)
    found = json.loads(printed)
    assert (code, found["model"], found["num_texts"], found["warnings"]) == (0, out, 17, [])
    assert found["num_unknown"] > 10
    code, printed, _ = command("lm", "next", out, "很", "--json")
    assert code == 0


def test_texts_that_are_cut_already_stay_as_they_are(tmp_path: Path, command) -> None:
    path = tmp_path / "cut.txt"
    path.write_text("The N @-@ th <unk> day\n", encoding="utf-8")
    out = str(tmp_path / "model.arpa")
    code, _, err = command("lm", "train", str(path), "--tokens", "blanks", "--order", "1", "--out", out)
    assert code == 0
    assert "warning: 1 tokens spell <unk>, <s> or </s>" in err
    assert "\tThe\n" in Path(out).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["model", "model.arpa"])
def test_an_unpaired_surrogate_becomes_a_question_mark(tmp_path: Path, command, name: str) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text('{"text": "good \\ud800 day"}\n{"text": null}\n', encoding="utf-8")
    out = str(tmp_path / name)
    assert command("lm", "train", str(path), "--tokens", "blanks", "--order", "1", "--out", out)[0] == 0
    code, printed, err = command("lm", "next", out, "?", "--json")
    assert (code, err) == (0, "")
    assert "?" in dict(json.loads(printed)["words"])


def broken(tmp_path: Path, name: str, content: bytes) -> str:
    (tmp_path / name).write_bytes(content)
    return str(tmp_path / name)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\n \n\t\n", "the file is empty"),
        ("好\n".encode() * 9000 + b"good \xff\xfe day\n" + "好\n".encode() * 9000, ":9001: byte 0xff"),
    ],
)
def test_texts_that_cannot_be_learned(tmp_path: Path, command, content: bytes, message: str) -> None:
    path = broken(tmp_path, "texts.txt", content)
    code, out, err = command("lm", "train", path, "--out", str(tmp_path / "model"))
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err
    assert not (tmp_path / "model").exists()


def test_texts_of_markup_only(tmp_path: Path, command) -> None:
    path = broken(tmp_path, "texts.txt", b"<br /> <br />\n&nbsp;\n")
    code, _, err = command("lm", "train", path, "--out", str(tmp_path / "model"))
    assert code == 2
    assert "found 2 texts and no word in any" in err


def test_no_model_there(texts: Path, tmp_path: Path, command) -> None:
    for path, message in (
        (tmp_path / "nowhere", "no such file"),
        (tmp_path, "holds no n-gram model"),
        (texts, "no line `\\data\\`, expected an ARPA file"),
    ):
        code, out, err = command("lm", "next", str(path), "today")
        assert (code, out) == (2, "")
        assert message in err


@pytest.mark.parametrize("model", ["model"], indirect=True)
def test_a_damaged_folder(model: Path, command) -> None:
    words = model / "words.json"
    words.write_text(json.dumps(["<unk>", "<s>", "</s>", "a"]), encoding="utf-8")
    code, _, err = command("lm", "next", str(model), "today")
    assert code == 2
    assert "its files do not belong together" in err
    (model / "ngrams.safetensors").write_bytes(b"\x00" * 20)
    code, _, err = command("lm", "next", str(model), "today")
    assert code == 2
    assert "holds no n-gram model that can be loaded" in err


def test_a_reading_that_is_not_known(tmp_path: Path, texts: Path, command) -> None:
    out = tmp_path / "model.arpa"
    assert command("lm", "train", str(texts), "--order", "1", "--out", str(out))[0] == 0
    out.write_text(out.read_text(encoding="utf-8").replace('"words"', '"wrods"', 1), encoding="utf-8")
    code, _, err = command("lm", "next", str(out), "today")
    assert code == 2
    assert "expected tokens (one of words, jieba, characters, blanks)" in err


@pytest.mark.parametrize("options", [["--top-p", "0"], ["--temperature", "-1"], ["--top-k", "-2"], ["--tokens", "0"]])
@pytest.mark.parametrize("model", ["model"], indirect=True)
def test_wrong_settings(model: Path, command, options: list[str]) -> None:
    code, out, _ = command("lm", "generate", str(model), *options)
    assert (code, out) == (2, "")


def test_a_taken_place(model: Path, texts: Path, command) -> None:
    code, _, err = command("lm", "train", str(texts), "--out", str(model))
    assert code == 2
    assert "exists already. Choose another --out" in err
