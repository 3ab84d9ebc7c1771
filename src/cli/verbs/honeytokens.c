/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep honeytokens - what was planted in which honeypot, and what each is known by where it turns up. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/out.h"
#include "cli/state.h"
#include "report/table.h"

enum { LIST_MAX = 1 << 20, LEAST = 8 };		/* of what is known by less than that, too much would fit */

static const char ending[] = ".tokens";

struct search {
	const char *text;	/* NULL: all are wanted */
	bool json;
	struct table table;
	struct text out;
};

/* What was found may be a piece of it, or have it somewhere inside. */
static bool is_wanted(const struct search *s, const char *known_by)
{
	return !s->text || (strlen(known_by) >= LEAST && strlen(s->text) >= LEAST &&
			    (strstr(s->text, known_by) || strstr(known_by, s->text)));
}

static void put_word(struct text *t, const char *key, const char *word)
{
	text_addf(t, "%c\"%s\":", *key == 'h' ? '{' : ',', key);
	text_json(t, word, strlen(word));
}

static void tell(struct search *s, const char *pot, const char *path, const char *known_by)
{
	if (!is_wanted(s, known_by))
		return;
	if (s->json) {
		put_word(&s->out, "honeypot", pot);
		put_word(&s->out, "path", path);
		put_word(&s->out, "known_by", known_by);
		text_add(&s->out, "}\n");
		return;
	}
	table_adds(&s->table, pot);
	table_adds(&s->table, path);
	table_adds(&s->table, *known_by ? known_by : "-");
}

/* A list that `skep up` wrote: PATH, a tab, what it is known by. */
static int read_list(void *arg, const char *name)
{
	_free_ char *below = xasprintf("identity/%s", name), *path = state_path(below), *pot = NULL;
	_text_ struct text t = { 0 };
	_fd_ int fd = -1;
	char *left, *line;
	size_t n = strlen(name);
	int r;

	if (n <= strlen(ending) || strcmp(name + n - strlen(ending), ending))
		return 0;
	pot = xasprintf("%.*s", (int)(n - strlen(ending)), name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	r = fd < 0 ? -errno : file_read(fd, LIST_MAX, &t);
	left = t.at;
	while (r == 0 && (line = strsep(&left, "\n"))) {
		char *tab = strchr(line, '\t');

		if (!tab)
			continue;
		*tab = '\0';
		tell(arg, pot, line, tab + 1);
	}
	return r;
}

static int run(struct search *s)
{
	static const char *const head[] = { "HONEYPOT", "PATH", "KNOWN BY" };
	_free_ char *folder = state_path("identity");
	_fd_ int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	for (size_t i = 0; i < nitems(head); i++)
		table_adds(&s->table, head[i]);
	r = dir < 0 ? -errno : folder_each(dir, read_list, s);
	if (r < 0) {
		log_error("%s: %s", folder, strerror(-r));
		return CLI_FAILED;
	}
	if (!s->json && table_rows(&s->table) > 1)
		table_put(&s->table, &s->out);
	else if (!s->json)
		text_add(&s->out, s->text ? "no honeypot has this\n" : "there are none\n");
	out_begin();
	out_text(&s->out);
	return out_end(CLI_OK);
}

int verb_honeytokens(int argc, char **argv)
{
	struct search s = { .table = { .columns = 3, .whole = BIT(1) | BIT(2) } };
	const struct cli_option options[] = { { "json", .flag = &s.json }, { 0 } };
	int r = cli_options(&argc, &argv, "honeytokens", options);

	if (r >= 0)
		return r;
	if (argc > 1)
		return cli_wrong("honeytokens", NULL);
	s.text = argv[0];
	r = run(&s);
	table_fini(&s.table);
	text_fini(&s.out);
	return r;
}
