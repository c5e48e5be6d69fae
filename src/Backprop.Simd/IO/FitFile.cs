using System.Globalization;

namespace Backprop.Simd.Internal.IO;

/// <summary><see cref="FitState"/> as a part of a checkpoint.</summary>
internal static class FitFile
{
    private const string TensorPrefix = "fit.";
    private const string BestPrefix = TensorPrefix + "best.";
    private const string HistoryPrefix = TensorPrefix + "history.";
    private const string LearningRateName = HistoryPrefix + "learning_rate";
    private const string SecondsName = HistoryPrefix + "seconds";
    private const string KeyPrefix = NetworkFile.Prefix + "fit.";
    private const string EpochKey = KeyPrefix + "epochs";
    private const string StepKey = KeyPrefix + "step";
    private const string LossSumKey = KeyPrefix + "loss_sum_bits";
    private const string CorrectKey = KeyPrefix + "correct";
    private const string SecondsKey = KeyPrefix + "seconds_bits";
    private const string BaseRateKey = KeyPrefix + "base_rate_bits";
    private const string BestEpochKey = KeyPrefix + "best_epoch";
    private const string BestLossName = BestPrefix + "loss";

    // NaN and infinities are values here, kept as bits.
    private static readonly (string Name, Func<EpochResult, float> Value)[] s_history =
    [
        ("train_loss", epoch => epoch.TrainLoss),
        ("train_accuracy", epoch => epoch.TrainAccuracy),
        ("validation_loss", epoch => epoch.ValidationLoss),
        ("validation_accuracy", epoch => epoch.ValidationAccuracy),
    ];

    /// <summary>Whether the file is a checkpoint of Fit.</summary>
    public static bool IsIn(SafetensorsReader reader) => reader.Metadata.ContainsKey(EpochKey);

    /// <summary>Whether a tensor is part of it.</summary>
    public static bool Owns(string name) => name.StartsWith(TensorPrefix, StringComparison.Ordinal);

    public static void Add(SafetensorsWriter writer, FitState state, Dataset dataset, FitOptions options)
    {
        foreach ((string key, _, string value) in SettingsOf(dataset, options))
            writer.AddMetadata(key, value);
        writer.AddMetadata(EpochKey, state.Epochs.Count.ToString(CultureInfo.InvariantCulture));
        writer.AddMetadata(StepKey, state.Step.ToString(CultureInfo.InvariantCulture));
        writer.AddMetadata(LossSumKey, CheckpointValues.Bits(state.LossSum));
        writer.AddMetadata(CorrectKey, state.Correct.ToString(CultureInfo.InvariantCulture));
        writer.AddMetadata(SecondsKey, CheckpointValues.Bits(state.Elapsed.TotalSeconds));
        writer.AddMetadata(BaseRateKey, CheckpointValues.Bits(state.BaseRate));
        writer.AddMetadata(BestEpochKey, state.BestEpoch.ToString(CultureInfo.InvariantCulture));
        foreach ((string name, Func<EpochResult, float> value) in s_history)
        {
            float[] values = [.. state.Epochs.Select(value)];
            writer.AddFloats(HistoryPrefix + name, [values.Length], stream => LittleEndian.Write(stream, values));
        }

        writer.AddDoubles(LearningRateName, [.. state.Epochs.Select(epoch => epoch.LearningRate)]);
        writer.AddDoubles(SecondsName, [.. state.Epochs.Select(epoch => epoch.Duration.TotalSeconds)]);
        writer.AddFloats(BestLossName, [1], stream => LittleEndian.Write(stream, [state.BestLoss]));
        NetworkFile.AddTensors(writer, state.Best, BestPrefix);
    }

    /// <summary>Reads it; changes nothing but what it returns.</summary>
    /// <exception cref="InvalidDataException">The file is no checkpoint of Fit, one of other data or settings, or holds what cannot be.</exception>
    public static FitState Read(SafetensorsReader reader, Network network, Dataset dataset, FitOptions options)
    {
        if (!IsIn(reader))
            throw reader.Bad($"its __metadata__ has no {EpochKey}: this is no checkpoint of Fit. Trainer.LoadCheckpoint reads it.");
        foreach ((string key, string what, string value) in SettingsOf(dataset, options))
            reader.Require(what, reader.Text(key), value, "that of this Fit");
        int stepsPerEpoch = ((dataset.Count - 1) / options.BatchSize) + 1;
        int epochs = (int)reader.Integer(EpochKey, int.MaxValue);
        var state = new FitState(network, reader.Double(BaseRateKey))
        {
            Step = (int)reader.Integer(StepKey, (ulong)stepsPerEpoch),
            Correct = (int)reader.Integer(CorrectKey, (ulong)dataset.Count),
            LossSum = reader.Double(LossSumKey, double.MinValue),
            BestEpoch = (int)reader.Integer(BestEpochKey, (ulong)epochs),
            BestLoss = reader.Floats(BestLossName, 1)[0],
            Elapsed = Seconds(reader, SecondsKey, reader.Double(SecondsKey)),
        };
        ReadHistory(reader, epochs, state.Epochs);
        string[] own = [LearningRateName, SecondsName, BestLossName, .. s_history.Select(column => HistoryPrefix + column.Name)];
        NetworkFile.Fill(reader, state.Best, name => BestPrefix + name, isOther: name => !Owns(name) || own.Contains(name));
        return state;
    }

    private static void ReadHistory(SafetensorsReader reader, int epochs, List<EpochResult> results)
    {
        double[] rates = reader.ReadDoubles(reader.Vector(LearningRateName, SafetensorsType.F64, epochs));
        double[] seconds = reader.ReadDoubles(reader.Vector(SecondsName, SafetensorsType.F64, epochs));
        float[][] columns = [.. s_history.Select(column => reader.Floats(HistoryPrefix + column.Name, epochs))];
        for (int i = 0; i < epochs; i++)
        {
            results.Add(new EpochResult
            {
                Epoch = i + 1,
                TrainLoss = columns[0][i],
                TrainAccuracy = columns[1][i],
                ValidationLoss = columns[2][i],
                ValidationAccuracy = columns[3][i],
                LearningRate = rates[i],
                Duration = Seconds(reader, SecondsName, seconds[i]),
            });
        }
    }

    // What decides the steps. Epochs and patience only say when to end.
    private static (string Key, string What, string Value)[] SettingsOf(Dataset dataset, FitOptions options) =>
    [
        (KeyPrefix + "examples", "number of examples", dataset.Count.ToString(CultureInfo.InvariantCulture)),
        (KeyPrefix + "validation_examples", "number of validation examples", (options.Validation?.Count ?? 0).ToString(CultureInfo.InvariantCulture)),
        (KeyPrefix + "batch_size", "batch size", options.BatchSize.ToString(CultureInfo.InvariantCulture)),
        (KeyPrefix + "seed", "seed of the order", options.Seed.ToString(CultureInfo.InvariantCulture)),
        (KeyPrefix + "schedule", "schedule", options.Schedule.ToString()),
    ];

    private static TimeSpan Seconds(SafetensorsReader reader, string what, double seconds) =>
        seconds is >= 0 and < 1e11 ? TimeSpan.FromSeconds(seconds) : throw reader.Bad(string.Create(CultureInfo.InvariantCulture, $"{what} holds {seconds}, no time."));
}
