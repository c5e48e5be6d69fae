using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Runtime.Loader;
using Backprop.Simd.Internal.Activations;
using Backprop.Simd.Internal.IO;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>An exported class compiles on its own and gives the bits of the predictor.</summary>
public class CSharpExportTests
{
    private static readonly MetadataReference[] s_framework =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path) is "System.Private.CoreLib.dll" or "System.Runtime.dll" or "System.Memory.dll" or "System.Numerics.Vectors.dll" or "System.Runtime.InteropServices.dll")
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    private delegate void Predict(ReadOnlySpan<float> inputs, Span<float> outputs);

    private delegate int Classify(ReadOnlySpan<float> input);

    public static TheoryData<string> Networks =>
    [
        .. ActivationTable.Elementwise.ToArray().Select(kind => kind.Id.ToString()),
        "Softmax", "LayerNorm", "BatchNorm", "Scale", "Dropout", "Deep", "Wide", "Specials",
    ];

    private static readonly ConcurrentDictionary<string, Type> s_types = new();

    [Theory]
    [MemberData(nameof(Networks))]
    public void The_class_gives_the_same_bits(string name)
    {
        Network network = Make(name);
        Type type = s_types.GetOrAdd(name, _ => Compile(network));
        foreach (MemberInfo member in type.GetMembers(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            Assert.True(CSharpWriter.IsMember(member.Name), $"A class could not be named {member.Name}, but that is not refused.");
        var predict = type.GetMethod("Predict")!.CreateDelegate<Predict>();
        const int Rows = 9;
        float[] inputs = Inputs(Rows * network.InputSize), outputs = new float[Rows * network.OutputSize];
        predict(inputs, outputs);
        using Predictor predictor = network.CreatePredictor(Rows);
        Assert.Equal(Bits(predictor.Predict(inputs)), Bits(outputs));
        var classify = type.GetMethod("Classify")!.CreateDelegate<Classify>();
        for (int row = 0; row < Rows; row++)
            Assert.Equal(predictor.Classify(inputs.AsSpan(row * network.InputSize, network.InputSize)), classify(inputs.AsSpan(row * network.InputSize, network.InputSize)));
    }

    [Theory]
    [InlineData("Deep")]
    [InlineData("Wide")]
    public void The_class_allocates_nothing(string name)
    {
        Network network = Make(name);
        var predict = s_types.GetOrAdd(name, _ => Compile(network)).GetMethod("Predict")!.CreateDelegate<Predict>();
        float[] inputs = Inputs(3 * network.InputSize), outputs = new float[3 * network.OutputSize];
        predict(inputs, outputs);
        AllocationProbe.AssertNone(() => predict(inputs, outputs), calls: 100);
    }

    [Fact]
    public void The_class_checks_its_arguments()
    {
        Type type = Compile(new NetworkBuilder(3).Dense(2).Build(1));
        var predict = type.GetMethod("Predict")!.CreateDelegate<Predict>();
        var classify = type.GetMethod("Classify")!.CreateDelegate<Classify>();
        float[] buffer = new float[12];
        Assert.Throws<ArgumentException>(() => predict(new float[4], new float[2]));
        Assert.Throws<ArgumentException>(() => predict(new float[3], new float[3]));
        Assert.Throws<ArgumentException>(() => predict(buffer.AsSpan(0, 6), buffer.AsSpan(5, 4)));
        Assert.Throws<ArgumentException>(() => classify(new float[6]));
        predict([], []);
    }

    [Theory]
    [InlineData("A.B", "C")]
    [InlineData("class", "event")]
    [InlineData("Größe._1", "Netz")]
    public void Names_may_be_any(string @namespace, string className) =>
        Assert.Equal($"{@namespace}.{className}", Compile(new NetworkBuilder(3).Dense(2, Activation.GELU).Build(1), @namespace, className).FullName);

    [Theory]
    [InlineData("A", "")]
    [InlineData("", "A")]
    [InlineData("A.", "B")]
    [InlineData("A", "B.C")]
    [InlineData("A", "1B")]
    [InlineData("A", "B\n")]
    [InlineData("A", "B{}")]
    [InlineData("A", "Predict")]
    [InlineData("A", "GELU")]
    [InlineData("A", "V")]
    [InlineData("A", "t_buffers")]
    [InlineData("A", "Weights0")]
    public void Bad_names_are_refused(string @namespace, string className) =>
        Assert.Throws<ArgumentException>(() => CSharpExport.Write(new NetworkBuilder(3).Dense(2).Build(1), TextWriter.Null, @namespace, className));

    private static Network Make(string name)
    {
        Network network = name switch
        {
            "Softmax" => new NetworkBuilder(7).Dense(21, Activation.Softmax).Build(1),
            "LayerNorm" => new NetworkBuilder(37).LayerNorm().Dense(19, Activation.GELU).LayerNorm().Dense(3).LayerNorm().Build(2),
            "BatchNorm" => new NetworkBuilder(6).BatchNorm().Dense(19, Activation.GELUTanh).BatchNorm(0.25).Build(2),
            "Scale" => InputScaler.Multiply(21, 0.3f).Prepend(new NetworkBuilder(21).LayerNorm().Dense(19, Activation.GELU).Build(2)),
            "Dropout" => new NetworkBuilder(6).Dropout(0.5).Build(2),
            "Deep" => new NetworkBuilder(64).Dense(150, Activation.ReLU).BatchNorm().Dropout(0.25).Dense(33, Activation.LeakyReLU(0.2)).LayerNorm().Dense(16, Activation.ELU(0.7)).Dense(10, Activation.Softmax).Build(4),
            "Wide" => new NetworkBuilder(2).Dense(9000, Activation.Tanh).Dense(2).Build(1),
            "Specials" => new NetworkBuilder(5).Dense(Shapes.Specials.Count).Build(1),
            _ => new NetworkBuilder(5).Dense(50, new Activation(ActivationTable.Elementwise.ToArray().Single(kind => kind.Id.ToString() == name))).Dense(17).Build(1),
        };
        uint seed = 5;
        for (int i = 0; i < network.Statistics.Length; i++)
            network.Statistics[i] += 0.5f * Next(ref seed);
        foreach (NetworkLayer layer in network.Layers)
        {
            for (int i = 0; i < layer.Bias.Length; i++)
                layer.Bias[i] += Next(ref seed);
        }

        if (name == "Specials")
            Shapes.Specials.ToArray().CopyTo(network.Layers[0].Bias);
        return network;
    }

    // Up to the ends of every formula, most of them near 0.
    private static float[] Inputs(int count)
    {
        uint seed = 3;
        float[] inputs = new float[count];
        for (int i = 0; i < count; i++)
            inputs[i] = Next(ref seed) * (i % 5 == 0 ? 200 : 2);
        return inputs;
    }

    private static float Next(ref uint seed) => ((seed = (seed * 1664525) + 1013904223) >> 8) / 8388608f - 1;

    private static Type Compile(Network network, string @namespace = "Exported", string className = "Network")
    {
        var text = new StringWriter(CultureInfo.InvariantCulture);
        CSharpExport.Write(network, text, @namespace, className);
        var compilation = CSharpCompilation.Create(
            "Exported",
            [CSharpSyntaxTree.ParseText(text.ToString(), new CSharpParseOptions(LanguageVersion.CSharp12))],
            s_framework,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, generalDiagnosticOption: ReportDiagnostic.Error));
        using var image = new MemoryStream();
        Assert.Empty(compilation.Emit(image).Diagnostics);
        image.Position = 0;
        return Assert.Single(new AssemblyLoadContext("exported").LoadFromStream(image).GetExportedTypes());
    }

    private static int[] Bits(ReadOnlySpan<float> values) => [.. values.ToArray().Select(value => float.IsNaN(value) ? int.MinValue + 1 : BitConverter.SingleToInt32Bits(value))];
}
