/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who read the web sites of apache and roxen: people, crawlers, and those who look for what others forgot. */
#include <stdio.h>
#include <string.h>

#include "past.h"

static const char *const systems[] = {
	"Windows NT 10.0; Win64; x64", "X11; Linux x86_64", "Macintosh; Intel Mac OS X 10.15", "Windows NT 10.0; WOW64",
	"X11; Ubuntu; Linux x86_64",
};
static const char *const crawlers[] = {
	"Mozilla/5.0 (compatible; SiteIndexer/2.1)", "curl/7.88.1", "Go-http-client/1.1", "python-requests/2.31.0",
	"Mozilla/5.0 (compatible; PageWalker/1.4)", "-",
};
static const char *const looked_for[] = {
	"/.env", "/wp-login.php", "/admin/", "/phpmyadmin/", "/.git/config", "/xmlrpc.php", "/login.php", "/favicon.ico",
	"/backup.zip", "/server-status", "/manager/html", "/config.php",
};

struct site {
	struct past *p;
	const char *root;		/* without a slash at its end */
	const struct fact_path *page[64], *other[64];
	size_t n_pages, n_others;
	struct lines access, error;
	const char *from;
	char agent[160];
	bool roxen;
};

static void find_pages(struct site *s)
{
	size_t root = strlen(s->root);

	for (size_t i = 0; i < s->p->facts.n_paths; i++) {
		const struct fact_path *f = &s->p->facts.path[i];
		const char *end = strrchr(f->path, '.');

		if (f->folder || strncmp(f->path, s->root, root) || f->path[root] != '/' || !end)
			continue;
		if (!strcmp(end, ".html") && s->n_pages < nitems(s->page))
			s->page[s->n_pages++] = f;
		else if (!strcmp(end, ".css") && s->n_others < nitems(s->other))
			s->other[s->n_others++] = f;
	}
}

static void ask(struct site *s, int64_t at_s, const char *path, unsigned code, uint64_t size, const char *referer)
{
	_text_ struct text stamp = { 0 };

	if (at_s < s->p->log_s || at_s > s->p->end_s - 20)
		return;
	past_stamp(&stamp, "%d/%b/%Y:%H:%M:%S +0000", at_s);
	if (s->roxen)
		lines_plain(&s->access, at_s * 1000000, "%s - - [%s] \"GET %s HTTP/1.1\" %u %llu", s->from, text_str(&stamp), path,
			  code, (unsigned long long)size);
	else
		lines_plain(&s->access, at_s * 1000000, "%s - - [%s] \"GET %s HTTP/1.1\" %u %llu \"%s\" \"%s\"", s->from,
			  text_str(&stamp), path, code, (unsigned long long)size, referer, s->agent);
}

/* A page's address: that of an index is its folder's. */
static void address_of(const struct site *s, const struct fact_path *f, char *ret, size_t size)
{
	const char *path = f->path + strlen(s->root), *name = strrchr(path, '/') + 1;

	snprintf(ret, size, "%.*s", strcmp(name, "index.html") ? (int)strlen(path) : (int)(name - path), path);
}

static uint64_t answer_size(const struct site *s, uint64_t size)
{
	return s->roxen ? size : size + 290;
}

static void read_pages(struct site *s, int64_t at_s, struct dice *d)
{
	char path[200], referer[240] = "-";

	for (uint32_t n = dice_within(d, 1, 6); n; n--) {
		const struct fact_path *f = s->page[dice_below(d, (uint32_t)s->n_pages)];

		address_of(s, f, path, sizeof(path));
		ask(s, at_s, path, 200, answer_size(s, f->size), referer);
		snprintf(referer, sizeof(referer), "http://%s.meridian-tool.example%s", s->p->host, path);
		if (!strcmp(s->agent, "-") || !s->n_others)
			continue;
		address_of(s, s->other[dice_below(d, (uint32_t)s->n_others)], path, sizeof(path));
		if (n % 3 == 1)
			ask(s, at_s + 1, path, 200, answer_size(s, 400), referer);
		at_s += dice_within(d, 3, 90);
	}
}

/* A path that apache will not hear of, in both logs. */
static void ask_badly(struct site *s, int64_t at_s, struct dice *d)
{
	static const char path[] = "/cgi-bin/.%2e/.%2e/.%2e/.%2e/bin/sh";
	_text_ struct text stamp = { 0 };

	ask(s, at_s, path, 400, 483, "-");
	if (at_s < s->p->log_s || at_s > s->p->end_s - 20)
		return;
	past_stamp(&stamp, "%a %b %d %H:%M:%S", at_s);
	text_addf(&stamp, ".%06u ", dice_below(d, 1000000));
	past_stamp(&stamp, "%Y", at_s);
	lines_plain(&s->error, at_s * 1000000,
		    "[%s] [core:error] [pid %u:tid 1396%u%05u] [client %s:%u] AH10244: invalid URI path (%s)", text_str(&stamp),
		    past_pid(s->p, s->p->rotated_s), dice_within(d, 100000, 999999), dice_below(d, 99999), s->from,
		    dice_within(d, 32000, 60000), path);
}

static void look_around(struct site *s, int64_t at_s, struct dice *d)
{
	snprintf(s->agent, sizeof(s->agent), "%s", dice_pick(d, crawlers));
	for (uint32_t n = dice_within(d, 1, 4); n; n--) {
		const char *path = dice_pick(d, looked_for);

		ask(s, at_s, path, 404, s->roxen ? 214 : 434 + strlen(path) % 5, "-");
		if (dice_below(d, 9) == 0 && !s->roxen)
			ask_badly(s, at_s, d);
		at_s += dice_within(d, 1, 3);
	}
}

static void site_day(struct site *s, int64_t day)
{
	struct dice d = dice_for(s->p->of->seed, s->root, (uint64_t)day);
	uint32_t most = s->roxen ? 14 : 26;

	for (uint32_t n = past_is_weekend(day) ? most / 3 : dice_within(&d, most / 2, most); n; n--) {
		bool human = dice_below(&d, 3) > 0;
		int64_t at = day * DAY_S + (human ? dice_within(&d, 6 * 3600, 21 * 3600) : dice_below(&d, DAY_S - 300));
		uint32_t version = dice_within(&d, 115, 133);
		char from[16];

		past_address(&d, from);
		s->from = s->roxen && human ? s->p->person[dice_below(&d, (uint32_t)s->p->n_people)].office : from;
		if (!human) {
			look_around(s, at, &d);
			continue;
		}
		snprintf(s->agent, sizeof(s->agent), "Mozilla/5.0 (%s; rv:%u.0) Gecko/20100101 Firefox/%u.0",
			 dice_pick(&d, systems), version, version);
		read_pages(s, at, &d);
	}
}

static void site_make(struct site *s)
{
	find_pages(s);
	for (int64_t day = past_day(s->p->log_s); s->n_pages && day <= past_day(s->p->end_s); day++)
		site_day(s, day);
}

/* say_server() - what apache says of itself */
static void say_server(struct site *s, int64_t at_s, const char *words)
{
	_text_ struct text stamp = { 0 };

	past_stamp(&stamp, "%a %b %d %H:%M:%S.204118 %Y", at_s);
	lines_plain(&s->error, at_s * 1000000 + 300000, "[%s] [mpm_event:notice] [pid 541:tid 541] %s", text_str(&stamp), words);
}

void web_make(struct past *p)
{
	struct site s = { .p = p, .root = "/var/www/meridian" };
	const struct put_as as = { .mode = 0640, .gid = past_group(p, "adm") };

	const struct fact_package *k = facts_package(&p->facts, "apache2");
	_free_ char *begins = NULL;

	if (!k)
		return;
	begins = xasprintf("AH00489: Apache/%.*s (Debian) configured -- resuming normal operations",
			   (int)strcspn(k->version, "-"), k->version);
	site_make(&s);
	say_server(&s, p->log_s + 4, begins);
	say_server(&s, p->rotated_s + 4, begins);
	say_server(&s, p->end_s - 3, "AH00492: caught SIGWINCH, shutting down gracefully");
	lines_put(p, &s.access, "/var/log/apache2/access.log", as);
	lines_put(p, &s.error, "/var/log/apache2/error.log", as);
}

void roxen_make(struct past *p)
{
	struct site s = { .p = p, .root = "/var/roxen/site", .roxen = true };

	if (!past_user(p, "roxen"))
		return;
	site_make(&s);
	lines_put_whole(p, &s.access, "/var/log/roxen/access.log",
		      (struct put_as){ 0640, past_user(p, "roxen"), past_group(p, "adm"), 0 });
}
