# SPDX-License-Identifier: GPL-2.0-or-later
"""What an administrator does to a honeypot while the others run: reset, freeze, thaw."""
import datetime
import glob
import os
import signal

import pytest

from conftest import APACHE, ONE_HONEYPOT, ROXEN, as_root_in_guest, script_as_root_in_guest, wait_for
from test_roles import kernels


def state_of(skep, name):
    return next(h for h in skep.status()["honeypots"] if h["name"] == name)["state"]


def up(skep, name):
    wait_for(lambda: state_of(skep, name) == "up", 120, 0.5)


def up_for_users(skep):
    """A machine that has just started answers, but lets nobody in yet."""
    up(skep, "Roxen")
    wait_for(lambda: "here-42" in as_root_in_guest(skep, ROXEN, "echo here-$((6*7))"), 120, 1)


def kept(skep, label, name="Roxen"):
    """Its snapshots whose label begins so."""
    return [s for s in skep.json("snapshot", "--list", name) if s["label"].startswith(label)]


def test_reset_gives_a_new_disk(skep):
    as_root_in_guest(skep, ROXEN, "echo mine >/etc/left-behind; sync")
    assert "mine" in as_root_in_guest(skep, ROXEN, "cat /etc/left-behind")
    key = skep.lab("ssh-keyscan", "-t", "ed25519", ROXEN).stdout
    skep.run("reset", "Roxen")
    assert state_of(skep, "Roxen") in ("booting", "off")
    assert state_of(skep, "Apache") == "up"
    up(skep, "Roxen")
    assert "No such file" in as_root_in_guest(skep, ROXEN, "cat /etc/left-behind")
    assert skep.lab("ssh-keyscan", "-t", "ed25519", ROXEN).stdout == key, "it is who it was"
    said = [(e["admin"].get("args"), e["admin"]["action"]) for e in skep.events("--kind", "admin")]
    assert (["reset", "Roxen"], "done") in said
    last = skep.json("snapshot", "--list", "Roxen")[-1]
    assert last["label"] == "before a reset: by the administrator", "the disk it had is evidence"
    skep.run("snapshot", "Roxen", "--restore", last["id"])
    up_for_users(skep)
    assert "mine" in as_root_in_guest(skep, ROXEN, "cat /etc/left-behind")
    for _ in range(4):
        skep.run("reset", "Roxen")
    assert len(kept(skep, "before a reset")) == 3, "the newest three"
    up(skep, "Roxen")


def test_frozen_and_thawed(skep):
    skep.run("freeze", "Roxen")
    assert state_of(skep, "Roxen") == "frozen"
    assert skep.lab("curl", "-s", "-m", "2", f"http://{ROXEN}/", check=False).returncode
    assert skep.lab("curl", "-s", "-m", "20", f"http://{APACHE}/").returncode == 0
    skep.run("thaw", "Roxen")
    assert state_of(skep, "Roxen") == "up"
    assert wait_for(lambda: skep.lab("curl", "-s", "-m", "5", f"http://{ROXEN}/", check=False).returncode == 0, 60, 1)


def test_a_frozen_one_can_be_reset(skep):
    skep.run("freeze", "Roxen")
    skep.run("reset", "Roxen")
    up(skep, "Roxen")


@pytest.mark.parametrize("words, said", [
    (("thaw", "Roxen"), "nobody froze it"), (("freeze", "Nobody"), "no honeypot named Nobody"), (("reset",), "usage")])
def test_what_makes_no_sense_is_said(skep, words, said):
    r = skep.run(*words, check=False)
    assert r.returncode and said in r.stderr


@pytest.mark.parametrize("how, why", [
    ("systemctl reboot", "it was rebooted from inside"), ("poweroff -f", "it was powered off from inside"),
    ("echo 2 >/proc/sys/vm/panic_on_oom; tail /dev/zero", "its kernel panicked")])
def test_who_stops_his_honeypot_gets_it_again(skep, how, why):
    up_for_users(skep)
    as_root_in_guest(skep, ROXEN, how)
    ended = wait_for(lambda: [e for e in skep.events("--kind", "honeypot", "--honeypot", "Roxen") if e.get("reason") == why],
                     60, 0.5)
    assert ended[-1]["state"] == "off"
    up(skep, "Roxen")


def differences(skep, *words):
    return {d["file"]["path"]: d for d in skep.json("diff", "Roxen", *words)}


DEEDS = r"""
cp -p /etc/passwd /root/before; echo 'eve:x:0:0::/root:/bin/sh' >>/etc/passwd; touch -r /root/before /etc/passwd; rm /root/before
cp /bin/dash /usr/bin/.dash; chmod 4755 /usr/bin/.dash; rm /etc/motd; mkdir -p "/srv/$(printf 'a\033[2Jb')"
ln -s /etc/shadow /srv/link
"""


def test_what_he_changed_on_the_disk_is_told(skep):
    up_for_users(skep)
    script_as_root_in_guest(skep, ROXEN, DEEDS)
    found = differences(skep)
    assert found["/etc/motd"]["change"] == "removed"
    assert "content" in found["/etc/passwd"]["differs"] and "mtime" not in found["/etc/passwd"]["differs"]
    dash = found["/usr/bin/.dash"]
    assert dash["change"] == "added" and dash["file"]["mode"] == "4755" and len(dash["file"]["hash"]["sha256"]) == 64
    assert found["/srv/link"]["file"]["target_path"] == "/etc/shadow" and found["/srv/a\033[2Jb"]["file"]["type"] == "dir"
    table = skep.run("diff", "roxen").stdout
    assert "\033" not in table and "added    file     4755" in table
    assert "eve:x:0:0::" in skep.run("diff", "Roxen", "--get", "/etc/passwd").stdout
    r = skep.run("diff", "Roxen", "--get", "/etc/none", check=False)
    assert r.returncode and "no such file on its disk" in r.stderr
    assert state_of(skep, "Roxen") == "up", "it stood still for a moment only"
    skep.run("reset", "Roxen")
    up(skep, "Roxen")
    assert not differences(skep).keys() & {"/etc/motd", "/etc/passwd", "/usr/bin/.dash", "/srv/link"}


def test_a_snapshot_is_what_was_there(skep):
    up_for_users(skep)
    as_root_in_guest(skep, ROXEN, "echo first >/etc/kept")		# no sync: who asks for the disk gets all of it
    id = skep.run("snapshot", "roxen", "--label", "as he left it").stdout.strip()
    assert state_of(skep, "Roxen") == "up", "it stood still for a moment only"
    as_root_in_guest(skep, ROXEN, "echo second >/etc/kept; rm /etc/motd")
    [snapshot] = kept(skep, "as he left it")
    assert snapshot["id"] == id and snapshot["honeypot"] == "Roxen" and snapshot["bytes"] > 1 << 20
    assert id in skep.run("snapshot", "--list").stdout
    assert skep.run("diff", "Roxen", "--get", "/etc/kept").stdout == "second\n"
    key = skep.lab("ssh-keyscan", "-t", "ed25519", ROXEN).stdout
    skep.run("snapshot", "Roxen", "--restore", id)
    up_for_users(skep)
    assert "first" in as_root_in_guest(skep, ROXEN, "cat /etc/kept /etc/motd")
    assert "/etc/motd" not in differences(skep)
    assert skep.lab("ssh-keyscan", "-t", "ed25519", ROXEN).stdout == key, "it is who it was"
    skep.run("snapshot", "Roxen", "--remove", id)
    assert not kept(skep, "as he left it")


@pytest.mark.parametrize("words, said", [
    (("Nobody",), "it has no disk"), (("Roxen", "--restore", "20200101T000000Z"), "no such snapshot"),
    (("Roxen", "--remove", "../x"), "no such snapshot"), (("Roxen", "--list", "--remove", "1"), "usage"),
    (("Roxen", "--label", "x" * 200), "label is too long")])
def test_what_is_no_snapshot_is_said(skep, words, said):
    before = skep.json("snapshot", "--list")
    r = skep.run("snapshot", *words, check=False)
    assert r.returncode and said in r.stderr
    assert skep.json("snapshot", "--list") == before


def kernel_of(skep, name):
    """The first process of a honeypot, as the host sees it; None while it does not run."""
    return min(kernels(skep, os.stat(f"{skep.state}/disks/{name}").st_uid), default=None)


def test_an_identity_outlives_an_early_end(skep):
    """A new disk whose honeypot ends while its init begins: its next start is the same server."""
    key = skep.lab("ssh-keyscan", "-t", "ed25519", ROXEN).stdout
    last = skep.events("--kind", "exec", "--honeypot", "Roxen")[-1]["seq"]
    skep.run("reset", "Roxen")
    wait_for(lambda: len([e for e in skep.events("--kind", "exec", "--honeypot", "Roxen") if e["seq"] > last]) > 5, 60, 0.1)
    os.kill(kernel_of(skep, "Roxen"), signal.SIGKILL)
    wait_for(lambda: state_of(skep, "Roxen") != "booting", 20, 0.1)
    up_for_users(skep)
    assert skep.lab("ssh-keyscan", "-t", "ed25519", ROXEN).stdout == key
    assert "intranet" in as_root_in_guest(skep, ROXEN, "hostname")


def put_back(skep, why):
    return [e for e in skep.events("--kind", "honeypot") if e.get("reason") == f"it is put back: {why}"]


def at(event):
    return datetime.datetime.fromisoformat(event["timestamp"])


def test_it_is_put_back_by_itself(spare):
    """When its visitor has gone, and when its disk is old and nobody is in it; what he left is kept."""
    path = os.path.join(spare.state, "honeynet.yaml")

    def start(reset):
        with open(path, "w") as f:
            f.write(f"{ONE_HONEYPOT}reset: {{ {reset}, keep: 9 }}\n")
        spare.up(path)

    start("after_visit: 10s")
    as_root_in_guest(spare, APACHE, "echo mine >/etc/left-behind; echo >>/lib/systemd/systemd-modules-load")
    first = wait_for(lambda: put_back(spare, "its visitor has gone"), 60, 0.5)[0]
    ran = [at(e) for e in spare.events("--kind", "exec") if e.get("session") and at(e) < at(first)]
    assert at(first) - ran[-1] >= datetime.timedelta(seconds=10), "not while he is there"
    [disk] = kept(spare, "before a reset: its visitor has gone", "Apache")
    up(spare, "Apache")
    assert not spare.events("--kind", "lineage"), "a program of the image that he had changed is nobody's again"
    spare.down()
    start("age: 25s")
    wait_for(lambda: put_back(spare, "its disk is old"), 90, 0.5)
    up(spare, "Apache")
    spare.down()
    assert len(kept(spare, "before a reset: its disk is old", "Apache")) == len(put_back(spare, "its disk is old"))
    spare.run("snapshot", "Apache", "--restore", disk["id"])
    start("after_visit: 10s")
    assert spare.run("diff", "Apache", "--get", "/etc/left-behind").stdout == "mine\n"
    spare.down()


def groups_of(pid):
    return glob.glob(f"/sys/fs/cgroup/**/skep-{pid}", recursive=True)


@pytest.mark.parametrize("end", ["down", "kill"])
def test_no_control_group_is_left(spare, end):
    path = os.path.join(spare.state, "honeynet.yaml")
    with open(path, "w") as f:
        f.write(ONE_HONEYPOT)
    spare.up("--no-wait", path)
    priv = spare.pid("priv")
    wait_for(lambda: groups_of(priv), 30, 0.2)
    if end == "kill":
        os.kill(spare.status()["pid"], signal.SIGKILL)
    else:
        spare.down()
    wait_for(lambda: not groups_of(priv), 15, 0.2)
