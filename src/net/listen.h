/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Sockets on which the gateway itself is spoken to. */
#include <stdint.h>

struct gateway;

enum { SYSLOG_PORT = 514 };

/*
 * log_udp_open(), log_tcp_open() - the log server's sockets at the gateway's @address (host order),
 * non-blocking; UDP with the kernel's time of arrival and room for a burst, TCP listening. Or -errno
 */
int log_udp_open(const struct gateway *g, uint32_t address);
int log_tcp_open(const struct gateway *g, uint32_t address);
