/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The company's mail: what lies in its people's boxes, and what the mail server's log says of it. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "past.h"

enum { BOX_DAYS = 40 };

static const struct { const char *subject, *words; } letters[] = {
	{ "Fixture for line 4", "Hello %s,\n\nthe fixture came back from grinding and is two hundredths over on the left stop.\n"
				"Can you have it on the bench tomorrow? The customer fetches it on Thursday.\n" },
	{ "Re: quotation 2231", "Hello %s,\n\nthe price holds until the end of the month. Delivery in nine working days if the\n"
				"drawing is released this week.\n" },
	{ "shift plan", "Hello %s,\n\nnight shift is short of one man from Monday on. Please say who can change.\n" },
	{ "server room", "Hello %s,\n\nthe air conditioning was serviced. It drips; I put a bucket under it and wrote the date on\n"
			 "the door. The password list is where it always was.\n" },
	{ "invoice 10488", "Dear %s,\n\nplease find our invoice for carbide inserts in the attachment. We ask for payment within\n"
			   "thirty days.\n" },
	{ "visit on Friday", "Hello %s,\n\nthree visitors from the school on Friday at ten. Safety shoes are in the porter's room.\n" },
	{ "Re: mailbox is full", "%s,\n\nI have raised it. Please put the drawings on the share and not into letters, each one lies\n"
				 "here six times.\n" },
	{ "backup", "%s,\n\nlast night's copy did not finish. I have started it again by hand, it should be done at noon.\n" },
	{ "stocktaking", "Hello %s,\n\nstocktaking is on the last Friday as always. Count what lies on the floor, too.\n" },
	{ "your question about the die", "Hello %s,\n\nset 4471 is in the drawer with the blue label. The drawing is older than the\n"
					 "tool; measure before you order.\n" },
};
static const char *const outside[] = { "kestrel-metals.example", "northquay.example", "abel-and-sons.example", "linden-supply.example",
				       "oldmill-press.example" };
static const char *const senders[] = { "orders", "office", "m.keller", "sales", "j.park", "accounts", "dispatch", "r.santos" };

struct letter {
	char from[96], to[LOGIN_SIZE], relay[16], id[16], host[64];
	int64_t at_s;
	uint32_t what;
	bool inside;
};

struct post {
	struct past *p;
	struct lines log;
	struct text box[PEOPLE_MAX];
	int64_t last_s[PEOPLE_MAX];
};

/* As sendmail numbers its queue: year, month, day, hour, minute and second by a letter each, two more, the process. */
static void make_id(const struct past *p, struct dice *d, const struct letter *m, char ret[16])
{
	static const char signs[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwx";
	time_t at = (time_t)m->at_s;
	struct tm tm;

	gmtime_r(&at, &tm);
	snprintf(ret, 16, "%c%c%c%c%c%c%c%c%06u", signs[tm.tm_year % 60], signs[tm.tm_mon], signs[tm.tm_mday], signs[tm.tm_hour],
		 signs[tm.tm_min], signs[tm.tm_sec % 60], signs[dice_below(d, 60)], signs[dice_below(d, 60)],
		 past_pid(p, m->at_s) % 1000000);
}

static struct letter some_letter(struct past *p, int64_t day, struct dice *d)
{
	struct letter m = { .at_s = day * DAY_S + dice_within(d, 6 * 3600 + 900, 18 * 3600), .inside = dice_below(d, 3) == 0 };
	const struct person *w = &p->person[dice_below(d, (uint32_t)p->n_people)];

	snprintf(m.to, sizeof(m.to), "%s", p->person[dice_below(d, (uint32_t)p->n_people)].login);
	snprintf(m.host, sizeof(m.host), "%s", dice_pick(d, outside));
	if (m.inside)
		snprintf(m.from, sizeof(m.from), "%s@meridian-tool.example", w->login);
	else
		snprintf(m.from, sizeof(m.from), "%s@%s", dice_pick(d, senders), m.host);
	if (m.inside)
		memcpy(m.relay, w->office, sizeof(m.relay));
	else
		past_address(d, m.relay);
	m.what = dice_below(d, nitems(letters));
	make_id(p, d, &m, m.id);
	return m;
}

static void add_to_box(struct post *o, const struct letter *m)
{
	struct past *p = o->p;
	struct text *t = NULL;

	for (size_t i = 0; i < p->n_people; i++) {
		if (strcmp(p->person[i].login, m->to))
			continue;
		t = &o->box[i];
		o->last_s[i] = m->at_s;
	}
	if (!t)
		return;
	text_addf(t, "From %s  ", m->from);
	past_stamp(t, "%a %b %e %H:%M:%S %Y\n", m->at_s);
	text_addf(t, "Return-Path: <%s>\nReceived: from %s ([%s])\n\tby mail.meridian-tool.example with ESMTP id %s\n"
		     "\tfor <%s@meridian-tool.example>; ", m->from, m->inside ? "pc" : m->host, m->relay, m->id, m->to);
	past_stamp(t, "%a, %d %b %Y %H:%M:%S +0000\n", m->at_s);
	past_stamp(t, "Date: %a, %d %b %Y %H:%M:%S +0000\n", m->at_s - 3);
	text_addf(t, "From: %s\nTo: %s@meridian-tool.example\nSubject: %s\nMessage-Id: <%s@%s>\n\n", m->from, m->to,
		  letters[m->what].subject, m->id, m->inside ? "mail.meridian-tool.example" : m->host);
	for (const char *w = letters[m->what].words; *w; w++) {
		if (w[0] != '%' || w[1] != 's') {
			text_addc(t, *w);
			continue;
		}
		text_add(t, m->to);
		w++;
	}
	text_add(t, "\n");
}

static void log_letter(struct post *o, const struct letter *m)
{
	struct past *p = o->p;
	uint32_t pid = past_pid(p, m->at_s), size = 600 + (uint32_t)strlen(letters[m->what].words) * 2;
	char tag[32], next[32];

	if (m->at_s < p->log_s)
		return;
	snprintf(tag, sizeof(tag), "sm-mta[%u]", pid);
	snprintf(next, sizeof(next), "sm-mta[%u]", pid + 1);
	lines_say(p, &o->log, m->at_s, tag,
		"%s: from=<%s>, size=%u, class=0, nrcpts=1, msgid=<%s@%s>, proto=ESMTP, daemon=MTA, relay=%s [%s]", m->id, m->from, size,
		m->id, m->inside ? "mail.meridian-tool.example" : m->host, m->inside ? "pc" : m->host, m->relay);
	lines_say(p, &o->log, m->at_s + 1, next,
		"%s: to=<%s@meridian-tool.example>, delay=00:00:01, xdelay=00:00:00, mailer=local, pri=%u, dsn=2.0.0, stat=Sent", m->id,
		m->to, 30000 + size);
}

/* Whom it is no relay for. */
static void log_refused(struct post *o, int64_t day, struct dice *d)
{
	struct past *p = o->p;
	int64_t at = day * DAY_S + dice_below(d, DAY_S - 900);
	char tag[32], from[16], id[16];
	const char *domain = dice_pick(d, outside);
	struct letter m = { .at_s = at };

	past_address(d, from);
	make_id(p, d, &m, id);
	snprintf(tag, sizeof(tag), "sm-mta[%u]", past_pid(p, at));
	if (at >= p->log_s && at < p->end_s - 60)
		lines_say(p, &o->log, at, tag,
			"%s: ruleset=check_rcpt, arg1=<test@%s>, relay=[%s], reject=550 5.7.1 <test@%s>... Relaying denied", id,
			domain, from, domain);
}

static void post_day(struct post *o, int64_t day)
{
	struct dice d = dice_for(o->p->of->seed, "letters", (uint64_t)day);

	for (uint32_t n = past_is_weekend(day) ? 1 : dice_within(&d, 2, 9); n; n--) {
		struct letter m = some_letter(o->p, day, &d);

		if (m.at_s > o->p->end_s - 60)
			continue;
		if (dice_below(&d, 3) == 0)	/* the others were read and put away */
			add_to_box(o, &m);
		log_letter(o, &m);
	}
	for (uint32_t n = dice_below(&d, 3); n; n--)
		log_refused(o, day, &d);
}

static void post_days(struct post *o)
{
	if (!facts_package(&o->p->facts, "sendmail-bin"))
		return;
	for (int64_t day = past_day(o->p->end_s) - BOX_DAYS; day <= past_day(o->p->end_s); day++)
		post_day(o, day);
}

/* syslog has it, too. */
void mail_says(struct past *p, struct lines *syslog)
{
	struct post o = { .p = p, .log = *syslog };

	post_days(&o);
	*syslog = o.log;
	for (size_t i = 0; i < p->n_people; i++)
		text_fini(&o.box[i]);
}

void mail_make(struct past *p)
{
	struct post o = { .p = p };

	post_days(&o);
	lines_put(p, &o.log, "/var/log/mail.log", (struct put_as){ .mode = 0640, .gid = past_group(p, "adm") });
	for (size_t i = 0; i < p->n_people; i++) {
		_free_ char *path = xasprintf("/var/mail/%s", p->person[i].login);

		if (o.box[i].len)
			past_file(p, path, (struct put_as){ 0660, p->person[i].uid, past_group(p, "mail"), o.last_s[i] }, &o.box[i]);
		text_fini(&o.box[i]);
	}
}
