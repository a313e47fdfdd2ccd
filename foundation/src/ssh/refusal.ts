import type { Connection } from 'ssh2';

interface Protocol {
  channelOpenFail: (channel: number, reason: number, words?: string) => void;
}

/** Refuses what a client has asked to open, and says why. */
export type Refuse = (reject: () => void, why: string) => void;

/** Clients show the words of a refusal, and ssh2 sends none: they are given to it on their way out. */
export function withReasons(client: Connection): Refuse {
  const { _protocol: protocol } = client as unknown as { readonly _protocol: Protocol };
  const send = protocol.channelOpenFail.bind(protocol);
  let words = '';
  protocol.channelOpenFail = (channel, reason) => {
    send(channel, reason, words);
  };
  return (reject, why) => {
    words = why;
    reject();
    words = '';
  };
}
