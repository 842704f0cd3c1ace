"""What PyTorch's tutorial "Python Custom Operators" does, step by step, as a program of either library.

An image is cropped and pasted by code that knows nothing of tensors; here that is NumPy's in place of PIL's.
"""

from collections.abc import Sequence

import numpy as np


class Image:
    """As much of an image of PIL's as the program needs: height, width and channels of bytes."""

    def __init__(self, array):
        self.array = array

    def crop(self, box):
        left, upper, right, lower = box
        return Image(self.array[upper:lower, left:right].copy())

    def paste(self, other, corner):
        height, width, _ = other.array.shape
        self.array[corner[1] : corner[1] + height, corner[0] : corner[0] + width] = other.array


def main(torch):
    def to_pil_image(pic):
        bytes_ = pic.mul(255).to(torch.uint8) if pic.is_floating_point() else pic
        return Image(np.transpose(bytes_.numpy(), (1, 2, 0)).copy())

    def pil_to_tensor(image):
        return torch.as_tensor(np.array(image.array, copy=True)).permute((2, 0, 1))

    img = torch.ones(3, 64, 64)
    img *= torch.linspace(0, 1, steps=64) * torch.linspace(0, 1, steps=64).unsqueeze(-1)

    @torch.library.custom_op("tutorial::crop", mutates_args=())
    def crop(pic: torch.Tensor, box: Sequence[int]) -> torch.Tensor:
        image = to_pil_image(pic.cpu())
        return (pil_to_tensor(image.crop(box)) / 255.0).contiguous().to(pic.device, pic.dtype)

    @crop.register_fake
    def _(pic, box):
        channels = pic.shape[0]
        x0, y0, x1, y1 = box
        return pic.new_empty(channels, y1 - y0, x1 - x0)

    @torch.compile(fullgraph=True)
    def cropped(img):
        return crop(img, (10, 10, 50, 50))

    print(cropped(img).shape, round(cropped(img).double().sum().item(), 3), crop._opoverload._schema)

    @torch.library.custom_op("tutorial::paste", mutates_args=())
    def paste(im1: torch.Tensor, im2: torch.Tensor, coord: Sequence[int]) -> torch.Tensor:
        assert im1.device == im2.device
        assert im1.dtype == im2.dtype
        below, above = to_pil_image(im1.cpu()), to_pil_image(im2.cpu())
        below.paste(above, coord)
        return (pil_to_tensor(below) / 255.0).contiguous().to(im1.device, im1.dtype)

    @paste.register_fake
    def _(im1, im2, coord):
        assert im1.device == im2.device
        assert im1.dtype == im2.dtype
        return torch.empty_like(im1)

    def backward(ctx, grad_output):
        grad_input = grad_output.new_zeros(ctx.pic_shape)
        return paste(grad_input, grad_output, ctx.coords), None

    def setup_context(ctx, inputs, output):
        pic, box = inputs
        ctx.coords = box[:2]
        ctx.pic_shape = pic.shape

    crop.register_autograd(backward, setup_context=setup_context)

    img = img.requires_grad_()
    result = crop(img, (10, 10, 50, 50))
    print(result.grad_fn.name())
    result.sum().backward()
    print(img.grad.sum(), img.grad[:, 10:50, 10:50].sum())

    for example in (
        [torch.randn(3, 64, 64), [0, 0, 10, 10]],
        [torch.randn(3, 91, 91, requires_grad=True), [10, 0, 20, 10]],
        [torch.randn(3, 60, 60, dtype=torch.double), [3, 4, 32, 20]],
        [torch.randn(3, 512, 512, requires_grad=True, dtype=torch.double), [3, 4, 32, 45]],
    ):
        print(torch.library.opcheck(crop, example))

    @torch.library.custom_op("tutorial::numpy_sin", mutates_args={"output"}, device_types="cpu")
    def numpy_sin(input: torch.Tensor, output: torch.Tensor) -> None:
        assert input.device == output.device
        assert input.device.type == "cpu"
        np.sin(input.numpy(), out=output.numpy())

    @torch.compile(fullgraph=True)
    def sine(x):
        out = torch.empty(3)
        numpy_sin(x, out)
        return out

    x = torch.randn(3)
    y = sine(x)
    print(torch.allclose(y, x.sin()), y, numpy_sin._opoverload._schema)
    for example in (
        [torch.randn(3), torch.empty(3)],
        [torch.randn(0, 3), torch.empty(0, 3)],
        [torch.randn(1, 2, 3, 4, dtype=torch.double), torch.empty(1, 2, 3, 4, dtype=torch.double)],
    ):
        print(torch.library.opcheck(numpy_sin, example))

    # A formula that NumPy computes too, differentiated twice.
    @torch.library.custom_op("tutorial::sin", mutates_args=())
    def sin(x: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(np.sin(x.numpy(force=True)))

    @torch.library.custom_op("tutorial::cos", mutates_args=())
    def cos(x: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(np.cos(x.numpy(force=True)))

    def keep(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    for op, derivative in ((sin, lambda x: cos(x)), (cos, lambda x: -sin(x))):
        op.register_fake(lambda x: torch.empty_like(x))
        op.register_autograd(
            lambda ctx, g, derivative=derivative: g * derivative(ctx.saved_tensors[0]), setup_context=keep
        )
    x = torch.randn(4, dtype=torch.double, requires_grad=True)
    print(
        torch.autograd.gradcheck(sin, x),
        torch.autograd.gradgradcheck(sin, x),
        torch.library.opcheck(sin, (x,)),
    )
