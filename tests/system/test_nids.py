# SPDX-License-Identifier: GPL-2.0-or-later
"""The NIDS in the standing honeynet: what it sees, its death, its rules loaded anew. The prevention: what does not leave."""
import glob
import json
import os
import re
import signal
import subprocess

import pytest

from conftest import APACHE, Skep, bash_in_guest, conformance, kill9, new_period, processes, wait_for

SQLMAP, TRAVERSAL, OWN, SHELLSHOCK = 9100229, 9100201, 1000001, 9101001
SERVER, PORT = "203.0.113.80", 8000


def alerts(skep: Skep):
    """Numbers of the rules that fired, over all files there are."""
    found = []
    for name in sorted(glob.glob(os.path.join(skep.state, "nids/log/eve.[0-9]*.json"))):
        with open(name) as f:
            found += [json.loads(line) for line in f]
    return [e["alert"]["signature_id"] for e in found if e["event_type"] == "alert"]


def suricata(skep, folder="nids"):
    return next((pid for pid, words in processes() if words.startswith("suricata ") and f"{skep.state}/{folder}/" in words), None)


def get(skep, path, agent="Mozilla/5.0"):
    skep.lab("curl", "-s", "-m", "5", "-o", "/dev/null", "--path-as-is", "-A", agent, f"http://{APACHE}{path}", check=False)


def test_an_attack_from_outside_is_seen(skep):
    get(skep, "/", agent="sqlmap/1.7#stable")
    wait_for(lambda: SQLMAP in alerts(skep), 10)


def test_killed_it_comes_back_and_sees_again(skep):
    before, pid = alerts(skep).count(TRAVERSAL), suricata(skep)
    kill9(pid)
    wait_for(lambda: suricata(skep) not in (None, pid), 20)

    def seen():
        get(skep, "/a/../../../../b")
        return alerts(skep).count(TRAVERSAL) > before
    wait_for(seen, 20, step=0.5)


def honeynet_with(path, after, rules):
    """The shipped honeynet file with these rules behind a key."""
    with open(os.path.join(os.environ.get("SKEP_DATA", os.path.dirname(os.path.dirname(os.path.dirname(__file__)))),
                           "etc/honeynet.yaml")) as f:
        path.write_text(re.sub(rf"^( *){after}:\n", rf"\1{after}:\n\1  rules: [{rules}]\n", f.read(), flags=re.M))


def test_a_rule_of_ones_own_is_loaded_while_it_runs(skep, tmp_path):
    rules, honeynet = tmp_path / "my.rules", tmp_path / "honeynet.yaml"
    honeynet_with(honeynet, "nids", rules)
    rules.write_text(f'alert http any any -> $HOME_NET any (msg:"mine"; http.uri; content:"/mine"; sid:{OWN}; rev:1;)\n')
    skep.run("rules", "reload", str(honeynet))
    get(skep, "/mine")
    wait_for(lambda: OWN in alerts(skep), 10)

    rules.write_text('alert http any any -> any any (msg:"x"; content:"x; sid:1000002;)\n')
    r = skep.run("rules", "reload", str(honeynet), check=False)
    assert r.returncode == 2 and f"{rules}:1: " in r.stderr
    skep.run("rules", "reload")		# as it was


# ---- the prevention ----

SERVE = """
import socketserver, sys
class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.settimeout(20)
        data = b""
        while not data.endswith(b"\\r\\n\\r\\n"):
            data += self.request.recv(4096) or b"\\r\\n\\r\\n"
        with open(sys.argv[3], "ab") as f:
            f.write(data)
        self.request.sendall(b"HTTP/1.0 200 OK\\r\\nContent-Length: 3\\r\\n\\r\\nok\\n")
class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
with Server((sys.argv[1], int(sys.argv[2])), Handler) as s:
    print("ready", flush=True)
    s.serve_forever()
"""


@pytest.fixture
def outside(skep, tmp_path):
    """A server in the lab's internet; what it got."""
    got = tmp_path / "got"
    got.touch()
    server = skep.start("lab", "exec", "--", "python3", "-c", SERVE, SERVER, str(PORT), str(got), stdout=subprocess.PIPE)
    assert server.stdout.readline() == "ready\n"
    new_period(skep)
    yield got.read_bytes
    server.kill()
    server.wait()


def ask(skep, *requests):
    """From inside Apache, each on a connection of its own; the answers."""
    lines = [f"exec 3<>/dev/tcp/{SERVER}/{PORT} && printf '%s\\r\\n' 'GET {path} HTTP/1.0' 'X-Test: {header}' '' >&3 && "
             "timeout 3 cat <&3; echo; exec 3>&-" for path, header in requests]
    return bash_in_guest(skep, APACHE, "\n".join(f"timeout 5 bash -c {json.dumps(line)}" for line in lines))


def prevented(skep, sid):
    """What was done about it, as the record has it."""
    return [e["alert"]["action"] for e in skep.events("--kind", "alert") if e["alert"]["signature_id"] == sid]


def test_known_attacks_do_not_leave(skep, outside):
    assert ask(skep, ("/harmless", "none"), ("/shock", "() { :;}; /bin/id"), ("/after", "none")).count("200 OK") == 2
    assert b"/harmless" in outside() and b"/after" in outside() and b"/shock" not in outside()
    assert set(wait_for(lambda: prevented(skep, SHELLSHOCK), 10, 0.2)) == {"blocked"}
    assert [f for f in skep.events("--kind", "finding") if "stopped on its way out: shellshock" in f["message"]]
    assert wait_for(lambda: skep.status()["prevention"]["dropped"], 5) >= 1
    assert "prevention (drop), up" in conformance(skep)["DC-2"]["evidence"]


def test_what_is_replaced_leaves_changed(skep, outside, tmp_path):
    rules, honeynet = tmp_path / "my.rules", tmp_path / "honeynet.yaml"
    honeynet_with(honeynet, "inline", rules)
    rules.write_text('alert tcp any any -> any any (msg:"mine"; content:"/bin/mine"; replace:"/bin/yore"; '
                     f'sid:{OWN + 1}; rev:1;)\n')
    skep.run("rules", "reload", str(honeynet))
    assert "200 OK" in ask(skep, ("/cgi", "run /bin/mine now"))
    assert b"run /bin/yore now" in outside()
    assert wait_for(lambda: prevented(skep, OWN + 1), 10, 0.2) == ["rewritten"]

    rules.write_text(f'alert tcp any any -> any any (msg:"mine"; content:"x"; sid:{OWN + 1}; rev:1;)\n')
    for verb in (["rules", "check"], ["reload", "--dry-run"]):
        r = skep.run(*verb, str(honeynet), check=False)
        assert r.returncode == 2 and f"{rules}:1: a rule of the prevention drops" in r.stderr
    skep.run("rules", "reload")


def test_without_the_prevention_nothing_goes_out(skep, outside):
    services = skep.pid("services")
    os.kill(services, signal.SIGSTOP)		# or it would be back at once
    try:
        kill9(suricata(skep, "inline"))
        assert "200 OK" not in ask(skep, ("/closed", "none"))	# he comes in, and sees nothing of it
        get(skep, "/")
        assert b"/closed" not in outside()
    finally:
        os.kill(services, signal.SIGCONT)
    wait_for(lambda: skep.status()["prevention"]["state"] == "broken" or suricata(skep, "inline"), 10)
    wait_for(lambda: skep.status()["prevention"]["state"] == "up", 20)
    assert "200 OK" in ask(skep, ("/open", "none")) and b"/open" in outside()
    assert [e for e in skep.events("--kind", "role") if "prevention: it ended with signal 9" in json.dumps(e)]


def test_it_has_one_right_and_few_calls(skep):
    with open(f"/proc/{suricata(skep, 'inline')}/status") as f:
        status = dict(line.split(":\t", 1) for line in f.read().splitlines() if ":\t" in line)
    assert int(status["CapEff"], 16) == 1 << 12, "CAP_NET_ADMIN"
    assert status["Seccomp"].strip() == "2" and status["NoNewPrivs"].strip() == "1" and status["Uid"].split()[0] != "0"


def test_where_it_cannot_run_it_is_off_and_says_so(skep, outside, monkeypatch):
    def row():
        lines = skep.run("doctor", "--json", check=False).stdout.splitlines()
        return next(r for r in map(json.loads, lines) if r["check"] == "prevention")
    assert row()["result"] == "ok"
    with monkeypatch.context() as m:
        m.setitem(skep.env, "PATH", "/nonexistent")
        assert (row()["result"], row()["text"]) == ("note", "prevention: off: suricata is not installed")
        assert "there is no prevention: suricata is not installed" in skep.run("reload").stderr
        assert "prevention: off: suricata is not installed" in skep.run("status").stdout
    assert "200 OK" in ask(skep, ("/unheld", "() { :;}; /bin/id")) and b"/unheld" in outside()
    skep.run("reload")
    wait_for(lambda: skep.status()["prevention"]["state"] == "up", 20)
    assert "200 OK" not in ask(skep, ("/held", "() { :;}; /bin/id")) and b"/held" not in outside()
