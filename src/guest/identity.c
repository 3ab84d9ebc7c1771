/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "identity.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sodium.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/twin.h"

extern char **environ;

static void put_address(struct text *t, uint32_t address)
{
	struct addr a = addr4(address);
	char text[ADDR_TEXT];

	text_add(t, addr_text(&a, text));
}

/* has_ipv6() - honeypot @i has an IPv6 address */
static bool has_ipv6(const struct plan *p, uint32_t i)
{
	return twin_pot(&p->net, i).family == 6;
}

static void put_address6(const struct plan *p, uint32_t address, struct text *t)
{
	struct addr a = twin_of(&p->net, address);
	char text[ADDR_TEXT];

	text_add(t, addr_text(&a, text));
}

static void write_hostname(const struct plan *p, uint32_t i, struct text *t)
{
	text_addf(t, "%s\n", p->net.honeypot[i].hostname);
}

static void write_hosts(const struct plan *p, uint32_t i, struct text *t)
{
	const struct honeypot *h = &p->net.honeypot[i];

	text_add(t, "127.0.0.1\tlocalhost\n");
	put_address(t, h->address);
	text_addf(t, "\t%s.meridian-tool.example %s\n", h->hostname, h->hostname);
	if (has_ipv6(p, i)) {
		put_address6(p, h->address, t);
		text_addf(t, "\t%s.meridian-tool.example %s\n", h->hostname, h->hostname);
	}
	text_add(t, "\n# The following lines are desirable for IPv6 capable hosts\n"
		    "::1     localhost ip6-localhost ip6-loopback\nff02::1 ip6-allnodes\nff02::2 ip6-allrouters\n");
}

static void write_machine_id(const struct plan *p, uint32_t i, struct text *t)
{
	uint8_t id[16];

	(void)p, (void)i;
	randombytes_buf(id, sizeof(id));
	id[6] = (uint8_t)((id[6] & 0x0f) | 0x40);	/* a version 4 UUID, as systemd makes it */
	id[8] = (uint8_t)((id[8] & 0x3f) | 0x80);
	for (size_t k = 0; k < sizeof(id); k++)
		text_addf(t, "%02x", id[k]);
	text_addc(t, '\n');
}

/* Addresses hold at once: nobody else may have them, and a probe for it would only delay the start. */
static void write_network(const struct plan *p, uint32_t i, struct text *t)
{
	bool ipv6 = has_ipv6(p, i);

	text_addf(t, "[Match]\nName=eth0\n\n[Network]\nLinkLocalAddressing=%s\nIPv6AcceptRA=no\n%sAddress=", ipv6 ? "ipv6" : "no",
		  ipv6 ? "IPv6DuplicateAddressDetection=0\n" : "");
	put_address(t, p->net.honeypot[i].address);
	text_addf(t, "/%u\nGateway=", p->net.prefix);
	put_address(t, p->net.firewall_address);
	text_addc(t, '\n');
	if (!ipv6)
		return;
	text_add(t, "Address=");
	put_address6(p, p->net.honeypot[i].address, t);
	text_addf(t, "/%u\nGateway=", p->net.prefix6);
	put_address6(p, p->net.firewall_address, t);
	text_addc(t, '\n');
}

static void write_interfaces(const struct plan *p, uint32_t i, struct text *t)
{
	text_add(t, "auto lo\niface lo inet loopback\n\nauto eth0\niface eth0 inet static\n\taddress ");
	put_address(t, p->net.honeypot[i].address);
	text_add(t, "\n\tnetmask ");
	put_address(t, ~(UINT32_MAX >> p->net.prefix));
	text_add(t, "\n\tgateway ");
	put_address(t, p->net.firewall_address);
	text_addc(t, '\n');
	if (!has_ipv6(p, i))
		return;
	text_add(t, "\niface eth0 inet6 static\n\taddress ");
	put_address6(p, p->net.honeypot[i].address, t);
	text_addf(t, "\n\tnetmask %u\n\tgateway ", p->net.prefix6);
	put_address6(p, p->net.firewall_address, t);
	text_add(t, "\n\taccept_ra 0\n\tdad-attempts 0\n");
}

/* The disks a root file system had elsewhere are not here. systemd reloads nothing with less than 16 MB free in /run. */
static void write_fstab(const struct plan *p, uint32_t i, struct text *t)
{
	text_add(t, "/dev/vda\t/\text4\terrors=remount-ro\t0\t1\n");
	if (p->root[i] & ROOT_NETWORKD)
		text_add(t, "tmpfs\t/run\ttmpfs\tnosuid,nodev,mode=755,size=48M\t0\t0\n");
}

static bool is_name_server(const struct plan *p, uint32_t i)
{
	for (uint32_t k = 0; k < p->n_probes[i]; k++)
		if (p->probe[i][k].proto == IPPROTO_UDP && p->probe[i][k].port == 53)
			return true;
	return false;
}

/* The honeypots that play the name server, if there are any. */
static void write_resolv_conf(const struct plan *p, uint32_t i, struct text *t)
{
	(void)i;
	text_add(t, "search meridian-tool.example\n");
	for (uint32_t k = 0; k < p->net.n_honeypots; k++) {
		if (!honeypot_there(&p->net, k) || !is_name_server(p, k))
			continue;
		text_add(t, "nameserver ");
		put_address(t, p->net.honeypot[k].address);
		text_addc(t, '\n');
	}
}

static void write_remote_syslog(const struct plan *p, uint32_t i, struct text *t)
{
	(void)i;
	/* rsyslogd starts before the network is there: it keeps what it cannot send, and soon tries again */
	text_add(t, "# all messages also to the log server\n$ActionQueueType LinkedList\n$ActionResumeRetryCount -1\n"
		    "$ActionResumeInterval 2\n*.* @");
	put_address(t, p->net.firewall_address);
	text_add(t, ":514\n");
}

static const struct {
	const char *path;
	mode_t mode;
	void (*write)(const struct plan *p, uint32_t i, struct text *t);
	bool random;		/* made once; the others follow the honeynet file */
	uint8_t with, without;	/* what its root is, and what not: ROOT_... */
} files[] = {
	{ "etc/hostname", 0644, write_hostname },
	{ "etc/hosts", 0644, write_hosts },
	{ "etc/machine-id", 0444, write_machine_id, .random = true },
	{ "etc/systemd/network/10-eth0.network", 0644, write_network, .with = ROOT_NETWORKD },
	{ "etc/network/interfaces", 0644, write_interfaces, .without = ROOT_NETWORKD },
	{ "etc/fstab", 0644, write_fstab, .with = ROOT_FOREIGN },
	{ "etc/resolv.conf", 0644, write_resolv_conf },
	{ "etc/rsyslog.d/10-remote.conf", 0644, write_remote_syslog },
};

static bool is_wanted(size_t k, uint8_t root)
{
	return (root & files[k].with) == files[k].with && !(root & files[k].without);
}

static const struct { const char *path; const char *type; const char *bits; } keys[] = {
	{ "etc/ssh/ssh_host_rsa_key", "rsa", "3072" },
	{ "etc/ssh/ssh_host_ecdsa_key", "ecdsa", "256" },
	{ "etc/ssh/ssh_host_ed25519_key", "ed25519", NULL },
};

/* make_parents() - all folders of @path below @root, an existing folder */
static int make_parents(int root, const char *path)
{
	_free_ char *part = xstrdup(path);

	for (char *slash = strchr(part, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdirat(root, part, 0755) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return 0;
}

static int write_file(int root, const char *path, mode_t mode, const struct text *t)
{
	_fd_ int fd = -1;
	int r = make_parents(root, path);

	if (r < 0)
		return r;
	unlinkat(root, path, 0);
	fd = openat(root, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, text_str(t), t->len) != (ssize_t)t->len || fchmod(fd, mode) < 0)
		return errno ? -errno : -EIO;
	return 0;
}

static int run(const char *const argv[])
{
	posix_spawn_file_actions_t quiet;
	pid_t pid;
	int status, r;

	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	r = posix_spawnp(&pid, argv[0], &quiet, NULL, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&quiet);
	if (r)
		return -r;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return status ? -EIO : 0;
}

static int make_key(const char *root, const char *comment, size_t k)
{
	_free_ char *path = xasprintf("%s/%s", root, keys[k].path);
	const char *argv[] = { "ssh-keygen", "-q", "-N", "", "-C", comment, "-t", keys[k].type, "-f", path,
			       keys[k].bits ? "-b" : NULL, keys[k].bits, NULL };

	return access(path, F_OK) == 0 ? 0 : run(argv);
}

/* What an instance has from the honeypot it is one of, which was made before: from outside they are one machine. */
static int take_over(const struct plan *p, uint32_t i, const char *path)
{
	const struct honeypot *h = &p->net.honeypot[i];
	_free_ char *from = xasprintf("%s/identity/%s/%s", p->state, p->net.honeypot[h->instance_of].name, path);
	_free_ char *to = xasprintf("%s/identity/%s/%s", p->state, h->name, path);

	if (unlink(to) < 0 && errno != ENOENT)
		return -errno;
	return link(from, to) < 0 ? -errno : 0;
}

static int take_over_key(const struct plan *p, uint32_t i, size_t k)
{
	_free_ char *public = xasprintf("%s.pub", keys[k].path);
	int r = take_over(p, i, keys[k].path);

	return r < 0 ? r : take_over(p, i, public);
}

int identity_make(const struct plan *p, uint32_t i, const char **ret_what)
{
	_free_ char *root = xasprintf("%s/identity/%s", p->state, p->net.honeypot[i].name);
	_free_ char *comment = xasprintf("root@%s", p->net.honeypot[i].hostname);
	bool instance = p->net.honeypot[i].is_instance;
	_fd_ int dir = -1;
	int r = 0;

	*ret_what = "folder";
	if (mkdir(root, 0700) < 0 && errno != EEXIST)
		return -errno;
	dir = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -errno;
	for (size_t k = 0; r == 0 && k < nitems(files); k++) {
		_text_ struct text t = { 0 };

		*ret_what = files[k].path;
		if (!is_wanted(k, p->root[i])) {
			unlinkat(dir, files[k].path, 0);	/* of another image that it had */
			continue;
		}
		if (files[k].random && instance) {
			r = take_over(p, i, files[k].path);
			continue;
		}
		if (files[k].random && faccessat(dir, files[k].path, F_OK, 0) == 0)
			continue;
		files[k].write(p, i, &t);
		r = write_file(dir, files[k].path, files[k].mode, &t);
	}
	if (r == 0)
		r = make_parents(dir, keys[0].path);
	for (size_t k = 0; r == 0 && k < nitems(keys); k++) {
		*ret_what = "ssh-keygen";
		r = instance ? take_over_key(p, i, k) : make_key(root, comment, k);
	}
	return r;
}
