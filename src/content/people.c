/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who works with this honeypot: those its image has, those of its weaknesses, an administrator, a colleague. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "model/honeynet.h"
#include "past.h"

static const char *const first_names[] = {
	"Alma", "Anton", "Bela", "Bruno", "Carla", "Cedric", "Dana", "Dirk", "Edda", "Elias", "Fenna", "Georg", "Greta", "Hugo",
	"Ines", "Ivo", "Jana", "Jonas", "Karla", "Kjell", "Lena", "Lorenz", "Maja", "Milan", "Nadia", "Nils", "Olga", "Otto",
	"Paula", "Pelle", "Rahel", "Ruben", "Sanna", "Simon", "Tessa", "Tomas", "Ulla", "Victor", "Wanda", "Yannis",
};
static const char *const last_names[] = {
	"Abel", "Aldous", "Bergman", "Bosch", "Carver", "Castell", "Dahl", "Dorn", "Ekholm", "Fabry", "Falk", "Garner", "Grimm",
	"Haller", "Hobbs", "Ibsen", "Jansen", "Kempe", "Koller", "Lang", "Lund", "Marek", "Moss", "Nagel", "Norman", "Oster",
	"Palm", "Petri", "Quast", "Rask", "Rowe", "Sandell", "Stroud", "Thorn", "Unger", "Vance", "Vogel", "Wirth", "Wolff", "Zeller",
};

/* How the company makes a login of a name. */
static void make_login(struct person *w, uint32_t style)
{
	char *at = w->login;

	switch (style) {
	case 0:
		snprintf(w->login, sizeof(w->login), "%c%s", w->first[0], w->last);
		break;
	case 1:
		snprintf(w->login, sizeof(w->login), "%s", w->first);
		break;
	default:
		snprintf(w->login, sizeof(w->login), "%s.%s", w->first, w->last);
	}
	for (; *at; at++)
		*at = (char)(*at >= 'A' && *at <= 'Z' ? *at + 32 : *at);
}

/* The offices are in a network beside the servers'. */
static void give_addresses(struct past *p, struct person *w, struct dice *d)
{
	struct dice office = dice_for(p->of->seed, "office", 0);
	uint32_t net = p->of->net->network >> 16, third = dice_within(&office, 20, 40);

	if (third == (p->of->net->network >> 8 & 0xff))
		third++;
	snprintf(w->office, sizeof(w->office), "%u.%u.%u.%u", net >> 8, net & 0xff, third, dice_within(d, 21, 190));
	past_address(d, w->abroad);
}

static void give_key(struct person *w, struct dice *d)
{
	uint8_t seed[32];
	_text_ struct text unused = { 0 };

	dice_bytes(d, seed, sizeof(seed));
	unused = key_make(seed, "", w->print, w->key);
}

static void settle(struct past *p, struct person *w)
{
	struct dice d = dice_for(p->of->seed, w->login, 0);

	give_addresses(p, w, &d);
	give_key(w, &d);
}

/* --- those of the image ----------------------------------------------------------------------- */

static void copy_span(char *to, size_t size, struct span s)
{
	snprintf(to, size, "%.*s", (int)s.len, s.at);
}

static bool is_somebody(struct span line)
{
	struct span shell = facts_field(line, 6);
	uint32_t uid = facts_number(facts_field(line, 2));

	return uid >= 1000 && uid < 60000 && shell.len > 2 && !memcmp(shell.at + shell.len - 2, "sh", 2);
}

static void take_image(struct past *p)
{
	struct span left = facts_text(&p->facts, "/etc/passwd"), line;

	while (p->n_people < PEOPLE_MAX - 3 && facts_next(&left, &line)) {
		struct person *w = &p->person[p->n_people];

		if (!is_somebody(line))
			continue;
		*w = (struct person){ .uid = facts_number(facts_field(line, 2)), .gid = facts_number(facts_field(line, 3)),
				      .since_s = p->born_s };
		copy_span(w->login, sizeof(w->login), facts_field(line, 0));
		copy_span(w->words, sizeof(w->words), facts_field(line, 4));
		copy_span(w->home, sizeof(w->home), facts_field(line, 5));
		settle(p, w);
		p->n_people++;
	}
}

/* --- new ones --------------------------------------------------------------------------------- */

static const struct person *by_login(const struct past *p, const char *login)
{
	for (size_t i = 0; i < p->n_people; i++)
		if (!strcmp(p->person[i].login, login))
			return &p->person[i];
	return NULL;
}

/* above() - @n, or what is one more than the highest number of a table's people */
static uint32_t above(struct span table, uint32_t n)
{
	struct span line;

	while (facts_next(&table, &line)) {
		uint32_t number = facts_number(facts_field(line, 2));

		n = number >= n && number < 60000 ? number + 1 : n;
	}
	return n;
}

/* Of users and groups, those without a shell too. */
static uint32_t free_number(const struct past *p)
{
	uint32_t n = above(facts_text(&p->facts, "/etc/group"), above(facts_text(&p->facts, "/etc/passwd"), 1000));

	for (size_t i = 0; i < p->n_people; i++)
		n = p->person[i].uid >= n ? p->person[i].uid + 1 : n;
	return n;
}

static void add_person(struct past *p, struct person w)
{
	w.ours = true;
	w.uid = free_number(p);
	w.gid = w.gid ? w.gid : w.uid;
	snprintf(w.home, sizeof(w.home), "/home/%s", w.login);
	settle(p, &w);
	p->person[p->n_people++] = w;
}

static void hire(struct past *p, uint32_t style, const char *what, struct person w)
{
	struct dice d = dice_for(p->of->seed, what, 0);

	do {
		snprintf(w.first, sizeof(w.first), "%s", dice_pick(&d, first_names));
		snprintf(w.last, sizeof(w.last), "%s", dice_pick(&d, last_names));
		make_login(&w, style);
	} while (by_login(p, w.login) || facts_line(&p->facts, "/etc/passwd", w.login).len);
	snprintf(w.words, sizeof(w.words), "%s %s", w.first, w.last);
	add_person(p, w);
}

/* Accounts of weaknesses that no image has are made here; those there are get their secret below. */
static void take_accounts(struct past *p)
{
	for (size_t i = 0; i < p->facts.n_accounts && p->n_people < PEOPLE_MAX - 2; i++) {
		const struct fact_account *a = &p->facts.account[i];
		struct person w = { .gid = strcmp(a->group, "-") ? past_group(p, a->group) : 0, .since_s = p->born_s };

		if (by_login(p, a->name))
			continue;
		snprintf(w.login, sizeof(w.login), "%s", a->name);
		snprintf(w.words, sizeof(w.words), "%s", a->words);
		add_person(p, w);
	}
}

void people_choose(struct past *p)
{
	struct dice d = dice_for(p->of->seed, "people", 0);
	uint32_t style = dice_below(&d, 3);
	int64_t later = p->born_s + (int64_t)dice_within(&d, 5, 60) * DAY_S;

	take_image(p);
	take_accounts(p);
	hire(p, style, "administrator", (struct person){ .admin = true, .since_s = p->born_s });
	hire(p, style, "colleague", (struct person){ .since_s = later < p->end_s ? later : p->born_s });
}
