/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep snapshot - disks of honeypots, as they were at some time: kept, listed, put back, removed. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/control.h"
#include "cli/options.h"
#include "cli/out.h"
#include "cli/pot.h"
#include "cli/state.h"
#include "guest/snapshot.h"
#include "report/stamp.h"
#include "report/table.h"

/* complain() - CLI_FAILED */
static int complain(const char *what, const char *why)
{
	log_error("%s: %s", what, why);
	return CLI_FAILED;
}

static bool runs(void)
{
	_fd_ int control = control_open();

	return control >= 0;
}

/* --- keep ------------------------------------------------------------------------------------- */

static int keep(const struct pot_disk *d, const char *label)
{
	_fd_ int folder = snapshot_folder(state_dir(), d->pot);
	bool stands = runs() && pot_ask(d->pot, POT_STILL) == 0;
	struct snapshot s;
	int r = folder;

	if (r >= 0)
		r = snapshot_take(folder, &(struct snapshot_of){ d->disk, d->image, label, now_us() }, &s);
	if (stands)
		pot_ask(d->pot, POT_THAW);
	if (r < 0)
		return complain(d->pot, r == -ENAMETOOLONG ? "its label is too long" : strerror(-r));
	printf("%s\n", s.id);
	return CLI_OK;
}

/* --- list ------------------------------------------------------------------------------------- */

struct listing {
	bool json;
	struct text *text;	/* its lines, if so */
	struct table *table;
	const char *only;	/* one honeypot, or NULL */
};

static void put_row(const struct listing *l, const char *pot, const struct snapshot *s)
{
	char at[STAMP_TEXT];

	if (l->json) {
		json_t *o = json_pack("{s:s, s:s, s:s, s:I, s:s, s:s}", "honeypot", pot, "id", s->id, "timestamp",
				      stamp_json(s->at_us, at), "bytes", (json_int_t)s->bytes, "label", s->label,
				      "image", s->image);
		_free_ char *line = o ? json_dumps(o, JSON_COMPACT) : NULL;

		json_decref(o);
		text_addf(l->text, "%s\n", line ? line : "{}");
		return;
	}
	table_adds(l->table, pot);
	table_adds(l->table, s->id);
	table_adds(l->table, stamp_text(s->at_us, at));
	table_addu(l->table, s->bytes >> 20);
	table_adds(l->table, *s->label ? s->label : "-");
}

static int of_one(void *arg, const char *pot)
{
	const struct listing *l = arg;
	_free_ struct snapshot *s = NULL;
	_fd_ int folder = -1;
	size_t n = 0;
	int r;

	if (l->only && strcasecmp(l->only, pot))
		return 0;
	r = folder = snapshot_folder(state_dir(), pot);
	if (r >= 0)
		r = snapshot_list(folder, &s, &n);
	for (size_t i = 0; i < n; i++)
		put_row(l, pot, &s[i]);
	return r;
}

static int list(const char *pot, bool json)
{
	static const char *const head[] = { "HONEYPOT", "ID", "TAKEN", "MB", "LABEL" };
	_table_ struct table table = { .columns = nitems(head), .right = BIT(3), .whole = BIT(1) };
	_free_ char *all = state_path(SNAPSHOTS);
	_fd_ int dir = open(all, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_text_ struct text t = { 0 };
	struct listing l = { json, &t, &table, pot };
	int r;

	for (size_t i = 0; i < nitems(head); i++)
		table_adds(&table, head[i]);
	r = dir >= 0 ? folder_each(dir, of_one, &l) : errno == ENOENT ? 0 : -errno;
	if (r < 0)
		return complain(all, strerror(-r));
	if (!json && table_rows(&table) > 1)
		table_put(&table, &t);
	else if (!json)
		text_add(&t, "no snapshots\n");
	return out_all(&t, CLI_OK);
}

/* --- put back, remove ------------------------------------------------------------------------- */

static int restore(const struct pot_disk *d, int folder, const struct snapshot *s)
{
	int r;

	if (strcmp(s->image, d->image))
		return complain(s->id, "it was taken over another image than the honeypot has now, so it cannot be put back "
				"(its files: skep diff)");
	r = snapshot_restore(folder, s, d->disk);
	if (r < 0)
		return complain(s->id, strerror(-r));
	if (!runs()) {
		printf("%s begins with it at the next `skep up`\n", d->pot);
		return CLI_OK;
	}
	r = (int)pot_ask(d->pot, POT_RESET);
	if (r)
		return complain(d->pot, strerror(r));
	printf("%s starts with it; the disk it had is kept\n", d->pot);
	return CLI_OK;
}

static int with_one(const struct pot_disk *d, const char *back, const char *gone)
{
	_fd_ int folder = snapshot_folder(state_dir(), d->pot);
	struct snapshot s;
	int r = folder < 0 ? folder : snapshot_find(folder, back ? back : gone, &s);

	if (r < 0)
		return complain(back ? back : gone, r == -ENOENT ? "there is no such snapshot: skep snapshot --list" :
				r == -EBADMSG ? "what is written about it cannot be read" : strerror(-r));
	if (back)
		return restore(d, folder, &s);
	r = snapshot_remove(folder, &s);
	return r < 0 ? complain(gone, strerror(-r)) : CLI_OK;
}

int verb_snapshot(int argc, char **argv)
{
	bool json = false, all = false;
	const char *label = "", *back = NULL, *gone = NULL;
	const struct cli_option options[] = {
		{ "json", 0, .flag = &json }, { "list", 0, .flag = &all }, { "label", 0, .word = &label },
		{ "restore", 0, .word = &back }, { "remove", 0, .word = &gone }, { 0 }
	};
	int r = cli_options(&argc, &argv, "snapshot", options);
	struct pot_disk d;

	if (r >= 0)
		return r;
	if (argc > 1 || (argc < 1 && !all) || all + !!back + !!gone > 1 || (json && !all) || (*label && (all || back || gone)))
		return cli_wrong("snapshot", NULL);
	if (all)	/* also of one that was removed */
		return list(argc ? argv[0] : NULL, json);
	r = pot_disk_find(argv[0], &d);
	if (r < 0)
		return complain(argv[0], pot_disk_error(r));
	return back || gone ? with_one(&d, back, gone) : keep(&d, label);
}
