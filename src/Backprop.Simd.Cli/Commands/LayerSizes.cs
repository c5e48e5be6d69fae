namespace Backprop.Simd.Cli.Commands;

/// <summary>Units of hidden layers; shown as the command line takes them.</summary>
internal sealed record LayerSizes(params int[] Units)
{
    public override string ToString() => string.Join(',', Units);
}
