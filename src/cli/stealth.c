/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stealth.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli.h"
#include "progress.h"
#include "report/table.h"
#include "state.h"

enum { ROWS_MAX = 64 * 1024, TELLS = 64, FIELDS = 4 };

/* One tell, as lab/stealth/look says it; lent from its text. */
struct tell {
	char *number, *name, *verdict, *evidence;
};

struct looked {
	struct tell tell[TELLS];
	size_t n, hidden, found;	/* the rest are known */
};

/* --- the copy --------------------------------------------------------------------------------- */

/* A honeynet of this honeypot and nothing beside it. */
static void put_honeynet(struct text *t, const struct honeynet *n, const struct honeypot *h)
{
	char network[ADDR_TEXT], firewall[ADDR_TEXT], address[ADDR_TEXT], network6[NETWORK_TEXT];
	struct addr a = addr4(n->network), f = addr4(n->firewall_address), own = addr4(h->address);

	if (n->prefix6)
		text_addf(t, "network6: %s\n", network_text(&(struct network){ n->network6, n->prefix6 }, network6));
	text_addf(t, "name: copy\nnetwork: %s/%u\nfirewall: { name: Firewall, address: %s }\n"
		     "honeypots: [{ name: %s, address: %s, hostname: %s, memory: %u MiB, image: ",
		  addr_text(&a, network), n->prefix, addr_text(&f, firewall), h->name, addr_text(&own, address), h->hostname,
		  h->memory_mb);
	text_json(t, h->image, strlen(h->image));
	for (uint32_t i = 0; i < h->n_services; i++)
		text_addf(t, "%s%s %s %u%s", i ? ", " : ", services: [", h->service[i].name,
			  h->service[i].proto == IPPROTO_TCP ? "tcp" : "udp", h->service[i].port, i + 1 < h->n_services ? "" : "]");
	text_addf(t, " }]\nrules: [{ source: any, destination: %s, action: accept }]\n"
		     "nids: { enabled: false }\npackets: { enabled: false }\nguard: { mode: \"off\" }\n",
		  h->name);
}

static int write_file(const char *folder, const char *name, const struct text *t)
{
	_free_ char *path = xasprintf("%s/%s", folder, name);
	_fd_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	return fd < 0 ? -errno : file_write(fd, text_str(t), t->len);
}

/* What is built already is the copy's, too. */
static int lend(const char *folder, const char *name)
{
	_free_ char *from = state_path(name), *to = xasprintf("%s/%s", folder, name);

	if (mkdir(from, 0755) < 0 && errno != EEXIST)
		return -errno;
	return symlink(from, to) < 0 ? -errno : 0;
}

static int prepare(const char *folder, const struct honeynet *n, const struct honeypot *h)
{
	_text_ struct text yaml = { 0 };
	int r = lend(folder, "kernel");

	put_honeynet(&yaml, n, h);
	if (r == 0)
		r = lend(folder, "images");
	return r < 0 ? r : write_file(folder, "honeynet.yaml", &yaml);
}

/* --- what it said ----------------------------------------------------------------------------- */

/* Their order in the file is that of the tells; a line that is none of ours is left out. */
static void take_rows(char *text, struct looked *ret)
{
	for (char *line; ret->n < TELLS && (line = strsep(&text, "\n"));) {
		char *field[FIELDS] = { 0 };

		for (size_t i = 0; i < FIELDS; i++)
			field[i] = strsep(&line, "\t");
		if (!field[FIELDS - 1])
			continue;
		ret->tell[ret->n++] = (struct tell){ field[0], field[1], field[2], field[3] };
		ret->hidden += !strcmp(field[2], "hidden");
		ret->found += strcmp(field[2], "hidden") && strcmp(field[2], "known");
	}
}

static void put_word(struct text *t, const char *key, const char *word)
{
	text_addf(t, ",\"%s\":", key);
	text_json(t, word, strlen(word));
}

static void print_json(const char *pot, const struct looked *l)
{
	_text_ struct text t = { 0 };

	for (size_t i = 0; i < l->n; i++) {
		text_add(&t, "{\"honeypot\":");
		text_json(&t, pot, strlen(pot));
		put_word(&t, "number", l->tell[i].number);
		put_word(&t, "tell", l->tell[i].name);
		put_word(&t, "result", l->tell[i].verdict);
		put_word(&t, "evidence", l->tell[i].evidence);
		text_add(&t, "}\n");
	}
	text_add(&t, "{\"honeypot\":");
	text_json(&t, pot, strlen(pot));
	text_addf(&t, ",\"tells\":%zu,\"hidden\":%zu,\"known\":%zu,\"found\":%zu}\n", l->n, l->hidden,
		  l->n - l->hidden - l->found, l->found);
	fputs(text_str(&t), stdout);
}

static void print_table(const char *pot, const struct looked *l)
{
	static const char *const head[] = { "TELL", "", "RESULT", "EVIDENCE" };
	_table_ struct table table = { .columns = nitems(head), .right = BIT(0), .whole = BIT(3) };
	_text_ struct text t = { 0 };

	for (size_t i = 0; i < nitems(head); i++)
		table_adds(&table, head[i]);
	for (size_t i = 0; i < l->n; i++) {
		table_adds(&table, l->tell[i].number);
		table_adds(&table, l->tell[i].name);
		table_adds(&table, l->tell[i].verdict);
		table_adds(&table, *l->tell[i].evidence ? l->tell[i].evidence : "-");
	}
	table_put(&table, &t);
	printf("%s\n%s: %zu of %zu hidden, %zu known and not to be hidden (docs/deception.md), %zu found\n\n", text_str(&t), pot,
	       l->hidden, l->n, l->n - l->hidden - l->found, l->found);
}

static int read_rows(const char *path, struct text *ret)
{
	_fd_ int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int r = fd < 0 ? -errno : file_read(fd, ROWS_MAX, ret);

	unlink(path);
	return r;
}

static int look_at(const struct honeynet *n, const struct honeypot *h, bool json)
{
	_free_ char *run = state_path("run"), *folder = xasprintf("%s/stealth.XXXXXX", run), *script = data_path("lab/stealth/copy");
	_text_ struct text rows = { 0 };
	struct looked l = { .n = 0 };
	char address[ADDR_TEXT];
	struct addr a = addr4(h->address);
	struct job job = { .label = h->name, .argv = { script, NULL, folder, h->name, addr_text(&a, address) } };
	int r = mkdtemp(folder) ? prepare(folder, n, h) : -errno;
	_free_ char *self = realpath("/proc/self/exe", NULL);

	if (r < 0)
		die("%s: %s", folder, strerror(-r));
	job.argv[1] = self;
	r = jobs_run(&job, 1, 1) ? -ECANCELED : read_rows(job.result, &rows);
	if (r == 0) {
		_free_ char *text = xstrdup(text_str(&rows));

		take_rows(text, &l);
		(json ? print_json : print_table)(h->name, &l);
	}
	if (rmdir(folder) < 0)
		log_warn("%s is left: %s", folder, strerror(errno));
	if (r < 0 && r != -ECANCELED)
		log_error("%s: %s", h->name, strerror(-r));
	return r < 0 || l.found ? CLI_FAILED : CLI_OK;
}

int stealth_run(const struct honeynet *n, const char *pot, bool json)
{
	int code = CLI_OK;
	uint32_t only = 0;

	if (pot && honeypot_find(n, pot, &only) < 0)
		die("there is no honeypot named %s in the honeynet file", pot);
	for (uint32_t i = 0; i < n->n_honeypots; i++)
		if ((pot ? i == only : !n->honeypot[i].is_instance) && look_at(n, &n->honeypot[i], json) != CLI_OK)
			code = CLI_FAILED;
	return code;
}
