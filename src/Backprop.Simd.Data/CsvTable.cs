namespace Backprop.Simd.Data;

/// <summary>Examples from a CSV file.</summary>
/// <param name="Data">Inputs in the file's column order without the label, and the labels.</param>
/// <param name="InputNames">Names of the input columns; "column 1" and so on without a header.</param>
/// <param name="ClassNames">What each class is called in the file: whole numbers in their order, or text in ordinal order.</param>
public sealed record CsvTable(Dataset Data, IReadOnlyList<string> InputNames, IReadOnlyList<string> ClassNames);
