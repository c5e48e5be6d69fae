using ScottPlot;
using SkiaSharp;

namespace Backprop.Simd.Cli.Pictures;

/// <summary>The font that the tool carries, so that pictures have text, and the same text, also where no font is installed.</summary>
internal static class Fonts
{
    public const string Name = "DejaVu Sans";

    /// <summary>A typeface that the caller owns.</summary>
    public static SKTypeface Create(bool bold)
    {
        using Stream stream = typeof(Fonts).Assembly.GetManifestResourceStream(bold ? "DejaVuSans-Bold.ttf" : "DejaVuSans.ttf")!;
        return SKTypeface.FromStream(stream);
    }

    /// <summary>Makes ScottPlot draw all text with the carried font.</summary>
    public static void Register()
    {
        if (ScottPlot.Fonts.FontResolvers is [Resolver, ..])
            return;
        ScottPlot.Fonts.FontResolvers.Insert(0, new Resolver());
        ScottPlot.Fonts.Default = Name;
        ScottPlot.Fonts.Sans = Name;
    }

    private sealed class Resolver : IFontResolver
    {
        public SKTypeface CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) => CreateTypeface(fontName, weight >= FontWeight.SemiBold, italic: false);

        public SKTypeface CreateTypeface(string fontName, bool bold, bool italic) => Create(bold);
    }
}
