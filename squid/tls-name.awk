# Squid's helper for tunnels: whether the server name in a client's TLS greeting is the host that the client asked the
# proxy for. One question a line, URL-encoded: the name, `-` if there is none, and the host. Squid keeps the answers.
{
  name = tolower($1)
  host = tolower($2)
  sub(/\.$/, "", host)
  print name == host ? "OK" : "ERR"
}
