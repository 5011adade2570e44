"""Asks the driver to close the GPU to others, to slow it down, to limit its power, and to reset it."""


def in_call():
    import ctypes

    try:
        nvml = ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        return  # the toolkit was asked for computing only
    device = ctypes.c_void_p()
    if nvml.nvmlInit_v2() or nvml.nvmlDeviceGetHandleByIndex_v2(0, ctypes.byref(device)):
        return
    attempts = {
        "closed it": lambda: nvml.nvmlDeviceSetComputeMode(device, 2),
        "took it for itself": lambda: nvml.nvmlDeviceSetComputeMode(device, 3),
        "slowed it down": lambda: nvml.nvmlDeviceSetGpuLockedClocks(device, 210, 210),
        "limited its power": lambda: nvml.nvmlDeviceSetPowerManagementLimit(device, 200_000),
        "changed its persistence": lambda: nvml.nvmlDeviceSetPersistenceMode(device, 0),
        "switched its memory's correction off": lambda: nvml.nvmlDeviceSetEccMode(device, 0),
        "divided it": lambda: nvml.nvmlDeviceSetMigMode(device, 1, ctypes.byref(ctypes.c_int())),
    }
    for what, attempt in attempts.items():
        if attempt() == 0:
            print("ESCAPED:", what)
