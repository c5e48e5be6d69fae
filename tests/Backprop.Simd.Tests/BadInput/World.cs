using System.Buffers.Binary;
using System.Text;

namespace Backprop.Simd.Tests;

/// <summary>What the wrong calls are made on, and a picture of all that they could have written.</summary>
internal sealed class World : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public World()
    {
        Array.Fill(Output, 7f);
        Network = new NetworkBuilder(3).Dense(4, Activation.Tanh).Dense(2).Build(1);
        Trainer = new Trainer(Network, Loss.SoftmaxCrossEntropy, Optimizer.Adam(), new TrainerOptions { MaxBatchSize = 4 });
        Regression = new Trainer(Network, Loss.MeanSquaredError, Optimizer.Sgd(0.1), new TrainerOptions { MaxBatchSize = 4 });
        Predictor = Network.CreatePredictor(maxBatchSize: 4);
        DisposedPool.Dispose();
        Trainer.Forward(Inputs.AsSpan(0, 6));
        Trainer.Backward([1, 2, 3, 4]);
    }

    public float[] Inputs { get; } = Shapes.Random(64, 1);

    public float[] Output { get; } = new float[64];

    public Network Network { get; }

    /// <summary>Cross-entropy, with gradients that wait for an update.</summary>
    public Trainer Trainer { get; }

    /// <summary>Squared error, which takes no labels.</summary>
    public Trainer Regression { get; }

    public Predictor Predictor { get; }

    public WorkerPool DisposedPool { get; } = new(threads: 1);

    public string PathOf(string name) => _folder[name];

    /// <summary>A file without a byte.</summary>
    public string Empty() => _folder.Write("empty", []);

    /// <summary>The network's file with something done to its header, its header's length and its data.</summary>
    public string Changed(Func<string, string> header, Func<long, long>? length = null, Func<byte[], byte[]>? data = null) =>
        Change(_folder["model"], Network.Save, header, length, data);

    /// <summary>The same of the trainer's checkpoint.</summary>
    public string ChangedCheckpoint(Func<string, string> header) => Change(_folder["checkpoint"], Trainer.SaveCheckpoint, header, null, null);

    public string Snapshot()
    {
        var text = new StringBuilder();
        text.Append(Network.Fingerprint()).AppendJoin(',', Output).AppendJoin(',', Trainer.Gradients.ToArray()).Append(Trainer.LearningRate);
        Trainer.SaveCheckpoint(_folder["snapshot"]);
        return text.Append(Convert.ToHexString(File.ReadAllBytes(_folder["snapshot"]))).ToString();
    }

    /// <summary>A message without the folder of this run.</summary>
    public string WithoutFolder(string message) => message.Replace(_folder.FullName + Path.DirectorySeparatorChar, "", StringComparison.Ordinal).ReplaceLineEndings(" ");

    public void Dispose()
    {
        Trainer.Dispose();
        Regression.Dispose();
        Predictor.Dispose();
        _folder.Dispose();
    }

    private static string Change(string path, Action<string> save, Func<string, string> header, Func<long, long>? length, Func<byte[], byte[]>? data)
    {
        save(path);
        byte[] bytes = File.ReadAllBytes(path);
        int end = sizeof(long) + (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        byte[] json = Encoding.UTF8.GetBytes(header(Encoding.UTF8.GetString(bytes, sizeof(long), end - sizeof(long))));
        byte[] lengthBytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(lengthBytes, length?.Invoke(json.Length) ?? json.Length);
        byte[] rest = bytes[end..];
        File.WriteAllBytes(path, [.. lengthBytes, .. json, .. data?.Invoke(rest) ?? rest]);
        return path;
    }
}
