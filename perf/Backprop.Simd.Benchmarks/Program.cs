using Backprop.Simd;

Console.WriteLine(SimdInfo.Description);
