"""Looks for other GPUs than its own, and for the driver's other devices."""


def in_call():
    import os

    import torch

    def opens(path):
        try:
            os.close(os.open(path, os.O_RDWR))
        except OSError:
            return False
        return True

    gpus = [number for number in range(64) if opens(f"/dev/nvidia{number}")]
    if len(gpus) != 1 or torch.cuda.device_count() != 1:
        print("ESCAPED: opened GPUs", gpus, torch.cuda.device_count())
    others = ["modeset", "nvlink", "nvswitchctl", "fs", *(f"caps/nvidia-cap{number}" for number in range(16))]
    for path in [*(f"/dev/nvidia-{name}" for name in others), "/dev/dri/card0", "/dev/dri/renderD128"]:
        if opens(path):
            print("ESCAPED: opened", path)
