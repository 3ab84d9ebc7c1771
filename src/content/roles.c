/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each recipe's people do there. */
#include <string.h>

#include "past.h"

static const struct task web[] = {
	{ false, { "cd /var/www/meridian", "ls -la", "less index.html" } },
	{ false, { "cd /var/www/meridian/products", "ls", "cat index.html" } },
	{ false, { "curl -sI http://localhost/", "curl -s http://localhost/products/ | head" } },
	{ false, { "grep -c careers /var/www/meridian/index.html" } },
	{ true, { "sudo apache2ctl configtest", "sudo systemctl reload apache2" } },
	{ true, { "sudo tail -100 /var/log/apache2/error.log" } },
	{ true, { "sudo less /etc/apache2/sites-available/meridian.conf", "apache2 -v" } },
	{ true, { "sudo ls -l /var/log/apache2", "sudo tail /var/log/apache2/access.log" } },
};
static const struct task intranet[] = {
	{ false, { "cd /var/roxen/site", "ls -la tooling" } },
	{ false, { "less /var/roxen/site/phone.html" } },
	{ false, { "curl -sI http://localhost/", "curl -s http://localhost/tooling/ | head -20" } },
	{ true, { "sudo systemctl restart roxen", "sudo systemctl status roxen" } },
	{ true, { "sudo tail -20 /var/log/roxen/access.log" } },
	{ true, { "sudo ls -l /usr/local/lib/roxen", "systemctl cat roxen" } },
};
static const struct task names[] = {
	{ false, { "dig @localhost meridian-tool.example mx +short", "dig @localhost www.meridian-tool.example" } },
	{ false, { "named-checkzone meridian-tool.example /etc/bind/zones/meridian-tool.example" } },
	{ false, { "cat /etc/bind/zones/10.10.10.in-addr.arpa" } },
	{ true, { "sudo vi /etc/bind/zones/meridian-tool.example",
		  "named-checkzone meridian-tool.example /etc/bind/zones/meridian-tool.example", "sudo rndc reload" } },
	{ true, { "sudo rndc status", "sudo named-checkconf" } },
	{ true, { "sudo systemctl status named", "sudo journalctl -u named -n 30" } },
};
static const struct task mail[] = {
	{ false, { "mail" } },
	{ false, { "mailq", "cat /etc/aliases" } },
	{ false, { "tail -5 /etc/mail/sendmail.mc" } },
	{ true, { "sudo tail -40 /var/log/mail.log" } },
	{ true, { "sudo vi /etc/aliases", "sudo newaliases" } },
	{ true, { "sudo mailq", "sudo ls /var/spool/mqueue" } },
	{ true, { "sudo systemctl status sendmail" } },
};
static const struct task files[] = {
	{ false, { "ls -la /srv", "du -sh /srv/*" } },
	{ false, { "find /srv -mtime -7 -type f | head" } },
	{ true, { "sudo chown -R root:root /srv/ftp", "ls -l /srv/ftp" } },
	{ true, { "sudo systemctl status vsftpd", "sudo tail /var/log/vsftpd.log" } },
};
static const struct task shares[] = {
	{ false, { "ls -la /srv/office", "du -sh /srv/*" } },
	{ false, { "testparm -s | head -20" } },
	{ true, { "sudo smbstatus", "sudo systemctl reload smbd" } },
	{ true, { "sudo tail /var/log/samba/log.smbd" } },
};
static const struct task labels[] = {
	{ false, { "ls -la labels", "cat labels/pallet.zpl" } },
	{ false, { "ss -tn state established" } },
	{ true, { "sudo systemctl restart inetutils-inetd" } },
	{ true, { "sudo vi /etc/issue.net", "cat /etc/inetd.conf" } },
};
static const struct task proxy[] = {
	{ false, { "curl -sI -x localhost:3128 http://www.meridian-tool.example/" } },
	{ true, { "sudo tail -30 /var/log/squid/access.log" } },
	{ true, { "sudo squid -k parse", "sudo systemctl reload squid" } },
};
static const struct task cache[] = {
	{ false, { "redis-cli info memory", "redis-cli dbsize" } },
	{ false, { "redis-cli --scan | head" } },
	{ true, { "sudo systemctl status redis-server", "sudo tail /var/log/redis/redis-server.log" } },
};

static const struct task database[] = {
	{ false, { "mysqladmin status", "mysqladmin processlist" } },
	{ true, { "sudo mysql -e 'show databases'" } },
	{ true, { "sudo systemctl status mariadb", "sudo journalctl -u mariadb -n 20" } },
	{ true, { "sudo ls -l /var/lib/mysql", "sudo du -sh /var/lib/mysql" } },
};

#define ROLE(image, tasks, trade, make, says) { image, tasks, nitems(tasks), trade, make, says }
static const struct honeypot_role roles[] = {
	ROLE("apache", web, "web shop", web_make, NULL),
	ROLE("roxen", intranet, "intranet", roxen_make, NULL),
	ROLE("dns", names, "network", NULL, named_says),
	ROLE("sendmail", mail, "mail", mail_make, mail_says),
	ROLE("ftp", files, "sales", ftp_make, NULL),
	ROLE("smb", shares, "office", samba_make, NULL),
	ROLE("telnet", labels, "hall", NULL, NULL),
	ROLE("squid", proxy, "network", squid_make, NULL),
	ROLE("mysql", database, "web shop", NULL, NULL),
	ROLE("redis", cache, "web shop", redis_make, NULL),
};
static const struct honeypot_role other = { .image = "", .trade = "operations" };

const struct honeypot_role *role_of(const char *image)
{
	for (size_t i = 0; i < nitems(roles); i++)
		if (!strcmp(roles[i].image, image))
			return &roles[i];
	return &other;
}
