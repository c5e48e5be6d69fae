using System.CommandLine;
using System.Globalization;
using Backprop.Simd.Data;

namespace Backprop.Simd.Cli.Commands;

/// <summary>The options that say what is trained or tested on.</summary>
internal sealed class DataOptions
{
    private const string Digits = "digits";
    private const string FashionMnist = "fashion-mnist";
    private const float TestFraction = 0.2f;

    private readonly Option<string> _data = new("--data")
    {
        Description = "digits, fashion-mnist, or a file: CSV with a label column, or IDX or npy images with --labels.",
        HelpName = "name or file",
        DefaultValueFactory = _ => Digits,
    };

    private readonly Option<string?> _labels = new("--labels") { Description = "Labels of the images in the file that --data names: IDX or npy.", HelpName = "file" };
    private readonly Option<string?> _folder = new("--data-dir") { Description = "Folder of Fashion-MNIST's four files, if not Debian's.", HelpName = "folder" };
    private readonly CsvLayoutOptions _csv = new("Column of the label in a CSV file: its name, or its number from 1. [default: the last]");

    public void AddTo(Command command)
    {
        command.Add(_data);
        command.Add(_labels);
        command.Add(_folder);
        _csv.AddTo(command);
    }

    /// <summary>Training and test part. A file is its own test: a fifth of it is held out.</summary>
    public TrainingData Load(ParseResult arguments) => Read("--data", () => arguments.GetRequiredValue(_data) switch
    {
        Digits => LoadDigits(),
        FashionMnist => LoadFashionMnist(arguments.GetValue(_folder)),
        string path => SplitFile(path, arguments),
    });

    /// <summary>What a finished model is tested on: the held-out part of a known data set, or all of a file.</summary>
    public (Dataset Data, IReadOnlyList<string> ClassNames) LoadTest(ParseResult arguments) => Read("--data", () => arguments.GetRequiredValue(_data) switch
    {
        Digits => (LoadDigits().Test, DigitsData.ClassNames),
        FashionMnist => (FashionMnistData.Test(arguments.GetValue(_folder)), FashionMnistData.ClassNames),
        string path => LoadFile(path, arguments) is var file ? (file.Data, file.ClassNames) : default,
    });

    /// <summary>Turns what is wrong with a file into a user's error.</summary>
    public static T Read<T>(string option, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UserErrorException($"{option}: {e.Message.ReplaceLineEndings(" ")}");
        }
    }

    private static TrainingData LoadDigits()
    {
        (Dataset train, Dataset test) = DigitsData.LoadSplit();
        return new TrainingData
        {
            Name = Digits,
            Title = "handwritten digits",
            Examples = "images",
            TestDescription = FormattableString.Invariant($"{test.Count} held out (split seed {DigitsData.SplitSeed})"),
            Train = train,
            Test = test,
            ClassNames = DigitsData.ClassNames,
            Defaults = TrainingDefaults.Digits,
            ImageWidth = DigitsData.Side,
        };
    }

    private static TrainingData LoadFashionMnist(string? folder)
    {
        Dataset train = FashionMnistData.Train(folder), test = FashionMnistData.Test(folder);
        var scaling = InputScaler.Multiply(train.InputSize, 1 / FashionMnistData.Ink);
        return new TrainingData
        {
            Name = FashionMnist,
            Title = "Fashion-MNIST",
            Examples = "images",
            TestDescription = FormattableString.Invariant($"its {test.Count:N0} test images"),
            Train = scaling.Apply(train),
            Test = test,
            Scaling = scaling,
            ClassNames = FashionMnistData.ClassNames,
            Defaults = TrainingDefaults.FashionMnist,
            ImageWidth = FashionMnistData.Side,
            Ink = FashionMnistData.Ink,
        };
    }

    private TrainingData SplitFile(string path, ParseResult arguments)
    {
        (Dataset data, IReadOnlyList<string> names, int width) = LoadFile(path, arguments);
        if (data.Count < 2 || names.Count < 2)
            throw new UserErrorException($"--data: {path} holds {data.Count} examples of {names.Count} classes; at least 2 of each are needed.");
        (Dataset test, Dataset train) = data.Split(TestFraction, DigitsData.SplitSeed);
        float largest = 0;
        foreach (float value in train.Inputs)
            largest = Math.Max(largest, Math.Abs(value));
        // 1 / largest and the difference of any two are then finite.
        if (!(largest is >= 1e-37f and <= 1e38f))
            throw new UserErrorException($"--data: the values in {path} are all 0, or not all finite, or beyond what can be scaled.");
        InputScaler scaling = width > 0 ? InputScaler.Multiply(data.InputSize, 1 / largest) : InputScaler.Standardize(train);
        return new TrainingData
        {
            Name = "images",
            Title = Path.GetFileName(path),
            Examples = width > 0 ? "images" : "rows",
            TestDescription = FormattableString.Invariant($"{test.Count:N0} held out (split seed {DigitsData.SplitSeed})"),
            Train = scaling.Apply(train),
            Test = test,
            Scaling = scaling,
            ClassNames = names,
            Defaults = TrainingDefaults.File(train.Count),
            ImageWidth = width,
            Ink = largest,
        };
    }

    /// <summary>Width: pixels of a row, 0 where the file holds no images.</summary>
    private (Dataset Data, IReadOnlyList<string> ClassNames, int Width) LoadFile(string path, ParseResult arguments)
    {
        const int MostClasses = 1 << 14;
        string? labelsPath = arguments.GetValue(_labels);
        if (!File.Exists(path))
            throw new UserErrorException($"--data takes {Digits}, {FashionMnist} or a file; there is no file '{path}'.");
        if (DataFile.IsCsv(path))
        {
            if (labelsPath is not null)
                throw new UserErrorException($"--labels goes with IDX or npy images; {path} looks like CSV, whose label is a column.");
            CsvTable table = CsvReader.Read(path, _csv.Read(arguments));
            return (table.Data, table.ClassNames, 0);
        }

        if (labelsPath is null)
            throw new UserErrorException($"--data {path} is an array without labels: name their file by --labels.");
        DataArray inputs = DataFile.ReadArray(path), labels = DataFile.ReadArray(labelsPath);
        int classes = labels.Values.Length == 0 ? 1 : (int)Math.Clamp(labels.Values.Max(), 0, MostClasses - 1) + 1;
        string[] names = [.. Enumerable.Range(0, classes).Select(c => c.ToString(CultureInfo.InvariantCulture))];
        return (inputs.WithLabels(labels, classes), names, inputs.Shape.Count == 3 ? inputs.Shape[2] : 0);
    }
}
