/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What people have at home: what they typed, notes, the key they come in with. */
#include <string.h>

#include "past.h"

struct typing {
	const struct person *who;
	struct text text;
	int64_t last_s;
};

static void type_command(void *arg, const struct visit *v, int64_t at_s, const char *command)
{
	struct typing *y = arg;

	(void)v;
	text_addf(&y->text, "%s\n", command);
	y->last_s = at_s;
}

struct typist {
	struct past *p;
	struct typing typing;
};

static void type_visit(void *arg, const struct visit *v)
{
	struct typist *t = arg;

	if (v->who == t->typing.who)
		visit_commands(t->p, v, type_command, &t->typing);
}

static void make_history(struct past *p, const struct person *w)
{
	_free_ char *path = xasprintf("%s/.bash_history", w->home);
	struct typist t = { .p = p, .typing = { .who = w } };

	visits_each(p, p->end_s - HISTORY_DAYS * DAY_S, type_visit, &t);
	if (t.typing.text.len)
		past_file(p, path, (struct put_as){ 0600, w->uid, w->gid, t.typing.last_s }, &t.typing.text);
	text_fini(&t.typing.text);
}

static const char *const notes[] = {
	"ask the hall about the label printer on the second floor, it stops at night\n",
	"certificates: ring the provider before the end of the quarter\n",
	"old drawings go to the archive disk, not to the web server\n",
	"monthly numbers: first Tuesday, before nine\n",
	"do not restart while the night shift prints\n",
	"new switch in hall 3: port list is in the blue folder\n",
	"the backup host keeps fourteen days, then it is gone\n",
	"who has the key of the small server room?\n",
	"two invoices came back; wrong address in the template\n",
	"phone list: still the one of last year\n",
};

static void make_notes(struct past *p, const struct person *w)
{
	struct dice d = dice_for(p->of->seed, "notes", w->uid);
	_free_ char *path = xasprintf("%s/notes.txt", w->home);
	uint32_t first = dice_below(&d, nitems(notes)), n = dice_within(&d, 2, 5);
	_text_ struct text t = { 0 };

	for (uint32_t i = 0; i < n; i++)
		text_add(&t, notes[(first + i * 3) % nitems(notes)]);
	past_file(p, path, (struct put_as){ 0644, w->uid, w->gid, past_moment(p, path, w->since_s, p->end_s - 3 * DAY_S) }, &t);
}

static void make_skeleton(struct past *p, const struct person *w)
{
	static const char *const names[] = { ".bashrc", ".profile", ".bash_logout" };

	for (size_t i = 0; i < nitems(names); i++) {
		_free_ char *from = xasprintf("/etc/skel/%s", names[i]), *to = xasprintf("%s/%s", w->home, names[i]);
		struct span s = facts_text(&p->facts, from);
		_text_ struct text t = { 0 };

		text_addn(&t, s.at, s.len);
		if (s.len)
			past_file(p, to, (struct put_as){ 0644, w->uid, w->gid, w->since_s }, &t);
	}
}

static void make_home(struct past *p, const struct person *w)
{
	_free_ char *keys = xasprintf("%s/.ssh/authorized_keys", w->home), *ssh = xasprintf("%s/.ssh", w->home);
	struct dice d = dice_for(p->of->seed, "laptop", w->uid);
	_text_ struct text t = { 0 };
	int64_t since = w->since_s + 600;

	if (w->ours)
		make_skeleton(p, w);
	text_addf(&t, "%s %s@%s%u\n", w->key, w->login, dice_below(&d, 2) ? "nb" : "pc", dice_within(&d, 11, 89));
	past_file(p, keys, (struct put_as){ 0600, w->uid, w->gid, since }, &t);
	make_history(p, w);
	make_notes(p, w);
	past_folder(p, ssh, (struct put_as){ 0700, w->uid, w->gid, since });
	past_folder(p, w->home, (struct put_as){ w->ours ? 0700 : 0755, w->uid, w->gid, past_moment(p, w->home, since, p->end_s) });
}

void homes_make(struct past *p)
{
	for (size_t i = 0; i < p->n_people; i++)
		make_home(p, &p->person[i]);
}
