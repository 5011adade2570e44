"""Goes backward twice and returns `.grad`, which then holds the gradient and the product, added up."""


def hvp(f, x, v):
    x.requires_grad_()
    f(x).backward(create_graph=True)
    (x.grad @ v).backward()
    return x.grad
