/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A honeypot's disk layer and what is written into its ring's configuration area. */
#include "unit.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cursor.h"
#include "base/mem.h"
#include "guest/disk.h"
#include "guest/identity.h"
#include "guest/ring.h"
#include "guest/snapshot.h"
#include "guest/story.h"
#include "model/plan.h"
#include "skep/capture.h"

static char dir[] = "/tmp/skep-test-XXXXXX";

static char *in_dir(const char *name)
{
	return xasprintf("%s/%s", dir, name);
}

static void make_file(const char *name, const char *text, size_t size)
{
	_free_ char *path = in_dir(name);
	_fd_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	if (size)
		assert_int_equal(ftruncate(fd, (off_t)size), 0);
}

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

/* read_identity() - file @name of honeypot web's, into @ret of @size */
static void read_identity(const char *name, char *ret, size_t size)
{
	_free_ char *path = xasprintf("%s/identity/web/%s", dir, name);
	_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, ret, size - 1);

	assert_true(n > 0);
	ret[n] = '\0';
}

/* The tree is written into a new disk: what another image needed must not be in it. */
static void an_identity_fits_its_root(void **state)
{
	static const struct { uint8_t root; const char *there, *gone; } rows[] = {
		{ ROOT_NETWORKD, "etc/systemd/network/10-eth0.network", "etc/network/interfaces" },
		{ ROOT_FOREIGN, "etc/network/interfaces", "etc/systemd/network/10-eth0.network" },
		{ ROOT_FOREIGN | ROOT_NETWORKD, "etc/fstab", "etc/network/interfaces" },
		{ ROOT_NETWORKD, "etc/machine-id", "etc/fstab" },
	};
	_free_ struct plan *p = xcalloc(1, sizeof(*p));
	_free_ char *identity = in_dir("identity");
	char said[256] = "";
	const char *what;

	(void)state;
	str_copy(p->state, dir, sizeof(p->state));
	p->net.prefix = 20;
	p->net.firewall_address = 0x0a0a0001;
	p->net.n_honeypots = 1;
	p->net.honeypot[0] = (struct honeypot){ .name = "web", .hostname = "www", .address = 0x0a0a0a51 };
	assert_int_equal(mkdir(identity, 0700), 0);
	for (size_t i = 0; i < nitems(rows); i++) {
		_free_ char *there = xasprintf("%s/web/%s", identity, rows[i].there), *gone = xasprintf("%s/web/%s", identity, rows[i].gone);

		p->root[0] = rows[i].root;
		assert_int_equal(identity_make(p, 0, &what), 0);
		assert_int_equal(access(there, F_OK), 0);
		assert_int_equal(access(gone, F_OK), -1);
		if (i == 1)
			read_identity("etc/network/interfaces", said, sizeof(said));
	}
	assert_non_null(strstr(said, "\taddress 10.10.10.81\n\tnetmask 255.255.240.0\n\tgateway 10.10.0.1\n"));
}

/* Of both families, or of one: then no word of the other. */
static void addresses_are_of_the_families_it_has(void **state)
{
	static const struct { uint8_t root; const char *file, *six; } rows[] = {
		{ ROOT_NETWORKD, "etc/systemd/network/10-eth0.network",
		  "LinkLocalAddressing=ipv6\nIPv6AcceptRA=no\nIPv6DuplicateAddressDetection=0\nAddress=10.10.10.81/20\nGateway=10.10.0.1\n"
		  "Address=2001:db8:10::a0a:a51/64\nGateway=2001:db8:10::a0a:1\n" },
		{ 0, "etc/network/interfaces", "\niface eth0 inet6 static\n\taddress 2001:db8:10::a0a:a51\n\tnetmask 64\n"
		  "\tgateway 2001:db8:10::a0a:1\n\taccept_ra 0\n\tdad-attempts 0\n" },
		{ 0, "etc/hosts", "\n2001:db8:10::a0a:a51\twww.meridian-tool.example www\n" },
	};
	_free_ struct plan *p = xcalloc(1, sizeof(*p));
	char said[1024];
	const char *what;

	(void)state;
	str_copy(p->state, dir, sizeof(p->state));
	p->net = (struct honeynet){ .prefix = 20, .firewall_address = 0x0a0a0001, .n_honeypots = 1,
				    .honeypot = { { .name = "web", .hostname = "www", .address = 0x0a0a0a51 } } };
	for (size_t i = 0; i < nitems(rows); i++) {
		p->root[0] = rows[i].root;
		p->net.network6 = (addr_number)0x20010db800100000 << 64;
		p->net.prefix6 = 64;
		assert_int_equal(identity_make(p, 0, &what), 0);
		read_identity(rows[i].file, said, sizeof(said));
		if (!strstr(said, rows[i].six))
			fail_msg("%s: %s", rows[i].file, said);
		p->net.prefix6 = 0;
		assert_int_equal(identity_make(p, 0, &what), 0);
		read_identity(rows[i].file, said, sizeof(said));
		assert_null(strstr(said, "2001:"));
		assert_null(strstr(said, "inet6"));
		assert_true(rows[i].root != ROOT_NETWORKD || strstr(said, "LinkLocalAddressing=no\nIPv6AcceptRA=no\nAddress=10.10.10.81/20\n"));
	}
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

static int tear_down(void **state)
{
	(void)state;
	return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* The layout that arch/um/drivers/cow_user.c reads: all of it big endian, packed. */
static void a_layer_is_what_the_kernel_reads(void **state)
{
	enum { SIZE = 10 * 1024 * 1024 + 512 };
	_free_ char *image = in_dir("image"), *disk = in_dir("disk");
	uint8_t head[64];
	struct stat st, base;
	_fd_ int fd = -1;
	uint32_t v;
	uint64_t size;

	(void)state;
	make_file("image", "ext4", SIZE);
	assert_int_equal(disk_make(disk, image, getuid()), 0);
	fd = open(disk, O_RDONLY);
	assert_int_equal(read(fd, head, sizeof(head)), sizeof(head));
	assert_memory_equal(head, "OOOM", 4);
	memcpy(&v, head + 4, sizeof(v));
	assert_int_equal(be32toh(v), 3);
	assert_int_equal(stat(image, &base), 0);
	memcpy(&v, head + 8, sizeof(v));
	assert_int_equal(be32toh(v), (uint32_t)base.st_mtime);
	memcpy(&size, head + 12, sizeof(size));
	assert_int_equal(be64toh(size), SIZE);
	assert_string_equal((char *)head + 32, "/base");
	assert_int_equal(fstat(fd, &st), 0);
	/* header and bitmap, each to a page, then every sector in its place */
	assert_true(st.st_size >= 8192 + SIZE && st.st_size <= 8192 + 4096 + SIZE);
	assert_true(st.st_blocks * 512 < 64 * 1024);
	assert_int_equal(st.st_mode & 0777, 0640);
}

static void a_layer_belongs_to_one_image(void **state)
{
	_free_ char *image = in_dir("a"), *other = in_dir("b"), *disk = in_dir("layer"), *none = in_dir("none");

	(void)state;
	make_file("a", "a", 4096);
	make_file("b", "b", 8192);
	assert_int_equal(disk_make(disk, image, getuid()), 0);
	assert_int_equal(disk_matches(disk, image), 1);
	assert_int_equal(disk_matches(disk, other), 0);
	assert_int_equal(disk_matches(none, image), 0);
	assert_int_equal(disk_matches(disk, none), -ENOENT);
}

/* As the kernel writes it: the sector's bit in the map, which begins at 8192, and the sector behind the map. */
static void a_layer_without_its_file_system_is_ruined(void **state)
{
	enum { MAP = 8192, SECTORS = MAP + 4096, SUPER = 1024, UUID = SUPER + 104 };
	static const char ours[16] = "ours", other[16] = "another's";
	static const struct { const char *what, *magic, *uuid; int want; } rows[] = {
		{ "written anew", "\x53\xef", ours, 0 }, { "zeros", "\0\0", ours, 1 }, { "made again", "\x53\xef", other, 1 },
	};
	_free_ char *image = in_dir("image"), *disk = in_dir("layer");
	_fd_ int base = -1, fd = -1;

	(void)state;
	make_file("image", "none", 8 << 20);
	assert_int_equal(disk_make(disk, image, getuid()), 0);
	assert_int_equal(disk_ruined(disk, image), 0);		/* of no ext4 nothing is known */
	base = open(image, O_RDWR);
	assert_int_equal(pwrite(base, "\x53\xef", 2, SUPER + 56), 2);
	assert_int_equal(pwrite(base, ours, sizeof(ours), UUID), sizeof(ours));
	assert_int_equal(disk_make(disk, image, getuid()), 0);
	assert_int_equal(disk_ruined(disk, image), 0);		/* the image's */
	fd = open(disk, O_RDWR);
	assert_int_equal(pwrite(fd, "\4", 1, MAP), 1);
	for (size_t i = 0; i < nitems(rows); i++) {
		assert_int_equal(pwrite(fd, rows[i].magic, 2, SECTORS + SUPER + 56), 2);
		assert_int_equal(pwrite(fd, rows[i].uuid, sizeof(ours), SECTORS + UUID), sizeof(ours));
		if (disk_ruined(disk, image) != rows[i].want)
			fail_msg("%s", rows[i].what);
	}
	assert_int_equal(unlink(disk), 0);
	assert_int_equal(disk_ruined(disk, image), -ENOENT);
}

static void a_tree_becomes_file_entries(void **state)
{
	_free_ char *etc = in_dir("tree/etc"), *tree = in_dir("tree"), *absent = in_dir("absent");
	_text_ struct text conf = { 0 };
	struct cursor c;
	uint32_t name, data;

	(void)state;
	assert_int_equal(mkdir(tree, 0755) || mkdir(etc, 0755), 0);
	make_file("tree/etc/hostname", "www\n", 0);
	assert_int_equal(ring_conf_tree(&conf, tree, 1700000000000000005), 0);
	c = cursor_of(conf.at, conf.len);
	assert_int_equal(get_u32(&c), SKEP_CONF_FILE);
	assert_int_equal(get_u32(&c), 0644);
	get_u64(&c);				/* root's */
	name = get_u32(&c);
	data = get_u32(&c);
	assert_int_equal(get_u64(&c), 1700000000000000005);
	assert_true(span_is(get_span(&c, name), "/etc/hostname"));
	assert_true(span_is(get_span(&c, data), "www\n"));
	assert_false(c.bad);
	assert_true(cursor_left(&c) < 8);	/* padding */
	text_clear(&conf);
	assert_int_equal(ring_conf_tree(&conf, absent, 0), -ENOENT);
}

/* Behind the ring, where neither records nor words can reach it. */
static void the_guest_has_memory_of_its_own(void **state)
{
	int ring = ring_make(64 * 1024, true);
	struct skep_ring head;
	char byte = 1;

	(void)state;
	assert_int_equal(pread(ring, &head, sizeof(head), 0), sizeof(head));
	assert_int_equal(head.memory, head.data + head.size);
	assert_int_equal(lseek(ring, 0, SEEK_END), head.memory + head.memory_len);
	assert_int_equal(pread(ring, &byte, 1, (off_t)head.memory), 1);
	assert_int_equal(byte, 0);
	close(ring);
}

static void the_configuration_area_has_an_end(void **state)
{
	int ring = ring_make(64 * 1024, true);
	_text_ struct text conf = { 0 };
	uint64_t len = 0;

	(void)state;
	ring_conf_add(&conf, &(struct ring_word){ .kind = SKEP_CONF_RELEASE, .data = span_of("6.1.0") });
	assert_int_equal(ring_configure(ring, &conf), 0);
	assert_int_equal(pread(ring, &len, sizeof(len), offsetof(struct skep_ring, config_len)), sizeof(len));
	assert_int_equal(len, conf.len);
	assert_int_equal(ring_written(ring), 0);
	while (conf.len <= RING_CONFIG_MAX)
		ring_conf_add(&conf, &(struct ring_word){ .kind = SKEP_CONF_VERSION, .data = span_of("many words about a kernel") });
	assert_int_equal(ring_configure(ring, &conf), -E2BIG);
	close(ring);
}

static void a_wish_is_done_when_the_guest_says_so(void **state)
{
	int ring = ring_make(64 * 1024, true);
	uint32_t wish = ring_wish_sync(ring), next;

	(void)state;
	assert_int_not_equal(wish, 0);
	assert_false(ring_synced(ring, wish));
	assert_int_equal(pwrite(ring, &wish, sizeof(wish), offsetof(struct skep_ring, synced)), sizeof(wish));
	assert_true(ring_synced(ring, wish));
	next = ring_wish_sync(ring);
	assert_int_not_equal(next, wish);
	assert_false(ring_synced(ring, next));
	close(ring);
}

/* --- snapshots --- */

static int snapshots(void)
{
	_free_ char *path = in_dir("snapshots");
	int fd;

	assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
	fd = open(path, O_RDONLY | O_DIRECTORY);
	assert_true(fd >= 0);
	return fd;
}

static void a_snapshot_is_put_back(void **state)
{
	_free_ char *image = in_dir("image"), *disk = in_dir("layer");
	_fd_ int folder = snapshots(), fd = -1;
	struct snapshot s, found;
	struct stat was, st;
	char b[7] = "";

	(void)state;
	make_file("image", "ext4", 8 << 20);
	assert_int_equal(disk_make(disk, image, getuid()), 0);
	fd = open(disk, O_RDWR);
	assert_int_equal(pwrite(fd, "before", 6, 6 << 20), 6);
	assert_int_equal(snapshot_take(folder, &(struct snapshot_of){ disk, image, "a label", now_us() }, &s), 0);
	assert_int_equal(stat(disk, &was), 0);
	assert_true(s.bytes > 0 && s.bytes < 1 << 20);		/* sparse as the disk is */
	assert_int_equal(snapshot_find(folder, s.id, &found), 0);
	assert_string_equal(found.label, "a label");
	assert_string_equal(found.image, image);
	assert_int_equal(found.at_us, s.at_us);
	assert_int_equal(pwrite(fd, "after!", 6, 6 << 20), 6);
	assert_int_equal(disk_adopt(disk, image, getuid()), 0);	/* nothing is laid ready yet */
	assert_int_equal(snapshot_restore(folder, &s, disk), 0);
	assert_int_equal(disk_adopt(disk, image, getuid()), 1);
	close_fd(&fd);
	fd = open(disk, O_RDONLY);
	assert_int_equal(pread(fd, b, 6, 6 << 20), 6);
	assert_string_equal(b, "before");
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, was.st_size);
	assert_true(disk_age_us(disk, now_us()) < 60 * 1000000ull);
	assert_int_equal(snapshot_remove(folder, &s), 0);
	assert_int_equal(snapshot_find(folder, s.id, &found), -ENOENT);
}

static void what_is_over_another_image_is_not_put_back(void **state)
{
	_free_ char *image = in_dir("image"), *other = in_dir("other"), *disk = in_dir("layer"), *next = in_dir("layer.next");

	(void)state;
	make_file("image", "ext4", 8 << 20);
	make_file("other", "ext4", 9 << 20);
	assert_int_equal(disk_make(disk, image, getuid()), 0);
	assert_int_equal(disk_make(next, other, getuid()), 0);
	assert_int_equal(disk_adopt(disk, image, getuid()), 0);
	assert_int_equal(disk_matches(disk, image), 1);
	assert_int_equal(unlink(next), 0);
}

static void the_newest_are_kept(void **state)
{
	_free_ char *image = in_dir("image"), *disk = in_dir("layer");
	_free_ struct snapshot *all = NULL;
	_fd_ int folder = snapshots();
	struct snapshot mine;
	size_t n = 0;

	(void)state;
	make_file("image", "ext4", 8 << 20);
	assert_int_equal(disk_make(disk, image, getuid()), 0);
	assert_int_equal(snapshot_take(folder, &(struct snapshot_of){ disk, image, "mine", now_us() }, &mine), 0);
	for (int i = 0; i < 5; i++) {			/* all in a second or two: their names must differ */
		char label[32];

		snprintf(label, sizeof(label), SNAPSHOT_RESET "%d", i);
		assert_int_equal(disk_make(disk, image, getuid()), 0);
		assert_int_equal(snapshot_move(folder, &(struct snapshot_of){ disk, image, label, now_us() }), 0);
		assert_int_equal(access(disk, F_OK), -1);
	}
	assert_int_equal(snapshot_prune(folder, SNAPSHOT_RESET, 2), 0);
	assert_int_equal(snapshot_list(folder, &all, &n), 0);
	assert_int_equal(n, 3);
	assert_string_equal(all[0].id, mine.id);
	assert_string_equal(all[1].label, SNAPSHOT_RESET "3");
	assert_string_equal(all[2].label, SNAPSHOT_RESET "4");
	assert_int_equal(snapshot_prune(folder, "", 0), 0);
}

static void a_snapshot_has_a_plain_name(void **state)
{
	static const char *const names[] = { "", "../x", "20260101T000000Z/..", "a", "20260101T000000Z-123456789" };
	_fd_ int folder = snapshots();
	struct snapshot s;

	(void)state;
	for (size_t i = 0; i < nitems(names); i++)
		assert_int_equal(snapshot_find(folder, names[i], &s), -ENOENT);
	make_file("snapshots/20260101T000000Z.disk", "", 0);
	make_file("snapshots/20260101T000000Z.json", "{\"at_us\":\"soon\"}", 0);
	assert_int_equal(snapshot_find(folder, "20260101T000000Z", &s), -EBADMSG);
}

/* --- the story --- */

#define CPU "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 1\nmodel name\t: AMD EPYC\n" \
	    "stepping\t: 1\ncpu MHz\t\t: 2445.430\nflags\t\t: fpu vme "

static void the_boot_log_fits_the_processor(void **state)
{
	_text_ struct text kvm = { 0 }, bare = { 0 }, none = { 0 };

	(void)state;
	story_boot_log(&kvm, 96, CPU "hypervisor lahf_lm\n");
	assert_non_null(strstr(text_str(&kvm), "Hypervisor detected: KVM\n"));
	assert_non_null(strstr(text_str(&kvm), "tsc: Detected 2445.430 MHz processor\n"));
	assert_non_null(strstr(text_str(&kvm), "CPU0: AMD EPYC (family: 0x19, model: 0x1, stepping: 0x1)\n"));
	assert_non_null(strstr(text_str(&kvm), "[mem 0x0000000000100000-0x0000000005ffffff] usable\n"));
	story_boot_log(&bare, 128, CPU "nohypervisor hypervisors\n");
	assert_null(strstr(text_str(&bare), "KVM"));
	assert_non_null(strstr(text_str(&bare), "bare hardware\n"));
	story_boot_log(&none, 96, "");
	assert_null(strstr(text_str(&none), "CPU0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_layer_is_what_the_kernel_reads),
		cmocka_unit_test(a_layer_belongs_to_one_image),
		cmocka_unit_test(an_identity_fits_its_root),
		cmocka_unit_test(addresses_are_of_the_families_it_has),
		cmocka_unit_test(a_layer_without_its_file_system_is_ruined),
		cmocka_unit_test(a_tree_becomes_file_entries),
		cmocka_unit_test(the_guest_has_memory_of_its_own),
		cmocka_unit_test(the_configuration_area_has_an_end),
		cmocka_unit_test(a_wish_is_done_when_the_guest_says_so),
		cmocka_unit_test(a_snapshot_is_put_back),
		cmocka_unit_test(what_is_over_another_image_is_not_put_back),
		cmocka_unit_test(the_newest_are_kept),
		cmocka_unit_test(a_snapshot_has_a_plain_name),
		cmocka_unit_test(the_boot_log_fits_the_processor),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
