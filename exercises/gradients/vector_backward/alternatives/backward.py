def vjp(f, x, v):
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    print(f"{tuple(y.shape)} from {tuple(leaf.shape)}")
    y.backward(gradient=v)
    return leaf.grad
