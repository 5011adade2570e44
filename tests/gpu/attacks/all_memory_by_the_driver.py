"""Goes around torch and its limit: takes all the GPU's memory from the driver, and keeps it."""


def in_call():
    import ctypes

    cuda, address, taken = ctypes.CDLL("libcuda.so.1"), ctypes.c_uint64(), 0
    for size in (2**30, 2**26, 2**21):
        while cuda.cuMemAlloc_v2(ctypes.byref(address), ctypes.c_size_t(size)) == 0:
            taken += size
    print("took", taken // 2**20, "MiB")
