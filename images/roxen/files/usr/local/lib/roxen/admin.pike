// SPDX-License-Identifier: GPL-2.0-or-later
// The administration interface: whoever knows the name and the password in /etc/roxen/administrator may look.

constant port = 26300;
constant realm = "Roxen administration interface";
constant tabs = ({
	({ "/", "Sites" }), ({ "/ports/", "Ports" }), ({ "/globals/", "Global variables" }),
	({ "/eventlog/", "Event log" }), ({ "/actions/", "Actions" }),
});

object site;	// the server
Stdio.File log = Stdio.File();

string frame(string path, string title, string body)
{
	string menu = "";

	foreach (tabs, array(string) tab)
		menu += sprintf(tab[0] == path ? "<td bgcolor=\"#ffffff\"><b><a href=\"%s\">%s</a></b></td>" :
			"<td bgcolor=\"#afc8db\"><a href=\"%s\">%s</a></td>", tab[0], tab[1]);
	return sprintf("<html><head><title>Administration: %s</title></head>\n"
		"<body bgcolor=\"#ffffff\" text=\"#002200\" link=\"#003366\" vlink=\"#003366\">\n"
		"<table width=\"100%%\" cellpadding=\"6\" bgcolor=\"#003366\"><tr>"
		"<td><font color=\"#ffffff\" size=\"+2\">Roxen administration interface</font></td>"
		"<td align=\"right\"><font color=\"#ffffff\">%s</font></td></tr></table>\n"
		"<table cellpadding=\"4\"><tr>%s</tr></table>\n<h2>%s</h2>\n%s\n"
		"<hr><i>%s on %s</i>\n</body></html>\n", title, gethostname(), menu, title, body, site->banner, gethostname());
}

string table(array(string) head, array(array) rows)
{
	string s = "<table border=\"1\" cellpadding=\"3\" cellspacing=\"0\"><tr bgcolor=\"#e0e8f0\"><th>" +
		head * "</th><th>" + "</th></tr>\n";

	foreach (rows, array row)
		s += "<tr><td>" + map(map(row, lambda(mixed x) { return (string)x; }), _Roxen.html_encode_string) * "</td><td>" +
			"</td></tr>\n";
	return s + "</table>\n";
}

string sites()
{
	int up = time() - site->since;

	return table(({ "Site", "Address", "Requests", "Sent" }), ({
			({ "Intranet", "http://" + gethostname() + "/", site->requests, sprintf("%d kB", site->sent / 1024) }) })) +
		sprintf("<p>Up for %d days, %02d:%02d:%02d.</p>\n<h3>Modules of Intranet</h3>\n", up / 86400, up / 3600 % 24,
			up / 60 % 60, up % 60) +
		table(({ "Module", "Type", "Setting" }), ({
			({ "File system", "location", "/ is " + site->root + "/" }),
			({ "Content types", "types", sprintf("%d extensions", sizeof(site->types)) }),
			({ "Index files", "directories", "index.html" }),
			({ "Logging", "logger", "/var/log/roxen/access.log" }) }));
}

string ports()
{
	return table(({ "Port", "Protocol", "Used by", "State" }), ({
		({ "*:80", "http", "Intranet", "open" }), ({ "*:" + port, "http", realm, "open" }) }));
}

string globals()
{
	return table(({ "Variable", "Value" }), ({
		({ "Version", site->banner }), ({ "Pike", version() }), ({ "Process", getpid() }),
		({ "User", getpwuid(geteuid())[0] }), ({ "Administrator", "intranet@meridian-tool.example" }),
		({ "Threads", 1 }), ({ "Log files", "/var/log/roxen" }), ({ "Garbage collection", sprintf("%d objects freed", gc()) }) }));
}

string eventlog()
{
	array(string) lines = (Stdio.read_file("/var/log/roxen/access.log") || "") / "\n" - ({ "" });

	return "<pre>" + _Roxen.html_encode_string(lines[<49..] * "\n") + "</pre>";
}

string actions(object r)
{
	string done = "";

	if (r->request_type == "POST") {
		gc();
		done = "<p><b>The caches are empty.</b></p>";
	}
	return done + "<form method=\"post\" action=\"/actions/\"><input type=\"submit\" value=\"Empty the caches\"></form>\n"
		"<p>The server is stopped and started on the machine itself: <tt>systemctl restart roxen</tt>.</p>";
}

// The name, if it comes with the right password; else 0
string|int who(object r)
{
	array(string) said = (r->request_headers->authorization || "") / " ";
	array(string) words, right = (Stdio.read_file("/etc/roxen/administrator") || "") / "\n" - ({ "" });

	if (sizeof(said) != 2 || lower_case(said[0]) != "basic" || !sizeof(right))
		return 0;
	words = MIME.decode_base64(said[1]) / ":";
	right = right[0] / ":";
	return words[0] == right[0] && crypt(words[1..] * ":", right[1]) && right[0];
}

void handle(object r)
{
	mapping pages = ([ "/": sites, "/ports/": ports, "/globals/": globals, "/eventlog/": eventlog, "/actions/": actions ]);
	string path = r->not_query || "/";
	string|int user = who(r);
	function page = pages[path];

	if (!user)
		site->finish(r, log, "-", 401, "text/html", site->page("Permission denied",
			"The administration interface wants to know who you are."),
			([ "extra_heads": ([ "www-authenticate": "Basic realm=\"" + realm + "\"" ]) ]));
	else if (!page)
		site->finish(r, log, user, 404, "text/html", site->page("No such resource", "There is no such page here."));
	else
		site->finish(r, log, user, 200, "text/html",
			frame(path, tabs[search(column(tabs, 0), path)][1], page(r)));
}

void create(object server)
{
	site = server;
	log->open("/var/log/roxen/admin.log", "wac", 0640);
	Protocols.HTTP.Server.Port(handle, port);
}
