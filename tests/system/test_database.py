# SPDX-License-Identifier: GPL-2.0-or-later
"""A honeynet with `--store mariadb`: the same answers as SQLite, whatever is done to the server meanwhile."""
import json
import os
import random
import shutil
import signal
import subprocess
import time

import pytest

from conftest import STATE, Skep, fresh_state, kill_left_over, wait_for

KILLS = 5


@pytest.fixture(scope="module")
def net():
    state = STATE + "-3"
    fresh_state(state)
    s = Skep(state)
    s.run("up", "--store", "mariadb", timeout=1800)
    yield s
    kill_left_over(state)
    shutil.rmtree(state, ignore_errors=True)


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


def answers(net):
    """What the reading verbs say, each on its own, with nothing on standard error."""
    said = []
    for words in [("sessions", "--all"), ("sessions", "--json"), ("session", "1"), ("session", "--json", "1")]:
        r = net.run(*words)
        assert not r.stderr, r.stderr
        said.append(r.stdout)
    return said


def from_sqlite(net):
    note = os.path.join(net.state, "run/store")
    os.rename(note, note + ".away")
    try:
        return answers(net)
    finally:
        os.rename(note + ".away", note)


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


def test_the_server_is_killed_during_an_attack(net):
    attack = net.start("lab", "attack", "break-in", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    killed = 0
    while killed < KILLS:
        pid = wait_for(lambda: server_pid(net), 60)
        time.sleep(random.uniform(0.2, 2))
        os.kill(pid, signal.SIGKILL)
        killed += 1
        wait_for(lambda: server_pid(net) not in (None, pid), 60)
    assert attack.wait(timeout=180) == 0
    wait_for(lambda: all(s["state"] == "ended" for s in net.json("sessions") if "state" in s), 30)
    caught_up(net)
    assert answers(net) == from_sqlite(net)
    # nothing lost, nothing doubled: the numbers are those of the journal, each once
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
    assert answers(net) == from_sqlite(net)


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
