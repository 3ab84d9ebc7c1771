/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The gateway's rules in the kernel, and the two locks that keep forwarding closed:
 *
 * alive   a timed element of a set; forwarding needs it, and it dies by itself after ALIVE_MS
 * owner   a table that marks what may be forwarded; it belongs to one socket, and the kernel
 *         removes it the moment that socket is closed, whoever held it and however he died
 *
 * What was measured: both work, alone and together (nft 1.0.6; kernel 5.12 and newer for owner).
 */
#include <stdbool.h>
#include <stdint.h>

enum { ALIVE_MS = 1500 };

struct text;
struct firewall;	/* a libnftables context whose socket is in the gateway */

int firewall_open(int gw, struct firewall **ret);
struct firewall *firewall_close(struct firewall *f);
/* firewall_load() - one transaction; -EINVAL and *@ret_why (lent until the next call) if refused */
int firewall_load(struct firewall *f, const char *rules, const char **ret_why);
/* firewall_try() - whether the kernel would take them; nothing changes. As firewall_load() */
int firewall_try(struct firewall *f, const char *rules, const char **ret_why);
/* firewall_list() - the tables of rules and owner that there are, as nft lists them, added to @t; 0, or -EIO: there is none */
int firewall_list(struct firewall *f, struct text *t);
/* firewall_list_set() - likewise, one set of table inet skep; 0 or -EIO */
int firewall_list_set(struct firewall *f, const char *set, struct text *t);
/* firewall_alive() - true: forward for another ALIVE_MS; false: no longer */
int firewall_alive(struct firewall *f, bool alive);

/* owner_open() - a socket that holds the owner table of the gateway @gw; or -errno */
int owner_open(int gw);

/* nflog_open_group() - a socket of the gateway bound to NFLOG group @group, that numbers its
 * messages (NFULA_SEQ) and delivers within 50 ms; or -errno */
int nflog_open_group(int gw, uint16_t group);

/* firewall_block() - keep @who out for @seconds from now, whatever was said before; 0: let it in again. @set is a set of table
 * inet skep, of addresses; one of networks has their first ones. */
struct network;
int firewall_block(struct firewall *f, const char *set, const struct network *who, uint32_t seconds);

/*
 * firewall_set_budget() - the element of @u->address in set @set, a budget's, of table inet skep of gateway @gw: so much was
 * used of its limit, in a period that goes on for so long; whatever was there. @bytes: not packets. A period that is over: none. 0 or -errno
 */
struct budget_used;
int firewall_set_budget(int gw, const char *set, const struct budget_used *u, bool bytes);

/* firewall_fence() - @network is in set @set of table inet skep, or no longer; -EINVAL: it is, or is not, or overlaps */
int firewall_fence(struct firewall *f, const char *set, const struct network *n, bool in);
/* firewall_lock() - set @set has an element for each family, or none */
int firewall_lock(struct firewall *f, const char *set, bool locked);

/* firewall_keeps_out() - whether @who is in that set now */
bool firewall_keeps_out(struct firewall *f, const char *set, const struct network *who);

/* Called for each element of a set that has a counter; @element as nft writes it, lent. */
typedef void firewall_counter_fn(void *arg, const char *element, uint64_t packets);
/* firewall_counters() - of set @set in @table ("inet skep"); 0 or -EINVAL */
int firewall_counters(struct firewall *f, const char *table, const char *set, firewall_counter_fn *fn, void *arg);
