namespace Backprop.Simd;

/// <summary>Where a <see cref="StreamedDataset"/> has its examples from: a file, a database, a simulation.</summary>
public interface IExampleReader : IDisposable
{
    /// <summary>Reads examples by their numbers.</summary>
    /// <param name="examples">Each from 0 to the number of examples - 1; in any order.</param>
    /// <param name="inputs">Gets examples.Length x InputSize values.</param>
    /// <param name="targets">Gets examples.Length x TargetSize values; empty where the examples have labels, or nobody needs the targets.</param>
    /// <remarks>
    /// Called on the reading thread of a training: by several threads at once where several trainings share a data set. The same number must give the same values
    /// every time, or the same seed gives other results. What it throws ends the training and reaches the caller of Fit.
    /// </remarks>
    void Read(ReadOnlySpan<int> examples, Span<float> inputs, Span<float> targets);
}
