/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The honeynet file: the shipped one word for word, and what is said about broken ones. */
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "config/config.h"
#include "config/node.h"
#include "config/value.h"

#define BROKEN "tests/broken"
#define GOLDEN "tests/golden/broken"
#define MANUAL "man/honeynet.yaml.5"

static bool writing(void)
{
	const char *s = getenv("SKEP_GOLDEN");

	return s && !strcmp(s, "write");
}

static void file_read(const char *path, struct text *ret)
{
	FILE *f = fopen(path, "re");
	int c;

	if (!f)
		fail_msg("%s: %s", path, strerror(errno));
	while ((c = getc(f)) != EOF)
		text_addc(ret, (char)c);
	fclose(f);
}

static void file_write(const char *path, const struct text *t)
{
	FILE *f = fopen(path, "we");

	if (!f)
		fail_msg("%s: %s", path, strerror(errno));
	fwrite(text_str(t), 1, t->len, f);
	fclose(f);
}

static void the_papers_honeynet_is_read(void **state)
{
	static const struct { const char *name, *image, *hostname; uint32_t address; } pots[] = {
		{ "Roxen", "roxen", "intranet", 0x0a0a0a50 }, { "DNS", "dns", "ns1", 0x0a0a0a35 },
		{ "Sendmail", "sendmail", "mail", 0x0a0a0a6e }, { "Apache", "apache", "www", 0x0a0a0a51 },
	};
	_free_ struct honeynet *n = xcalloc(1, sizeof(*n));
	_diag_ struct diag d = { 0 };

	(void)state;
	if (config_load("etc/honeynet.yaml", n, &d) < 0)
		diag_print(&d, "etc/honeynet.yaml", stderr);
	assert_int_equal(d.n, 0);
	assert_string_equal(n->name, "paper");
	assert_int_equal(n->network, 0x0a0a0a00);
	assert_int_equal(n->prefix, 24);
	assert_int_equal(n->uplink, UPLINK_LAB);
	assert_string_equal(n->firewall_name, "Firewall");
	assert_int_equal(n->firewall_address, 0x0a0a0a01);
	assert_int_equal(n->n_honeypots, nitems(pots));
	for (size_t i = 0; i < nitems(pots); i++) {
		const struct honeypot *h = &n->honeypot[i];

		assert_string_equal(h->name, pots[i].name);
		assert_string_equal(h->image, pots[i].image);
		assert_string_equal(h->hostname, pots[i].hostname);
		assert_int_equal(h->address, pots[i].address);
		assert_int_equal(h->memory_mb, 96);
		assert_memory_equal(h->mac, ((uint8_t[]){ 0x52, 0x54, 0, 0x0a, 0x0a, (uint8_t)h->address }), 6);
	}
	assert_int_equal(n->n_groups, 1);
	assert_string_equal(n->group[0].name, "honeynet");
	assert_int_equal(n->group[0].n_members, 4);
	for (uint16_t i = 0; i < 4; i++)
		assert_true(n->group[0].member[i].kind == OBJECT_HONEYPOT && n->group[0].member[i].index == i);
}

static void the_papers_rules_are_read(void **state)
{
	_free_ struct honeynet *n = xcalloc(1, sizeof(*n));
	_diag_ struct diag d = { 0 };
	const struct rule *r = n->rule;

	(void)state;
	assert_int_equal(config_load("etc/honeynet.yaml", n, &d), 0);
	assert_int_equal(n->n_services, 2);
	assert_string_equal(n->service[0].name, "ssh");
	assert_int_equal(n->service[0].proto, IPPROTO_TCP);
	assert_int_equal(n->service[0].port[0].first, 22);
	assert_string_equal(n->service[1].name, "MySQL");
	assert_int_equal(n->service[1].port[0].last, 3306);
	assert_int_equal(n->n_rules, 4);
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(r[i].action, i < 3 ? ACTION_ACCEPT : ACTION_DROP);
		assert_int_equal(r[i].n_sources, 1);
		assert_int_equal(r[i].source[0].kind, i == 2 ? OBJECT_GROUP : OBJECT_ANY);
		assert_int_equal(r[i].n_destinations, 1);
		assert_int_equal(r[i].n_services, i ? 0 : 2);
		assert_true(r[i].log);
	}
	assert_int_equal(r[0].destination[0].kind, OBJECT_FIREWALL);
	assert_memory_equal(r[0].service, ((uint16_t[]){ 0, 1 }), 4);
	assert_int_equal(r[1].destination[0].kind, OBJECT_GROUP);
	assert_int_equal(n->containment.period_s, 3600);
	assert_int_equal(n->containment.tcp, 20);
	assert_int_equal(n->containment.udp, 20);
	assert_int_equal(n->containment.icmp, 50);
	assert_int_equal(n->containment.other, 10);
	assert_int_equal(n->containment.bytes_mb, 100);
	assert_int_equal(n->containment.packets_per_s, 500);
	assert_int_equal(n->containment.bandwidth_kb, 10240);
	assert_true(n->containment.connections == 100 && n->containment.destinations == 100 && !n->containment.session.set);
	assert_true(n->containment.lateral == 1000 && !n->containment.isolation);
	assert_int_equal(n->containment.n_resolvers, 1);
	assert_true(n->containment.resolver[0].address == (ADDR_4 | 0xcb007135));
	assert_int_equal(n->capture.when_full, WHEN_FULL_FREEZE);
	assert_int_equal(n->capture.ring_mb, 64);
}

/* What is not said has the documented default. */
static void a_short_file_is_filled_up(void **state)
{
	static const char text[] = "name: a\nnetwork: 192.168.7.0/28\nfirewall: {name: f, address: 192.168.7.1}\n"
		"honeypots: [{name: My_Pot, address: 192.168.7.14, image: dns}]\n"
		"rules: [{source: my_pot, destination: [F, MY_POT], action: drop}]\n";
	_free_ struct honeynet *n = xcalloc(1, sizeof(*n));
	_diag_ struct diag d = { 0 };

	(void)state;
	assert_int_equal(config_read(text, sizeof(text) - 1, n, &d), 0);
	assert_string_equal(n->honeypot[0].hostname, "my-pot");
	assert_memory_equal(n->honeypot[0].mac, "\x52\x54\0\xa8\x07\x0e", 6);
	assert_int_equal(n->honeypot[0].memory_mb, 96);
	assert_int_equal(n->honeypot[0].line, 4);
	assert_true(n->rule[0].log);
	assert_int_equal(n->rule[0].n_services, 0);
	assert_int_equal(n->rule[0].n_destinations, 2);
	assert_int_equal(n->rule[0].destination[0].kind, OBJECT_FIREWALL);
	assert_int_equal(n->rule[0].destination[1].kind, OBJECT_HONEYPOT);
	assert_int_equal(n->containment.period_s, 3600);
	assert_int_equal(n->containment.packets_per_s, 500);
	assert_int_equal(n->containment.bandwidth_kb, 10240);
	assert_true(n->containment.lateral == 1000 && !n->containment.isolation && !n->containment.n_resolvers);
	assert_true(n->containment.connections == 100 && n->containment.destinations == 100 && !n->containment.session.set);
	assert_int_equal(n->capture.when_full, WHEN_FULL_FREEZE);
	assert_int_equal(n->capture.ring_mb, 64);
}

/* What is not a name of a recipe is a path; it begins where the file is. */
static void a_path_begins_at_the_files_folder(void **state)
{
	static const char text[] = "name: a\nnetwork: 192.168.7.0/28\nfirewall: {name: f, address: 192.168.7.1}\nhoneypots:\n"
		"  - {name: a, address: 192.168.7.2, image: recipes/ftp, services: web tcp 80}\n"
		"  - {name: b, address: 192.168.7.3, image: /srv/root.tar, services: [web  tcp 80, \"dns\\tudp 53\"]}\n"
		"  - {name: c, address: 192.168.7.4, image: ftp}\n"
		"rules: [{source: any, destination: any, action: drop}]\n";
	char folder[] = "/tmp/skep-test-XXXXXX";
	_free_ struct honeynet *n = xcalloc(1, sizeof(*n));
	_free_ char *path = NULL, *here = NULL, *image = NULL;
	_diag_ struct diag d = { 0 };
	const struct honeypot *h = n->honeypot;

	(void)state;
	assert_int_equal(config_read(text, sizeof(text) - 1, n, &d), 0);
	assert_string_equal(h[0].image, "recipes/ftp");		/* of no file: as it is */
	assert_non_null(mkdtemp(folder));
	path = xasprintf("%s/net.yaml", folder);
	file_write(path, &(struct text){ .at = (char *)text, .len = sizeof(text) - 1 });
	assert_int_equal(config_load(path, n, &d), 0);
	remove(path);
	here = realpath(folder, NULL);
	remove(folder);
	image = xasprintf("%s/recipes/ftp", here);
	assert_string_equal(h[0].image, image);
	assert_int_equal(h[0].image_line, 5);
	assert_int_equal(h[0].image_column, 44);
	assert_int_equal(h[0].n_services, 1);
	assert_string_equal(h[1].image, "/srv/root.tar");
	assert_int_equal(h[1].n_services, 2);
	assert_string_equal(h[1].service[1].name, "dns");
	assert_int_equal(h[1].service[1].proto, IPPROTO_UDP);
	assert_int_equal(h[1].service[1].port, 53);
	assert_string_equal(h[2].image, "ftp");
	assert_int_equal(h[2].n_services, 0);
}

/* They come after the file's own, with addresses from the highest down that nobody has, nor their MAC. */
static void instances_are_made(void **state)
{
	static const char text[] = "name: a\nnetwork: 192.168.7.0/28\nfirewall: {name: f, address: 192.168.7.13}\n"
		"honeypots:\n"
		"  - {name: web, address: 192.168.7.14, image: apache, memory: 64 MiB, hostname: www, instances: {max: 2}}\n"
		"  - {name: dns, address: 192.168.7.2, image: dns, mac: 52:54:00:a8:07:0b}\n"
		"  - {name: ftp, address: 192.168.7.10, image: ftp, instances: {per: source, max: 1, idle: 1d}}\n"
		"rules: [{source: web, destination: any, action: drop}]\n";
	static const struct { const char *name, *image, *hostname; uint8_t last; uint16_t of; uint32_t mb; } want[] = {
		{ "web-1", "apache", "www", 12, 0, 64 }, { "web-2", "apache", "www", 9, 0, 64 },
		{ "ftp-1", "ftp", "ftp", 8, 2, 96 },
	};
	_free_ struct honeynet *n = xcalloc(1, sizeof(*n));
	_diag_ struct diag d = { 0 };
	uint32_t index;

	(void)state;
	assert_int_equal(config_read(text, sizeof(text) - 1, n, &d), 0);
	assert_int_equal(n->n_honeypots, 3 + nitems(want));
	assert_int_equal(n->honeypot[0].instances.max, 2);
	assert_int_equal(n->honeypot[0].instances.idle_s, 1800);
	assert_int_equal(n->honeypot[1].instances.max, 0);
	assert_int_equal(n->honeypot[2].instances.idle_s, 86400);
	for (uint32_t i = 0; i < nitems(want); i++) {
		const struct honeypot *h = &n->honeypot[3 + i];

		assert_false(n->honeypot[i].is_instance);
		assert_true(h->is_instance && h->instance_of == want[i].of && !h->instances.max);
		assert_string_equal(h->name, want[i].name);
		assert_string_equal(h->image, want[i].image);
		assert_string_equal(h->hostname, want[i].hostname);
		assert_int_equal(h->address, 0xc0a80700 + want[i].last);
		assert_memory_equal(h->mac, ((uint8_t[]){ 0x52, 0x54, 0, 0xa8, 7, want[i].last }), 6);
		assert_int_equal(h->memory_mb, want[i].mb);
	}
	assert_int_equal(honeypot_find(n, "WEB-2", &index), 0);
	assert_int_equal(index, 4);
}

static void one_broken_file(const char *name)
{
	_free_ struct honeynet *n = xcalloc(1, sizeof(*n)), *untouched = xcalloc(1, sizeof(*n));
	_free_ char *path = xasprintf(BROKEN "/%s", name);
	_free_ char *golden = xasprintf(GOLDEN "/%.*s.txt", (int)(strlen(name) - 5), name);
	_text_ struct text got = { 0 }, want = { 0 };
	_diag_ struct diag d = { 0 };

	assert_int_equal(config_load(path, n, &d), -EINVAL);
	assert_memory_equal(n, untouched, sizeof(*n));
	diag_text(&d, name, &got);
	if (writing())
		file_write(golden, &got);
	file_read(golden, &want);
	if (strcmp(text_str(&got), text_str(&want)))
		fail_msg("%s: got\n%s", name, text_str(&got));
	assert_true(got.len > 0);
}

static void every_broken_file_is_explained(void **state)
{
	DIR *dir = opendir(BROKEN);
	struct dirent *e;
	size_t files = 0;

	(void)state;
	assert_non_null(dir);
	while ((e = readdir(dir))) {
		if (strlen(e->d_name) > 5 && !strcmp(e->d_name + strlen(e->d_name) - 5, ".yaml")) {
			one_broken_file(e->d_name);
			files++;
		}
	}
	closedir(dir);
	assert_true(files >= 20);
}

static void what_cannot_be_read_is_one_complaint(void **state)
{
	static const struct { const char *path; int want; } rows[] = {
		{ "tests/broken/there-is-no-such-file", -ENOENT }, { "tests/broken", -EISDIR },
		{ "/dev/zero", -EINVAL },	/* too large */
	};

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		struct honeynet *n = NULL;
		_diag_ struct diag d = { 0 };

		assert_int_equal(config_load(rows[i].path, n, &d), rows[i].want);
		assert_int_equal(d.n, 1);
		assert_int_equal(d.at[0].line, 0);
	}
}

/* Much of everything: bounded, and each kind of complaint has its end. */
static void complaints_are_bounded(void **state)
{
	_text_ struct text t = { 0 };
	_diag_ struct diag d = { 0 };
	struct honeynet *n = NULL;

	(void)state;
	for (size_t i = 0; i < 5000; i++)
		text_addf(&t, "key%zu: x\n", i);
	assert_int_equal(config_read(text_str(&t), t.len, n, &d), -EINVAL);
	assert_int_equal(d.n, MAX_COMPLAINTS);
	assert_int_equal(d.n + d.lost, 5005);	/* and five required keys are not there */
	diag_fini(&d);
	text_clear(&t);
	while (t.len < MAX_NODES * 3)
		text_add(&t, "- a\n");
	assert_int_equal(config_read(text_str(&t), t.len, n, &d), -EINVAL);
	assert_int_equal(d.n, 1);
}

/* What it may change in while the honeynet runs as the shipped file says, and where it says that it may not. */
static void what_is_fixed_is_explained(void **state)
{
	static const struct { const char *old, *new, *complaint; } rows[] = {
		{ "name: paper\n", "name: other\n", "name: cannot change" },
		{ "network: 10.10.10.0/24", "network: 10.10.0.0/16", "network: cannot change" },
		{ "address: 10.10.10.1\n", "address: 10.10.10.2\n", "firewall: address: cannot change" },
		{ "store: sqlite\n", "store: mariadb\n", "store: cannot change" },
		{ "  buffer: 32 MiB\n", "\n", NULL },	/* that is what it is without it */
		{ "  buffer: 32 MiB\n", "  buffer: 16 MiB\n", "packets: buffer: cannot change" },
		{ "    memory: 96 MiB\n", "    memory: 64 MiB\n", NULL }, { "  tcp: 20\n", "  tcp: 30\n", NULL },
		{ "  destinations: 100\n", "  destinations: 9\n", "containment: destinations: cannot change" },
	};
	_free_ struct honeynet *now = xcalloc(1, sizeof(*now)), *next = xcalloc(1, sizeof(*next));
	char path[] = "/tmp/skep-config-XXXXXX";
	_text_ struct text shipped = { 0 };
	_diag_ struct diag none = { 0 };

	(void)state;
	close(mkstemp(path));
	assert_int_equal(config_load("etc/honeynet.yaml", now, &none), 0);
	file_read("etc/honeynet.yaml", &shipped);
	for (size_t i = 0; i < nitems(rows); i++) {
		const char *at = strstr(text_str(&shipped), rows[i].old);
		_text_ struct text t = { 0 };
		_diag_ struct diag d = { 0 };
		uint32_t line = 1;

		assert_non_null(at);
		for (const char *c = text_str(&shipped); c < at; c++)
			line += *c == '\n';
		text_addn(&t, shipped.at, (size_t)(at - shipped.at));
		text_add(&t, rows[i].new);
		text_add(&t, at + strlen(rows[i].old));
		file_write(path, &t);
		assert_int_equal(config_again(path, now, false, next, &d), rows[i].complaint ? -EINVAL : 0);
		assert_int_equal(d.n, rows[i].complaint != NULL);
		if (rows[i].complaint && (d.at[0].line != line || strncmp(d.at[0].text, rows[i].complaint, strlen(rows[i].complaint))))
			fail_msg("%u: %s", d.at[0].line, d.at[0].text);
		if (!strncmp(rows[i].old, "store", 5)) {	/* it was said elsewhere */
			assert_int_equal(config_again(path, now, true, next, &d), 0);
			assert_string_equal(next->store, "sqlite");
		}
	}
	unlink(path);
}

/* Who has instances is left alone, and so are they; the others may come, go and change. */
static void instances_are_not_reloaded(void **state)
{
	static const struct { const char *old, *new; uint32_t line, column; const char *complaint; } rows[] = {
		{ "max: 2", "max: 3", 7, 65, "web: who has instances" }, { "idle: 1h", "idle: 2h", 9, 62, "dns: who has instances" },
		{ ", instances: {max: 2}", "", 7, 5, "web: who has instances" },
		{ "image: sendmail", "image: sendmail, instances: {max: 1}", 8, 69, "mail: who has instances" },
		{ "image: apache", "image: apache, memory: 64 MiB", 7, 81, "web: who has instances" },
		/* it takes what is an instance's address */
		{ "address: 10.10.10.254", "address: 10.10.10.253", 7, 65, "web: who has instances" },
		{ "image: sendmail", "image: dns", 0, 0, NULL },
	};
	_free_ struct honeynet *now = xcalloc(1, sizeof(*now)), *next = xcalloc(1, sizeof(*next));
	char path[] = "/tmp/skep-config-XXXXXX";
	_text_ struct text golden = { 0 };
	_diag_ struct diag none = { 0 };

	(void)state;
	close(mkstemp(path));
	assert_int_equal(config_load("tests/golden/policy/instances.yaml", now, &none), 0);
	file_read("tests/golden/policy/instances.yaml", &golden);
	for (size_t i = 0; i < nitems(rows); i++) {
		const char *at = strstr(text_str(&golden), rows[i].old);
		_text_ struct text t = { 0 };
		_diag_ struct diag d = { 0 };
		bool said = false;

		assert_non_null(at);
		text_addn(&t, golden.at, (size_t)(at - golden.at));
		text_add(&t, rows[i].new);
		text_add(&t, at + strlen(rows[i].old));
		file_write(path, &t);
		if (!rows[i].complaint) {
			assert_int_equal(config_again(path, now, false, next, &d), 0);
			continue;
		}
		assert_int_equal(config_again(path, now, false, next, &d), -EINVAL);
		for (size_t k = 0; k < d.n; k++)
			said |= d.at[k].line == rows[i].line && d.at[k].column == rows[i].column &&
				!strncmp(d.at[k].text, rows[i].complaint, strlen(rows[i].complaint));
		if (!said)
			fail_msg("%s: %u:%u: %s", rows[i].new, d.at[0].line, d.at[0].column, d.at[0].text);
	}
	strcpy(now->honeypot[2].name, "old");
	assert_int_equal(config_again("tests/golden/policy/instances.yaml", now, false, next, &none), -EINVAL);
	assert_int_equal(none.n, 2);
	assert_string_equal(none.at[0].text, "old: who has instances cannot go while the honeynet runs: skep down, then skep up");
	assert_int_equal(none.at[0].line, 7);
	assert_int_equal(none.at[1].line, 9);
	unlink(path);
}

static void values_are_exact(void **state)
{
	static const struct { bool (*f)(const char *, uint64_t *); const char *s; int64_t want; } rows[] = {
		{ value_count, "0", 0 }, { value_count, "12", 12 }, { value_count, "012", -1 },
		{ value_count, "", -1 }, { value_count, "1 ", -1 }, { value_count, "+1", -1 },
		{ value_count, "1234567890123", -1 }, { value_seconds, "90s", 90 }, { value_seconds, "2 h", 7200 },
		{ value_seconds, "1d", 86400 }, { value_seconds, "1", -1 }, { value_seconds, "1  h", -1 },
		{ value_seconds, "h", -1 }, { value_mebibytes, "2 GiB", 2048 }, { value_mebibytes, "96MiB", 96 },
		{ value_mebibytes, "96 MB", -1 }, { value_per_second, "500/s", 500 }, { value_per_second, "5/m", -1 },
		{ value_kibibytes_per_second, "10 MiB/s", 10240 }, { value_kibibytes_per_second, "1 GiB/s", 1048576 },
		{ value_kibibytes_per_second, "64 KiB/s", 64 }, { value_kibibytes_per_second, "64 KiB", -1 },
	};

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		uint64_t v = 0;
		bool ok = rows[i].f(rows[i].s, &v);

		if (ok != (rows[i].want >= 0) || (ok && v != (uint64_t)rows[i].want))
			fail_msg("\"%s\": %d, %llu", rows[i].s, ok, (unsigned long long)v);
	}
	assert_true(value_near("adress", "address"));
	assert_true(value_near("htpt", "http"));
	assert_false(value_near("colour", "log"));
	assert_false(value_near("a", "b"));
}

/* The manual's part about the keys is what the tables say. */
static void the_manual_is_the_table(void **state)
{
	static const char begin[] = ".\\\" The keys, from the tables of src/config\n", end[] = ".\\\" End of the keys\n";
	_text_ struct text want = { 0 }, page = { 0 }, new = { 0 };
	const char *from, *to;

	(void)state;
	config_document(&want);
	file_read(MANUAL, &page);
	from = strstr(text_str(&page), begin);
	to = strstr(text_str(&page), end);
	if (!from || !to)
		fail_msg(MANUAL ": its marks are missing");
	from += strlen(begin);
	if (writing()) {
		text_addn(&new, page.at, (size_t)(from - page.at));
		text_addn(&new, want.at, want.len);
		text_add(&new, to);
		file_write(MANUAL, &new);
	} else if ((size_t)(to - from) != want.len || memcmp(from, want.at, want.len))
		fail_msg(MANUAL ": not as the tables say; SKEP_GOLDEN=write makes it anew");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_papers_honeynet_is_read),
		cmocka_unit_test(the_papers_rules_are_read),
		cmocka_unit_test(a_short_file_is_filled_up),
		cmocka_unit_test(a_path_begins_at_the_files_folder),
		cmocka_unit_test(instances_are_made),
		cmocka_unit_test(every_broken_file_is_explained),
		cmocka_unit_test(what_cannot_be_read_is_one_complaint),
		cmocka_unit_test(complaints_are_bounded),
		cmocka_unit_test(what_is_fixed_is_explained),
		cmocka_unit_test(instances_are_not_reloaded),
		cmocka_unit_test(values_are_exact),
		cmocka_unit_test(the_manual_is_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
