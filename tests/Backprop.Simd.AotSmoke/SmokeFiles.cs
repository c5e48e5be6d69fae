namespace Backprop.Simd.AotSmoke;

/// <summary>Saves, loads and resumes: JSON and layer names are read without reflection, in native code too.</summary>
internal static class SmokeFiles
{
    /// <summary>Trains on after loading a checkpoint, and without it.</summary>
    /// <returns>The fingerprint that both give.</returns>
    public static string Resume()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("backprop-simd-smoke-");
        try
        {
            string model = Path.Combine(folder.FullName, "model.safetensors"), checkpoint = Path.Combine(folder.FullName, "checkpoint.safetensors");
            using Trainer first = TrainerOf(Build(1), out Network network);
            Train(first, 5);
            network.Save(model);
            Require(Network.Load(model).Fingerprint() == network.Fingerprint(), "a network is another one after loading");
            first.SaveCheckpoint(checkpoint);
            using Trainer second = TrainerOf(Build(2), out Network resumed);
            second.LoadCheckpoint(checkpoint);
            Train(first, 5);
            Train(second, 5);
            Require(resumed.Fingerprint() == network.Fingerprint(), "training goes on to other bits after loading");
            File.AppendAllText(model, "x");
            Require(IsRefused(model), "a file with a byte too many is read");
            return network.Fingerprint();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Network Build(ulong seed) =>
        new NetworkBuilder(3).Dense(8, Activation.LeakyReLU(0.1)).BatchNorm().Dropout(0.25).Dense(6, Activation.ELU()).LayerNorm().Dense(2).Build(seed);

    private static Trainer TrainerOf(Network built, out Network network)
    {
        network = built;
        return new Trainer(network, Loss.Huber(0.5), Optimizer.RMSprop(momentum: 0.5));
    }

    private static void Train(Trainer trainer, int steps)
    {
        for (int step = 0; step < steps; step++)
            trainer.Step([1, 2, 3, -1, 0, 1, 0.5f, 0.25f, -2, 3, 1, 0], targets: [1, 0, 0, 1, -1, 0.5f, 2, -2]);
    }

    private static bool IsRefused(string path)
    {
        try
        {
            Network.Load(path);
            return false;
        }
        catch (InvalidDataException)
        {
            return true;
        }
    }

    private static void Require(bool condition, string otherwise)
    {
        if (!condition)
            throw new InvalidOperationException($"Files: {otherwise}.");
    }
}
