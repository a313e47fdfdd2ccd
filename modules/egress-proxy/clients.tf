# From the module's input to the lines that the proxy reads. A line is a name, its exceptions and one port; the proxy
# itself drops lines that another one covers.
locals {
  # The user name of a client at the proxy, before the version.
  user_of = { for name in keys(var.client_configuration) : name => replace(lower(name), "/[^a-z0-9]+/", "-") }

  clients = {
    for name, client in var.client_configuration : name => {
      user    = local.user_of[name]
      current = "${local.user_of[name]}.${var.credential_version}"
      allowed = flatten([
        for entry in client.allowlist : [
          for port in try(split(",", regex(":([0-9,]+)", entry)[0]), [for port in client.ports : tostring(port)]) : {
            name  = trimprefix(lower(regex("^[^:/@ ]+", entry)), "*")
            port  = port
            after = join("", regexall("(?:/tcp)?(?:@[^ ]*)?(?: until .*)?$", entry))
          }
        ]
      ])
      denied = [
        for entry in client.denylist : {
          name  = trimprefix(lower(regex("^[^:]+", entry)), "*")
          ports = try(split(",", regex(":([0-9,]+)", entry)[0]), [])
        }
      ]
    }
  }

  lines = {
    for name, client in local.clients : name => sort(distinct([
      for allowed in client.allowed : join("", [
        allowed.name,
        join("", [
          for exceptions in [
            join(",", sort([
              for denied in client.denied : denied.name
              if(length(denied.ports) == 0 || contains(denied.ports, allowed.port))
              && startswith(allowed.name, ".") && endswith(".${trimprefix(denied.name, ".")}", allowed.name)
            ]))
          ] : "!${exceptions}" if exceptions != ""
        ]),
        ":${allowed.port}${allowed.after}",
      ])
      if !anytrue([
        for denied in client.denied :
        (length(denied.ports) == 0 || contains(denied.ports, allowed.port)) && (
          denied.name == "all" || denied.name == allowed.name
          || (startswith(denied.name, ".") && endswith(".${trimprefix(allowed.name, ".")}", denied.name))
        )
      ])
    ]))
  }
}
