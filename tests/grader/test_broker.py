from grader.broker import broker


def test_a_file_goes_before_the_variable(monkeypatch, tmp_path):
    (tmp_path / "url").write_text("redis://from-the-file\n")
    monkeypatch.setenv("REDIS_URL", "redis://from-the-variable")
    assert broker() == "redis://from-the-variable"

    monkeypatch.setenv("REDIS_URL_FILE", str(tmp_path / "url"))
    assert broker() == "redis://from-the-file"


def test_without_either_it_is_this_machines(monkeypatch):
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.delenv("REDIS_URL_FILE", raising=False)

    assert broker() == "redis://127.0.0.1:6379/0"
