namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>A rectangle of C: one thread's share.</summary>
internal readonly record struct Block(nint Row, nint Rows, nint Column, nint Columns);
