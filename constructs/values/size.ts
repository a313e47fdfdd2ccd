/** Throws unless the text is an amount as Cloud Foundry's manifests take it, in megabytes or gigabytes. */
export function checkSize(what: string, text: string): void {
  if (!/^[1-9][0-9]*[MG]B?$/i.test(text)) {
    throw new Error(`${what} of '${text}' is not an amount: write whole megabytes or gigabytes, as in 256M or 1G`);
  }
}
