namespace Backprop.Simd.Fuzz;

/// <summary>A reader, the good files that inputs are made from, and what its format is made of.</summary>
/// <param name="Name">On the command line.</param>
/// <param name="Seeds">Good files: every one of them is read without an exception.</param>
/// <param name="Read">Reads the file at a path.</param>
/// <param name="Words">Pieces of the format, put in at random places.</param>
/// <param name="Repair">Makes lengths and sums fit again, so that a mutation reaches what lies behind them; null: there are none.</param>
internal sealed record Target(string Name, byte[][] Seeds, Action<string> Read, string[] Words, Func<byte[], byte[]>? Repair = null);
