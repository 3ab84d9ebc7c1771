/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Messages to a log server: UDP, a datagram each, of which nobody says whether it arrived (RFC 5426),
 * or TCP with octet counting (RFC 6587), which is told when the server's kernel has all of it.
 * Waits: for a name's address, and up to SYSLOG_WAIT_MS for a server.
 */
#include "note.h"

enum { SYSLOG_WAIT_MS = 5000, SYSLOG_WORDS = 256 };

/* syslog_tell() - every entry of @m to udp://HOST:PORT or tcp://HOST:PORT; 0 or -errno, words in any case */
int syslog_tell(const char *url, const struct message *m, const char *honeynet, char ret_words[SYSLOG_WORDS]);
/* syslog_goal() - what is between "://" and ":PORT" and that port; false: @url is none of the two */
bool syslog_goal(const char *url, char host[WORDS_SIZE], char port[8], bool *ret_tcp);
