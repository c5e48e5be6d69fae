using ScottPlot;
using ScottPlot.TickGenerators;
using SkiaSharp;

namespace Backprop.Simd.Cli.Pictures;

/// <summary>Loss and accuracy over the epochs, side by side.</summary>
internal static class CurvesPicture
{
    private const int Width = 1100;
    private const int Height = 440;

    private const int Margin = 14;

    // Drawn at twice the size for sharp text on screens of today.
    private const int Scale = 2;

    /// <param name="path">A PNG file.</param>
    /// <param name="epochs">At least one.</param>
    /// <param name="training">What the curves of the training images are called.</param>
    public static void Write(string path, IReadOnlyList<EpochReport> epochs, string training)
    {
        Fonts.Register();
        using SKSurface surface = PngFile.CreateSurface(Width * Scale, Height * Scale);
        using Plot loss = PlotLoss(epochs, training), accuracy = PlotAccuracy(epochs, training);
        Draw(surface.Canvas, loss, left: Margin);
        Draw(surface.Canvas, accuracy, left: (Width / 2) + Margin);
        PngFile.Write(path, surface);
    }

    private static void Draw(SKCanvas canvas, Plot plot, int left)
    {
        byte[] png = plot.GetImageBytes(((Width / 2) - (2 * Margin)) * Scale, (Height - (2 * Margin)) * Scale, ImageFormat.Png);
        using SKImage image = SKImage.FromEncodedData(png);
        canvas.DrawImage(image, left * Scale, Margin * Scale);
    }

    /// <summary>Logarithmic: the loss falls by a factor per epoch.</summary>
    private static Plot PlotLoss(IReadOnlyList<EpochReport> epochs, string trainingName)
    {
        Plot plot = NewPlot("Loss", "mean cross-entropy (nats, logarithmic)", epochs.Count);

        // A loss of 0 has no logarithm; 1e-6 is below what anybody wants to read here.
        static double Log(float loss) => Math.Log10(Math.Max(loss, 1e-6));
        double[] training = [.. epochs.Select(epoch => Log(epoch.Loss))], test = [.. epochs.Select(epoch => Log(epoch.HeldOutLoss))];
        AddCurves(plot, trainingName, training, test);
        double[] both = [.. training, .. test.Where(double.IsFinite)];
        double low = Math.Floor(10 * both.Min()) / 10, high = Math.Ceiling(10 * both.Max()) / 10;
        plot.Axes.SetLimitsY(low - 0.05, high + 0.05);
        plot.Axes.Left.TickGenerator = LogarithmicTicks(low, high);
        plot.ShowLegend(Alignment.UpperRight);
        return plot;
    }

    private static Plot PlotAccuracy(IReadOnlyList<EpochReport> epochs, string trainingName)
    {
        Plot plot = NewPlot("Accuracy", "images classified right (%)", epochs.Count);
        double[] training = [.. epochs.Select(epoch => 100.0 * epoch.Accuracy)], test = [.. epochs.Select(epoch => 100.0 * epoch.HeldOutAccuracy)];
        AddCurves(plot, trainingName, training, test);
        double low = training.Concat(test.Where(double.IsFinite)).Min();
        plot.Axes.SetLimitsY(low - (0.05 * (100 - low)) - 0.2, 100 + (0.03 * (100 - low)) + 0.1);
        plot.ShowLegend(Alignment.LowerRight);
        return plot;
    }

    private static Plot NewPlot(string title, string yLabel, int epochs)
    {
        var plot = new Plot { ScaleFactor = Scale };
        Color text = Color.FromHex(Palette.Text);
        plot.FigureBackground.Color = Color.FromHex(Palette.Paper);
        plot.DataBackground.Color = Color.FromHex(Palette.Paper);
        plot.Axes.Color(text);
        plot.Axes.Right.IsVisible = plot.Axes.Top.IsVisible = false;
        plot.Axes.FrameColor(Color.FromHex(Palette.Faint));
        plot.Grid.MajorLineColor = Color.FromHex(Palette.Grid);
        plot.Title(title, 16);
        plot.XLabel("epoch", 13);
        plot.YLabel(yLabel, 13);
        plot.Axes.Left.MinorTickStyle.Length = plot.Axes.Bottom.MinorTickStyle.Length = 0;
        plot.Axes.Left.Label.Bold = plot.Axes.Bottom.Label.Bold = false;
        plot.Axes.Bottom.TickGenerator = new NumericAutomatic { IntegerTicksOnly = true, TickDensity = 0.5 };
        double margin = 0.03 * epochs;
        plot.Axes.SetLimitsX(1 - margin, Math.Max(epochs, 2) + margin);
        return plot;
    }

    private static void AddCurves(Plot plot, string trainingName, double[] training, double[] test)
    {
        Add(trainingName, training, Palette.Training, MarkerShape.FilledCircle);
        Add("test (held out)", test, Palette.Test, MarkerShape.FilledSquare);
        plot.Legend.FontSize = 12;
        plot.Legend.FontColor = Color.FromHex(Palette.Text);
        plot.Legend.OutlineColor = Color.FromHex(Palette.Grid);
        plot.Legend.ShadowColor = Colors.Transparent;

        // The held-out examples were not looked at before a training was resumed, or not by the process that draws.
        void Add(string name, double[] values, string color, MarkerShape marker)
        {
            int[] known = [.. Enumerable.Range(0, values.Length).Where(i => double.IsFinite(values[i]))];
            if (known.Length == 0)
                return;
            var curve = plot.Add.Scatter(known.Select(i => i + 1.0).ToArray(), known.Select(i => values[i]).ToArray(), Color.FromHex(color));
            curve.LegendText = name;
            curve.LineWidth = 2;
            curve.MarkerShape = marker;
            curve.MarkerSize = values.Length > 60 ? 0 : 5;
        }
    }

    /// <summary>1, 2 and 5 of each decade.</summary>
    private static NumericManual LogarithmicTicks(double low, double high)
    {
        var ticks = new NumericManual();
        for (int decade = (int)Math.Floor(low); decade <= high; decade++)
        {
            foreach (int digit in (int[])[1, 2, 5])
            {
                double value = digit * Math.Pow(10, decade);
                ticks.AddMajor(Math.Log10(value), FormattableString.Invariant($"{value:0.######}"));
            }
        }

        return ticks;
    }
}
