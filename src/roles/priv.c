/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * priv - the one process with privileges: makes the network, holds the rules, starts honeypots.
 *
 * It reads no hostile byte, but for the few of a disk's superblock that it compares. Its requests come from the master,
 * guests and recorder as a verb and places in the plan: never a path, a name or a rule. It goes through its phases in one
 * direction; what was needed for set-up cannot be asked for again.
 *
 * What it keeps for others, so that their death loses nothing: the capture rings, the sockets with
 * what is queued in them, the inboxes with what was taken from them, the ring of packets, the
 * network namespaces.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "claims.h"
#include "guest/disk.h"
#include "guest/filter.h"
#include "guest/limits.h"
#include "guest/ring.h"
#include "guest/snapshot.h"
#include "guest/spawn.h"
#include "inboxes.h"
#include "model/packet.h"
#include "model/twin.h"
#include "net/conntrack.h"
#include "net/firewall.h"
#include "net/gateway.h"
#include "net/listen.h"
#include "net/packet_ring.h"
#include "net/rules_sum.h"
#include "policy/policy.h"
#include "priv.h"
#include "run/after.h"
#include "run/role.h"
#include "run/sandbox.h"
#include "words.h"

enum {
	COUNT_US = 2000 * 1000,		/* how often the recorder hears what was refused by rate, and guests who came */
	SWEEP_US = 2 * 1000 * 1000,	/* how often ended connections are looked for */
	LOOK_US = 1000 * 1000,		/* how often is looked who waits for a reader, and whose disk is ruined */
	NOBODY = MAX_HONEYPOTS,		/* refused, but of no honeypot */
};
enum {
	ASIDE_MB = 96,		/* what a honeypot takes beside its own memory and its ring: page tables, the kernel, its disk's cache */
	WEIGHT = 50,		/* who records goes first */
};
enum { WISH_US = 5000000, RESET_WISH_US = 2000000 };	/* how long a guest may take to write its disk */
enum { WISH_LOOK_US = 50000 };				/* when that is looked at */
enum { RUINED_LOOKS = 15 };	/* seconds in which who ruined a disk may be watched, and a disk that only seems so is not */
enum { INIT_RUNS = 20 };	/* records after which a guest is well past the start of its init */

static const uint16_t groups[PRIV_LOGS] = { POLICY_LOG_INET, POLICY_LOG_BRIDGE };

static void advance(struct priv *p, enum priv_phase to)
{
	if (to <= p->phase)
		die("phase %d after %d", to, p->phase);
	p->phase = to;
}

static uint32_t n_guests(const struct priv *p)
{
	return p->role.plan->net.n_honeypots;
}

/* --- set-up ----------------------------------------------------------------------------------- */

static int kept(const char *what, int fd)
{
	if (fd < 0)
		die("%s: %s", what, strerror(-fd));
	return fd;
}

static void say_claim(void *arg, uint32_t i, uint32_t source)
{
	struct priv *p = arg;
	_text_ struct text t = { 0 };

	put_u16(&t, (uint16_t)i);
	put_u32(&t, source);
	peer_say(&p->guests, MSG_CLAIM, &t, -1);
}

static void load_rules(struct priv *p)
{
	_text_ struct text rules = { 0 };
	const char *why = "";
	int r = firewall_open(p->net.gw, &p->firewall);

	policy_compile(&p->role.plan->net, &rules);
	if (r == 0)
		r = firewall_load(p->firewall, text_str(&rules), &why);
	if (r < 0)
		die("rules: %s %s", strerror(-r), why);
	r = priv_load_queue(p, &p->role.plan->net);
	if (r < 0)
		die("the prevention's rules: %s", strerror(-r));
	p->budgets = (struct budgets){ .plan = p->role.plan, .firewall = p->firewall, .gw = p->net.gw, .fd = -1 };
	budgets_begin(&p->budgets);
	p->rules = kept("rules", rules_sum_open(p->net.gw));
	p->containment = p->role.plan->net.containment;
	priv_know_rules(p);
	p->conntrack = kept("connection table", conntrack_open(p->net.gw));
	p->claims = (struct claims){ .plan = p->role.plan, .firewall = p->firewall, .conntrack = p->conntrack,
				     .tell = say_claim, .arg = p };
}

static char *told_path(const struct plan *plan, uint32_t i)
{
	return xasprintf("%s" DISK_TOLD, plan->disk[i]);
}

/*
 * A guest whose init ran has its identity safe on its disk (kernel/driver/disguise.c): from then on the files are its own,
 * and what an intruder changes in them stays. Looked at when it ends; if that is not seen, it is told
 * once more, and leaves alone what is right.
 */
static void mark_told(struct priv *p, const struct plan *plan, uint32_t i)
{
	_free_ char *told = told_path(plan, i);
	_fd_ int fd = open(told, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	p->guest[i].knows_itself = fd >= 0;
}

static void note_told(struct priv *p, uint32_t i)
{
	if (!p->guest[i].knows_itself && ring_written(p->guest[i].ring) - p->guest[i].before >= INIT_RUNS)
		mark_told(p, p->role.plan, i);
}

/* A host without control groups is no reason not to have honeypots. */
static void limit_guest(struct priv *p, const struct plan *plan, uint32_t i)
{
	uint64_t mb = plan->net.honeypot[i].memory_mb + plan->net.capture.ring_mb + ASIDE_MB;
	int r = limits_make(i, &(struct limits){ mb << 20, SPAWN_PROCESSES, WEIGHT }, &p->guest[i].group);

	if (r < 0)
		log_warn("%s has no limits of its own: control group: %s", plan->net.honeypot[i].name, strerror(-r));
}

/* What was laid ready has its identity; who gets a disk as on the first day must be told its name. */
int priv_first_disk(struct priv *p, const struct plan *plan, uint32_t i)
{
	_free_ char *told = told_path(plan, i);
	int r;

	claims_disk(&p->claims, i, true);	/* until it is a new one */
	r = disk_adopt(plan->disk[i], plan->image[i], SKEP_UID_GUEST + i);
	if (r > 0)
		mark_told(p, plan, i);
	else if (r == 0 && unlink(told) < 0 && errno != ENOENT)
		r = -errno;
	else if (r == 0) {
		p->guest[i].knows_itself = false;
		r = disk_make(plan->disk[i], plan->image[i], SKEP_UID_GUEST + i);
		if (r == 0)
			claims_disk(&p->claims, i, false);
	}
	return r < 0 ? r : disk_note(plan->disk[i], plan->image[i]);
}

int priv_keep_disk(struct priv *p, const struct plan *plan, uint32_t i, const char *why)
{
	int r = snapshot_move(p->guest[i].snapshots, &(struct snapshot_of){ plan->disk[i], plan->image[i], why, now_us() });

	return r == -ENOENT ? 0 : r;
}

/* A disk as on the first day, or the one laid ready; the last one is evidence. */
static int new_disk(struct priv *p, uint32_t i, const char *why)
{
	const struct plan *plan = p->role.plan;
	_free_ char *label = xasprintf(SNAPSHOT_RESET "%s", why);
	int r = priv_keep_disk(p, plan, i, label);

	if (r == 0)
		r = snapshot_prune(p->guest[i].snapshots, SNAPSHOT_RESET, plan->net.reset.keep);
	return r < 0 ? r : priv_first_disk(p, plan, i);
}

/* It goes on with the disk it has, unless another was laid ready, it is over another image, or it is an intruder's
 * of whom nothing is known any more. */
static int find_disk(struct priv *p, uint32_t i)
{
	const struct plan *plan = p->role.plan;
	_free_ char *told = told_path(plan, i), *next = xasprintf("%s" DISK_NEXT, plan->disk[i]);
	int r;

	if (claims_was_used(plan, i))
		return new_disk(p, i, "the honeynet was started again");
	r = access(next, F_OK) == 0 ? 0 : disk_matches(plan->disk[i], plan->image[i]);
	if (r == 0)
		return priv_first_disk(p, plan, i);
	p->guest[i].knows_itself = access(told, F_OK) == 0;
	return r;
}

int priv_make_pot(struct priv *p, const struct plan *plan, uint32_t i, const char **ret_what)
{
	struct guest *g = &p->guest[i];

	*ret_what = "snapshots";
	g->snapshots = snapshot_folder(plan->state, plan->net.honeypot[i].name);
	if (g->snapshots < 0)
		return g->snapshots;
	*ret_what = "capture ring";
	g->ring = ring_make((uint64_t)plan->net.capture.ring_mb << 20, plan->net.capture.when_full == WHEN_FULL_FREEZE);
	if (g->ring < 0)
		return g->ring;
	limit_guest(p, plan, i);
	*ret_what = "network device";
	g->tap = tap_open(&p->net, i, p->tags);
	return g->tap < 0 ? g->tap : 0;
}

/* A place where there is no honeypot. */
static const struct guest nobody = { .ring = -1, .tap = -1, .listener = -1, .snapshots = -1 };

void priv_drop_pot(struct priv *p, uint32_t i)
{
	struct guest *g = &p->guest[i];

	close_fd(&g->ring);
	close_fd(&g->tap);
	close_fd(&g->snapshots);
	limits_free(&g->group);
	free(g->resets);
	*g = nobody;
}

static void prepare_guest(struct priv *p, uint32_t i)
{
	const struct plan *plan = p->role.plan;
	const char *what;
	int r = priv_make_pot(p, plan, i, &what);

	if (r >= 0) {
		what = "disk";
		r = find_disk(p, i);
	}
	if (r >= 0)
		r = disk_note(plan->disk[i], plan->image[i]);
	if (r < 0)
		die("%s: %s: %s", plan->net.honeypot[i].name, what, strerror(-r));
}

/* Before the first honeypot runs, so that they see all of it. */
static void open_sources(struct priv *p)
{
	uint32_t address = p->role.plan->net.firewall_address;

	for (size_t i = 0; i < nitems(groups); i++)
		p->nflog[i] = kept("packet log", nflog_open_group(p->net.gw, groups[i]));
	p->flows = kept("connection events", conntrack_listen(p->net.gw));
	p->log_udp = kept("log server", log_udp_open(&p->net, address));
	p->log_tcp = kept("log server", log_tcp_open(&p->net, address));
	for (size_t i = 0; i < INBOXES; i++)
		p->inbox[i] = kept("inbox", inbox_make(&inbox_forms[i]));
	p->packets = -1;
	if (p->role.plan->net.packets.enabled)
		p->packets = kept("full packet capture",
				  packet_ring_open(p->net.gw, "br0", p->role.plan->net.packets.buffer_mb, PACKET_BYTES_MAX));
}

static bool sweep_groups(void *arg)
{
	(void)arg;
	return limits_sweep();
}

static void set_up(struct priv *p)
{
	const char *what;
	int r = gateway_make(&p->role.plan->net, &p->net, &what);

	if (r < 0)
		die("%s: %s", what, strerror(-r));
	load_rules(p);	/* before the first honeypot has a wire */
	if (p->role.plan->net.containment.tagged && (r = tags_open(&p->tags)) < 0)
		die("the program that takes tags off frames: %s", strerror(-r));
	open_sources(p);
	limits_sweep();
	r = after_me(1ULL << CAP_DAC_OVERRIDE, sweep_groups, NULL);	/* the hierarchies' roots are read-only */
	if (r < 0)
		die("who cleans up after us: %s", strerror(-r));
	r = filter_make(SPAWN_FD_KERNEL, &p->filter);
	if (r < 0)
		die("the honeypots' system calls: %s", strerror(-r));
	for (uint32_t i = 0; i < n_guests(p); i++)
		prepare_guest(p, i);
}

/* --- requests --------------------------------------------------------------------------------- */

static void say_exited(struct priv *p, uint32_t i, uint32_t status)
{
	_text_ struct text t = { 0 };

	put_u16(&t, (uint16_t)i);
	put_u32(&t, status);
	peer_say(&p->guests, MSG_EXITED, &t, -1);
}

static void end_fouls(struct guest *g)
{
	g->fouls = sd_event_source_disable_unref(g->fouls);
	close_fd(&g->listener);
	g->listener = -1;
}

/* What is frozen by a control group of version 1 cannot even be killed. */
static void kill_guest(struct guest *g)
{
	limits_freeze(&g->group, false);
	if (g->pid)
		kill(g->pid, SIGKILL);
}

static void say_done(struct priv *p, uint16_t type, uint32_t i, int flag, int r)
{
	_text_ struct text t = { 0 };

	put_u16(&t, (uint16_t)i);
	if (flag >= 0)
		put_u8(&t, (uint8_t)flag);
	put_u32(&t, (uint32_t)-r);
	peer_say(&p->guests, type, &t, -1);
}

static void say_ended(struct priv *p, uint32_t i)
{
	_text_ struct text t = { 0 };

	p->guest[i].wishes = sd_event_source_disable_unref(p->guest[i].wishes);
	put_u16(&t, (uint16_t)i);
	peer_say(&p->guests, MSG_END, &t, -1);
}

static void reset_guest(struct priv *p, uint32_t i)
{
	_free_ char *why = p->guest[i].resets;
	int r = new_disk(p, i, why);

	p->guest[i].wishes = sd_event_source_disable_unref(p->guest[i].wishes);
	if (r == 0)
		r = ring_forget(p->guest[i].ring);
	p->guest[i].resets = NULL;
	say_done(p, MSG_RESET, i, -1, r);
}

static int guest_exited(sd_event_source *src, const siginfo_t *si, void *userdata)
{
	struct priv *p = userdata;

	for (uint32_t i = 0; i < n_guests(p); i++) {
		if (p->guest[i].pid != si->si_pid)
			continue;
		p->guest[i].pid = 0;
		end_fouls(&p->guest[i]);
		note_told(p, i);
		p->guest[i].exit = sd_event_source_unref(src);
		say_exited(p, i, si->si_code == CLD_EXITED ? (uint32_t)si->si_status << 8 : (uint32_t)si->si_status);
		if (p->guest[i].resets)
			reset_guest(p, i);
		if (p->guest[i].ends)
			say_ended(p, i);
		return 0;
	}
	return 0;
}

/* What the guest is told about itself before its init runs; its files only on a new disk. */
static int configure(struct priv *p, uint32_t i)
{
	_text_ struct text conf = { 0 };
	int r = words_collect(p->role.plan, i, !p->guest[i].knows_itself, &conf);

	return r < 0 ? r : ring_configure(p->guest[i].ring, &conf);
}

static void say_escaped(struct priv *p, uint32_t i, const char *call)
{
	_text_ struct text t = { 0 };

	log_error("%s: its kernel called %s: it ends, and stays off", p->role.plan->net.honeypot[i].name, call);
	put_u16(&t, (uint16_t)i);
	text_add(&t, "its kernel called ");
	text_add(&t, call);
	peer_say(&p->guests, MSG_ESCAPED, &t, -1);
}

/* A kernel never makes such a call: somebody has taken it over. The call waits, and is never made. */
static int on_foul(sd_event_source *src, int fd, uint32_t events, void *userdata)
{
	struct priv *p = userdata;
	struct foul f;
	char text[100];		/* the reason of a state is no longer than 127 */

	(void)src;
	for (uint32_t i = 0; i < n_guests(p); i++) {
		struct guest *g = &p->guest[i];

		if (g->listener != fd)
			continue;
		if (foul_next(fd, &f) == 0) {
			foul_text(&f, text, sizeof(text));
			kill_guest(g);
			say_escaped(p, i, text);
		}
		if (events & EPOLLHUP)
			end_fouls(g);
	}
	return 0;
}

static int start_guest(struct priv *p, uint32_t i, int *ret_console)
{
	const struct plan *plan = p->role.plan;
	struct guest *g = &p->guest[i];
	_free_ char *scratch = xasprintf("%s/run/jail", plan->state);
	_fd_ int master = -1, slave = -1, pidfd = -1;
	int r;

	if (g->pid)
		return -EBUSY;
	g->ends = false;
	if ((r = configure(p, i)) < 0 || (r = console_open(&master, &slave)) < 0)
		return r;
	g->before = ring_written(g->ring);
	pidfd = guest_spawn(&(struct spawn){
		.kernel = plan->kernel, .image = plan->image[i], .disk = plan->disk[i], .scratch = scratch,
		.memory_mb = plan->net.honeypot[i].memory_mb, .uid = SKEP_UID_GUEST + i,
		.cpu = plan->cpu[i], .mac = plan->net.honeypot[i].mac, .tagged = plan->net.containment.tagged,
		.filter = &p->filter, .group = &g->group, .ring = g->ring, .tap = g->tap, .console = slave,
	}, &g->pid, &g->listener);
	if (pidfd < 0)
		return pidfd;
	r = sd_event_add_child(p->role.loop, &g->exit, g->pid, WEXITED, guest_exited, p);
	if (r >= 0 && g->listener >= 0)
		r = sd_event_add_io(p->role.loop, &g->fouls, g->listener, EPOLLIN, on_foul, p);
	if (r < 0)
		return r;
	*ret_console = steal_fd(&master);
	return 0;
}

static int op_spawn(struct priv *p, uint32_t i, struct cursor *c)
{
	_text_ struct text t = { 0 };
	_fd_ int console = -1;
	int r;

	(void)c;
	r = start_guest(p, i, &console);
	put_u16(&t, (uint16_t)i);
	put_u32(&t, (uint32_t)-r);
	put_u64(&t, disk_age_us(p->role.plan->disk[i], now_us()));
	put_u8(&t, p->guest[i].knows_itself);
	peer_say(&p->guests, MSG_SPAWN, &t, console);
	return 0;
}

static int op_kill(struct priv *p, uint32_t i, struct cursor *c)
{
	(void)c;
	kill_guest(&p->guest[i]);
	return 0;
}

static void hold_now(struct priv *p, uint32_t i, enum hold how)
{
	p->guest[i].wishes = sd_event_source_disable_unref(p->guest[i].wishes);
	say_done(p, MSG_HOLD, i, how, limits_freeze(&p->guest[i].group, how != HOLD_NOT));
}

static int on_wish(sd_event_source *src, uint64_t usec, void *userdata)
{
	struct priv *p = userdata;

	(void)usec;
	for (uint32_t i = 0; i < n_guests(p); i++) {
		struct guest *g = &p->guest[i];

		if (g->wishes != src || (!ring_synced(g->ring, g->wish) && mono_us() < g->wish_ends))
			continue;
		if (g->ends || g->resets)
			kill_guest(g);
		else
			hold_now(p, i, HOLD_SYNCED);
		return 0;
	}
	sd_event_source_set_time_relative(src, WISH_LOOK_US);
	return sd_event_source_set_enabled(src, SD_EVENT_ONESHOT);
}

/* wish() - on_wish() goes on as soon as the guest has written all there is to its disk, or has taken longer than @us */
static int wish(struct priv *p, struct guest *g, uint64_t us)
{
	g->wish = ring_wish_sync(g->ring);
	g->wish_ends = mono_us() + us;
	g->wishes = sd_event_source_disable_unref(g->wishes);
	return sd_event_add_time_relative(p->role.loop, &g->wishes, CLOCK_MONOTONIC, WISH_LOOK_US, 0, on_wish, p);
}

/* The disk is evidence: what was written in the last half minute is not on it yet. */
static int op_reset(struct priv *p, uint32_t i, struct cursor *c)
{
	struct span why = get_span(c, cursor_left(c));

	free(p->guest[i].resets);
	p->guest[i].resets = xasprintf("%.*s", (int)why.len, why.at);
	if (p->guest[i].pid)
		return wish(p, &p->guest[i], RESET_WISH_US);
	reset_guest(p, i);
	return 0;
}

static int op_end(struct priv *p, uint32_t i, struct cursor *c)
{
	struct guest *g = &p->guest[i];

	(void)c;
	g->ends = true;
	free(g->resets);	/* its disk is kept as it is */
	g->resets = NULL;
	if (g->pid)
		return wish(p, g, WISH_US);
	say_ended(p, i);
	return 0;
}

static int op_hold(struct priv *p, uint32_t i, struct cursor *c)
{
	struct guest *g = &p->guest[i];
	uint8_t how = get_u8(c);

	if (c->bad || how >= HOLDS)
		return -EBADMSG;
	if (how == HOLD_SYNCED)
		return wish(p, g, WISH_US);
	hold_now(p, i, how);
	return 0;
}

static int op_probe(struct priv *p, uint32_t i, struct cursor *c)
{
	const struct plan *plan = p->role.plan;
	uint8_t k = get_u8(c);
	_text_ struct text t = { 0 };
	_fd_ int fd = -1;

	if (c->bad || k >= plan->n_probes[i])
		return -EBADMSG;
	fd = probe_open(&p->net, plan->net.honeypot[i].address, plan->probe[i][k].proto, plan->probe[i][k].port);
	put_u16(&t, (uint16_t)i);
	put_u8(&t, k);
	peer_say(&p->guests, MSG_PROBE, &t, fd < 0 ? -1 : fd);
	return 0;
}

static int op_offer(struct priv *p, uint32_t i, struct cursor *c)
{
	uint8_t up = get_u8(c);

	if (c->bad || up > 1)
		return -EBADMSG;
	(up ? claims_offer : claims_withdraw)(&p->claims, i);
	return 0;
}

static int (*const guest_ops[MSG_TYPES])(struct priv *p, uint32_t honeypot, struct cursor *c) = {
	[MSG_SPAWN] = op_spawn, [MSG_KILL] = op_kill, [MSG_PROBE] = op_probe,
	[MSG_RESET] = op_reset, [MSG_HOLD] = op_hold, [MSG_OFFER] = op_offer, [MSG_END] = op_end,
};

static int from_guests(struct peer *peer, struct msg *m)
{
	struct priv *p = peer->owner;
	uint16_t i = get_u16(&m->body);

	close_fd(&m->fd);
	if (m->body.bad || m->type >= MSG_TYPES || !guest_ops[m->type] || !honeypot_there(&p->role.plan->net, i) ||
	    p->phase != PHASE_RUN)
		return -EBADMSG;
	return guest_ops[m->type](p, i, &m->body);
}

/* --- who is kept out, and what was refused ---------------------------------------------------- */

/* Never an address of the honeynet: its honeypots and its gateway would be cut off. */
static bool may_block(const struct honeynet *n, const struct network *who)
{
	static const char *const outer[] = { LAB_GATEWAY, LAB_GATEWAY6 };
	static const struct network nobodys[] = {	/* this network, loopback, groups of hosts; what is on one link only */
		{ ADDR_4, 96 + 8 }, { ADDR_4 | 0x7f000000, 96 + 8 }, { ADDR_4 | 0xe0000000, 96 + 3 },
		{ 0, 64 }, { TWIN_LINK, 10 }, { (addr_number)0xff00 << 112, 8 },
	};
	const struct network own[] = { { ADDR_4 | n->network, 96 + n->prefix }, { n->network6, n->prefix6 } };

	for (size_t i = 0; i < nitems(outer); i++) {
		struct addr a;

		if (addr_parse(outer[i], &a) == 0 && who->prefix == 128 && who->address == addr_to_number(&a))
			return false;
	}
	for (size_t i = 0; i < nitems(nobodys); i++)
		if (networks_meet(&nobodys[i], who) && number_is_4(nobodys[i].address) == number_is_4(who->address))
			return false;
	return !networks_meet(&own[0], who) && !(own[1].prefix && networks_meet(&own[1], who));
}

/* op_block() - who, u32 seconds; *@ret_who, and 0 or -errno. -EBADMSG makes no sense at all */
static int op_block(struct priv *p, struct cursor *c, struct network *ret_who)
{
	const struct honeynet *n = &p->role.plan->net;
	const char *set;
	uint32_t seconds;

	ret_who->address = get_number(c);
	ret_who->prefix = get_u32(c);
	seconds = get_u32(c);
	set = policy_blocked_set(ret_who);
	if (c->bad || !set)
		return -EBADMSG;
	if (!number_is_4(ret_who->address) && !n->prefix6)
		return -EAFNOSUPPORT;
	return may_block(n, ret_who) ? firewall_block(p->firewall, set, ret_who, seconds) : -EPERM;
}

static int block_for_master(struct priv *p, struct msg *m)
{
	_text_ struct text t = { 0 };
	struct network who;
	int r = op_block(p, &m->body, &who);

	if (r == -EBADMSG)
		return r;
	put_number(&t, who.address);
	put_u32(&t, who.prefix);
	put_u32(&t, (uint32_t)-r);
	peer_say(&p->role.master, MSG_BLOCK, &t, -1);
	return 0;
}

static int do_by_hand(struct priv *p, enum hand what, const struct network *n)
{
	int r;

	if (what == HAND_LOCK || what == HAND_UNLOCK)
		r = firewall_lock(p->firewall, POLICY_LOCKDOWN_SET, what == HAND_LOCK);
	else if (!number_is_4(n->address) && !p->role.plan->net.prefix6)
		r = -EAFNOSUPPORT;
	else
		r = firewall_fence(p->firewall, POLICY_FENCE_SET, n, what == HAND_FENCE);
	if (r == 0)
		priv_note_hand(p, what, n);
	return r;
}

static int by_hand(struct priv *p, struct msg *m)
{
	uint8_t what = get_u8(&m->body);
	struct network n = { .address = get_number(&m->body) };
	_text_ struct text t = { 0 };

	n.prefix = get_u32(&m->body);
	if (m->body.bad || what >= HANDS || (what >= HAND_FENCE && (!n.prefix || n.prefix > 128)))
		return -EBADMSG;
	put_u8(&t, what);
	put_number(&t, n.address);
	put_u32(&t, n.prefix);
	put_u32(&t, (uint32_t)-do_by_hand(p, what, &n));
	peer_say(&p->role.master, MSG_HAND, &t, -1);
	return 0;
}

static int budget_for_master(struct priv *p, struct msg *m)
{
	_text_ struct text t = { 0 };
	struct own_budgets own;
	struct budget_set b;
	int r = -ENOENT;	/* a honeypot that a reload has just removed */

	budget_set_get(&m->body, &b);
	if (m->body.bad)
		return -EBADMSG;
	if (budget_set_sound(&b, &p->role.plan->net)) {
		own = p->budgets.own[b.pot];
		budget_set_in(&b, &own);
		r = budgets_set(&p->budgets, b.pot, &own);
		priv_know_rules(p);
	}
	budget_set_put(&b, &t);
	put_u32(&t, (uint32_t)-r);
	peer_say(&p->role.master, MSG_BUDGET, &t, -1);
	return 0;
}

static int block_for_recorder(struct priv *p, struct msg *m)
{
	struct network who;
	int r = op_block(p, &m->body, &who);

	if (r < 0 && r != -EBADMSG)
		log_warn("a scanner cannot be kept out: %s", strerror(-r));
	return r == -EBADMSG ? r : 0;
}

struct counting {
	const struct honeynet *net;
	uint64_t *packets;		/* by honeypot, the last one nobody's */
};

/* @element is a honeypot's address, its tap, or something of nobody's. */
static void add_count(void *arg, const char *element, uint64_t packets)
{
	struct counting *c = arg;
	struct addr a = { 0 };
	uint32_t pot = 0, tap = NOBODY;

	if (addr_parse(element, &a) == 0)
		while (pot < c->net->n_honeypots && !(honeypot_there(c->net, pot) && twin_has(c->net, pot, &a)))
			pot++;
	else
		pot = sscanf(element, "tap%u", &tap) == 1 ? tap : NOBODY;
	c->packets[pot < c->net->n_honeypots ? pot : NOBODY] += packets;
}

static void say_counts(struct priv *p, enum reason r, const uint64_t *packets)
{
	for (uint32_t i = 0; i <= NOBODY; i++) {
		_text_ struct text t = { 0 };

		if (!packets[i])
			continue;
		put_u16(&t, i == NOBODY ? UINT16_MAX : (uint16_t)i);
		put_u8(&t, (uint8_t)r);
		put_u64(&t, packets[i]);
		peer_say(&p->recorder, MSG_COUNTS, &t, -1);
	}
}

static int count_due(sd_event_source *src, uint64_t usec, void *userdata)
{
	static uint64_t packets[N_REASONS][MAX_HONEYPOTS + 1];
	struct priv *p = userdata;
	char set[POLICY_SET_NAME];

	(void)usec;
	memset(packets, 0, sizeof(packets));
	for (size_t i = 0; peer_up(&p->recorder) && i < policy_n_refused; i++) {
		struct counting c = { &p->role.plan->net, packets[policy_refused[i].reason] };

		if (policy_refused[i].six && !c.net->prefix6)
			continue;
		if (firewall_counters(p->firewall, policy_refused[i].bridge ? "bridge skep_l2" : "inet skep",
				      policy_refused_set(policy_refused[i].reason, policy_refused[i].six, set), add_count, &c) < 0)
			log_warn("%s cannot be read", set);
	}
	for (int r = 0; r < N_REASONS; r++)
		say_counts(p, (enum reason)r, packets[r]);
	claims_look(&p->claims, mono_us());
	budgets_beat(&p->budgets);
	sd_event_source_set_time_relative(src, COUNT_US);
	return sd_event_source_set_enabled(src, SD_EVENT_ONESHOT);
}

static int from_recorder(struct peer *peer, struct msg *m)
{
	struct priv *p = peer->owner;
	int r;

	close_fd(&m->fd);
	if (m->type == MSG_BLOCK)
		return block_for_recorder(p, m);
	if (m->type != MSG_GATE_OPEN && m->type != MSG_GATE_CLOSE)
		return -EBADMSG;
	r = firewall_alive(p->firewall, m->type == MSG_GATE_OPEN && p->phase == PHASE_RUN);
	if (r < 0) {
		log_error("the gate cannot be moved: %s", strerror(-r));
		priv_look_at_rules(p);
	}
	return 0;
}

/* Its word is what keeps the gate open: without it the gate closes now, not when its time is over. */
static void recorder_gone(struct peer *peer)
{
	struct priv *p = peer->owner;

	firewall_alive(p->firewall, false);
}

static void say_source(struct priv *p, enum source_kind kind, uint32_t index, int fd)
{
	_text_ struct text t = { 0 };

	put_u8(&t, (uint8_t)kind);
	put_u32(&t, index);
	peer_say(&p->role.master, MSG_SOURCE, &t, fd);
}

/* The owner table is one capture's alone: it dies with it, so each gets a new one. */
static void give_capture(struct priv *p)
{
	_fd_ int owner = owner_open(p->net.gw);

	if (owner < 0)
		die("owner table: %s", strerror(-owner));
	for (uint32_t i = 0; i < n_guests(p); i++)
		if (honeypot_there(&p->role.plan->net, i))
			say_source(p, SOURCE_KIND_RING, i, p->guest[i].ring);
	for (size_t i = 0; i < nitems(groups); i++)
		say_source(p, SOURCE_KIND_NFLOG, (uint32_t)i, p->nflog[i]);
	for (size_t i = 0; i < INBOXES; i++)
		say_source(p, SOURCE_KIND_INBOX, (uint32_t)i, p->inbox[i]);
	say_source(p, SOURCE_KIND_FLOW, 0, p->flows);
	say_source(p, SOURCE_KIND_SYSLOG_UDP, 0, p->log_udp);
	say_source(p, SOURCE_KIND_SYSLOG_TCP, 0, p->log_tcp);
	say_source(p, SOURCE_KIND_OWNER, 0, owner);
}

static int give_ring(struct priv *p, struct msg *m)
{
	uint16_t i = get_u16(&m->body);

	if (m->body.bad || !honeypot_there(&p->role.plan->net, i))
		return -EBADMSG;
	say_source(p, SOURCE_KIND_RING, i, p->guest[i].ring);
	return 0;
}

static int give_sources(struct priv *p, struct msg *m)
{
	uint8_t role = get_u8(&m->body);
	_text_ struct text t = { 0 };

	if (m->body.bad || (role != ROLE_CAPTURE && role != ROLE_PACKETS))
		return -EBADMSG;
	if (role == ROLE_CAPTURE)
		give_capture(p);
	else if (p->packets >= 0)
		say_source(p, SOURCE_KIND_PACKETS, 0, p->packets);
	put_u8(&t, role);
	peer_say(&p->role.master, MSG_START, &t, -1);
	return 0;
}

static int give_namespace(struct priv *p, struct msg *m)
{
	uint8_t place = get_u8(&m->body);
	_text_ struct text t = { 0 };

	if (m->body.bad || place >= PLACES)
		return -EBADMSG;
	put_u8(&t, place);
	peer_say(&p->role.master, MSG_NAMESPACE, &t, place == PLACE_LAB ? p->net.lab : p->net.gw);
	return 0;
}

static int take_peer(struct priv *p, struct msg *m)
{
	uint8_t role = get_u8(&m->body);
	struct peer *to = role == ROLE_GUESTS ? &p->guests : role == ROLE_RECORDER ? &p->recorder : NULL;

	if (m->body.bad || !to || m->fd < 0)
		return -EBADMSG;
	return peer_open(to, p->role.loop, steal_fd(&m->fd));
}

static int sweep(sd_event_source *src, uint64_t usec, void *userdata)
{
	struct priv *p = userdata;
	int r = conntrack_sweep(p->conntrack);

	(void)usec;
	if (r < 0 && r != -EBUSY)
		log_warn("connection table: %s", strerror(-r));
	sd_event_source_set_time_relative(src, SWEEP_US);
	return sd_event_source_set_enabled(src, SD_EVENT_ONESHOT);
}

static void look_at_ring(struct priv *p, uint32_t i)
{
	struct guest *g = &p->guest[i];
	bool frozen = ring_waits(g->ring, &g->tail) && g->pid;
	_text_ struct text t = { 0 };

	if (frozen == g->frozen)
		return;
	g->frozen = frozen;
	put_u16(&t, (uint16_t)i);
	put_u8(&t, frozen);
	peer_say(&p->guests, MSG_FROZEN, &t, -1);
}

/* Who wipes his disk has a machine that seems to work, until it is to start a program that is not in its memory. */
static void look_at_disk(struct priv *p, uint32_t i)
{
	struct guest *g = &p->guest[i];
	_text_ struct text t = { 0 };

	g->ruined = g->pid && disk_ruined(p->role.plan->disk[i], p->role.plan->image[i]) == 1 ? g->ruined + 1 : 0;
	if (!g->ruined || g->ruined % RUINED_LOOKS)
		return;
	put_u16(&t, (uint16_t)i);
	peer_say(&p->guests, MSG_RUINED, &t, -1);
}

static int look_at_guests(sd_event_source *src, uint64_t usec, void *userdata)
{
	struct priv *p = userdata;

	(void)usec;
	for (uint32_t i = 0; i < n_guests(p); i++) {
		look_at_ring(p, i);
		look_at_disk(p, i);
	}
	priv_look_at_rules(p);
	sd_event_source_set_time_relative(src, LOOK_US);
	return sd_event_source_set_enabled(src, SD_EVENT_ONESHOT);
}

static int stop(struct priv *p)
{
	advance(p, PHASE_DRAIN);
	firewall_alive(p->firewall, false);
	for (uint32_t i = 0; i < n_guests(p); i++)
		if (p->guest[i].pid) {
			kill_guest(&p->guest[i]);
			waitpid(p->guest[i].pid, NULL, 0);
			note_told(p, i);
		}
	budgets_end(&p->budgets);
	for (uint32_t i = 0; i < n_guests(p); i++)
		claims_withdraw(&p->claims, i);		/* who was nobody's is as new at the next start */
	conntrack_flush(p->conntrack);	/* what is still open is told as ended now */
	return sd_event_exit(p->role.loop, 0);
}

static int from_master(struct peer *peer, struct msg *m)
{
	struct role *role = peer->owner;
	struct priv *p = role->self;
	int r = -EBADMSG;

	switch (m->type) {
	case MSG_PEER:	    r = take_peer(p, m); break;
	case MSG_SOURCES:   r = give_sources(p, m); break;
	case MSG_NAMESPACE: r = give_namespace(p, m); break;
	case MSG_BLOCK:	    r = block_for_master(p, m); break;
	case MSG_HAND:	    r = by_hand(p, m); break;
	case MSG_BUDGET:    r = budget_for_master(p, m); break;
	case MSG_PREPARE:   r = priv_prepare(p, m); break;
	case MSG_COMMIT:    r = priv_commit(p); break;
	case MSG_RING:	    r = give_ring(p, m); break;
	case MSG_STOP:	    r = stop(p); break;
	}
	close_fd(&m->fd);
	return r;
}

int priv_main(void)
{
	static struct priv p;
	sigset_t child;

	role_begin(&p.role, "priv", from_master, &p);
	p.guests = (struct peer){ .name = "guests", .fd = -1, .kin = true, .handle = from_guests, .owner = &p };
	p.recorder = (struct peer){ .name = "recorder", .fd = -1, .kin = true, .handle = from_recorder,
				    .gone = recorder_gone, .owner = &p };
	for (uint32_t i = 0; i < MAX_HONEYPOTS; i++)
		p.guest[i] = nobody;
	p.next.fd = -1;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);	/* as sd_event_add_child() wants it */
	set_up(&p);
	if (sd_event_add_time_relative(p.role.loop, &p.sweep, CLOCK_MONOTONIC, SWEEP_US, 10000, sweep, &p) < 0)
		die("timer");
	role_confine(&p.role, &(struct sandbox){
		.caps = 1ULL << CAP_NET_ADMIN | 1ULL << CAP_SYS_ADMIN | 1ULL << CAP_SETUID | 1ULL << CAP_SETGID |
			1ULL << CAP_SETPCAP | 1ULL << CAP_KILL | 1ULL << CAP_CHOWN,
	});
	if (sd_event_add_time_relative(p.role.loop, NULL, CLOCK_MONOTONIC, COUNT_US, 10000, count_due, &p) < 0 ||
	    sd_event_add_time_relative(p.role.loop, NULL, CLOCK_MONOTONIC, LOOK_US, 10000, look_at_guests, &p) < 0)
		die("timer");
	budgets_open(&p.budgets);
	advance(&p, PHASE_RUN);
	peer_say(&p.role.master, MSG_READY, NULL, -1);
	return role_loop(&p.role);
}
