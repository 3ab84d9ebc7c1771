/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "standin.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli.h"
#include "handover.h"
#include "image.h"
#include "planning.h"
#include "running.h"
#include "selftest/attempts.h"
#include "state.h"

/* Its init starts this in place of the one login at the console. */
#define UNIT "etc/systemd/system/console-getty.service"
#define PROGRAM "usr/local/sbin/selftest"

enum { MEMORY_MB = 96, TRIES = 40, TRY_MS = 1500, FOLDERS = 32 };

/* --- in the plan ------------------------------------------------------------------------------ */

static uint32_t place_for(const struct honeynet *n)
{
	if (n->n_honeypots < MAX_HONEYPOTS)
		return n->n_honeypots;
	for (uint32_t i = 0; i < n->n_honeypots; i++)
		if (n->honeypot[i].gone)
			return i;
	die("the honeynet has %d honeypots, and there is no place for one more", MAX_HONEYPOTS);
}

static bool is_taken(const struct honeynet *n, uint32_t address)
{
	for (uint32_t i = 0; i < n->n_honeypots; i++)
		if (honeypot_there(n, i) && n->honeypot[i].address == address)
			return true;
	return address == n->firewall_address;
}

/* address_for() - the highest that is free, and has used nothing yet if there is such a one */
static uint32_t address_for(const struct honeynet *n, bool (*used)(void *arg, uint32_t address), void *arg)
{
	uint32_t last = n->network | UINT32_MAX >> n->prefix, any = 0;

	for (uint32_t a = last - 1; a > n->network; a--) {
		if (is_taken(n, a))
			continue;
		if (!used(arg, a))
			return a;
		any = any ? any : a;
	}
	if (!any)
		die("the honeynet's network has no free address for one more honeypot");
	return any;
}

static void stand_in_refs(struct object_ref *ref, uint32_t *n, uint32_t max, uint32_t like, uint32_t place)
{
	for (uint32_t i = 0; i < *n; i++) {
		if (ref[i].kind != OBJECT_HONEYPOT || ref[i].index != like)
			continue;
		if (*n == max)
			die("a rule or a group names %u already, and has no room for one more", max);
		ref[(*n)++] = (struct object_ref){ .kind = OBJECT_HONEYPOT, .index = (uint16_t)place };
		return;
	}
}

static void stand_in_rule(struct rule *r, uint32_t like, uint32_t place)
{
	stand_in_refs(r->source, &r->n_sources, MAX_REFS, like, place);
	stand_in_refs(r->destination, &r->n_destinations, MAX_REFS, like, place);
}

static void stand_beside(struct honeynet *n, uint32_t like, uint32_t place)
{
	for (uint32_t i = 0; i < n->n_groups; i++)
		stand_in_refs(n->group[i].member, &n->group[i].n_members, MAX_MEMBERS, like, place);
	for (uint32_t i = 0; i < n->n_rules; i++)
		stand_in_rule(&n->rule[i], like, place);
	for (uint32_t i = 0; i < n->n_nat; i++)
		stand_in_rule(&n->nat[i].asks, like, place);
}

static void drop_refs(struct object_ref *ref, uint32_t *n, uint32_t place)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < *n; i++)
		if (ref[i].kind != OBJECT_HONEYPOT || ref[i].index != place)
			ref[kept++] = ref[i];
	*n = kept;
}

static void drop_from_rule(struct rule *r, uint32_t place)
{
	drop_refs(r->source, &r->n_sources, place);
	drop_refs(r->destination, &r->n_destinations, place);
}

static void stand_aside(struct honeynet *n, uint32_t place)
{
	for (uint32_t i = 0; i < n->n_groups; i++)
		drop_refs(n->group[i].member, &n->group[i].n_members, place);
	for (uint32_t i = 0; i < n->n_rules; i++)
		drop_from_rule(&n->rule[i], place);
	for (uint32_t i = 0; i < n->n_nat; i++)
		drop_from_rule(&n->nat[i].asks, place);
	n->honeypot[place].gone = true;
}

/* list_one() - that address, if no network of the @n has it; in any case not by itself as it was. Its new length */
static uint32_t list_one(struct network *list, uint32_t n, uint32_t max, addr_number address, bool add)
{
	const struct network one = { address, 128 };
	uint32_t kept = 0;

	for (uint32_t i = 0; i < n; i++)
		if (list[i].address != one.address || list[i].prefix != one.prefix)
			list[kept++] = list[i];
	if (add && !networks_have(list, kept, one.address) && kept < max)
		list[kept++] = one;
	return kept;
}

/* What was decided by hand stands behind what the file says, and is read anew. */
static void keep_out(struct plan *p, bool add)
{
	struct containment *c = &p->net.containment;

	c->n_black = list_one(c->black, c->n_black, MAX_LISTED, ADDR_4 | STANDIN_BLACK, add);
	c->n_fence = list_one(c->fence, containment_fence(c), MAX_FENCE, ADDR_4 | STANDIN_FENCE, add);
	if (p->net.prefix6) {
		c->n_black = list_one(c->black, c->n_black, MAX_LISTED, ATTEMPT_BLACK6, add);
		c->n_fence = list_one(c->fence, c->n_fence, MAX_FENCE, ATTEMPT_FENCED6, add);
	}
	c->n_by_hand = 0;
	planning_decisions(p);
}

static struct honeypot pot_at(uint32_t address)
{
	struct honeypot h = { .address = address, .memory_mb = MEMORY_MB, .weak_as_given = true, .name = STANDIN_NAME,
			      .hostname = "selftest", .image = "apache" };

	memcpy(h.mac, (const uint8_t[]){ 0x52, 0x54, 0, (uint8_t)(address >> 16), (uint8_t)(address >> 8), (uint8_t)address },
	       sizeof(h.mac));
	return h;
}

void standin_plan(struct standin *s, const struct plan *running, const char *like, bool (*used)(void *arg, uint32_t address),
		  void *arg)
{
	struct honeynet *n;
	uint32_t who = 0;

	*s = (struct standin){ .before = running, .next = xcalloc(1, sizeof(*s->next)) };
	*s->next = *running;
	n = &s->next->net;
	while (!like && who < n->n_honeypots && (n->honeypot[who].gone || n->honeypot[who].is_instance))
		who++;
	if (like ? honeypot_find(n, like, &who) < 0 : who == n->n_honeypots)
		die("there is no honeypot named %s: `skep status` lists them", like ? like : "anything");
	str_copy(s->like, n->honeypot[who].name, sizeof(s->like));
	s->place = place_for(n);
	s->address = address_for(n, used, arg);
	n->honeypot[s->place] = pot_at(s->address);
	n->n_honeypots = n->n_honeypots > s->place ? n->n_honeypots : s->place + 1;
	s->next->born_us[s->place] = now_us();
	stand_beside(n, who, s->place);
	keep_out(s->next, true);
}

/* --- its files -------------------------------------------------------------------------------- */

static char *identity_path(const char *below)
{
	_free_ char *path = xasprintf("identity/" STANDIN_NAME "/%s", below);

	return state_path(path);
}

static int make_parents(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return 0;
}

static int new_file(char *path, mode_t mode)
{
	int r = make_parents(path), fd;

	if (r < 0)
		return r;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);
	return fd < 0 ? -errno : fd;
}

static void put_program(const char *program)
{
	_free_ char *path = identity_path(PROGRAM);
	_fd_ int in = open(program, O_RDONLY | O_CLOEXEC), out = -1;
	int r;

	if (in < 0)
		die("%s: %s", program, strerror(errno));
	out = new_file(path, 0755);
	r = out < 0 ? out : file_copy(in, out);
	if (r < 0)
		die("%s: %s", path, strerror(-r));
}

static void put_unit(const char *words)
{
	_free_ char *path = identity_path(UNIT);
	_text_ struct text t = { 0 };
	_fd_ int out = new_file(path, 0644);
	int r;

	text_addf(&t, "[Unit]\nAfter=systemd-user-sessions.service network.target\n[Service]\nExecStart=/" PROGRAM " %s\n"
		      "StandardInput=tty\nStandardOutput=tty\nTTYPath=/dev/console\nRestart=no\n", words);
	r = out < 0 ? out : file_write(out, text_str(&t), t.len);
	if (r < 0)
		die("%s: %s", path, strerror(-r));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	if (remove(path) < 0)
		log_warn("%s is left: %s", path, strerror(errno));
	return 0;
}

static int remove_ours(void *arg, const char *name)
{
	_free_ char *path = xasprintf("%s/%s", (const char *)arg, name);
	const size_t n = sizeof(STANDIN_NAME) - 1;

	if (!strncmp(name, STANDIN_NAME, n) && (!name[n] || name[n] == '.'))
		nftw(path, remove_one, FOLDERS, FTW_DEPTH | FTW_PHYS);
	return 0;
}

static void remove_files(void)
{
	static const char *const folders[] = { "identity", "disks", "snapshots" };

	for (size_t i = 0; i < nitems(folders); i++) {
		_free_ char *path = state_path(folders[i]);
		_fd_ int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (dir >= 0)
			folder_each(dir, remove_ours, path);
	}
}

/* --- added and removed ------------------------------------------------------------------------ */

/* A process that is just being started again makes the running skep say no, for a while. */
static int give(const struct plan *next, int control)
{
	int code = handover_give(next, 0, control);

	for (int i = 1; code != CLI_OK && i < TRIES; i++) {
		poll(NULL, 0, TRY_MS);
		code = handover_give(next, 0, control);
	}
	return code;
}

int standin_add(struct standin *s, int control, const char *program, const char *words)
{
	_free_ struct image *image = xcalloc(MAX_HONEYPOTS, sizeof(*image));
	uint64_t ours = UINT64_C(1) << s->place;
	_diag_ struct diag d = { 0 };

	remove_files();
	if (images_find(&s->next->net, ours, image, &d) < 0) {
		diag_print(&d, s->next->file, stderr);
		return CLI_FAILED;
	}
	planning_build(s->next, ours, image, s->next->file, false);
	planning_identities(s->next, honeypots_there(&s->next->net), ours);
	put_program(program);
	put_unit(words);
	return give(s->next, control);
}

int standin_remove(int control, bool settled)
{
	_free_ struct plan *next = xcalloc(1, sizeof(*next));

	for (int i = 0; i < TRIES; i++) {
		const struct plan *running = running_plan(control);
		uint32_t place = 0;
		bool there = honeypot_find(&running->net, STANDIN_NAME, &place) == 0;

		if (!there && settled) {
			remove_files();
			return CLI_OK;
		}
		*next = *running;
		if (there) {
			stand_aside(&next->net, place);
			keep_out(next, false);
			planning_identities(next, honeypots_there(&next->net), 0);
		}
		if (handover_give(next, 0, control) == CLI_OK)
			settled = true;
		else
			poll(NULL, 0, TRY_MS);
	}
	return CLI_FAILED;
}
