"""Git servers on this machine: https with a certificate authority of its own, and ssh. Both run Debian's git."""

import datetime
import os
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import paramiko
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ISOLATED = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "safe.directory",
    "GIT_CONFIG_VALUE_0": "*",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
}


class Repository:
    """A bare repository to push to, and a clone in which commits are made."""

    def __init__(self, root: Path, name: str = "prof/course") -> None:
        self.bare = root / f"{name}.git"
        self.clone = root / "clones" / name
        git(root, "init", "-q", "--bare", "-b", "main", str(self.bare))
        git(self.bare, "config", "uploadpack.allowFilter", "true")
        git(root, "clone", "-q", str(self.bare), str(self.clone))
        git(self.clone, "checkout", "-q", "-B", "main")

    def commit(self, files: Mapping[str, bytes], message: str = "Change") -> str:
        """Write files, commit, push, and return the commit."""
        for name, content in files.items():
            (self.clone / name).parent.mkdir(parents=True, exist_ok=True)
            (self.clone / name).write_bytes(content)
        return self.push(message)

    def push(self, message: str = "Change") -> str:
        """Commit what changed in the clone, push, and return the commit."""
        git(self.clone, "add", "-A", "-f")
        git(self.clone, "commit", "-q", "--allow-empty", "-m", message)
        git(self.clone, "push", "-q", "origin", "HEAD")
        return git(self.clone, "rev-parse", "HEAD").strip()

    def push_trees(self, *lines: tuple[str, str, bytes], message: str = "Change") -> str:
        """Commit a tree of raw (mode, name, id or content) lines, which git itself would not make."""
        tree = self.tree(*lines)
        commit = git(self.bare, "commit-tree", tree, "-m", message).strip()
        git(self.bare, "update-ref", "refs/heads/main", commit)
        return commit

    def tree(self, *lines: tuple[str, str, bytes]) -> str:
        """Store a tree and return its id. The third part of a line is a blob's content, or an id in 40 hex digits."""
        ids = [content.decode() if len(content) == 40 else self.store("blob", content) for _, _, content in lines]
        parts = zip(lines, ids, strict=True)
        raw = [f"{mode} {name}".encode() + b"\0" + bytes.fromhex(one) for (mode, name, _), one in parts]
        return self.store("tree", b"".join(raw))

    def store(self, kind: str, content: bytes) -> str:
        """Store an object as it is and return its id."""
        command = ["git", "hash-object", "-t", kind, "-w", "--stdin", "--literally"]
        done = subprocess.run(command, cwd=self.bare, env=ISOLATED, input=content, capture_output=True, check=True)
        return done.stdout.decode().strip()


def git(folder: Path, *command: str) -> str:
    """Run git and return its output."""
    done = subprocess.run(["git", *command], cwd=folder, env=ISOLATED, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


class Authority:
    """A certificate authority, and one certificate for `localhost` and 127.0.0.1."""

    def __init__(self, folder: Path) -> None:
        self.authority, self.certificate, self.key = folder / "ca.pem", folder / "host.pem", folder / "host.key"
        authority_key, host_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        host = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
        alone = x509.BasicConstraints(ca=True, path_length=0)
        self.authority.write_bytes(_certificate(name, name, authority_key, authority_key, alone))
        self.certificate.write_bytes(_certificate(host, name, host_key, authority_key, names))
        self.key.write_bytes(
            host_key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
) -> bytes:
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(days=1))
    builder = builder.not_valid_after(now + datetime.timedelta(days=1))
    signed = builder.add_extension(extension, critical=False).sign(signer, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM)


Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def https_server(answer: Answer, authority: Authority | None = None) -> Iterator[str]:
    """Answer requests in threads. Yields the address, https with a certificate authority, else http."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def do_POST(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if authority is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(authority.certificate, authority.key)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield f"{'http' if authority is None else 'https'}://localhost:{server.server_address[1]}"
        finally:
            server.shutdown()


def smart_http(root: Path) -> Answer:
    """Return the answers of `git http-backend` for the repositories below a folder."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        path, _, query = handler.path.partition("?")
        length = int(handler.headers.get("Content-Length") or 0)
        environment = ISOLATED | {
            "GIT_PROJECT_ROOT": str(root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": handler.command,
            "CONTENT_TYPE": handler.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(length),
            "GIT_PROTOCOL": handler.headers.get("Git-Protocol", ""),
        }
        done = subprocess.run(
            ["git", "http-backend"], env=environment, input=handler.rfile.read(length), capture_output=True, check=False
        )
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().splitlines())
        handler.send_response(int(fields.pop("Status", "200").split()[0]))
        for name, value in fields.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


class SshServer(paramiko.ServerInterface):
    """An ssh server that runs `git-upload-pack` below a folder, for the public keys in `allowed`."""

    def __init__(self, root: Path, allowed: set[str], commands: list[str]) -> None:
        self._root = root
        self._allowed = allowed
        self._commands = commands

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        known = f"{key.get_name()} {key.get_base64()}" in self._allowed
        return paramiko.AUTH_SUCCESSFUL if known else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED if kind == "session" else paramiko.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        self._commands.append(command.decode())
        threading.Thread(target=self._run, args=(channel, command.decode()), daemon=True).start()
        return True

    def _run(self, channel: paramiko.Channel, command: str) -> None:
        name, _, path = command.partition(" ")
        assert name == "git-upload-pack"
        folder = self._root / path.strip("'").lstrip("/")
        command_line = ["git", "upload-pack", str(folder)]
        with (
            channel,
            subprocess.Popen(command_line, env=ISOLATED, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process,
        ):
            threading.Thread(target=_copy_in, args=(channel, process), daemon=True).start()
            assert process.stdout is not None
            while data := process.stdout.read1(2**16):  # type: ignore[attr-defined]
                channel.sendall(data)
            channel.send_exit_status(process.wait())


def _copy_in(channel: paramiko.Channel, process: "subprocess.Popen[bytes]") -> None:
    assert process.stdin is not None
    with suppress(OSError, ValueError):  # the command has ended
        while data := channel.recv(2**16):
            process.stdin.write(data)
            process.stdin.flush()


@contextmanager
def ssh_server(root: Path, allowed: set[str], key: paramiko.PKey, commands: list[str] | None = None) -> Iterator[int]:
    """Serve the repositories below a folder by ssh. Yields the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    transports: list[paramiko.Transport] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(connection)
            transports.append(transport)
            transport.add_server_key(key)
            try:
                transport.start_server(server=SshServer(root, allowed, [] if commands is None else commands))
            except (paramiko.SSHException, EOFError):
                continue  # the client refused our key

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()
        for transport in transports:
            transport.close()
