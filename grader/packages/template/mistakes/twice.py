"""Goes backward twice without zeroing."""


def slope(x):
    x.requires_grad_()
    (x**3).sum().backward()
    (x**3).sum().backward()
    return x.grad
