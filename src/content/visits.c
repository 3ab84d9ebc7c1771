/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When those who work with a honeypot were logged in, and what they typed. Each day is thrown by itself, so what a day
 * had does not change when another one is added.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "past.h"

static const struct task everyday[] = {
	{ false, { "uptime", "df -h" } },
	{ false, { "free -m", "w" } },
	{ false, { "last | head", "ls -la" } },
	{ false, { "cat notes.txt" } },
	{ false, { "ps aux | less", "exit" } },
	{ false, { "ss -tln" } },
	{ true, { "sudo tail -50 /var/log/syslog" } },
	{ true, { "sudo less /var/log/auth.log", "who" } },
	{ true, { "sudo journalctl -p err -n 20" } },
	{ true, { "sudo du -sh /var/log" , "df -h /" } },
	{ true, { "sudo ls -la /var/backups" } },
	{ true, { "sudo crontab -l", "cat /etc/crontab" } },
	{ true, { "sudo systemctl --failed" } },
	{ true, { "sudo ls /root/.ssh" } },
};
static const char *const upgrade[] = { "sudo apt update", "sudo apt list --upgradable", "sudo apt upgrade -y" };

static uint64_t throw_of(int64_t day, size_t who)
{
	return (uint64_t)day * PEOPLE_MAX + who;
}

/* --- visits ----------------------------------------------------------------------------------- */

static bool comes(const struct past *p, const struct person *w, int64_t day, struct dice *d)
{
	uint32_t often = w->admin ? 36 : 14;

	if (day * DAY_S < w->since_s + DAY_S)
		return false;
	return (w->admin && upgrades_on(p, day)) || dice_below(d, 100) < (past_is_weekend(day) ? often / 7 : often);
}

static struct visit visit_at(const struct past *p, const struct person *w, int64_t day, struct dice *d)
{
	struct visit v = { .who = w, .terminal = 0, .dice = throw_of(day, w->uid % PEOPLE_MAX) };

	v.start_s = day * DAY_S + dice_within(d, 7 * 3600 + 1200, 17 * 3600);
	v.from = past_is_weekend(day) || dice_below(d, 5) == 0 ? w->abroad : w->office;
	v.port = dice_within(d, 33000, 60900);
	if (w->admin && upgrades_on(p, day))
		v.start_s = upgrades_s(p, day) - 360;
	v.end_s = v.start_s + dice_within(d, 600, 3000);
	v.pid = past_pid(p, v.start_s) + (w->uid % PEOPLE_MAX) * 40;	/* apart, should two come at once */
	return v;
}

static int by_start(const void *a, const void *b)
{
	const struct visit *x = a, *y = b;

	return x->start_s < y->start_s ? -1 : x->start_s > y->start_s;
}

/* The last of all: he starts the machine again. */
static struct visit last_visit(const struct past *p, const struct person *w)
{
	struct dice d = dice_for(p->of->seed, "the last visit", 0);
	struct visit v = { .who = w, .from = w->abroad, .end_s = p->end_s, .last = true };

	v.start_s = p->end_s - dice_within(&d, 480, 900);
	if (!past_is_weekend(past_day(v.start_s)) && v.start_s % DAY_S > 7 * 3600 && v.start_s % DAY_S < 18 * 3600)
		v.from = w->office;
	v.port = dice_within(&d, 33000, 60900);
	v.pid = past_pid(p, v.start_s);
	v.terminal = 1;
	return v;
}

size_t visits_of(const struct past *p, int64_t day, struct visit ret[VISITS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_people; i++) {
		const struct person *w = &p->person[i];
		struct dice d = dice_for(p->of->seed, w->login, (uint64_t)day);

		if (n < VISITS_MAX - 1 && comes(p, w, day, &d)) {
			ret[n] = visit_at(p, w, day, &d);
			if (ret[n].end_s < p->end_s - 1200)
				n++;
		}
		if (w->admin && day == past_day(p->end_s))
			ret[n++] = last_visit(p, w);
	}
	qsort(ret, n, sizeof(*ret), by_start);
	for (size_t i = 1; i < n; i++)		/* a terminal that nobody has */
		ret[i].terminal = ret[i].start_s < ret[i - 1].end_s ? ret[i - 1].terminal + 1 : 0;
	return n;
}

void visits_each(const struct past *p, int64_t from_s, void (*each)(void *arg, const struct visit *v), void *arg)
{
	struct visit v[VISITS_MAX];

	if (from_s < p->born_s)
		from_s = p->born_s;
	for (int64_t day = past_day(from_s); day <= past_day(p->end_s); day++) {
		size_t n = visits_of(p, day, v);

		for (size_t i = 0; i < n; i++)
			each(arg, &v[i]);
	}
}

/* --- what was typed --------------------------------------------------------------------------- */

struct saying {
	const struct visit *v;
	visit_said *say;
	void *arg;
	struct dice *d;
	int64_t at_s;
};

static void say(struct saying *s, const char *command)
{
	s->at_s += dice_within(s->d, 4, 70);
	if (s->at_s < s->v->end_s - 3)
		s->say(s->arg, s->v, s->at_s, command);
}

static void say_task(struct saying *s, const struct task *t)
{
	for (size_t i = 0; i < nitems(t->command) && t->command[i]; i++)
		if (strcmp(t->command[i], "exit"))
			say(s, t->command[i]);
}

static const struct task *some_task(const struct past *p, struct dice *d)
{
	return p->role->n_tasks && dice_below(d, 5) < 3 ? &p->role->task[dice_below(d, (uint32_t)p->role->n_tasks)] :
							  &everyday[dice_below(d, nitems(everyday))];
}

static void say_tasks(const struct past *p, struct saying *s)
{
	uint32_t n = dice_within(s->d, 1, 4);

	while (n--) {
		const struct task *t = some_task(p, s->d);

		if (!t->root || s->v->who->admin)
			say_task(s, t);
	}
}

static void say_upgrade(struct saying *s, int64_t at_s)
{
	for (size_t i = 0; i < nitems(upgrade); i++) {
		int64_t when = at_s - (int64_t)(nitems(upgrade) - 1 - i) * 45;

		if (when > s->at_s)
			s->at_s = when;
		s->say(s->arg, s->v, s->at_s, upgrade[i]);
	}
}

void visit_commands(const struct past *p, const struct visit *v, visit_said *how, void *arg)
{
	struct dice d = dice_for(p->of->seed, v->last ? "typed last" : "typed", v->dice);
	struct saying s = { v, how, arg, &d, v->start_s };
	int64_t day = past_day(v->start_s);

	if (!v->last && v->who->admin && upgrades_on(p, day))
		say_upgrade(&s, upgrades_s(p, day));
	if (v->last && p->pending_s)
		say_upgrade(&s, p->pending_s);
	if (!v->last)
		say_tasks(p, &s);
	else
		how(arg, v, v->end_s - 4, "sudo reboot");
}
