/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pressure SECONDS WORKERS PAGES - address spaces that change all the time, in less memory than they want: maps, protects, moves,
 * forks and faults at random, while the kernel ends some of them for their memory. What a page has in it is known all the
 * while. Says how much was done, how many workers were killed, and what was not as it should be.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, AREAS = 24, FILE_PAGES = 64 };

static struct said { uint64_t steps, faults, forks, threads, wrong; } *said;

static struct area {
	volatile uint64_t *at;		/* NULL: none */
	unsigned pages, prot, file;	/* of its bytes those of a file are */
	uint64_t *is;			/* what each page begins and ends with */
} area[AREAS];

static uint64_t state;
static unsigned budget, most;
static int file = -1;
static sigjmp_buf back;
static volatile sig_atomic_t expected;
static volatile unsigned ticks;

static unsigned any(unsigned n)
{
	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return (unsigned)(state >> 33) % n;
}

static void wrong(const char *what, unsigned long a, unsigned long b)
{
	__atomic_add_fetch(&said->wrong, 1, __ATOMIC_RELAXED);
	printf("not so: %s: %lx, %lx\n", what, a, b);
	fflush(stdout);
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
	(void)context;
	if (!expected) {
		wrong(sig == SIGBUS ? "SIGBUS" : "SIGSEGV", (unsigned long)info->si_addr, (unsigned long)info->si_code);
		_exit(3);
	}
	expected = 0;
	siglongjmp(back, 1);
}

static void on_tick(int sig)
{
	(void)sig;
	ticks++;
}

static volatile uint64_t *first_of(struct area *a, unsigned page)
{
	return a->at + (size_t)page * (PAGE / 8);
}

static uint64_t of_file(unsigned page)
{
	return 0x5157000000000000ull | page;
}

static void see(struct area *a, unsigned page)
{
	volatile uint64_t *p = first_of(a, page);

	if (p[0] != a->is[page] || p[PAGE / 8 - 1] != a->is[page])
		wrong("a page", p[0], a->is[page]);
}

static void put(struct area *a, unsigned page)
{
	volatile uint64_t *p = first_of(a, page);

	a->is[page] = state;
	p[0] = p[PAGE / 8 - 1] = a->is[page];
}

/* What must not be done is told: by a fault that goes to the handler. */
static void trespass(struct area *a, unsigned page, int writes)
{
	volatile uint64_t *p = first_of(a, page);

	if (!sigsetjmp(back, 1)) {
		expected = 1;
		if (writes)
			p[1] = 1;
		else
			(void)*p;
		expected = 0;
		wrong("no fault", (unsigned long)p, (unsigned long)writes);
	}
	__atomic_add_fetch(&said->faults, 1, __ATOMIC_RELAXED);
}

static void use(struct area *a)
{
	unsigned page = any(a->pages), n = 1 + any(16);

	for (; n-- && page < a->pages; page++)
		if (a->prot == PROT_NONE)
			trespass(a, page, any(2) != 0);
		else if (a->prot == PROT_READ && !any(4))
			trespass(a, page, 1);
		else if (a->prot == PROT_READ || any(2))
			see(a, page);
		else
			put(a, page);
}

static void leave(struct area *a)
{
	munmap((void *)a->at, (size_t)a->pages * PAGE);
	free(a->is);
	budget += a->pages;
	*a = (struct area){ 0 };
}

static void take(struct area *a)
{
	unsigned shared = !any(4);

	a->file = !any(3);
	a->pages = 1 + any(a->file ? FILE_PAGES : most / 8);
	if (a->pages > budget)
		a->pages = budget;
	if (!a->pages)
		return;
	a->prot = PROT_READ | PROT_WRITE;
	a->at = mmap(NULL, (size_t)a->pages * PAGE, PROT_READ | PROT_WRITE, a->file ? MAP_PRIVATE :
		     MAP_ANONYMOUS | (shared ? MAP_SHARED : MAP_PRIVATE), a->file ? file : -1, 0);
	if (a->at == MAP_FAILED) {
		*a = (struct area){ 0 };
		return;
	}
	budget -= a->pages;
	a->is = calloc(a->pages, sizeof(*a->is));
	for (unsigned i = 0; i < a->pages; i++)
		a->is[i] = a->file ? of_file(i) : 0;
	if (shared && !a->file)
		a->file = 2;		/* a child's writes would be seen */
}

static void drop(struct area *a)
{
	unsigned page = any(a->pages), n = 1 + any(a->pages - page);

	if (a->file == 2 || madvise((void *)first_of(a, page), (size_t)n * PAGE, MADV_DONTNEED))
		return;
	for (; n--; page++)
		a->is[page] = a->file ? of_file(page) : 0;
}

static void protect(struct area *a)
{
	static const unsigned how[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE };
	unsigned prot = how[any(4)];

	if (!mprotect((void *)a->at, (size_t)a->pages * PAGE, (int)prot))
		a->prot = prot;
}

static void move(struct area *a)
{
	void *to = mremap((void *)a->at, (size_t)a->pages * PAGE, (size_t)a->pages * PAGE, MREMAP_MAYMOVE | 4 /* DONTUNMAP */, NULL);

	if (to == MAP_FAILED)
		return;
	munmap((void *)a->at, (size_t)a->pages * PAGE);
	a->at = to;
}

static void all(int own)
{
	for (int i = 0; i < AREAS; i++)
		for (unsigned k = 0; area[i].at && area[i].prot != PROT_NONE && k < area[i].pages; k += 1 + any(4))
			if (own && area[i].prot & PROT_WRITE && area[i].file != 2 && any(2))
				put(&area[i], k);
			else if (own || area[i].file != 2)
				see(&area[i], k);
}

static void *in_thread(void *unused)
{
	(void)unused;
	__atomic_add_fetch(&said->threads, 1, __ATOMIC_RELAXED);
	return NULL;
}

static void fork_one(void)
{
	int kind = (int)any(4), status = 0;
	pid_t pid = kind == 0 ? vfork() : fork();

	if (pid == 0 && kind == 0) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(1);
	}
	if (pid == 0) {
		state ^= (uint64_t)getpid() << 20;
		all(1);
		_exit(0);
	}
	if (pid < 0)
		return;
	__atomic_add_fetch(&said->forks, 1, __ATOMIC_RELAXED);
	if (kind == 1)		/* both go on */
		all(1);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!(WIFEXITED(status) && WEXITSTATUS(status) == 0) && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL))
		wrong("a child", (unsigned long)status, (unsigned long)kind);
}

/* who_goes() - when memory is gone: @points, of 1000 */
static void who_goes(int points)
{
	FILE *f = fopen("/proc/self/oom_score_adj", "w");

	if (f) {
		fprintf(f, "%d", points);
		fclose(f);
	}
}

static void work(double seconds, unsigned seed)
{
	const struct itimerval often = { { 0, 3000 }, { 0, 3000 } };
	struct sigaction fault = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER }, tick = { .sa_handler = on_tick, .sa_flags = SA_RESTART };
	struct timespec begin, now;

	who_goes(1000);
	sigaction(SIGSEGV, &fault, NULL);
	sigaction(SIGBUS, &fault, NULL);
	sigaction(SIGALRM, &tick, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	state = seed * 977 + 1;
	budget = most;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	do {
		struct area *a = &area[any(AREAS)];
		unsigned what = any(100);
		pthread_t t;

		if (!a->at)
			take(a);
		else if (what < 60)
			use(a);
		else if (what < 70)
			protect(a);
		else if (what < 78)
			leave(a);
		else if (what < 84)
			drop(a);
		else if (what < 90 && a->file != 2)
			move(a);
		else if (what < 93 && pthread_create(&t, NULL, in_thread, NULL) == 0)
			pthread_join(t, NULL);
		else if (what < 96)
			fork_one();
		__atomic_add_fetch(&said->steps, 1, __ATOMIC_RELAXED);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((double)(now.tv_sec - begin.tv_sec) + (double)(now.tv_nsec - begin.tv_nsec) / 1e9 < seconds);
	all(0);
	_exit(0);
}

int main(int n, char **arg)
{
	double seconds = n > 1 ? atof(arg[1]) : 5;
	int workers = n > 2 ? atoi(arg[2]) : 4, killed = 0, alive = 0;
	char name[] = "/tmp/pressure-XXXXXX";
	time_t end = time(NULL) + (time_t)seconds;
	uint64_t page[PAGE / 8] = { 0 };
	unsigned seed = n > 4 ? (unsigned)atoi(arg[4]) : (unsigned)time(NULL);

	most = n > 3 ? (unsigned)atoi(arg[3]) : 2000;
	who_goes(-1000);
	said = mmap(NULL, sizeof(*said), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	file = mkstemp(name);
	for (unsigned i = 0; i < FILE_PAGES; i++) {
		page[0] = page[PAGE / 8 - 1] = of_file(i);
		if (write(file, page, PAGE) != PAGE)
			return 1;
	}
	unlink(name);
	for (;;) {
		double left = (double)(end - time(NULL));
		int status;

		for (; alive < workers && left > 0; alive++) {
			pid_t pid = fork();

			if (pid < 0)
				break;
			if (pid == 0)
				work(left, seed);
			seed++;
		}
		if (wait(&status) < 0)
			break;
		alive--;
		if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
			killed++;
		else if (!WIFEXITED(status) || WEXITSTATUS(status))
			wrong("a worker", (unsigned long)status, 0);
	}
	printf("steps %lu faults %lu forks %lu threads %lu killed %d wrong %lu\n", said->steps, said->faults, said->forks, said->threads, killed, said->wrong);
	return said->wrong != 0;
}
