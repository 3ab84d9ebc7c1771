/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * alert - tells findings to people: mail, syslog, webhook.
 *
 * A finding comes from the recorder once it is in the journal, and is acknowledged once it is in our
 * spool; whoever dies, it is in one of the two, and its number tells a second copy. From the spool it
 * goes into a message (alert/gather.h), and each way is tried until it succeeds or three days are over.
 *
 * The only role that opens connections to elsewhere. So it has no capability, a user of its own, and
 * as root the folder with its spool and what libcurl reads: resolver's files and certificates, copied
 * there by `skep up`.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "alert/gather.h"
#include "alert/send.h"
#include "alert/spool.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "roles.h"
#include "run/role.h"
#include "run/sandbox.h"

enum {
	TEST = 0,			/* token of the test; no message has it */
	NAP_US = 60 * 1000 * 1000,
	LAST_TRY_US = 3 * 1000 * 1000,	/* what is open at the end may take so long */
};

struct alert {
	struct role role;
	struct peer recorder;
	const struct alert_conf *conf;
	struct login secret;
	struct spool *spool;
	struct gather gather;
	struct sender *sender;
	sd_event_source *timer;
	struct { uint64_t sent, failed, sent_us, failed_us; char words[SEND_WORDS]; } stat[WAYS];
	struct { unsigned waits, failed; char words[WAYS][SEND_WORDS]; } test;
	struct message message;		/* the one in hand */
	bool stopping;
};

static unsigned ways(const struct alert *a)
{
	unsigned r = 0;

	for (int w = 0; w < WAYS; w++)
		r |= way_wanted(a->conf, w) ? BIT(w) : 0;
	return r;
}

bool alert_wanted(const struct plan *p)
{
	const struct alert_conf *c = &p->net.alert;

	return c->mail_to[0] || c->syslog[0] || c->webhook[0];
}

/* --- trying ----------------------------------------------------------------------------------- */

static void arm(struct alert *a)
{
	uint64_t now = now_us(), at = gather_due(&a->gather);

	for (size_t i = 0; i < spool_count(a->spool); i++)
		for (int w = 0; w < WAYS; w++) {
			const struct delivering *d = &spool_at(a->spool, i)->way[w];

			if (d->state == TO_DO && !sender_busy(a->sender, w) && d->next_us < at)
				at = d->next_us;
		}
	/* The clock may be set: we look at it once in a while, whatever it said. */
	sd_event_source_set_time_relative(a->timer, at <= now ? 0 : at - now < NAP_US ? at - now : NAP_US);
	sd_event_source_set_enabled(a->timer, SD_EVENT_ONESHOT);
}

/* What we could not tell is at least on record. */
static void tell_given_up(struct alert *a, enum way w, uint64_t id)
{
	_free_ char *words = xasprintf("message %" PRIu64 " could not be delivered by %s for %d days: %s", id, way_name(w),
				       GIVE_UP_S / 86400, a->stat[w].words);
	_text_ struct text t = { 0 };

	log_error("%s", words);
	event_pack(&t, &(struct event){ .kind = EV_FINDING, .at_us = now_us(), .honeypot = -1, .code = 1,
					.severity = SEVERITY_WARNING, .reason = span_of("alert not delivered"),
					.state = span_of("once"), .message = span_of(words) });
	peer_say(&a->recorder, MSG_FINDING, &t, -1);
}

static void answer_test(struct alert *a);

static bool busy(const struct alert *a)
{
	for (int w = 0; w < WAYS; w++)
		if (sender_busy(a->sender, w))
			return true;
	return false;
}

static void was_tried(void *arg, uint64_t id, enum way w, bool ok, const char *words)
{
	struct alert *a = arg;
	bool given_up = false;
	int r;

	str_copy(a->stat[w].words, words, sizeof(a->stat[w].words));
	*(ok ? &a->stat[w].sent_us : &a->stat[w].failed_us) = now_us();
	++*(ok ? &a->stat[w].sent : &a->stat[w].failed);
	if (id == TEST) {
		str_copy(a->test.words[w], words, SEND_WORDS);
		a->test.failed |= ok ? 0 : BIT(w);
		a->test.waits &= ~BIT(w);
		answer_test(a);
	} else {
		r = spool_told(a->spool, id, w, ok, now_us(), &given_up);
		if (r < 0)
			die("spool: %s", strerror(-r));
		if (!ok)
			log_warn("%s: message %" PRIu64 ": %s", way_name(w), id, words);
	}
	if (given_up)
		tell_given_up(a, w, id);
	if (ok)
		spool_hurry(a->spool, w);
	if (!a->stopping)
		arm(a);
	else if (!busy(a))
		sd_event_exit(a->role.loop, 0);
}

/* The oldest message that is due by this way. */
static void try_way(struct alert *a, enum way w)
{
	uint64_t now = now_us();

	for (size_t i = 0; i < spool_count(a->spool) && !sender_busy(a->sender, w); i++) {
		const struct spooled *m = spool_at(a->spool, i);
		uint64_t id = m->id;
		int r;

		if (m->way[w].state != TO_DO || m->way[w].next_us > now)
			continue;
		r = spool_read(a->spool, i, &a->message);
		if (r == 0)
			r = sender_try(a->sender, id, w, &a->message, a->role.plan->net.name);
		if (r < 0)
			was_tried(a, id, w, false, strerror(-r));
		return;		/* the timer comes back for the next one */
	}
}

static void finish_message(struct alert *a)
{
	int r;

	if (gather_due(&a->gather) > now_us())
		return;
	if (spool_count(a->spool) == SPOOL_MESSAGES)
		log_error("the spool is full: its oldest message goes untold");
	gather_take(&a->gather, now_us(), &a->message);
	r = spool_put(a->spool, &a->message, ways(a));
	if (r < 0)
		die("spool: %s", strerror(-r));
}

/* At the end: what is being gathered is told now, each way tries one message; the rest stays in the spool. */
static int last_words(struct alert *a)
{
	a->stopping = true;
	a->gather.since_us = a->gather.since_us ? 1 : 0;
	finish_message(a);
	for (int w = 0; w < WAYS; w++)
		if (way_wanted(a->conf, w))
			try_way(a, w);
	if (!busy(a))
		return sd_event_exit(a->role.loop, 0);
	sd_event_source_set_time_relative(a->timer, LAST_TRY_US);
	return sd_event_source_set_enabled(a->timer, SD_EVENT_ONESHOT);
}

static int time_has_come(sd_event_source *src, uint64_t usec, void *userdata)
{
	struct alert *a = userdata;

	(void)src, (void)usec;
	if (a->stopping)
		return sd_event_exit(a->role.loop, 0);
	finish_message(a);
	for (int w = 0; w < WAYS; w++)
		if (way_wanted(a->conf, w))
			try_way(a, w);
	arm(a);
	return 0;
}

/* --- findings --------------------------------------------------------------------------------- */

static void give_again(void *arg, const struct note *n)
{
	struct alert *a = arg;

	gather_give(&a->gather, n, now_us());
}

static int on_finding(struct alert *a, struct msg *m)
{
	_text_ struct text ack = { 0 };
	uint64_t seq = get_u64(&m->body);
	struct event e;
	struct note n;
	int r = 0;

	if (m->body.bad || !seq || event_unpack(m->body, &e) < 0 || e.kind != EV_FINDING)
		return -EBADMSG;
	note_of(&e, &a->role.plan->net, seq, &n);
	if (n.severity < a->conf->least)
		spool_seen(a->spool, &n);
	else
		r = spool_take(a->spool, &n);
	if (r < 0)
		die("spool: %s", strerror(-r));		/* it comes again */
	if (n.severity >= a->conf->least && r == 0)
		gather_give(&a->gather, &n, now_us());
	put_u64(&ack, seq);
	peer_say(&a->recorder, MSG_ACK, &ack, -1);
	arm(a);
	return 0;
}

static int from_recorder(struct peer *peer, struct msg *m)
{
	close_fd(&m->fd);
	return m->type == MSG_FINDING ? on_finding(peer->owner, m) : -EBADMSG;
}

static int take_recorder(struct alert *a, struct msg *m)
{
	_text_ struct text t = { 0 };
	int r = role_take_peer(&a->role, m, ROLE_RECORDER, &a->recorder);

	if (r < 0)
		return r;
	put_u64(&t, spool_last(a->spool));
	put_u64(&t, spool_last_us(a->spool));
	peer_say(&a->recorder, MSG_AFTER, &t, -1);
	return 0;
}

/* --- what `skep alert` asks ------------------------------------------------------------------- */

static void put_way(struct text *t, const struct alert *a, enum way w, const char *comma)
{
	text_addf(t, "%s{\"way\":\"%s\",\"to\":", comma, way_name(w));
	text_json(t, way_goal(a->conf, w), strlen(way_goal(a->conf, w)));
}

static void put_words(struct text *t, const char *words)
{
	text_add(t, ",\"words\":");
	text_json(t, words, strlen(words));
	text_addc(t, '}');
}

static void answer_test(struct alert *a)
{
	_text_ struct text t = { 0 };
	const char *comma = "";

	if (a->test.waits)
		return;
	text_add(&t, "{\"ways\":[");
	for (int w = 0; w < WAYS; w++) {
		if (!way_wanted(a->conf, w))
			continue;
		put_way(&t, a, w, comma);
		text_addf(&t, ",\"delivered\":%s", a->test.failed & BIT(w) ? "false" : "true");
		put_words(&t, a->test.words[w]);
		comma = ",";
	}
	text_add(&t, "]}");
	peer_say(&a->role.master, MSG_ALERT_TEST, &t, -1);
}

static void make_test(struct message *m, const struct honeynet *n)
{
	struct note note = { .at_us = now_us(), .start_us = now_us(), .count = 1, .severity = SEVERITY_INFORMATION,
			     .name = "test", .state = "once" };

	snprintf(note.text, sizeof(note.text), "alerts of the honeynet %s arrive; asked for by skep alert test", n->name);
	*m = (struct message){ .made_us = note.at_us, .severity = note.severity, .n = 1,
			       .entry = { { note, note.at_us, 1 } } };
}

static void begin_test(struct alert *a)
{
	static struct message m;

	if (a->test.waits)
		return;		/* one is under way: its answer is for all who asked */
	memset(&a->test, 0, sizeof(a->test));
	make_test(&m, &a->role.plan->net);
	a->test.waits = ways(a);
	for (int w = 0; w < WAYS; w++) {
		int r = way_wanted(a->conf, w) ? sender_try(a->sender, TEST, w, &m, a->role.plan->net.name) : 0;

		if (r < 0)
			was_tried(a, TEST, w, false, r == -EBUSY ? "a message is just being sent; try again" : strerror(-r));
	}
}

static size_t waiting(const struct alert *a, enum way w)
{
	size_t n = 0;

	for (size_t i = 0; i < spool_count(a->spool); i++)
		n += spool_at(a->spool, i)->way[w].state == TO_DO;
	return n;
}

static void say_status(struct alert *a)
{
	_text_ struct text t = { 0 };
	const char *comma = "";

	text_addf(&t, "{\"gathering\":%u,\"messages\":%zu,\"last_finding\":%" PRIu64 ",\"ways\":[",
		  a->gather.message.n + a->gather.message.more, spool_count(a->spool), spool_last(a->spool));
	for (int w = 0; w < WAYS; w++) {
		if (!way_wanted(a->conf, w))
			continue;
		put_way(&t, a, w, comma);
		text_addf(&t, ",\"waiting\":%zu,\"sent\":%" PRIu64 ",\"failed\":%" PRIu64 ",\"sent_us\":%" PRIu64
			  ",\"failed_us\":%" PRIu64, waiting(a, w), a->stat[w].sent, a->stat[w].failed,
			  a->stat[w].sent_us, a->stat[w].failed_us);
		put_words(&t, a->stat[w].words);
		comma = ",";
	}
	text_add(&t, "]}");
	peer_say(&a->role.master, MSG_ALERT_STATUS, &t, -1);
}

static int from_master(struct peer *peer, struct msg *m)
{
	struct role *role = peer->owner;
	struct alert *a = role->self;
	int r = -EBADMSG;

	switch (m->type) {
	case MSG_PEER:		r = take_recorder(a, m); break;
	case MSG_ALERT_TEST:	begin_test(a); r = 0; break;
	case MSG_ALERT_STATUS:	say_status(a); r = 0; break;
	case MSG_PLAN:		r = role_take_plan(role, m); break;
	case MSG_STOP:		r = last_words(a); break;
	}
	close_fd(&m->fd);
	return r;
}

/* --- start ------------------------------------------------------------------------------------ */

static void open_spool(struct alert *a)
{
	int dirfd = open("spool", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	if (dirfd < 0)
		die("spool: %s", strerror(errno));
	r = spool_open(dirfd, give_again, a, &a->spool);
	if (r < 0)
		die("spool: %s", strerror(-r));
}

int alert_main(void)
{
	static struct alert a;
	_free_ char *root = NULL;
	int r = 0;

	role_begin(&a.role, "alert", from_master, &a);
	a.conf = &a.role.plan->net.alert;
	a.recorder = (struct peer){ .name = "recorder", .fd = -1, .kin = true, .handle = from_recorder, .owner = &a };
	if (a.conf->mail_password[0])
		r = login_read(a.conf->mail_password, &a.secret);
	if (r < 0)
		log_error("%s: %s: mail is sent without a password", a.conf->mail_password,
			  r == -EPERM ? "others may read it" : strerror(-r));
	root = xasprintf("%s/alert", a.role.plan->state);
	role_confine(&a.role, &(struct sandbox){ .uid = SKEP_UID + ROLE_ALERT, .root = root,
						 .unshare = CLONE_NEWNS | CLONE_NEWIPC });
	gather_init(&a.gather, a.conf);
	open_spool(&a);
	a.sender = sender_new(a.role.loop, a.conf, &a.secret, was_tried, &a);
	if (!a.sender ||
	    sd_event_add_time_relative(a.role.loop, &a.timer, CLOCK_MONOTONIC, 0, 1000, time_has_come, &a) < 0)
		die("timer");
	peer_say(&a.role.master, MSG_READY, NULL, -1);
	return role_loop(&a.role);
}
