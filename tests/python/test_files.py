from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from lso_native.files import atomic, atomic_write_bytes, check_writable_dir

resource = pytest.importorskip("resource") if sys.platform != "win32" else None
OLD = b"the old content"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    path = tmp_path / "model.npz"
    path.write_bytes(OLD)
    return path


@contextmanager
def limited(size: int) -> Iterator[None]:
    """Let no file grow beyond `size` bytes: a write then stops half way, as on a full disk.

    Not a fixture: the test runner's own output may go to a file too.
    """
    if resource is None:
        pytest.skip("no limit on the size of files here")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def only_the_old(target: Path) -> bool:
    return list(target.parent.iterdir()) == [target] and target.read_bytes() == OLD


def test_writes_a_new_file_and_nothing_else(tmp_path: Path) -> None:
    atomic_write_bytes(tmp_path / "new.bin", b"abc")
    assert [path.name for path in tmp_path.iterdir()] == ["new.bin"]
    assert (tmp_path / "new.bin").read_bytes() == b"abc"


def test_replaces_a_file_at_the_end_of_the_body(target: Path) -> None:
    with atomic(str(target)) as beside:
        assert beside.parent == target.parent
        assert beside.suffix == ".npz"
        beside.write_bytes(b"new")
        assert target.read_bytes() == OLD
    assert target.read_bytes() == b"new"
    assert list(target.parent.iterdir()) == [target]


def test_the_file_has_the_usual_permissions(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    atomic_write_bytes(tmp_path / "atomic", b"")
    plain, made = (stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "atomic"))
    assert made == plain


@pytest.mark.skipif(os.name != "posix", reason="permission bits")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o444])
def test_writing_again_keeps_the_permissions(target: Path, mode: int) -> None:
    target.chmod(mode)
    with atomic(target) as beside:
        beside.write_bytes(b"new")
        assert stat.S_IMODE(beside.stat().st_mode) == 0o600  # never readable by more than before
    assert oct(stat.S_IMODE(target.stat().st_mode)) == oct(mode)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root gives files away")
def test_writing_again_keeps_the_owner(target: Path) -> None:
    os.chown(target, 12345, 23456)
    atomic_write_bytes(target, b"new")
    assert (target.stat().st_uid, target.stat().st_gid) == (12345, 23456)


@pytest.mark.skipif(os.name != "posix", reason="permission bits")
def test_a_new_file_follows_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        atomic_write_bytes(tmp_path / "new", b"")
    finally:
        os.umask(before)
    assert oct(stat.S_IMODE((tmp_path / "new").stat().st_mode)) == oct(0o640)


@pytest.mark.parametrize("to", ["target", "nothing", "/dev/null", "link", "folder"])
def test_a_link_is_replaced_and_what_it_leads_to_stays(
    target: Path, tmp_path: Path, to: str
) -> None:
    before = target.read_bytes()
    link, folder = tmp_path / "link", tmp_path / "folder"
    folder.mkdir()
    link.symlink_to(target if to == "target" else tmp_path / to)
    atomic_write_bytes(link, b"new")
    assert not link.is_symlink()
    assert link.read_bytes() == b"new"
    assert target.read_bytes() == before
    assert not list(folder.iterdir())
    assert not (tmp_path / "nothing").exists()


def test_links_in_a_circle_are_an_error_that_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to(tmp_path / "two")
    (tmp_path / "two").symlink_to(tmp_path / "one")
    path = tmp_path / "one" / "model.safetensors"
    with pytest.raises(OSError, match="cannot write this file") as told:
        atomic_write_bytes(path, b"")
    assert told.value.filename == str(path)


def test_a_link_to_the_folder_is_followed(target: Path, tmp_path: Path) -> None:
    (tmp_path / "short").symlink_to(target.parent)
    atomic_write_bytes(tmp_path / "short" / target.name, b"new")
    assert target.read_bytes() == b"new"


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, ValueError, SystemExit])
def test_an_interrupted_write_leaves_the_old_file(
    target: Path, interruption: type[BaseException]
) -> None:
    with pytest.raises(interruption), atomic(target) as beside:  # noqa: PT012
        beside.write_bytes(b"half of")
        raise interruption
    assert only_the_old(target)


def test_a_write_that_stops_half_way_leaves_the_old_file(target: Path) -> None:
    refused = pytest.raises(OSError, match=r"cannot write this file.*nothing half written")
    with refused as caught, limited(4096):
        atomic_write_bytes(target, bytes(8192))
    assert caught.value.errno == errno.EFBIG
    assert caught.value.filename == str(target)
    assert only_the_old(target)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_leaves_the_old_file(target: Path) -> None:
    with pytest.raises(OSError, match="No space left") as caught, atomic(target) as beside:  # noqa: PT012
        beside.unlink()
        beside.symlink_to("/dev/full")
        beside.write_bytes(b"new")
    assert caught.value.errno == errno.ENOSPC
    assert caught.value.filename == str(target)
    assert only_the_old(target)


def test_a_disk_that_fills_up_at_the_flush(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        atomic_write_bytes(target, b"new")
    assert only_the_old(target)


def test_an_error_about_another_file_passes_as_it_is(target: Path, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    with pytest.raises(FileNotFoundError, match="No such file") as caught, atomic(target):
        missing.read_bytes()
    assert str(caught.value.filename) == str(missing)
    assert only_the_old(target)


def test_an_error_without_a_number_still_names_the_file(target: Path) -> None:
    with pytest.raises(OSError, match=r"encoder failed.*model\.npz"), atomic(target):
        raise OSError("encoder failed")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"cannot write this file.*none/new\.bin"):
        atomic_write_bytes(tmp_path / "none" / "new.bin", b"")


def test_a_folder_or_device_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError, match="it is a folder"):
        atomic_write_bytes(tmp_path, b"")
    with pytest.raises(OSError, match="it is a device"):
        atomic_write_bytes(os.devnull, b"")
    assert not Path(os.devnull).is_file()


def test_a_killed_process_leaves_the_old_file(target: Path) -> None:
    code = (
        "import os, sys\nfrom lso_native.files import atomic\n"
        "with atomic(sys.argv[1]) as beside:\n    beside.write_bytes(b'half')\n    os._exit(1)"
    )
    assert subprocess.run([sys.executable, "-c", code, target], check=False).returncode == 1
    assert target.read_bytes() == OLD


def test_check_writable_dir_that_only_tries(target: Path, tmp_path: Path) -> None:
    assert check_writable_dir(tmp_path / "a" / "b", create=False) == tmp_path / "a" / "b"
    with pytest.raises(OSError, match="cannot write in this folder"):
        check_writable_dir(target / "a", create=False)
    assert only_the_old(target)


def test_check_writable_dir_creates_the_folder_and_leaves_it_empty(tmp_path: Path) -> None:
    folder = check_writable_dir(str(tmp_path / "a" / "b"))
    assert folder == tmp_path / "a" / "b"
    assert list(folder.iterdir()) == []
    assert check_writable_dir(folder) == folder


@pytest.mark.parametrize("below", ["", "out", "out/samples"])
def test_check_writable_dir_names_a_path_that_is_a_file_or_below_one(
    target: Path, below: str
) -> None:
    path = target / below
    with pytest.raises(OSError, match="cannot write in this folder") as caught:
        check_writable_dir(path)
    assert caught.value.filename == str(path)
    assert only_the_old(target)


def test_check_writable_dir_tries_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, _: bytes) -> int:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(PermissionError, match=r"cannot write in this folder \(Permission denied"):
        check_writable_dir(tmp_path)


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs /proc")
def test_check_writable_dir_on_a_file_system_that_takes_no_files() -> None:
    with pytest.raises(OSError, match=r"cannot write in this folder.*/proc/none"):
        check_writable_dir("/proc/none")
