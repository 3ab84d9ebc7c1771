/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep files - what intruders wrote and ran. The list is the database's; the bytes are those of the
 * samples folder, and they are hostile: they go to a file or a pipe, never to a terminal, and are held
 * against their name on the way.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/evidence.h"
#include "cli/options.h"
#include "cli/out.h"
#include "report/stamp.h"
#include "report/table.h"
#include "store/store.h"

enum { PATH_SHOWN = 160 };	/* bytes; --json has all */

struct listing {
	bool json;
	struct table table;
	struct text t;
};

/* --- the list --------------------------------------------------------------------------------- */

static void put_json(const struct store_file *f, struct text *t)
{
	char at[STAMP_TEXT];

	text_addf(t, "{\"seq\":%llu,\"time\":\"%s\",\"honeypot\":", (unsigned long long)f->seq, stamp_json(f->at_us, at));
	text_json(t, f->honeypot, strlen(f->honeypot));
	if (f->session)
		text_addf(t, ",\"session\":%llu", (unsigned long long)f->session);
	text_add(t, ",\"action\":");
	text_json(t, f->action, strlen(f->action));
	text_add(t, ",\"path\":");
	text_json(t, f->path.at, f->path.len);
	text_addf(t, ",\"size\":%llu,\"kept\":%llu", (unsigned long long)f->size, (unsigned long long)f->kept);
	if (f->sha256[0]) {
		text_add(t, ",\"sha256\":");
		text_json(t, f->sha256, strlen(f->sha256));
	}
	text_add(t, "}\n");
}

static void put_row(const struct store_file *f, struct table *t)
{
	char at[STAMP_TEXT];

	table_adds(t, stamp_text(f->at_us, at));
	table_adds(t, f->honeypot);
	if (f->session)
		table_addu(t, f->session);
	else
		table_adds(t, "-");
	table_adds(t, f->action);
	table_addu(t, f->size);
	if (f->kept == f->size)
		table_adds(t, "all");
	else
		table_addu(t, f->kept);
	table_adds(t, f->sha256[0] ? f->sha256 : "-");
	table_add(t, f->path.at, f->path.len < PATH_SHOWN ? f->path.len : PATH_SHOWN);
}

static int each(void *arg, const struct store_file *f)
{
	struct listing *l = arg;

	if (!l->json) {
		put_row(f, &l->table);
		return 0;
	}
	put_json(f, &l->t);
	out_text(&l->t);
	return out_gone();
}

static int list(const struct store_filter *filter, bool json)
{
	static const char *const head[] = { "TIME", "HONEYPOT", "SESSION", "ACTION", "SIZE", "KEPT", "SHA-256", "PATH" };
	_store_ struct store *s = evidence_index();
	struct listing l = { .json = json, .table = { .columns = nitems(head), .right = BIT(2) | BIT(4) | BIT(5),
						 .whole = BIT(6) | BIT(7) } };
	int r;

	if (!s)
		return CLI_FAILED;
	out_begin();
	for (size_t i = 0; i < nitems(head); i++)
		table_adds(&l.table, head[i]);
	r = store_files(s, filter, each, &l);
	if (r < 0)
		evidence_failed(s, "reading the files");
	else if (!json && r == 0)
		text_add(&l.t, "no such files\n");
	else if (!json)
		table_put(&l.table, &l.t);
	out_text(&l.t);
	text_fini(&l.t);
	table_fini(&l.table);
	return out_end(r < 0 ? CLI_FAILED : CLI_OK);
}

/* --- one of them ------------------------------------------------------------------------------ */

static bool is_hash(const char *s)
{
	return strlen(s) == 64 && strspn(s, "0123456789abcdef") == 64;
}

/* copy() - 0 or -errno; -EBADMSG: these are not the bytes that were named so */
static int copy(int fd, const char *sha256)
{
	unsigned char b[64 * 1024], sum[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state state;
	char have[65];
	ssize_t n;

	crypto_hash_sha256_init(&state);
	while ((n = read(fd, b, sizeof(b))) != 0 && !out_gone()) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		crypto_hash_sha256_update(&state, b, (size_t)n);
		out_bytes(b, (size_t)n);
	}
	if (out_gone())
		return 0;
	crypto_hash_sha256_final(&state, sum);
	sodium_bin2hex(have, sizeof(have), sum, sizeof(sum));
	return strcmp(have, sha256) ? -EBADMSG : 0;
}

static int get(const char *sha256)
{
	_fd_ int folder = -1, fd = -1;
	int r;

	if (!is_hash(sha256))
		return cli_wrong("files", "%s is no SHA-256", sha256);
	if (isatty(STDOUT_FILENO))
		return cli_wrong("files", "these bytes may do harm on a terminal: skep files get %.8s... > FILE", sha256);
	folder = evidence_samples();
	if (folder < 0)
		return CLI_FAILED;
	fd = openat(folder, sha256, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		log_error("%s: %s", sha256, errno == ENOENT ? "there is no such sample: `skep files` lists them" : strerror(errno));
		return CLI_FAILED;
	}
	out_begin();
	r = copy(fd, sha256);
	if (r < 0)
		log_error("%s: %s", sha256, r == -EBADMSG ? "its bytes were changed" : strerror(-r));
	return out_end(r < 0 ? CLI_FAILED : CLI_OK);
}

/* --- words ------------------------------------------------------------------------------------ */

int verb_files(int argc, char **argv)
{
	struct store_filter filter = { 0 };
	bool json = false;
	const struct cli_option options[] = {
		{ "json", .flag = &json },
		{ "honeypot", .word = &filter.honeypot },
		{ "since", .read = cli_read_time, .into = &filter.since_us },
		{ 0 },
	};
	int r = cli_options(&argc, &argv, "files", options);

	if (r >= 0)
		return r;
	if (argc == 2 && !strcmp(argv[0], "get"))
		return get(argv[1]);
	if (argc > 1)
		return cli_wrong("files", "%s: not understood", argv[1]);
	if (argc && evidence_number(argv[0], &filter.id) < 0)
		return cli_wrong("files", "%s is no session's number", argv[0]);
	return list(&filter, json);
}
