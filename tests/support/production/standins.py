"""A replacement for the official images of Caddy, PostgreSQL and Redis if no registry answers: Debian's packages."""

import subprocess
from contextlib import closing
from tempfile import TemporaryFile

from deploy.dev import image
from deploy.dev.base import say

NAME = "chainrule-standins:bookworm"
PACKAGES = "caddy,netcat-openbsd,postgresql,redis-server"
# As in the official images: folders that belong to the servers' users, and programs on the PATH.
HOOKS = (
    'chroot "$1" install -d -o redis -g redis /data',
    'chroot "$1" install -d -o postgres -g postgres /var/lib/postgresql/data',
    'ln -s ../lib/postgresql/15/bin/postgres ../lib/postgresql/15/bin/initdb "$1/usr/bin/"',
)


def build() -> str:
    """Build the image if it is missing, and return its tag."""
    with closing(image.engine()) as client:
        if not image.exists(client, NAME):
            say(f"making {NAME}")
            hooks = [f"--customize-hook={hook}" for hook in HOOKS]
            command = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={PACKAGES}", *hooks, "bookworm", "-"]
            with TemporaryFile() as archive:
                subprocess.run(command, stdout=archive, check=True)
                archive.seek(0)
                client.api.import_image_from_data(archive, *NAME.split(":"))
    return NAME
