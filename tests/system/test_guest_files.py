# SPDX-License-Identifier: GPL-2.0-or-later
"""What an intruder does to files: told by name, kept by content. One ssh session does it all."""
import base64
import hashlib
import os
import re
import subprocess

import pytest

from conftest import APACHE, SKEP, as_root_in_guest, wait_for

DIR = "/root/deeds"
MIB = 1 << 20
FILE_MAX = 64 * MIB  # capture: file_max of the honeynet file
BIG = 66 * MIB
LONG = DIR + "/" + "/".join(["d" * 200] * 20)
LONG += "/" + "f" * (4095 - len(LONG) - 1)

# Everything by system calls of one interpreter, so that a deed is what it says and nothing else.
DEEDS = r"""
use strict;
my ($mount, $umount, $mknod, $chroot, $pivot, $unshare) = (165, 166, 133, 161, 155, 272);
my ($mmap, $munmap, $read, $memfd) = (9, 11, 0, 319);
mkdir "/root/deeds", 0700;
chdir "/root/deeds" or die;

sub put {
    my ($mode, $name, $bytes) = @_;
    open(my $h, $mode, $name) or die "$name: $!";
    binmode $h;
    for (my $at = 0; $at < length $bytes;) { $at += syswrite($h, $bytes, 1 << 20, $at) || die; }
    close $h;
}
sub child { my $f = shift; my $p = fork // die; return waitpid($p, 0) if $p; $f->(); exit 0; }

put(">", "a", "one\n");
put(">>", "a", "two\n");
put(">", "a", "one\ntwo\n");
rename "a", "b" or die;
link "b", "c" or die;
symlink "b", "s" or die;
chmod 04711, "b";
chown 33, 34, "b";
utime 1000000000, 1000000000, "b";
truncate "b", 3;
unlink "c";
mkdir "sub", 0750;
rmdir "sub";
syscall($mknod, my $fifo = "fifo", 0010644, 0);
syscall($mknod, my $node = "node", 0060600, 8 << 8 | 1);
put(">", "/proc/sys/kernel/panic", "0\n");

# contents
my $nothing = sub { };
my $exe = do { local $/; open(my $h, "<", "/bin/true"); binmode $h; <$h> };
child(sub {
    my $fd = syscall($memfd, my $name = "evil", 0);
    open(my $h, "+<&=", $fd); binmode $h; syswrite($h, $exe . "memfd");
    $^F = 255; exec { "/proc/self/fd/$fd" } "kworker";
});
put(">", "gone", $exe . "gone");
chmod 0755, "gone";
child(sub { $^F = 255; open(my $h, "<", "gone"); my $fd = fileno $h; unlink "gone"; exec { "/proc/self/fd/$fd" } "gone"; });
put(">", "mapped", "\0" x 8192);
put(">", "source", "M" x 8192);
child(sub {
    open(my $m, "+<", "mapped"); open(my $s, "<", "source");
    my $at = syscall($mmap, 0, 8192, 3, 1, fileno $m, 0);
    close $m;
    syscall($read, fileno $s, $at, 8192);
});
mkdir "/tmp/mine", 0777; chown 33, 33, "/tmp/mine";
child(sub { $> = 33; umask 0; sysopen(my $h, "/tmp/mine/unreadable", 0101, 0200) or die; syswrite($h, "nobody may read this"); });
put(">", "\xff\xfe-name", "not UTF-8");
child(sub { open(my $h, ">", "killed"); binmode $h; syswrite($h, "still open"); kill 9, $$; });
child(sub { open(my $h, ">", "unlinked"); syswrite($h, "first "); unlink "unlinked"; syswrite($h, "second"); });
child(sub { my $d = "/root/deeds"; for (1 .. 20) { $d .= "/" . "d" x 200; mkdir $d, 0700 or die $!; }
            put(">", $d . "/" . "f" x (4095 - length($d) - 1), "far down");
            chdir $d; mkdir "e" x 200; chdir "e" x 200; put(">", "x" x 100, "too far down"); });
put(">", "log", "L" x 100000);
put(">>", "log", "and a line\n");
for my $i (1 .. 300) { put(">", "again", "content $i\n"); }
my @p;
for my $i (1 .. 4) {
    my $p = fork // die;
    push @p, $p if $p; next if $p;
    open(my $h, ">", "together$i"); binmode $h; syswrite($h, chr(64 + $i) x 3000000); close $h; exit 0;
}
waitpid($_, 0) for @p;
open(my $big, ">", "big"); binmode $big;
syswrite($big, pack("N", $_) x 16384) for 1 .. 66 * 16;
close $big;
unlink "big";

# Is somebody looking?
my $inotify = syscall(253);
put(">", "watched", "secret");
syscall(254, $inotify, my $watched = "watched", 0xfff);
my $atime = (stat "watched")[8];
put(">", "watched", "another secret");
syscall($read, $inotify, my $events = "\0" x 4096, 4096);
my @masks;
while ((my ($wd, $mask, $cookie, $len) = unpack("iIII", $events)) && $events =~ /^[^\0]/) {
    push @masks, $mask;
    substr($events, 0, 16 + $len) = "";
}
print "watched: @masks ", (stat "watched")[8] - $atime, "\n";

# mounts and roots
syscall($mount, my $none = "none", my $at = "/mnt", my $tmpfs = "tmpfs", 0, 0);
syscall($mount, $none, $at, $tmpfs, 32 | 1, 0);
syscall($umount, $at, 0);
syscall($mount, $none, $at, my $no = "hostfs", 0, 0);
mkdir "from"; mkdir "to";
child(sub {
    syscall($unshare, 0x20000);
    syscall($mount, $none, my $root = "/", 0, 0x44000, 0);
    syscall($mount, $none, my $from = "from", $tmpfs, 0, 0);
    syscall($mount, $from, my $to = "to", 0, 8192, 0);
    syscall($umount, $to, 0);
    syscall($mount, $none, $at, $tmpfs, 0, 0);
    mkdir "/mnt/old"; chdir "/mnt";
    syscall($pivot, my $new = ".", my $old = "old");
});
child(sub { syscall($chroot, my $tmp = "/tmp"); });

# what machine is this?
for my $name ("/proc/cpuinfo", "/proc/modules", "/sys/class/dmi/id/product_name") { open(my $h, "<", $name); my @all = <$h> if $h; }
print "all done\n";
"""


@pytest.fixture(scope="module")
def seen(skep):
    """The events of the session in which it was done."""
    text = base64.b64encode(DEEDS.encode()).decode()
    shown = as_root_in_guest(skep, APACHE, f"echo {text} | base64 -d >/root/deeds.pl; perl /root/deeds.pl")
    assert "all done" in shown, shown[-2000:]
    # cut, opened, written, closed, or, 6.12, opened, cut and written, closed; and nothing by us
    assert re.search(r"^watched: (2 32 2|32 2) 8 0\r?$", shown, re.M), shown[-2000:]
    session = max(s["id"] for s in skep.json("sessions") if s["user"] == "webadmin" and s["honeypot"] == "Apache")

    def events():
        """the last probe, and the end of the session"""
        found = skep.json("session", str(session))[1:]
        return found if any(e["event_type"] == "probe" and "dmi" in e["file"]["path"] for e in found) else None
    return wait_for(events, 60, 1)


def test_each_line_of_a_session_says_whose_it_is(seen):
    """Also the verdict that was recorded before its connection was accepted."""
    assert "verdict" in {e["event_type"] for e in seen} and len({e["session"] for e in seen}) == 1


def files(seen, action, path):
    return [e for e in seen if e["event_type"] == "file" and e["event"]["action"] == action and
            e["file"]["path"] == path]


def contents(seen, path, action="written"):
    """The last chunks: what was in a file, as often as it was captured."""
    return [e["file"] | {"truncated": e.get("truncated", False)} for e in seen if e["event_type"] == "content" and
            e["event"]["action"] == action and e["file"]["path"] == path and e["file"].get("last")]


def sample(skep, sha256):
    path = os.path.join(skep.state, "evidence", "samples", sha256)
    assert os.stat(path).st_mode & 0o7777 == 0o440
    with open(path, "rb") as f:
        return f.read()


def is_kept(skep, seen, path, *wanted, action="written"):
    found = contents(seen, path, action)
    assert [f["size"] for f in found] == [len(w) for w in wanted]
    for f, w in zip(found, wanted):
        assert f["hash"]["sha256"] == hashlib.sha256(w).hexdigest() and sample(skep, f["hash"]["sha256"]) == w
        assert not f["truncated"] and "kept" not in f


@pytest.mark.parametrize("action,name,more", [
    ("create", "a", {"mode": 0o100644}),
    ("open", "a", {}),
    ("rename", "a", {"target_path": f"{DIR}/b"}),
    ("link", "b", {"target_path": f"{DIR}/c"}),
    ("symlink", "s", {"target_path": "b"}),
    ("chmod", "b", {"mode": 0o104711}),
    ("chown", "b", {"uid": 33, "gid": 34}),
    ("times", "b", {"target_path": "@1000000000"}),
    ("truncate", "b", {"size": 3}),
    ("unlink", "c", {}),
    ("mkdir", "sub", {"mode": 0o40750}),
    ("rmdir", "sub", {}),
    ("mknod", "fifo", {"mode": 0o10644}),
    ("mknod", "node", {"mode": 0o60600, "target_path": "8:1"}),
])
def test_each_deed_is_told(seen, action, name, more):
    (e,) = files(seen, action, f"{DIR}/{name}")
    assert e["file"] == {"path": f"{DIR}/{name}"} | more
    assert e["session"] and e["process"]["name"] == "perl" and e["process"]["user"]["id"] == 0


def test_a_switch_of_the_kernel_is_told(seen):
    assert len(files(seen, "open", "/proc/sys/kernel/panic")) == 1
    assert not files(seen, "create", "/proc/sys/kernel/panic")


def test_what_is_written_is_kept(skep, seen):
    is_kept(skep, seen, f"{DIR}/a", b"one\n", b"one\ntwo\n", b"one\ntwo\n")


def test_memory_that_is_run_is_kept(skep, seen):
    (e,) = contents(seen, "/memfd:evil (deleted)", "run")
    assert sample(skep, e["hash"]["sha256"]).endswith(b"memfd")
    assert not contents(seen, "/memfd:evil (deleted)"), "it did not change after it was run"
    run = next(i for i, x in enumerate(seen) if x["event_type"] == "exec" and "memfd" in x["process"]["executable"])
    assert any(x["event_type"] == "content" for x in seen[:run]), "before its first instruction"
    true = sample(skep, e["hash"]["sha256"])[:-len("memfd")]
    is_kept(skep, seen, f"{DIR}/gone", true + b"gone")
    assert any(x["event_type"] == "exec" and x["process"]["executable"] == f"{DIR}/gone (deleted)" for x in seen)


def test_memory_that_is_mapped_is_kept(skep, seen):
    is_kept(skep, seen, f"{DIR}/mapped", bytes(8192), b"M" * 8192)


@pytest.mark.parametrize("path,want", [
    ("/tmp/mine/unreadable", b"nobody may read this"),
    (f"{DIR}/\ufffd\ufffd-name", b"not UTF-8"),
    (f"{DIR}/killed", b"still open"),
    (f"{DIR}/unlinked (deleted)", b"first second"),
    (LONG, b"far down"),
], ids=["unreadable", "name", "killed", "unlinked", "long"])
def test_nothing_keeps_it_from_us(skep, seen, path, want):
    is_kept(skep, seen, path, want)


def test_a_name_that_is_too_long_is_told_by_its_end(skep, seen):
    want = hashlib.sha256(b"too far down").hexdigest()
    (e,) = [e for e in seen if e.get("file", {}).get("hash", {}).get("sha256") == want]
    end = "e" * 200 + "/" + "x" * 100
    assert e["file"]["path"].endswith(end) and e["truncated"]
    (e,) = [e for e in seen if e["event_type"] == "file" and e["file"]["path"].endswith(end)]
    assert e["event"]["action"] == "create" and e["truncated"]


def test_a_log_is_continued(skep, seen):
    first, more = contents(seen, f"{DIR}/log")
    assert sample(skep, first["hash"]["sha256"]) == b"L" * 100000
    assert sample(skep, more["hash"]["sha256"]) == b"and a line\n"
    assert (more["offset"], more["kept"], more["size"]) == (100000, 11, 100011)


def test_every_version_is_kept(skep, seen):
    is_kept(skep, seen, f"{DIR}/again", *(f"content {i}\n".encode() for i in range(1, 301)))
    assert len(files(seen, "open", f"{DIR}/again")) < 100, "a burst is told once a second"


def test_files_of_several_processes_do_not_mix(skep, seen):
    for i, c in enumerate(b"ABCD", 1):
        is_kept(skep, seen, f"{DIR}/together{i}", bytes([c]) * 3000000)


def test_a_bound_is_kept_and_told(skep, seen):
    (e,) = contents(seen, f"{DIR}/big")
    assert (e["size"], e["kept"], e["truncated"]) == (BIG, FILE_MAX, True)
    want = b"".join(i.to_bytes(4, "big") * 16384 for i in range(1, 1 + FILE_MAX // 65536))
    assert sample(skep, e["hash"]["sha256"]) == want


def test_mounts_and_roots_are_told(seen):
    told = [(e["event"]["action"], e["file"]["path"], e.get("mount", {}), e.get("error", {}).get("code"))
            for e in seen if e["event_type"] == "mount" and e["process"]["name"] == "perl"]
    tmpfs = {"source": "none", "type": "tmpfs"}
    assert told == [
        ("mount", "/mnt", tmpfs, 0), ("remount", "/mnt", {"source": "none"}, 0), ("umount", "/mnt", {}, 0),
        ("mount", "/mnt", {"source": "none", "type": "hostfs"}, 19),
        ("mount", f"{DIR}/from", tmpfs, 0), ("move", f"{DIR}/to", {"source": "from"}, 0), ("umount", f"{DIR}/to", {}, 0),
        ("mount", "/mnt", tmpfs, 0), ("pivot_root", "/mnt", {"source": "/mnt/old"}, 0), ("chroot", "/tmp", {}, 0),
    ]


def test_who_looks_what_machine_this_is_is_told(skep, seen):
    looked = [(e["file"]["path"], e.get("code", 0)) for e in seen if e["event_type"] == "probe"]
    assert looked == [("/proc/cpuinfo", 0), ("/proc/modules", 0), ("/sys/class/dmi/id/product_name", 2)]
    (f,) = [e for e in skep.events("--kind", "finding") if e["finding"]["name"] == "checks for a honeypot" and
            e.get("session") == seen[0]["session"]]
    assert f["finding"]["severity"] == "warning" and "dmi" in f["message"]


def test_the_list_has_them_and_gives_them(skep, seen):
    session = seen[0]["session"]
    rows = {r["path"]: r for r in skep.json("files", str(session))}
    assert rows[f"{DIR}/killed"]["action"] == "written" and rows["/memfd:evil (deleted)"]["action"] == "run"
    sha256 = rows[f"{DIR}/killed"]["sha256"]
    got = subprocess.run([SKEP, "files", "get", sha256], env=skep.env, stdout=subprocess.PIPE, check=True).stdout
    assert got == b"still open"
    assert skep.run("files", "get", "0" * 64, check=False).returncode == 1
    assert skep.run("files", "get", "../../index.db", check=False).returncode == 2
    told = skep.run("session", str(session)).stdout
    assert f"wrote {DIR}/killed, 10 bytes, SHA-256 {sha256}" in told and sha256 in skep.run("files").stdout
    assert skep.run("verify", "--key", skep.key).returncode == 0


GUESS = """
set timeout 60
spawn ssh -F /dev/null -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o NumberOfPasswordPrompts=1 \\
    -o PreferredAuthentications=password root@10.10.10.81 id
expect "assword:"
send "wrong\\r"
expect eof
"""


def test_who_guesses_passwords_does_not_fill_the_record(skep, seen):
    """Each of them is one more line of the server's in btmp."""
    script = os.path.join(skep.state, "guess.exp")
    with open(script, "w") as f:
        f.write(GUESS)
    for _ in range(3):
        skep.lab("expect", script, check=False)

    def opened():
        """btmp was opened three times"""
        return len([e for e in skep.events("--kind", "file") if e["file"]["path"] == "/var/log/btmp"]) >= 3
    wait_for(opened, 20, 1)
    kept = [e for e in skep.events("--kind", "content") if e["file"]["path"] == "/var/log/btmp"]
    later = [e for e in kept if e["session"] > seen[0]["session"]]
    assert kept and len(later) <= 1, later


def test_nobody_else_is_told(skep, seen):
    """Boot, services and their logs say nothing."""
    others = [e for e in skep.events() if e["event_type"] in ("file", "content", "mount", "probe") and
              not e.get("process", {}).get("conn")]
    assert not others
