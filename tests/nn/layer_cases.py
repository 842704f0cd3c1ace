"""The layers whose answers are frozen: how each is made and what it is called with.

A case is the expression that makes the layer and its inputs: a shape for floating-point values,
`("int", shape, high)` for integers below `high`, `("positive", shape)` for values between 0 and 1,
`("sign", shape)` for 1 and -1. Inputs that are None mean that the layer is only made.
"""

from __future__ import annotations

import numpy as np

IMAGE = (2, 4, 6, 5)
LINE = (2, 4, 7)
VOLUME = (1, 2, 4, 4, 4)
VECTORS = (3, 6)
STEPS = (5, 2, 3)

CASES: dict[str, list[tuple]] = {
    "linear": [
        ("nn.Identity(54, unused=True)", VECTORS),
        ("nn.Linear(6, 4)", VECTORS),
        ("nn.Linear(6, 4, bias=False)", (6,)),
        ("nn.Linear(6, 1, dtype=torch.float64)", None),
        ("nn.Bilinear(6, 3, 2)", VECTORS, (3, 3)),
        ("nn.Bilinear(6, 3, 2, bias=False)", VECTORS, (3, 3)),
    ],
    "flatten": [
        ("nn.Flatten()", IMAGE),
        ("nn.Flatten(2, 3)", IMAGE),
        ("nn.Unflatten(1, (2, 3))", VECTORS),
    ],
    "conv": [
        ("nn.Conv1d(4, 3, 3)", LINE),
        ("nn.Conv1d(4, 6, 2, stride=2, padding=1, dilation=2, groups=2)", LINE),
        ("nn.Conv1d(4, 3, 3, padding='same', padding_mode='circular', bias=False)", LINE),
        ("nn.Conv2d(4, 3, 3, 1, 1)", IMAGE),
        ("nn.Conv2d(4, 4, (3, 2), stride=(2, 1), padding=(1, 0), groups=4)", IMAGE),
        ("nn.Conv2d(4, 3, 3, padding='same', dilation=2)", IMAGE),
        ("nn.Conv2d(4, 3, 3, padding='valid')", (4, 6, 5)),
        ("nn.Conv2d(4, 3, 3, padding=1, padding_mode='reflect')", IMAGE),
        ("nn.Conv2d(4, 3, 3, padding=(2, 1), padding_mode='replicate')", IMAGE),
        ("nn.Conv3d(2, 3, 2, stride=2, padding=1)", VOLUME),
        ("nn.ConvTranspose1d(4, 3, 3, stride=2, output_padding=1)", LINE),
        ("nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, groups=2)", IMAGE),
        ("nn.ConvTranspose2d(4, 3, (2, 3), dilation=2, bias=False)", (4, 6, 5)),
        ("nn.ConvTranspose3d(2, 3, 2, stride=2)", VOLUME),
    ],
    "pooling": [
        ("nn.MaxPool1d(3, stride=2)", LINE),
        ("nn.MaxPool2d(2, 2)", IMAGE),
        ("nn.MaxPool2d((3, 2), stride=(2, 1), padding=(1, 0), ceil_mode=True)", IMAGE),
        ("nn.MaxPool2d(2, dilation=2)", (4, 6, 5)),
        ("nn.MaxPool2d(2, return_indices=True)", IMAGE),
        ("nn.MaxPool3d(2)", VOLUME),
        ("nn.MaxUnpool2d(2, stride=2)", None),
        ("nn.AvgPool1d(3, stride=2, padding=1)", LINE),
        ("nn.AvgPool2d(2)", IMAGE),
        ("nn.AvgPool2d(3, stride=2, padding=1, ceil_mode=True, count_include_pad=False)", IMAGE),
        ("nn.AvgPool2d(2, divisor_override=3)", IMAGE),
        ("nn.AvgPool3d(2)", VOLUME),
        ("nn.LPPool1d(2, 3)", LINE),
        ("nn.LPPool2d(3, 2, stride=1)", ("positive", IMAGE)),
        ("nn.LPPool3d(2, 2)", VOLUME),
        ("nn.AdaptiveMaxPool1d(3)", LINE),
        ("nn.AdaptiveMaxPool2d((3, None))", IMAGE),
        ("nn.AdaptiveMaxPool3d(2)", VOLUME),
        ("nn.AdaptiveAvgPool1d(3)", LINE),
        ("nn.AdaptiveAvgPool2d((1, 1))", IMAGE),
        ("nn.AdaptiveAvgPool2d((4, None))", IMAGE),
        ("nn.AdaptiveAvgPool3d((2, 3, 1))", VOLUME),
    ],
    "activation": [
        ("nn.Threshold(0.1, 20.0)", VECTORS),
        ("nn.ReLU()", VECTORS),
        ("nn.ReLU(inplace=True)", None),
        ("nn.RReLU().eval()", VECTORS),
        ("nn.Hardtanh()", VECTORS),
        ("nn.Hardtanh(-0.5, 0.25)", VECTORS),
        ("nn.ReLU6()", VECTORS),
        ("nn.Sigmoid()", VECTORS),
        ("nn.Hardsigmoid()", VECTORS),
        ("nn.Tanh()", VECTORS),
        ("nn.SiLU()", VECTORS),
        ("nn.Mish()", VECTORS),
        ("nn.Hardswish()", VECTORS),
        ("nn.ELU(alpha=0.5)", VECTORS),
        ("nn.CELU(alpha=2.0)", VECTORS),
        ("nn.SELU()", VECTORS),
        ("nn.GLU()", VECTORS),
        ("nn.GELU()", VECTORS),
        ("nn.GELU(approximate='tanh')", VECTORS),
        ("nn.Hardshrink(0.3)", VECTORS),
        ("nn.LeakyReLU(0.2)", VECTORS),
        ("nn.LogSigmoid()", VECTORS),
        ("nn.Softplus(beta=2.0)", VECTORS),
        ("nn.Softshrink(0.3)", VECTORS),
        ("nn.PReLU()", VECTORS),
        ("nn.PReLU(num_parameters=6, init=0.1)", VECTORS),
        ("nn.Softsign()", VECTORS),
        ("nn.Tanhshrink()", VECTORS),
        ("nn.Softmin(dim=1)", VECTORS),
        ("nn.Softmax(dim=0)", VECTORS),
        ("nn.Softmax2d()", IMAGE),
        ("nn.LogSoftmax(dim=-1)", VECTORS),
    ],
    "batchnorm": [
        ("nn.BatchNorm1d(6)", VECTORS),
        ("nn.BatchNorm1d(4, momentum=None)", LINE),
        ("nn.BatchNorm1d(6).eval()", VECTORS),
        ("nn.BatchNorm2d(4, eps=1e-3, momentum=0.3)", IMAGE),
        ("nn.BatchNorm2d(4, affine=False)", IMAGE),
        ("nn.BatchNorm2d(4, bias=False)", IMAGE),
        ("nn.BatchNorm2d(4, track_running_stats=False).eval()", IMAGE),
        ("nn.BatchNorm3d(2)", VOLUME),
    ],
    "instancenorm": [
        ("nn.InstanceNorm1d(4)", LINE),
        ("nn.InstanceNorm1d(4)", (4, 7)),
        ("nn.InstanceNorm2d(4, affine=True, track_running_stats=True)", IMAGE),
        ("nn.InstanceNorm3d(2, eps=1e-3)", VOLUME),
    ],
    "normalization": [
        ("nn.LayerNorm(6)", VECTORS),
        ("nn.LayerNorm([6, 5], eps=1e-3, bias=False)", IMAGE),
        ("nn.LayerNorm((5,), elementwise_affine=False)", IMAGE),
        ("nn.GroupNorm(2, 4)", IMAGE),
        ("nn.GroupNorm(4, 4, affine=False)", LINE),
        ("nn.RMSNorm(6)", VECTORS),
        ("nn.RMSNorm((6, 5), eps=1e-3, elementwise_affine=False)", IMAGE),
        ("nn.LocalResponseNorm(2)", IMAGE),
        ("nn.LocalResponseNorm(3, alpha=0.1, beta=0.5, k=2.0)", LINE),
    ],
    "dropout": [
        ("nn.Dropout()", VECTORS),
        ("nn.Dropout(p=0.2)", VECTORS),
        ("nn.Dropout(0.3).eval()", VECTORS),
        ("nn.Dropout1d(0.4)", LINE),
        ("nn.Dropout2d(0.4)", IMAGE),
        ("nn.Dropout3d(0.4)", VOLUME),
        ("nn.AlphaDropout(0.4)", VECTORS),
        ("nn.FeatureAlphaDropout(0.4)", IMAGE),
    ],
    "rnn": [
        ("nn.RNN(3, 4)", STEPS),
        ("nn.RNN(3, 4, 2, 'relu', bias=False, batch_first=True)", STEPS),
        ("nn.RNN(3, 4, num_layers=2, dropout=0.5, bidirectional=True)", STEPS, (4, 2, 4)),
        ("nn.RNN(3, 4, dtype=torch.float64)", None),
        ("nn.LSTM(3, 4)", STEPS),
        ("nn.LSTM(3, 4, 2, bias=False, batch_first=True, bidirectional=True)", STEPS),
        ("nn.LSTM(3, 4, 3, dropout=0.3)", (5, 3)),
        ("nn.LSTM(3, 4, proj_size=2)", None),
        ("nn.GRU(3, 4)", STEPS, (1, 2, 4)),
        ("nn.GRU(3, 4, 2, batch_first=True, dropout=0.5, bidirectional=True)", STEPS),
        ("nn.GRU(3, 4, bias=False)", (1, 1, 3)),
        ("nn.RNNCell(3, 4)", (2, 3), (2, 4)),
        ("nn.RNNCell(3, 4, bias=False, nonlinearity='relu')", (3,)),
        ("nn.LSTMCell(3, 4)", (2, 3)),
        ("nn.LSTMCell(3, 4, bias=False)", (3,)),
        ("nn.GRUCell(3, 4)", (2, 3), (2, 4)),
        ("nn.GRUCell(3, 4, bias=False)", (3,)),
    ],
    "sparse": [
        ("nn.Embedding(10, 3)", ("int", (2, 4), 10)),
        ("nn.Embedding(10, 3, padding_idx=0)", ("int", (2, 4), 10)),
        ("nn.Embedding(10, 3, padding_idx=-1, scale_grad_by_freq=True)", ("int", (5,), 10)),
    ],
    "padding": [
        *((f"nn.{kind}Pad1d((2, 1))", LINE) for kind in ("Circular", "Reflection", "Replication", "Zero")),
        *(
            (f"nn.{kind}Pad2d((1, 2, 0, 3))", IMAGE)
            for kind in ("Circular", "Reflection", "Replication", "Zero")
        ),
        *((f"nn.{kind}Pad3d(1)", VOLUME) for kind in ("Circular", "Reflection", "Replication", "Zero")),
        ("nn.ConstantPad1d(2, 3.5)", LINE),
        ("nn.ConstantPad2d((1, 0, -1, 2), 3.5)", IMAGE),
        ("nn.ConstantPad3d(1, 0.5)", VOLUME),
    ],
    "pixelshuffle": [
        ("nn.PixelShuffle(2)", IMAGE),
        ("nn.PixelUnshuffle(2)", (1, 2, 4, 6)),
        ("nn.ChannelShuffle(2)", IMAGE),
    ],
    "upsampling": [
        ("nn.Upsample(scale_factor=2)", IMAGE),
        ("nn.Upsample(size=(9, 4), mode='bilinear', align_corners=True)", IMAGE),
        ("nn.UpsamplingNearest2d(scale_factor=2)", IMAGE),
        ("nn.UpsamplingBilinear2d(scale_factor=2)", IMAGE),
    ],
    "fold": [
        ("nn.Unfold(2)", IMAGE),
        ("nn.Unfold((3, 2), dilation=1, padding=1, stride=2)", IMAGE),
        ("nn.Fold((4, 5), 2)", (1, 8, 12)),
    ],
    "distance": [
        ("nn.PairwiseDistance()", VECTORS, VECTORS),
        ("nn.PairwiseDistance(p=1.0, keepdim=True)", VECTORS, VECTORS),
        ("nn.CosineSimilarity()", VECTORS, VECTORS),
    ],
    "loss": [
        ("nn.L1Loss()", VECTORS, VECTORS),
        ("nn.L1Loss(reduction='sum')", VECTORS, VECTORS),
        ("nn.NLLLoss()", VECTORS, ("int", (3,), 6)),
        ("nn.NLLLoss(weight=torch.arange(1.0, 7.0), ignore_index=1)", VECTORS, ("int", (3,), 6)),
        ("nn.NLLLoss(reduction='none')", (2, 4, 3), ("int", (2, 3), 4)),
        ("nn.PoissonNLLLoss()", VECTORS, ("positive", VECTORS)),
        ("nn.PoissonNLLLoss(log_input=False, full=True)", ("positive", VECTORS), ("int", VECTORS, 5)),
        ("nn.GaussianNLLLoss()", VECTORS, VECTORS, ("positive", VECTORS)),
        ("nn.GaussianNLLLoss(full=True, reduction='none')", VECTORS, VECTORS, ("positive", (3, 1))),
        ("nn.KLDivLoss(reduction='batchmean')", VECTORS, ("positive", VECTORS)),
        ("nn.KLDivLoss(reduction='sum', log_target=True)", VECTORS, VECTORS),
        ("nn.MSELoss()", VECTORS, VECTORS),
        ("nn.MSELoss(reduction='none')", VECTORS, VECTORS),
        ("nn.BCELoss()", ("positive", VECTORS), ("positive", VECTORS)),
        ("nn.BCEWithLogitsLoss()", VECTORS, ("positive", VECTORS)),
        ("nn.BCEWithLogitsLoss(pos_weight=torch.arange(1.0, 7.0))", VECTORS, ("positive", VECTORS)),
        ("nn.SmoothL1Loss(beta=0.5)", VECTORS, VECTORS),
        ("nn.HuberLoss(delta=0.7)", VECTORS, VECTORS),
        ("nn.CrossEntropyLoss()", VECTORS, ("int", (3,), 6)),
        (
            "nn.CrossEntropyLoss(weight=torch.arange(1.0, 7.0), label_smoothing=0.1)",
            VECTORS,
            ("int", (3,), 6),
        ),
        ("nn.CrossEntropyLoss(reduction='sum', ignore_index=2)", (2, 4, 3), ("int", (2, 3), 4)),
        ("nn.CrossEntropyLoss()", VECTORS, ("positive", VECTORS)),
    ],
    "margin_loss": [
        ("nn.HingeEmbeddingLoss(margin=0.5)", VECTORS, ("sign", VECTORS)),
        ("nn.MultiLabelMarginLoss()", (3, 4), ("int", (3, 4), 4)),
        ("nn.SoftMarginLoss()", VECTORS, ("sign", VECTORS)),
        ("nn.MultiLabelSoftMarginLoss()", VECTORS, ("positive", VECTORS)),
        ("nn.CosineEmbeddingLoss(margin=0.1)", VECTORS, VECTORS, ("sign", (3,))),
        ("nn.MarginRankingLoss(margin=0.2)", (5,), (5,), ("sign", (5,))),
        ("nn.MultiMarginLoss(p=2, margin=0.5)", VECTORS, ("int", (3,), 6)),
        ("nn.TripletMarginLoss(swap=True)", VECTORS, VECTORS, VECTORS),
        ("nn.TripletMarginWithDistanceLoss(margin=0.7)", VECTORS, VECTORS, VECTORS),
    ],
}


def inputs(specs: tuple) -> list[np.ndarray]:
    """The inputs of a case: the same numbers in every run, of every size between -2 and 2."""
    arrays = []
    for salt, spec in enumerate(specs):
        kind = spec[0] if isinstance(spec[0], str) else "float"
        shape = spec if kind == "float" else spec[1]
        waves = np.sin(np.arange(np.prod(shape, dtype=int)) * 1.7 + salt).reshape(shape)
        if kind == "int":
            arrays.append((np.abs(waves) * 1000).astype(np.int64) % spec[2])
        elif kind == "positive":
            arrays.append((np.abs(waves) * 0.9 + 0.05).astype(np.float32))
        elif kind == "sign":
            arrays.append(np.where(waves > 0, 1, -1).astype(np.float32))
        else:
            arrays.append((waves * 2).astype(np.float32))
    return arrays
