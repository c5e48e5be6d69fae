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
    private const string Prefix = "trainer.";
    private const string GradientsName = Prefix + "gradients";
    private const string StatePrefix = Prefix + "state.";

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
        AddState(writer);
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
        Apply(ReadState(reader));
    }

    /// <summary>Adds what <see cref="SaveCheckpoint"/> writes.</summary>
    private void AddState(SafetensorsWriter writer)
    {
        NetworkFile.Add(writer, _network);
        writer.AddMetadata(LossKey, new Loss(_loss).ToString());
        writer.AddMetadata(OptimizerKey, Describe(_optimizer));
        writer.AddMetadata(LearningRateKey, CheckpointValues.Bits(_learningRate));
        writer.AddMetadata(UpdatesKey, _updates.ToString(CultureInfo.InvariantCulture));
        writer.AddMetadata(ForwardsKey, _forwards.ToString(CultureInfo.InvariantCulture));
        writer.AddMetadata(SeedKey, _seed.ToString(CultureInfo.InvariantCulture));
        long[] shape = [_network.ParameterCount];
        writer.AddFloats(GradientsName, shape, stream => LittleEndian.Write(stream, GradientsToSave()));
        for (int i = 0; i < StateCount; i++)
        {
            int state = i;
            writer.AddFloats(StateName(i), shape, stream => LittleEndian.Write(stream, State(state)));
        }
    }

    /// <summary>Reads it and changes nothing yet. Tensors of <see cref="Fit"/> may be there too.</summary>
    private SavedState ReadState(SafetensorsReader reader)
    {
        if (!reader.Metadata.ContainsKey(LossKey))
            throw reader.Bad($"its __metadata__ has no {LossKey}: this is no checkpoint. Network.Load reads networks.");
        string[] names = [GradientsName, .. Enumerable.Range(0, StateCount).Select(StateName)];
        bool isFit = FitFile.IsIn(reader);
        Network network = NetworkFile.Read(reader, isOther: name => name.StartsWith(Prefix, StringComparison.Ordinal) || (isFit && FitFile.Owns(name)));
        reader.Require("network", NetworkFile.ArchitectureOf(network), NetworkFile.ArchitectureOf(_network), "this trainer's");
        reader.Require("loss", reader.Text(LossKey), new Loss(_loss).ToString(), "this trainer's");
        reader.Require("optimizer", reader.Text(OptimizerKey), Describe(_optimizer), "this trainer's");
        foreach (string name in reader.Tensors.Keys)
        {
            if (name.StartsWith(Prefix, StringComparison.Ordinal) && !names.Contains(name))
                throw reader.Bad($"tensor {SafetensorsHeader.Quote(name)} is no state of {Describe(_optimizer)}.");
        }

        return new SavedState(
            network, [.. names.Select(name => reader.Floats(name, _network.ParameterCount))], reader.Double(LearningRateKey),
            (long)reader.Integer(UpdatesKey, long.MaxValue), reader.Integer(ForwardsKey), reader.Integer(SeedKey));
    }

    private void Apply(SavedState saved)
    {
        saved.Network.CopyTo(_network);
        if (_keepsGradients || saved.Arrays[0].AsSpan().ContainsAnyExcept(0f))
            saved.Arrays[0].CopyTo(Gradients);
        for (int i = 0; i < StateCount; i++)
            saved.Arrays[i + 1].CopyTo(State(i));
        _learningRate = saved.LearningRate;
        _updates = saved.Updates;
        _forwards = saved.Forwards;
        _seed = saved.Seed;
        _forwardRows = 0;
        _inputGradientRows = 0;
    }

    /// <summary>As <see cref="Gradients"/>, and steps stay as fast as before: between them, gradients that are not kept are 0.</summary>
    private Span<float> GradientsToSave()
    {
        Span<float> gradients = _arrays.GradientSpan;
        if (!_keepsGradients)
            gradients.Clear();
        return gradients;
    }

    private int StateCount => OptimizerTable.StateCount(_optimizer);

    private static string StateName(int index) => string.Create(CultureInfo.InvariantCulture, $"{StatePrefix}{index}");

    // Doubles are written as the shortest text that gives the same bits. The learning rate is state, not identity.
    private static string Describe(in OptimizerKind kind) => string.Create(
        CultureInfo.InvariantCulture,
        $"{kind.Id}(momentum: {kind.Momentum}, nesterov: {kind.Nesterov}, weightDecay: {kind.WeightDecay}, beta1: {kind.Beta1}, beta2: {kind.Beta2}, alpha: {kind.Alpha}, epsilon: {kind.Epsilon})");

    internal Span<float> State(int index) => _arrays.State(index);

    /// <summary>A checkpoint in memory: gradients, then the optimizer's state.</summary>
    private sealed record SavedState(Network Network, float[][] Arrays, double LearningRate, long Updates, ulong Forwards, ulong Seed);
}
