# SPDX-License-Identifier: GPL-2.0-or-later
"""Somebody has taken over a honeypot's kernel: here a probe takes its place, and tries what no kernel does.

What it is that it can do, in the jail itself: tests/unit/test_jail.c.
"""
import glob
import json
import os
import shutil
import subprocess

import pytest

from conftest import APACHE, BASE, ONE_HONEYPOT, ROOT, fresh, wait_for

PROBE = os.path.join(ROOT, "build/tests/unit/jail_probe")


def put_kernel(skep, program):
    shutil.copy(program, skep.kernel + ".new")
    os.rename(skep.kernel + ".new", skep.kernel)


@pytest.fixture(scope="module")
def own():
    """A honeynet whose kernel is a copy, which can be replaced."""
    made = subprocess.run([os.path.join(ROOT, "kernel/build"), os.path.join(BASE, "kernel")], check=True, text=True,
                          stdout=subprocess.PIPE).stdout.splitlines()[-1]
    with fresh("-4") as skep:
        copy = os.path.join(skep.state, "kernel")
        os.remove(copy)
        shutil.copytree(made, os.path.join(copy, os.path.basename(made)), symlinks=True)
        skep.real, skep.kernel = os.path.join(made, "linux"), os.path.join(copy, os.path.basename(made), "linux")
        path = os.path.join(skep.state, "honeynet.yaml")
        with open(path, "w") as f:
            f.write(ONE_HONEYPOT)
        skep.up(path)
        yield skep


def honeypot(skep):
    return skep.status()["honeypots"][0]


def boots(skep):
    return len([e for e in skep.events("--kind", "honeypot") if e["state"] == "booting"])


@pytest.fixture(scope="module")
def escaped(own):
    put_kernel(own, PROBE)
    own.run("reset", "Apache")
    return wait_for(lambda: honeypot(own)["state"] == "escaped" and honeypot(own), 60, 0.2)


def test_it_is_ended_and_told(own, escaped):
    assert "its kernel called socket(0x2, 0x1" in escaped["why"]
    groups = glob.glob(f"/sys/fs/cgroup/**/skep-{own.pid('priv')}/0/cgroup.procs", recursive=True)
    assert groups and not any(open(g).read() for g in groups)


def test_a_human_hears_of_it(own, escaped):
    found = wait_for(lambda: [e for e in own.events("--kind", "finding") if e["finding"]["name"] == "escape"], 20, 0.5)
    assert found[0]["finding"]["severity"] == "critical" and found[0]["honeypot"] == "Apache"
    assert "socket(" in found[0]["message"]


def test_what_it_told_last_is_kept_apart(own, escaped):
    [path] = wait_for(lambda: glob.glob(f"{own.state}/evidence/escapes/Apache-*.ndjson"), 20, 0.2)
    with open(path, encoding="utf-8") as f:
        told = [json.loads(line) for line in f]
    of_guest = [e["seq"] for e in own.events("--honeypot", "Apache") if e["capture"]["source"] == "guest"]
    assert told and all(e["chain"] for e in told)
    assert [e["seq"] for e in told] == [n for n in of_guest if n <= told[-1]["seq"]][-1000:]


def test_it_stays_off_until_it_is_reset(own, escaped):
    before = boots(own)
    for verb in ("freeze", "thaw"):
        assert own.run(verb, "Apache", check=False).returncode
    assert honeypot(own)["state"] == "escaped" and boots(own) == before
    put_kernel(own, own.real)
    own.run("reset", "Apache")
    wait_for(lambda: honeypot(own)["state"] == "up", 120, 0.5)
    assert own.lab("curl", "-s", "-m", "20", f"http://{APACHE}/").stdout


def test_up_says_so(own):
    own.down()
    put_kernel(own, PROBE)
    r = own.run("up", "--key-file", own.key, os.path.join(own.state, "honeynet.yaml"), check=False)
    assert r.returncode and "honeypot Apache is escaped: its kernel called socket(" in r.stderr
    assert own.run("status", check=False).returncode, "it was ended again"


def test_it_can_be_put_back_by_itself(own):
    path = os.path.join(own.state, "honeynet.yaml")
    with open(path, "a") as f:
        f.write("reset: { escaped: true }\n")
    put_kernel(own, PROBE)
    own.up("--no-wait", path)

    def again():
        return len([e for e in own.events("--kind", "honeypot") if e.get("reason") == "it is put back: it escaped"])

    wait_for(lambda: again() >= 2, 60, 0.2)
    put_kernel(own, own.real)
    wait_for(lambda: honeypot(own)["state"] == "up", 120, 0.5)
    kept = own.json("snapshot", "--list", "Apache")
    assert len([s for s in kept if s["label"] == "before a reset: it escaped"]) >= 2
