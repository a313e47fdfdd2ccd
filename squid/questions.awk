# Squid's helper. It is asked one question a line: the name of the rule, then where it matters the server name in a TLS greeting
# (`-` if there is none), and the host that the client asked the proxy for, both URL-encoded, and last a `-`. `most` is how
# many TCP sockets the container may have.

# Squid itself stops accepting when its descriptors run out, and says nothing.
function sockets() { return count("/proc/net/sockstat", "TCP:") + count("/proc/net/sockstat6", "TCP6:") }

function count(file, label,    line, fields, found) {
  while ((getline line < file) > 0) {
    if (split(line, fields, " ") > 2 && fields[1] == label) found = fields[3]
  }
  close(file)
  return found + 0
}

function exists(file,    line, found) {
  found = (getline line < file) >= 0
  close(file)
  return found
}

function same(name, host) {
  sub(/\.$/, "", host)
  return tolower(name) == tolower(host)
}

function answer() {
  # With another number of words a client would have a part in the line.
  if ($1 == "same_name") return NF == 4 && same($2, $3)
  if ($1 == "plenty") return sockets() < most / 2
  if ($1 == "room") return sockets() < most
  if ($1 == "leaving") return exists("/dev/shm/egress/leaving")
  return $1 == "answering" || $1 == "counting"
}

{ print answer() ? "OK" : "ERR" }
