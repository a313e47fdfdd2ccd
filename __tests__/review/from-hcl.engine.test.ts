/** The output of `from-hcl` means the same as the HCL: the engine evaluates random values from both. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { fromHclCommand } from '../../review/commands';
import { ENGINE_NAMES } from '../../tools/engine';
import { runCommand } from './support/command';
import { engineHere, testUnder } from '../support/engines';

jest.setTimeout(120_000);

const VALUES = 200;
const SEED = Number(process.env.HCL_SEED ?? Date.now() % 2 ** 31);

const piece = fc.constantFrom(
  ...['a', 'é', '😀', '//', '#', '/*', ' ', '}', '$', '%'],
  ...['\\n', '\\t', '\\"', '\\\\', '\\u00e9', '$${x}', '%%{y}'],
  ...['${var.v}', '${1 + 1}', '${"q"}', '${"a\\nb"}', '%{ if true }t%{ endif }'],
);
/** `%` and `$` escape a template that follows them, and the rest of that template wouldn't be valid HCL. */
const whole = (pieces: readonly string[]): boolean => !/[%$][%$][%$]?\{|[%$]$/.test(unescaped(pieces.join('')));
const unescaped = (text: string): string => text.replaceAll('$${x}', '').replaceAll('%%{y}', '');
const quoted = fc
  .array(piece, { maxLength: 5 })
  .filter(whole)
  .map((pieces) => `"${pieces.join('')}"`);
const line = fc.constantFrom('a', 'é', '"', '\\n', '\\', '$${x}', '%%{y}', '${var.v}', '  ', '//', '\n', '\t');
const heredoc = fc
  .tuple(fc.constantFrom('<<', '<<-'), fc.array(line, { maxLength: 6 }))
  .map(([mark, lines]) => `${mark}EOT\n   ${lines.join('')}\nEOT\n`);
const key = fc.constantFrom('a', '"b c"', '(var.v)', '"//"', '"${var.v}x"', '"é"', '1', '"\\n"', '"$${k}"');
const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    quoted,
    fc.constantFrom('1', '-1', '1.5', '0.1', 'true', 'false', 'null', '[for x in ["a"] : "${x}$${y}"]'),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
    fc
      .uniqueArray(fc.tuple(key, tie('value')), { maxLength: 3, selector: ([name]) => name })
      .map((entries) => `{ ${entries.map(([name, inner]) => `${name} = ${inner}`).join(', ')} }`),
    tie('value').map((inner) => `jsonencode(${inner})`),
  ),
}));

describe.each(ENGINE_NAMES)('what from-hcl writes, to %s', (name) => {
  const folder = mkdtempSync(join(tmpdir(), 'from-hcl-'));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  testUnder(name)('means the same as the HCL', async () => {
    const engine = await engineHere(name);
    const values = fc.sample(fc.oneof(value, heredoc), { numRuns: VALUES, seed: SEED });
    const outputs = values.map((text, index) => `output "o${index}" {\n  value = ${text.trimEnd()}\n}\n`);
    const fixed =
      'variable "v" {\n  default = "v"\n}\nvariable "w" {\n  default = "a$${b}%%{c}\\n\\"é"\n}\noutput "w" {\n  value = var.w\n}\n';
    mkdirSync(join(folder, 'hcl'));
    writeFileSync(join(folder, 'hcl', 'main.tf'), fixed + outputs.join(''));
    const args = [`demo=${join(folder, 'hcl')}`, '--out', join(folder, 'out')];
    expect((await runCommand(fromHclCommand(), args)).error).toBe('');
    const planned = (at: string): unknown => {
      const run = (...command: string[]): string =>
        execFileSync(engine.path, [`-chdir=${at}`, ...command], {
          env: { ...process.env, TF_CLI_CONFIG_FILE: devNull },
          encoding: 'utf8',
          stdio: 'pipe',
          maxBuffer: 2 ** 27,
        });
      run('init', '-input=false');
      run('plan', '-input=false', '-out=tfplan');
      return (JSON.parse(run('show', '-json', 'tfplan')) as { planned_values: unknown }).planned_values;
    };
    expect([SEED, planned(join(folder, 'out', 'stacks', 'demo'))]).toEqual([SEED, planned(join(folder, 'hcl'))]);
  });
});
