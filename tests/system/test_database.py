# SPDX-License-Identifier: GPL-2.0-or-later
"""A honeynet with `--store mariadb`: the same answers as SQLite, whatever is done to the server meanwhile."""
import contextlib
import difflib
import json
import os
import random
import signal
import subprocess
import time

import pytest

from conftest import fresh, wait_for

KILLS = 5
ATTACKS = ("scan", "web-injection", "flood", "brute-force", "break-in")


@pytest.fixture(scope="module")
def net():
    with fresh("-3") as s:
        s.run("up", "--store", "mariadb", timeout=1800)
        yield s


def server_pid(net):
    """The server's process: it says itself in a file which one it is."""
    try:
        pid = int(open(os.path.join(net.state, "mariadb/run/mariadb.pid")).read())
        os.kill(pid, 0)
        return pid
    except (OSError, ValueError):
        return None


def caught_up(net):
    def none_behind():
        r = net.run("db", "status", "--json", check=False)
        return r.returncode == 0 and json.loads(r.stdout)["behind"] == 0
    wait_for(none_behind, 60, 0.3)


def sessions(net):
    return net.json("sessions", "--all")


def answers(net, *ids):
    """What the reading verbs say, whole and each on its own; what they remark belongs to it."""
    asked = [("sessions",), ("sessions", "--all"), ("sessions", "--all", "--json"), ("sessions", "--user-only")]
    for n in ids:
        asked += [("session", str(n)), ("session", "--json", str(n))]
    for s in sessions(net):
        if s["id"] in ids and s["tty_bytes"]:
            asked += [("session", "--typed", str(s["id"])), ("replay", "--no-wait", str(s["id"]))]
    said = {}
    for words in asked:
        r = net.run(*words)
        assert r.stdout and (words[0] == "replay" or not r.stderr), (words, r.stderr)
        said[words] = r.stdout, r.stderr
    return said


@contextlib.contextmanager
def local_index(net):
    """The reading verbs do not know of the server and ask the local index, which is always kept."""
    note = os.path.join(net.state, "run/store")
    os.rename(note, note + ".away")
    try:
        yield
    finally:
        os.rename(note + ".away", note)


def differences(net, *ids):
    """The questions that the two stores answer differently, with what differs.

    The honeynet goes on meanwhile: the local index is asked before and after the server, and only answers between
    which nothing was recorded are compared.
    """
    for _ in range(10):
        with local_index(net):
            before = answers(net, *ids)
        caught_up(net)
        from_server = answers(net, *ids)
        with local_index(net):
            if before == answers(net, *ids):
                break
    else:
        pytest.fail("no two answers of the local index were the same in ten attempts")
    return {words: list(difflib.unified_diff(*("".join(said[words]).splitlines() for said in (before, from_server)),
                                             "local index", "server", lineterm="", n=0))
            for words in before if before[words] != from_server.get(words)}


def ask(net, *sql, tls=True):
    """As the administrator over the gateway's address."""
    options = os.path.join(net.state, "reader.cnf")
    with open(os.path.join(net.state, "mariadb/reader.password")) as f:
        password = f.read().strip()
    with open(os.open(options, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as f:
        f.write(f"[client]\npassword={password}\n")
    how = ["--ssl-ca=" + os.path.join(net.state, "mariadb/tls/10.10.10.1.crt"), "--ssl-verify-server-cert"] if tls \
        else ["--skip-ssl"]
    return net.gateway("mariadb", f"--defaults-extra-file={options}", "-h", "10.10.10.1", "-u", "reader", *how, "-N",
                       "skep", "-e", *sql, check=False)


def attack_while_the_server_dies(net, name):
    attack = net.start("lab", "attack", name, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    killed = 0
    while killed < KILLS:
        pid = wait_for(lambda: server_pid(net), 60)
        time.sleep(random.uniform(0.2, 2))
        os.kill(pid, signal.SIGKILL)
        killed += 1
        wait_for(lambda: server_pid(net) not in (None, pid), 60)
    assert attack.wait(timeout=180) == 0


@pytest.fixture(scope="module")
def attacked(net):
    """Every attack once, the server being killed during the last; by name, the sessions it made."""
    made, seen = {}, set()
    for name in ATTACKS:
        if name == ATTACKS[-1]:
            attack_while_the_server_dies(net, name)
        else:
            net.run("lab", "attack", name, timeout=400)
        wait_for(lambda: all(s["end"] for s in sessions(net)), 60, 0.5)
        now = {s["id"] for s in sessions(net)}
        made[name] = sorted(now - seen)
        seen = now
    caught_up(net)
    return made


@pytest.mark.parametrize("attack", ATTACKS)
def test_both_stores_answer_the_same(net, attacked, attack):
    """Whole outputs, of every session that the attack made."""
    ids = attacked[attack]
    assert ids
    assert not differences(net, *ids)


def test_events_are_the_same_whatever_the_store(net, attacked):
    first = net.run("events", "--json").stdout
    with local_index(net):
        second = net.run("events", "--json").stdout
    assert first and second.startswith(first)       # more may have come meanwhile
    kinds = {e["event_type"] for e in map(json.loads, first.splitlines())}
    assert {"alert", "flow", "finding", "syslog", "verdict", "exec", "tty_in", "module"} <= kinds


def test_nothing_is_lost_or_doubled_though_the_server_died(net, attacked):
    # the numbers are those of the journal, each once
    last = len(net.events())
    caught_up(net)
    r = ask(net, "SELECT count(*) = count(DISTINCT seq) AND count(*) = max(seq), max(seq) FROM line")
    once, newest = r.stdout.split()
    assert once == "1" and int(newest) >= last
    # recording never stopped for it
    assert not [e for e in net.events() if e["event_type"] == "gate" and "journal" in e.get("reason", "")]
    assert net.status()["roles"] and all(r["restarts"] == 0 for r in net.status()["roles"])

    # filled again from the journal while all goes on
    assert net.run("db", "rebuild", check=False).returncode == 1
    net.run("db", "rebuild", "--force")
    caught_up(net)
    ids = attacked["break-in"]
    assert not differences(net, *ids)


def test_the_administrator_reads_over_tls_only_and_only_reads(net):
    caught_up(net)
    r = ask(net, "SELECT count(*) FROM syslogTB; SELECT count(*) FROM event JOIN signature ON sig_id = signature; "
                 "SHOW STATUS LIKE 'Ssl_cipher'")
    assert r.returncode == 0 and "TLS" in r.stdout, r.stderr
    assert ask(net, "SELECT 1", tls=False).returncode
    for sql in ("DELETE FROM record", "CREATE TABLE x(y INT)", "SELECT * FROM mysql.user", "SET GLOBAL read_only = 1"):
        r = ask(net, sql)
        assert r.returncode and "denied" in r.stderr, sql
    # the database stands or falls with the honeynet; the verbs go on, from the local index
    before = net.run("sessions", "--all").stdout
    net.down()
    r = net.run("sessions", "--all")
    assert "local index" in r.stderr and r.stdout == before
