/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep doctor: what this machine can do, what is missing, and how to mend it. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "alert/send.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/control.h"
#include "cli/honeypots.h"
#include "cli/options.h"
#include "cli/prevention.h"
#include "cli/reach.h"
#include "cli/state.h"
#include "cli/stealth.h"
#include "brake/brake.h"
#include "config/config.h"
#include "guard/guard.h"
#include "guest/landlock.h"
#include "net/firewall.h"
#include "net/gateway.h"
#include "net/netns.h"
#include "net/tags.h"
#include "policy/policy.h"

enum verdict { GOOD, NOTE, BAD };

struct finding {
	enum verdict verdict;
	char text[512];
	const char *remedy;	/* NULL: none needed */
};

#define SAY(f, v, what, ...) \
	((f)->verdict = (v), (f)->remedy = (what), (void)snprintf((f)->text, sizeof((f)->text), __VA_ARGS__))

static void check_root(struct finding *f)
{
	if (geteuid())
		SAY(f, BAD, "use sudo", "not root: some of the checks below cannot tell");
	else
		SAY(f, GOOD, NULL, "root");
}

static void check_tun(struct finding *f)
{
	_fd_ int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		SAY(f, BAD, "modprobe tun", "/dev/net/tun: %s", strerror(errno));
	else
		SAY(f, GOOD, NULL, "tap devices");
}

static int shipped(struct honeynet *ret)
{
	_free_ char *file = data_path(DATA_HONEYNET);
	_diag_ struct diag d = { 0 };

	return config_load(file, ret, &d);
}

/* load_rules() - 0 and *@ret, which the caller closes in any case; or -errno, and *@ret_why: the kernel's words, if it has any */
static int load_rules(const struct gateway *g, const struct honeynet *n, struct firewall **ret, const char **ret_why)
{
	_text_ struct text rules = { 0 };
	int r = firewall_open(g->gw, ret);

	policy_compile(n, &rules);
	return r < 0 ? r : firewall_load(*ret, text_str(&rules), ret_why);
}

/* The gateway and its rules, really made, in namespaces that go with their descriptors. */
static void check_gateway(struct finding *f)
{
	static struct honeynet n;
	struct gateway g;
	struct firewall *wall = NULL;
	const char *what = "the shipped honeynet file", *why = "";
	int r = shipped(&n), tap = -1, owner = -1;

	if (r == 0)
		r = gateway_make(&n, &g, &what);
	if (r < 0) {
		SAY(f, BAD, "as root, on a kernel with namespaces, bridge, veth and br_netfilter (modprobe br_netfilter)",
		    "gateway: %s: %s", what, strerror(-r));
		return;
	}
	r = load_rules(&g, &n, &wall, &why);
	owner = r < 0 ? -1 : owner_open(g.gw);
	tap = tap_open(&g, 0, NULL);
	if (r < 0)
		SAY(f, BAD, "a kernel with nftables (modprobe nf_tables)", "rules: %s", why);
	else if (owner < 0)
		SAY(f, BAD, "Linux 5.12 or newer", "a table that dies with its owner: %s", strerror(-owner));
	else if (tap < 0)
		SAY(f, BAD, "modprobe tun", "tap device: %s", strerror(-tap));
	else
		SAY(f, GOOD, NULL, "gateway: namespaces, bridge, rules, both locks of the gate");
	firewall_close(wall);
	close_fd(&owner);
	close_fd(&tap);
	close(g.gw);
	close(g.lab);
}

/* Likewise with IPv6: only a honeynet with network6 needs it. */
static void check_ipv6(struct finding *f)
{
	static struct honeynet n;
	struct gateway g;
	struct firewall *wall = NULL;
	const char *what = "the shipped honeynet file", *why = "";
	int r = shipped(&n);

	n.network6 = (addr_number)0x20010db8 << 96;
	n.prefix6 = 64;
	if (r == 0)
		r = gateway_make(&n, &g, &what);
	if (r == 0) {
		what = "rules";
		r = load_rules(&g, &n, &wall, &why);
		close(g.gw);
		close(g.lab);
	}
	if (r < 0)
		SAY(f, NOTE, "a kernel with IPv6", "ipv6: honeynets with network6 cannot run: %s: %s", what, *why ? why : strerror(-r));
	else
		SAY(f, GOOD, NULL, "ipv6: honeynets with network6 can run");
	firewall_close(wall);	/* whose words @why may be */
}

static void check_tags(struct finding *f)
{
	int r = tags_try();

	if (r == 0)
		SAY(f, GOOD, NULL, "sessions: what each sends is told apart, and can have budgets of its own");
	else
		SAY(f, NOTE, "a kernel with cls_bpf (modprobe cls_bpf sch_ingress), and clang, bpftool and libbpf-dev when skep is built",
		    "sessions: what they send is not told apart, budgets of their own do not hold: %s", strerror(-r));
}

/* The second layer likewise: really put on a way out that leads nowhere. */
static void check_brake(struct finding *f)
{
	static struct honeynet n;
	struct gateway g;
	const char *what = "the shipped honeynet file";
	struct brake *brake;
	enum brake_kind k;
	int r = shipped(&n), back;

	if (r == 0)
		r = gateway_make(&n, &g, &what);
	back = r < 0 ? r : netns_enter(g.gw);
	if (back < 0) {
		SAY(f, BAD, "see gateway", "second layer: %s: %s", what, strerror(-back));
		return;
	}
	brake = brake_open("wan0", &n, clock_us(CLOCK_MONOTONIC) * 1000);
	k = brake_kind(brake);
	brake_close(brake);
	netns_leave(back);
	close(g.gw);
	close(g.lab);
	SAY(f, k == BRAKE_COUNTS ? GOOD : k == BRAKE_RATE ? NOTE : BAD,
	    k == BRAKE_COUNTS ? NULL : k == BRAKE_RATE ? "a kernel with cls_bpf (modprobe cls_bpf sch_ingress), and clang, bpftool and "
	    "libbpf-dev when skep is built" : "a kernel with sch_tbf (modprobe sch_tbf)", "second layer: %s: %s", brake_kind_name(k),
	    brake_kind_doc(k));
}

static bool in_path(const char *program)
{
	_free_ char *path = xstrdup(getenv("PATH") ? getenv("PATH") : "/usr/bin:/bin");
	char *rest = path;

	for (const char *dir; (dir = strsep(&rest, ":"));) {
		_free_ char *full = xasprintf("%s/%s", dir, program);

		if (access(full, X_OK) == 0)
			return true;
	}
	return false;
}

static void check_programs(struct finding *f)
{
	static const char *const needed[] = { "mmdebstrap", "mke2fs", "ssh-keygen", "make", "gcc", "flex", "bison", "bc" };
	static const char *const lab[] = { "nmap", "hydra", "expect", "curl", "dig" };
	_text_ struct text missing = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < nitems(needed); i++)
		if (!in_path(needed[i]))
			text_addf(&missing, " %s", needed[i]), n++;
	for (size_t i = 0; i < nitems(lab); i++)
		if (!in_path(lab[i]))
			text_addf(&missing, " %s", lab[i]);
	if (!missing.len)
		SAY(f, GOOD, NULL, "programs: all there");
	else
		SAY(f, n ? BAD : NOTE, "`tools/packages build run` in the checkout, or `make up`", "programs missing:%s",
		    text_str(&missing));
}

static void check_space(struct finding *f)
{
	struct statvfs v;
	unsigned long gib;

	if (statvfs(state_dir(), &v) < 0 && statvfs("/var/lib", &v) < 0) {
		SAY(f, NOTE, NULL, "disk: %s", strerror(errno));
		return;
	}
	gib = v.f_bavail * v.f_frsize >> 30;
	SAY(f, gib >= 8 ? GOOD : gib >= 2 ? NOTE : BAD, gib >= 8 ? NULL : "8 GiB are enough for a cold build",
	    "disk: %lu GiB free for %s", gib, state_dir());
}

static void check_memory(struct finding *f)
{
	struct sysinfo s;
	unsigned long mib;

	if (sysinfo(&s) < 0) {
		SAY(f, NOTE, NULL, "memory: %s", strerror(errno));
		return;
	}
	mib = s.totalram * s.mem_unit >> 20;
	SAY(f, mib >= 1500 ? GOOD : NOTE, mib >= 1500 ? NULL : "fewer honeypots, or less memory for each in the honeynet file",
	    "memory: %lu MiB", mib);
}

static void check_built(struct finding *f)
{
	_free_ char *kernel = state_path("kernel"), *images = state_path("images");

	if (access(kernel, F_OK) || access(images, F_OK))
		SAY(f, NOTE, "`sudo skep up` builds them", "kernel and images: nothing is built yet");
	else
		SAY(f, GOOD, NULL, "kernel and images: in %s", state_dir());
}

static void check_running(struct finding *f)
{
	_fd_ int control = control_open();
	struct honeypots h;
	int r;

	if (control < 0) {
		SAY(f, NOTE, "`sudo skep up`", control == -ENOENT ? "no honeynet stands" : "the running skep cannot be asked");
		return;
	}
	r = honeypots_ask(control, &h);
	if (r < 0)
		SAY(f, BAD, "see log/skep.log in the state folder", "skep does not answer: %s", strerror(-r));
	else if (h.up < h.n)
		SAY(f, BAD, "`skep status`, and `skep console POT` for what it says", "%u of %u honeypots up%s%s", h.up, h.n,
		    h.broken ? ": " : "", h.broken ? h.complaint : "");
	else
		SAY(f, GOOD, NULL, "running: %u honeypots up", h.n);
}

static void check_services(struct finding *f)
{
	_fd_ int control = control_open();
	struct honeypots h;

	if (!in_path("suricata"))
		SAY(f, NOTE, "`tools/packages run` in the checkout, or `make up`", "NIDS: suricata is not installed: no alerts");
	else if (control < 0 || honeypots_ask(control, &h) < 0)
		SAY(f, GOOD, NULL, "NIDS: suricata is installed");
	else if (h.services_up < h.services)
		SAY(f, BAD, "see log/ in the state folder", "%s", h.service);
	else
		SAY(f, GOOD, NULL, "services: %u up", h.services);
}

static void check_guard(struct finding *f)
{
	enum guard_level l = geteuid() ? LEVEL_NONE : guard_probe();

	if (geteuid())
		SAY(f, NOTE, "use sudo", "host guard: only root can tell its level");
	else if (l >= LEVEL_KILL)
		SAY(f, GOOD, NULL, "host guard: level %s: %s", guard_level_name(l), guard_level_doc(l));
	else
		SAY(f, NOTE, "a kernel with BTF (/sys/kernel/btf/vmlinux), and clang, bpftool and libbpf-dev when skep is built",
		    "host guard: level %s: %s", guard_level_name(l), guard_level_doc(l));
}

static void check_landlock(struct finding *f)
{
	if (landlock_version())
		SAY(f, GOOD, NULL, "jail: the kernel has Landlock, version %d", landlock_version());
	else
		SAY(f, NOTE, "Linux 5.13 or newer with landlock in its list of security modules (lsm=)",
		    "jail: without Landlock, by namespaces, an empty root and the list of system calls alone");
}

static void check_prevention(struct finding *f)
{
	const char *lacks = geteuid() ? "only root can ask the kernel" : prevention_lacks(false);

	if (lacks)
		SAY(f, NOTE, geteuid() ? "use sudo" : "a kernel with nft_queue or xt_NFQUEUE (modprobe nft_queue), and "
		    "`tools/packages run` in the checkout", "prevention: off: %s", lacks);
	else
		SAY(f, GOOD, NULL, "prevention: the kernel queues packets, Suricata takes them");
}

static const struct { const char *name; void (*run)(struct finding *f); } checks[] = {
	{ "root", check_root },		{ "tun", check_tun },	    { "gateway", check_gateway },
	{ "ipv6", check_ipv6 },		{ "brake", check_brake },
	{ "sessions", check_tags },
	{ "landlock", check_landlock },
	{ "programs", check_programs }, { "disk", check_space },    { "memory", check_memory },
	{ "built", check_built },	{ "running", check_running },
	{ "services", check_services },	{ "prevention", check_prevention },
	{ "guard", check_guard },
};

/* --- what the honeynet file wants ------------------------------------------------------------- */

/* check_way() - @to: who is told, "" nobody; @by: where the message is brought */
static void check_way(struct finding *f, bool try, const char *way, const char *to, const char *by)
{
	const char *why = "";

	if (!*to)
		SAY(f, NOTE, NULL, "%s: not configured", way);
	else if (!strncmp(by, "udp:", 4))
		SAY(f, GOOD, NULL, "%s: %s (whether datagrams arrive, nobody can know)", way, by);
	else if (!try)
		SAY(f, GOOD, NULL, "%s: %s%s%s (not tried: --reach)", way, to, to == by ? "" : " by ", to == by ? "" : by);
	else if (reach(by, &why) < 0)
		SAY(f, BAD, "the address in the honeynet file, or its server", "%s: %s is not reached: %s", way, by, why);
	else
		SAY(f, GOOD, NULL, "%s: %s answers; `skep alert test` sends something", way, by);
}

static void check_mail(const struct honeynet *n, bool try, struct finding *f)
{
	const struct alert_conf *c = &n->alert;
	struct login secret = { 0 };
	int r = *c->mail_password ? login_read(c->mail_password, &secret) : 0;

	explicit_bzero(&secret, sizeof(secret));
	if (r < 0)
		SAY(f, BAD, "a file with user and password, a line each, that only root may read (chmod 600)",
		    "mail: %s: %s", c->mail_password, r == -EPERM ? "others may read it" : strerror(-r));
	else
		check_way(f, try, "mail", c->mail_to, c->mail_server);
}

static void check_syslog(const struct honeynet *n, bool try, struct finding *f)
{
	check_way(f, try, "syslog", n->alert.syslog, n->alert.syslog);
}

static void check_webhook(const struct honeynet *n, bool try, struct finding *f)
{
	check_way(f, try, "webhook", n->alert.webhook, n->alert.webhook);
}

static void check_openssl(const struct honeynet *n, bool try, struct finding *f)
{
	bool wanted = !strcmp(n->store, "mariadb");

	(void)try;
	if (in_path("openssl"))
		SAY(f, GOOD, NULL, "openssl: there, for the certificates of a private database server");
	else
		SAY(f, wanted ? BAD : NOTE, "apt-get install openssl", "openssl: missing; store: mariadb needs it");
}

static const struct {
	const char *name;
	void (*run)(const struct honeynet *n, bool try, struct finding *f);
} wishes[] = {
	{ "openssl", check_openssl }, { "mail", check_mail }, { "syslog", check_syslog }, { "webhook", check_webhook },
};

static void print_json(const char *name, const struct finding *f)
{
	static const char *const words[] = { [GOOD] = "ok", [NOTE] = "note", [BAD] = "bad" };
	_text_ struct text t = { 0 };

	text_addf(&t, "{\"check\":\"%s\",\"result\":\"%s\",\"text\":", name, words[f->verdict]);
	text_json(&t, f->text, strlen(f->text));
	text_add(&t, ",\"remedy\":");
	if (f->remedy)
		text_json(&t, f->remedy, strlen(f->remedy));
	else
		text_add(&t, "null");
	puts((text_addc(&t, '}'), text_str(&t)));
}

static void print_line(const struct finding *f)
{
	static const char *const marks[] = { [GOOD] = "ok  ", [NOTE] = "note", [BAD] = "BAD " };

	printf("%s  %s\n", marks[f->verdict], f->text);
	if (f->remedy)
		printf("      -> %s\n", f->remedy);
}

struct request {
	const char *file;
	bool reach, json;
};

/* say() - whether it is bad */
static bool say(const struct request *rq, const char *name, const struct finding *f)
{
	if (rq->json)
		print_json(name, f);
	else
		print_line(f);
	return f->verdict == BAD;
}

static int run(const struct request *rq)
{
	static struct honeynet n;
	_diag_ struct diag d = { 0 };
	bool bad = false, readable = config_load(rq->file, &n, &d) == 0;

	for (size_t i = 0; i < nitems(checks); i++) {
		struct finding f = { 0 };

		checks[i].run(&f);
		bad |= say(rq, checks[i].name, &f);
	}
	for (size_t i = 0; i < nitems(wishes) && readable; i++) {
		struct finding f = { 0 };

		wishes[i].run(&n, rq->reach, &f);
		bad |= say(rq, wishes[i].name, &f);
	}
	if (!readable) {
		struct finding f = { 0 };

		SAY(&f, BAD, "`skep check` says what is wrong with it", "honeynet file: %s cannot be read", rq->file);
		bad |= say(rq, "file", &f);
	}
	return bad ? CLI_FAILED : CLI_OK;
}

static int look_for_tells(const char *file, const char *pot, bool json)
{
	static struct honeynet n;
	_diag_ struct diag d = { 0 };

	if (geteuid())
		die("only root can start a copy of a honeypot: use sudo");
	if (config_load(file, &n, &d) < 0)
		die("%s cannot be read: `skep check` says what is wrong with it", file);
	return stealth_run(&n, pot, json);
}

int verb_doctor(int argc, char **argv)
{
	_free_ char *standard = data_path(DATA_HONEYNET);
	struct request rq = { .file = standard };
	bool stealth = false;
	const struct cli_option options[] = {
		{ "reach", .flag = &rq.reach }, { "json", .flag = &rq.json }, { "stealth", .flag = &stealth }, { 0 }
	};
	int r = cli_options(&argc, &argv, "doctor", options);

	if (r >= 0)
		return r;
	if (argc > 1)
		return cli_wrong("doctor", "one honeynet file, or one honeypot");
	if (stealth)
		return look_for_tells(standard, argc ? argv[0] : NULL, rq.json);
	if (argc)
		rq.file = argv[0];
	return run(&rq);
}
