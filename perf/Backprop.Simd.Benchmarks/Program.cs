using System.Globalization;
using Backprop.Simd;
using Backprop.Simd.Cli;

Console.WriteLine(SimdInfo.Description);
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"FMA peak of one core: {FmaPeak.MeasureGFlops(TimeSpan.FromSeconds(0.5)):F1} GFLOP/s"));
