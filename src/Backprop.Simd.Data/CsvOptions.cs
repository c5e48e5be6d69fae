namespace Backprop.Simd.Data;

/// <summary>How a CSV file is read.</summary>
public sealed record CsvOptions
{
    /// <summary>Whether the first row names the columns; null: it does if none of its inputs is a number, and where some are it must be said.</summary>
    public bool? HasHeader { get; init; }

    /// <summary>Column of the label by number, from 0; negative counts from the end. Default: -1, the last.</summary>
    public int LabelColumn { get; init; } = -1;

    /// <summary>Column of the label by its name in the header, instead of <see cref="LabelColumn"/>.</summary>
    public string? LabelName { get; init; }

    /// <summary>Between two fields; null: found out from the first row.</summary>
    public char? Delimiter { get; init; }
}
