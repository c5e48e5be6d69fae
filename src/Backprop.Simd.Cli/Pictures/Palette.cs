namespace Backprop.Simd.Cli.Pictures;

/// <summary>Colours that people with colour blindness can tell apart (P. Okabe, K. Ito 2008), and greys.</summary>
internal static class Palette
{
    public const string Training = "#0072B2";
    public const string Test = "#D55E00";
    public const string Ink = "#1F2933";
    public const string Text = "#323F4B";
    public const string Faint = "#7B8794";
    public const string Grid = "#E4E7EB";
    public const string Paper = "#FFFFFF";
    public const string Tile = "#F5F7FA";
}
