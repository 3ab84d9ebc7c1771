/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * load - what is timed in a guest: lines "NAME TIMES" on standard input
 *
 * For each line, does one kind of thing TIMES times and says how many microseconds one took, in the mean. Its
 * files are in the folder it is started in. Static, so that it runs in any image.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { NAMES = 16, PAGE = 4096, FILE_PAGES = 1024 };

static char page[PAGE];
static unsigned long pages;	/* written so far: no content is ever there twice, which would be stored once only */
static int fd, ends[2], sock;
static struct sockaddr_in there;

static void must(int ok)
{
	if (ok)
		return;
	perror("load");
	exit(1);
}

static void write_page(int f)
{
	pages++;
	memcpy(page, &pages, sizeof(pages));
	must(write(f, page, PAGE) == PAGE);
}

static void run(char *const *argv)
{
	char *env[] = { NULL };
	int status;
	pid_t pid;

	must(posix_spawn(&pid, argv[0], NULL, NULL, argv, env) == 0);
	must(waitpid(pid, &status, 0) == pid && status == 0);
}

static void do_exec(int i)
{
	char *argv[] = { "/bin/true", NULL };

	(void)i;
	run(argv);
}

static void do_shell(int i)
{
	char *argv[] = { "/bin/sh", "-c", ":", NULL };

	(void)i;
	run(argv);
}

static void do_fork(int i)
{
	pid_t pid = fork();

	(void)i;
	if (pid == 0)
		_exit(0);
	must(pid > 0 && waitpid(pid, NULL, 0) == pid);
}

static void do_call(int i)
{
	(void)i;
	syscall(SYS_getppid);
}

static void do_open(int i)
{
	int f = open("/etc/hostname", O_RDONLY);

	(void)i;
	must(f >= 0 && close(f) == 0);
}

static void do_rewrite(int i)
{
	char name[32];
	int f;

	snprintf(name, sizeof(name), "load.%d", i % NAMES);
	must((f = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600)) >= 0);
	write_page(f);
	must(close(f) == 0);
}

static void do_byte(int i)
{
	(void)i;
	must(write(fd, "x", 1) == 1);
}

static void begin_byte(void)
{
	fd = open("load.bytes", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	must(fd >= 0);
}

static void begin_null(void)
{
	fd = open("/dev/null", O_WRONLY);
	must(fd >= 0);
}

static void end_fd(void)
{
	must(close(fd) == 0);
}

static void do_large(int i)
{
	int f = open("load.large", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	(void)i;
	must(f >= 0);
	for (int k = 0; k < FILE_PAGES; k++)
		write_page(f);
	must(close(f) == 0);
}

static void begin_pipe(void)
{
	must(pipe(ends) == 0);
}

static void end_pipe(void)
{
	must(close(ends[0]) == 0 && close(ends[1]) == 0);
}

static void do_pipe(int i)
{
	char in[64] = "";

	(void)i;
	must(write(ends[1], in, sizeof(in)) == sizeof(in) && read(ends[0], in, sizeof(in)) == sizeof(in));
}

static void begin_udp(void)
{
	there = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	must((fd = socket(AF_INET, SOCK_DGRAM, 0)) >= 0 && bind(fd, (struct sockaddr *)&there, sizeof(there)) == 0);
	must((sock = socket(AF_INET, SOCK_DGRAM, 0)) >= 0);
}

static void end_udp(void)
{
	must(close(fd) == 0 && close(sock) == 0);
}

static void do_udp(int i)
{
	(void)i;
	must(sendto(sock, page, 64, 0, (struct sockaddr *)&there, sizeof(there)) == 64 && read(fd, page, PAGE) == 64);
}

static void begin_connect(void)
{
	there = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	must((fd = socket(AF_INET, SOCK_STREAM, 0)) >= 0);
	must(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int)) == 0);
	must(bind(fd, (struct sockaddr *)&there, sizeof(there)) == 0 && listen(fd, 128) == 0);
}

static void do_connect(int i)
{
	struct linger at_once = { 1, 0 };	/* no TIME_WAIT: the ports would run out */
	int a = socket(AF_INET, SOCK_STREAM, 0), b;

	(void)i;
	must(a >= 0 && connect(a, (struct sockaddr *)&there, sizeof(there)) == 0);
	must((b = accept(fd, NULL, NULL)) >= 0 && setsockopt(a, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)) == 0);
	must(close(a) == 0 && close(b) == 0);
}

static const struct load {
	const char *name;
	void (*once)(int i);
	void (*begin)(void), (*end)(void);
} loads[] = {
	{ "exec", do_exec },
	{ "shell", do_shell },
	{ "fork", do_fork },
	{ "call", do_call },
	{ "open", do_open },
	{ "byte", do_byte, begin_byte, end_fd },
	{ "null", do_byte, begin_null, end_fd },
	{ "rewrite", do_rewrite },
	{ "large", do_large },
	{ "pipe", do_pipe, begin_pipe, end_pipe },
	{ "udp", do_udp, begin_udp, end_udp },
	{ "connect", do_connect, begin_connect, end_fd },
};

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static const struct load *find(const char *name)
{
	for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++)
		if (!strcmp(name, loads[i].name))
			return &loads[i];
	return NULL;
}

static double run_load(const struct load *l, int times)
{
	double began;

	if (l->begin)
		l->begin();
	began = now_us();
	for (int i = 0; i < times; i++)
		l->once(i);
	began = now_us() - began;
	if (l->end)
		l->end();
	return began / times;
}

int main(void)
{
	char line[64], name[16];
	int times;

	while (fgets(line, sizeof(line), stdin)) {
		const struct load *l = sscanf(line, "%15s %d", name, &times) == 2 && times > 0 ? find(name) : NULL;

		if (!l)
			return 2;
		printf("%.3f\n", run_load(l, times));
		fflush(stdout);
	}
	return 0;
}
