import type { Connection } from 'ssh2';

interface Protocol {
  channelOpenFail: (channel: number, reason: number, words?: string) => void;
}

/** Refuses to open a channel, and tells the client why. */
export type Refuse = (reject: () => void, why: string) => void;

/** Clients show the reason for a refusal, but ssh2 sends none, so it is added to the outgoing message. */
export function withReasons(client: Connection): Refuse {
  const { _protocol: protocol } = client as unknown as { readonly _protocol: Protocol };
  const send = protocol.channelOpenFail.bind(protocol);
  let words = '';
  protocol.channelOpenFail = (channel, reason) => send(channel, reason, words);
  return (reject, why) => {
    words = why;
    reject();
    words = '';
  };
}
