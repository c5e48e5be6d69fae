using System.IO.Compression;
using Backprop.Simd.Data;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>Trainings on files that stay on disk end with the bits of those on the same data in memory.</summary>
public sealed class StreamedFilesTests
{
    private const int Count = 103, Width = 5, Classes = 3;

    private static float[] Inputs { get; } = [.. Enumerable.Range(0, Count * Width).Select(i => (float)(i * 37 % 256))];

    private static int[] Labels { get; } = Shapes.RandomLabels(Count, Classes, 1);

    [Theory]
    [InlineData("idx")]
    [InlineData("npy")]
    [InlineData("npy of bytes")]
    [InlineData("npz")]
    [InlineData("npz, compressed")]
    [InlineData("csv")]
    [InlineData("csv.gz")]
    public void A_training_ends_with_the_bits_of_the_one_in_memory(string format)
    {
        using var folder = new TemporaryFolder();
        (Dataset memory, StreamedDataset streamed) = Open(folder, format);
        using (streamed)
        {
            Assert.Equal((memory.Count, memory.InputSize, memory.TargetSize), (streamed.Count, streamed.InputSize, streamed.TargetSize));
            Assert.Equal(memory.Labels, streamed.Labels);
            foreach (int batchSize in (int[])[2, 7, 32, 103, 110])
                Assert.Equal(Train(memory, batchSize), Train(streamed, batchSize));
        }
    }

    [Fact]
    public void Targets_are_streamed_too()
    {
        using var folder = new TemporaryFolder();
        float[] targets = Shapes.Random(Count * 2, 3);
        NpyWriter.Write(folder["x.npy"], Inputs, Count, Width);
        NpyWriter.Write(folder["y.npy"], targets, Count, 2);
        using StreamedDataset streamed = NpyReader.Open(folder["x.npy"]).WithTargets(NpyReader.Open(folder["y.npy"]), scale: 0.25f);
        Dataset memory = NpyReader.Read(folder["x.npy"]).WithTargets(NpyReader.Read(folder["y.npy"]), scale: 0.25f);
        Assert.Equal(Run(memory), Run(streamed));

        static (string, float) Run(Dataset data)
        {
            Network network = new NetworkBuilder(Width).Dense(8, Activation.Tanh).Dense(2).Build(seed: 3);
            using var trainer = new Trainer(network, Loss.MeanSquaredError, Optimizer.Sgd(1e-4));
            trainer.Fit(data, new FitOptions { Epochs = 2, BatchSize = 10 });
            return (network.Fingerprint(), trainer.Evaluate(data).Loss);
        }
    }

    [Fact]
    public void Both_parts_of_a_split_are_those_in_memory()
    {
        using var folder = new TemporaryFolder();
        (Dataset memory, StreamedDataset streamed) = Open(folder, "npy");
        using (streamed)
        {
            (Dataset first, Dataset second) = memory.Split(0.7f, seed: 4);
            (Dataset firstStreamed, Dataset secondStreamed) = streamed.Split(0.7f, seed: 4);
            (Dataset innerStreamed, _) = firstStreamed.Split(0.5f, seed: 5);
            Same(first, firstStreamed);
            Same(second, secondStreamed);
            Same(first.Split(0.5f, seed: 5).First, innerStreamed);
            Assert.Equal(Train(first, 8, second), Train(firstStreamed, 8, secondStreamed));
            ((StreamedDataset)firstStreamed).Dispose();
            Same(second, secondStreamed);
            streamed.Dispose();
            Assert.Throws<ObjectDisposedException>(() => Same(second, secondStreamed));
        }

        static void Same(Dataset memory, Dataset streamed)
        {
            Assert.Equal(memory.Labels, streamed.Labels);
            float[] inputs = new float[memory.Inputs.Length];
            streamed.Read([.. Enumerable.Range(0, streamed.Count)], inputs, []);
            Assert.Equal(memory.Inputs, inputs);
        }
    }

    [Fact]
    public void Disposing_closes_the_files()
    {
        using var folder = new TemporaryFolder();
        NpyWriter.Write(folder["x.npy"], Inputs, Count, Width);
        StreamedDataset streamed = NpyReader.Open(folder["x.npy"]).WithTargets(NpyReader.Open(folder["x.npy"]));
        Assert.Throws<IOException>(() => OpenAlone(folder["x.npy"]));
        streamed.Dispose();
        streamed.Dispose();
        OpenAlone(folder["x.npy"]);
        Assert.Throws<ObjectDisposedException>(() => streamed.Read([0], new float[Width], []));
        using var trainer = new Trainer(new NetworkBuilder(Width).Dense(Width).Build(1), Loss.MeanSquaredError, Optimizer.Sgd(0.1));
        Assert.Throws<ObjectDisposedException>(() => trainer.Fit(streamed));

        static void OpenAlone(string path) => new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None).Dispose();
    }

    [Fact]
    public void The_temporary_file_of_a_csv_file_goes_with_it()
    {
        using var folder = new TemporaryFolder();
        string scratch = Directory.CreateDirectory(folder["scratch"]).FullName;
        string csv = folder.Write("x.csv", "1,2,a\n3,4,b\n"u8);
        using (CsvStream stream = CsvReader.Open(csv, scratchFolder: scratch))
        {
            float[] inputs = new float[4];
            stream.Data.Read([1, 0], inputs, []);
            Assert.Equal([3, 4, 1, 2], inputs);
            Assert.Equal(["column 1", "column 2"], stream.InputNames);
            Assert.Equal(["a", "b"], stream.ClassNames);
            if (!OperatingSystem.IsWindows())
                Assert.Empty(Directory.GetFiles(scratch));
        }

        Assert.Throws<InvalidDataException>(() => CsvReader.Open(folder.Write("bad.csv", "1,2,a\n3,x,b\n"u8), scratchFolder: scratch));
        Assert.Empty(Directory.GetFiles(scratch));
        Assert.ThrowsAny<IOException>(() => CsvReader.Open(csv, scratchFolder: folder["none"]));
    }

    [Fact]
    public void An_array_of_an_npz_file_is_read_where_it_lies_or_from_a_temporary_file()
    {
        using var folder = new TemporaryFolder();
        string scratch = Directory.CreateDirectory(folder["scratch"]).FullName;
        byte[] array = DataBytes.Npy(">f8", "False", "(3, 1, 2)", [.. Enumerable.Range(0, 6).SelectMany(i => BitConverter.GetBytes((double)i).Reverse())]);
        foreach (CompressionLevel level in (CompressionLevel[])[CompressionLevel.NoCompression, CompressionLevel.Optimal])
        {
            bool isCompressed = level == CompressionLevel.Optimal;
            string path = folder.Write($"{level}.npz", DataBytes.Zip(level, ("a.npy", array)));
            using StreamedArray opened = NpzReader.Open(path, "a", scratch);
            Assert.Equal(("3 1 2", isCompressed ? "float32" : "float64 big-endian"), (string.Join(' ', opened.Shape), opened.StoredType));
            float[] values = new float[4];
            opened.Read(1, values);
            Assert.Equal([2, 3, 4, 5], values);
            if (!OperatingSystem.IsWindows())
                Assert.Empty(Directory.GetFiles(scratch));
            if (isCompressed)
                Assert.ThrowsAny<IOException>(() => NpzReader.Open(path, "a", folder["none"]));
            else
                NpzReader.Open(path, "a", folder["none"]).Dispose();
        }

        Assert.Empty(Directory.GetFiles(scratch));
    }

    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.Optimal)]
    public void An_array_of_an_npz_file_that_cannot_be_streamed_is_refused_when_it_is_opened(CompressionLevel level)
    {
        using var folder = new TemporaryFolder();
        byte[] good = DataBytes.Npy("|u1", "False", "(2, 2)", 1, 2, 3, 4);
        byte[] archive = DataBytes.Zip(level, ("a.npy", good), ("turned.npy", DataBytes.Npy("|u1", "True", "(2, 2)", 1, 2, 3, 4)), ("short.npy", good[..^1]), ("long.npy", [.. good, 0]));
        string path = folder.Write("good.npz", archive);
        Bad("no array is called \"b\"; there are a, turned, short, long.", "b");
        Bad("good.npz, turned.npy: in Fortran order", "turned");
        Bad("good.npz, short.npy: ", "short");
        Bad("good.npz, long.npy: ", "long");
        NpzReader.Open(path, "a").Dispose();

        // The checksum in the directory.
        archive[archive.AsSpan().IndexOf("PK\x01\x02"u8) + 16] ^= 1;
        folder.Write("good.npz", archive);
        Bad("checksum", "a");
        Assert.Throws<FileNotFoundException>(() => NpzReader.Open(folder["none.npz"], "a"));

        void Bad(string text, string name) => Assert.Contains(text, Assert.Throws<InvalidDataException>(() => NpzReader.Open(path, name)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_shrinks_during_a_training_is_an_error_with_its_place()
    {
        using var folder = new TemporaryFolder();
        NpyWriter.Write(folder["x.npy"], Inputs, Count, Width);
        NpyWriter.Write(folder["y.npy"], Labels, Count);
        using StreamedDataset streamed = NpyReader.Open(folder["x.npy"]).WithLabels(NpyReader.Read(folder["y.npy"]), Classes);

        // As another program does it, which asks nobody.
        Assert.Equal(0, ChildProcess.Run("truncate", ["-s", "1000", folder["x.npy"]]).ExitCode);
        var e = Assert.Throws<InvalidDataException>(() => Train(streamed, 10));
        Assert.Contains("x.npy: the file ends before byte", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_read_row_by_row_is_refused_when_it_is_opened()
    {
        using var folder = new TemporaryFolder();
        byte[] idx = DataBytes.Idx(0x08, [2, 2], 1, 2, 3, 4);
        Bad("compressed with gzip", () => IdxReader.Open(folder.Write("a.gz", DataBytes.Gzip(idx))));
        Bad("Fortran order", () => NpyReader.Open(folder.Write("b.npy", DataBytes.Npy("|u1", "True", "(2, 2)", 1, 2, 3, 4))));
        Bad("need 4 bytes; the file has 3", () => IdxReader.Open(folder.Write("c", idx.AsSpan(..^1))));
        Bad("need 4 bytes; the file has 5", () => IdxReader.Open(folder.Write("d", [.. idx, 0])));
        Bad("more values than can be addressed", () => NpyReader.Open(folder.Write("e.npy", DataBytes.Npy("|u1", "False", "(2147483647, 2147483647, 2147483647)", 1))));
        string good = folder.Write("good", idx), three = folder.Write("three", DataBytes.Idx(0x08, [3], 0, 1, 2));
        Bad("holds 3 labels", () => Use(good, array => array.WithLabels(IdxReader.Read(three), 3)));
        Bad("value 2 is 2", () => Use(three, array => array.WithLabels(IdxReader.Read(three), 2)));
        Bad("targets for 3 examples", () => Use(good, array => array.WithTargets(IdxReader.Open(three))));
        Assert.Throws<ArgumentOutOfRangeException>(() => Use(good, array => array.WithTargets(array, scale: float.NaN)));
        Assert.Throws<FileNotFoundException>(() => NpyReader.Open(folder["none.npy"]));

        void Bad(string text, Action action) => Assert.Contains(text, Assert.Throws<InvalidDataException>(action).Message, StringComparison.Ordinal);

        static void Use(string path, Action<StreamedArray> use)
        {
            using StreamedArray array = IdxReader.Open(path);
            use(array);
        }
    }

    [Fact]
    public void Rows_are_read_by_their_number()
    {
        using var folder = new TemporaryFolder();
        using StreamedArray array = NpyReader.Open(folder.Write("x.npy", DataBytes.Npy("<f8", "False", "(3, 1, 2)", [.. Enumerable.Range(0, 6).SelectMany(i => BitConverter.GetBytes((double)i))])));
        Assert.Equal((3, 2, "3 1 2"), (array.Count, array.ItemSize, string.Join(' ', array.Shape)));
        float[] values = new float[4];
        array.Read(1, values);
        Assert.Equal([2, 3, 4, 5], values);
        Assert.Throws<ArgumentOutOfRangeException>(() => array.Read(2, values));
        Assert.Throws<ArgumentOutOfRangeException>(() => array.Read(-1, values));
        Assert.Throws<ArgumentException>(() => array.Read(0, values.AsSpan(0, 3)));
    }

    [Fact]
    public void Memory_does_not_grow_with_the_file()
    {
        ChildProcess.Result result = ChildProcess.Run(TrainOnLargeFile);
        Assert.True(result.ExitCode == 0, result.Output);
        Assert.InRange(long.Parse(result.Report, System.Globalization.CultureInfo.InvariantCulture), 1, 4 << 20);
    }

    // 256 MB, of which the file system keeps nothing.
    private static void TrainOnLargeFile()
    {
        const int Rows = 1 << 16, Columns = 1 << 10;
        using var folder = new TemporaryFolder();
        byte[] header = DataBytes.Npy("<f4", "False", $"({Rows}, {Columns})");
        using (FileStream file = File.Create(folder["x.npy"]))
        {
            file.Write(header);
            file.SetLength(header.Length + ((long)Rows * Columns * sizeof(float)));
        }

        NpyWriter.Write(folder["y.npy"], new int[Rows], Rows);
        using StreamedDataset data = NpyReader.Open(folder["x.npy"]).WithLabels(NpyReader.Read(folder["y.npy"]), classes: 2);
        using var trainer = new Trainer(new NetworkBuilder(Columns).Dense(2).Build(1), Loss.SoftmaxCrossEntropy, Optimizer.Sgd(0.1), new TrainerOptions { MaxBatchSize = 64 });
        long before = GC.GetTotalAllocatedBytes(precise: true);
        trainer.Fit(data, new FitOptions { Epochs = 1, BatchSize = 64 });
        ChildProcess.Report($"{GC.GetTotalAllocatedBytes(precise: true) - before}");
    }

    private static (Dataset Memory, StreamedDataset Streamed) Open(TemporaryFolder folder, string format)
    {
        byte[] bytes = [.. Inputs.Select(value => (byte)value)];
        string labels = folder["labels.npy"], path = folder[format];
        NpyWriter.Write(labels, Labels, Count);
        switch (format)
        {
            case "idx":
                folder.Write(format, DataBytes.Idx(0x08, [Count, Width, 1], bytes));
                return (IdxReader.Read(path).WithLabels(NpyReader.Read(labels), Classes, 1 / 255f), IdxReader.Open(path).WithLabels(NpyReader.Read(labels), Classes, 1 / 255f));
            case "npy":
                NpyWriter.Write(path, Inputs, Count, Width);
                return (NpyReader.Read(path).WithLabels(NpyReader.Read(labels), Classes, 1 / 255f), NpyReader.Open(path).WithLabels(NpyReader.Read(labels), Classes, 1 / 255f));
            case "npy of bytes":
                folder.Write(format, DataBytes.Npy("|u1", "False", $"({Count}, {Width})", bytes));
                return (NpyReader.Read(path).WithLabels(NpyReader.Read(labels), Classes), NpyReader.Open(path).WithLabels(NpyReader.Read(labels), Classes));
            case "npz" or "npz, compressed":
                byte[] x = DataBytes.Npy("<f4", "False", $"({Count}, {Width})", DataBytes.LittleEndian(Inputs)), other = DataBytes.Npy("|u1", "False", "(1,)", 1);
                folder.Write(format, DataBytes.Zip(format == "npz" ? CompressionLevel.NoCompression : CompressionLevel.Optimal, ("first.npy", other), ("x.npy", x), ("last.npy", other)));
                return (NpzReader.Read(path, "x").WithLabels(NpyReader.Read(labels), Classes), NpzReader.Open(path, "x").WithLabels(NpyReader.Read(labels), Classes));
            default:
                byte[] text = System.Text.Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, Count).Select(i => $"{string.Join(',', Inputs.Skip(i * Width).Take(Width))},class {Labels[i]}\n")));
                folder.Write(format, format == "csv" ? text : DataBytes.Gzip(text));
                return (CsvReader.Read(path).Data, CsvReader.Open(path).Data);
        }
    }

    /// <summary>Fingerprint and losses of a training that shuffles, drops out and validates.</summary>
    private static string Train(Dataset data, int batchSize, Dataset? held = null)
    {
        Network network = new NetworkBuilder(Width).Dense(12, Activation.ReLU).Dropout(0.2).Dense(Classes).Build(seed: 3);
        using var trainer = new Trainer(network, Loss.SoftmaxCrossEntropy, Optimizer.Adam(1e-3), new TrainerOptions { MaxBatchSize = 128, Seed = 5 });
        TrainingHistory history = trainer.Fit(data, new FitOptions { Epochs = 3, BatchSize = batchSize, Seed = 9, Validation = held ?? data });
        return string.Join('\n', history.Epochs.Select(e => FormattableString.Invariant($"{e.TrainLoss:r} {e.TrainAccuracy:r} {e.ValidationLoss:r} {e.ValidationAccuracy:r}"))) + network.Fingerprint();
    }
}
