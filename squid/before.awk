# Squid's helper for what has an end: whether a moment, in seconds since 1970, is still to come. One question a line; squid
# keeps an answer for a minute.
{
  print systime() < $1 ? "OK" : "ERR"
}
