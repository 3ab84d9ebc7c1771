#!/usr/bin/perl
# netcheck - is a machine in the hall there?
use strict;

my $query = $ENV{QUERY_STRING} || '';
read(STDIN, $query, $ENV{CONTENT_LENGTH}) if ($ENV{REQUEST_METHOD} || '') eq 'POST';
my ($host) = $query =~ /(?:^|&)host=([^&]*)/;
$host = '' unless defined $host;
$host =~ tr/+/ /;
$host =~ s/%([0-9A-Fa-f]{2})/chr(hex($1))/ge;

my $answer = '';
$answer = `ping -n -c 1 -W 1 $host 2>&1` if $host ne '';
s/&/&amp;/g, s/</&lt;/g, s/"/&quot;/g for $host, $answer;

print "Content-Type: text/html\r\n\r\n";
print <<"END";
<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Network check - Meridian Tool &amp; Die</title>
<link rel="stylesheet" href="/css/site.css"></head>
<body>
<h1>Network check</h1>
<p>Is a machine in the hall there? Name or address, then Enter.</p>
<form method="get"><input name="host" value="$host" autofocus> <input type="submit" value="Check"></form>
<pre>$answer</pre>
</body>
</html>
END
