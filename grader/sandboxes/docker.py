"""Instances as Docker containers."""

import json
import secrets
import socket
from contextlib import ExitStack, suppress
from functools import cached_property
from typing import Any

import docker
from docker.errors import DockerException, ImageNotFound

from grader.errors import SandboxError
from grader.sandboxes.byte_stream import ByteStream
from grader.sandboxes.direct_pipes import open_direct_pipes
from grader.sandboxes.docker_stream import Unpacker, attach
from grader.sandboxes.gpus import gpu_arguments, gpu_environment, gpu_host_config
from grader.sandboxes.instance import Instance
from grader.sandboxes.layers import LEARNER, Layer
from grader.sandboxes.orphans import OWNER, SANDBOX, owner, remove_orphans
from grader.sandboxes.runtimes import Gpus, Runtime

COMMAND = ["python3", "-I"]
GRADER = "/opt/chainrule/grader"

# Ten times the weight of any other container: a sandbox gets its processors even if everything else wants them, too. It
# cannot take more than `cpus`, whatever its weight.
CPU_SHARES = 10 * 1024

MIB = 1024 * 1024
_START_SECONDS = 120


class DockerEngine:
    """Starts a container for each instance, on the engine that `DOCKER_HOST` names."""

    name = "docker"
    single_use = False
    has_share = True

    def __init__(self, runtime: Runtime, *, slot: int = 0, layer: Layer = LEARNER) -> None:
        self._runtime = runtime
        self._program = f"{GRADER}/{layer.program}"
        self._slot = slot
        self.device = None if runtime.gpus is Gpus.NONE else "cuda"

    def check(self) -> None:
        """Check that the engine answers and has the image and the runtime. Removes the containers of dead owners.

        Raises SandboxError, with what to do, if something is missing.
        """
        wanted = self._runtime.oci_runtime
        try:
            known = self._api.info().get("Runtimes", {})
            self._api.inspect_image(self._runtime.image)
            remove_orphans(self._api)
        except ImageNotFound as error:
            raise SandboxError(f"there is no image {self._runtime.image}: run `make image`") from error
        except (DockerException, OSError) as error:
            raise SandboxError(f"no Docker engine answers: {error}") from error
        if wanted and wanted not in known:
            raise SandboxError(
                f"the Docker engine has no runtime {wanted}, only {', '.join(sorted(known))}: "
                f"start it with --add-runtime {wanted}=PATH"
            )

    def start(self) -> Instance:
        """Create a container, attach to it and wait until its supervisor is warm."""
        try:
            container = self._create()
        except ImageNotFound as error:
            raise SandboxError(f"there is no image {self._runtime.image}: run `make image`") from error
        except (DockerException, OSError) as error:
            raise SandboxError(f"Docker cannot create a sandbox: {error}") from error
        try:
            return self._attach(container)
        except BaseException:
            self._remove(container)
            raise

    def close(self) -> None:
        """Close the connections to the engine."""
        if "_api" in self.__dict__:
            self._api.close()

    @cached_property
    def _api(self) -> docker.APIClient:
        try:
            return docker.APIClient(**docker.utils.kwargs_from_env(), version="auto", timeout=60)
        except DockerException as error:
            raise SandboxError(f"no Docker engine answers: {error}") from error

    @cached_property
    def _cgroup_parent(self) -> str | None:
        """The group of the sandboxes. Without systemd, all containers together have the share of one process.

        So there the sandboxes are put beside that group, not into it. With systemd, they are beside all services.
        """
        return "/" if self._api.info().get("CgroupDriver") == "cgroupfs" else None

    def _create(self) -> str:
        created = self._api.create_container(
            self._runtime.image,
            [*COMMAND, self._program, *gpu_arguments(self._runtime), *([] if self._runtime.forks else ["--no-forks"])],
            name=f"chainrule-{secrets.token_hex(6)}",
            stdin_open=True,
            network_disabled=True,
            labels={SANDBOX: self._runtime.name, OWNER: owner()},
            # One arena: a second one would reserve address space that counts as the submission's memory.
            environment={"MALLOC_ARENA_MAX": "1"} | gpu_environment(self._runtime),
            host_config=self._host_config(),
        )
        return str(created["Id"])

    def _host_config(self) -> dict[str, Any]:
        runtime = self._runtime
        config: dict[str, Any] = self._api.create_host_config(
            network_mode="none",
            read_only=True,
            cap_drop=["ALL"],
            cap_add=["SETUID", "SETGID"],
            security_opt=self._security(),
            pids_limit=runtime.processes,
            mem_limit=runtime.memory_mb * MIB,
            memswap_limit=runtime.memory_mb * MIB,
            nano_cpus=int(runtime.cpus * 1e9),
            cpu_shares=CPU_SHARES,
            cgroup_parent=self._cgroup_parent,
            ipc_mode="none",
            # gVisor mounts its own /tmp if nothing else is mounted there.
            tmpfs={"/scratch": _tmpfs(runtime), "/tmp": "ro,nosuid,nodev,noexec,size=4k,mode=0555"},  # noqa: S108
            log_config={"type": "none"},
            init=False,
            runtime=runtime.oci_runtime or None,
            ulimits=[{"Name": "core", "Soft": 0, "Hard": 0}, {"Name": "nofile", "Soft": 256, "Hard": 256}],
        )
        return config | gpu_host_config(runtime, self._slot)

    def _security(self) -> list[str]:
        options = ["no-new-privileges:true"]
        if self._runtime.seccomp is not None:
            # The profile itself, not its path: the engine can be on another machine.
            options.append(f"seccomp={json.dumps(json.loads(self._runtime.seccomp.read_text()))}")
        return options

    def _attach(self, container: str) -> Instance:
        held = ExitStack()
        try:
            stream = attach(self._api, container)
        except (DockerException, OSError) as error:
            raise SandboxError(f"Docker cannot attach to a sandbox: {error}") from error
        try:
            held.callback(stream.close)
            return self._start_attached(container, stream, held)
        except BaseException:
            held.close()
            raise

    def _start_attached(self, container: str, stream: socket.socket, held: ExitStack) -> Instance:
        """Start the container and wait for its supervisor; `held` closes what the instance holds open."""
        try:
            self._api.start(container)
        except (DockerException, OSError) as error:
            raise SandboxError(f"Docker cannot start a sandbox: {error}") from error
        unpacker = Unpacker()
        descriptor = stream.fileno()
        instance = Instance(
            ByteStream(descriptor, descriptor, unpacker),
            stop=lambda: self._stop(container, held),
            stderr_tail=lambda: unpacker.stderr_tail(stream),
            ran_out_of_memory=lambda: self._ran_out_of_memory(container),
            label=f"container {container[:12]}",
        )
        instance.await_ready(_START_SECONDS)
        pipes = open_direct_pipes(self._pid(container), instance.handshake["direct_pipes"])
        if pipes is not None:
            held.callback(pipes.close)
            instance.switch_to(ByteStream(pipes.source, pipes.sink))
        return instance

    def _pid(self, container: str) -> int:
        try:
            return int(self._api.inspect_container(container)["State"]["Pid"])
        except (DockerException, OSError) as error:
            raise SandboxError(f"Docker does not know its sandbox any more: {error}") from error

    def _ran_out_of_memory(self, container: str) -> bool:
        with suppress(DockerException, OSError):
            return bool(self._api.inspect_container(container)["State"]["OOMKilled"])
        return False

    def _stop(self, container: str, held: ExitStack) -> None:
        held.close()
        self._remove(container)

    def _remove(self, container: str) -> None:
        # It can be gone already. If the engine does not answer, a later `check` removes the container as an orphan.
        with suppress(DockerException, OSError):
            self._api.remove_container(container, force=True, v=True)


def _tmpfs(runtime: Runtime) -> str:
    options = "rw,nosuid,nodev,noexec,mode=1777"
    return f"{options},size={runtime.scratch_mb}m,nr_inodes={runtime.scratch_files}"
