"""Returns containers that compute their items when they are read, differently each time."""
import torch

class Lazy(tuple):
    def __iter__(self):
        return iter((torch.zeros(3), torch.zeros(3)))

    def __getitem__(self, index):
        return torch.rand(3)

    def __len__(self):
        return 2

class LazyDict(dict):
    def items(self):
        return [(str(i), torch.rand(2)) for i in range(3)]

def sin_derivatives(x):
    return Lazy()

def derivatives_of(f, x):
    return LazyDict(a=1)
