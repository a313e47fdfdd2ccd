/** Throws unless the text is a size as in Cloud Foundry manifests, in megabytes or gigabytes. */
export function checkSize(what: string, text: string): void {
  if (!/^[1-9][0-9]*[MG]B?$/i.test(text)) {
    throw new Error(`${what} of '${text}' is not a size: write whole megabytes or gigabytes, as in 256M or 1G`);
  }
}
