"""Looks for the socket of the Docker engine."""
import os

for path in ("/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock", "/run/podman/podman.sock"):
    if os.path.exists(path):
        print("ESCAPED: found", path)
