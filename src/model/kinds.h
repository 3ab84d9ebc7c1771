/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The one list of event kinds. Enum, journal names and documentation are made from it; a number is
 * part of no format, a name is: never rename one.
 */
#define EVENT_KINDS(X)                                                                   \
	X(BOOT,     "boot",     "A honeypot's kernel started.")                          \
	X(EXEC,     "exec",     "A program was run in a honeypot.")                      \
	X(EXIT,     "exit",     "A process of a honeypot ended.")                        \
	X(ACCEPT,   "accept",   "A honeypot accepted a TCP connection.")                 \
	X(CLOSE,    "close",    "A connection a honeypot had accepted is gone.")         \
	X(CONNECT,  "connect",  "A process of a honeypot asked for a connection.")       \
	X(LISTEN,   "listen",   "A process of a honeypot listens on a port.")            \
	X(MODULE,   "module",   "A kernel module was given to a honeypot's kernel.")     \
	X(TTY_IN,   "tty_in",   "Bytes typed at a terminal of a honeypot.")              \
	X(TTY_OUT,  "tty_out",  "Bytes shown on a terminal of a honeypot.")              \
	X(HALT,     "halt",     "A honeypot's kernel stops: power off, restart, panic.") \
	X(VERDICT,  "verdict",  "The gateway decided about a packet that a rule logs.")  \
	X(HONEYPOT, "honeypot", "A honeypot's state changed, or whose an instance is.")  \
	X(GATE,     "gate",     "Forwarding was opened or closed.")                      \
	X(ROLE,     "role",     "One of skep's own processes started or died.")          \
	X(CHAIN,    "chain",    "The journal's chain of seals began, or does not fit.")  \
	X(LOST,     "lost",     "Events of one source are missing; see count.")          \
	X(SYSLOG,   "syslog",   "A message reached the log server.")                     \
	X(FLOW,     "flow",     "A connection through the gateway has ended.")           \
	X(ALERT,    "alert",    "A rule of the NIDS matched.")                           \
	X(FINDING,  "finding",  "What skep concludes from events: a scan, a flood.")     \
	X(GUARD,    "guard",    "A program of this machine broke the guard's rules.")    \
	X(PCAP,     "pcap",     "A file of captured packets is complete.")               \
	X(ADMIN,    "admin",    "An administrator did something; never the intruder.")   \
	X(FORK,     "fork",     "A process of a honeypot was begotten.")                 \
	X(EXEC_FAILED, "exec_failed", "A program could not be run in a honeypot.")       \
	X(CREDS,    "creds",    "A process of a honeypot changed its ids or rights.")    \
	X(NAMESPACE, "namespace", "A process of a honeypot changed its namespaces.")     \
	X(BIND,     "bind",     "A process of a honeypot took an address or a port.")    \
	X(SEND,     "send",     "A process of a honeypot sent a datagram.")              \
	X(SOCKET,   "socket",   "A raw or packet socket was made in a honeypot.")        \
	X(FILE,     "file",     "A file of a honeypot was made, changed or removed.")    \
	X(CONTENT,  "content",  "What was written to a file or run from it, its bytes.") \
	X(MOUNT,    "mount",    "A file system or root of a honeypot was changed.")      \
	X(PTRACE,   "ptrace",   "A process of a honeypot looked into another one.")      \
	X(SIGNAL,   "signal",   "A process of a honeypot sent a signal.")                \
	X(KERNEL,   "kernel",   "Someone tried to change or to read a guest's kernel.")  \
	X(PROBE,    "probe",    "A file that tells what the machine is was read.")       \
	X(STREAM,   "stream",   "Bytes of a session without a terminal.")                \
	X(LOGIN,    "login",    "Someone tried to log in to a honeypot.")                \
	X(WINDOW,   "window",   "A terminal of a honeypot changed its size.")            \
	X(LINEAGE,  "lineage",  "A process of a honeypot was found to be a session's.")  \
	X(TOKEN,    "token",    "A honeytoken of a honeypot was opened for reading.")    \
	X(CONTROL,  "control",  "Data control's second layer refused, or a layer was touched.")  \
	X(SELFTEST, "selftest", "A self-test of the data control has come to its end.")  \
	X(SINK,     "sink",     "A refused connection was answered by the gateway itself.")

enum event_kind {
#define X(id, name, doc) EV_##id,
	EVENT_KINDS(X)
#undef X
	EV_KINDS
};
