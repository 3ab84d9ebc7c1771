# SPDX-License-Identifier: GPL-2.0-or-later
"""Administration from afar: our own sshd, with real logins. It needs no running honeynet."""
import os
import pty
import re
import select
import shutil
import socket
import subprocess
import time

import pytest

from conftest import BASE, ROOT, SKEP, alive, honeynet_file, wait_for

FOLDER = os.path.join(BASE, "check-access")  # sshd believes no key file below /tmp
PLAIN = ["-F", "/dev/null", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", "ConnectTimeout=10",
         "-o", "LogLevel=INFO"]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def key(path, *options):
    subprocess.run(["ssh-keygen", "-q", "-N", "", "-f", path, *options], check=True)
    return path


class Access:
    """An sshd with two users, and ways to knock at it."""

    def __init__(self, folder):
        self.folder, self.state, self.port = folder, os.path.join(folder, "state"), free_port()
        self.env = dict(os.environ, SKEP_STATE=self.state)
        self.file = os.path.join(folder, "honeynet.yaml")
        self.known = os.path.join(folder, "known_hosts")
        for name in ("alice", "bob", "mallory"):
            key(os.path.join(folder, name), "-t", "ed25519")
        self.write({"alice": "observer", "bob": "administrator"})

    def write(self, users, more=""):
        text = f"  port: {self.port}\n{more}  users:\n"
        for name, role in users.items():
            text += f"    - {{ name: {name}, role: {role}, keys: {self.folder}/{name}.pub }}\n"
        honeynet_file(self.file, text)

    def skep(self, *args):
        return subprocess.run([SKEP, "access", *args], env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=60, stdin=subprocess.DEVNULL)

    def setup(self):
        r = self.skep("setup", self.file)
        assert r.returncode == 0, r.stderr
        with open(self.path("host_ed25519.pub")) as f:
            host_key = " ".join(f.read().split()[:2])
        with open(self.known, "w") as f:
            f.write(f"[127.0.0.1]:{self.port} {host_key}\n")
        return r

    def path(self, name):
        return os.path.join(self.state, "access", name)

    def words(self, who, *options, program="ssh"):
        return [program, *options, *PLAIN, "-o", f"UserKnownHostsFile={self.known}", "-o", "StrictHostKeyChecking=yes",
                "-i", os.path.join(self.folder, who)]

    def ssh(self, who, *command, options=(), text=""):
        return subprocess.run([*self.words(who, *options), "-p", str(self.port), "root@127.0.0.1", *command],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60, input=text)

    def log(self, *actions):
        """The record's lines about commands, or about @actions."""
        with open(self.path("admin.log")) as f:
            return [line for line in f.read().splitlines() if line.split()[1] in (actions or ("allowed", "refused"))]

    def pid(self):
        with open(self.path("sshd.pid")) as f:
            return int(f.read())


@pytest.fixture(scope="module")
def access():
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.makedirs(FOLDER)
    a = Access(FOLDER)
    try:
        a.setup()
        yield a
    finally:
        a.skep("stop", "--sessions")
        shutil.rmtree(FOLDER, ignore_errors=True)


# --- who comes in ---------------------------------------------------------------------------------

def test_a_key_runs_a_verb_and_the_record_has_the_name(access):
    version = subprocess.run([SKEP, "version"], stdout=subprocess.PIPE, text=True).stdout
    for who in ("alice", "bob"):
        r = access.ssh(who, "skep version")
        assert (r.returncode, r.stdout, r.stderr) == (0, version, "")
        assert re.search(rf"Z allowed {who} from 127\.0\.0\.1 port \d+: skep version$", access.log()[-1])
    assert "usage: skep VERB" in access.ssh("alice", "help").stdout


def test_only_keys_are_offered_as_a_way_in(access):
    r = access.ssh("alice", "version", options=["-o", "PubkeyAuthentication=no", "-v", "-o", "LogLevel=VERBOSE"])
    assert r.returncode == 255 and "Permission denied (publickey)." in r.stderr


@pytest.mark.parametrize("way", ["password", "keyboard-interactive", "hostbased", "gssapi-with-mic", "none"])
def test_no_other_way_in(access, way):
    r = access.ssh("alice", "version", options=["-o", f"PreferredAuthentications={way}"])
    assert r.returncode == 255 and "Permission denied (publickey)." in r.stderr and not r.stdout


@pytest.mark.parametrize("user", ["nobody", "skep", "alice"])
def test_no_other_account(access, user):
    r = subprocess.run([*access.words("alice"), "-p", str(access.port), f"{user}@127.0.0.1", "version"],
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    assert r.returncode == 255 and "Permission denied" in r.stderr


def test_an_unknown_key_is_refused(access):
    r = access.ssh("mallory", "version")
    assert r.returncode == 255 and "Permission denied" in r.stderr


def test_a_key_without_a_command_of_its_own_is_refused(access):
    """The second layer: should a line ever lack its command, sshd itself refuses."""
    with open(access.path("authorized_keys")) as f:
        before = f.read()
    with open(os.path.join(access.folder, "mallory.pub")) as f:
        bare = f.read()
    try:
        with open(access.path("authorized_keys"), "a") as f:
            f.write(bare)
        r = access.ssh("mallory", "version")
        assert r.returncode == 255 and not r.stdout
        with open(access.path("sshd.log")) as f:
            assert "ROOT LOGIN REFUSED" in f.read()
    finally:
        with open(access.path("authorized_keys"), "w") as f:
            f.write(before)
    assert access.ssh("alice", "version").returncode == 0


# --- with what ------------------------------------------------------------------------------------

@pytest.mark.parametrize("option, words", [
    ("KexAlgorithms=diffie-hellman-group14-sha1", "key exchange"),
    ("KexAlgorithms=diffie-hellman-group14-sha256", "key exchange"),
    ("KexAlgorithms=ecdh-sha2-nistp256", "key exchange"),
    ("Ciphers=aes128-ctr", "cipher"),
    ("Ciphers=3des-cbc", "cipher"),
    ("Ciphers=chacha20-poly1305@openssh.com", "cipher"),
    ("HostKeyAlgorithms=ssh-rsa", "host key"),
    ("HostKeyAlgorithms=rsa-sha2-512", "host key"),
    ("HostKeyAlgorithms=ecdsa-sha2-nistp256", "host key"),
])
def test_other_algorithms_are_not_negotiated(access, option, words):
    r = access.ssh("alice", "version", options=["-o", option])
    assert r.returncode == 255 and re.search(f"no matching {words}.* found", r.stderr), r.stderr


def test_other_macs_are_not_offered(access):
    """The ciphers bring their own integrity, so no MAC is ever negotiated: the offer itself is looked at."""
    r = access.ssh("alice", "version", options=["-o", "LogLevel=DEBUG2"])
    offer = r.stderr.split("peer server KEXINIT proposal")[1]
    assert re.search(r"MACs ctos: hmac-sha2-512-etm@openssh\.com,hmac-sha2-256-etm@openssh\.com\r?\n", offer)
    assert re.search(r"ciphers stoc: aes256-gcm@openssh\.com,aes128-gcm@openssh\.com\r?\n", offer)
    assert re.search(r"compression ctos: none\r?\n", offer)


@pytest.mark.parametrize("kind", [["-t", "rsa", "-b", "3072"], ["-t", "ecdsa"]], ids=["rsa", "ecdsa"])
def test_keys_of_other_kinds_are_refused_at_setup_and_at_login(access, kind):
    path = key(os.path.join(access.folder, kind[1]), *kind)
    with open(access.path("authorized_keys")) as f:
        before = f.read()
    try:
        with open(path + ".pub") as f, open(access.path("authorized_keys"), "a") as to:
            to.write('restrict,command="/bin/true" ' + f.read())
        r = access.ssh(kind[1], "version")
        assert r.returncode == 255 and "Permission denied" in r.stderr
    finally:
        with open(access.path("authorized_keys"), "w") as f:
            f.write(before)
    access.write({kind[1]: "observer"})
    try:
        r = access.skep("setup", access.file)
        assert r.returncode == 1 and f"{path}.pub:1: user {kind[1]}: only ssh-ed25519" in r.stderr
    finally:
        access.write({"alice": "observer", "bob": "administrator"})
    with open(access.path("authorized_keys")) as f:
        assert f.read() == before


def test_protocol_1_is_refused(access):
    with socket.create_connection(("127.0.0.1", access.port), timeout=10) as s:
        assert s.recv(64).startswith(b"SSH-2.0-")
        s.sendall(b"SSH-1.5-old\r\n")
        rest = b""
        while part := s.recv(4096):
            rest += part
        assert b"differ" in rest or not rest


# --- for what -------------------------------------------------------------------------------------

def test_ports_are_not_forwarded(access):
    port = free_port()
    r = access.ssh("bob", "version", options=["-o", "ExitOnForwardFailure=yes", "-R", f"{port}:127.0.0.1:22"])
    assert r.returncode == 255 and "remote port forwarding failed" in r.stderr
    p = subprocess.Popen([*access.words("bob", "-L", f"{port}:127.0.0.1:{access.port}", "-p", str(access.port)),
                          "root@127.0.0.1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        def connected():
            try:
                return socket.create_connection(("127.0.0.1", port), timeout=10)
            except OSError:
                return None
        with wait_for(connected, 10) as s:
            assert s.recv(64) == b""	# the client listens, the server opens nothing
    finally:
        p.communicate(timeout=20)


def test_no_agent_no_display_no_tunnel(access):
    """What sshd says the key is good for, in its own words: all else is refused."""
    r = access.ssh("bob", "version", options=["-o", "LogLevel=DEBUG1", "-A"])
    assert re.findall(r"Remote: \S+: key options: (.*?)\r?\n", r.stderr)[-1] == "command pty"
    r = access.ssh("bob", "version", options=["-o", "Tunnel=yes", "-o", "ExitOnForwardFailure=yes"])
    assert r.returncode and "unnel" in r.stderr


def test_no_file_transfer(access):
    there = os.path.join(access.folder, "there")
    for words in (["sftp", "-P"], ["scp", "-P"], ["scp", "-O", "-P"]):
        r = subprocess.run([*access.words("bob", *words[1:-1], program=words[0]), "-P", str(access.port),
                            "root@127.0.0.1:/etc/hostname", there], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True, timeout=60)
        assert r.returncode and not os.path.exists(there), words


def test_the_environment_of_a_client_does_not_come_along(access):
    r = access.ssh("alice", "status", options=["-o", "SetEnv=SKEP_STATE=/tmp LD_PRELOAD=/tmp/x.so"])
    assert access.state in r.stderr and "ERROR" not in r.stderr


@pytest.mark.parametrize("command", [
    "/bin/sh", "/bin/sh -c id", "id", "skep /bin/sh", "skep status; id", "skep status && id", "skep status | id",
    "$(id)", "skep $(id)", "skep `id`", "skep version\nid", "version\rid", "skep version > /tmp/x", "skep lab exec sh",
    "skep lab shell", "skep down", "skep up --fresh", "skep console apache", "skep --state /tmp status", "skep role priv",
    "skep status --state=/tmp", "skep access shell administrator root", "skep access stop", "skep access setup",
    "skep check /etc/shadow", "skep check ../../etc/shadow", "skep help /etc/shadow", "skep session --json /etc/passwd",
    "skep events --honeypot /etc/shadow", "skep events --js", "skep events -fn5", "skep events --since=../x",
    "skep replay --raw 1", "skep pcap -o x", "skep pcap --output=x", "skep pcap --filter tcp", "skep replay 1 2", "skep image build", "skep kernel build", "skep -- status",
    "skep 'status", "skep \x1b[2J", "SKEP_STATE=/tmp skep status", "skep " + "a " * 100, "skep " + "a" * 5000,
])
def test_the_forced_command_holds_an_observer(access, command):
    r = access.ssh("alice", command)
    assert r.returncode == 2 and r.stdout == "" and r.stderr.startswith("skep: "), (r.stdout, r.stderr)
    assert "uid=" not in r.stderr and "\x1b" not in r.stderr
    last = access.log()[-1]
    assert " refused alice from 127.0.0.1 " in last and last.isprintable()


@pytest.mark.parametrize("command", ["/bin/sh", "id", "skep status; id", "$(id)", "skep access shell observer x",
                                     "skep role priv", "skep version\nid"])
def test_an_administrator_has_verbs_and_no_shell(access, command):
    r = access.ssh("bob", command)
    assert r.returncode == 2 and r.stdout == "" and "uid=" not in r.stderr
    assert " refused bob " in access.log()[-1]


def test_an_administrator_may_say_every_verb(access):
    r = access.ssh("bob", f"skep check {access.file}")
    assert r.returncode == 0 and ": ok: honeynet" in r.stdout
    r = access.ssh("bob", "access status")
    assert r.returncode == 0 and "1 logins open" in r.stdout
    r = access.ssh("bob", "down")
    assert r.returncode == 0 and "no honeynet stands" in r.stderr
    assert " allowed bob " in access.log()[-1] and access.log()[-1].endswith(": down")


def test_every_verb_an_observer_may_say_exists(access):
    with open(os.path.join(ROOT, "src", "cli", "access_shell.c")) as f:
        table = f.read().split("observer[] = {")[1].split("};")[0]
    verbs = re.findall(r'^\t{ "(\w+)"', table, re.M)
    assert len(verbs) > 5
    for verb in verbs:
        assert access.ssh("alice", f"skep {verb} --help").returncode == 0, verb


def test_lines_at_a_prompt_are_the_same(access):
    r = access.ssh("alice", text="version\n\nid\nskep down\nhelp version\nexit\ndown\n")
    assert r.stdout.count("skep ") >= 2 and "uid=" not in r.stdout
    said = [line.split(": ", 1)[1] for line in access.log()[-4:]]
    assert said[0] == "version" and said[1].startswith("id (") and said[2].startswith("skep down (")
    assert said[3] == "help version"


def test_a_login_has_a_begin_and_an_end(access):
    access.ssh("alice", "version")
    access.ssh("bob", text="version\nid\nhelp\n")
    lines = access.log("began", "ended")[-4:]
    where = r"(alice|bob) from 127\.0\.0\.1 port (\d+)"
    said = [re.search(rf"Z (began|ended) {where} \((.*)\)$", line).groups() for line in lines]
    assert [(action, who, how) for action, who, _, how in said] == [
        ("began", "alice", "observer"), ("ended", "alice", "1 commands, 0 refused"),
        ("began", "bob", "administrator"), ("ended", "bob", "3 commands, 1 refused")]
    assert said[0][2] == said[1][2] and said[2][2] == said[3][2] != said[0][2]


@pytest.mark.parametrize("options", [["-tt"], []], ids=["with a terminal", "without"])
def test_a_login_that_is_cut_has_an_end(access, options):
    ended = len(access.log("ended"))
    began = len(access.log("began"))
    p = subprocess.Popen([*access.words("alice", *options, "-p", str(access.port)), "root@127.0.0.1"],
                         stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: len(access.log("began")) > began, 20)
    p.kill()
    p.wait()
    wait_for(lambda: len(access.log("ended")) > ended, 20)


def test_a_terminal_gets_a_prompt(access):
    master, slave = pty.openpty()
    p = subprocess.Popen([*access.words("alice", "-tt", "-p", str(access.port)), "root@127.0.0.1"], stdin=slave,
                         stdout=slave, stderr=slave, start_new_session=True)
    os.close(slave)
    shown = b""

    def until(what):
        nonlocal shown
        end = time.monotonic() + 20
        while what not in shown:
            assert time.monotonic() < end, shown
            if select.select([master], [], [], 1)[0]:
                shown += os.read(master, 4096)
    try:
        until(b"alice, observer")
        until(b"skep> ")
        os.write(master, b"version\n")
        until(b"skep 0")
        shown = b""
        os.write(master, b"\x03")	# Ctrl-C ends no login
        os.write(master, b"sessions\n")
        until(b"skep> ")
        os.write(master, b"\x04")
        p.wait(20)
    finally:
        p.kill()
        p.wait()
        os.close(master)


# --- setting up -----------------------------------------------------------------------------------

def test_sshd_takes_what_is_meant(access):
    """sshd's own reading of the configuration, defaults and all."""
    r = subprocess.run(["/usr/sbin/sshd", "-T", "-f", access.path("sshd_config")], stdout=subprocess.PIPE, text=True,
                       check=True)
    got = dict(line.split(" ", 1) for line in r.stdout.splitlines() if " " in line)
    want = {"permitrootlogin": "forced-commands-only", "passwordauthentication": "no", "kbdinteractiveauthentication": "no",
            "authenticationmethods": "publickey", "disableforwarding": "yes", "permittunnel": "no", "usepam": "no",
            "permituserenvironment": "no", "permituserrc": "no", "allowusers": "root", "strictmodes": "yes",
            "listenaddress": f"127.0.0.1:{access.port}", "hostkey": access.path("host_ed25519")}
    assert {k: got.get(k) for k in want} == want
    assert "subsystem" not in got and "acceptenv" not in got


def test_setting_up_again_changes_nothing(access):
    pid, names = access.pid(), sorted(os.listdir(access.path("")))
    before = {n: open(access.path(n), "rb").read() for n in names if not n.endswith(".log")}
    r = access.setup()
    assert "runs already" in r.stderr and access.pid() == pid
    assert before == {n: open(access.path(n), "rb").read() for n in names if not n.endswith(".log")}
    for n in names:
        mode = os.stat(access.path(n)).st_mode & 0o7777
        assert mode == (0o644 if n.endswith((".pub", ".pid")) else 0o600), n
    assert os.stat(access.path("")).st_mode & 0o7777 == 0o700


def test_a_change_of_users_needs_no_new_sshd_and_one_of_the_port_does(access):
    pid, old = access.pid(), access.port
    with open(access.path("host_ed25519")) as f:
        host_key = f.read()
    try:
        access.write({"bob": "administrator"})
        assert "runs already" in access.setup().stderr and access.pid() == pid
        assert access.ssh("alice", "version").returncode == 255
        access.port = free_port()
        access.write({"alice": "observer", "bob": "administrator"})
        assert "started anew" in access.setup().stderr and not alive(pid)
        assert access.ssh("alice", "version").returncode == 0
        with open(access.path("host_ed25519")) as f:
            assert f.read() == host_key
    finally:
        access.port = old
        access.write({"alice": "observer", "bob": "administrator"})
        access.setup()


@pytest.mark.parametrize("more, words", [
    ("  address: 10.10.10.7\n", "in the honeynet's network"),
    ("  address: 10.10.10.x\n", "expected an IPv4 address"),
])
def test_a_wrong_file_leaves_sshd_as_it_is(access, more, words):
    pid = access.pid()
    try:
        access.write({"alice": "observer"}, more)
        r = access.skep("setup", access.file)
        assert r.returncode == 2 and words in r.stderr
    finally:
        access.write({"alice": "observer", "bob": "administrator"})
    assert access.pid() == pid and access.ssh("bob", "version").returncode == 0


def test_a_user_named_twice_is_a_mistake(access):
    try:
        access.write({"alice": "observer"})
        with open(access.file, "a") as f:
            f.write(f"    - {{ name: alice, role: administrator, keys: {access.folder}/bob.pub }}\n")
        r = access.skep("setup", access.file)
        assert r.returncode == 1 and "alice is there twice" in r.stderr
    finally:
        access.write({"alice": "observer", "bob": "administrator"})


@pytest.mark.parametrize("file, change, words", [
    ("shadow", r"s/^root:[^:]*:/root:!:/", "locked with"),
    ("passwd", r"s|^\(root:.*\):[^:]*$|\1:/usr/sbin/nologin|", "root has no shell"),
    ("passwd", r"/^sshd:/d", "no user sshd"),
])
def test_a_machine_that_would_refuse_root_is_told(access, file, change, words):
    """The file as another machine has it, in a mount namespace of its own."""
    other = os.path.join(access.folder, file)
    script = (f"umask 077; sed '{change}' /etc/{file} > {other}; mount --bind {other} /etc/{file}; "
              f"{SKEP} access setup {access.file}")
    r = subprocess.run(["unshare", "-m", "sh", "-c", script], env=access.env, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, text=True, timeout=60)
    os.unlink(other)
    assert r.returncode == 1 and words in r.stderr


def test_nobody_may_come_in_unless_somebody_is_named(access):
    r = access.skep("setup", os.path.join(ROOT, "etc", "honeynet.yaml"))
    assert r.returncode == 1 and "nobody" in r.stderr


def test_stop_ends_logins_when_told_to(access):
    p = subprocess.Popen([*access.words("alice", "-p", str(access.port)), "root@127.0.0.1"], stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        wait_for(lambda: "1 logins open" in access.skep("status").stdout, 10)
        pid = access.pid()
        r = access.skep("stop", "--sessions")
        assert r.returncode == 0 and not alive(pid)
        assert p.wait(20) == 255
        assert access.skep("status").returncode == 1
        assert access.skep("stop").returncode == 0	# again: nothing to do
    finally:
        p.kill()
        p.communicate()
        access.setup()
    assert access.ssh("alice", "version").returncode == 0
