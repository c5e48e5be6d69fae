namespace Backprop.Simd.Cli;

/// <summary>What a training trains and tests on.</summary>
internal sealed record TrainingData
{
    /// <summary>Of the picture of test images: digits, fashion-mnist, images.</summary>
    public required string Name { get; init; }

    /// <summary>As in "Training on ...".</summary>
    public required string Title { get; init; }

    /// <summary>What the examples are called.</summary>
    public required string Examples { get; init; }

    /// <summary>As in "tested on ...".</summary>
    public required string TestDescription { get; init; }

    /// <summary>Scaled as the steps take it.</summary>
    public required Dataset Train { get; init; }

    /// <summary>As the model's file takes it.</summary>
    public required Dataset Test { get; init; }

    public required IReadOnlyList<string> ClassNames { get; init; }

    public required TrainingDefaults Defaults { get; init; }

    /// <summary>Between <see cref="Test"/> and what the steps take; null: none.</summary>
    public InputScaler? Scaling { get; init; }

    /// <summary>Pixels of a row; 0 where the examples are no images.</summary>
    public int ImageWidth { get; init; }

    /// <summary>The largest pixel.</summary>
    public float Ink { get; init; } = 1;

    /// <summary>The test examples, scaled as the steps take them.</summary>
    public Dataset ScaledTest => Scaling?.Apply(Test) ?? Test;
}
