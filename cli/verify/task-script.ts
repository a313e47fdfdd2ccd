/** What a task tries from inside an application's own image, and how its output is read. */

export interface Question {
  readonly way: 'direct' | 'proxy';
  readonly host: string;
  readonly port: number;
}

export interface Seen {
  /** The host's address according to the application's resolver, if any. */
  readonly address?: string;
  readonly what: 'connected' | 'refused' | 'timed out' | 'unreachable' | 'no such name' | 'not asked' | 'unclear';
  readonly status?: number;
  readonly said: string;
}

const MARK = 'egress-probe';
const HOST = /^[a-z0-9]([a-z0-9.-]{0,252}[a-z0-9])?$/i;
/** Cloud Foundry's limit for the command of a task. */
const LIMIT = 4096;

/**
 * Nothing can be added to somebody else's image, so the script uses what it finds there: a shell, which the platform
 * needs to start tasks, and the first available program that can open a connection. Hosts and ports are data: they are
 * validated and passed in a here-document without expansion. The proxy's address and password come from the
 * application's own variables inside the container and are never printed. For a proxy at `https://`, a program that
 * supports TLS connects and trusts the authorities that it trusts in that image.
 */
const SCRIPT = `set -f
x=\${HTTPS_PROXY:-\${https_proxy:-$EGRESS_PROXY_URI}}
ks='bash node python3 curl nc' s= u=
case $x in https:*) s=1 ks='node python3 curl';; esac
x=\${x#*://} x=\${x%%/*}
case $x in *@*) u=\${x%@*} x=\${x##*@};; esac
[ -z "$u" ] || u="Proxy-Authorization: Basic $(printf %s "$u" | base64 | tr -d '\\n')"
for k in $ks ''; do command -v "$k" >/dev/null 2>&1 && break; done
t() { if command -v timeout >/dev/null 2>&1; then timeout 5 "$@"; else "$@"; fi; }
c='printf "CONNECT $3 HTTP/1.1\\r\\nHost: $3\\r\\n\${4:+$4\\r\\n}\\r\\n"'
ask() {
  set -- "$1" "$2" "$3" "$u"
  case $k in
  bash) t bash -c 'exec 3<>"/dev/tcp/$1/$2" || exit 1; [ -z "$3" ] && exit; eval "$5" >&3; read -r l <&3; echo "$l"' bash "$@" "$c" ;;
  node) t node -e 'var [,h,p,q,a,t]=process.argv,n="\\r\\n",s=require(q&&t?"tls":"net").connect({port:p,host:h,servername:h},function(){q||process.exit();s.write("CONNECT "+q+" HTTP/1.1"+n+"Host: "+q+n+(a&&a+n)+n)});function e(t,c){console.log(t);process.exit(c)}s.on("error",function(x){e(x.code,1)});s.on("data",function(d){e((d+"").split(n)[0],0)});setTimeout(e,4e3,"",124)' "$@" "$s" ;;
  python3) t python3 -c 'import socket,ssl,sys
h,p,q,a,t=sys.argv[1:];n="\\r\\n";s=socket.create_connection((h,int(p)),4)
if q and t:s=ssl.create_default_context().wrap_socket(s,server_hostname=h)
if q:s.sendall(("CONNECT "+q+" HTTP/1.1"+n+"Host: "+q+n+(a and a+n)+n).encode());print(s.recv(99).decode().split(n)[0])' "$@" "$s" ;;
  curl) if [ -n "$3" ]; then l=$(curl -sS -m 4 -o /dev/null -w '%{http_connect}' -p -x "http\${s:+s}://$1:$2" \${SSL_CERT_FILE:+--proxy-cacert "$SSL_CERT_FILE"} \${u:+--proxy-header "$u"} "http://$3"); case $l in 000) false ;; *) echo "HTTP $l" ;; esac
    else l=$(curl -sS -m 4 -o /dev/null -w '%{time_connect} ' --noproxy '*' "http://$1:$2" 2>&1); case $l in *0.000000\\ *) echo "$l"; false;; esac; fi ;;
  nc) if [ -n "$3" ]; then { eval "$c"; sleep 1; } | t nc "$1" "$2" | { read -r l; echo "$l"; }; else t nc -w 3 "$1" "$2"; fi ;;
  *) echo "none of: $ks"; (exit 9) ;;
  esac
}
echo ${MARK} begin
while read -r i w h p; do
  a=$(getent ahostsv4 "$h" 2>/dev/null || getent hosts "$h" 2>/dev/null)
  a=\${a%%[!0-9.]*}
  if [ "$w" = direct ]; then o=$(ask "\${a:-$h}" "$p" '' 2>&1 </dev/null)
  elif [ -z "$x" ]; then o=$(echo 'no proxy in its variables'; exit 9)
  else o=$(ask "\${x%:*}" "\${x##*:}" "$h:$p" 2>&1 </dev/null); fi
  echo ${MARK} "$i" $? "\${a:--}" $o
done <<'E'
`;
const END = `E\necho ${MARK} end\n`;

/** As few commands as their length allows, each with its share of the questions, which are identified by number. */
export function taskCommands(questions: readonly Question[]): string[] {
  const commands: string[] = [];
  let lines = '';
  for (const [index, { way, host, port }] of questions.entries()) {
    if (!HOST.test(host) || !Number.isInteger(port) || port < 1 || port > 65535) {
      throw new Error(`${host}:${port} is not a valid HOST:PORT`);
    }
    const line = `${index} ${way} ${host} ${port}\n`;
    if (SCRIPT.length + lines.length + line.length + END.length > LIMIT) {
      commands.push(SCRIPT + lines + END);
      lines = '';
    }
    lines += line;
  }
  return lines === '' ? commands : [...commands, SCRIPT + lines + END];
}

export interface Line {
  /** Milliseconds since the epoch at which the platform read it. */
  readonly at: number;
  readonly text: string;
}

/** Answers by question number. Durations are computed from the lines' times, because not every image has a clock. */
export function readAnswers(lines: readonly Line[]): ReadonlyMap<number, Seen & { readonly milliseconds: number }> {
  const answers = new Map<number, Seen & { readonly milliseconds: number }>();
  let before: number | undefined;
  for (const { at, text } of lines) {
    if (!text.startsWith(`${MARK} `)) continue;
    const [, number, exit, address, said = ''] = /^\S+ (\d+) (\d+) (\S+) ?(.*)$/s.exec(text) ?? [];
    if (number !== undefined) {
      answers.set(Number(number), { ...seen(Number(exit), address, said), milliseconds: at - (before ?? at) });
    }
    before = at;
  }
  return answers;
}

export const hasEnded = (lines: readonly Line[]): boolean => lines.some(({ text }) => text === `${MARK} end`);

/** Messages of the programs, each in its own words, and timeout's exit status. */
const WORDS: readonly (readonly [RegExp, Seen['what']])[] = [
  [/refused|couldn't connect/i, 'refused'],
  [/timed out|timedout/i, 'timed out'],
  [/unreachable|no route|EHOSTUNREACH|ENETUNREACH/i, 'unreachable'],
  [/resolve|not known|ENOTFOUND|EAI_AGAIN|bad address|no address|failure in name/i, 'no such name'],
];
const TIMED_OUT = [124, 143];
const NOT_ASKED = 9;

function seen(exit: number, address: string | undefined, raw: string): Seen {
  const said = raw.replace(/\p{Cc}/gu, ' ').trim();
  const [, status] = /\bHTTP\S* (\d{3})\b/.exec(said) ?? [];
  const common = { said, ...(address === '-' ? {} : { address }) };
  if (status !== undefined) return { ...common, what: 'connected', status: Number(status) };
  if (exit === 0) return { ...common, what: 'connected' };
  if (exit === NOT_ASKED) return { ...common, what: 'not asked' };
  const word = WORDS.find(([pattern]) => pattern.test(said))?.[1];
  return { ...common, what: word ?? (TIMED_OUT.includes(exit) ? 'timed out' : 'unclear') };
}
