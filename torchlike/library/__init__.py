"""`torch.library`: operators that a program defines for itself, and `torch.ops`, where all operators are found."""
