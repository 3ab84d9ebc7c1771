# SPDX-License-Identifier: GPL-2.0-or-later
"""What processes do in a honeypot, done by a real ssh session (guest_processes.sh), and found in its record."""
import base64
import errno
import os
import signal
import subprocess

import pytest

from conftest import APACHE, log_in, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
PLACE = "/var/tmp/.p"
STATIC = 'void _start(void) { __asm__ volatile("mov $60, %eax; mov $42, %edi; syscall"); }\n'


def upload(name, content):
    return f"echo {base64.b64encode(content).decode()} | base64 -d >{PLACE}/{name}; chmod 755 {PLACE}/{name}; "


def static_program(folder):
    """A program without libc or loader that ends with 42."""
    source, program = os.path.join(folder, "static.c"), os.path.join(folder, "static")
    with open(source, "w") as f:
        f.write(STATIC)
    subprocess.run(["gcc", "-nostdlib", "-static", "-Os", "-s", "-Wl,-N,--build-id=none", "-o", program, source], check=True)
    with open(program, "rb") as f:
        return f.read()


@pytest.fixture(scope="module")
def visit(skep, tmp_path_factory):
    """The events of the session in which all of it was done."""
    with open(os.path.join(HERE, "guest_processes.sh"), "rb") as f:
        script = f.read()
    shown = log_in(skep, APACHE, f"mkdir -p {PLACE}; " + upload("all.sh", script) +
                upload("static", static_program(tmp_path_factory.mktemp("static"))) +
                f"sh {PLACE}/all.sh user; sudo find /etc/hostname -exec sh {PLACE}/all.sh root ';'", timeout=180)
    assert "done as user" in shown and "done as root" in shown, shown

    def found():
        """the session, with its end"""
        for e in skep.events("--kind", "exec", "--honeypot", "Apache"):
            if e["process"]["args"][1:] == [f"{PLACE}/all.sh", "user"]:
                events = skep.json("session", str(e["session"]))
                return events if any(x["event_type"] == "close" for x in events) else None
        return None
    return {"events": wait_for(found, 30, 0.5), "shown": shown}


def of(visit, kind, **want):
    """Events of that kind with these members: process_args=... is e["process"]["args"]."""
    found = []
    for e in visit["events"]:
        if e["event_type"] != kind:
            continue
        for path, value in want.items():
            at = e
            for name in path.split("__"):
                at = at.get(name) if isinstance(at, dict) else None
            if at != value:
                break
        else:
            found.append(e)
    return found


def one(visit, kind, **want):
    found = of(visit, kind, **want)
    assert len(found) == 1, (kind, want, len(found), of(visit, kind)[:40])
    return found[0]


def ran(visit, *args):
    return one(visit, "exec", process__args=list(args))


def test_all_of_it_is_one_session(visit):
    assert len({e["session"] for e in visit["events"] if "session" in e}) == 1
    assert all(e["process"]["parent"]["entity_id"] for e in visit["events"] if e["event_type"] == "fork")


def test_every_process_has_parents_up_to_the_server(visit):
    """From each process of the visit a chain of forks leads to the process that accepted the connection."""
    accept = next(e for e in visit["events"] if e["event_type"] == "accept")
    parent = {e["process"]["entity_id"]: e["process"]["parent"]["entity_id"] for e in of(visit, "fork")}
    for e in of(visit, "exec") + of(visit, "exec_failed") + of(visit, "exit"):
        entity = e["process"]["entity_id"]
        while entity in parent:
            entity = parent[entity]
        assert entity == accept["process"]["entity_id"], e


def test_each_fork_has_an_end(visit):
    born = {e["process"]["entity_id"] for e in of(visit, "fork")}
    gone = [e["process"]["entity_id"] for e in of(visit, "exit")]
    assert len(gone) == len(set(gone)) and born - set(gone) <= {ran(visit, "/bin/sleep", "77.77")["process"]["entity_id"]}


def test_a_daemon_keeps_its_true_parent(visit):
    sleep = ran(visit, "/bin/sleep", "77.77")["process"]
    middle = one(visit, "fork", process__entity_id=sleep["parent"]["entity_id"])["process"]
    first = one(visit, "exec", process__entity_id=middle["parent"]["entity_id"])["process"]
    assert first["args"][0] == "perl"
    assert sleep["parent"]["pid"] == 1      # what ps would say


def test_scripts_lead_to_what_really_runs(visit):
    chain = one(visit, "exec", process__path="./first")["process"]
    assert chain["script"] == f"{PLACE}/first" and chain["executable"] == "/usr/bin/cat"
    assert chain["args"] == ["/bin/cat", "-u", f"{PLACE}/second", "./first"]
    odd = one(visit, "exec", process__path="./some.odd")["process"]
    assert odd["script"] == f"{PLACE}/some.odd" and odd["executable"] == "/usr/bin/cat"
    assert not any("script" in e["process"] for e in of(visit, "exec", process__executable="/usr/bin/true"))


def test_names_that_hide(visit):
    renamed = ran(visit, "./kworkerd", "-c", "exit 33")
    assert renamed["process"]["executable"] == f"{PLACE}/kworkerd"
    assert one(visit, "exit", process__entity_id=renamed["process"]["entity_id"])["process"]["exit_code"] == 33
    static = ran(visit, "./static")
    assert one(visit, "exit", process__entity_id=static["process"]["entity_id"])["process"]["exit_code"] == 42
    assert ran(visit, "by-memfd")["process"]["executable"] == "/memfd:evil (deleted)"
    assert ran(visit, "by-gone")["process"]["executable"] == f"{PLACE}/gone (deleted)"
    by_descriptor = ran(visit, "by-fexecve")["process"]
    assert by_descriptor["path"].startswith("/dev/fd/") and by_descriptor["executable"] == "/usr/bin/true"


def test_a_name_that_is_no_text(visit):
    e = next(e for e in of(visit, "exec") if e["process"]["args"][1:] == ["ok"])["process"]
    assert e["executable"].startswith(f"{PLACE}/caf") and e["executable"] == f"{PLACE}/{e['path'][2:]}"


def test_what_is_too_long_is_cut(visit):
    many = next(e for e in of(visit, "exec") if e["process"]["args"][:3] == ["/bin/true", "1", "2"])
    assert many["truncated"] and 1500 < len(many["process"]["args"]) < 10000
    deep = ran(visit, "./deep", "down")
    assert deep["truncated"] and deep["process"]["executable"].endswith("d/deep")
    assert len(deep["process"]["executable"]) == 4095


@pytest.mark.parametrize("path, args, code", [
    ("./nosuch", ["nosuch", "as", "said"], errno.ENOENT),
    ("/etc/passwd", ["passwd"], errno.EACCES),
    ("./text", ["text"], errno.ENOEXEC),
    ("/usr/bin/nosuch-in-path", ["nosuch-in-path", "here"], errno.ENOENT),
    ("/dev/fd/77", ["not-here"], errno.EBADF),
])
def test_what_could_not_be_run(visit, path, args, code):
    e = one(visit, "exec_failed", process__path=path, process__args=args)
    assert e["error"]["code"] == code


def test_a_path_that_no_path_can_be(visit):
    e = one(visit, "exec_failed", process__args=["too-long"])
    assert e["error"]["code"] == errno.ENAMETOOLONG and e["process"]["path"] == "/" + "x" * 4094 and e["truncated"]


def test_rights(visit):
    sudo = next(e for e in of(visit, "exec") if e["process"]["args"][:2] == ["sudo", "find"])
    assert sudo["setid"]
    gain = one(visit, "creds", event__action="exec", process__entity_id=sudo["process"]["entity_id"])
    assert gain["before"]["euid"] == gain["before"]["uid"] >= 1000 and gain["before"]["permitted"] == 0
    assert gain["after"]["euid"] == 0 and gain["after"]["permitted"]
    assert not any(e.get("setid") for e in of(visit, "exec", process__args=["true"]))
    entity = ran(visit, "/bin/true", "as-www")["process"]["entity_id"]
    gid = one(visit, "creds", event__action="gid", process__entity_id=entity)
    assert (gid["before"]["gid"], gid["after"]["gid"], gid["after"]["egid"]) == (0, 33, 33)
    uid = one(visit, "creds", event__action="uid", process__entity_id=entity)
    assert (uid["before"]["uid"], uid["after"]["uid"], uid["after"]["suid"], uid["after"]["permitted"]) == (0, 33, 33, 0)
    assert all(e["before"] != e["after"] for e in of(visit, "creds"))


NEWUTS, NEWUSER = 0x04000000, 0x10000000


def test_namespaces(visit):
    assert one(visit, "namespace", event__action="unshare")["namespace"]["flags"] == NEWUSER
    child = one(visit, "namespace", event__action="clone", namespace__flags=NEWUSER)["process"]
    assert one(visit, "fork", process__entity_id=child["entity_id"])
    enters = of(visit, "namespace", event__action="setns")
    assert [e["namespace"]["flags"] for e in enters if "refused" not in e] == [NEWUTS]
    assert len([e for e in enters if e.get("refused")]) == 1


def test_looking_into_others(visit):
    sleep = ran(visit, "sleep", "88.88")["process"]
    assert one(visit, "ptrace", target__entity_id=sleep["entity_id"], event__action="access")
    traceme = one(visit, "ptrace", event__action="traceme")
    assert traceme["target"]["entity_id"] == traceme["process"]["parent"]["entity_id"]
    init = of(visit, "ptrace", target__pid=1)
    assert [e.get("refused", False) for e in init] == [True, False]
    assert all(e["target"]["name"] == "systemd" for e in init)


def test_signals(visit):
    sleep = ran(visit, "sleep", "88.88")["process"]
    killed = one(visit, "signal", target__entity_id=sleep["entity_id"])
    assert killed["signal"]["number"] == signal.SIGKILL and killed["target"]["name"] == "sleep"
    assert one(visit, "exit", process__entity_id=sleep["entity_id"])["process"]["exit_signal"] == signal.SIGKILL
    refused = one(visit, "signal", target__pid=1)
    assert refused["refused"] and refused["signal"]["number"] == signal.SIGTERM
    assert one(visit, "signal", target__name="rsyslogd")["signal"]["number"] == signal.SIGHUP


@pytest.mark.parametrize("action, what, code", [
    ("bpf", "prog_load", errno.ENOSYS),
    ("perf", None, errno.ENOSYS),
    ("kexec", "kexec_load", errno.ENOSYS),
    ("kexec", "kexec_file_load", errno.ENOSYS),
    ("ports", "iopl", errno.ENOSYS),
    ("module_unload", "nosuch_module", errno.EPERM),
    ("module_request", "net-pf-9", 0),
    ("memory", "/dev/mem", errno.ENOENT),
    ("memory", "kmem", errno.ENOENT),
    ("memory", "/proc/kcore", errno.ENOENT),
    ("memory", f"{PLACE}/memory", 0),
    ("memory", f"{PLACE}/memory", errno.ENXIO),
])
def test_attempts_on_the_kernel(visit, action, what, code):
    e = one(visit, "kernel", event__action=action, kernel__what=what, kernel__code=code)
    assert e.get("refused", False) == (code != 0)


def test_a_person_can_read_it(skep, visit):
    told = skep.run("session", str(visit["events"][0]["session"])).stdout
    for words in ("could not run: nosuch as said: No such file", "could not run: passwd", "looks into systemd (pid 1",
                  "sends SIGHUP to rsyslogd", "sends SIGTERM to systemd (pid 1, uid 0) (refused)",
                  "asks for BPF: prog_load (refused)", "wants to start another kernel: kexec_load (refused)",
                  "reaches for the kernel's memory: /dev/mem (refused)", "namespace of its own: user",
                  "needs the kernel module net-pf-9"):
        assert words in told, words
    assert told.count("could not run: nosuch-in-path") == 1        # tried at six places, told once


def boots(skep):
    return [e["seq"] for e in skep.events("--kind", "boot", "--honeypot", "Apache")]


def up_again(skep, before):
    """Apache answers after another boot"""
    return len(boots(skep)) > before and all(h["state"] == "up" for h in skep.status()["honeypots"])


def halt_by(skep, command):
    """Does that as root in a session of its own; the machine's end as it is recorded, and that session's commands."""
    before, seq = len(boots(skep)), skep.events("--honeypot", "Apache")[-1]["seq"]
    log_in(skep, APACHE, f"sudo find /etc/hostname -exec {command} ';'", timeout=180)
    wait_for(lambda: up_again(skep, before), 240, 1)
    halts = [e for e in skep.events("--kind", "halt", "--honeypot", "Apache") if e["seq"] > seq]
    assert len(halts) == 1, halts
    return halts[0], skep.json("session", str(halts[0]["session"]))


def test_who_rebooted(skep, visit):
    halt, events = halt_by(skep, "reboot")
    assert halt["code"] == 1 and halt["process"]["pid"] == 1
    ran = next(e for e in events if e["event_type"] == "exec" and e["process"]["args"] == ["reboot"])
    assert halt["asked_by"]["entity_id"] == ran["process"]["entity_id"] and halt["asked_by"]["name"] == "reboot"
    assert "restart, by systemd-shutdow" in skep.run("session", str(halt["session"])).stdout


def test_who_caused_a_panic(skep, visit):
    """The last records before a kernel dies reach the host, and another one is started."""
    halt, events = halt_by(skep, f"sh {PLACE}/all.sh panic")
    assert halt["code"] == 3 and halt["reason"].startswith("Out of memory")
    ran = [e for e in events if e["event_type"] == "exec" and e["process"]["entity_id"] == halt["process"]["entity_id"]]
    assert ran[-1]["process"]["args"][0] == "perl" and ran[-1]["seq"] < halt["seq"]


def test_entities_are_never_used_again(skep, visit):
    pids, last, ends = {}, 0, []
    for e in skep.events("--honeypot", "Apache"):
        if e["capture"]["source"] != "guest" or not e.get("process", {}).get("entity_id"):
            continue
        entity = int(e["process"]["entity_id"])
        if e["event_type"] == "boot":
            ends.append(last)
        assert pids.setdefault(entity, e["process"]["pid"]) == e["process"]["pid"], e
        assert not ends or entity > ends[-1] or len(ends) == 1, e
        last = max(last, entity)
    assert len(ends) >= 3
