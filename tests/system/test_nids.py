# SPDX-License-Identifier: GPL-2.0-or-later
"""The NIDS in the standing honeynet: what it sees, its death, its rules loaded anew."""
import glob
import json
import os
import re

from conftest import APACHE, Skep, kill9, processes, wait_for

SQLMAP, TRAVERSAL, OWN = 9100229, 9100201, 1000001


def alerts(skep: Skep):
    """Numbers of the rules that fired, over all files there are."""
    found = []
    for name in sorted(glob.glob(os.path.join(skep.state, "nids/log/eve.[0-9]*.json"))):
        with open(name) as f:
            found += [json.loads(line) for line in f]
    return [e["alert"]["signature_id"] for e in found if e["event_type"] == "alert"]


def suricata(skep):
    return next((pid for pid, words in processes() if words.startswith("suricata ") and skep.state + "/" in words), None)


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


def test_a_rule_of_ones_own_is_loaded_while_it_runs(skep, tmp_path):
    rules, honeynet = tmp_path / "my.rules", tmp_path / "honeynet.yaml"
    with open(os.path.join(os.environ.get("SKEP_DATA", os.path.dirname(os.path.dirname(os.path.dirname(__file__)))),
                           "etc/honeynet.yaml")) as f:
        honeynet.write_text(re.sub(r"^nids:\n", f"nids:\n  rules: [{rules}]\n", f.read(), flags=re.M))
    rules.write_text(f'alert http any any -> $HOME_NET any (msg:"mine"; http.uri; content:"/mine"; sid:{OWN}; rev:1;)\n')
    skep.run("rules", "reload", str(honeynet))
    get(skep, "/mine")
    wait_for(lambda: OWN in alerts(skep), 10)

    rules.write_text('alert http any any -> any any (msg:"x"; content:"x; sid:1000002;)\n')
    r = skep.run("rules", "reload", str(honeynet), check=False)
    assert r.returncode == 2 and f"{rules}:1: " in r.stderr
    skep.run("rules", "reload")		# as it was
