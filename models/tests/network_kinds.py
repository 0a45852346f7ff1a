"""Small networks of every kind that the importer and the folds must tell apart: a U-Net of one level with one thing changed in
each.

Longer than other files: it is a list, an entry a kind.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional as F

WIDTH = 8


class Base(nn.Module):
    """One level: e (encoder), b (bottom), u (up-convolution), d (decoder) and h (head); a kind overrides `forward` or a layer."""

    def __init__(self, channels: int = 3, bias: bool = False, **norm: object) -> None:
        super().__init__()
        w = WIDTH
        self.e, self.b, self.d = nn.Conv2d(channels, w, 3, padding=1, bias=bias), conv(w, 2 * w, bias), conv(2 * w, w, bias)
        self.ne, self.nb, self.nd = (nn.BatchNorm2d(features, **norm) for features in (w, 2 * w, w))
        self.u, self.h = nn.ConvTranspose2d(2 * w, w, 2, stride=2), nn.Conv2d(w, 1, 1)
        self.prepare()

    def prepare(self) -> None:
        """Replaces layers."""

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(self.ne(self.e(x)))

    def bottom(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(self.nb(self.b(x)))

    def decode(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(self.nd(self.d(x)))

    def classify(self, x: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(self.h(x))

    def join(self, up: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        return torch.cat((up, skip), 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        skip = self.encode(x)
        return self.classify(self.decode(self.join(self.u(self.bottom(F.max_pool2d(skip, 2))), skip)))


def conv(inputs: int, outputs: int, bias: bool = False, **more: object) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, **{"padding": 1, "bias": bias, **more})


def made(**overrides: Callable) -> Callable[[], Base]:
    return type("Kind", (Base,), overrides)


class Kind:
    """A network, the size of its image, and whether it has kernels of our own (else TVM's, or an error)."""

    def __init__(
        self, build: Callable[[], nn.Module], own: bool, shape: tuple[int, ...] = (1, 3, 16, 32), refused: bool = False
    ) -> None:
        self.build, self.own, self.shape, self.refused = build, own, shape, refused

    def network(self) -> nn.Module:
        """With statistics and weights that are not the neutral ones."""
        torch.manual_seed(2)
        network = self.build().eval()
        with torch.no_grad():
            for module in network.modules():
                if isinstance(module, nn.BatchNorm2d):
                    if module.track_running_stats:
                        module.running_mean.normal_(0, 0.3)
                        module.running_var.uniform_(0.5, 2)
                    if module.affine:
                        module.weight.uniform_(0.5, 1.5)
                        module.bias.normal_(0, 0.3)
                elif isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
                    nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        return network


def replaced(**layers: nn.Module) -> Callable[[], Base]:
    def build() -> Base:
        network = Base()
        for name, layer in layers.items():
            setattr(network, name, layer)
        return network

    return build


# MARK: who reads a value


def skip_before_norm(self: Base, x: torch.Tensor) -> torch.Tensor:
    skip = self.e(x)
    x = F.max_pool2d(F.relu(self.ne(skip)), 2)
    return self.classify(self.decode(self.join(self.u(self.bottom(x)), skip)))


def skip_before_relu(self: Base, x: torch.Tensor) -> torch.Tensor:
    skip = self.ne(self.e(x))
    x = F.max_pool2d(F.relu(skip), 2)
    return self.classify(self.decode(self.join(self.u(self.bottom(x)), skip)))


def skip_without_norm_before_relu(self: Base, x: torch.Tensor) -> torch.Tensor:
    skip = self.e(x)
    x = F.max_pool2d(F.relu(skip), 2)
    return self.classify(self.decode(self.join(self.u(self.bottom(x)), skip)))


def pooled_before_relu(self: Base, x: torch.Tensor) -> torch.Tensor:
    y = self.ne(self.e(x))
    x = F.relu(F.max_pool2d(y, 2))
    return self.classify(self.decode(self.join(self.u(self.bottom(x)), F.relu(y))))


def skip_of_two_decoders(self: Base, x: torch.Tensor) -> torch.Tensor:
    skip = self.encode(x)
    up = self.u(self.bottom(F.max_pool2d(skip, 2)))
    first = self.decode(self.join(up, skip))
    again = self.u(F.relu(self.nb(self.b(F.max_pool2d(first, 2)))))
    return self.classify(self.decode(self.join(again, skip)))


def skip_also_convolved(self: Base, x: torch.Tensor) -> torch.Tensor:
    skip = self.encode(x)
    up = self.u(F.max_pool2d(self.bottom(skip), 2))
    return self.classify(self.decode(self.join(up, skip)))


def skip_also_classified(self: Base, x: torch.Tensor) -> torch.Tensor:
    skip = self.encode(x)
    self.decode(self.join(self.u(self.bottom(F.max_pool2d(skip, 2))), skip))
    return self.classify(skip)


def up_read_twice(self: Base, x: torch.Tensor) -> torch.Tensor:
    skip = self.encode(x)
    up = self.u(self.bottom(F.max_pool2d(skip, 2)))
    first = self.decode(self.join(up, skip))
    return self.classify(self.decode(torch.cat((up, first), 1)))


def convolution_twice(self: Base, x: torch.Tensor) -> torch.Tensor:
    """A recurrent block: one layer's weights at two places."""
    skip = self.encode(x)
    x = self.decode(self.join(self.u(self.bottom(F.max_pool2d(skip, 2))), skip))
    x = self.decode(self.join(self.u(self.bottom(F.max_pool2d(x, 2))), x))
    return self.classify(x)


def normalised_by_two(self: Base, x: torch.Tensor) -> torch.Tensor:
    """One convolution's output, normalised in two ways."""
    y = self.d(torch.cat((F.relu(self.ne(self.e(x))),) * 2, 1))
    return self.classify(F.relu(self.nd(y)) + F.relu(self.ne(y)))


def two_pools(self: Base, x: torch.Tensor) -> torch.Tensor:
    skip = self.encode(x)
    first = self.u(self.bottom(F.max_pool2d(skip, 2)))
    x = self.decode(self.join(first, skip))
    return self.classify(x) * F.interpolate(F.max_pool2d(skip, 2), scale_factor=2.0).mean(1, keepdim=True)


def pooled_joint(self: Base, x: torch.Tensor) -> torch.Tensor:
    """The concatenation is pooled: its order of channels matters."""
    skip = self.encode(x)
    joint = self.join(self.u(self.bottom(F.max_pool2d(skip, 2))), skip)
    low = self.decode(F.max_pool2d(joint, 2))
    return self.classify(self.decode(self.join(self.u(torch.cat((low, low), 1)), self.decode(joint))))


def three_joined(self: Base, x: torch.Tensor) -> torch.Tensor:
    skip = self.encode(x)
    up = self.u(self.bottom(F.max_pool2d(skip, 2)))
    return self.classify(F.relu(self.nd(self.d3(torch.cat((up, skip, skip), 1)))))


def head_of_joint(self: Base, x: torch.Tensor) -> torch.Tensor:
    skip = self.encode(x)
    joint = self.join(self.u(self.bottom(F.max_pool2d(skip, 2))), skip)
    return torch.sigmoid(self.h2(joint))


def up_of_joint(self: Base, x: torch.Tensor) -> torch.Tensor:
    skip = self.encode(x)
    low = self.bottom(F.max_pool2d(skip, 2))
    joint = self.join(self.u(F.relu(self.b2(F.max_pool2d(low, 2)))), F.relu(self.d(low)))
    return self.classify(self.decode(self.join(self.u(joint), skip)))


def skip_pooled_again(self: Base, x: torch.Tensor) -> torch.Tensor:
    """A skip connection is read once more after its buffer has been completed."""
    first, second = self.encode(x), self.encode(x)
    completed = self.decode(self.join(self.u(self.bottom(F.max_pool2d(first, 2))), first))
    again = self.decode(self.join(self.u(self.bottom(F.max_pool2d(first, 2))), second))
    return self.classify(self.decode(self.join(self.u(self.bottom(F.max_pool2d(completed, 2))), again)))


# MARK: outputs


def several_outputs(self: Base, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    skip = self.encode(x)
    low = self.bottom(F.max_pool2d(skip, 2))
    x = self.decode(self.join(self.u(low), skip))
    return self.classify(x), torch.sigmoid(self.h2(low))


def intermediate_output(self: Base, x: torch.Tensor) -> torch.Tensor:
    """What is computed last is not what is returned."""
    skip = self.encode(x)
    first = self.classify(skip)
    self.classify(self.decode(self.join(self.u(self.bottom(F.max_pool2d(skip, 2))), skip)))
    return first


def output_of_relu(self: Base, x: torch.Tensor) -> torch.Tensor:
    return self.encode(x)


def head_also_read(self: Base, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    logits = self.h(self.encode(x))
    return torch.sigmoid(logits), logits


def gated(self: Base, x: torch.Tensor) -> torch.Tensor:
    skip = self.encode(x)
    return self.classify(skip * torch.sigmoid(self.h(skip)))


def sigmoid_of_sigmoid(self: Base, x: torch.Tensor) -> torch.Tensor:
    return torch.sigmoid(self.classify(self.encode(x)))


# MARK: in place


def relu_in_place(self: Base, x: torch.Tensor) -> torch.Tensor:
    skip = F.relu_(self.ne(self.e(x)))
    x = F.relu_(self.nb(self.b(F.max_pool2d(skip, 2))))
    return self.classify(F.relu_(self.nd(self.d(self.join(self.u(x), skip)))))


def alias_of_relu_in_place(self: Base, x: torch.Tensor) -> torch.Tensor:
    """The skip is the same memory, so it is the ReLU's result, although it was taken before."""
    y = self.ne(self.e(x))
    skip = y.view(y.shape)
    F.relu_(y)
    return self.classify(self.decode(self.join(self.u(self.bottom(F.max_pool2d(y, 2))), skip)))


def add_in_place(self: Base, x: torch.Tensor) -> torch.Tensor:
    skip = self.encode(x)
    y = self.u(self.bottom(F.max_pool2d(skip, 2)))
    y += skip
    return self.classify(y)


# MARK: attributes


def keywords(self: Base, x: torch.Tensor) -> torch.Tensor:
    """Arguments by name, also those that are not the defaults."""
    skip = F.relu(input=self.ne(F.conv2d(input=x, weight=self.e.weight, bias=None, padding=1)))
    x = F.max_pool2d(skip, kernel_size=2, stride=2)
    up = F.conv_transpose2d(self.bottom(x), weight=self.u.weight, bias=self.u.bias, stride=2)
    return self.classify(self.decode(torch.cat(tensors=(up, skip), dim=1)))


def fitted(x: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """`x` with columns and rows cut off or zeros added, to the size of `like`."""
    height, width = like.shape[2:]
    return F.pad(x, (0, max(0, width - x.shape[3]), 0, max(0, height - x.shape[2])))[:, :, :height, :width]


def pool(**options: object) -> Callable[[], Base]:
    def forward(self: Base, x: torch.Tensor) -> torch.Tensor:
        skip = self.encode(x)
        low = self.bottom(F.max_pool2d(skip, **options))
        up = fitted(self.u(low), skip)
        return self.classify(self.decode(self.join(up, skip)))

    return made(forward=forward)


def pooled_rounding_up(self: Base, x: torch.Tensor) -> torch.Tensor:
    skip = self.encode(x)
    return self.classify(self.decode(self.join(self.u(self.bottom(F.max_pool2d(skip, 2, ceil_mode=True))), skip)))


def joined(join: Callable) -> Callable[[], Base]:
    return made(join=join)


def pooled_image(self: Base, x: torch.Tensor) -> torch.Tensor:
    return self.classify(self.encode(F.max_pool2d(x, 2)))


def head_of_image(self: Base, x: torch.Tensor) -> torch.Tensor:
    return torch.sigmoid(self.h3(x))


def spectral(self: Base) -> None:
    self.b = nn.utils.parametrizations.weight_norm(self.b)


def dropped(self: Base, x: torch.Tensor) -> torch.Tensor:
    skip = F.dropout2d(self.encode(x), 0.5, training=False)
    x = F.dropout(F.max_pool2d(skip, 2), 0.5, training=False)
    return self.classify(self.decode(self.join(self.u(self.bottom(x)), nn.Identity()(skip.contiguous()))))


def with_layers(forward: Callable, **layers: Callable[[], nn.Module]) -> Callable[[], Base]:
    def prepare(self: Base) -> None:
        for name, layer in layers.items():
            setattr(self, name, layer())

    return made(forward=forward, prepare=prepare)


W = WIDTH
KINDS: dict[str, Kind] = {
    "plain": Kind(Base, True),
    "bias and norm": Kind(lambda: Base(bias=True), True),
    "1 channel": Kind(lambda: Base(channels=1), True, (1, 1, 16, 32)),
    "4 channels": Kind(lambda: Base(channels=4), True, (1, 4, 16, 32)),
    "batch of 3": Kind(Base, True, (3, 3, 16, 32)),
    "odd multiples": Kind(Base, True, (1, 3, 22, 48)),
    "width no multiple of the vector": Kind(Base, False, (1, 3, 16, 18)),
    "norm without affine": Kind(lambda: Base(affine=False), True),
    "norm of the batch": Kind(lambda: Base(track_running_stats=False), False),
    "no norm": Kind(replaced(ne=nn.Identity(), nb=nn.Identity(), nd=nn.Identity()), True),
    "norm twice": Kind(made(encode=lambda self, x: F.relu(self.ne(self.ne(self.e(x))))), True),
    "norm after ReLU": Kind(made(encode=lambda self, x: self.ne(F.relu(self.e(x)))), False),
    "ReLU twice": Kind(made(encode=lambda self, x: F.relu(F.relu(self.ne(self.e(x))))), True),
    "ReLU after pooling too": Kind(made(bottom=lambda self, x: F.relu(self.nb(self.b(F.relu(x))))), True),
    "no ReLU": Kind(made(encode=lambda self, x: self.ne(self.e(x))), False),
    "ReLU6": Kind(made(encode=lambda self, x: F.relu6(self.ne(self.e(x)))), False),
    "leaky ReLU": Kind(made(encode=lambda self, x: F.leaky_relu(self.ne(self.e(x)))), False),
    "ReLU after the up-convolution": Kind(joined(lambda self, up, skip: torch.cat((F.relu(up), skip), 1)), False),
    "skip before norm and ReLU": Kind(made(forward=skip_before_norm), False),
    "skip before ReLU": Kind(made(forward=skip_before_relu), False),
    "skip before ReLU, no norm": Kind(made(forward=skip_without_norm_before_relu), False),
    "pooled before ReLU": Kind(made(forward=pooled_before_relu), False),
    "skip of two decoders": Kind(made(forward=skip_of_two_decoders), False),
    "skip also convolved": Kind(made(forward=skip_also_convolved), False),
    "skip also classified": Kind(made(forward=skip_also_classified), True),
    "up-convolution read twice": Kind(made(forward=up_read_twice), False),
    "convolution twice": Kind(made(forward=convolution_twice), True),
    "one convolution normalised in two ways": Kind(made(forward=normalised_by_two), False),
    "skip pooled twice": Kind(made(forward=two_pools), False),
    "skip pooled again after its buffer is complete": Kind(made(forward=skip_pooled_again), True),
    "pooled concatenation": Kind(made(forward=pooled_joint), False),
    "head of a concatenation": Kind(with_layers(head_of_joint, h2=lambda: nn.Conv2d(2 * W, 1, 1)), True),
    "up-convolution of a concatenation": Kind(with_layers(up_of_joint, b2=lambda: conv(2 * W, 2 * W)), True),
    "several outputs": Kind(with_layers(several_outputs, h2=lambda: nn.Conv2d(2 * W, 1, 1)), False),
    "an intermediate value returned": Kind(made(forward=intermediate_output), True),
    "an activation returned": Kind(made(forward=output_of_relu), False),
    "logits returned too": Kind(made(forward=head_also_read), False),
    "logits": Kind(made(classify=lambda self, x: self.h(x)), False),
    "3 classes": Kind(with_layers(lambda self, x: torch.softmax(self.h2(self.encode(x)), 1), h2=lambda: nn.Conv2d(W, 3, 1)), False),
    "gate (sigmoid inside)": Kind(made(forward=gated), False),
    "sigmoid twice": Kind(made(forward=sigmoid_of_sigmoid), False),
    "ReLU in place": Kind(made(forward=relu_in_place), True),
    "ReLU in place on a skip's memory": Kind(made(forward=alias_of_relu_in_place), False),
    "residual in place": Kind(made(forward=add_in_place), False),
    "residual": Kind(made(bottom=lambda self, x: F.relu(self.nb(self.b(x)) + torch.cat((x, x), 1))), False),
    "dropout and identity": Kind(made(forward=dropped), True),
    "arguments by name": Kind(made(forward=keywords), True),
    "skip first": Kind(joined(lambda self, up, skip: torch.cat((skip, up), 1)), True),
    "concatenation counted from the end": Kind(joined(lambda self, up, skip: torch.cat((up, skip), -3)), True),
    "concatenation of 3": Kind(with_layers(three_joined, d3=lambda: conv(3 * W, W)), False),
    "concatenation along rows": Kind(
        joined(lambda self, up, skip: torch.cat((torch.cat((up, skip), 2)[:, :, : up.shape[2]], skip), 1)), False
    ),
    "concatenation of one value twice": Kind(joined(lambda self, up, skip: torch.cat((skip, skip), 1)), False),
    "concatenation of an up-convolution twice": Kind(joined(lambda self, up, skip: torch.cat((up, up), 1)), False),
    "dilation": Kind(replaced(b=conv(W, 2 * W, dilation=2, padding=2)), False),
    "dilation with padding 1": Kind(
        made(bottom=lambda self, x: F.pad(F.relu(F.conv2d(x, self.b.weight, padding=1, dilation=2)), (1, 1, 1, 1))), False
    ),
    "grouped convolution": Kind(replaced(b=conv(W, 2 * W, groups=2)), False),
    "strided convolution": Kind(
        made(
            forward=lambda self, x: self.classify(
                self.decode(self.join(self.u(F.relu(F.conv2d(self.encode(x), self.b.weight, None, 2, 1))), self.encode(x)))
            )
        ),
        False,
    ),
    "asymmetric stride": Kind(
        made(forward=lambda self, x: self.classify(F.relu(F.conv2d(x, self.e.weight, None, (2, 1), 1)))), False
    ),
    "5×5 convolution": Kind(replaced(b=nn.Conv2d(W, 2 * W, 5, padding=2)), False),
    "3×1 convolution": Kind(replaced(b=nn.Conv2d(W, 2 * W, (3, 1), padding=(1, 0))), False),
    "no padding": Kind(made(forward=lambda self, x: self.classify(F.relu(F.conv2d(x, self.e.weight)))), False),
    "padding by name": Kind(replaced(b=conv(W, 2 * W, padding="same")), False),
    "reflected padding": Kind(replaced(b=conv(W, 2 * W, padding_mode="reflect")), False),
    "circular padding": Kind(replaced(b=conv(W, 2 * W, padding_mode="circular")), False),
    "1×1 convolution inside": Kind(replaced(b=nn.Conv2d(W, 2 * W, 1)), False),
    "grouped up-convolution": Kind(replaced(u=nn.ConvTranspose2d(2 * W, W, 2, stride=2, groups=2)), False),
    "depthwise up-convolution": Kind(
        made(
            forward=lambda self, x: self.classify(
                self.decode(
                    self.join(
                        F.conv_transpose2d(F.max_pool2d(self.encode(x), 2), self.u.weight[:W, :1], None, 2, groups=W),
                        self.encode(x),
                    )
                )
            )
        ),
        False,
    ),
    "up-convolution without bias": Kind(replaced(u=nn.ConvTranspose2d(2 * W, W, 2, stride=2, bias=False)), True),
    "dilated up-convolution": Kind(
        replaced(u=nn.ConvTranspose2d(2 * W, W, 2, stride=2, dilation=2, padding=1, output_padding=1)), False
    ),
    "padded up-convolution": Kind(
        made(
            join=lambda self, up, skip: torch.cat((fitted(up, skip), skip), 1),
            prepare=lambda self: setattr(self, "u", nn.ConvTranspose2d(2 * W, W, 2, stride=2, padding=1)),
        ),
        False,
    ),
    "up-convolution with output padding": Kind(
        replaced(u=nn.ConvTranspose2d(2 * W, W, 3, stride=2, padding=1, output_padding=1)), False
    ),
    "up-convolution of stride 1": Kind(
        made(
            forward=lambda self, x: self.classify(
                F.relu(
                    self.d(
                        torch.cat(
                            (F.conv_transpose2d(self.encode(x), self.u.weight[:W], None, 1, 0)[:, :, 1:, 1:], self.encode(x)), 1
                        )
                    )
                )
            )
        ),
        False,
    ),
    "bilinear": Kind(
        made(
            forward=lambda self, x: self.classify(
                self.decode(
                    torch.cat(
                        (
                            F.interpolate(self.encode(F.max_pool2d(x, 2)), scale_factor=2, mode="bilinear", align_corners=True),
                            self.encode(x),
                        ),
                        1,
                    )
                )
            )
        ),
        False,
    ),
    "pool with overlap": Kind(pool(kernel_size=3, stride=2, padding=1), False),
    "pool of stride 1": Kind(pool(kernel_size=2, stride=1), False),
    "pool with dilation": Kind(pool(kernel_size=2, stride=2, dilation=2), False),
    "pool rounding up": Kind(pool(kernel_size=2, ceil_mode=True), False, (1, 3, 15, 32)),
    "pool rounding up, even size": Kind(made(forward=pooled_rounding_up), True),
    "pool of an odd size": Kind(pool(kernel_size=2), False, (1, 3, 15, 32)),
    "average pooling": Kind(made(bottom=lambda self, x: F.relu(self.nb(self.b(F.avg_pool2d(x, 3, 1, 1))))), False),
    "pooled image": Kind(made(forward=pooled_image), False, (1, 3, 16, 32)),
    "head of the image": Kind(with_layers(head_of_image, h3=lambda: nn.Conv2d(3, 1, 1)), False),
    "weights that are computed": Kind(made(prepare=spectral), False),
    "double precision": Kind(lambda: Base().double(), False, refused=True),
}
