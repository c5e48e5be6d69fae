using System.Buffers.Binary;
using System.Text;
using Backprop.Simd.Internal.Activations;
using Backprop.Simd.Internal.IO;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Backprop.Simd.Tests;

public class NetworkFileTests
{
    private static readonly string s_metadata = Json("'__metadata__':{'format':'pt','backprop_simd.format_version':'1','backprop_simd.architecture':'Dense(3,2,Identity:00000000)'}");
    private static readonly string s_bias = Json("'0.bias':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}");
    private static readonly string s_weight = Json("'0.weight':{'dtype':'F32','shape':[2,3],'data_offsets':[8,32]}");

    private static readonly float[] s_values = [0.5f, -0.25f, 1, 2, 3, 4, 5, 6];

    [Fact]
    public void Tensors_are_named_and_shaped_as_in_torch_nn_Sequential()
    {
        // Sequential(Linear 0, ReLU 1, Dropout 2, LayerNorm 3, Linear 4, Tanh 5, BatchNorm1d 6, Linear 7, Softmax 8)
        Network network = new NetworkBuilder(5).Dense(4, Activation.ReLU).Dropout(0.25).LayerNorm().Dense(3, Activation.Tanh).BatchNorm().Dense(2, Activation.Softmax).Build(1);
        using var folder = new TemporaryFolder();
        network.Save(folder["a.safetensors"]);
        using var reader = new SafetensorsReader(folder["a.safetensors"]);
        Assert.Equal(
            [
                "0.bias F32 [4]", "0.weight F32 [4, 5]", "3.bias F32 [4]", "3.weight F32 [4]", "4.bias F32 [3]", "4.weight F32 [3, 4]", "6.bias F32 [3]", "6.num_batches_tracked I64 []",
                "6.running_mean F32 [3]", "6.running_var F32 [3]", "6.weight F32 [3]", "7.bias F32 [2]", "7.weight F32 [2, 3]",
            ],
            reader.Tensors.Values.Select(entry => $"{entry.Name} {entry.Form}").Order(StringComparer.Ordinal));
        Assert.Equal("pt", reader.Metadata["format"]);
        float[] weight = new float[12];
        reader.ReadFloats(reader.Tensors["4.weight"], 0, weight);
        for (int fanIn = 0; fanIn < 4; fanIn++)
        {
            for (int fanOut = 0; fanOut < 3; fanOut++)
                Assert.Equal(network.Layers[2].Weights[(fanIn * 3) + fanOut], weight[(fanOut * 4) + fanIn]);
        }
    }

    [Fact]
    public void The_bytes_are_these()
    {
        Network network = new NetworkBuilder(3).Dense(2).Build(1);
        s_values.AsSpan(0, 2).CopyTo(network.Layers[0].Bias);
        new float[] { 1, 4, 2, 5, 3, 6 }.CopyTo(network.Layers[0].Weights);
        using var folder = new TemporaryFolder();
        network.Save(folder["a"]);
        Assert.Equal(FileBytes(s_metadata, s_bias, s_weight), File.ReadAllBytes(folder["a"]));
    }

    [Fact]
    public void Every_bit_survives()
    {
        foreach (Network network in Networks())
        {
            for (int i = 0; i < network.Statistics.Length; i++)
                network.Statistics[i] = BitConverter.Int32BitsToSingle(0x7F80_0001 + i);
            for (int i = 0; i < network.Counters.Length; i++)
                network.Counters[i] = (1L << 40) + i;
            for (int i = 0; i < Math.Min(network.ParameterCount, Shapes.Specials.Count); i++)
                network.Parameters[i] = Shapes.Specials[i];
            using var folder = new TemporaryFolder();
            network.Save(folder["a"]);
            Network loaded = Network.Load(folder["a"]);
            Assert.Equal(network.Blocks.Select(block => block.Description), loaded.Blocks.Select(block => block.Description));
            Assert.Equal(Bits(network.Parameters), Bits(loaded.Parameters));
            Assert.Equal(Bits(network.Statistics), Bits(loaded.Statistics));
            Assert.Equal(network.Counters.ToArray(), loaded.Counters.ToArray());
            Assert.Equal(network.Fingerprint(), loaded.Fingerprint());
            loaded.Save(folder["b"]);
            Assert.Equal(File.ReadAllBytes(folder["a"]), File.ReadAllBytes(folder["b"]));
        }
    }

    /// <summary>Any network, saved and loaded, is the same network.</summary>
    [Property(MaxTest = 100)]
    public Property Any_network_survives()
    {
        Gen<double> rate = from numerator in Gen.Choose(0, (1 << 20) - 1) select numerator / (double)(1 << 20);
        Gen<Func<NetworkBuilder, NetworkBuilder>> layer = Gen.OneOf(
            from units in Gen.Choose(1, 9)
            from kind in Gen.Elements(ActivationTable.Elementwise.ToArray())
            from parameter in rate
            select new Func<NetworkBuilder, NetworkBuilder>(builder => builder.Dense(units, new Activation(ActivationTable.HasParameter(kind.Id) ? kind with { Parameter = (float)parameter } : kind))),
            from value in rate select new Func<NetworkBuilder, NetworkBuilder>(builder => builder.Dropout(value)),
            from value in rate select new Func<NetworkBuilder, NetworkBuilder>(builder => builder.BatchNorm(value)),
            Gen.Constant(new Func<NetworkBuilder, NetworkBuilder>(builder => builder.LayerNorm())));
        Gen<Network> networks =
            from inputs in Gen.Choose(1, 9)
            from count in Gen.Choose(1, 6)
            from layers in layer.ArrayOf(count)
            from seed in Gen.Choose(0, int.MaxValue)
            select layers.Aggregate(new NetworkBuilder(inputs), (builder, add) => add(builder)).Build((ulong)seed);
        return Prop.ForAll(networks.ToArbitrary(), network =>
        {
            using var folder = new TemporaryFolder();
            network.Save(folder["a"]);
            return Network.Load(folder["a"]).Fingerprint() == network.Fingerprint();
        });
    }

    [Fact]
    public void A_failed_save_keeps_the_old_file()
    {
        using var folder = new TemporaryFolder();
        Network network = new NetworkBuilder(3).Dense(2).Build(1);
        network.Save(folder["a"]);
        string before = Network.Load(folder["a"]).Fingerprint();
        var writer = new SafetensorsWriter();
        NetworkFile.Add(writer, new NetworkBuilder(3).Dense(2).Build(2));
        writer.AddFloats("z", [1], _ => throw new IOException("The disk is full."));
        Assert.Throws<IOException>(() => AtomicFile.Write(folder["a"], writer.Write));
        Assert.Equal(before, Network.Load(folder["a"]).Fingerprint());
        Assert.Equal(["a"], folder.Files);
    }

    [Fact]
    public void A_file_cut_off_anywhere_is_refused()
    {
        byte[] whole = FileBytes(s_metadata, s_bias, s_weight);
        using var folder = new TemporaryFolder();
        for (int length = 0; length < whole.Length; length++)
        {
            string path = folder.Write("cut", whole.AsSpan(0, length));
            Assert.Throws<InvalidDataException>(() => Network.Load(path));
        }

        byte[] longer = [.. whole, 0];
        Assert.Throws<InvalidDataException>(() => Network.Load(folder.Write("longer", longer)));
    }

    [Fact]
    public void A_changed_bit_anywhere_is_refused_or_gives_a_network()
    {
        byte[] whole = FileBytes(s_metadata, s_bias, s_weight);
        using var folder = new TemporaryFolder();
        for (int bit = 0; bit < 8 * whole.Length; bit++)
        {
            byte[] changed = [.. whole];
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            string path = folder.Write("changed", changed);
            try
            {
                Assert.NotEqual(0, Network.Load(path).ParameterCount);
            }
            catch (InvalidDataException e)
            {
                Assert.StartsWith(path, e.Message, StringComparison.Ordinal);
            }
        }
    }

    public static TheoryData<string, string> BadFiles => new()
    {
        { FileText(s_bias, s_weight), "its __metadata__ has no backprop_simd.format_version: it was not written by this library, and holds no architecture." },
        { FileText(s_metadata.Replace(":\"1\"", ":\"2\"", StringComparison.Ordinal), s_bias, s_weight), "its format version is 2; this library reads up to version 1." },
        { FileText(s_metadata.Replace(":\"1\"", ":\"0\"", StringComparison.Ordinal), s_bias, s_weight), "backprop_simd.format_version is '0', no version." },
        { FileText(s_metadata.Replace(":\"1\"", ":\"1.0\"", StringComparison.Ordinal), s_bias, s_weight), "backprop_simd.format_version is '1.0', no version." },
        { FileText(s_metadata.Replace(".architecture", ".plan", StringComparison.Ordinal), s_bias, s_weight), "its __metadata__ has no backprop_simd.architecture." },
        { Architecture("Dense(3,2,Identity:00000001)"), "layer 0 of backprop_simd.architecture, 'Dense(3,2,Identity:00000001)': Identity cannot have the parameter 1E-45" },
        { Architecture("Dense(3,2,LeakyReLU:7fc00000)"), "layer 0 of backprop_simd.architecture, 'Dense(3,2,LeakyReLU:7fc00000)': LeakyReLU cannot have the parameter NaN" },
        { Architecture("Dense(3,2,Step:00000000)"), "layer 0 of backprop_simd.architecture, 'Dense(3,2,Step:00000000)': 'Step:00000000' is no activation" },
        { Architecture("Dense(3,2,1:00000000)"), "layer 0 of backprop_simd.architecture, 'Dense(3,2,1:00000000)': read as Dense(3,2,ReLU:00000000)" },
        { Architecture("Dense(03,2,Identity:00000000)"), "layer 0 of backprop_simd.architecture, 'Dense(03,2,Identity:00000000)': read as Dense(3,2,Identity:00000000)" },
        { Architecture("Dense(3,2,Identity:00000000);Dense(3,2,Identity:00000000)"), "layer 1 of backprop_simd.architecture, 'Dense(3,2,Identity:00000000)': read as Dense(2,2,Identity:00000000)" },
        { Architecture("Dense(3,99999999999,Identity:00000000)"), "layer 0 of backprop_simd.architecture, 'Dense(3,99999999999,Identity:00000000)': '99999999999' is no size" },
        { Architecture("Conv(3,2)"), "layer 0 of backprop_simd.architecture, 'Conv(3,2)': no such layer is known" },
        { Architecture("Dense"), "layer 0 of backprop_simd.architecture, 'Dense': a layer is written as Name(argument,...)" },
        { Architecture(""), "layer 0 of backprop_simd.architecture, '': a layer is written as Name(argument,...)" },
        { Architecture("Dense(3,4,Identity:00000000)"), "tensor '0.weight' of layer 0 is F32 [2, 3]; the architecture needs F32 [4, 3]." },
        { Architecture("Dense(3,2,Identity:00000000);LayerNorm(2)"), "tensor '1.weight' of layer 1 is missing." },
        { Architecture("Dense(3,500000000,Identity:00000000)"), "tensor '0.weight' of layer 0 is F32 [2, 3]; the architecture needs F32 [500000000, 3]." },
        { FileText(s_metadata, s_bias, s_weight.Replace("F32", "I32", StringComparison.Ordinal)), "tensor '0.weight' of layer 0 is I32 [2, 3]; the architecture needs F32 [2, 3]." },
        { FileText(s_metadata, s_bias, s_weight, Json("'1.bias':{'dtype':'F32','shape':[0],'data_offsets':[32,32]}")), "tensor '1.bias' belongs to no layer of the architecture." },
    };

    [Theory]
    [MemberData(nameof(BadFiles))]
    public void A_file_that_is_no_network_is_refused(string file, string message)
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("bad", Encoding.Latin1.GetBytes(file));
        long before = GC.GetAllocatedBytesForCurrentThread();
        var e = Assert.Throws<InvalidDataException>(() => Network.Load(path));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 10_000_000, "Memory was taken for tensors that are not there.");
        Assert.Equal($"{path}: {message}", e.Message);
    }

    internal static IEnumerable<Network> Networks()
    {
        foreach (ActivationKind kind in ActivationTable.Elementwise.ToArray())
            yield return new NetworkBuilder(3).Dense(7, new Activation(kind)).Dropout(0.3).Dense(2).Build(3);
        yield return new NetworkBuilder(1).Dense(1).Build(1);
        yield return new NetworkBuilder(2).Dropout(0.5).Build(1);
        yield return new NetworkBuilder(33).Dense(17, Activation.LeakyReLU(-1e-40)).BatchNorm(1 / 3.0).Dense(65, Activation.ELU(1 / 3.0)).LayerNorm().Dense(5, Activation.Softmax).Build(9);
    }

    private static string Json(string text) => text.Replace('\'', '"');

    private static int[] Bits(ReadOnlySpan<float> values) => [.. values.ToArray().Select(BitConverter.SingleToInt32Bits)];

    private static string Architecture(string text) => FileText(s_metadata.Replace("Dense(3,2,Identity:00000000)", text, StringComparison.Ordinal), s_bias, s_weight);

    // xunit shows and stores theory data as text; Latin-1 keeps every byte.
    private static string FileText(params string[] members) => Encoding.Latin1.GetString(FileBytes(members));

    private static byte[] FileBytes(params string[] members)
    {
        byte[] json = Encoding.UTF8.GetBytes("{" + string.Join(',', members) + "}");
        int padded = (json.Length + 7) / 8 * 8;
        byte[] file = new byte[sizeof(long) + padded + (s_values.Length * sizeof(float))];
        BinaryPrimitives.WriteInt64LittleEndian(file, padded);
        file.AsSpan(sizeof(long), padded).Fill((byte)' ');
        json.CopyTo(file, sizeof(long));
        for (int i = 0; i < s_values.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(file.AsSpan(sizeof(long) + padded + (i * sizeof(float))), s_values[i]);
        return file;
    }
}
