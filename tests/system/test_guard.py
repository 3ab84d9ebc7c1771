# SPDX-License-Identifier: GPL-2.0-or-later
"""The host guard against real exploits, in a control group of its own: nothing outside of it is ever judged.

Each level that runs on this machine is held to what it promises, no more and no less.
"""
import fcntl
import grp
import json
import os
import shutil
import subprocess
import tempfile
import termios
import threading
import time
import tty

import pytest

from conftest import ROOT, wait_for

TOOLS = os.path.join(ROOT, "build", "tests", "guard")
NOBODY, HONEYPOT = "65534", "2002002000"
SHELL, INTERPRETER, LOADER, GATE, STEWARD, SETUID = 1, 2, 4, 8, 16, 64
LEVELS = ["kill", "fanotify", "detect"]
LIVE = "sleep 0.4; :"		# long enough to be seen after the fact


def mount_of_cgroups():
    with open("/proc/self/mounts") as f:
        return next((line.split()[1] for line in f if line.split()[2] == "cgroup2"), None)


def a_place():
    if not mount_of_cgroups():
        pytest.skip("no cgroup2 hierarchy on this machine")
    p = Place()
    yield p
    p.remove()


@pytest.fixture(scope="module")
def place():
    """A folder for programs, and control groups; both gone afterwards."""
    yield from a_place()


@pytest.fixture
def other_place():
    """One that no guard of another test watches."""
    yield from a_place()


class Place:
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="skep-guard-", dir="/var/tmp")
        os.chmod(self.dir, 0o755)
        self.cgroup = os.path.join(mount_of_cgroups(), os.path.basename(self.dir))
        self.allowed = os.path.join(self.cgroup, "allowed")
        os.makedirs(self.allowed)
        self.actor = self.copy(os.path.join(TOOLS, "actor"), "actor")
        self.linux = self.copy(os.path.join(TOOLS, "actor"), "linux")	# in place of the honeypots' kernel
        self.vuln = self.copy(os.path.join(TOOLS, "actor"), "vuln", 0o4755)	# the program with the hole, setuid root
        self.capable = self.copy(os.path.join(TOOLS, "actor"), "capable")
        self.sh = self.copy("/bin/dash", "sh")			# what is known as a shell, in place of the machine's
        self.busybox = self.copy("/bin/busybox", "busybox")
        self.python = self.copy(os.path.realpath("/usr/bin/python3"), "python3")
        self.copied = self.copy("/bin/dash", "vi")
        self.setuid_copy = self.copy("/bin/dash", "less", 0o4755)
        self.true = self.copy("/bin/true", "true")
        self.link = os.path.join(self.dir, "link")
        os.link(self.sh, self.link)
        self.script = self.write("script", f"#!{self.sh}\n{LIVE}\n", 0o755)

    def copy(self, what, name, mode=0o755):
        path = os.path.join(self.dir, name)
        shutil.copy(what, path)
        os.chmod(path, mode)
        return path

    def write(self, name, text, mode=0o644):
        path = os.path.join(self.dir, name)
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, mode)
        return path

    def remove(self):
        for group in (self.allowed, self.cgroup):
            def empty():
                """the control group is empty"""
                with open(os.path.join(group, "cgroup.procs")) as f:
                    left = f.read().split()
                for pid in left:	# ours alone: nobody else joins this group
                    os.kill(int(pid), 9)
                return not left
            wait_for(empty, 5)
            os.rmdir(group)
        shutil.rmtree(self.dir)


class Guard:
    def __init__(self, place, level, enforce=True, *more):
        files = [(SHELL, place.sh), (SHELL, place.busybox), (INTERPRETER, place.python), (SETUID, place.vuln),
                 (GATE, "/usr/bin/sudo"), (STEWARD, "/usr/sbin/cron"), (STEWARD, "/usr/bin/dpkg"),
                 (LOADER, "/lib64/ld-linux-x86-64.so.2"), (SETUID, "/usr/bin/passwd")]
        command = [os.path.join(TOOLS, "guard_watch"), "--scope", place.cgroup, "--most", level, "--allow", place.allowed,
                   "--kernel", place.linux, *more]
        for bits, path in files:
            command += ["--file", f"{bits}:{path}"]
        command += ["--enforce"] if enforce else []
        command += ["--alone"] if level == "fanotify" else []	# the machine's own shells are not asked about
        self.place, self.lines = place, []
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.start = json.loads(self.process.stdout.readline())
        self.level = self.start["level"]
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(json.loads(line))

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=10)
        self.reader.join()
        return self.lines[-1]

    def run(self, *steps, prefix=()):
        """What an actor in the control group does: (status, violations)."""
        before = len(self.lines)
        r = subprocess.run([*prefix, self.place.actor, "join", self.place.cgroup, *steps], stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=30)
        time.sleep(0.15)
        # The actor's own start, outside of the group, may be looked at when it is inside already.
        hits = [h for h in self.lines[before:] if not (h["path"] == self.place.actor and "a service" in h["rule"])]
        return (128 - r.returncode if r.returncode < 0 else r.returncode), hits


@pytest.fixture(scope="module", params=LEVELS)
def guard(request, place):
    g = Guard(place, request.param)
    if g.level != request.param:
        g.close()
        pytest.skip(f"this machine has no level {request.param}: {g.level} is its best")
    yield g
    g.close()


def by_user(place, *steps):
    """A user's process: what it does, a child of its does, as from a shell."""
    return ["as", NOBODY, "exec", place.actor, "fork", *steps]


def exploited(place, *program):
    """A user's process makes the setuid program become root and execute another one."""
    return by_user(place, "exec", place.vuln, "root", "exec", *program)


# What each attack is: its steps, the words of its rule, and what fanotify, which is asked only about files it knows
# and not about the loader, can do about it: deny, or only see it.
ATTACKS = {
    "setuid exploit": (lambda p: exploited(p, p.sh, "-c", LIVE), "taken by a user", "deny"),
    "setuid exploit, effective user only": (lambda p: by_user(p, "exec", p.vuln, "exec", p.sh, "-p", "-c", LIVE),
                                            "taken by a user", "deny"),
    "from another thread": (lambda p: by_user(p, "exec", p.vuln, "root", "thread", "exec", p.sh, "-c", LIVE),
                            "taken by a user", "deny"),
    "in a login session": (lambda p: ["login", NOBODY] + exploited(p, p.sh, "-c", LIVE), "taken by a user", "deny"),
    "with a forged root login": (lambda p: by_user(p, "exec", p.vuln, "root", "login", "0", "exec", p.sh, "-c", LIVE),
                                 "taken by a user", "deny"),
    "hard link": (lambda p: exploited(p, p.link, "-c", LIVE), "taken by a user", "deny"),
    "busybox": (lambda p: exploited(p, p.busybox, "sh", "-c", LIVE), "taken by a user", "deny"),
    "interpreter": (lambda p: exploited(p, p.python, "-S", "-c", "import time; time.sleep(0.4)"), "taken by a user", "deny"),
    "ld.so": (lambda p: exploited(p, "/lib64/ld-linux-x86-64.so.2", p.sh, "-c", LIVE), "taken by a user", "see"),
    "copied shell": (lambda p: exploited(p, p.copied, "-c", LIVE), "outside the system's folders", "see"),
    "setuid copy of a shell": (lambda p: by_user(p, "exec", p.setuid_copy, "-p", "-c", LIVE), "was not there before", "see"),
    "script of a daemon": (lambda p: ["fork", "exec", p.script], "by a service", "deny"),
    "shell of a daemon": (lambda p: ["fork", "exec", p.sh, "-c", LIVE], "by a service", "deny"),
    "copied shell of a daemon": (lambda p: ["fork", "exec", p.copied, "-c", LIVE], "outside the system's folders", "see"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_attack_is_stopped_as_the_level_promises(guard, attack):
    steps, words, fanotify = ATTACKS[attack]
    status, hits = guard.run(*steps(guard.place))
    can = {"kill": "kill", "detect": "see", "fanotify": fanotify}[guard.level]
    assert {h["outcome"] for h in hits} == {{"kill": "killed", "deny": "denied", "see": "detected"}[can]}, hits
    assert len(hits) == 1 or can == "see"	# what was not stopped may go on and do more
    assert status == {"kill": 137, "deny": 126, "see": 0}[can]
    assert words in hits[0]["rule"] and hits[0]["severity"] >= 3
    assert {"actor", "vuln"} & set(hits[0]["ancestors"][1:])


def test_double_fork_hides_nothing_from_bpf(guard):
    """The parents are gone, so what /proc shows leads to process 1; the origin was inherited."""
    p = guard.place
    mark = os.path.join(p.dir, "orphan")
    guard.run(*by_user(p, "exec", p.vuln, "root", "orphan", "exec", p.sh, "-c", f"echo > {mark}; {LIVE}"))
    time.sleep(0.6)
    ran = os.path.exists(mark)
    if ran:
        os.unlink(mark)
    hits = [h for h in guard.lines if mark in h["args"] or guard.level == "fanotify"]
    if guard.level == "detect":
        assert ran	# not promised
    else:
        assert not ran and hits and hits[-1]["outcome"] in ("killed", "denied")


def test_rights_out_of_nowhere(guard):
    """As by an exploit of the kernel: a user's process is root, and no program made it so. Here a file capability did."""
    p = guard.place
    if guard.level != "kill":
        pytest.skip("how a process got its rights is inherited only in the BPF program")
    subprocess.run(["setcap", "cap_setuid,cap_setgid+ep", p.capable], check=True)
    for steps, words in ((["exec", "/bin/true"], "out of nowhere"), (["exec", p.sh, "-c", LIVE], "taken by a user"),
                         (["fork", "exec", "/usr/bin/sudo", "-n", p.sh, "-c", LIVE], "taken by a user")):
        status, hits = guard.run("as", NOBODY, "exec", p.capable, "root", *steps)
        assert status == 137 and len(hits) == 1 and words in hits[0]["rule"], (steps, hits)


def test_system_of_a_daemon(guard):
    """The machine's own /bin/sh: fanotify is not asked about it here."""
    if guard.level == "fanotify":
        pytest.skip("would need a mark on this machine's own /bin/sh")
    status, hits = guard.run("fork", "system", LIVE)
    assert [h["outcome"] for h in hits] == [{"kill": "killed", "detect": "detected"}[guard.level]]
    assert status == {"kill": 137, "detect": 0}[guard.level] and hits[0]["args"].startswith("sh\0-c\0sleep")


def test_honeypot_that_executes_is_stopped_at_every_level(guard):
    """The first execve() is the kernel's own start; the second one is an escape."""
    p = guard.place
    status, hits = guard.run("fork", "as", HONEYPOT, "exec", p.linux, "fork",
                             "exec", "/bin/sleep", "5")
    assert status == 137 and hits and {h["outcome"] for h in hits} <= {"killed", "denied"}
    assert all("honeypot's own process executed" in h["rule"] and h["severity"] == 4 for h in hits)


def test_honeypot_start_is_not_hit(guard):
    p = guard.place
    assert guard.run("fork", "as", HONEYPOT, "exec", p.linux, "wait", "1") == (123, [])


def test_honeypot_that_starts_with_the_guard_is_not_hit(other_place):
    """Its process has its user already when the guard looks around, and executes its kernel after that."""
    g = Guard(other_place, "kill", True, "--begun")
    g.close()
    assert g.level == "kill" or pytest.skip(f"this machine has no level kill: {g.level} is its best")
    assert g.start["begun"] == 123 and not [h for h in g.lines if "rule" in h]


def test_honeypot_that_changes_its_user_is_stopped_at_every_level(guard):
    status, hits = guard.run("login", "0", "exec", guard.place.linux, "half", HONEYPOT, "fork", "root", "wait", "5")
    assert status == 137 and [h["outcome"] for h in hits] == ["killed"]
    assert "changed its user" in hits[0]["rule"] and hits[0]["severity"] == 4


@pytest.fixture(params=["kill", "detect"])
def dry(request, other_place):
    g = Guard(other_place, request.param, enforce=False)
    if g.level != request.param:
        g.close()
        pytest.skip(f"this machine has no level {request.param}: {g.level} is its best")
    yield g
    g.close()


def test_dry_run_tells_and_stops_nothing(dry):
    steps = exploited(dry.place, dry.place.sh, "-c", LIVE)
    status, hits = dry.run(*steps)
    assert status == 0 and [h["outcome"] for h in hits] == ["dry run: not stopped"]
    assert dry.run(*steps) == (0, [])	# the same again is not told for a minute


def test_dry_run_stops_a_honeypot(dry):
    p = dry.place
    status, hits = dry.run("fork", "as", HONEYPOT, "exec", p.linux, "fork", "exec", "/bin/sleep", "5")
    assert status == 137 and [h["outcome"] for h in hits] == ["killed"]


# --- those who have the right ------------------------------------------------------------------------

def test_user_shell(guard):
    assert guard.run(*by_user(guard.place, "exec", guard.place.sh, "-c", LIVE)) == (0, [])


def test_known_setuid_program(guard):
    status, hits = guard.run(*by_user(guard.place, "exec", "/usr/bin/passwd", "--status"))
    assert not hits and status not in (126, 137)


def test_root_login(guard):
    assert guard.run("login", "0", "fork", "exec", guard.place.sh, "-c", LIVE) == (0, [])
    assert guard.run("login", "0", "fork", "exec", guard.place.copied, "-c", LIVE) == (0, [])


def test_allowed_control_group(guard):
    p = guard.place
    time.sleep(0.6)		# the guard looks for it twice a second
    assert guard.run("join", p.allowed, "fork", "exec", p.sh, "-c", LIVE) == (0, [])


def test_outside_the_scope(guard):
    p = guard.place
    before = len(guard.lines)
    r = subprocess.run([p.actor, *exploited(p, p.sh, "-c", LIVE)], stdin=subprocess.DEVNULL)
    assert r.returncode == 0 and len(guard.lines) == before


def privately(*binds):
    """A mount namespace of its own, with files in place of others."""
    mounts = "".join(f"mount --bind {a} {b} && " for a, b in binds)
    return ["unshare", "-m", "/bin/sh", "-c", f'{mounts}mount -t tmpfs run /run && exec "$@"', "sh"]


def test_sudo(guard):
    p = guard.place
    rule = p.write("sudoers", "nobody ALL=(ALL) NOPASSWD: ALL\n", 0o440)
    status, hits = guard.run(*by_user(p, "exec", "/usr/bin/sudo", "-n", p.sh, "-c", f"{p.python} -S -c 'import time'; id -u"),
                             prefix=privately((rule, "/etc/sudoers")))
    assert (status, hits) == (0, [])


def test_cron(guard):
    p = guard.place
    mark = os.path.join(p.dir, f"cron-{guard.level}")
    tab = p.write("crontab", f"SHELL={p.sh}\n@reboot root {p.python} -S -c 'open(\"{mark}\", \"w\")'\n")
    before = len(guard.lines)
    cron = subprocess.Popen([*privately((tab, "/etc/crontab")), p.actor, "join", p.cgroup, "exec", "/usr/sbin/cron", "-f"],
                            stdin=subprocess.DEVNULL)
    try:
        wait_for(lambda: os.path.exists(mark), 20)
    finally:
        cron.kill()
        cron.wait()
    assert guard.lines[before:] == []


def test_package_with_a_script(guard):
    p = guard.place
    build, db = os.path.join(p.dir, "package"), os.path.join(p.dir, "dpkg")
    mark = os.path.join(p.dir, f"postinst-{guard.level}")
    for d in (build + "/DEBIAN", db + "/info", db + "/updates", db + "/triggers"):
        os.makedirs(d, exist_ok=True)
    for name, text in (("control", "Package: skep-guard-test\nVersion: 1\nArchitecture: all\nMaintainer: nobody <n@example.org>\n"
                        "Description: a test\n"), ("postinst", f"#!{p.sh}\n{p.python} -S -c 'open(\"{mark}\", \"w\")'\n")):
        p.write(f"package/DEBIAN/{name}", text, 0o755)
    p.write("dpkg/status", "")
    deb = os.path.join(p.dir, "test.deb")
    subprocess.run(["dpkg-deb", "--build", build, deb], check=True, stdout=subprocess.DEVNULL)
    status, hits = guard.run("exec", "/usr/bin/dpkg", f"--admindir={db}", f"--log={p.dir}/log", "-i", deb)
    assert (status, hits) == (0, []) and os.path.exists(mark)


# --- itself ------------------------------------------------------------------------------------------

def programs():
    listed = subprocess.run(["bpftool", "-j", "prog", "list"], stdout=subprocess.PIPE, text=True).stdout
    return [p["id"] for p in json.loads(listed) if p.get("name", "").startswith("guard_")]


def test_nothing_is_left_in_the_kernel(other_place):
    before = programs()
    g = Guard(other_place, "kill")
    its = set(programs()) - set(before)
    assert its or g.level != "kill"
    assert g.close()["lost"] == 0
    wait_for(lambda: not its & set(programs()), 5)


def test_a_dead_guard_lets_the_machine_go_on(other_place):
    """It fails open: a machine whose guard died must still be one its administrator can use."""
    place = other_place
    g = Guard(place, "fanotify")
    g.process.kill()
    g.process.wait()
    g.reader.join()
    r = subprocess.run([place.actor, *exploited(place, place.sh, "-c", LIVE)], stdin=subprocess.DEVNULL)
    assert r.returncode == 0


# --- the warning -------------------------------------------------------------------------------------

class Terminal:
    """A pseudo terminal as a login leaves it: the group tty may write to it."""

    def __init__(self):
        self.master, self.slave = os.openpty()
        os.chown(self.slave, -1, grp.getgrnam("tty").gr_gid)
        os.chmod(self.slave, 0o620)
        tty.setraw(self.slave)
        os.set_blocking(self.master, False)

    def start(self, *command, stdin=None):
        """A shell whose controlling terminal this is runs this, and lives on. Its input is the terminal, or @stdin."""
        def sit_down():
            fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
        return subprocess.Popen(["/bin/sh", "-c", '"$@"; exec sleep 60', "sh", *command], start_new_session=True,
                                stdin=self.slave if stdin is None else stdin, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL, preexec_fn=sit_down)

    def shows(self):
        try:
            return os.read(self.master, 65536).decode()
        except BlockingIOError:
            return ""

    def close(self):
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def terminal():
    t = Terminal()
    yield t
    t.close()


@pytest.fixture(params=LEVELS)
def warning(request, other_place):
    g = Guard(other_place, request.param, True, "--warn")
    if g.level != request.param:
        g.close()
        pytest.skip(f"this machine has no level {request.param}: {g.level} is its best")
    yield g
    g.close()


def exploit_at(guard, terminal, warned=False, **more):
    """What the terminal shows after it."""
    p, before = guard.place, len(guard.lines)
    shell = terminal.start(p.actor, "join", p.cgroup, *exploited(p, p.sh, "-c", LIVE), **more)
    wait_for(lambda: [h for h in guard.lines[before:] if "taken by a user" in h["rule"]], 10)
    shown = wait_for(terminal.shows, 10) if warned else time.sleep(0.3) or terminal.shows()
    shell.kill()
    shell.wait()
    return shown


def test_violator_is_warned_at_his_terminal(warning, terminal):
    said = {"kill": "it was killed, and this is on record", "fanotify": "it was stopped, and this is on record",
            "detect": "that it did is on record"}[warning.level]
    assert exploit_at(warning, terminal, warned=True).startswith(f"\r\nskep: that program may not run here; {said}.\r\n")


def test_warning_goes_to_no_other_terminal(warning, terminal):
    """What he has open is his choice; which terminal he sits at is not."""
    other = Terminal()
    assert (exploit_at(warning, terminal, stdin=other.slave), other.shows()) == ("", "")
    other.close()


def test_warning_waits_for_no_terminal(warning, terminal):
    termios.tcflow(terminal.slave, termios.TCOOFF)
    assert exploit_at(warning, terminal) == ""
    assert exploit_at(warning, terminal) == ""


def test_warning_opens_nothing_else(warning, terminal):
    """Not even if its owner's input could be written to."""
    fifo = os.path.join(warning.place.dir, "fifo")
    os.mkfifo(fifo)
    end = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
    exploit_at(warning, terminal, stdin=end)
    with pytest.raises(BlockingIOError):
        os.read(end, 100)
    os.close(end)


def test_dry_run_warns_nobody(other_place, terminal):
    g = Guard(other_place, "detect", False, "--warn")
    assert exploit_at(g, terminal) == ""
    g.close()


# --- in a standing honeynet --------------------------------------------------------------------------
# Its guard is never turned on here: it looks at the whole machine.

def dry_events(skep, place):
    return [e for e in skep.events("--kind", "guard") if place.dir in json.dumps(e)]


def test_standing_honeynet_records_with_ancestry(skep, place):
    guard = skep.json("guard")[0]
    assert guard["mode"] == "dry-run" and guard["level"] in ("deny", "kill", "fanotify", "detect")
    assert f"host guard: dry-run, level {guard['level']}" in skep.run("status").stdout
    shell = place.copy("/bin/dash", "seen-once")    # the same program's second time within a minute is not told
    subprocess.run([place.actor, *exploited(place, shell, "-c", f"{LIVE} {place.dir}")], stdin=subprocess.DEVNULL, check=True)
    found = wait_for(lambda: [e for e in dry_events(skep, place) if "taken by a user" in e["guard"]["rule"] and
                              "seen-once" in json.dumps(e)], 5)
    assert found[0]["guard"]["action"] == "dry run: not stopped" and found[0]["guard"]["severity"] == "critical"
    assert any(a.startswith("actor(") and place.actor in a for a in found[0]["guard"]["ancestry"])
    assert "a setuid-root program that was not there before" in [e["guard"]["rule"] for e in dry_events(skep, place)]


def test_no_honeypot_and_nothing_of_skep_is_a_violation(skep):
    ours = [e for e in skep.events("--kind", "guard") if e["guard"]["severity"] == "critical" and e.get("honeypot")]
    assert ours == [], ours
    honeypots = skep.status()["honeypots"]
    assert {h["state"] for h in honeypots} == {"up"}, (honeypots, skep.events("--kind", "honeypot")[-8:])


def test_dead_guard_is_started_again_and_loses_nothing(skep, place):
    pid = skep.pid("guard")
    os.kill(pid, 9)
    wait_for(lambda: skep.pid("guard") != pid, 15)
    wait_for(lambda: next(r for r in skep.status()["roles"] if r["name"] == "guard")["state"] == "running", 15)
    before = len(dry_events(skep, place))
    subprocess.run([place.actor, *exploited(place, "/bin/sh", "-c", f"{LIVE} {place.dir}")], stdin=subprocess.DEVNULL, check=True)
    wait_for(lambda: len(dry_events(skep, place)) > before, 5)
    assert [e for e in skep.events("--kind", "lost") if "guard" in json.dumps(e)] == []


def test_mode_is_changed_and_that_is_recorded(skep, place):
    skep.run("guard", "off")
    assert skep.json("guard")[0]["mode"] == "off"
    before = len(dry_events(skep, place))
    subprocess.run([place.actor, *exploited(place, "/bin/dash", "-c", f"{LIVE} {place.dir}")], stdin=subprocess.DEVNULL, check=True)
    time.sleep(1)
    assert len(dry_events(skep, place)) == before
    skep.run("guard", "dry-run")
    assert skep.json("guard")[0]["mode"] == "dry-run"
    assert any("guard" in json.dumps(e) and "turned off" in json.dumps(e) for e in skep.events("--kind", "role"))
    assert skep.run("guard", "sometimes", check=False).returncode == 2


def test_standing_guard_warns_with_the_rights_it_kept(spare, other_place, terminal):
    """Turned on, but for one control group only."""
    p, file = other_place, os.path.join(spare.state, "honeynet.yaml")
    with open(os.path.join(ROOT, "etc", "honeynet.yaml")) as shipped, open(file, "w") as f:
        f.write(shipped.read().replace("  mode: dry-run\n", f"  mode: on\n  scope: {p.cgroup}\n"))
    spare.up("--no-wait", file)
    wait_for(lambda: next(r for r in spare.status()["roles"] if r["name"] == "guard")["state"] == "running", 30)
    if spare.json("guard")[0]["level"] not in ("deny", "kill"):
        pytest.skip("the machine's own shells are not asked about at this level")
    shell = terminal.start(p.actor, "join", p.cgroup, *exploited(p, "/bin/sh", "-c", LIVE))
    assert "skep: that program may not run here; it was" in wait_for(terminal.shows, 10)
    shell.kill()
    shell.wait()
