# SPDX-License-Identifier: GPL-2.0-or-later
"""A honeypot's past as it lies on its disk, and its honeytokens."""
import json
import os
import re

import pytest

from conftest import APACHE, ROXEN, script_as_root_in_guest, wait_for
from test_life import up

# One visit: what is asked is said between marks. A person who is none of the image has a home of his own group.
LOOK = r"""
set +e
part() { echo "<<<$1"; }
part now; date +%s
part stat
stat -c '%n %a %U %G %Y %Z' /home/* /home/*/.bash_history /root/.ssh /root/.ssh/id_ed25519 /var/log/auth.log.1 /var/log/wtmp \
	/var/log/dpkg.log /etc/shadow /etc/hostname /usr/lib/cgi-bin/netcheck.pl /usr/local/bin/tidy-tmp /etc/sudoers.d/webadmin
part days; find /etc -xdev -type f -printf '%TY-%Tm-%Td\n' | sort -u | wc -l
part lists; stat -c %Y /var/lib/dpkg/info/*.list | cut -c 1-5 | sort -u | wc -l
part tables; pwck -rq; echo "pwck $?"; grpck -r; echo "grpck $?"; visudo -cq; echo "visudo $?"; sshd -t; echo "sshd $?"
apache2ctl -t 2>&1
part last; last -w | head -n 4
part accepted; grep -h 'Accepted publickey' /var/log/auth.log.1 /var/log/auth.log
part key; ssh-keygen -lf /root/.ssh/id_ed25519
part end
"""


@pytest.fixture(scope="module")
def seen(skep):
    """By the first who comes: on a new disk."""
    skep.run("reset", "Apache")
    up(skep, "Apache")

    def look():
        said = script_as_root_in_guest(skep, APACHE, LOOK).replace("\r", "")
        parts = dict(re.findall(r"<<<(\w+)\n(.*?)(?=<<<|\Z)", said, re.S))
        return "end" in parts and parts
    return wait_for(look, 60, 1)	# a machine that has just started answers, but lets nobody in yet


def test_people_lived_there(seen):
    now = int(seen["now"])
    files = {}
    for line in seen["stat"].splitlines():
        name, mode, user, group, changed, touched = line.split()
        files[name] = (mode, user, group)
        assert name == "/var/log/wtmp" or int(changed) < now - 60, f"{line}: not of the past"
        assert name == "/var/log/wtmp" or int(touched) < now - 60, f"{line}: the time of its last change is of today"
    homes = [f for f in files if re.fullmatch(r"/home/[^/]+", f)]
    assert len(homes) >= 3 and all(files[h][1] == os.path.basename(h) for h in homes)
    assert all(files[f][0] == "600" and files[f][1] == f.split("/")[2] for f in files if f.endswith(".bash_history"))
    assert files["/etc/shadow"] == ("640", "root", "shadow") and files["/root/.ssh/id_ed25519"] == ("600", "root", "root")
    assert files["/usr/local/bin/tidy-tmp"][0] == "777" and files["/etc/sudoers.d/webadmin"][0] == "440"
    assert int(seen["days"]) >= 5 and int(seen["lists"]) >= 3, "all was made on one day"


def test_its_tables_and_logs_fit(seen):
    assert re.findall(r"\w+ (\d+)$", seen["tables"], re.M) == ["0"] * 4 and "Syntax OK" in seen["tables"], seen["tables"]
    logins = [line.split()[0] for line in seen["last"].splitlines() if "pts/" in line and "webadmin" not in line]
    assert logins and all(f"for {who} from" in seen["accepted"] for who in logins[-1:]), seen["last"] + seen["accepted"]


def lists(skep, name):
    with open(os.path.join(skep.state, "identity", name + ".tokens")) as f:
        return dict(line.rstrip("\n").split("\t") for line in f)


def test_no_two_have_the_same_honeytokens(skep, seen):
    all_of_them = [known for name in ("Apache", "Roxen", "DNS", "Sendmail") for known in lists(skep, name).values()]
    assert len(set(all_of_them)) == len(all_of_them) >= 12
    print_of_key = seen["key"].split()[1]
    assert lists(skep, "Apache")["/root/.ssh/id_ed25519"] == print_of_key
    rows = skep.json("honeytokens", f"no matching host key: {print_of_key}")
    assert [(r["honeypot"], r["path"]) for r in rows] == [("Apache", "/root/.ssh/id_ed25519")]


def test_who_reads_one_is_told(skep):
    last = skep.events("-n", "1")[-1]["seq"]
    script_as_root_in_guest(skep, ROXEN, "ls -la /root/.aws; cat /root/.aws/credentials; mv /root/.aws/credentials /root/.c\n"
                            "head -c 1 /root/.c; mv /root/.c /root/.aws/credentials; touch /root/.aws/credentials")
    found = wait_for(lambda: [e for e in skep.events("--kind", "finding") if e["seq"] > last and
                              e["finding"]["name"] == "honeytoken"], 20, 0.3)
    assert found[0]["honeypot"] == "Roxen" and found[0]["finding"]["severity"] == "priority" and found[0]["session"]
    read = [e for e in skep.events("--kind", "token") if e["seq"] > last]
    assert [(e["process"]["name"], e["file"]["path"]) for e in read] == [
        ("cat", "/root/.aws/credentials"), ("head", "/root/.c")], "to list or touch it is not to read it"
    assert all(e["token"]["path"] == "/root/.aws/credentials" and e["session"] == found[0]["session"] for e in read)
    story = skep.run("session", str(found[0]["session"])).stdout
    assert "reads a honeytoken: /root/.aws/credentials" in story


def test_what_was_given_is_no_difference(skep, seen):
    script_as_root_in_guest(skep, APACHE, "rm /var/log/dpkg.log; echo x >>/usr/local/sbin/disk-report")
    paths = {d["file"]["path"]: d for d in skep.json("diff", "Apache")}
    given = [p for p in paths if p.startswith(("/home/", "/usr/local/", "/var/lib/dpkg/info/", "/var/www/")) and
             not p.endswith(".bash_history") and "/webadmin" not in p]
    assert paths["/var/log/dpkg.log"]["change"] == "removed", "no image has it, but it was given"
    report = paths["/usr/local/sbin/disk-report"]
    assert report["change"] == "changed" and report["differs"] == ["size", "mtime", "content"] and report["before"]["size"]
    given.remove("/usr/local/sbin/disk-report")
    assert not given, json.dumps([paths[p] for p in given])
