# Squid's helper. It is asked one question a line: the name of the rule, then where it matters the server name in a TLS greeting
# (`-` if there is none), and the host that the client asked the proxy for, both URL-encoded, and last a `-`; or the rule
# `room` and the client's address; or the rule `share`, the address and port that a client comes from, and who it is. `most` is
# how many TCP sockets the container may have.

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
function has_share(address,    mine) {
  address = in_hexadecimal(address)
  if (address == "") return 1
  look_again()
  mine = held[address]
  if (mine >= most / 4 && (all > mine || nearly_full())) return 0
  held[address]++
  all++
  return 1
}

# The same of who has given credentials, from wherever: each connection is asked for once, as soon as a fourth of the sockets is
# taken. Those from before might be anybody's: they count for everybody, but leave everybody an eighth.
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

function nearly_full() { return sockets() >= most * 7 / 8 }

function in_hexadecimal(address,    bytes) {
  if (split(address, bytes, ".") != 4) return ""
  return sprintf("%02X%02X%02X%02X", bytes[4], bytes[3], bytes[2], bytes[1])
}

# At most once a second, or for so many questions: a list of thousands takes milliseconds.
function look_again(    connection) {
  if (systime() == read_at && ++asked <= 50) return
  split("", held)
  split("", inodes)
  split("", clients)
  all = connections = known = asked = 0
  read_at = systime()
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

# Connections to 3128 and 8080, by the last four bytes of the client's address.
function read_list(file,    line, fields, remote) {
  while ((getline line < file) > 0) {
    split(line, fields, " ")
    if (fields[2] !~ /:(0C38|1F90)$/ || fields[4] != "01") continue
    inodes[substr(fields[3], length(fields[3]) - 12)] = fields[10]
    connections++
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

# Where most of the room is free nobody asks whose the connection is.
function has_plenty(    taken) {
  taken = sockets()
  note = taken < most / 4 ? " free=yes" : ""
  return taken < most / 2
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
  if ($1 == "plenty") return has_plenty()
  if ($1 == "room") return sockets() < most && has_share($2)
  if ($1 == "share") return client_has_share($2, $3, $4)
  if ($1 == "leaving") return exists("/dev/shm/egress/leaving")
  return $1 == "answering" || $1 == "counting"
}

{
  note = ""
  print answer() ? "OK" note : "ERR"
}
