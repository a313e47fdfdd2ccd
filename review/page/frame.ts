import { sha256 } from '../model/fingerprint';
import { Html, inlined, markup } from './html';
import { STYLE } from './style';

export interface Frame {
  readonly title: string;
  /** In addition to the styles of every page. */
  readonly style: string;
  /** Below the title: what was read and when. */
  readonly about: Html;
  readonly main: Html;
  /** Data in the page for the script or another program. */
  readonly data: unknown;
  readonly script: string;
}

/**
 * A single file that makes no requests, which its own content security policy enforces. Everything is readable without
 * scripts.
 */
export function framed({ title, style, about, main, data, script }: Frame): string {
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${sha256(script, 'base64')}'; base-uri 'none'; form-action 'none'`;
  const { text } = markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <style>
          ${new Html(STYLE)}${new Html(style)}
        </style>
      </head>
      <body>
        <header>
          <h1>${title}</h1>
          <p class="muted">${about}</p>
        </header>
        <main>${main}</main>
        <script type="application/json" id="data">${inlined(data)}</script>
        <script>${new Html(script)}</script>
      </body>
    </html> `;
  return text;
}
