"""A convolutional VAE and a convolutional classifier, both PyTorch's: sevens of a slant that is asked for, in
torch_decoder.png."""

import argparse
from collections.abc import Callable

import lso_native as lso
import numpy as np
import torch
from torch import Tensor, nn

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument(
    "--data-dir", help="the four IDX files of the full MNIST, instead of 5,000 digits"
)
parser.add_argument("--epochs", type=int, default=4)
parser.add_argument("-n", type=int, default=20)
options = parser.parse_args()
torch.set_num_threads(1)
torch.manual_seed(0)
digits = lso.data.load(
    "mnist" if options.data_dir else "mnist5k", size=28, data_dir=options.data_dir, random_state=0
)
images, labels = digits.train.images, digits.train.labels

encoder = nn.Sequential(
    *(nn.Unflatten(1, (1, 28, 28)), nn.Conv2d(1, 16, 4, stride=2, padding=1), nn.SiLU()),
    *(nn.Conv2d(16, 32, 4, stride=2, padding=1), nn.SiLU(), nn.Flatten(), nn.Linear(1568, 40)),
)
decoder = nn.Sequential(
    *(nn.Linear(20, 1568), nn.SiLU(), nn.Unflatten(1, (32, 7, 7))),
    *(nn.ConvTranspose2d(32, 16, 4, stride=2, padding=1), nn.BatchNorm2d(16), nn.SiLU()),
    *(nn.ConvTranspose2d(16, 1, 4, stride=2, padding=1), nn.Sigmoid(), nn.Flatten()),
)
classifier = nn.Sequential(
    *(nn.Unflatten(1, (1, 28, 28)), nn.Conv2d(1, 16, 3, stride=2), nn.SiLU()),
    *(
        nn.Conv2d(16, 32, 3, stride=2),
        nn.SiLU(),
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(1152, 10),
    ),
)


def fit(loss: Callable[[Tensor, Tensor], Tensor], *modules: nn.Module) -> None:
    """Adam, in minibatches of 100."""
    x, y = torch.from_numpy(images), torch.from_numpy(labels)
    parameters = [each for module in modules for each in module.parameters()]
    adam = torch.optim.Adam(parameters, lr=2e-3)
    for _ in range(options.epochs):
        for rows in torch.randperm(len(x)).split(100):
            adam.zero_grad()
            loss(x[rows], y[rows]).backward()
            adam.step()


def encode(x: Tensor) -> tuple[Tensor, Tensor]:
    """Means and deviations of the codes."""
    mean, logarithm = encoder(x).chunk(2, dim=1)
    return mean, logarithm.exp()


def evidence(x: Tensor, _: Tensor) -> Tensor:
    """Kingma and Welling's bound, by the error's own variance."""
    mean, deviation = encode(x)
    decoded = decoder(mean + deviation * torch.randn_like(mean))
    divergence = (mean**2 + deviation**2 - 1 - 2 * deviation.log()).sum(dim=1).mean() / 2
    squares = (decoded - x).square().sum(dim=1).mean()
    return 784 / 2 * (squares / 784).log() + divergence


fit(evidence, encoder, decoder)
fit(lambda x, y: nn.functional.cross_entropy(classifier(x), y), classifier)
with torch.no_grad():
    mean, deviation = encode(torch.from_numpy(images))
    codes = lso.Mixture(5, random_state=0).fit(
        (mean + deviation * torch.randn_like(mean)).numpy(), labels
    )

digit = lso.Classes(lso.torch_model(classifier, n_inputs=784), logits=True)
style = lso.BlackBox(lso.data.attributes).fit(images)  # formulas, which have the last word
seven = digit.requires(7) & style.between(slant=(25, 35))
drawn = lso.torch_model(decoder, n_inputs=20)
result = lso.generate(drawn, seven, n=options.n, prior=codes.of(7), random_state=0)
print(result)
slant = lso.data.attributes(result.samples)["slant"]
lso.show(result, captions={"slant": np.round(slant).astype(int)}).save("torch_decoder.png")
