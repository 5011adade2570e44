def gradients(x, y):
    return 2 * x, 3 * y * y
