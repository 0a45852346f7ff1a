"""The network of Buda et al. 2019 ("Association of genomic subtypes of lower-grade gliomas with shape features
automatically extracted by a deep learning algorithm"): the U-Net of Ronneberger et al. 2015 with batch normalisation."""

import torch
from torch import nn


class Block(nn.Sequential):
    """Twice: 3×3 convolution without bias, batch normalisation, ReLU. (N, i, H, W) → (N, o, H, W)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
        )


class UNet(nn.Module):
    """(N, channels, H, W) → (N, 1, H, W) probabilities; H and W must be multiples of 2**depth.

    `width` is the number of features of the first level; each of the `depth` levels below has twice as many.
    """

    def __init__(self, width: int = 32, depth: int = 4, channels: int = 3) -> None:
        super().__init__()
        self.width, self.depth, self.channels = width, depth, channels
        features = [width << level for level in range(depth + 1)]
        self.encoder = nn.ModuleList(Block(i, o) for i, o in zip([channels, *features[:-2]], features[:-1]))
        self.bottleneck = Block(features[-2], features[-1])
        self.up = nn.ModuleList(nn.ConvTranspose2d(i, o, 2, stride=2) for i, o in zip(features[:0:-1], features[-2::-1]))
        self.decoder = nn.ModuleList(Block(2 * o, o) for o in features[-2::-1])
        self.head = nn.Conv2d(width, 1, 1)
        self.pool = nn.MaxPool2d(2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        skips = []
        for block in self.encoder:
            x = block(x)
            skips.append(x)
            x = self.pool(x)
        x = self.bottleneck(x)
        for up, block in zip(self.up, self.decoder):
            x = block(torch.cat((up(x), skips.pop()), dim=1))
        return torch.sigmoid(self.head(x))

    @property
    def parameter_count(self) -> int:
        return sum(parameter.numel() for parameter in self.parameters())
