/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "words.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/clock.h"
#include "base/cursor.h"
#include "base/file.h"
#include "base/mem.h"
#include "content/content.h"
#include "guest/ring.h"
#include "guest/story.h"
#include "model/plan.h"
#include "skep/capture.h"

enum { FACTS_MAX = 16 << 20 };

struct words {
	struct text *conf, given;
	bool fresh;
};

static void say_text(struct text *conf, uint32_t kind, struct span words)
{
	ring_conf_add(conf, &(struct ring_word){ .kind = kind, .data = words });
}

static void say_machine(const struct plan *plan, uint32_t i, struct text *conf)
{
	const struct { uint32_t kind; const char *text; } words[] = {
		{ SKEP_CONF_CMDLINE, plan->guest_cmdline }, { SKEP_CONF_RELEASE, plan->guest_release },
		{ SKEP_CONF_VERSION, plan->guest_version }, { SKEP_CONF_CPUINFO, plan->guest_cpuinfo },
	};
	const struct samples_conf *s = &plan->net.samples;
	const struct skep_content_conf content = {
		.image_s = plan->image_s[i], .file_max = (uint64_t)s->file_max_mb << 20,
		.hour_max = (uint64_t)s->hour_max_mb << 20,
	};
	_text_ struct text log = { 0 };

	for (size_t k = 0; k < nitems(words); k++)
		if (*words[k].text)
			say_text(conf, words[k].kind, span_of(words[k].text));
	story_boot_log(&log, plan->net.honeypot[i].memory_mb, plan->guest_cpuinfo);
	say_text(conf, SKEP_CONF_BOOT_LOG, span_of(text_str(&log)));
	say_text(conf, SKEP_CONF_CONTENT, (struct span){ (const char *)&content, sizeof(content) });
}

/* --- its past --------------------------------------------------------------------------------- */

static const struct { uint32_t kind; const char *name; } kinds[] = {
	[CONTENT_FILE] = { SKEP_CONF_FILE, "file" }, [CONTENT_FOLDER] = { SKEP_CONF_FOLDER, "folder" },
	[CONTENT_TIME] = { SKEP_CONF_TIME, "time" }, [CONTENT_TOKEN] = { SKEP_CONF_TOKEN, "token" },
};

static void note_given(struct words *w, const struct content_item *i)
{
	uint8_t sum[crypto_hash_sha256_BYTES];
	char hex[2 * sizeof(sum) + 1];

	crypto_hash_sha256(sum, (const uint8_t *)i->data.at, i->data.len);
	text_addf(&w->given, "%lld %s %04o %u %u %zu %s %s\n", (long long)(i->time_ns / 1000000000), kinds[i->kind].name, i->mode,
		  i->uid, i->gid, i->data.len, sodium_bin2hex(hex, sizeof(hex), sum, sizeof(sum)), i->path);
}

static void say_item(void *arg, const struct content_item *i)
{
	struct words *w = arg;
	struct ring_word word = { .kind = kinds[i->kind].kind, .name = i->path, .data = i->data, .mode = i->mode, .uid = i->uid,
				  .gid = i->gid, .time_ns = i->time_ns };

	if (i->kind == CONTENT_TOKEN)
		word.data = (struct span){ 0 };		/* what it is known by is none of the guest's business */
	else if (!w->fresh)
		return;
	else
		note_given(w, i);
	ring_conf_add(w->conf, &word);
}

static int read_kept(const struct plan *plan, uint32_t i, const char *what, size_t max, struct text *ret)
{
	_free_ char *path = xasprintf("%s/identity/%s.%s", plan->state, plan->net.honeypot[i].name, what);
	_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : file_read(fd, max, ret);
}

int words_seed(const struct plan *plan, uint32_t i, uint8_t ret[32])
{
	_text_ struct text t = { 0 };
	uint8_t seed[CONTENT_SEED];
	size_t n = 0;
	int r = read_kept(plan, i, "seed", 2 * sizeof(seed) + 1, &t);

	if (r < 0)
		return r;
	if (sodium_hex2bin(seed, sizeof(seed), text_str(&t), t.len, "\n", &n, NULL) < 0 || n != sizeof(seed))
		return -EBADMSG;
	memcpy(ret, seed, sizeof(seed));
	return 0;
}

/* The list is of use to `skep diff` only. */
static int write_given(const struct plan *plan, uint32_t i, const struct text *t)
{
	_free_ char *path = xasprintf("%s" WORDS_GIVEN, plan->disk[i]);
	_fd_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	return fd < 0 ? -errno : file_write(fd, text_str(t), t->len);
}

int words_collect(const struct plan *plan, uint32_t i, bool fresh, struct text *conf)
{
	_free_ char *tree = xasprintf("%s/identity/%s", plan->state, plan->net.honeypot[i].name);
	_text_ struct text facts = { 0 };
	struct words w = { .conf = conf, .fresh = fresh };
	uint8_t seed[CONTENT_SEED];
	struct content_of of = { .seed = seed, .net = &plan->net, .honeypot = i, .release = plan->guest_release,
				 .now_s = (int64_t)(now_us() / 1000000) };
	int r = words_seed(plan, i, seed);

	if (r == 0)
		r = read_kept(plan, i, "facts", FACTS_MAX, &facts);
	if (r < 0)
		return r;
	say_machine(plan, i, conf);
	of.facts = (struct span){ text_str(&facts), facts.len };
	r = content_make(&of, say_item, &w);
	if (r == 0 && fresh)
		r = ring_conf_tree(conf, tree, content_born(&of) * 1000000000 + 271828182);
	if (r == 0 && fresh)
		r = write_given(plan, i, &w.given);
	text_fini(&w.given);
	return r;
}
