# Squid's helper. Each line is a number, which the answer begins with, and a question: the name of the rule, then for
# some rules the server name in a ClientHello (`-` if there is none) and the host that the client requested, both
# URL-encoded, and finally a `-`; or the rule `room` or `alone` and the client's address; or the rule `share`, `wait` or
# `waited`, the address and port that a client connects from, and its name. `most` is the maximum number of TCP sockets.

# In seconds: a silent name server costs 5 to 6.
BEGIN { LONGEST_WAIT = 7 }

# Squid itself stops accepting connections when it runs out of descriptors, and doesn't answer. Other programs in the
# container have sockets as well: the platform's proxy has two for each connection that it accepts, including those that
# never start TLS. They must not keep anybody out. Sockets that appeared after the list was read may be theirs: if that
# makes a difference, the list is read again: squid's helpers start when they are first asked, and have two each.
function sockets(limit,    now) {
  look_again()
  now = in_container() - others
  if (now >= limit) now -= queued()
  if (now < limit || squids >= limit) return now
  read_at = 0
  look_again()
  # Not the kernel's number, because connections come and go in the meantime.
  return squids
}

# Connections that squid has not accepted yet, so that they use none of its memory: otherwise one client that connects
# faster than squid accepts would take the room of all. Unlike `others`, these must be counted now: squid accepts a
# hundred at a time. For a listening socket, the kernel shows them as its receive queue, and lists it first.
function queued() { return queued_in("/proc/net/tcp") + queued_in("/proc/net/tcp6") }

function queued_in(file,    line, fields, found) {
  getline line < file
  while ((getline line < file) > 0 && split(line, fields, " ") > 4 && fields[4] == "0A") {
    if (is_own(fields[2])) found += decimal(substr(fields[5], 10))
  }
  close(file)
  return found + 0
}

function decimal(digits,    position, number) {
  for (position = 1; position <= length(digits); position++) {
    number = number * 16 + index("0123456789ABCDEF", substr(digits, position, 1)) - 1
  }
  return number
}

function in_container() { return count("/proc/net/sockstat", "TCP:") + count("/proc/net/sockstat6", "TCP6:") }

function count(file, label, number,    line, fields, found) {
  if (!number) number = 3
  while ((getline line < file) > 0) {
    if (split(line, fields, " ") >= number && fields[1] == label) found = fields[number]
  }
  close(file)
  return found + 0
}

# Whether an address gets one more connection. Half of the room is a fourth of the sockets, because a tunnel has two. A
# client with that many gets no more while there are others; a single client still leaves an eighth for the next one.
# This is for IPv4. Connections from the container itself are the platform's health check, or its proxy, which many
# clients are behind.
function has_share(address,    mine) {
  address = in_hexadecimal(address)
  if (address == "") return 1
  look_again()
  if (held[address] >= most / 4 && asked > most / 16) {
    # Some of those that were counted since may have ended.
    read_at = 0
    look_again()
  }
  mine = held[address]
  if (mine >= most / 4 && (all > mine || nearly_full())) return 0
  held[address]++
  all++
  return 1
}

# Squid doesn't notice that a client has gone while it waits for a site and has no room for more of the client's bytes,
# and the kernel has forgotten that connection. This is asked for an address that has its share by squid's own count: it
# gets no more while other addresses have connections, whether it has as many by the kernel's count or left some. On its
# own, it leaves an eighth for the next one. Connections from the container itself have no share.
function is_alone(address) {
  address = in_hexadecimal(address)
  if (address == "") return 1
  look_again()
  if (!(address in own) && all > held[address] && read_at != systime()) {
    # Others may have gone. Once per second is enough: one client could keep the helper busy with this.
    read_at = 0
    look_again()
  }
  return address in own || (all <= held[address] && !nearly_full())
}

# The same for a client with credentials, wherever it connects from: each connection is asked about once, as soon as a
# fourth of the sockets is taken. Earlier connections may be anybody's: they count for everybody, but leave everybody an
# eighth.
function client_has_share(address, port, client,    connection, mine, unknown) {
  address = in_hexadecimal(address)
  if (address == "") return 1
  look_again()
  connection = address ":" sprintf("%04X", port)
  mine = clients[client]
  unknown = connections - known
  if (unknown > most / 8) unknown = most / 8
  if (mine + unknown >= most / 4 && (known > mine || nearly_full())) return 0
  client_of[connection] = client
  delete inode_of[connection]
  clients[client]++
  known++
  if (!(connection in inodes)) connections++
  return 1
}

function nearly_full(    limit) {
  limit = most * 7 / 8 - left_behind()
  return sockets(limit) >= limit
}

# Connections that a client has reset and squid has not noticed. The kernel lists them no more, but still has their
# sockets. Before Linux 4.17 it counts those of the whole machine: more than squid can have. A few are sockets that it
# hasn't freed yet.
function left_behind(    more) {
  more = count("/proc/net/sockstat", "sockets:") - in_container() - count("/proc/net/sockstat", "UDP:")
  more -= count("/proc/net/sockstat6", "UDP6:") + lines_in("/proc/net/unix") - 1
  return more > most / 16 + 5 && more < most * 2 ? more : 0
}

function lines_in(file,    line, lines) {
  while ((getline line < file) > 0) lines++
  close(file)
  return lines + 0
}

function in_hexadecimal(address,    bytes) {
  if (split(address, bytes, ".") != 4) return ""
  return sprintf("%02X%02X%02X%02X", bytes[4], bytes[3], bytes[2], bytes[1])
}

# At most once per second, once per so many questions, or when there are many more: a list of thousands takes
# milliseconds.
function look_again(    there, connection) {
  there = in_container()
  if (systime() == read_at && ++asked <= 50 && there - there_before < most / 8) return
  split("", held)
  split("", own)
  split("", inodes)
  split("", clients)
  split("", listening)
  all = connections = known = asked = others = squids = 0
  read_at = systime()
  there_before = there
  read_list("/proc/net/tcp")
  read_list("/proc/net/tcp6")
  for (connection in client_of) keep(connection)
}

# Another connection from the same port is another socket.
function keep(connection) {
  if (!(connection in inode_of)) inode_of[connection] = inodes[connection]
  if (inodes[connection] != "" && inode_of[connection] == inodes[connection]) {
    clients[client_of[connection]]++
    known++
  } else {
    delete client_of[connection]
    delete inode_of[connection]
  }
}

# Connections to 3128 and 8080, by the last four bytes of the client's address. The kernel lists listening sockets
# first.
function read_list(file,    line, fields, remote) {
  while ((getline line < file) > 0) {
    # Thousands may have ended a moment ago.
    if (index(line, " 06 ")) continue
    split(line, fields, " ")
    if (fields[4] == "0A") listening[port_in(fields[2])] = 1
    if (fields[10] == 0 && is_own(fields[2]) && fields[4] ~ /^0[18]$/) continue
    if (belongs_to_another(fields)) others++
    else if (fields[4] ~ /^0[12489AB]$/ || (fields[4] == "05" && fields[10] > 0)) squids++
    # Also those that the client has closed and squid has not.
    if (!is_own(fields[2]) || fields[4] !~ /^0[18]$/) continue
    inodes[substr(fields[3], length(fields[3]) - 12)] = fields[10]
    connections++
    remote = address_in(fields[3])
    if (remote == address_in(fields[2])) {
      own[remote] = 1
      continue
    }
    held[remote]++
    all++
  }
  close(file)
}

# Listening sockets, connections on other ports that have a listener, the far ends of connections to squid within the
# container, and both ends of squid's connections to its helpers. The kernel doesn't count connections that wait for a
# handshake to end.
function belongs_to_another(fields) {
  if (fields[4] !~ /^0[0-9A-F]$/ || fields[4] == "03") return 0
  if (fields[4] == "0A") return 1
  if (is_own(fields[2])) return 0
  if (is_loopback(fields[2]) && is_loopback(fields[3])) return 1
  return port_in(fields[2]) in listening || (is_own(fields[3]) && address_in(fields[2]) == address_in(fields[3]))
}

function is_loopback(field) { return address_in(field) ~ /^(......7F|01000000)$/ }

function is_own(field) { return field ~ /:(0C38|1F90)$/ }

function port_in(field) {
  sub(/.*:/, "", field)
  return field
}

function address_in(field) {
  sub(/:.*/, "", field)
  return substr(field, length(field) - 7)
}

# While most of the room is free, the owner of a connection doesn't matter.
function has_plenty(    taken) {
  taken = in_container()
  if (taken >= most / 4) taken = sockets(most)
  note = (taken < most / 4 ? " free=yes" : "") (is_calm() ? " calm=yes" : "")
  return taken < most / 2
}

# Whether so few connections have been opened of late that what they may have left in squid doesn't matter.
function is_calm(    now, opened) {
  now = systime()
  opened = count("/proc/net/snmp", "Tcp:", 7)
  if (now - turned_at >= LONGEST_WAIT) {
    opened_before = now - turned_at < 2 * LONGEST_WAIT ? opened_at_turn : opened
    opened_at_turn = opened
    turned_at = now
  }
  return opened > 0 && opened - opened_before < most / 2
}

# While squid asks a name server, or the helper for credentials, it keeps a request of up to 300 KB even if the client
# is gone, and has no socket that could be counted. So clients may have only so many of them.
function may_wait(address, port, client,    connection) {
  connection = address ":" port
  has_waited(connection)
  if (client == "-") client = address
  forget_waiting()
  if (waiting >= most * 3 / 4 || waiting_of[client] >= (waiting < most / 2 ? most / 4 : most / 16)) return 0
  waiting_since[connection] = systime()
  waiter[connection] = client
  waiting_of[client]++
  waiting++
  return 1
}

# Squid doesn't say so if the client is gone.
function has_waited(connection) {
  if (!(connection in waiter)) return 1
  if (--waiting_of[waiter[connection]] == 0) delete waiting_of[waiter[connection]]
  waiting--
  delete waiter[connection]
  delete waiting_since[connection]
  return 1
}

function forget_waiting(    now, connection) {
  now = systime()
  if (now == forgot_at) return
  forgot_at = now
  for (connection in waiting_since) if (now - waiting_since[connection] > LONGEST_WAIT) has_waited(connection)
}

# Whether a site is to close its connection after the answer. Squid keeps those that nobody uses, for each name another
# one, and one client can ask for any number of names: they would take the room of all others. So there may be an eighth
# more of them than there are clients' connections that could use them, and where the room gets short none is kept. With
# fewer sockets than that eighth, nothing is counted: the list also has each connection that ended in the last minute,
# thousands for a busy proxy.
function keeps_too_many(    now) {
  if (in_container() < most / 8) return 0
  now = sockets(most)
  return now - 2 * connections >= most / 8 || now >= most * 3 / 4
}

function exists(file,    line, found) {
  found = (getline line < file) >= 0
  close(file)
  return found
}

# What is longer than any host has been cut off.
function same(name, host) {
  if (length(name) >= 300) return 0
  sub(/\.$/, "", host)
  return tolower(name) == tolower(host)
}

function answer() {
  # With another number of words, a client would have influenced the line.
  if ($1 == "same_name") return NF == 4 && same($2, $3)
  if ($1 == "plenty") return has_plenty()
  if ($1 == "room") return sockets(most) < most && has_share($2)
  if ($1 == "alone") return is_alone($2)
  if ($1 == "share") return client_has_share($2, $3, $4)
  if ($1 == "wait") return may_wait($2, $3, $4)
  if ($1 == "waited") return has_waited($2 ":" $3)
  if ($1 == "leaving") {
    note = keeps_too_many() ? " keep=no" : ""
    return exists("/dev/shm/egress/leaving")
  }
  return $1 == "answering" || $1 == "counting"
}

{
  note = ""
  number = $1
  sub(/^[0-9]+ (plain_)?/, "")
  word = answer() ? "OK" : "ERR"
  print number " " word note
}
