/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "selftest_kept.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli.h"
#include "control.h"
#include "out.h"
#include "policy/policy.h"
#include "record/named_file.h"
#include "record/signature.h"
#include "state.h"

enum { REPORT_MAX = 1 << 20, SIGNATURE_MAX = 1024 };

#define REPORT ".json"

void selftest_hash(const struct text *t, char ret[65])
{
	unsigned char sum[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(sum, (const unsigned char *)text_str(t), t->len);
	sodium_bin2hex(ret, 65, sum, sizeof(sum));
}

void selftest_rules(const struct honeynet *n, char ret[65])
{
	_text_ struct text t = { 0 };

	policy_compile(n, &t);
	selftest_hash(&t, ret);
}

/* --- which ------------------------------------------------------------------------------------ */

static bool is_report(const char *name)
{
	size_t n = strlen(name), end = sizeof(REPORT) - 1;

	return n > end && !strcmp(name + n - end, REPORT);
}

/* Their names are times. */
static int look_at_name(void *arg, const char *name)
{
	char **newest = arg;

	if (is_report(name) && (!*newest || strcmp(name, *newest) > 0)) {
		free(*newest);
		*newest = xstrdup(name);
	}
	return 0;
}

char *selftest_newest(void)
{
	_free_ char *path = state_path(STATE_SELFTEST), *name = NULL;
	_fd_ int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0 || folder_each(dir, look_at_name, &name) < 0 || !name)
		return NULL;
	return xasprintf("%s/%s", path, name);
}

/* --- read ------------------------------------------------------------------------------------- */

static int read_file(const char *path, size_t max, struct text *ret)
{
	_fd_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 ? -errno : file_read(fd, max, ret);
}

/* is_key() - whether @key is the one that is expected; NULL: ours */
static bool is_key(const char *key, const char *want)
{
	_free_ char *path = state_path(STATE_SELFTEST_KEY);
	struct signer own;
	bool is;

	if (want)
		return !strcasecmp(key, want);
	if (access(path, F_OK) < 0 || signer_open(path, &own) < 0)
		return false;
	is = !strcmp(key, own.key);
	signer_fini(&own);
	return is;
}

/* The last line of it. */
static json_t *read_end(const struct text *report)
{
	const char *s = text_str(report), *at = report->len > 1 ? memrchr(s, '\n', report->len - 1) : NULL;

	at = at ? at + 1 : s;
	return json_loadb(at, (size_t)(s + report->len - at), 0, NULL);
}

/* Wherever they lay: they are beside the report, also if somebody took both elsewhere. */
static bool has_packets(const char *path, const json_t *end)
{
	_free_ char *named = xstrdup(control_word(end, "leaked_packets")), *copy = xstrdup(path);
	_fd_ int folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return !*named || (folder >= 0 && named_file_is(folder, basename(named), control_word(end, "leaked_packets_sha256")) ==
			   NAMED_GOOD);
}

json_t *selftest_read(const char *path, const char *key, const char **ret_why)
{
	_free_ char *beside = xasprintf("%s" SIGNATURE_SUFFIX, path);
	_text_ struct text report = { 0 }, signature = { 0 };
	char by[SIGNER_KEY_TEXT];
	json_t *end = NULL;

	if (read_file(path, REPORT_MAX, &report) < 0)
		*ret_why = "it cannot be read";
	else if (read_file(beside, SIGNATURE_MAX, &signature) < 0)
		*ret_why = "there is no signature beside it";
	else if (signature_check(&report, text_str(&signature), by) < 0)
		*ret_why = "its signature is that of something else";
	else if (!is_key(by, key))
		*ret_why = "it is signed with another key";
	else if (!(end = read_end(&report)) || !*control_word(end, "time"))
		*ret_why = "it is no report of a self-test";
	else if (!has_packets(path, end))
		*ret_why = "the packets that leaked are not beside it as they were";
	else
		return end;
	json_decref(end);
	return NULL;
}

const char *selftest_result(const json_t *report)
{
	return json_integer_value(json_object_get(report, "leaks")) ? "leaked" :
	       json_is_true(json_object_get(report, "contained")) ? "contained" : "unproved";
}

int selftest_verify(const char *path, const char *key)
{
	const char *why = "";
	json_t *report = selftest_read(path, key, &why);
	int code = report ? CLI_OK : CLI_FAILED;
	_text_ struct text t = { 0 };

	if (report) {
		text_addf(&t, "ok: %s, %s: ", control_word(report, "time"), selftest_result(report));
		text_safe(&t, control_word(report, "words"), strlen(control_word(report, "words")));
		text_addf(&t, "; signed with %s\n", key ? key : control_word(report, "key"));
	} else
		text_addf(&t, "NOT OK: %s\n", why);
	json_decref(report);
	return out_all(&t, code);
}
