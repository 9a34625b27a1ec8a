"""An emulated PC: Bochs boots Linux with an initramfs that is made here, and runs one script in it.

Everything comes from Debian packages that are unpacked below one directory: bochs, bochs-term, busybox-static,
isolinux, syslinux-common, xorriso and a kernel. What the script prints comes back over the serial port.
"""

import os
import pathlib
import pty
import re
import resource
import select
import shutil
import signal
import subprocess
import tempfile
import termios
import time

# Instructions that take a second of the emulated clock, in millions: about what Bochs runs in a real one.
MHZ = 40

# Bochs 2.7 claims CPU features that Linux had better not believe: short fast `rep movsb` without fast `rep movsb`,
# which leaves Linux's memmove without a case for short copies, and protection keys, XSAVEC and XSAVES, whose state
# has other sizes than Bochs says. The rest saves time.
KERNEL_ARGUMENTS = (
    "clearcpuid=fsrm,pku,xsaves,xsavec console=ttyS0 quiet panic=-1 random.trust_cpu=on mitigations=off nokaslr "
    f"tsc=reliable tsc_early_khz={MHZ}000 no_timer_check cryptomgr.notests "
    "initcall_blacklist=load_system_certificate_list,trace_eval_init,cubictcp_register"
)

CONFIGURATION = """\
plugin_ctrl: speaker=0, extfpuirq=0, parallel=0, gameport=0, iodebug=0
config_interface: textconfig
display_library: term
romimage: file={share}/BIOS-bochs-latest
vgaromimage: file={share}/VGABIOS-lgpl-latest
megs: 1024
cpu: model={cpu}, count=1, ips={mhz}000000, reset_on_triple_fault=0, ignore_bad_msrs=1
clock: sync=none
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=cdrom, path={directory}/boot.iso, status=inserted
boot: cdrom
com1: enabled=1, mode=term, dev={serial}
log: {directory}/bochs.log
panic: action=fatal
error: action=report
info: action=ignore
debug: action=ignore
"""

BOOT = """\
DEFAULT linux
PROMPT 0
LABEL linux
  KERNEL kernel
  INITRD initramfs
  APPEND {arguments}
"""

INIT = """\
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin HOME=/ LD_LIBRARY_PATH=/lib
mount -t devtmpfs none /dev
mount -t proc none /proc
mount -t sysfs none /sys
mount -t tmpfs none /tmp
echo; echo @@ booted
. /script
echo; echo @@ done
sleep 1000 # the machine is switched off from outside
"""


def cpio(files):
    """An archive in the kernel's format `newc` of {path: (mode, content)}."""
    archive = bytearray()

    def add(number, path, mode, content):
        name = path.encode() + b"\0"
        fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name), 0)
        archive.extend(b"070701" + b"".join(b"%08X" % field for field in fields) + name)
        archive.extend(bytes(-len(archive) % 4) + content)
        archive.extend(bytes(-len(archive) % 4))

    for number, (path, (mode, content)) in enumerate(sorted(files.items()), 1):
        add(number, path, mode, content)
    add(0, "TRAILER!!!", 0, b"")
    return bytes(archive)


class Machine:
    """What is needed to boot; `run` boots once."""

    def __init__(self, packages, cpu):
        self.packages = packages
        self.cpu = cpu
        libraries = next(packages.glob("usr/lib/*-linux-gnu"))
        self.environment = os.environ | {
            "LD_LIBRARY_PATH": str(libraries),
            "LTDL_LIBRARY_PATH": str(libraries / "bochs/plugins"),
            "BXSHARE": str(packages / "usr/share/bochs"),
            "TERM": "linux",
        }
        self.files = {name: (0o40755, b"") for name in ("dev", "proc", "sys", "tmp")}
        self.add("bin/busybox", packages / "bin/busybox")

    def add(self, path, source):
        """Puts the file `source`, or bytes, at `path` in the machine; all files are executable."""
        content = source if isinstance(source, bytes) else pathlib.Path(source).read_bytes()
        self.files[path] = (0o100755, content)
        for directory in list(pathlib.PurePath(path).parents)[:-1]:
            self.files[str(directory)] = (0o40755, b"")

    def add_program(self, path, source, library_path=()):
        """Puts a program at `path`, without its debugging symbols, and the shared libraries that it loads."""
        with tempfile.NamedTemporaryFile() as stripped:
            stripping = subprocess.run(["strip", "-o", stripped.name, source], stderr=subprocess.DEVNULL)
            self.add(path, stripped.name if stripping.returncode == 0 else source)
        environment = os.environ | {"LD_LIBRARY_PATH": ":".join(map(str, library_path))}
        listed = subprocess.run(["ldd", source], env=environment, text=True, check=True, stdout=subprocess.PIPE)
        for name, found in re.findall(r"^\s*(?:(\S+) => )?(/\S+) \(0x", listed.stdout, re.MULTILINE):
            self.add(f"lib/{name}" if name else found[1:], found)

    def run(self, script, seconds, patience):
        """Boots, runs the script and yields the lines that it prints.

        Ends early when the time is up, or when nothing was printed for `patience` seconds: then with the last lines of
        the emulator's own log.
        """
        with tempfile.TemporaryDirectory() as directory:
            directory = pathlib.Path(directory)
            self.make_disc(directory, script)
            # Bochs wants a terminal for its screen, and another one is the wire of the serial port.
            (wire, serial), (screen, terminal) = pty.openpty(), pty.openpty()
            plain = termios.tcgetattr(serial)
            plain[1] &= ~termios.OPOST
            plain[3] &= ~(termios.ECHO | termios.ICANON)
            termios.tcsetattr(serial, termios.TCSANOW, plain)
            (directory / "bochsrc").write_text(CONFIGURATION.format(
                share=self.packages / "usr/share/bochs", cpu=self.cpu, mhz=MHZ, directory=directory,
                serial=os.ttyname(serial)))
            command = [self.packages / "usr/bin/bochs-bin", "-q", "-f", directory / "bochsrc"]
            # Debian builds Bochs with its debugger, which waits to be told to start.
            if self.has_debugger():
                (directory / "commands").write_text("continue\n")
                command += ["-rc", directory / "commands"]
            # Should we be killed, the limit of CPU time ends it.
            limit = (seconds + 60, seconds + 60)
            bochs = subprocess.Popen(command, env=self.environment, cwd=directory, start_new_session=True,
                                     preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, limit),
                                     stdin=terminal, stdout=terminal, stderr=terminal)
            os.close(terminal)
            try:
                ended = yield from lines(bochs, wire, screen, time.monotonic() + seconds, patience)
                if not ended:
                    yield from (directory / "bochs.log").read_text(errors="replace").splitlines()[-10:]
            finally:
                if bochs.poll() is None:
                    os.killpg(bochs.pid, signal.SIGKILL)
                bochs.wait()
                for descriptor in (wire, serial, screen):
                    os.close(descriptor)

    def has_debugger(self):
        said = subprocess.run([self.packages / "usr/bin/bochs-bin", "-help"], env=self.environment, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return re.search(r"^\s*-rc\b", said.stdout, re.MULTILINE) is not None

    def make_disc(self, directory, script):
        disc = directory / "disc"
        disc.mkdir()
        files = self.files | {"init": (0o100755, INIT.encode()), "script": (0o100755, script.encode())}
        (disc / "initramfs").write_bytes(cpio(files))
        shutil.copy(max(self.packages.glob("boot/vmlinuz-*")), disc / "kernel")
        for file in ("ISOLINUX/isolinux.bin", "syslinux/modules/bios/ldlinux.c32"):
            shutil.copy(self.packages / "usr/lib" / file, disc)
        (disc / "isolinux.cfg").write_text(BOOT.format(arguments=KERNEL_ARGUMENTS))
        made = subprocess.run(
            [self.packages / "usr/bin/xorrisofs", "-quiet", "-o", directory / "boot.iso", "-b", "isolinux.bin",
             "-c", "boot.cat", "-no-emul-boot", "-boot-load-size", "4", "-boot-info-table", disc],
            env=self.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if made.returncode:
            raise RuntimeError(f"xorrisofs: {made.stdout}")


def lines(bochs, wire, screen, deadline, patience):
    """Yields what comes over the wire, between "@@ booted" and "@@ done"; returns whether that was all."""
    text, booted, heard = "", False, time.monotonic()
    while time.monotonic() < min(deadline, heard + patience):
        ready, _, _ = select.select([wire, screen], [], [], 1)
        if not ready and bochs.poll() is not None:
            return False
        if screen in ready:
            try:
                os.read(screen, 65536)  # nobody looks at it, but it must not fill up
            except OSError:  # Bochs has closed it
                screen = wire
        if wire in ready:
            text += os.read(wire, 65536).decode(errors="replace").replace("\r", "")
            heard = time.monotonic()
            *complete, text = text.split("\n")
            for line in complete:
                if line == "@@ done":
                    return True
                if booted:
                    yield line
                booted = booted or line == "@@ booted"
    return False
