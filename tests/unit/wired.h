/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * A gateway for tests of its rules, wired of network namespaces that only descriptors hold: a veth plays the tap, and
 * nothing leads out.
 *
 *	pot[0] to pot[2] -- tap0 to tap2 in br0 -- gw -- wan0 -- wan (198.51.100.66 to .70)
 *
 * Needs root. Each test that uses it begins with no_lab().
 */
#include "unit.h"

#include <netinet/in.h>
#include <stdbool.h>

#include "base/addr.h"
#include "base/text.h"

#define POT 0x0a0a0a50u		/* 10.10.10.80, honeypot 0 */
#define POT1 0x0a0a0a35u
#define POT2 0x0a0a0afdu
#define GATE 0x0a0a0a01u
#define OUTER 0xc6336401u	/* 198.51.100.1, the gateway's other address */
#define WAN 0xc6336442u		/* 198.51.100.66 */

/* Where a honeynet has IPv6, after lab_six(): in numbers of base/addr.h */
#define NET6 ((addr_number)0x20010db800100000 << 64)		/* 2001:db8:10::/64; who is there has his IPv4 address behind it */
#define GATE6 (NET6 | GATE)
#define POT6 (NET6 | POT)
#define POT1_6 (NET6 | POT1)
#define WAN6 ((addr_number)0x20010db8ffff0000 << 64 | 0x66)	/* 2001:db8:ffff::66, and on to ::6a */

extern struct lab {
	int home, gw, pot[3], wan;
	int log[2];			/* NFLOG, each group */
	struct text said;		/* every NFLOG message so far, as bytes */
} lab;

int lab_open(void **state);		/* group fixtures of cmocka */
int lab_close(void **state);
bool no_lab(void);			/* skips the test */
void lab_six(bool on);			/* everybody has IPv6, too; or, as at first, nobody has */

void enter(int ns);
/* run() - a command in a namespace */
__attribute__((format(printf, 2, 3))) void run(int ns, const char *fmt, ...);
int nft(int ns, const char *text);	/* one transaction; 0 it was taken */
/* gate() - each of its locks, open or not */
void gate(bool alive, bool owner);

/* logged() - how many records since the last log_clear() have exactly this prefix */
size_t logged(const char *prefix);
void log_clear(void);

struct sockaddr_in sa(uint32_t address, uint16_t port);
struct sockaddr_in6 sa6(addr_number address, uint16_t port);
int sock(int ns, int type, int proto);	/* not blocking */
int sock6(int ns, int type, int proto);
