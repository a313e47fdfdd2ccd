# Squid's helper. It is asked one question a line: the name of the rule, then where it matters the server name in a TLS greeting
# (`-` if there is none), and the host that the client asked the proxy for, both URL-encoded, and last a `-`; or the rule
# `room` and the client's address. `most` is how many TCP sockets the container may have.

# Squid itself stops accepting when its descriptors run out, and says nothing.
function sockets() { return count("/proc/net/sockstat", "TCP:") + count("/proc/net/sockstat6", "TCP6:") }

function count(file, label,    line, fields, found) {
  while ((getline line < file) > 0) {
    if (split(line, fields, " ") > 2 && fields[1] == label) found = fields[3]
  }
  close(file)
  return found + 0
}

# Whether an address gets one more connection. Half of the room is a fourth of the sockets, since a tunnel has two: whoever holds
# that gets no more while others are there, and alone leaves an eighth for who comes next. Of IPv4; what comes from the
# container itself is the platform's health check, or its proxy, behind which there are many.
function has_share(address,    bytes, mine) {
  if (split(address, bytes, ".") != 4) return 1
  address = sprintf("%02X%02X%02X%02X", bytes[4], bytes[3], bytes[2], bytes[1])
  if (systime() != read_at || ++asked > 50) read_clients()
  mine = held[address]
  if (mine >= most / 4 && (all > mine || sockets() >= most * 7 / 8)) return 0
  held[address]++
  all++
  return 1
}

# At most once a second, or for so many questions: a list of thousands takes milliseconds.
function read_clients() {
  split("", held)
  all = asked = 0
  read_at = systime()
  read_list("/proc/net/tcp")
  read_list("/proc/net/tcp6")
}

# Connections to 3128 and 8080, by the last four bytes of the client's address.
function read_list(file,    line, fields, remote) {
  while ((getline line < file) > 0) {
    split(line, fields, " ")
    if (fields[2] !~ /:(0C38|1F90)$/ || fields[4] != "01") continue
    remote = address_in(fields[3])
    if (remote == address_in(fields[2])) continue
    held[remote]++
    all++
  }
  close(file)
}

function address_in(field) {
  sub(/:.*/, "", field)
  return substr(field, length(field) - 7)
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
  if ($1 == "room") return sockets() < most && has_share($2)
  if ($1 == "leaving") return exists("/dev/shm/egress/leaving")
  return $1 == "answering" || $1 == "counting"
}

{ print answer() ? "OK" : "ERR" }
