/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep diff HONEYPOT - what is different on its disk from the image it began with, and from what it was given then.
 *
 * While the honeypot stands still for a moment, image and layer are put together into a file without a name. Others,
 * who may be lost, read that (guest/reader.h); what they say is parsed, and written anew.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/control.h"
#include "cli/given.h"
#include "cli/options.h"
#include "cli/out.h"
#include "cli/pot.h"
#include "cli/state.h"
#include "guest/disk.h"
#include "guest/reader.h"
#include "report/stamp.h"
#include "report/table.h"

/* put_together() - into a file that nobody else can open; it stands still meanwhile, if it runs */
static int put_together(const struct pot_disk *s, int *ret)
{
	_free_ char *folder = state_path("disks");
	_fd_ int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600), control = control_open();
	bool stands = control >= 0 && pot_ask(s->pot, POT_STILL) == 0;
	int r = fd < 0 ? -errno : disk_flatten(s->disk, s->image, fd);

	if (stands)
		pot_ask(s->pot, POT_THAW);
	if (r == 0)
		*ret = steal_fd(&fd);
	return r;
}

/* --- what is told ----------------------------------------------------------------------------- */

static uint64_t number(const json_t *o, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(o, key));

	return n < 0 ? 0 : (uint64_t)n;
}

static void put_row(const json_t *o, struct table *t)
{
	const json_t *f = json_object_get(o, "file"), *differs = json_object_get(o, "differs");
	_text_ struct text what = { 0 };
	char at[STAMP_TEXT];
	json_t *d;
	size_t i;

	json_array_foreach(differs, i, d)
		text_addf(&what, "%s%s", i ? " " : "", json_string_value(d) ? json_string_value(d) : "");
	table_adds(t, control_word(o, "change"));
	table_adds(t, control_word(f, "type"));
	table_adds(t, control_word(f, "mode"));
	table_addu(t, number(f, "uid"));
	table_addu(t, number(f, "size"));
	table_adds(t, stamp_text(number(f, "mtime") * 1000000, at));
	table_adds(t, what.len ? text_str(&what) : "-");
	table_adds(t, control_word(f, "path"));
}

static void make_stamp(json_t *f)
{
	char at[STAMP_TEXT];

	if (f)
		json_object_set_new(f, "mtime", json_string(stamp_json(number(f, "mtime") * 1000000, at)));
}

static void put(json_t *o, struct table *table)
{
	_free_ char *again = NULL;

	if (table) {
		put_row(o, table);
		return;
	}
	make_stamp(json_object_get(o, "file"));
	make_stamp(json_object_get(o, "before"));
	again = json_dumps(o, JSON_COMPACT);
	out_bytes(again, strlen(again));
	out_bytes("\n", 1);
}

/* believe() - one line, unless it was given so; -EBADMSG if it is none of ours */
static int believe(const char *line, size_t n, struct given *given, struct table *table)
{
	json_t *o = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL);
	int r = o && json_is_object(o) ? 0 : -EBADMSG;

	if (r == 0 && given_amend(given, o))
		put(o, table);
	json_decref(o);
	return r;
}

static void tell_removed(struct given *given, struct table *table)
{
	json_t *o;

	while (!out_gone() && (o = given_removed(given))) {
		put(o, table);
		json_decref(o);
	}
}

/* tell() - lines until the end; 0 or -errno */
static int tell(int fd, struct given *given, bool json)
{
	static const char *const head[] = { "CHANGE", "TYPE", "MODE", "UID", "SIZE", "MTIME", "DIFFERS", "PATH" };
	_table_ struct table table = { .columns = nitems(head), .right = BIT(3) | BIT(4), .whole = BIT(6) | BIT(7) };
	_text_ struct text t = { 0 };
	FILE *f = fdopen(fd, "r");
	char *line = NULL;
	size_t room = 0;
	int r = f ? 0 : -errno;

	for (size_t i = 0; i < nitems(head); i++)
		table_adds(&table, head[i]);
	for (ssize_t n; r == 0 && !out_gone() && (n = getline(&line, &room, f)) > 0;)
		r = believe(line, (size_t)n, given, json ? NULL : &table);
	if (r == 0)
		tell_removed(given, json ? NULL : &table);
	free(line);
	if (f)
		fclose(f);
	if (!json && r == 0 && table_rows(&table) > 1)
		table_put(&table, &t);
	else if (!json && r == 0)
		text_add(&t, "no differences\n");
	out_text(&t);
	return r;
}

static int copy_out(int fd)
{
	char b[64 * 1024];
	ssize_t n;

	while ((n = read(fd, b, sizeof(b))) > 0 && !out_gone())
		out_bytes(b, (size_t)n);
	close(fd);
	return n < 0 ? -errno : 0;
}

static const char *reason(int r)
{
	return r == -EUCLEAN ? "its disk is no file system any more" : r == -EISDIR ? "this is no regular file" :
	       r == -ENOENT ? "there is no such file on its disk" : r == -EFBIG ? "it is larger than the disk" : strerror(-r);
}

static int read_it(const struct pot_disk *s, int flat, const char *get, bool json)
{
	_fd_ int image = open(s->image, O_RDONLY | O_CLOEXEC);
	_given_ struct given *given = given_read(s->disk);
	pid_t pid = 0;
	int fd, r, end;

	if (image < 0)
		return -errno;
	if (reader_replay(flat) < 0)
		log_warn("%s: the journal of its disk could not be replayed: what was changed last may be missing", s->pot);
	fd = get ? reader_get(flat, get, &pid) : reader_diff(image, flat, &pid);
	if (fd < 0)
		return fd;
	r = get ? copy_out(fd) : tell(fd, given, json);
	end = reader_end(pid);
	return r < 0 || out_gone() ? r : end;
}

static int run(const struct pot_disk *s, const char *get, bool json)
{
	_fd_ int flat = -1;
	int r = put_together(s, &flat);

	out_begin();
	if (r == 0)
		r = read_it(s, flat, get, json);
	if (r < 0)
		log_error("%s: %s", s->pot, reason(r));
	return out_end(r < 0 ? CLI_FAILED : CLI_OK);
}

int verb_diff(int argc, char **argv)
{
	bool json = false;
	const char *get = NULL;
	const struct cli_option options[] = { { "json", 0, .flag = &json }, { "get", 0, .word = &get }, { 0 } };
	int r = cli_options(&argc, &argv, "diff", options);
	struct pot_disk s;

	if (r >= 0)
		return r;
	if (argc != 1)
		return cli_wrong("diff", NULL);
	if (get && isatty(STDOUT_FILENO))
		return cli_wrong("diff", "these bytes may do harm on a terminal: skep diff %s --get PATH > FILE", argv[0]);
	r = pot_disk_find(argv[0], &s);
	if (r < 0) {
		log_error("%s: %s", argv[0], pot_disk_error(r));
		return CLI_FAILED;
	}
	return run(&s, get, json);
}
