# SPDX-License-Identifier: GPL-2.0-or-later
"""An instance for each intruder: his own machine, at the address that all of them come to."""
import os
import re
import subprocess

import pytest

from conftest import APACHE, ONE_HONEYPOT, fresh, log_in, wait_for

A, B, C, D = (f"203.0.113.{n}" for n in range(11, 15))
SERVER = "203.0.113.80"
IDLE_S = 12
FIRST, SECOND = "10.10.10.254", "10.10.10.253"

# Who comes, to one connection.
ANSWERING = """
import socket
s = socket.create_server(("%s", 8080))
print("listening", flush=True)
print(s.accept()[1][0], flush=True)
""" % SERVER


@pytest.fixture(scope="module")
def net():
    with fresh("-2") as s:
        s.file = os.path.join(s.state, "honeynet.yaml")
        with open(s.file, "w") as f:
            f.write(ONE_HONEYPOT.replace("hostname: www", f"hostname: www, instances: {{ max: 2, idle: {IDLE_S}s }}"))
        s.up(s.file)
        yield s


def visit(net, who, command="true"):
    """Which machine it is, by its own address, and what he is shown; as soon as it lets somebody in."""
    def shown():
        text = log_in(net, APACHE, f"hostname -I; {command}", "-b", who)
        machine = re.search(r"^(10\.10\.10\.\d+) *\r?$", text, re.M)
        return machine and (machine.group(1), text)
    return wait_for(shown, 60, 0.5)


def mark(net, who):
    """Whose mark he finds; he leaves his own."""
    machine, shown = visit(net, who, f"cat mark; echo mark-of-{who}- >mark")
    return machine, re.findall(r"^mark-of-([\d.]+)-", shown, re.M)


def visitor(net, name):
    return next(h for h in net.status()["honeypots"] if h["name"] == name).get("visitor")


def told(net, name, state):
    """Of whom it was said that the instance is his, or no longer."""
    return [e["src_ip"] for e in net.events("--kind", "honeypot", "--honeypot", name) if e["state"] == state]


def renewed(net, name, times):
    wait_for(lambda: len(told(net, name, "free")) == times, 60, 0.5)


def test_each_intruder_has_his_own(net):
    assert [(h["name"], h["address"], h["hostname"]) for h in net.status()["honeypots"]] == [
        ("Apache", APACHE, "www"), ("Apache-1", FIRST, "www"), ("Apache-2", SECOND, "www")]
    assert [mark(net, who) for who in (A, B, C)] == [(FIRST, []), (SECOND, []), (APACHE, [])]
    assert [mark(net, who) for who in (C, B, A)] == [(APACHE, [C]), (SECOND, [B]), (FIRST, [A])]
    wait_for(lambda: visitor(net, "Apache-1") == A and visitor(net, "Apache-2") == B, 10)
    assert told(net, "Apache-1", "claimed") == [A] and told(net, "Apache-2", "claimed") == [B]
    assert f"(visitor {A})" in net.run("status").stdout
    keys = {visit(net, who, "cat /etc/ssh/ssh_host_ed25519_key.pub /etc/machine-id")[1].split("AAAA")[1] for who in (A, B, C)}
    assert len(keys) == 1, "from outside it is one server"


def test_the_story_is_the_instances(net):
    sessions = {s["src_ip"]: s for s in net.json("sessions", "--all")}
    assert [sessions[who]["honeypot"] for who in (A, B, C)] == ["Apache-1", "Apache-2", "Apache"]
    flows = wait_for(lambda: [f for f in net.events("--kind", "flow") if f["src_ip"] == A], 10)
    assert all((f["honeypot"], f["dest_ip"]) == ("Apache-1", FIRST) and f["session"] for f in flows)
    assert [v["src_ip"] for v in net.events("--kind", "verdict") if v["verdict"]["reason"] == "shared"] == [C]


def test_it_is_its_honeypot_to_the_world(net):
    server = net.start("lab", "exec", "--", "python3", "-c", ANSWERING, stdout=subprocess.PIPE)
    assert server.stdout.readline() == "listening\n"
    visit(net, A, f"bash -c 'echo >/dev/tcp/{SERVER}/8080'")
    assert server.communicate(timeout=10)[0].strip() == APACHE
    for who in (A, D):
        assert net.lab("curl", "-s", "-m", "1", "--interface", who, f"http://{FIRST}/", check=False).returncode
    refused = [v for v in net.events("--kind", "verdict") if v["verdict"]["reason"] == "instance"]
    assert {(v["src_ip"], v["honeypot"]) for v in refused} == {(A, "Apache-1"), (D, "Apache-1")}


def test_it_is_as_new_for_the_next(net):
    net.run("reset", "Apache-2")
    renewed(net, "Apache-2", 1)
    renewed(net, "Apache-1", 1)		# A has gone
    assert told(net, "Apache-1", "free") == [A] and told(net, "Apache-2", "free") == [B]
    assert not visitor(net, "Apache-1")
    labels = [net.json("snapshot", "--list", f"Apache-{n}")[-1]["label"] for n in (1, 2)]
    assert labels == ["before a reset: its visitor has gone", "before a reset: by the administrator"]
    assert mark(net, D) == (FIRST, [])


def test_a_restart_hands_no_used_one_on(net):
    visit(net, D)
    disk = [os.stat(f"{net.state}/disks/Apache-{n}").st_ino for n in (1, 2)]
    net.down()
    net.up(net.file)
    assert [os.stat(f"{net.state}/disks/Apache-{n}").st_ino == disk[n - 1] for n in (1, 2)] == [False, True]
    assert net.json("snapshot", "--list", "Apache-1")[-1]["label"] == "before a reset: the honeynet was started again"
    assert mark(net, D) == (FIRST, []) and mark(net, A) == (SECOND, [])
