namespace Backprop.Simd.Conformance;

/// <summary>One training that must give the same bits everywhere.</summary>
/// <param name="Name">Unique.</param>
/// <param name="Inputs">Values of an example.</param>
/// <param name="Describe">Adds the layers.</param>
/// <param name="Loss">Labels are used if it takes them.</param>
/// <param name="Optimizer">Any.</param>
/// <param name="Batches">Rows of each step.</param>
internal sealed record Case(string Name, int Inputs, Func<NetworkBuilder, NetworkBuilder> Describe, Loss Loss, Optimizer Optimizer, int[] Batches);
