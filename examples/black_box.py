"""Slim nines with a closed loop, as formulas without a gradient tell it, in black_box.png."""

import lso_native as lso
import numpy as np
from numpy.typing import NDArray

digits = lso.data.load("mnist5k", random_state=0)
images, labels = digits.train.images, digits.train.labels
decoder = lso.VAE(latent=20, random_state=0).fit(images)
codes = lso.Mixture(5, random_state=0).fit(decoder.sample_posterior(images, random_state=0), labels)
junk = lso.data.junk(images, labels, 3_000, decoder=decoder, random_state=0)
digit = lso.Committee(lso.Classifier(), 3, random_state=0).fit(images, labels, none=junk)


def counted(samples: NDArray[np.float32]) -> NDArray[np.void]:
    """Any program will do: of samples (n, 196) numbers by name, or (n, k)."""
    return lso.data.attributes(samples)[["holes", "width"]]


box = lso.BlackBox(counted).fit(images)
asked = digit.requires(9) & box.at_least(holes=1) & box.at_most(width=5)
result = lso.generate(decoder, asked, 20, prior=codes.of(9), random_state=0)
print(f"{box.calls_} calls to learn, {result.box_calls} to check {len(result.samples)} samples")
print(result)
read = counted(result.samples)
lso.show(result, captions={"holes": read["holes"], "width": read["width"]}).save("black_box.png")
