# SPDX-License-Identifier: GPL-2.0-or-later
"""Root in a honeypot can neither see what watches him nor stop it."""
import base64
import os
import re
import subprocess

from conftest import APACHE, ROXEN, as_root_in_guest, bash_in_guest, log_in, script_as_root_in_guest, wait_for

# What a determined root tries. None of it may be fatal for the honeypot: what follows must still be seen.
STOPS = """
for m in pv skep nosy; do rmmod -f $m; modprobe -r $m; done
timeout 5 sysctl -w kernel.printk=0 kernel.dmesg_restrict=0 kernel.modules_disabled=1 kernel.kptr_restrict=0
echo 0 > /proc/sys/kernel/randomize_va_space
for f in /sys/kernel/security/* /proc/sys/kernel/*audit* /proc/sys/kernel/*trace*; do echo 0 > $f; done
echo N > /sys/module/printk/parameters/time
mount -o remount,rw /proc; mount -o remount,rw /sys
mount -t tmpfs none /sys/kernel/security; umount /sys/kernel/security; umount -l /sys/kernel/debug
echo 0 > /proc/sys/kernel/perf_event_paranoid
chattr +i /var/log /dev/shm; chattr -i /var/log /dev/shm
find /var/log -type f -delete; history -c; unset HISTFILE
timeout 15 systemctl stop rsyslog syslog.socket
dd if=/dev/zero of=/dev/kmem count=1; dd if=/dev/zero of=/dev/mem count=1
perl -e 'syscall(157, 4, 0); syscall(321, 5, 0, 0); syscall(246, 0, 0, 0, 0); syscall(169, 0, 0, 0)'
"""


def commands(skep, honeypot, mark):
    return [e for e in skep.events("--kind", "exec", "--honeypot", honeypot) if mark in " ".join(e["process"].get("args", []))]


def test_fifty_ways_to_look_find_nothing(skep):
    with open(os.path.join(os.path.dirname(__file__), "find-capture")) as f:
        script = f.read()
    ways = []
    for first in range(1, 51, 10):	# each in a session of its own: the login waits no longer than a minute
        shown = script_as_root_in_guest(skep, APACHE, f"set -- {first} {first + 9}\n{script}")
        assert re.search(r"^of 50 ways\r?$", shown, re.M), shown[-3000:]
        ways += re.findall(r"^way (\d+) (\w+) (\d+): ([^\r\n]*)", shown, re.M)
    assert [int(w[0]) for w in ways] == list(range(1, 51))
    assert [w for w in ways if w[3] != "quiet"] == []
    blind = [w[1] for w in ways if w[2] == "0"]
    # a server with Secure Boot and without modules has none of these either
    assert set(blind) <= {"caches", "probes", "preloads"}, blind


def test_a_program_finds_the_machine_it_expects(skep, tmp_path):
    """A kernel that saves its host work must not be found out by that: machine.c."""
    program = tmp_path / "machine"
    subprocess.run(["cc", "-O2", "-s", "-D_GNU_SOURCE", "-o", program, os.path.join(os.path.dirname(__file__), "machine.c")],
                   check=True)
    text = base64.b64encode(program.read_bytes()).decode()
    shown = log_in(skep, APACHE, f"echo {text} | base64 -d >/tmp/.m; chmod 700 /tmp/.m; /tmp/.m; rm /tmp/.m", timeout=120)
    assert re.search(r"^35 looked at\r?$", shown, re.M) and "not so" not in shown, shown[-3000:]


def test_nothing_root_does_stops_it(skep):
    bash_in_guest(skep, ROXEN, STOPS + "/bin/true still-watched-1\n")
    assert wait_for(lambda: commands(skep, "Roxen", "still-watched-1"), 20, 0.5)
    as_root_in_guest(skep, ROXEN, "kill -9 -1")
    # init begins everything anew
    wait_for(lambda: "still-watched-2" in as_root_in_guest(skep, ROXEN, "printf still-%s-2 watched"), 120, 2)
    bash_in_guest(skep, ROXEN, "/bin/true still-watched-3\n")
    assert wait_for(lambda: commands(skep, "Roxen", "still-watched-3"), 20, 0.5)
    assert not skep.events("--kind", "lost", "--honeypot", "Roxen")


def test_it_watches_on_after_a_restart(skep):
    before = len(skep.events("--kind", "boot", "--honeypot", "Roxen"))
    as_root_in_guest(skep, ROXEN, "systemctl reboot")
    wait_for(lambda: len(skep.events("--kind", "boot", "--honeypot", "Roxen")) > before, 60, 0.5)
    wait_for(lambda: next(h for h in skep.status()["honeypots"] if h["name"] == "Roxen")["state"] == "up", 120, 1)
    bash_in_guest(skep, ROXEN, "/bin/true still-watched-4\n")
    assert wait_for(lambda: commands(skep, "Roxen", "still-watched-4"), 20, 0.5)
