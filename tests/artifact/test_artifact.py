import errno
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import synthloom as sl
from synthloom.artifact import FORMAT_VERSION, StagedFolder, verify_folder, write_manifest
from synthloom.errors import ArtifactError, OutputError, UserError
from synthloom.synthesizers import SYNTHESIZERS
from synthloom.testing import mixed_table


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "data.csv").write_text("x\n1\n")
    (tmp_path / "a" / "deep").mkdir()
    (tmp_path / "a" / "deep" / "more.json").write_text("{}")
    write_manifest(tmp_path / "a", kind="release", label="mock", facts={"rows": 1})
    return tmp_path / "a"


def test_unchanged_is_accepted(folder):
    manifest = verify_folder(folder, kind="release")
    assert manifest.label == "mock"
    assert set(manifest.files) == {"data.csv", "deep/more.json"}


def test_one_changed_byte_is_refused(folder):
    (folder / "data.csv").write_text("x\n2\n")
    with pytest.raises(ArtifactError, match=r"data.csv.*changed"):
        verify_folder(folder)


def test_added_and_removed_files_are_refused(folder):
    (folder / "deep" / "new").write_text("")
    with pytest.raises(ArtifactError, match="deep/new"):
        verify_folder(folder)
    (folder / "deep" / "new").unlink()
    (folder / "data.csv").unlink()
    with pytest.raises(ArtifactError, match="missing"):
        verify_folder(folder)


def test_links_are_refused(folder):
    content = (folder / "data.csv").read_bytes()
    (folder.parent / "outside").write_bytes(content)
    (folder / "data.csv").unlink()
    (folder / "data.csv").symlink_to(folder.parent / "outside")
    with pytest.raises(ArtifactError):
        verify_folder(folder)


@pytest.mark.parametrize(
    "edit",
    [
        {"format_version": FORMAT_VERSION + 1},
        {"format_version": "1"},
        {"format": "other"},
        {"files": {"../data.csv": "0"}},
        {"files": {"/etc/passwd": "0"}},
        {"files": []},
        {"label": "real"},
        {"kind": 3},
    ],
)
def test_a_wrong_manifest_is_refused(folder, edit):
    plain = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(plain | edit))
    with pytest.raises(ArtifactError):
        verify_folder(folder)


def test_a_newer_format_says_so(folder):
    plain = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(plain | {"format_version": 99}))
    with pytest.raises(ArtifactError, match="newer Synthloom"):
        verify_folder(folder)


def test_a_staged_folder_appears_whole_or_not_at_all(tmp_path):
    with pytest.raises(RuntimeError), StagedFolder(tmp_path / "out") as staging:
        (staging / "half").write_text("half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
    with StagedFolder(tmp_path / "out") as staging:
        (staging / "whole").write_text("whole")
        assert not (tmp_path / "out").exists()
    assert (tmp_path / "out" / "whole").read_text() == "whole"


def test_a_full_disk_is_told_in_words(tmp_path):
    with pytest.raises(OutputError, match="disk is full"), StagedFolder(tmp_path / "out"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError), StagedFolder(tmp_path / "file" / "below"):
        pass


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A saved model of each synthesizer, and its files."""
    place = tmp_path_factory.mktemp("models")
    return {name: cls().fit(mixed_table(200), seed=1).save(place / name) for name, cls in SYNTHESIZERS.items()}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_models_raise_typed_errors_only(data, models, tmp_path_factory):
    """Bytes changed behind a manifest that agrees with them: the loader itself is what is tested."""
    import shutil

    source = models[data.draw(st.sampled_from(sorted(models)))]
    target = tmp_path_factory.mktemp("damaged") / "model"
    shutil.copytree(source, target)
    files = sorted(p for p in target.rglob("*") if p.is_file() and p.name != "manifest.json")
    path = data.draw(st.sampled_from(files))
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    cut = data.draw(st.integers(0, 8))
    content[place : place + cut] = data.draw(st.binary(max_size=8))
    path.write_bytes(bytes(content))
    write_manifest(target, kind="model", label="synthetic")
    try:
        model = sl.load(target)
        model.sample(5, seed=1)
    except UserError:
        pass
    finally:
        shutil.rmtree(target.parent)
