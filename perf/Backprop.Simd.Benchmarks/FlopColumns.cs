using System.Globalization;
using System.Reflection;
using Backprop.Simd.Cli;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Backprop.Simd.Benchmarks;

/// <summary>A benchmark class that knows the floating-point operations of one call, from its parameters.</summary>
public interface ICountsFlops
{
    double Flops { get; }
}

/// <summary>GFLOP/s, or its share of the FMA peak of one core measured in this run.</summary>
internal sealed class FlopColumn(bool ofPeak) : IColumn
{
    private static readonly Lazy<double> s_peak = new(() => FmaPeak.MeasureGFlops(TimeSpan.FromSeconds(1)));

    public string Id => ColumnName;

    public string ColumnName => ofPeak ? string.Create(CultureInfo.InvariantCulture, $"% of {s_peak.Value:F0}") : "GFLOP/s";

    public bool AlwaysShow => false;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => ofPeak ? 1 : 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public string Legend => ofPeak ? "share of one core's FMA peak in GFLOP/s" : "2 m n k of the products, divided by the mean time";

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
    {
        if (summary[benchmarkCase]?.ResultStatistics is not { } statistics || !typeof(ICountsFlops).IsAssignableFrom(benchmarkCase.Descriptor.Type))
            return "-";
        object benchmark = Activator.CreateInstance(benchmarkCase.Descriptor.Type)!;
        foreach (var parameter in benchmarkCase.Parameters.Items)
            benchmarkCase.Descriptor.Type.GetProperty(parameter.Name, BindingFlags.Public | BindingFlags.Instance)!.SetValue(benchmark, parameter.Value);
        double gigaflops = ((ICountsFlops)benchmark).Flops / statistics.Mean;
        return (ofPeak ? 100 * gigaflops / s_peak.Value : gigaflops).ToString("F1", CultureInfo.InvariantCulture);
    }

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public bool IsAvailable(Summary summary) => summary.BenchmarksCases.Any(item => typeof(ICountsFlops).IsAssignableFrom(item.Descriptor.Type));
}
