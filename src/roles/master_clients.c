/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control socket: what root asks the master for, over `skep VERB`. Only root may connect. */
#include "master.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/mem.h"
#include "policy/policy.h"

static int say_status(struct client *c)
{
	_text_ struct text t = { 0 };

	master_status(c->all, &t);
	peer_say(&c->peer, MSG_STATUS, &t, -1);
	return 0;
}

/* A pair: one end for the client, one for guests, who copies between it and the console. */
static int attach(struct client *c, struct msg *msg)
{
	struct master *m = c->all;
	uint16_t i = get_u16(&msg->body);
	_text_ struct text t = { 0 };
	_fd_ int ours = -1, theirs = -1;
	int pair[2];

	if (msg->body.bad || i >= m->plan->net.n_honeypots)
		return -EBADMSG;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		return -errno;
	ours = pair[0];
	theirs = pair[1];
	put_u16(&t, i);
	peer_say(&m->child[ROLE_GUESTS].peer, MSG_CONSOLE, &t, theirs);
	peer_say(&c->peer, MSG_ATTACH, NULL, ours);
	return 0;
}

static int ask_namespace(struct client *c, struct msg *msg)
{
	_text_ struct text t = { 0 };
	uint8_t place = get_u8(&msg->body);

	if (msg->body.bad || place >= PLACES)
		return -EBADMSG;
	c->wants = place;
	put_u8(&t, place);
	peer_say(&c->all->child[ROLE_PRIV].peer, MSG_NAMESPACE, &t, -1);
	return 0;
}

/* What an administrator does: his own words, numbered and dated by us. */
static int on_admin(struct client *c, struct msg *msg)
{
	struct event e;

	if (event_unpack(msg->body, &e) < 0 || (e.kind != EV_ADMIN && e.kind != EV_SELFTEST) || e.honeypot != -1)
		return -EBADMSG;
	master_tell(c->all, &e);
	if (e.kind == EV_SELFTEST)
		nightly_told(c->all);
	peer_say(&c->peer, MSG_ADMIN, NULL, -1);
	return 0;
}

static int set_guard_mode(struct client *c, struct msg *msg)
{
	static const char *const states[] = { [GUARD_DRY_RUN] = "dry run", [GUARD_ON] = "turned on", [GUARD_OFF] = "turned off" };
	uint8_t mode = get_u8(&msg->body);

	if (msg->body.bad || mode > GUARD_OFF)
		return -EBADMSG;
	c->all->guard.mode = mode;
	master_tell_role(c->all, ROLE_GUARD, states[mode], "by the administrator");
	role_brief_guard(c->all);
	peer_say(&c->peer, MSG_GUARD_MODE, NULL, -1);
	return 0;
}

/* Looked at here already: the recorder would take nonsense from us for our end. */
static int set_objectives(struct client *c, struct msg *msg)
{
	struct master *m = c->all;
	struct span packed = get_span(&msg->body, cursor_left(&msg->body));
	_free_ struct objectives *o = xcalloc(1, sizeof(*o));

	if (msg->body.bad || objectives_unpack(packed, o) < 0)
		return -EBADMSG;
	text_clear(&m->objectives);
	text_addn(&m->objectives, packed.at, packed.len);
	role_brief_recorder(m);
	peer_say(&c->peer, MSG_OBJECTIVES, NULL, -1);
	return 0;
}

static int say_error(struct client *c, const char *words)
{
	_text_ struct text t = { 0 };

	text_add(&t, words);
	peer_say(&c->peer, MSG_ERROR, &t, -1);
	return 0;
}

static int ask_block(struct client *c, struct msg *msg)
{
	_text_ struct text t = { 0 };

	c->blocks.address = get_number(&msg->body);
	c->blocks.prefix = get_u32(&msg->body);
	c->block_s = get_u32(&msg->body);
	if (msg->body.bad || !policy_blocked_set(&c->blocks))
		return -EBADMSG;
	put_number(&t, c->blocks.address);
	put_u32(&t, c->blocks.prefix);
	put_u32(&t, c->block_s);
	peer_say(&c->all->child[ROLE_PRIV].peer, MSG_BLOCK, &t, -1);
	return 0;
}

static int ask_hand(struct client *c, struct msg *msg)
{
	struct by_hand *h = &c->by_hand;
	_text_ struct text t = { 0 };

	*h = (struct by_hand){ .asked = true, .what = get_u8(&msg->body) };
	h->network.address = get_number(&msg->body);
	h->network.prefix = get_u32(&msg->body);
	if (msg->body.bad || h->what >= HANDS || (h->what >= HAND_FENCE && (!h->network.prefix || h->network.prefix > 128)))
		return -EBADMSG;
	put_u8(&t, h->what);
	put_number(&t, h->network.address);
	put_u32(&t, h->network.prefix);
	peer_say(&c->all->child[ROLE_PRIV].peer, MSG_HAND, &t, -1);
	return 0;
}

static int ask_budget(struct client *c, struct msg *msg)
{
	_text_ struct text t = { 0 };

	budget_set_get(&msg->body, &c->budget);
	if (msg->body.bad || !budget_set_sound(&c->budget, &c->all->plan->net))
		return -EBADMSG;
	c->asks_budget = true;
	budget_set_put(&c->budget, &t);
	peer_say(&c->all->child[ROLE_PRIV].peer, MSG_BUDGET, &t, -1);
	return 0;
}

static int ask_deed(struct client *c, struct msg *msg)
{
	_text_ struct text t = { 0 };
	uint16_t i = get_u16(&msg->body);
	uint8_t deed = get_u8(&msg->body);

	if (msg->body.bad || i >= c->all->plan->net.n_honeypots || deed >= POT_DEEDS)
		return -EBADMSG;
	c->pot = i;
	c->deed = deed;
	put_u16(&t, i);
	put_u8(&t, deed);
	peer_say(&c->all->child[ROLE_GUESTS].peer, MSG_POT, &t, -1);
	return 0;
}

static int say_plan(struct client *c)
{
	peer_say(&c->peer, MSG_PLAN, NULL, c->all->plan_fd);
	return 0;
}

/* say_reload() - @not: why it cannot be; NULL it is so */
static void say_reload(struct client *c, const char *not)
{
	_text_ struct text t = { 0 };

	put_u32(&t, not ? EBUSY : 0);
	text_add(&t, not ? not : "");
	peer_say(&c->peer, MSG_RELOAD, &t, -1);
}

static int ask_reload(struct client *c, struct msg *msg)
{
	uint32_t confirm_s = get_u32(&msg->body);
	const char *not;

	if (msg->body.bad)
		return -EBADMSG;
	not = msg->fd < 0 ? "no plan came" : reload_begin(c->all, c->uid, confirm_s, &msg->fd);
	c->reloads = !not;
	if (not)
		say_reload(c, not);
	return 0;
}

/* Who asked for it, and what became of it. */
static void tell_deed(struct master *m, uid_t uid, struct event e, uint32_t error)
{
	const struct passwd *who = getpwuid(uid);
	_free_ char *user = who ? xstrdup(who->pw_name) : xasprintf("%u", uid);

	e.kind = EV_ADMIN;
	e.user = span_of(user);
	e.state = span_of(error ? "refused" : "done");
	if (!e.reason.len && error)
		e.reason = span_of(strerror((int)error));
	master_tell(m, &e);
}

static int ask_confirm(struct client *c, struct msg *msg)
{
	static const char args[] = "reload\0--confirm";
	uint8_t back = get_u8(&msg->body);
	const char *not;

	if (msg->body.bad || back > 1)
		return -EBADMSG;
	if (back) {
		not = reload_back(c->all, c->uid, "taken back, as was asked");
		c->reloads = !not;
		if (not)
			say_reload(c, not);
		return 0;
	}
	not = reload_confirm(c->all);
	if (!not)
		tell_deed(c->all, c->uid, (struct event){ .honeypot = -1, .args = { args, sizeof(args) } }, 0);
	say_reload(c, not);
	return 0;
}

static int ask_alert(struct client *c, uint16_t type)
{
	struct child *alert = &c->all->child[ROLE_ALERT];

	if (!role_is_wanted(c->all->plan, ROLE_ALERT))
		return say_error(c, "nobody is told anything: the section alert of the honeynet file names no way");
	if (!alert->ready)
		return say_error(c, "the alert process does not run now: see skep status");
	c->asks_alert = type;
	peer_say(&alert->peer, type, NULL, -1);
	return 0;
}

static int from_client(struct peer *p, struct msg *msg)
{
	struct client *c = p->owner;
	int r = -EBADMSG;

	switch (msg->type) {
	case MSG_STATUS:     r = say_status(c); break;
	case MSG_DOWN:	     children_stop(c->all, 0); r = 0; break;
	case MSG_POT:	     r = ask_deed(c, msg); break;
	case MSG_ATTACH:     r = attach(c, msg); break;
	case MSG_NAMESPACE:  r = ask_namespace(c, msg); break;
	case MSG_ADMIN:	     r = on_admin(c, msg); break;
	case MSG_GUARD_MODE: r = set_guard_mode(c, msg); break;
	case MSG_BLOCK:	     r = ask_block(c, msg); break;
	case MSG_HAND:	     r = ask_hand(c, msg); break;
	case MSG_BUDGET:     r = ask_budget(c, msg); break;
	case MSG_OBJECTIVES: r = set_objectives(c, msg); break;
	case MSG_PLAN:	     r = say_plan(c); break;
	case MSG_RELOAD:     r = ask_reload(c, msg); break;
	case MSG_SETTLE:    r = ask_confirm(c, msg); break;
	case MSG_ALERT_TEST:
	case MSG_ALERT_STATUS: r = ask_alert(c, msg->type); break;
	}
	close_fd(&msg->fd);
	return r;
}

/* --- what others answer ----------------------------------------------------------------------- */

void clients_give_namespace(struct master *m, uint8_t place, int fd)
{
	for (size_t i = 0; i < MAX_CLIENTS; i++) {
		struct client *c = &m->client[i];

		if (!peer_up(&c->peer) || c->wants != place)
			continue;
		c->wants = -1;
		peer_say(&c->peer, MSG_NAMESPACE, NULL, fd);
	}
}

static void tell_block(struct client *c, uint32_t e)
{
	_text_ struct text args = { 0 };
	struct addr a = addr_of_number(c->blocks.address);
	char who[NETWORK_TEXT];

	if (c->blocks.prefix == 128)
		addr_text(&a, who);
	else
		network_text(&c->blocks, who);
	text_addf(&args, "%s%c%s%c", c->block_s ? "block" : "unblock", 0, who, 0);
	if (c->block_s)
		text_addf(&args, "for%c%us%c", 0, c->block_s, 0);
	tell_deed(c->all, c->uid, (struct event){ .honeypot = -1, .src = a, .args = { text_str(&args), args.len } }, e);
}

void clients_tell_pot(struct master *m, uint16_t i, uint8_t deed, uint32_t error)
{
	static const char *const verbs[POT_DEEDS] = { "reset", "freeze", "thaw", "freeze" };

	for (size_t k = 0; k < MAX_CLIENTS; k++) {
		struct client *c = &m->client[k];
		_text_ struct text t = { 0 }, args = { 0 };

		if (!peer_up(&c->peer) || c->pot != i || c->deed != deed)
			continue;
		text_addf(&args, "%s%c%s%c", verbs[deed], 0, m->plan->net.honeypot[i].name, 0);
		tell_deed(m, c->uid, (struct event){ .honeypot = -1, .args = { text_str(&args), args.len } }, error);
		c->pot = -1;
		put_u16(&t, i);
		put_u8(&t, deed);
		put_u32(&t, error);
		peer_say(&c->peer, MSG_POT, &t, -1);
		return;		/* one answer for one question */
	}
}

/* It is on record, whether or not who asked for it is still there. */
void clients_tell_reload(struct master *m, const char *file, uint32_t error, struct span words)
{
	_text_ struct text t = { 0 }, args = { 0 };

	text_addf(&args, "reload%c%s%c", 0, file, 0);
	tell_deed(m, m->reload.uid, (struct event){ .honeypot = -1, .args = { text_str(&args), args.len }, .reason = words },
		  error);
	put_u32(&t, error);
	text_addn(&t, words.at, words.len);
	for (size_t i = 0; i < MAX_CLIENTS; i++) {
		struct client *c = &m->client[i];

		if (c->reloads && peer_up(&c->peer))
			peer_say(&c->peer, MSG_RELOAD, &t, -1);
		c->reloads = false;
	}
}

void clients_tell_block(struct master *m, const struct network *who, uint32_t error)
{
	for (size_t i = 0; i < MAX_CLIENTS; i++) {
		struct client *c = &m->client[i];
		_text_ struct text t = { 0 };

		if (!peer_up(&c->peer) || c->blocks.prefix != who->prefix || c->blocks.address != who->address)
			continue;
		tell_block(c, error);
		c->blocks.prefix = 0;
		put_u32(&t, error);
		peer_say(&c->peer, MSG_BLOCK, &t, -1);
		return;		/* one answer for one question */
	}
}

static void hand_words(const struct by_hand *h, struct text *t)
{
	static const char *const verbs[HANDS][2] = {
		[HAND_LOCK] = { "lockdown", "on" }, [HAND_UNLOCK] = { "lockdown", "off" },
		[HAND_FENCE] = { "fence", "add" }, [HAND_UNFENCE] = { "fence", "del" },
	};
	char network[NETWORK_TEXT];

	text_addf(t, "%s%c%s%c", verbs[h->what][0], 0, verbs[h->what][1], 0);
	if (h->what >= HAND_FENCE)
		text_addf(t, "%s%c", network_text(&h->network, network), 0);
}

static bool same_hand(const struct by_hand *a, const struct by_hand *b)
{
	return a->asked && a->what == b->what && a->network.address == b->network.address && a->network.prefix == b->network.prefix;
}

void clients_tell_hand(struct master *m, const struct by_hand *h, uint32_t error)
{
	for (size_t i = 0; i < MAX_CLIENTS; i++) {
		struct client *c = &m->client[i];
		_text_ struct text t = { 0 }, args = { 0 };

		if (!peer_up(&c->peer) || !same_hand(&c->by_hand, h))
			continue;
		hand_words(h, &args);
		tell_deed(m, c->uid, (struct event){ .honeypot = -1, .args = { text_str(&args), args.len } }, error);
		c->by_hand.asked = false;
		put_u32(&t, error);
		peer_say(&c->peer, MSG_HAND, &t, -1);
		return;		/* one answer for one question */
	}
}

static void budget_words(const struct master *m, const struct budget_set *b, struct text *t)
{
	text_addf(t, "budget%c%s%cset%c%s=", 0, m->plan->net.honeypot[b->pot].name, 0, 0, budget_name[b->budget]);
	if (b->own)
		text_addf(t, "%u%s%c", b->limit, b->budget == BUDGET_BYTES ? " MiB" : "", 0);
	else
		text_addf(t, "file%c", 0);
}

static bool same_budget(const struct budget_set *a, const struct budget_set *b)
{
	return a->pot == b->pot && a->budget == b->budget && a->own == b->own && a->limit == b->limit;
}

void clients_tell_budget(struct master *m, const struct budget_set *b, uint32_t error)
{
	for (size_t i = 0; i < MAX_CLIENTS; i++) {
		struct client *c = &m->client[i];
		_text_ struct text t = { 0 }, args = { 0 };

		if (!peer_up(&c->peer) || !c->asks_budget || !same_budget(&c->budget, b))
			continue;
		budget_words(m, b, &args);
		tell_deed(m, c->uid, (struct event){ .honeypot = -1, .args = { text_str(&args), args.len } }, error);
		c->asks_budget = false;
		put_u32(&t, error);
		peer_say(&c->peer, MSG_BUDGET, &t, -1);
		return;		/* one answer for one question */
	}
}

void clients_tell_alert(struct master *m, uint16_t type, struct span said)
{
	_text_ struct text t = { 0 };

	text_addn(&t, said.at, said.len);
	for (size_t i = 0; i < MAX_CLIENTS; i++) {
		struct client *c = &m->client[i];

		if (!peer_up(&c->peer) || c->asks_alert != type)
			continue;
		c->asks_alert = 0;
		peer_say(&c->peer, type, &t, -1);
	}
}

/* --- the socket ------------------------------------------------------------------------------- */

/* Whose it is, as the kernel says; the socket itself is root's. */
static uid_t uid_of(int fd)
{
	struct ucred who = { 0 };
	socklen_t len = sizeof(who);

	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len);
	return who.uid;
}

static int client_comes(sd_event_source *src, int fd, uint32_t events, void *userdata)
{
	struct master *m = userdata;
	_fd_ int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)src, (void)events;
	for (size_t i = 0; client >= 0 && i < MAX_CLIENTS; i++) {
		struct client *c = &m->client[i];

		if (peer_up(&c->peer))
			continue;
		*c = (struct client){ .all = m, .wants = -1, .pot = -1, .uid = uid_of(client) };
		c->peer = (struct peer){ .name = "client", .fd = -1, .handle = from_client, .owner = c };
		peer_open(&c->peer, m->loop, steal_fd(&client));
		return 0;
	}
	return 0;	/* too many: this one is closed */
}

int clients_open(struct master *m)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	_fd_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (snprintf(at.sun_path, sizeof(at.sun_path), "%s/" CONTROL_SOCKET, m->plan->state) >= (int)sizeof(at.sun_path))
		return -ENAMETOOLONG;
	unlink(at.sun_path);	/* `skep up` holds the lock: whoever made it is gone */
	umask(0077);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, MAX_CLIENTS) < 0)
		return -errno;
	m->control = steal_fd(&fd);
	return sd_event_add_io(m->loop, NULL, m->control, EPOLLIN, client_comes, m);
}
