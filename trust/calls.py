"""Calls that take long, by name: what is ready before, and the call, which Ctrl-C is pressed in."""

from __future__ import annotations

_START = "import numpy as np, lso_native as lso\n"
_DIGITS = (
    _START + "digits = lso.data.load('mnist5k', size=28, random_state=0)\n"
    "X = np.tile(digits.train.images, (20, 1)); y = np.tile(digits.train.labels, 20)\n"
)
# MNIST's files, as large as they are, of noise.
_IDX = (
    _START + "import gzip, hashlib, pathlib, struct, tempfile\n"
    "folder, known, rng = pathlib.Path(tempfile.mkdtemp()), {}, np.random.default_rng(0)\n"
    "for name in lso.data.mnist.CHECKSUMS:\n"
    "    shape = ((60_000,) if 'train' in name else (10_000,)) + ((28, 28) if 'images' in name else ())\n"
    "    values = rng.integers(0, 10, shape, dtype=np.uint8).tobytes()\n"
    "    content = struct.pack(f'>{1 + len(shape)}I', 0x800 + len(shape), *shape) + values\n"
    "    (folder / f'{name}.gz').write_bytes(gzip.compress(content, 1))\n"
    "    known[name] = hashlib.sha256(content).hexdigest()\n"
)
_LATENT = (
    _START
    + "rng = np.random.default_rng(0); Z = rng.normal(size=(60_000, 20)); y = np.arange(60_000) % 10\n"
)
_WIDE = _START + "net = lso.Network([200, 2000, 800], random_state=0)\n"
_DEEP = _START + "net = lso.Network([500] * 401, activation='tanh', random_state=0)\n"
_PAPER = _START + "net = lso.Network([20, 64, 784, 64, 10], random_state=0)\n"
_FEATURES = _START + "rng = np.random.default_rng(0); A, B = rng.normal(size=(2, 20_000, 64))\n"
_ROWS = "x = np.zeros((1_000_000, net.n_inputs), np.float32)\n"
_NEVER = "max_iterations=10**9, threads=1, optimizer=lso.NormalizedGradientDescent(desired_change=-1e-12)"

CALLS: dict[str, tuple[str, str]] = {
    "Levenberg-Marquardt, 640 starts, 200-2000-800": (
        _WIDE + "starts = lso.uniform((640, 200), random_state=0)",
        "lso.optimize(net, [2.0] * 800, starts=starts, optimizer=lso.LevenbergMarquardt(), threads=1)",
    ),
    "Levenberg-Marquardt, 8 starts, 1500-1500": (
        _START
        + "net = lso.Network([1500, 1500], random_state=0); starts = lso.uniform((8, 1500), random_state=0)",
        "lso.optimize(net, [2.0] * 1500, starts=starts, optimizer=lso.LevenbergMarquardt(), threads=1)",
    ),
    "one start, 400 layers of 500": (
        _DEEP + "starts = lso.uniform((1, 500), random_state=0)",
        f"lso.optimize(net, [2.0] * 500, starts=starts, {_NEVER})",
    ),
    "640 starts, 400 layers of 500": (
        _DEEP + "starts = lso.uniform((640, 500), random_state=0)",
        f"lso.optimize(net, [2.0] * 500, starts=starts, {_NEVER})",
    ),
    "640 starts, 400 layers of 500, two threads": (
        _DEEP + "starts = lso.uniform((640, 500), random_state=0)",
        f"lso.optimize(net, [2.0] * 500, starts=starts, {_NEVER.replace('threads=1', 'threads=2')})",
    ),
    "100,000 starts, the paper's": (
        _PAPER + "starts = lso.uniform((100_000, 20), random_state=0)",
        f"lso.optimize(net, [2.0] * 10, starts=starts, {_NEVER})",
    ),
    "100,000 starts, with their paths": (
        _PAPER + "starts = lso.uniform((100_000, 20), random_state=0)",
        "lso.optimize(net, [2.0] * 10, starts=starts, max_iterations=100, trajectory=True, threads=1)",
    ),
    "evaluate, 1,000,000 points": (
        _PAPER + _ROWS + "problem = lso.Problem(net, lso.Branch(lso.SquaredError([1.0] * 10)))",
        "problem.evaluate(x)",
    ),
    "forward, 1,000,000 rows": (_PAPER + _ROWS, "net(x)"),
    "forward, 1,000,000 rows of float64": (_PAPER + _ROWS + "x = x.astype(np.float64)", "net(x)"),
    "forward, 2,000 rows, 400 layers": (_DEEP + "x = np.zeros((2000, 500))", "net(x)"),
    "nodes, 2,000 rows, 400 layers": (_DEEP + "x = np.zeros((2000, 500))", "net.nodes(x)"),
    "backprop, 2,000 rows, 400 layers": (
        _DEEP + "x = np.zeros((2000, 500))",
        "net.backprop(x, x)",
    ),
    "input_gradient, 1,000,000 rows": (
        _PAPER + _ROWS + "g = np.ones((1_000_000, 10), np.float32)",
        "net.input_gradient(x, g)",
    ),
    "a network of 400,000,000 weights": (_START, "lso.Network([20_000, 20_000], random_state=0)"),
    "a network in float64": (
        _START + "net = lso.Network([10_000, 10_000], random_state=0)",
        "net.astype('float64')",
    ),
    "uniform, 400,000,000": (_START, "lso.uniform(400_000_000, random_state=0)"),
    "uniform of a range, 400,000,000": (
        _START,
        "lso.uniform(400_000_000, low=2.0, high=3.0, random_state=0)",
    ),
    "normal, 200,000,000": (_START, "lso.normal(200_000_000, std=2.0, random_state=0)"),
    "permutation, 100,000,000": (_START, "lso.permutation(100_000_000, random_state=0)"),
    "train, one minibatch of all": (
        _DIGITS + "net = lso.Network([784, 1000, 784], random_state=0)",
        "lso.train(net, X, X, batch_size=len(X), epochs=10**6, threads=1)",
    ),
    "train, minibatches through 400 layers": (
        _DEEP + "x = lso.uniform((4096, 500), random_state=0)",
        "lso.train(net, x, x, batch_size=4096, epochs=10**6, threads=1)",
    ),
    "train, sample by sample, 400 layers": (
        _DEEP + "x = lso.uniform((4096, 500), random_state=0)",
        "lso.train(net, x, x, batch_size=1, epochs=10**6, threads=1)",
    ),
    "train, 20,000,000 rows of 2": (
        _START
        + "net = lso.Network([2, 4, 2], random_state=0); x = lso.uniform((20_000_000, 2), random_state=0)",
        "lso.train(net, x, x, batch_size=1000, epochs=10**6, threads=1)",
    ),
    "Learner, 4,096 rows, 400 layers": (
        _DEEP
        + "x = lso.uniform((4096, 500), random_state=0); learner = lso.Learner(net, threads=1)",
        "while True: learner.forward(x); learner.backward(x); learner.step()",
    ),
    "Autoencoder.fit": (
        _DIGITS,
        "lso.Autoencoder(latent=20, epochs=2, threads=1, random_state=0).fit(X)",
    ),
    "VAE.fit": (_DIGITS, "lso.VAE(latent=20, epochs=2, threads=1, random_state=0).fit(X)"),
    "VAE.fit, validated": (
        _DIGITS,
        "lso.VAE(latent=20, epochs=2, validation_fraction=0.2, threads=1, random_state=0).fit(X)",
    ),
    "NoisyAutoencoder.fit": (
        _DIGITS,
        "lso.NoisyAutoencoder(latent=20, epochs=2, threads=1, random_state=0).fit(X)",
    ),
    "GAN.fit": (_DIGITS, "lso.GAN(latent=20, epochs=1, threads=1, random_state=0).fit(X)"),
    "ConditionalGAN.fit": (
        _DIGITS,
        "lso.ConditionalGAN(latent=20, epochs=1, threads=1, random_state=0).fit(X, y)",
    ),
    "Classifier.fit": (_DIGITS, "lso.Classifier(epochs=2, threads=1, random_state=0).fit(X, y)"),
    "Committee.fit": (
        _DIGITS,
        "lso.Committee(lso.Classifier(epochs=1, threads=1), 3, random_state=0).fit(X, y)",
    ),
    "Regressor.fit": (
        _DIGITS,
        "lso.Regressor(epochs=2, threads=1, random_state=0).fit(X, X[:, :5])",
    ),
    "BlackBox.fit": (
        _DIGITS,
        "lso.BlackBox(lso.data.attributes, surrogate=lso.Regressor(epochs=2, threads=1, random_state=0)).fit(X)",
    ),
    "Mixture.fit": (_LATENT, "lso.Mixture(5, random_state=0).fit(Z, y)"),
    "Mixture.fit, 100 components": (_LATENT, "lso.Mixture(100, random_state=0).fit(Z)"),
    "transform and back": (
        _DIGITS + "model = lso.VAE(latent=20, epochs=1, threads=1, random_state=0).fit(X[:3000])",
        "for _ in range(20): model.inverse_transform(model.transform(X))",
    ),
    "predict": (
        _DIGITS
        + "model = lso.Classifier(epochs=1, threads=1, random_state=0).fit(X[:3000], y[:3000])",
        "for _ in range(20): model.predict(X)",
    ),
    "generate": (
        _DIGITS + "decoder = lso.Autoencoder(latent=10, epochs=1, random_state=0).fit(X[:3000])\n"
        "style = lso.BlackBox(lso.data.attributes, surrogate=lso.Regressor(epochs=1, random_state=0)).fit(X[:3000])\n"
        "never = style.between(slant=(89, 90))",
        "lso.generate(decoder, never, 2000, attempts=10**6, threads=1, random_state=0)",
    ),
    "attributes": (_DIGITS, "lso.data.attributes(X)"),
    "MNIST's files, halved": (
        _IDX,
        "lso.data.half(lso.data.read_mnist(folder, checksums=known).train_images.reshape(60_000, -1) / 255)",
    ),
    "lso requests": (
        _START
        + "import tempfile; out = tempfile.mkdtemp()\n"
        + "from lso_native.study.requests.study import RequestsSettings, run",
        "run(RequestsSettings(out=out, requests=3, samples=2, pool=1000, threads=1))",
    ),
    "junk": (_DIGITS, "lso.data.junk(X, y, 60_000, random_state=0)"),
    "precision and recall": (_FEATURES, "lso.metrics.precision_recall(A, B)"),
    "density and coverage": (_FEATURES, "lso.metrics.density_coverage(A, B)"),
    "Frechet distance": (
        _START + "rng = np.random.default_rng(0); A, B = rng.normal(size=(2, 4000, 2048))",
        "lso.metrics.frechet_distance(A, B)",
    ),
    "copying": (_DIGITS, "lso.metrics.copying(X[:5000], X, X[:5000])"),
    "irregularity": (
        _DEEP + "z = lso.uniform((64, 500), random_state=0)",
        "lso.irregularity.latent_geometry(net, z)",
    ),
    "save and load": (
        _START + "import tempfile, pathlib\nnet = lso.Network([10_000, 10_000], random_state=0)\n"
        "path = pathlib.Path(tempfile.mkdtemp(), 'net.safetensors')",
        "lso.save(net, path); lso.load(path)",
    ),
    "show, 3,000 digits": (_DIGITS, "lso.show(X[:3000])"),
}
