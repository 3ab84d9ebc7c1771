/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The capture channel between a honeypot's kernel and the host.
 *
 * One memfd per honeypot, mapped by the guest kernel (writer) and by the capture role (reader):
 *
 *   0            struct skep_ring (one page)
 *   ring.config  the host's words to the guest (struct skep_ring.config_*): read only at boot
 *   ring.memory  what the guest's kernel keeps for itself over its reboots; the host never looks at it
 *   ring.data    a byte ring of ring.size bytes (a power of two)
 *
 * The writer copies a record to data[head % size], then publishes head; the reader copies a record
 * out, checks the copy, and moves tail once the record is safe on disk. Positions count bytes from
 * the start and never wrap. A record begins at a multiple of 8 and may run over the ring's end.
 *
 * The reader must treat every byte as written by an enemy: a guest whose kernel is taken over owns
 * this memory. Such a guest can lie about itself, and about nothing else.
 *
 * All integers little endian. Shared by kernel, kernel user objects and the daemon: only plain C types.
 */
#ifndef SKEP_CAPTURE_H
#define SKEP_CAPTURE_H

#define SKEP_RING_MAGIC   0x50454b53u	/* "SKEP" */
#define SKEP_RING_VERSION 3u
#define SKEP_RING_HEADER  4096u
#define SKEP_REC_MAX      (48u * 1024)	/* whole record, header and fields */
#define SKEP_CHUNK        (32u * 1024)	/* bytes of a file or module in one record */
#define SKEP_ARGS_MAX     8192u		/* argv bytes kept */
#define SKEP_ENV_MAX      4096u		/* environment bytes kept */
#define SKEP_TTY_MAX      8192u		/* terminal bytes in one record */

/* What a honeypot's kernel exits with; 0: it was powered off. */
#define SKEP_EXIT_REBOOT  64
#define SKEP_EXIT_PANIC   127

/* What a record tells. The number is part of the format: never reuse one. */
enum skep_kind {
	SKEP_BOOT = 1,		/* the driver is alive: first record of each boot */
	SKEP_EXEC = 2,		/* ARGV, PATH as asked, FILE really run, CWD, ENV */
	SKEP_EXIT = 3,		/* CODE: wait status */
	SKEP_ACCEPT = 4,	/* a TCP connection was accepted: FLOW (remote = peer); conn is its new number */
	SKEP_CLOSE = 5,		/* that socket is gone: FLOW; conn is its number */
	SKEP_CONNECT = 6,	/* a process asks to connect: FLOW (remote = destination) */
	SKEP_LISTEN = 7,	/* FLOW (local = what is listened on) */
	SKEP_MODULE = 8,	/* a kernel module, whole or in chunks: FILE, SIZE, OFFSET, OBJECT, BYTES */
	SKEP_TTY_IN = 9,	/* BYTES as typed */
	SKEP_TTY_OUT = 10,	/* BYTES as shown */
	SKEP_HALT = 11,		/* CODE: 0 power off, 1 restart, 2 halt, 3 panic; PATH: what a panic says;
				   PEER: who last asked init for something, if init stops the machine */
	SKEP_FORK = 12,		/* the record's process is the new one, begotten by its parent */
	SKEP_EXEC_FAILED = 13,	/* PATH as asked, ARGV, CODE: errno */
	SKEP_CREDS = 14,	/* OP; OLD, NEW; the process is the one before */
	SKEP_NAMESPACE = 15,	/* OP; CODE: CLONE_NEW*; the process is who is (or was to be) in it */
	SKEP_BIND = 16,		/* FLOW (local = what is asked for) */
	SKEP_SEND = 17,		/* a datagram to a destination its socket had not yet: FLOW */
	SKEP_SOCKET = 18,	/* a raw or packet socket was made: SOCKET */
	SKEP_FILE = 19,		/* OP; FILE, and for some TARGET, MODE, OWNER, SIZE */
	SKEP_CONTENT = 20,	/* OP; FILE, SIZE, OFFSET, OBJECT, BYTES: what is in a file, whole or in chunks */
	SKEP_MOUNT = 21,	/* OP; FILE where, TARGET what, PATH file system type; CODE: errno if it failed */
	SKEP_PTRACE = 22,	/* OP; PEER */
	SKEP_SIGNAL = 23,	/* CODE: signal; PEER */
	SKEP_KERNEL = 24,	/* an attempt on the kernel, OP; PATH: name or device, CODE: errno, 0 done */
	SKEP_PROBE = 25,	/* a file that tells what this machine is was read: FILE; CODE: errno, not there */
	SKEP_STREAM = 26,	/* written without a terminal: STREAM, OFFSET, BYTES; FLOW if it is TCP */
	SKEP_LOGIN = 27,	/* someone tried to log in: OP result; SERVICE, METHOD, USER, SECRET */
	SKEP_WINDOW = 28,	/* WINDOW: the terminal's new size */
	SKEP_LINEAGE = 29,	/* the process took over a connection as its lineage: OP how, FILE by what */
	SKEP_LOST = 30,		/* since the record before, some were dropped: OP enum skep_class, CODE how many;
				   time and process are those of the first */
	SKEP_TOKEN = 31,	/* a honeytoken was opened for reading: FILE by this name, TARGET the one it was planted by */
	SKEP_KINDS
};

/* What becomes of a record when there is no room for it. */
enum skep_class {
	SKEP_CLASS_KEPT = 1,	/* who makes it waits for room */
	SKEP_CLASS_BULK,	/* as long as the ring is rather full it is dropped, and counted */
};

/* The one list of the kinds in bulk; all others are kept. */
#define SKEP_BULK_KINDS (1ull << SKEP_FORK | 1ull << SKEP_SEND | 1ull << SKEP_FILE | 1ull << SKEP_SIGNAL | \
			 1ull << SKEP_PROBE | 1ull << SKEP_STREAM)

/*
 * OP: which of a kind's doings it was; numbers as above, never reused. The host's names are in
 * src/capture/frame_ops.c.
 */
enum skep_creds_op { SKEP_CREDS_UID = 1, SKEP_CREDS_GID, SKEP_CREDS_CAPS, SKEP_CREDS_EXEC };
enum skep_namespace_op { SKEP_NS_UNSHARE = 1, SKEP_NS_SETNS, SKEP_NS_CLONE };
enum skep_file_op {
	SKEP_FILE_OPEN = 1,	/* for writing, of one that was there */
	SKEP_FILE_CREATE, SKEP_FILE_UNLINK, SKEP_FILE_RENAME, SKEP_FILE_LINK, SKEP_FILE_SYMLINK, SKEP_FILE_CHMOD,
	SKEP_FILE_CHOWN, SKEP_FILE_TRUNCATE, SKEP_FILE_MKDIR, SKEP_FILE_RMDIR, SKEP_FILE_MKNOD, SKEP_FILE_TIMES
};
enum skep_content_op { SKEP_CONTENT_CLOSED = 1, SKEP_CONTENT_RUN };
enum skep_mount_op { SKEP_MOUNT_MOUNT = 1, SKEP_MOUNT_REMOUNT, SKEP_MOUNT_MOVE, SKEP_MOUNT_UMOUNT,
		     SKEP_MOUNT_PIVOT, SKEP_MOUNT_CHROOT };
enum skep_ptrace_op { SKEP_PTRACE_ACCESS = 1, SKEP_PTRACE_TRACEME };
enum skep_kernel_op {
	SKEP_KERNEL_REQUEST = 1,	/* a module was asked for by name */
	SKEP_KERNEL_UNLOAD, SKEP_KERNEL_BPF, SKEP_KERNEL_KEXEC, SKEP_KERNEL_MEMORY, SKEP_KERNEL_LOCKDOWN,
	SKEP_KERNEL_PERF,
	SKEP_KERNEL_PORTS,	/* of the processor: iopl, ioperm */
	SKEP_KERNEL_URING	/* io_uring_setup */
};
enum skep_login_op { SKEP_LOGIN_UNKNOWN = 1, SKEP_LOGIN_REFUSED, SKEP_LOGIN_ACCEPTED };
enum skep_lineage_op { SKEP_LINEAGE_FILE = 1, SKEP_LINEAGE_JOB, SKEP_LINEAGE_TERMINAL, SKEP_LINEAGE_SOCKET };

/* Record flags */
#define SKEP_F_ECHO      1u	/* TTY: the terminal echoes (clear: a password is typed) */
#define SKEP_F_CANON     2u	/* TTY: line mode */
#define SKEP_F_TRUNCATED 4u	/* a field is longer than its bound; the rest is missing */
#define SKEP_F_REFUSED   8u	/* what was asked was refused */
#define SKEP_F_SETID     16u	/* EXEC: it got rights by its file's set-id bits or capabilities */
#define SKEP_F_SOCKET    32u	/* EXEC: its standard input is a connected socket of the internet */
#define SKEP_F_LAST      64u	/* CONTENT, MODULE: no chunk follows; TRUNCATED then: there is more of it */

struct skep_rec {
	unsigned int len;		/* header and fields, without the padding to 8 */
	unsigned short kind;		/* enum skep_kind */
	unsigned short flags;
	unsigned long long seq;		/* from 1, without gaps, for the ring's whole life (over reboots) */
	unsigned long long time_ns;	/* host's CLOCK_REALTIME */
	unsigned long long entity;	/* process, by a number never used again in this ring's life */
	unsigned long long parent;	/* entity of the parent; 0 if unknown */
	unsigned long long conn;	/* lineage: the accepted connection it descends from; 0 none */
	unsigned int pid, ppid, sid;	/* as the guest's initial pid namespace sees them; sid 0 none */
	unsigned int uid, euid, gid;
	char comm[16];			/* always ends in NUL */
	char tty[16];			/* "pts/0", "ttyS0", or empty; always ends in NUL */
};

/* Fields follow the header: this, then len bytes, without padding; the next one follows at once. */
struct skep_field {
	unsigned short tag;		/* enum skep_tag */
	unsigned short zero;
	unsigned int len;
};

enum skep_tag {
	SKEP_T_ARGV = 1,		/* NUL after each argument */
	SKEP_T_PATH = 2,		/* text without NUL */
	SKEP_T_FILE = 3,
	SKEP_T_CWD = 4,
	SKEP_T_ENV = 5,			/* NUL after each NAME=value */
	SKEP_T_CODE = 6,		/* unsigned int */
	SKEP_T_FLOW = 7,		/* struct skep_flow */
	SKEP_T_SIZE = 8,		/* unsigned long long: the whole object */
	SKEP_T_OFFSET = 9,		/* unsigned long long: of BYTES in it */
	SKEP_T_BYTES = 10,
	SKEP_T_OP = 11,			/* unsigned int */
	SKEP_T_TARGET = 12,		/* text: the second name */
	SKEP_T_MODE = 13,		/* unsigned int: type and permission bits */
	SKEP_T_OWNER = 14,		/* two unsigned int: uid, gid; ~0 unchanged */
	SKEP_T_OLD = 15,		/* struct skep_ids */
	SKEP_T_NEW = 16,		/* struct skep_ids */
	SKEP_T_PEER = 17,		/* struct skep_peer */
	SKEP_T_SOCKET = 18,		/* three unsigned int: family, type, protocol (of a packet socket: frame type) */
	SKEP_T_STREAM = 19,		/* struct skep_stream */
	SKEP_T_SERVICE = 20,		/* text */
	SKEP_T_METHOD = 21,
	SKEP_T_USER = 22,
	SKEP_T_SECRET = 23,
	SKEP_T_WINDOW = 24,		/* two unsigned int: rows, columns */
	SKEP_T_SCRIPT = 25,		/* EXEC: the script whose interpreter runs */
	SKEP_T_OBJECT = 26,		/* unsigned long long: seq of the first chunk's record; that one has none */
	SKEP_TAGS
};

struct skep_ids {
	unsigned int uid, euid, suid, gid, egid, sgid;
	unsigned long long permitted, effective;	/* capabilities */
};

/* Another process. */
struct skep_peer {
	unsigned long long entity;
	unsigned int pid, uid;
	char comm[16];			/* always ends in NUL */
};

enum skep_stream_type { SKEP_STREAM_PIPE = 1, SKEP_STREAM_UNIX, SKEP_STREAM_TCP };
/* What a stream is for the program that stands at its end; 0: programs among themselves. */
enum skep_stream_role { SKEP_STREAM_INPUT = 1, SKEP_STREAM_OUTPUT, SKEP_STREAM_ERROR };

/* OFFSET counts the bytes of each end from the first on; what is missing before one was not told. */
struct skep_stream {
	unsigned long long id;		/* of this pipe or pair of sockets, never used again in this ring's life */
	unsigned int type;
	unsigned int end;		/* which end wrote: 0 or 1; TCP: 1 is the far one */
	unsigned int role;
	unsigned int zero;
};

struct skep_flow {
	unsigned char family;		/* 4, 6, or 1 for a unix socket (addresses zero, FIELD PATH has its name) */
	unsigned char proto;		/* IPPROTO_* */
	unsigned short local_port;	/* host byte order */
	unsigned short remote_port;
	unsigned short zero;
	unsigned char local[16];	/* IPv4 in the first four bytes */
	unsigned char remote[16];
};

/* Records that were dropped, of one class. */
struct skep_lost {
	unsigned long long count;	/* in the ring's whole life */
	unsigned long long untold;	/* of these, since the last SKEP_LOST */
	struct skep_rec first;		/* of the untold ones */
};

/* The header page. Cache lines of writer, reader and host are apart. */
struct skep_ring {
	/* set by the host before the guest starts */
	unsigned int magic, version;
	unsigned long long size;	/* bytes of the data ring */
	unsigned long long data;	/* offset of the data ring in the memfd */
	unsigned long long config;	/* offset of the configuration area */
	unsigned long long config_len;	/* bytes used there */
	unsigned int full_wait_ms;	/* how long a record may wait for a reader that takes nothing, before the
					   breaker opens; 0 for ever */
	unsigned int pad0;
	unsigned long long memory;	/* offset of the guest's own memory, zeros at first */
	unsigned long long memory_len;	/* its bytes; 0 none */
	unsigned char pad1[64];
	/* written by the guest */
	unsigned long long head;
	unsigned long long seq;		/* of the last record written */
	unsigned long long next_head, next_seq;	/* what they are about to be, written before them, in this order */
	unsigned long long entity;	/* last entity given out */
	unsigned long long conn;	/* last connection number given out */
	unsigned long long stalls, stall_ns;	/* waits for room that began, time of those that ended */
	unsigned int boots;		/* how often a kernel mapped this ring */
	unsigned int waiting;		/* records that wait for room now */
	struct skep_lost kept, bulk;
	unsigned long long stream;	/* last stream number given out */
	unsigned int synced;		/* the host's wish that was last done */
	unsigned char pad2[60];
	/* written by the reader */
	unsigned long long tail;
	unsigned char pad3[56];
	/* written by the host */
	unsigned int sync;		/* counts wishes: write all there is to the disk, then say so in synced */
	unsigned char pad4[60];
};

/*
 * The configuration area: entries one after another, each struct skep_conf followed by name and
 * data, padded to 8. What a guest is told about itself; a guest without it boots as it is.
 */
struct skep_conf {
	unsigned int kind;		/* enum skep_conf_kind */
	unsigned int mode;		/* FILE, FOLDER: permission bits */
	unsigned int uid, gid;		/* FILE, FOLDER: owner */
	unsigned int name_len;
	unsigned int data_len;
	long long time_ns;		/* FILE, FOLDER, TIME: when it changed last, since 1970 UTC; 0 leaves what is */
};

enum skep_conf_kind {
	SKEP_CONF_FILE = 1,		/* write file NAME (absolute path) before init runs; folders that are missing are made */
	SKEP_CONF_CMDLINE = 2,		/* text of /proc/cmdline */
	SKEP_CONF_CPUINFO = 3,		/* text of /proc/cpuinfo */
	SKEP_CONF_RELEASE = 4,		/* uname -r */
	SKEP_CONF_VERSION = 5,		/* uname -v */
	SKEP_CONF_CONTENT = 6,		/* struct skep_content_conf */
	SKEP_CONF_BOOT_LOG = 7,		/* lines dmesg begins with */
	/* after all FILEs, in the order they come: */
	SKEP_CONF_FOLDER = 8,		/* folder NAME, made if it is not there */
	SKEP_CONF_TIME = 9,		/* what is there as NAME gets that time */
	SKEP_CONF_TOKEN = 10,		/* who reads file NAME is told (SKEP_TOKEN); at each boot */
	SKEP_CONF_KINDS
};

/*
 * The 802.1Q tag that says whose work a frame is which a honeypot sends: of the connection with this number, 0 nobody's. One
 * that comes SKEP_TAGS_MAX connections later has the same.
 */
#define SKEP_TAGS_MAX	4094u
#define SKEP_TAG(conn)	((unsigned short)((conn) ? ((conn) - 1) % SKEP_TAGS_MAX + 1 : 0))

/* How much of what intruders write and run goes to the host. */
struct skep_content_conf {
	unsigned long long image_s;	/* when the image was made, seconds UTC: what is younger is not part of it */
	unsigned long long file_max;	/* bytes of one file */
	unsigned long long hour_max;	/* bytes in an hour: of what is written, and once more of what is run */
};

#endif
