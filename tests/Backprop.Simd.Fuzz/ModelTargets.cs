using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Backprop.Simd.Fuzz;

/// <summary>Networks and checkpoints: safetensors.</summary>
internal static class ModelTargets
{
    private static readonly string[] s_words =
    [
        "{", "}", "[", "]", ",", ":", "\"", "\\u0000", "\\ud800", "null", "true", "F32", "F64", "F16", "BF16", "I64", "I32", "BOOL", "\"dtype\"", "\"shape\"", "\"data_offsets\"", "\"__metadata__\":{},",
        "0.weight", "0.bias", "1.running_mean", "num_batches_tracked", "trainer.state.0", "trainer.gradients", "Dense(3,2,ReLU:00000000)", "LayerNorm(3)", "BatchNorm(3,0)", "Dropout(3,0)", "Scale(3)", "0.shift", "[0,0]", "[2147483647,2147483647,4]", "\t", "\u00e9",
    ];

    public static Target[] All
    {
        get
        {
            Network[] networks =
            [
                new NetworkBuilder(3).Dense(2).Build(1),
                new NetworkBuilder(3).Dense(4, Activation.LeakyReLU(0.1)).LayerNorm().Dropout(0.5).Dense(2, Activation.Softmax).Build(2),
                new NetworkBuilder(2).BatchNorm().Dense(3, Activation.GELU).BatchNorm(0.2).Dense(1).Build(3),
                new NetworkBuilder(3).Scale(InputScaler.Multiply(3, 0.5f)).LayerNorm().Dense(2).Build(4),
            ];
            Network network = networks[1];
            var trainer = new Trainer(network, Loss.MeanSquaredError, Optimizer.Adam(), new TrainerOptions { MaxBatchSize = 2 });
            trainer.Step([1, 2, 3, 4, 5, 6], targets: [0, 1, 1, 0]);
            byte[] checkpoint = Written(trainer.SaveCheckpoint);
            return
            [
                new Target("safetensors", [.. networks.Select(one => Written(one.Save))], path => Network.Load(path), s_words, FitHeaderLength),
                new Target("checkpoint", [checkpoint], path => LoadOrLeave(trainer, network, path), s_words, FitHeaderLength),
            ];
        }
    }

    // A checkpoint that is refused changes nothing.
    private static void LoadOrLeave(Trainer trainer, Network network, string path)
    {
        float[] before = network.Parameters.ToArray();
        try
        {
            trainer.LoadCheckpoint(path);
        }
        catch (InvalidDataException)
        {
            if (!MemoryMarshal.AsBytes(network.Parameters).SequenceEqual(MemoryMarshal.AsBytes(before.AsSpan())))
                throw new InvalidOperationException("A checkpoint was refused, and the parameters are others than before.");
            throw;
        }
    }

    private static byte[] Written(Action<string> save)
    {
        string path = Path.GetTempFileName();
        save(path);
        byte[] bytes = File.ReadAllBytes(path);
        File.Delete(path);
        return bytes;
    }

    // The header ends with its last brace before the data, wherever the mutation has moved it.
    private static byte[] FitHeaderLength(byte[] bytes)
    {
        int end = bytes.AsSpan().LastIndexOf("}}"u8);
        if (end < sizeof(long))
            return bytes;
        byte[] fitted = [.. bytes];
        BinaryPrimitives.WriteInt64LittleEndian(fitted, end + 2 - sizeof(long));
        return fitted;
    }
}
