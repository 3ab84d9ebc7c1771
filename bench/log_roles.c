/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * roles - what of a honeynet logs: bench_log_roles SKEP STATE sqlite|mariadb
 *
 * Starts the roles and gives them the log server's sockets, at 127.0.0.1:514 of the network namespace it
 * is run in. Honeypots are only addresses, 127.0.1.1 and up: whoever sends from there is one.
 *
 * Says its roles' process ids, then waits until its standard input ends, and ends them, in order.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/gateway.h"
#include "net/listen.h"
#include "roles.h"
#include "roles/inboxes.h"

enum { HONEYPOTS = 8, LOOPBACK = 0x7f000001, FIRST = 0x7f000101 };

static struct plan *make_plan(const char *state, const char *store)
{
	struct plan *p = xcalloc(1, sizeof(*p));

	p->epoch = now_us();
	p->net.firewall_address = LOOPBACK;
	p->net.n_honeypots = HONEYPOTS;
	for (uint32_t i = 0; i < HONEYPOTS; i++) {
		snprintf(p->net.honeypot[i].name, NAME_SIZE, "www%u", i);
		p->born_us[i] = p->epoch;
		p->net.honeypot[i].address = FIRST + i;
	}
	if (!str_copy(p->state, state, sizeof(p->state)) || !str_copy(p->net.store, store, sizeof(p->net.store)))
		die("too long");
	return p;
}

static void give_sources(const struct roles *r)
{
	struct gateway here = { .gw = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), .lab = -1 };

	roles_give(r, SOURCE_KIND_INBOX, INBOX_SYSLOG, inbox_make(&inbox_forms[INBOX_SYSLOG]));
	roles_give(r, SOURCE_KIND_SYSLOG_UDP, 0, log_udp_open(&here, LOOPBACK));
	roles_give(r, SOURCE_KIND_SYSLOG_TCP, 0, log_tcp_open(&here, LOOPBACK));
	roles_begin(r);
	close(here.gw);
}

int main(int argc, char **argv)
{
	bool mariadb = argc == 4 && !strcmp(argv[3], "mariadb");
	struct roles r;
	char byte;

	if (argc != 4) {
		fprintf(stderr, "usage: bench_log_roles SKEP STATE sqlite|mariadb\n");
		return 2;
	}
	roles_start(&r, argv[1], make_plan(argv[2], argv[3]), mariadb);
	give_sources(&r);
	printf("%d %d", r.capture.pid, r.recorder.pid);
	if (mariadb)
		printf(" %d", r.index.pid);
	printf("\n");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	roles_stop(&r);
	return 0;
}
