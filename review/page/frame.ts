import { sha256 } from '../model/fingerprint';
import { Html, inlined, markup } from './html';
import { STYLE } from './style';

export interface Frame {
  readonly title: string;
  /** Beside what every page has. */
  readonly style: string;
  /** Below the title: what was looked at and when. */
  readonly about: Html;
  readonly main: Html;
  /** What the script, or another program, reads of the page. */
  readonly data: unknown;
  readonly script: string;
}

/** One file that asks nobody for anything, which its own policy holds it to. Without scripts all of it can be read. */
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
