/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep rules - the rules of NIDS and prevention: look at them, have them checked, load them anew. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/out.h"
#include "cli/rules.h"
#include "cli/state.h"
#include "config/config.h"
#include "nids/command.h"
#include "nids/files.h"
#include "nids/rule.h"

enum {
	RULES_FILE_MAX = 256 * 1024 * 1024,
	HELLO_WAIT_S = 5,
	RELOAD_WAIT_S = 120,	/* large sets of rules take their time */
};

static int read_file(const char *path, struct text *ret)
{
	_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : file_read(fd, RULES_FILE_MAX, ret);
}

static void list_json(const char *path, const struct rule_head *h, uint32_t priority, struct text *out)
{
	text_addf(out, "{\"sid\":%llu,\"rev\":%u,\"priority\":%u,\"action\":", (unsigned long long)h->sid, h->rev, priority);
	text_json(out, h->action.at, h->action.len);
	text_add(out, ",\"class\":");
	text_json(out, h->class.at, h->class.len);
	text_add(out, ",\"msg\":");
	text_json(out, h->msg.at, h->msg.len);
	text_add(out, ",\"file\":");
	text_json(out, path, strlen(path));
	text_addf(out, ",\"line\":%u}\n", h->line);
}

static void list_row(const struct rule_head *h, uint32_t priority, struct text *out)
{
	_text_ struct text class = { 0 };

	text_safe(&class, h->class.at, h->class.len);
	text_addf(out, "%7llu  %3u  %-24s  ", (unsigned long long)h->sid, priority, text_str(&class));
	text_safe(out, h->msg.at, h->msg.len);
	text_addc(out, '\n');
}

static int list_file(const char *path, const struct text *classes, bool json, struct text *out)
{
	_text_ struct text rules = { 0 };
	int r = read_file(path, &rules);
	struct rule_reader reader = { .rest = { text_str(&rules), rules.len } };
	struct rule_head h;

	if (r < 0) {
		log_error("%s: %s", path, strerror(-r));
		return r;
	}
	while (rule_next(&reader, &h)) {
		uint32_t priority = h.priority;

		if (!priority)
			priority = class_priority((struct span){ text_str(classes), classes->len }, h.class);
		if (json)
			list_json(path, &h, priority, out);
		else
			list_row(&h, priority, out);
	}
	return 0;
}

/* list_all() - the NIDS's, or the prevention's */
static int list_all(const struct honeynet *n, bool prevents, const struct text *classes, bool json, struct text *out)
{
	_nids_files_ struct nids_files f;
	_free_ char *folder = data_path(DATA_RULES), *own = NULL;
	int bad;

	nids_files_init(&f, n, state_dir(), prevents);
	own = xasprintf("%s/%s", folder, f.nids.own);
	bad = list_file(own, classes, json, out);
	for (size_t i = 0; i < f.nids.n_rules; i++)
		bad |= list_file(f.users[i], classes, json, out);
	return bad;
}

static int list(const struct honeynet *n, bool json)
{
	_free_ char *classes_path = data_path(DATA_RULES "/" NIDS_CLASSES);
	_text_ struct text classes = { 0 }, out = { 0 };
	int r = read_file(classes_path, &classes), bad = 0;

	if (r < 0) {
		log_error("%s: %s", classes_path, strerror(-r));
		return CLI_FAILED;
	}
	if (!json)
		text_addf(&out, "%7s  %3s  %-24s  %s\n", "SID", "PRI", "CLASS", "MESSAGE");
	bad |= list_all(n, false, &classes, json, &out);
	if (n->nids.prevention.mode != INLINE_OFF)
		bad |= list_all(n, true, &classes, json, &out);
	return out_all(&out, bad ? CLI_FAILED : CLI_OK);
}

/* check() - CLI_OK, or what went wrong, said on standard error */
static int check(const struct honeynet *n)
{
	_text_ struct text complaints = { 0 };
	int r = rules_check(n, &complaints);

	fputs(text_str(&complaints), stderr);
	if (r > 0)
		log_error("%d error%s", r, r == 1 ? "" : "s");
	else if (r == -ENOENT)
		log_error("suricata is not installed: tools/packages run in the checkout, or `make up`, installs it");
	else if (r < 0)
		log_error("suricata: %s", strerror(-r));
	return r > 0 ? CLI_USAGE : r < 0 ? CLI_FAILED : CLI_OK;
}

static int check_and_tell(const struct honeynet *n)
{
	int r = check(n);

	if (r == CLI_OK)
		printf("ok: Suricata takes skep's own rules%s\n", n->nids.n_rules + n->nids.prevention.n_rules ? " and yours" : "");
	return r;
}

static int config(const struct honeynet *n, bool prevents)
{
	_text_ struct text yaml = { 0 };

	rules_config(n, prevents, &yaml);
	return out_all(&yaml, CLI_OK);
}

static const char *who(const struct nids_files *f)
{
	return f->nids.prevents ? "the prevention" : "the NIDS";
}

/* What it says is hostile, as are the packets it reads: made safe by the log. */
static int ask_reload(const struct nids_files *f)
{
	_text_ struct text said = { 0 };
	int r = nids_command(f->run_dir, "reload-rules", RELOAD_WAIT_S, &said);

	if (r == 0) {
		printf("%s runs with the rules as they are now\n", who(f));
		return CLI_OK;
	}
	if (r == NIDS_REFUSED)
		log_error("%s goes on with its old rules: %s", who(f), text_str(&said));
	else
		log_error("%s does not answer: %s", who(f), strerror(-r));
	return CLI_FAILED;
}

static int install(const struct nids_files *f)
{
	_free_ char *ours = data_path(DATA_RULES);
	const char *what = ours;
	int r = nids_copy_ours(f, ours);

	for (uint32_t i = 0; r == 0 && i < f->nids.n_rules; i++) {
		what = f->users[i];
		r = nids_copy_users(f, i);
	}
	if (r == 0) {
		what = f->config;
		r = nids_write_config(f);
	}
	if (r < 0)
		log_error("%s: %s", what, strerror(-r));
	return r;
}

/* answers() - before anything is changed; 0, -ENOENT: it does not run, -errno */
static int answers(const struct nids_files *f)
{
	_text_ struct text said = { 0 };
	int r = nids_command(f->run_dir, "uptime", HELLO_WAIT_S, &said);

	return r == -ECONNREFUSED ? -ENOENT : r < 0 ? r : 0;
}

static int load(const struct honeynet *n, bool prevents)
{
	_nids_files_ struct nids_files f;

	nids_files_init(&f, n, state_dir(), prevents);
	return install(&f) < 0 ? CLI_FAILED : ask_reload(&f);
}

/* may_load() - 1: it runs; 0: it does not, which is the prevention's right; -1: it should and does not answer, which is said */
static int may_load(const struct honeynet *n, bool prevents)
{
	_nids_files_ struct nids_files f;
	int r;

	nids_files_init(&f, n, state_dir(), prevents);
	r = answers(&f);
	if (r == 0 || (r == -ENOENT && prevents))
		return r == 0;
	if (r == -ENOENT)
		log_error("no NIDS runs; `skep up` starts it with the honeynet");
	else
		log_error("%s does not answer: %s", who(&f), strerror(-r));
	return -1;
}

static int reload(const struct honeynet *n)
{
	int watches = may_load(n, false), prevents = watches < 0 ? 0 : may_load(n, true), r;

	if (watches < 0 || prevents < 0)
		return CLI_FAILED;
	r = check(n);
	if (r != CLI_OK) {
		log_error("not loaded: the NIDS goes on with the rules it has");
		return r;
	}
	r = load(n, false);
	return r == CLI_OK && prevents ? load(n, true) : r;
}

static const struct { const char *name; int (*run)(const struct honeynet *n); } actions[] = {
	{ "check", check_and_tell }, { "reload", reload },
};

static int act(const char *what, const char *path, bool json, bool prevents)
{
	_free_ struct honeynet *net = xcalloc(1, sizeof(*net));
	_diag_ struct diag d = { 0 };
	int r = config_load(path, net, &d);

	if (r < 0) {
		diag_print(&d, path, stderr);
		return r == -EINVAL ? CLI_USAGE : CLI_FAILED;
	}
	if (!strcmp(what, "list"))
		return list(net, json);
	if (json)
		return cli_wrong("rules", "--json is for list");
	if (!strcmp(what, "config"))
		return config(net, prevents);
	if (prevents)
		return cli_wrong("rules", "--inline is for config");
	for (size_t i = 0; i < nitems(actions); i++)
		if (!strcmp(actions[i].name, what))
			return actions[i].run(net);
	return cli_wrong("rules", "rules knows no %s", what);
}

int verb_rules(int argc, char **argv)
{
	_free_ char *standard = data_path(DATA_HONEYNET);
	bool json = false, prevents = false;
	const struct cli_option options[] = { { "json", .flag = &json }, { "inline", .flag = &prevents }, { 0 } };
	int r = cli_options(&argc, &argv, "rules", options);

	if (r >= 0)
		return r;
	if (argc < 1 || argc > 2)
		return cli_wrong("rules", NULL);
	return act(argv[0], argc == 2 ? argv[1] : standard, json, prevents);
}
