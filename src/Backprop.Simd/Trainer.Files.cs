using System.Globalization;
using Backprop.Simd.Internal.IO;
using Backprop.Simd.Internal.Optimizers;

namespace Backprop.Simd;

public sealed unsafe partial class Trainer
{
    internal const string LossKey = NetworkFile.Prefix + "loss";

    private const string OptimizerKey = NetworkFile.Prefix + "optimizer";
    private const string LearningRateKey = NetworkFile.Prefix + "learning_rate_bits";
    private const string UpdatesKey = NetworkFile.Prefix + "updates";
    private const string ForwardsKey = NetworkFile.Prefix + "forward_passes";
    private const string SeedKey = NetworkFile.Prefix + "seed";
    private const string GradientsName = "trainer.gradients";
    private const string StatePrefix = "trainer.state.";

    /// <summary>Writes all that the next steps depend on: parameters, running statistics, gradients, optimizer state, step counters, learning rate and seed.</summary>
    /// <param name="path">Written whole, to a temporary file beside it that then takes its name: on failure an old file stays as it was.</param>
    /// <remarks>Not the batch size, the threads and the outputs of the last Forward: after <see cref="LoadCheckpoint"/> a Backward needs a new Forward.</remarks>
    /// <exception cref="ArgumentException"><paramref name="path"/> is empty.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="ObjectDisposedException">The trainer was disposed.</exception>
    public void SaveCheckpoint(string path)
    {
        CheckAlive();
        var writer = new SafetensorsWriter();
        NetworkFile.Add(writer, _network);
        writer.AddMetadata(LossKey, new Loss(_loss).ToString());
        writer.AddMetadata(OptimizerKey, Describe(_optimizer));
        writer.AddMetadata(LearningRateKey, BitConverter.DoubleToUInt64Bits(_learningRate).ToString("x16", CultureInfo.InvariantCulture));
        writer.AddMetadata(UpdatesKey, _updates.ToString(CultureInfo.InvariantCulture));
        writer.AddMetadata(ForwardsKey, _forwards.ToString(CultureInfo.InvariantCulture));
        writer.AddMetadata(SeedKey, _seed.ToString(CultureInfo.InvariantCulture));
        long[] shape = [_network.ParameterCount];
        writer.AddFloats(GradientsName, shape, stream => LittleEndian.Write(stream, Gradients));
        for (int i = 0; i < StateCount; i++)
        {
            int state = i;
            writer.AddFloats(StateName(i), shape, stream => LittleEndian.Write(stream, State(state)));
        }

        AtomicFile.Write(path, writer.Write);
    }

    /// <summary>Reads what <see cref="SaveCheckpoint"/> wrote: training goes on to the same bits as if it had not been interrupted.</summary>
    /// <param name="path">A checkpoint of a trainer with the same architecture, loss and optimizer; the learning rate and the seed are those of the file.</param>
    /// <remarks>Nothing changes unless the whole file is good.</remarks>
    /// <exception cref="ArgumentException"><paramref name="path"/> is empty.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, of a newer format version, no checkpoint, or one of another network, loss or optimizer; the message names both.</exception>
    /// <exception cref="ObjectDisposedException">The trainer was disposed.</exception>
    public void LoadCheckpoint(string path)
    {
        CheckAlive();
        using var reader = new SafetensorsReader(path);
        if (!reader.Metadata.ContainsKey(LossKey))
            throw reader.Bad($"its __metadata__ has no {LossKey}: this is no checkpoint. Network.Load reads networks.");
        string[] names = [GradientsName, .. Enumerable.Range(0, StateCount).Select(StateName)];
        Network network = NetworkFile.Read(reader, isOther: name => name.StartsWith("trainer.", StringComparison.Ordinal));
        Require(reader, "network", NetworkFile.ArchitectureOf(network), NetworkFile.ArchitectureOf(_network));
        Require(reader, "loss", Text(reader, LossKey), new Loss(_loss).ToString());
        Require(reader, "optimizer", Text(reader, OptimizerKey), Describe(_optimizer));
        double learningRate = BitConverter.UInt64BitsToDouble(Integer(reader, LearningRateKey, NumberStyles.AllowHexSpecifier));
        if (!double.IsFinite(learningRate) || learningRate < 0)
            throw reader.Bad(string.Create(CultureInfo.InvariantCulture, $"{LearningRateKey} are the bits of {learningRate}; a rate is finite and not negative."));
        ulong updates = Integer(reader, UpdatesKey, NumberStyles.None);
        if (updates > long.MaxValue)
            throw reader.Bad($"{UpdatesKey} is {updates}; at most {long.MaxValue} can be counted.");
        ulong forwards = Integer(reader, ForwardsKey, NumberStyles.None), seed = Integer(reader, SeedKey, NumberStyles.None);
        float[][] arrays = [.. names.Select(name => ReadFlat(reader, name))];
        foreach (string name in reader.Tensors.Keys)
        {
            if (name.StartsWith("trainer.", StringComparison.Ordinal) && !names.Contains(name))
                throw reader.Bad($"tensor {SafetensorsHeader.Quote(name)} is no state of {Describe(_optimizer)}.");
        }

        network.Parameters.CopyTo(_network.Parameters);
        network.Statistics.CopyTo(_network.Statistics);
        network.Counters.CopyTo(_network.Counters);
        arrays[0].CopyTo(Gradients);
        for (int i = 0; i < StateCount; i++)
            arrays[i + 1].CopyTo(State(i));
        _learningRate = learningRate;
        _updates = (long)updates;
        _forwards = forwards;
        _seed = seed;
        _forwardRows = 0;
        _inputGradientRows = 0;
    }

    private int StateCount => OptimizerTable.StateCount(_optimizer);

    private static string StateName(int index) => string.Create(CultureInfo.InvariantCulture, $"{StatePrefix}{index}");

    // Doubles are written as the shortest text that gives the same bits. The learning rate is state, not identity.
    private static string Describe(in OptimizerKind kind) => string.Create(
        CultureInfo.InvariantCulture,
        $"{kind.Id}(momentum: {kind.Momentum}, nesterov: {kind.Nesterov}, weightDecay: {kind.WeightDecay}, beta1: {kind.Beta1}, beta2: {kind.Beta2}, alpha: {kind.Alpha}, epsilon: {kind.Epsilon})");

    private static void Require(SafetensorsReader reader, string what, string inFile, string here)
    {
        if (inFile != here)
            throw reader.Bad($"the {what} of this checkpoint is {SafetensorsHeader.Quote(inFile)}; this trainer's is {SafetensorsHeader.Quote(here)}.");
    }

    private static string Text(SafetensorsReader reader, string key) =>
        reader.Metadata.TryGetValue(key, out string? text) ? text : throw reader.Bad($"its __metadata__ has no {key}.");

    private static ulong Integer(SafetensorsReader reader, string key, NumberStyles style)
    {
        string text = Text(reader, key);
        return ulong.TryParse(text, style, CultureInfo.InvariantCulture, out ulong value) ? value : throw reader.Bad($"{key} is {SafetensorsHeader.Quote(text)}, no 64-bit integer.");
    }

    private Span<float> State(int index) => _states.Span.Slice(index * _network.ParameterCount, _network.ParameterCount);

    private float[] ReadFlat(SafetensorsReader reader, string name)
    {
        string form = SafetensorsEntry.FormOf(SafetensorsType.F32, [_network.ParameterCount]);
        if (!reader.Tensors.TryGetValue(name, out SafetensorsEntry? entry))
            throw reader.Bad($"tensor '{name}' is missing.");
        if (entry.Form != form)
            throw reader.Bad($"tensor '{name}' is {entry.Form}; this trainer needs {form}.");
        float[] values = new float[_network.ParameterCount];
        reader.ReadFloats(entry, 0, values);
        return values;
    }
}
