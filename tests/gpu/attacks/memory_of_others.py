"""Looks for its own secret number in fresh memory of the GPU, and writes it all over that memory."""


def in_call():
    import ctypes

    import torch

    cuda, address, secret = ctypes.CDLL("libcuda.so.1"), ctypes.c_uint64(), 0x5EC2E700
    pieces = []
    while cuda.cuMemAlloc_v2(ctypes.byref(address), ctypes.c_size_t(2**30)) == 0:
        pieces.append(address.value)
    torch.cuda.synchronize()
    sample = (ctypes.c_uint32 * 2**18)()
    found = dirty = 0
    for piece in pieces:
        cuda.cuMemcpyDtoH_v2(ctypes.byref(sample), ctypes.c_uint64(piece + 2**28), ctypes.c_size_t(2**20))
        found += sum(1 for word in sample[::64] if word == secret)
        dirty += any(sample)
        cuda.cuMemsetD32_v2(ctypes.c_uint64(piece), ctypes.c_uint32(secret), ctypes.c_size_t(2**28))
    torch.cuda.synchronize()
    print("looked at", len(pieces), "pieces of 1 GiB,", dirty, "were not empty")
    if found or not pieces:
        print("ESCAPED: found", found, "words of an earlier submission in", len(pieces), "pieces")
