# Squid's helper for entries that expire: whether a point in time, in seconds since 1970, is in the future. One question
# per line; squid caches an answer for a minute.
{
  print systime() < $1 ? "OK" : "ERR"
}
