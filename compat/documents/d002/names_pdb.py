import io
import pdb

import torchlike as torch
import torchlike.nn as nn


class MyLayer(nn.Module):
    def __init__(self, debugger):
        super().__init__()
        self.linear = nn.Linear(2, 2)
        self.debugger = debugger

    def forward(self, x):
        z = self.linear(x)
        self.debugger.set_trace()
        h = torch.relu(z)
        return h


_commands = io.StringIO("p z.shape\np (z > 0).any().item()\nnext\nnext\np h\nwhere 1\ncontinue\n")
_screen = io.StringIO()
_debugger = pdb.Pdb(stdin=_commands, stdout=_screen, nosigint=True, readrc=False)
torch.manual_seed(0)
y = MyLayer(_debugger)(torch.randn(2, 2))
_answers = _screen.getvalue().split("(Pdb) ")
print(_answers[1], _answers[2], _answers[5], sep="")
assert "return h" in _answers[4]
print(y)
