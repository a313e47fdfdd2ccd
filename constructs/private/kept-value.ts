import { AnyMap, anyToHclTerraform, hashMapperHcl, TerraformResource, type TerraformResourceLifecycle } from 'cdktf';
import type { Construct } from 'constructs';

export interface KeptValueProps {
  readonly input: Readonly<Record<string, string>>;
  /** A change replaces the resource, which takes the input again. */
  readonly triggersReplace: Readonly<Record<string, string>>;
  readonly lifecycle: TerraformResourceLifecycle;
}

/**
 * A value that the state keeps, as a `terraform_data` resource. cdktf's own class for it runs `terraform version` for
 * each one: three hundred took half a minute, and without Terraform in the PATH, nothing was synthesized. Every engine
 * that can run the provider has the resource.
 */
export class KeptValue extends TerraformResource {
  static readonly tfResourceType = 'terraform_data';

  /** The input at the time when the value was stored. */
  readonly output = new AnyMap(this, 'output');
  private readonly kept: Pick<KeptValueProps, 'input' | 'triggersReplace'>;

  constructor(scope: Construct, id: string, { lifecycle, ...kept }: KeptValueProps) {
    super(scope, id, {
      terraformResourceType: KeptValue.tfResourceType,
      terraformGeneratorMetadata: { providerName: 'terraform' },
      lifecycle,
    });
    this.kept = kept;
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    const { input, triggersReplace } = this.kept;
    return { input, triggers_replace: triggersReplace };
  }

  protected override synthesizeHclAttributes(): Record<string, unknown> {
    const toHcl = hashMapperHcl(anyToHclTerraform);
    const { input, triggersReplace } = this.kept;
    return { input: toHcl(input), triggers_replace: toHcl(triggersReplace) };
  }
}
