# SPDX-License-Identifier: GPL-2.0-or-later
"""The whole honeynet, really booted, in a state folder of its own below the machine's.

Kernel and images are those of the machine's state folder: they are known by their content. With pytest -n (xdist) each
worker has its own honeynets; what runs beside them is told from them by its ancestors, not by its user or name.
"""
import base64
import contextlib
import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import time

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SKEP = os.path.join(ROOT, "skep")
BASE = os.environ.get("SKEP_STATE", "/var/lib/skep")
STATE = os.path.join(BASE, "-".join(filter(None, ("check", os.environ.get("PYTEST_XDIST_WORKER")))))

APACHE, DNS, SENDMAIL, ROXEN = "10.10.10.81", "10.10.10.53", "10.10.10.110", "10.10.10.80"


def pytest_configure(config):
    config.addinivalue_line("markers", "alone: nothing else may run on the machine meanwhile")


def pytest_collection_modifyitems(items):
    if os.geteuid() != 0:
        for item in items:
            item.add_marker(pytest.mark.skip(reason="needs root: namespaces, firewall, honeypots"))


def pytest_runtest_logreport(report):
    """At once, not only in the end: a run may be ended before that."""
    if report.failed and "PYTEST_XDIST_WORKER" not in os.environ:
        print(f"\nFAILED {report.nodeid} ({report.when})\n{report.longreprtext}", flush=True)


class Skep:
    """The program under test, with a state folder."""

    def __init__(self, state):
        self.state = state
        self.env = dict(os.environ, SKEP_STATE=state)
        self.key = os.path.join(state, "journal.key")  # a person keeps it elsewhere

    def run(self, *args, timeout=120, check=True, **more):
        r = subprocess.run([SKEP, *args], env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                           errors="replace", timeout=timeout, stdin=subprocess.DEVNULL, **more)
        if check and r.returncode:
            raise AssertionError(f"skep {' '.join(args)} ended with {r.returncode}\n{r.stdout}\n{r.stderr}")
        return r

    def start(self, *args, **more):
        return subprocess.Popen([SKEP, *args], env=self.env, text=True, errors="replace",
                                **{"stdin": subprocess.DEVNULL, **more})

    def lab(self, *command, **more):
        return self.run("lab", "exec", "--", *command, **more)

    def gateway(self, *command, **more):
        return self.run("lab", "exec", "--gateway", "--", *command, **more)

    def json(self, *args):
        return [json.loads(line) for line in self.run(*args, "--json").stdout.splitlines()]

    def status(self):
        return self.json("status")[0]

    def pid(self, role):
        """Waits for one that is being started again: until then its pid is 0, to kill which is to kill ourselves."""
        def running():
            """it has a pid"""
            return next(r["pid"] for r in self.status()["roles"] if r["name"] == role)
        return wait_for(running, 15)

    def kill_roles(self, *roles):
        """Ends when others do their work."""
        dead = []
        for role in roles:
            dead.append(self.pid(role))
            kill9(dead[-1])
        wait_for(lambda: all(r["state"] == "running" and r["pid"] not in dead for r in self.status()["roles"]), 20)

    def events(self, *args):
        return self.json("events", *args)

    def up(self, *args):
        return self.run("up", "--key-file", self.key, *args, timeout=1800)

    def down(self):
        return self.run("down", timeout=60)


def new_period(skep):
    """What honeypots may send out is whole again, as at the end of a period: other tests have used it up."""
    for budget in ("tcp", "udp", "icmp", "other", "bytes", "lateral"):
        skep.gateway("nft", "flush", "set", "inet", "skep", f"budget_{budget}")
    for address in (APACHE, DNS, SENDMAIL, ROXEN):
        skep.gateway("nft", "flush", "set", "inet", "skep", "reached_" + address.replace(".", "_"))
    brake_forgets(skep)


def bpftool(*args):
    return json.loads(subprocess.run(["bpftool", "-j", *args], stdout=subprocess.PIPE, check=True).stdout or "null")


def brake_forgets(skep):
    """The second layer counts for itself: its maps are found through the program on the gateway's way out."""
    shown = skep.gateway("tc", "filter", "show", "dev", "wan0", "egress").stdout
    program = re.search(r"brake_out.* id (\d+)", shown)
    for number in bpftool("prog", "show", "id", program.group(1))["map_ids"] if program else []:
        a_map = bpftool("map", "show", "id", str(number))
        for entry in bpftool("map", "dump", "id", str(number)) if a_map["name"] == "brake_used" else []:
            bpftool("map", "update", "id", str(number), "key", *entry["key"], "value", *["0"] * a_map["bytes_value"])


def wait_for(what, seconds, step=0.05):
    """The first true value of @what(); fails after @seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = what()
        if value:
            return value
        time.sleep(step)
    raise AssertionError(f"not within {seconds} s: {getattr(what, '__doc__', None) or what}")


def remove_state(skep):
    """Also what an earlier run of these tests may have left: only the master that holds this state's lock ends."""
    skep.run("down", check=False, timeout=60)
    shutil.rmtree(skep.state, ignore_errors=True)


@contextlib.contextmanager
def fresh(name=""):
    """A Skep with a new state folder, which goes in the end with all that runs there."""
    s = Skep(STATE + name)
    remove_state(s)
    os.makedirs(s.state, mode=0o755)
    for below in ("kernel", "images"):
        os.makedirs(os.path.join(BASE, below), exist_ok=True)
        os.symlink(os.path.join(BASE, below), os.path.join(s.state, below))
    try:
        yield s
    finally:
        remove_state(s)


@pytest.fixture(scope="session")
def skep():
    with fresh() as s:
        s.up()
        yield s


@pytest.fixture
def spare():
    """A second honeynet beside the first, for tests that end it the hard way."""
    with fresh("-2") as s:
        yield s


def conformance(skep):
    """Its rows by requirement; the verb's exit code is that of its results."""
    r = skep.run("conformance", "--json", check=False, timeout=60)
    rows = {row["requirement"]: row for row in map(json.loads, r.stdout.splitlines())}
    assert r.returncode == any(row["result"] == "fail" for row in rows.values()), r.stderr
    return rows


def honeynet_file(path, access):
    """The shipped honeynet file with these lines as its access section, at @path."""
    with open(os.path.join(ROOT, "etc", "honeynet.yaml")) as f:
        text = re.sub(r"^access:\n(?:[ #].*\n|\n)*", "", f.read(), flags=re.M)
    with open(path, "w") as f:
        f.write(f"{text}\naccess:\n{access}")


# A honeynet of one honeypot and nothing beside it.
ONE_HONEYPOT = """
name: paper
network: 10.10.10.0/24
firewall: { name: Firewall, address: 10.10.10.1 }
honeypots: [{ name: Apache, address: 10.10.10.81, image: apache, hostname: www }]
rules:
  - { source: any, destination: Apache, action: accept }
  - { source: Apache, destination: any, action: accept }
nids: { enabled: false }
packets: { enabled: false }
guard: { mode: "off" }
"""

LOGIN = """
set timeout 60
spawn ssh {*}[lrange $argv 2 end] -tt -F /dev/null -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ServerAliveInterval=5 -o ServerAliveCountMax=2 \\
    -o PreferredAuthentications=password webadmin@[lindex $argv 0] [lindex $argv 1]
expect "assword:"
send "meridian1\\r"
expect eof
"""


def log_in(skep, address, command, *options, **more):
    """What ssh, with these options, shows of a command that is run through the weak account."""
    script = os.path.join(skep.state, "login.exp")
    with open(script, "w") as f:
        f.write(LOGIN)
    return skep.lab("expect", script, address, command, *options, check=False, **more).stdout


def as_root_in_guest(skep, address, command):
    """What root in the honeypot sees: in by the weak account, up by the planted sudo rule. @command has no quotes."""
    return log_in(skep, address, f"sudo find /etc/hostname -exec /bin/sh -c '{command}' \\;")


def script_as_root_in_guest(skep, address, script):
    """The same for a script of any length, with whatever quotes."""
    packed = base64.b64encode(gzip.compress(script.encode())).decode()
    return log_in(skep, address, f"echo {packed} | base64 -d | gunzip >/tmp/.s; "
                  "sudo find /etc/hostname -exec /bin/sh /tmp/.s \\; ; rm -f /tmp/.s")


def bash_in_guest(skep, address, script):
    """As root by bash, and to its end whatever the script does."""
    text = base64.b64encode(script.encode()).decode()
    return as_root_in_guest(skep, address, f"echo {text} | base64 -d | bash; echo done-with-it")


def processes():
    """(pid, command line) of everything that runs."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                yield int(pid), f.read().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def kill9(pid):
    assert pid > 1, "not our own process group"
    os.kill(pid, signal.SIGKILL)
