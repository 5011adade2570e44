"""How a container gets its GPU. Each worker process has its own; no two share one.

nvidia    a device request, for an engine with the NVIDIA container toolkit
cdi       a device request by CDI name ("nvidia.com/gpu=0")
devices   the device files themselves and the host's driver libraries, read-only: for a host without the toolkit
"""

from typing import Any

from docker.types import DeviceRequest

from grader.errors import SandboxError
from grader.sandboxes.runtimes import Gpus, Runtime

DRIVER = "/opt/chainrule/driver"


def gpu_arguments(runtime: Runtime) -> list[str]:
    """Return the arguments of the supervisor that describe its GPU."""
    if runtime.gpus is Gpus.NONE:
        return []
    return ["--device", "cuda", "--gpu-memory-mb", str(runtime.gpu_memory_mb)]


def gpu_host_config(runtime: Runtime, slot: int) -> dict[str, Any]:
    """Return the part of a container's host configuration for the GPU of worker process `slot`.

    Raises SandboxError if there are more processes than GPUs.
    """
    match runtime.gpus:
        case Gpus.NONE:
            return {}
        case Gpus.NVIDIA:
            return {"DeviceRequests": [_request("nvidia", _own(runtime, slot), [["compute", "utility"]])]}
        case Gpus.CDI:
            return {"DeviceRequests": [_request("cdi", _own(runtime, slot), None)]}
        case Gpus.DEVICES:
            paths = [f"/dev/nvidia{_own(runtime, slot)}", *runtime.devices]
            return {
                "Devices": [{"PathOnHost": path, "PathInContainer": path, "CgroupPermissions": "rw"} for path in paths],
                "Binds": [f"{runtime.driver_folder}:{DRIVER}:ro"],
            }


def gpu_environment(runtime: Runtime) -> dict[str, str]:
    """Return the environment variables with which the driver's libraries are found."""
    return {"LD_LIBRARY_PATH": DRIVER} if runtime.gpus is Gpus.DEVICES else {}


def _own(runtime: Runtime, slot: int) -> str:
    if slot >= len(runtime.gpu_ids):
        raise SandboxError(
            f"worker process {slot + 1} of [{runtime.name}] has no GPU: start at most {len(runtime.gpu_ids)} "
            "(`--concurrency`), or list more in `gpu_ids`"
        )
    return runtime.gpu_ids[slot]


def _request(driver: str, gpu: str, capabilities: list[list[str]] | None) -> DeviceRequest:
    return DeviceRequest(driver=driver, device_ids=[gpu], capabilities=capabilities)
